//! One series of attempts to keep a stream up: the wait between them, what is counted, what is said about it.

use std::error::Error as _;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::time::Instant;
use tonic::Status;
use tributary_runtime::backoff::Delays;
use tributary_runtime::names::{STREAM_BACKOFF_SECONDS, STREAM_RECONNECTS, StreamLabels};
use tributary_runtime::{Backoff, CancellationToken, Context};

use crate::view::Fencing;

/// Attempts in a row that fail before a person is told: with the usual backoff some seconds, which a restart or another
/// leader takes.
const WORTH_A_WARNING: u32 = 20;

/// An attempt that was up for so long worked. Longer than a server that hangs keeps one waiting, or each try at it would pass
/// for the first.
const LASTED: Duration = Duration::from_secs(10);

/// How a stream is kept up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamOptions {
    /// Name of the stream in metrics and logs.
    pub stream: &'static str,
    /// Between a stream's end and the next call.
    pub backoff: Backoff,
    /// What a lower epoch than one seen before means.
    pub fencing: Fencing,
}

#[derive(Debug)]
pub(crate) struct Attempts {
    stream: &'static str,
    delays: Delays,
    reconnects: Counter,
    shutdown: CancellationToken,
    begun: Option<Instant>,
    failed: u32,
}

impl StreamOptions {
    /// The usual backoff.
    pub const fn named(stream: &'static str) -> Self {
        Self {
            stream,
            backoff: Backoff::RECONNECT,
            fencing: Fencing::Epoch,
        }
    }

    /// Of senders without a leader, any of which will do: their epochs say when each was started.
    #[must_use]
    pub const fn unfenced(mut self) -> Self {
        self.fencing = Fencing::None;
        self
    }
}

impl Attempts {
    pub(crate) fn new(context: &Context, options: StreamOptions) -> Self {
        let StreamOptions {
            stream,
            backoff,
            fencing: _,
        } = options;
        let labels = StreamLabels { stream };
        let waited = context.metrics.get(&STREAM_BACKOFF_SECONDS);
        let reconnects = context.metrics.get(&STREAM_RECONNECTS);
        Self {
            stream,
            delays: backoff.delays(waited.get_or_create_owned(&labels)),
            reconnects: reconnects.get_or_create_owned(&labels),
            shutdown: context.shutdown.clone(),
            begun: None,
            failed: 0,
        }
    }

    /// Begins the next attempt: the first at once, later ones after a delay. None when the context has stopped.
    pub(crate) async fn begin(&mut self) -> Option<()> {
        if self.begun.is_some() {
            self.shutdown
                .run_until_cancelled(self.delays.wait())
                .await?;
            self.reconnects.inc();
        }
        self.begun = Some(Instant::now());
        (!self.shutdown.is_cancelled()).then_some(())
    }

    /// The attempt works: everything that was there has arrived.
    pub(crate) fn works(&mut self) {
        let Self { stream, failed, .. } = self;
        if *failed > 0 {
            tracing::info!(stream, attempts = *failed, "stream is up again");
        }
        self.failed = 0;
    }

    /// The attempt is over.
    pub(crate) fn over(&mut self, why: &Status) {
        let lasted = self.begun.is_some_and(|begun| begun.elapsed() > LASTED);
        if lasted {
            self.delays.reset();
            self.failed = 0;
        }
        self.failed = self.failed.saturating_add(1);
        let Self { stream, failed, .. } = self;
        let (code, message) = (why.code(), why.message());
        match *failed {
            // We are stopping, and it is not called again.
            _ if self.shutdown.is_cancelled() => {
                tracing::debug!(stream, ?code, message, "stream is over");
            }
            1 => tracing::info!(stream, ?code, message, "stream is down and is called again"),
            WORTH_A_WARNING => tracing::warn!(stream, ?code, message, "stream stays down"),
            _ => tracing::debug!(stream, ?code, message, "stream is down"),
        }
    }
}

/// Causes are told to people, a line each.
const LONGEST_CAUSE: usize = 240;

/// Why a call failed, in a line: what the server says, or the innermost reason why none was reached.
pub fn cause(status: &Status) -> String {
    let mut line = status.message().to_owned();
    let mut innermost = status.source();
    while let Some(source) = innermost.and_then(std::error::Error::source) {
        innermost = Some(source);
    }
    if let Some(innermost) = innermost.map(ToString::to_string)
        && !line.contains(&innermost)
    {
        line = format!("{line}: {innermost}");
    }
    if line.is_empty() {
        status.code().description().clone_into(&mut line);
    }
    line.chars().take(LONGEST_CAUSE).collect()
}
