//! Reports on their way in: one receiver per shard of programmers, which outlives their connections.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures::{Stream, StreamExt};
use tonic::Status;
use tributary_model::desired::LoadBalancerKey;
use tributary_model::report::LoadBalancerReport;
use tributary_proto::call::{LoadBalancerShard, Publisher, RefusedReport, ReportsTaken};
use tributary_proto::report::PublishReportsRequest;
use tributary_runtime::Context;
use tributary_stream::{Positioned, Receiver, Update};

use crate::reign::Reign;
use crate::state::Shared;

/// What each shard's programmer has said, and who may say more.
pub(crate) type Receivers =
    Arc<Mutex<BTreeMap<LoadBalancerShard, Arc<tokio::sync::Mutex<Sender>>>>>;

/// The programmer of one shard.
#[derive(Debug)]
pub(crate) struct Sender {
    receiver: Receiver<PublishReportsRequest>,
    /// Of two streams for one shard the one of the higher epoch counts, and of equal ones the later.
    epoch: u64,
    stream: u64,
}

/// Refused reports that an answer names.
const MOST_REFUSED: usize = 100;

/// Takes one stream of reports in, until it ends or a newer one takes its shard over.
pub(crate) async fn take(
    context: &Context,
    shared: &Shared,
    reign: &Reign,
    receivers: &Receivers,
    mut messages: impl Stream<Item = Result<PublishReportsRequest, Status>> + Unpin,
) -> Result<ReportsTaken, Status> {
    let epoch = reign.epoch()?;
    let mut taken = ReportsTaken::default();
    let mut next = async || {
        tokio::select! {
            message = messages.next() => message.transpose(),
            status = reign.lost(epoch) => Err(status),
            () = context.shutdown.cancelled() => Err(Status::unavailable("the service is stopping")),
        }
    };
    let Some(first) = next().await? else {
        return Ok(taken);
    };
    let publisher = first
        .publisher
        .clone()
        .ok_or_else(|| Status::invalid_argument("publisher: the first message must name it"))?;
    let Publisher {
        instance,
        load_balancers,
        shard_epoch,
    } = Publisher::try_from(publisher)
        .map_err(|error| Status::invalid_argument(format!("publisher.{error}")))?;
    let sender = {
        let mut receivers = receivers
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(receivers.entry(load_balancers).or_insert_with(|| {
            Arc::new(tokio::sync::Mutex::new(Sender {
                receiver: Receiver::new(context, "report"),
                epoch: 0,
                stream: 0,
            }))
        }))
    };
    let stream = {
        let mut sender = sender.lock().await;
        if shard_epoch < sender.epoch {
            return Err(Status::failed_precondition(
                "another programmer holds this shard now",
            ));
        }
        sender.epoch = shard_epoch;
        sender.stream += 1;
        sender.receiver.disconnect();
        sender.stream
    };
    tracing::info!(
        instance,
        kind = load_balancers.kind.as_str(),
        "programmer reports"
    );
    let mut following = Some(first);
    while let Some(message) = following {
        {
            let mut sender = sender.lock().await;
            if sender.stream != stream {
                return Err(Status::failed_precondition(
                    "a newer stream reports for this shard",
                ));
            }
            for update in sender.receiver.accept(message) {
                let span = tributary_stream::span(&update);
                span.in_scope(|| record(shared, &mut taken, update));
            }
        }
        shared.progress.changed();
        following = next().await?;
    }
    Ok(taken)
}

fn record(
    shared: &Shared,
    taken: &mut ReportsTaken,
    update: Positioned<Update<LoadBalancerKey, LoadBalancerReport>>,
) {
    let Positioned {
        position,
        traceparent: _,
        item,
    } = update;
    let mut state = shared.lock();
    match item {
        Update::Reset(reports) => {
            for report in reports.into_values() {
                state.report(report.position, &report.item);
            }
        }
        Update::Apply(_, report) => state.report(position, &report),
        Update::Repositioned(key) => state.reposition(&key, position),
        Update::Delete(key) => state.forget_report(&key),
        Update::Refused(refused) => {
            if taken.refused.len() < MOST_REFUSED {
                taken.refused.push(RefusedReport::from(refused));
            }
            return;
        }
        Update::Synced => {}
    }
    taken.position = Some(position);
}
