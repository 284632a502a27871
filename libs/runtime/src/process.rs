//! A process from its first line to its last.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::admin::{Admin, AdminError};
use crate::context::Context;
use crate::error::BoxError;
use crate::names::{BUILD_INFO, BuildLabels, START_TIME_SECONDS};
use crate::options::CommonArgs;
use crate::shutdown::{StopSignal, follow, stop_signals};
use crate::tasks::{OnError, TaskError};
use crate::telemetry::{Telemetry, TelemetryError};

#[cfg(test)]
mod tests;

/// How long a service may take to stop. Kubernetes kills after 30 seconds; this leaves some for the flush.
const STOP_DEADLINE: Duration = Duration::from_secs(20);

/// Why a process did not end well.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No async runtime.
    #[error("cannot start the async runtime")]
    Runtime(#[source] io::Error),
    /// Signals cannot be listened to.
    #[error("cannot listen to signals")]
    Signals(#[source] io::Error),
    /// Logs or spans.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The admin port.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The service itself.
    #[error("{service} failed")]
    Service {
        /// Its name.
        service: &'static str,
        /// Its error.
        source: BoxError,
    },
    /// A task beside the service: the admin port.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// A second signal came before the stop was done.
    #[error("ended at once by a second signal ({0:?})")]
    Interrupted(StopSignal),
    /// The service did not stop in time.
    #[error("{service} did not stop within {deadline:?}")]
    Stuck {
        /// Its name.
        service: &'static str,
        /// The time that it had.
        deadline: Duration,
    },
}

/// Runs a service as this process: telemetry, admin port and signals around it. Returns what the service returns, when
/// it does so by itself or after the first signal.
///
/// Synchronous, for a `main` without attributes: it owns the runtime, so that blocking threads which do not end cannot
/// hold up a process that was told to.
pub fn run<T, E, F>(
    service: &'static str,
    options: &CommonArgs,
    body: impl FnOnce(Context) -> F,
) -> Result<T, RunError>
where
    E: Into<BoxError>,
    F: Future<Output = Result<T, E>>,
{
    let runtime = Runtime::new().map_err(RunError::Runtime)?;
    let ended = runtime.block_on(async {
        let telemetry = Telemetry::install(service, options)?;
        let signals = stop_signals().map_err(RunError::Signals)?;
        let context = Context::new(service);
        let build = BuildLabels {
            service,
            version: env!("CARGO_PKG_VERSION"),
        };
        context
            .metrics
            .get(&BUILD_INFO)
            .get_or_create(&build)
            .set(1);
        if let Ok(now) = SystemTime::now().duration_since(UNIX_EPOCH) {
            let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
            context.metrics.get(&START_TIME_SECONDS).set(seconds);
        }
        let ended = supervise(options, &context, follow(signals, &context.shutdown), body).await;
        telemetry.flush().await;
        ended
    });
    runtime.shutdown_background();
    ended
}

/// `second_signal` cancels the context at the first signal and returns at the second.
async fn supervise<T, E, F>(
    options: &CommonArgs,
    context: &Context,
    second_signal: impl Future<Output = StopSignal>,
    body: impl FnOnce(Context) -> F,
) -> Result<T, RunError>
where
    E: Into<BoxError>,
    F: Future<Output = Result<T, E>>,
{
    let service = context.name;
    let tasks = context.tasks();
    if let Some(address) = options.admin_listen {
        let admin = Admin::bind(address).await?;
        tracing::info!(address = %admin.local_addr(), "admin port open");
        tasks.spawn("admin", OnError::ShutDown, admin.serve(context.clone()));
    }
    let mut work = pin!(body(context.clone()));
    let too_late = async {
        context.shutdown.cancelled().await;
        // Pending for ever: only the deadline matters from here on.
        timeout(STOP_DEADLINE, std::future::pending::<()>())
            .await
            .is_err()
    };
    let result = tokio::select! {
        // The work first: what it returned in the same instant counts.
        biased;
        result = &mut work => result,
        signal = second_signal => return Err(RunError::Interrupted(signal)),
        _ = too_late => return Err(RunError::Stuck { service, deadline: STOP_DEADLINE }),
    };
    context.shutdown.cancel();
    let beside = tasks.join(STOP_DEADLINE).await;
    let value = result.map_err(|source| RunError::Service {
        service,
        source: source.into(),
    })?;
    beside?;
    Ok(value)
}
