//! Logs, spans and their export.
//!
//! Spans get their ids whether they are exported or not, so that a traceparent crosses every service even when only
//! some of them export.

use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::filter::{EnvFilter, Filtered, LevelFilter, ParseError, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry, fmt};

use crate::options::{CommonArgs, LogFormat};

mod trace_context;

pub use trace_context::{join, link, traceparent};

/// How long the last spans may take to leave: a collector that is away must not hold up a stop.
const FLUSH_DEADLINE: Duration = Duration::from_secs(3);

/// What kube's client says of each request that failed, whoever asked says with what it was about, and once. A filter that
/// names the target itself has the last word.
const SAID_BY_CALLERS: &str = "kube_client::client::builder=off";

/// Prefix of the targets of every crate of ours.
const OURS: &str = "tributary";

/// Keeps telemetry going; [`Telemetry::flush`] sends what is left.
#[derive(Debug)]
#[must_use = "spans that were not sent yet are lost unless it is flushed"]
pub struct Telemetry {
    provider: SdkTracerProvider,
}

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The log filter cannot be parsed.
    #[error("invalid log filter {filter:?} (--log)")]
    Filter {
        /// What was given.
        filter: String,
        /// What is wrong with it.
        source: ParseError,
    },
    /// The OTLP exporter cannot be built.
    #[error("cannot export spans to {endpoint:?} (--otlp-endpoint)")]
    Exporter {
        /// What was given.
        endpoint: String,
        /// Why not.
        source: ExporterBuildError,
    },
    /// A subscriber is installed already.
    #[error("logging is set up already")]
    Installed(#[from] TryInitError),
}

impl Telemetry {
    /// Installs logs and spans for the whole process. Call it inside the runtime: the exporter needs one.
    pub fn install(service: &'static str, options: &CommonArgs) -> Result<Self, TelemetryError> {
        let CommonArgs {
            log_format,
            log,
            admin_listen: _,
            tls_dir: _,
            otlp_endpoint,
        } = options;
        let filter = EnvFilter::try_new(format!("{SAID_BY_CALLERS},{log}")).map_err(|source| {
            TelemetryError::Filter {
                filter: log.clone(),
                source,
            }
        })?;
        let provider = provider(service, otlp_endpoint.as_deref())?;
        let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer(service));
        tracing_subscriber::registry()
            // Our own spans, whatever the log's filter says: a quiet log must not cut traces in two, and what hyper and
            // h2 say at every frame is nobody's trace.
            .with(spans.with_filter(Targets::new().with_target(OURS, LevelFilter::DEBUG)))
            .with(lines(*log_format).with_filter(filter))
            .try_init()?;
        Ok(Self { provider })
    }

    /// Sends what is left, for a bounded time.
    pub async fn flush(self) {
        let Self { provider } = self;
        // The SDK blocks its caller while the exporter needs this runtime's workers.
        let flushed =
            tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_DEADLINE))
                .await;
        match flushed {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last spans were not sent"),
            Err(error) => tracing::warn!(%error, "the last spans were not sent"),
        }
    }
}

type Spans = tracing_subscriber::layer::Layered<
    Filtered<
        tracing_opentelemetry::OpenTelemetryLayer<Registry, opentelemetry_sdk::trace::SdkTracer>,
        Targets,
        Registry,
    >,
    Registry,
>;

fn lines(format: LogFormat) -> Box<dyn Layer<Spans> + Send + Sync> {
    // stderr: stdout belongs to data.
    let lines = fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Human => lines.with_ansi(colours()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    }
}

fn colours() -> bool {
    use std::io::IsTerminal;
    // https://no-color.org: any value but the empty one.
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && std::io::stderr().is_terminal()
}

fn provider(
    service: &'static str,
    endpoint: Option<&str>,
) -> Result<SdkTracerProvider, TelemetryError> {
    let resource = Resource::builder()
        .with_service_name(format!("tributary-{service}"))
        .build();
    let builder = SdkTracerProvider::builder().with_resource(resource);
    let Some(endpoint) = endpoint.filter(|endpoint| !endpoint.is_empty()) else {
        // Ids only: nothing is recorded that nobody will read.
        return Ok(builder.with_sampler(Sampler::AlwaysOff).build());
    };
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()
        .map_err(|source| TelemetryError::Exporter {
            endpoint: endpoint.to_owned(),
            source,
        })?;
    // The SDK's own default follows the caller's decision, and a caller that exports nothing has decided against it.
    let builder = if std::env::var_os("OTEL_TRACES_SAMPLER").is_some() {
        builder
    } else {
        builder.with_sampler(Sampler::AlwaysOn)
    };
    Ok(builder.with_batch_exporter(exporter).build())
}
