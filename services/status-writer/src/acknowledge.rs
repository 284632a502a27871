//! How far everything is written, told to the merger: what `tributary wait` waits for.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, timeout};
use tributary_proto::call::{Acknowledgement, SetAside};
use tributary_proto::judgement::AcknowledgeJudgementsRequest;
use tributary_proto::judgement::judgement_service_client::JudgementServiceClient;
use tributary_runtime::backoff::Delays;
use tributary_runtime::{Backoff, Context};
use tributary_stream::{Position, Transport};

use crate::names::STATUS_BACKOFF_SECONDS;
use crate::queue::Queue;

/// The merger answers at once or is gone.
const DEADLINE: Duration = Duration::from_secs(5);
/// Between calls that tell no new position: nobody waits for the lists alone, which may be long.
const INTERVAL: Duration = Duration::from_millis(250);
/// After an acknowledgement that did not arrive.
const TRY_AGAIN: Backoff = Backoff {
    first: Duration::from_millis(200),
    most: Duration::from_secs(30),
};

/// What the merger was told, and what it is to be told.
#[derive(Debug)]
pub(crate) struct Acknowledging {
    client: JudgementServiceClient<Transport>,
    /// Of this process.
    instance: String,
    /// What was read last; absent before anything was.
    read: Option<Position>,
    /// Everything up to here is written, set aside or listed as failed.
    settled: Position,
    /// Something changed since the last call was made.
    dirty: bool,
    /// The last call did not arrive.
    refused: bool,
    /// No call before then, unless there is a new position to tell and the last one arrived.
    not_before: Instant,
    again: Delays,
}

impl Acknowledging {
    pub(crate) fn new(
        context: &Context,
        client: JudgementServiceClient<Transport>,
        instance: String,
    ) -> Self {
        Self {
            client,
            instance,
            read: None,
            settled: Position::default(),
            dirty: false,
            refused: false,
            not_before: Instant::now(),
            again: TRY_AGAIN.delays(context.metrics.get(&STATUS_BACKOFF_SECONDS)),
        }
    }

    /// Something was read.
    pub(crate) fn read(&mut self, position: Position) {
        self.read = Some(position);
        self.dirty = true;
    }

    /// Something came of an attempt, or is of concern now.
    pub(crate) fn changed(&mut self) {
        self.dirty = true;
    }

    /// When the next call may be made; never while there is nothing to tell.
    pub(crate) fn due(&self, queue: &Queue, now: Instant) -> Option<Instant> {
        let read = self.read.filter(|_| self.dirty)?;
        let is_news = queue.is_settled() && self.settled != read;
        Some(if is_news && !self.refused {
            now
        } else {
            self.not_before
        })
    }

    /// The call; it ends in time, and tells whether the merger took it.
    pub(crate) fn call(
        &mut self,
        queue: &Queue,
        failed: Vec<SetAside>,
        concerns: Vec<String>,
        now: Instant,
    ) -> BoxFuture<'static, bool> {
        if let (true, Some(read)) = (queue.is_settled(), self.read) {
            self.settled = read;
        }
        self.dirty = false;
        self.not_before = now + INTERVAL;
        let request = AcknowledgeJudgementsRequest::from(&Acknowledgement {
            position: self.settled,
            set_aside: queue.set_aside(),
            failed,
            concerns,
            instance: self.instance.clone(),
        });
        let mut client = self.client.clone();
        async move {
            match timeout(DEADLINE, client.acknowledge_judgements(request)).await {
                Ok(Ok(_)) => return true,
                Ok(Err(status)) => {
                    tracing::debug!(message = status.message(), "acknowledged again later");
                }
                Err(_) => tracing::debug!("the merger does not answer, acknowledged again later"),
            }
            false
        }
        .boxed()
    }

    /// What came of the call.
    pub(crate) fn called(&mut self, taken: bool, now: Instant) {
        if taken {
            self.again.reset();
            self.refused = false;
        } else {
            self.dirty = true;
            self.refused = true;
            self.not_before = now + self.again.next_delay();
        }
    }
}
