//! Reports on their way in: one receiver per shard of programmers, which outlives their connections.

mod check;
mod holders;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{Stream, StreamExt};
use tonic::Status;
use tributary_model::desired::LoadBalancerKey;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::report::LoadBalancerReport;
use tributary_proto::call::{LoadBalancerShard, Publisher, RefusedReport, ReportsTaken};
use tributary_proto::event::EventMessage;
use tributary_proto::report::PublishReportsRequest;
use tributary_runtime::names::{STREAM_REFUSED_ITEMS, StreamLabels};
use tributary_runtime::{CancellationToken, Context};
use tributary_stream::{Positioned, Receiver, Update};

use crate::leadership::MergerLeadership;
use crate::shared::{Shared, Torn};

use check::{Checked, check};
pub(crate) use holders::Holders;

/// Name of the stream in metrics and logs.
const STREAM: &str = "report";
/// Refused reports that an answer names.
const MOST_REFUSED: usize = 100;

/// What each shard's programmer has said, and who may say more. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    holders: Holders,
    streams: Arc<Mutex<Streams>>,
}

#[derive(Debug, Default)]
struct Streams {
    /// How many there were.
    begun: u64,
    /// No two of unlike counts overlap, so these are [`tributary_proto::call::Shard::MOST`] of a kind at most.
    senders: BTreeMap<LoadBalancerShard, Arc<tokio::sync::Mutex<Sender>>>,
}

/// The programmer of one shard.
#[derive(Debug)]
struct Sender {
    receiver: Receiver<PublishReportsRequest>,
    /// Of several streams the latest counts.
    stream: u64,
    /// Ends that stream once it does not.
    superseded: CancellationToken,
}

/// A stream that counts.
struct Speaking<'a> {
    shared: &'a Shared,
    sender: Arc<tokio::sync::Mutex<Sender>>,
    stream: u64,
    superseded: CancellationToken,
}

impl Desk {
    pub(crate) fn new(holders: Holders) -> Self {
        Self {
            holders,
            streams: Arc::default(),
        }
    }

    /// Begins a stream for a shard, and ends those that spoke for any part of it: the one before, and those of programmers
    /// that divide by another count. Two are never believed on one load balancer.
    async fn begin<'a>(
        &self,
        context: &Context,
        shared: &'a Shared,
        share: LoadBalancerShard,
    ) -> Result<Speaking<'a>, Status> {
        let (sender, stream, others) = {
            // Whole after any panic: what is missing of a map of senders is begun anew.
            let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
            streams.begun += 1;
            let stream = streams.begun;
            let unlike = |other: &LoadBalancerShard| *other != share && other.overlaps(&share);
            let others = streams.senders.extract_if(.., |other, _| unlike(other));
            let others: Vec<_> = others.map(|(_, sender)| sender).collect();
            let sender = streams.senders.entry(share).or_insert_with(|| {
                Arc::new(tokio::sync::Mutex::new(Sender {
                    receiver: Receiver::new(context, STREAM),
                    stream: 0,
                    superseded: CancellationToken::new(),
                }))
            });
            (Arc::clone(sender), stream, others)
        };
        for other in others {
            other.lock().await.supersede(stream)?;
        }
        let superseded = sender.lock().await.supersede(stream)?;
        Ok(Speaking {
            shared,
            sender,
            stream,
            superseded,
        })
    }
}

impl Sender {
    /// From now on this stream counts, unless a later one does already.
    fn supersede(&mut self, stream: u64) -> Result<CancellationToken, Status> {
        if self.stream > stream {
            return Err(superseded());
        }
        self.superseded.cancel();
        self.superseded = CancellationToken::new();
        self.stream = stream;
        self.receiver.disconnect();
        Ok(self.superseded.clone())
    }
}

impl Drop for Speaking<'_> {
    fn drop(&mut self) {
        // Torn, it says nothing to anybody any more.
        if let Ok(mut state) = self.shared.lock() {
            state.fell_silent(self.stream);
        }
    }
}

fn superseded() -> Status {
    Status::failed_precondition("a later stream speaks for these load balancers")
}

