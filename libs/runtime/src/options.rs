//! The flags that every service has.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::context::Context;
use crate::tasks::Tasks;
use crate::tls::{self, Peer, Tls, TlsError};

/// Flatten into a service's own arguments: `#[command(flatten)] common: CommonArgs`.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Process")]
pub struct CommonArgs {
    /// How log lines look on stderr.
    #[arg(
        long,
        value_enum,
        env = "TRIBUTARY_LOG_FORMAT",
        default_value_t,
        global = true
    )]
    pub log_format: LogFormat,

    /// What is logged, in tracing's filter syntax: `info`, `warn,tributary_merge=debug`.
    #[arg(
        long,
        env = "TRIBUTARY_LOG",
        default_value = "info",
        value_name = "FILTER",
        global = true
    )]
    pub log: String,

    /// Address of the admin port: /metrics, /livez and /readyz. Not opened unless given.
    #[arg(
        long,
        env = "TRIBUTARY_ADMIN_LISTEN",
        value_name = "ADDR",
        global = true
    )]
    pub admin_listen: Option<SocketAddr>,

    /// Folder with `tls.crt`, `tls.key` and `ca.crt`, as a Secret of cert-manager's is mounted: calls between the services
    /// go over TLS then, and each side knows the other by its certificate. Read anew when it changes.
    #[arg(long, env = "TRIBUTARY_TLS_DIR", value_name = "DIR", global = true)]
    pub tls_dir: Option<PathBuf>,

    /// Where spans are sent by OTLP over gRPC, `http://host:4317`. Nowhere unless given.
    #[arg(
        long,
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        value_name = "URL",
        global = true
    )]
    pub otlp_endpoint: Option<String>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For a person at a terminal.
    #[default]
    Human,
    /// One JSON object per line, for a collector.
    Json,
}

impl CommonArgs {
    /// Our certificate, if there shall be one, as that of this service. Returns once there is one that can be read; the
    /// readiness says, from then on as well, what is wrong with it.
    ///
    /// # Errors
    /// Names the file that cannot be used, if the context stops before it can.
    pub async fn tls(
        &self,
        context: &Context,
        tasks: &Tasks,
        us: Peer,
    ) -> Result<Option<Tls>, TlsError> {
        match self.tls_dir.as_deref() {
            Some(folder) => tls::watched(context, tasks, folder, us).await.map(Some),
            None => Ok(None),
        }
    }
}

impl Default for CommonArgs {
    fn default() -> Self {
        Self {
            log_format: LogFormat::default(),
            log: "info".to_owned(),
            admin_listen: None,
            tls_dir: None,
            otlp_endpoint: None,
        }
    }
}
