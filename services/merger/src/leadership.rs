//! Whether this merger leads, and what it may say while it does.
//!
//! A standby knows what the leader knows but for reports, which come to the leader alone. So what people are told, and
//! what programmers and the status writer act on, comes from the leader.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream;
use tokio::sync::watch;
use tonic::Status;
use tributary_kubernetes::lease::{Election, Leadership};
use tributary_proto::event::EventMessage;
use tributary_runtime::Context;
use tributary_stream::EventStream;

use crate::shared::{Shared, Torn};

/// Clones follow the same election.
#[derive(Clone, Debug)]
pub(crate) struct MergerLeadership {
    leadership: Leadership,
    /// The epoch that everything published has: leading counts from then on.
    begun: watch::Receiver<Option<u64>>,
}

/// The other end.
#[derive(Debug)]
pub(crate) struct MergerElection {
    election: Election,
    begun: watch::Sender<Option<u64>>,
}

impl MergerLeadership {
    /// Of the only replica.
    pub(crate) fn always(epoch: u64) -> Self {
        Self {
            leadership: Leadership::always(epoch),
            begun: watch::channel(Some(epoch)).1,
        }
    }

    pub(crate) fn elected(election: Election) -> (Self, MergerElection) {
        let (sender, begun) = watch::channel(None);
        let leadership = Self {
            leadership: election.leadership(),
            begun,
        };
        let election = MergerElection {
            election,
            begun: sender,
        };
        (leadership, election)
    }

    /// The epoch by which this merger leads, at this moment.
    pub(crate) fn epoch(&self) -> Result<u64, Status> {
        let begun = *self.begun.borrow();
        match self.leadership.leading() {
            Some(epoch) if begun == Some(epoch) => Ok(epoch),
            Some(_) | None => Err(Status::unavailable("not the leader")),
        }
    }

    /// Returns once it does not lead by this epoch any more.
    pub(crate) async fn lost(&self, epoch: u64) -> Status {
        self.leadership.lost(epoch).await;
        Status::unavailable("not the leader any more")
    }

    /// The stream as long as it leads, then UNAVAILABLE. Asked before each message: one who was stopped for a while
    /// sends none of what it still had.
    pub(crate) fn only_leading<M: EventMessage>(
        &self,
        epoch: u64,
        events: EventStream<M>,
    ) -> EventStream<M> {
        let following = (self.clone(), Some(events));
        stream::unfold(following, move |(leadership, events)| async move {
            let mut events = events?;
            let next = tokio::select! {
                biased;
                status = leadership.lost(epoch) => Some(Err(status)),
                next = events.next() => next,
            };
            match next? {
                Ok(_) if leadership.epoch().ok() != Some(epoch) => {
                    let status = Status::unavailable("not the leader any more");
                    Some((Err(status), (leadership, None)))
                }
                Ok(message) => Some((Ok(message), (leadership, Some(events)))),
                Err(status) => Some((Err(status), (leadership, None))),
            }
        })
        .boxed()
    }
}

impl MergerElection {
    /// Wants to lead until the context stops, but not before there is something to lead with.
    pub(crate) async fn follow(self, context: &Context, shared: &Arc<Shared>) -> Result<(), Torn> {
        let Self { election, begun } = self;
        let complete = async {
            let mut changes = shared.progress.subscribe();
            loop {
                changes.borrow_and_update();
                if shared.lock()?.is_complete() || changes.changed().await.is_err() {
                    return Ok::<_, Torn>(());
                }
            }
        };
        match context.shutdown.run_until_cancelled(complete).await {
            Some(complete) => complete?,
            None => return Ok(()),
        }
        let mut leadership = election.leadership();
        let reigning = async {
            loop {
                let leading = leadership.changed().await;
                if let Some(epoch) = leading {
                    match shared.lock() {
                        Ok(mut state) => state.lead(epoch),
                        Err(torn) => return Err::<(), Torn>(torn),
                    }
                }
                begun.send_replace(leading);
                shared.progress.changed();
            }
        };
        tokio::select! {
            () = election.run(context) => Ok(()),
            torn = reigning => torn,
        }
    }
}
