//! Signals: the first asks for a graceful stop, the second ends at once.

use std::io;

use futures::{Stream, StreamExt, stream};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[cfg(test)]
mod tests;

/// A signal that asks the process to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopSignal {
    /// SIGTERM: Kubernetes and service managers.
    Terminate,
    /// SIGINT: Ctrl-C at a terminal.
    Interrupt,
}

/// The signals that arrive from now on. The process does not die of them any more.
pub fn stop_signals() -> io::Result<impl Stream<Item = StopSignal> + Send + Unpin> {
    let terminate = signal(SignalKind::terminate())?;
    let interrupt = signal(SignalKind::interrupt())?;
    let terminations = stream::unfold(terminate, |mut signal| async {
        signal
            .recv()
            .await
            .map(|()| (StopSignal::Terminate, signal))
    });
    let interrupts = stream::unfold(interrupt, |mut signal| async {
        signal
            .recv()
            .await
            .map(|()| (StopSignal::Interrupt, signal))
    });
    Ok(stream::select(terminations.boxed(), interrupts.boxed()))
}

/// Cancels at the first signal and returns the second, which means: end at once.
pub async fn follow(
    mut signals: impl Stream<Item = StopSignal> + Unpin,
    shutdown: &CancellationToken,
) -> StopSignal {
    if let Some(signal) = signals.next().await {
        tracing::info!(?signal, "stopping; a second signal ends at once");
        shutdown.cancel();
        if let Some(signal) = signals.next().await {
            return signal;
        }
    }
    // A source of signals that dried up asks for nothing.
    std::future::pending().await
}
