//! The watch of one kind, kept up.

use std::pin::Pin;
use std::task::{Context as Poller, Poll, ready};
use std::time::Duration;

use futures::Stream;
use futures::stream::BoxStream;
use tokio::time::{Sleep, sleep};
use tributary_kubernetes::{Class, Cluster, Failure, Served, WatchEvent, WatchMode};
use tributary_runtime::backoff::Delays;
use tributary_runtime::{Backoff, Context};

use crate::metrics::{KindLabels, WATCH_BACKOFF_SECONDS};

/// After a failure. An API server that restarts is back within seconds.
pub(crate) const AGAIN: Backoff = Backoff {
    first: Duration::from_millis(100),
    most: Duration::from_secs(10),
};

/// What comes of a watch.
#[derive(Debug)]
pub(crate) enum Item {
    /// From the API server.
    Event(WatchEvent),
    /// It failed, and goes on after a delay.
    Failed(Failure),
}

/// Never ends, and waits by itself after a failure.
pub(crate) struct Watching {
    cluster: Cluster,
    served: Served,
    mode: WatchMode,
    /// Whether the mode has shown that it works.
    listed: bool,
    events: BoxStream<'static, Result<WatchEvent, Failure>>,
    delays: Delays,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Watching {
    pub(crate) fn new(context: &Context, cluster: &Cluster, served: &Served) -> Self {
        let waited = context.metrics.get(&WATCH_BACKOFF_SECONDS);
        let labels = KindLabels {
            kind: served.kind().as_str(),
        };
        let mode = WatchMode::Streaming;
        Self {
            cluster: cluster.clone(),
            served: served.clone(),
            mode,
            listed: false,
            events: cluster.watch(served, mode),
            delays: AGAIN.delays(waited.get_or_create_owned(&labels)),
            waiting: None,
        }
    }

    /// A server that cannot stream lists says that the request is invalid: pages are asked for instead.
    fn falls_back(&mut self, failure: &Failure) -> bool {
        let falls =
            self.mode == WatchMode::Streaming && !self.listed && failure.class == Class::Invalid;
        if falls {
            let kind = self.served.kind();
            tracing::debug!(%kind, %failure, "listed in pages");
            self.mode = WatchMode::Paged;
            self.events = self.cluster.watch(&self.served, self.mode);
        }
        falls
    }
}

impl Stream for Watching {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, poller: &mut Poller<'_>) -> Poll<Option<Item>> {
        loop {
            if let Some(waiting) = &mut self.waiting {
                ready!(waiting.as_mut().poll(poller));
                self.waiting = None;
            }
            match ready!(self.events.as_mut().poll_next(poller)) {
                Some(Ok(event)) => {
                    self.listed |= event == WatchEvent::InitDone;
                    // That a list begins is no answer of the server's.
                    if event != WatchEvent::Init {
                        self.delays.reset();
                    }
                    return Poll::Ready(Some(Item::Event(event)));
                }
                Some(Err(failure)) if self.falls_back(&failure) => {}
                Some(Err(failure)) => {
                    let delay = self.delays.next_delay();
                    self.waiting = Some(Box::pin(sleep(delay)));
                    return Poll::Ready(Some(Item::Failed(failure)));
                }
                // A watch has no end; one that has all the same is begun anew.
                None => {
                    self.events = self.cluster.watch(&self.served, self.mode);
                    let delay = self.delays.next_delay();
                    self.waiting = Some(Box::pin(sleep(delay)));
                }
            }
        }
    }
}