/// Takes one stream of reports in, until it ends or a later one takes its shard over.
pub(crate) async fn take(
    context: &Context,
    shared: &Shared,
    leadership: &MergerLeadership,
    desk: &Desk,
    mut messages: impl Stream<Item = Result<PublishReportsRequest, Status>> + Unpin,
    may_speak_of: impl Fn(LoadBalancerKind) -> Result<(), Status>,
) -> Result<ReportsTaken, Status> {
    let epoch = leadership.epoch()?;
    let over = async || {
        tokio::select! {
            status = leadership.lost(epoch) => status,
            () = context.shutdown.cancelled() => Status::unavailable("the service is stopping"),
        }
    };
    let first = tokio::select! {
        message = messages.next() => message.transpose()?,
        status = over() => return Err(status),
    };
    let mut taken = ReportsTaken::default();
    let Some(first) = first else {
        return Ok(taken);
    };
    let publisher = first
        .publisher
        .clone()
        .ok_or_else(|| Status::invalid_argument("publisher: the first message must name it"))?;
    let Publisher {
        instance,
        load_balancers: share,
        shard_epoch,
    } = Publisher::try_from(publisher)
        .map_err(|error| Status::invalid_argument(error.under("publisher").to_string()))?;
    may_speak_of(share.kind)?;
    let (kind, index) = (share.kind.as_str(), share.shard.index());
    let begun = async {
        desk.holders.check(share, shard_epoch).await?;
        // Before that nobody knows which load balancers there are.
        complete(shared).await?;
        desk.begin(context, shared, share).await
    };
    let begun = tokio::select! {
        begun = begun => begun,
        status = over() => return Err(status),
    };
    let speaking = begun.inspect_err(|status| {
        let (code, message) = (status.code(), status.message());
        if code == tonic::Code::FailedPrecondition {
            tracing::warn!(
                instance,
                kind,
                shard = index,
                message,
                "reports are refused"
            );
        }
    })?;
    tracing::info!(instance, kind, shard = index, "programmer reports");
    let mut following = Some(first);
    while let Some(message) = following {
        speaking
            .accept(context, &share, &mut taken, message)
            .await?;
        shared.progress.changed();
        following = tokio::select! {
            message = messages.next() => message.transpose()?,
            () = speaking.superseded.cancelled() => return Err(superseded()),
            status = over() => return Err(status),
        };
    }
    Ok(taken)
}

/// Returns once the snapshot is complete.
async fn complete(shared: &Shared) -> Result<(), Torn> {
    let mut changes = shared.progress.subscribe();
    loop {
        changes.borrow_and_update();
        if shared.lock()?.is_complete() {
            return Ok(());
        }
        if changes.changed().await.is_err() {
            // Its sender lives as long as what is shared.
            std::future::pending::<()>().await;
        }
    }
}

impl Speaking<'_> {
    async fn accept(
        &self,
        context: &Context,
        share: &LoadBalancerShard,
        taken: &mut ReportsTaken,
        message: PublishReportsRequest,
    ) -> Result<(), Status> {
        let mut sender = self.sender.lock().await;
        if sender.stream != self.stream {
            return Err(superseded());
        }
        let Checked {
            message,
            left_out,
            is_current,
            stray,
        } = {
            let mut state = self.shared.lock()?;
            let checked = check(&state, share, message.decode_event());
            if let Some(key) = &checked.stray {
                state.has_stray(key.clone(), self.stream);
            }
            checked
        };
        if let Some(load_balancer) = stray {
            tracing::debug!(%load_balancer, "a programmer has what nobody wants");
        }
        note(context, taken, left_out, is_current);
        for update in sender.receiver.accept_decoded(message) {
            let span = tributary_stream::span(&update);
            span.in_scope(|| self.record(share, taken, update))?;
        }
        Ok(())
    }

    fn record(
        &self,
        share: &LoadBalancerShard,
        taken: &mut ReportsTaken,
        update: Positioned<Update<LoadBalancerKey, LoadBalancerReport>>,
    ) -> Result<(), Torn> {
        let Positioned {
            position,
            traceparent: _,
            item,
        } = update;
        let mut state = self.shared.lock()?;
        match item {
            Update::Reset(reports) => {
                // Of this share there is nothing else, whoever spoke for it before. But one that has only begun has not looked yet.
                for unsaid in state.reported_in(share) {
                    if reports.contains_key(&unsaid) {
                        continue;
                    }
                    if state.is_desired(&unsaid) {
                        state.doubt_report(&unsaid);
                    } else {
                        state.forget_report(&unsaid);
                    }
                }
                for report in reports.into_values() {
                    state.report(report.position, &report.item);
                }
            }
            Update::Apply(_, report) => state.report(position, &report),
            Update::Repositioned(key) => state.reposition(&key, position),
            Update::Delete(key) => state.forget_report(&key),
            Update::Refused(refused) => {
                refuse(taken, RefusedReport::from(refused));
                return Ok(());
            }
            Update::Synced => state.heard(self.stream, *share),
        }
        taken.position = Some(position);
        Ok(())
    }
}

/// Says what was left out of a report: a line, whatever the number.
fn note(
    context: &Context,
    taken: &mut ReportsTaken,
    left_out: Vec<RefusedReport>,
    is_current: bool,
) {
    let Some(RefusedReport {
        key: Some(load_balancer),
        error,
    }) = left_out.first()
    else {
        return;
    };
    let count = left_out.len();
    if is_current {
        tracing::warn!(%load_balancer, %error, count, "left out of a report");
    } else {
        tracing::debug!(%load_balancer, %error, count, "left out of a report on what was desired before");
    }
    let labels = StreamLabels { stream: STREAM };
    let refused = context.metrics.get(&STREAM_REFUSED_ITEMS);
    let refused = refused.get_or_create_owned(&labels);
    refused.inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    for refused in left_out {
        refuse(taken, refused);
    }
}

/// The last ones are named.
fn refuse(taken: &mut ReportsTaken, refused: RefusedReport) {
    if taken.refused.len() == MOST_REFUSED {
        taken.refused.remove(0);
    }
    taken.refused.push(refused);
}
