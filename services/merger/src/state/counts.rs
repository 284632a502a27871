//! What is only counted and timed of it: nothing is decided by these.

use tokio::time::Instant;
use tributary_model::judgement::Judgement;
use tributary_model::view::Sight;
use tributary_model::{ObjectRef, desired::LoadBalancerKey};
use tributary_proto::call::Acknowledgement;
use tributary_stream::Position;

use super::MergerState;
use crate::census::{Census, Tally};
use crate::latency::Latency;
use crate::views;

#[derive(Debug)]
pub(super) struct Counts {
    census: Census,
    /// Whether it was taken since the last tally.
    is_tallied: bool,
    pub(super) latency: Latency,
}

impl Counts {
    pub(super) fn new(latency: Latency) -> Self {
        Self {
            census: Census::default(),
            is_tallied: false,
            latency,
        }
    }
}

impl MergerState {
    /// Changes come from now on.
    pub(crate) fn arrived(&mut self, at: Instant) {
        self.counts.latency.arrived(at);
    }

    /// The status writer tells how far it has come.
    pub(crate) fn acknowledge(&mut self, acknowledgement: Acknowledgement) {
        self.counts.latency.written(acknowledgement.position);
        self.written.acknowledge(acknowledgement);
    }

    /// How everything stands, if that is another than at the last call.
    pub(crate) fn tally(&mut self) -> Option<Tally> {
        let is_tallied = std::mem::replace(&mut self.counts.is_tallied, true);
        (!is_tallied).then(|| self.counts.census.tally())
    }

    /// How everything stands.
    pub(crate) fn standings(&self) -> Tally {
        self.counts.census.tally()
    }

    /// Who does not lead shows nothing, and everything once it leads.
    pub(crate) fn forget_tally(&mut self) -> Tally {
        self.counts.is_tallied = false;
        Tally::default()
    }

    pub(super) fn count(&mut self, object: &ObjectRef, judgement: Option<&Judgement>) {
        let gateway = match judgement {
            Some(Judgement::Gateway(_) | Judgement::ListenerSet(_)) => {
                views::gateways(&self.merge, object, &Sight::Everything).pop_first()
            }
            Some(Judgement::GatewayClass(_) | Judgement::Route(_) | Judgement::Pod(_)) | None => {
                None
            }
        };
        self.counts.census.take(object, judgement, gateway);
        self.counts.is_tallied = false;
    }

    /// What has arrived is taken in. Before it, judgements were at `judged`.
    pub(super) fn time<'a>(
        &mut self,
        load_balancers: impl Iterator<Item = &'a LoadBalancerKey>,
        judged: Position,
    ) {
        let desired_at = &self.desired_at;
        let load_balancers = load_balancers.filter_map(|key| Some((key, *desired_at.get(key)?)));
        let now = self.judgements.position();
        let latency = &mut self.counts.latency;
        latency.settled(load_balancers, (now > judged).then_some(now));
    }
}
