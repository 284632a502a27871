//! Everything the merger knows, and what it publishes of it.

mod counts;
mod heard;
mod shown;
mod untold;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;
use tributary_merge::judge::{Reports, explain, judge, judge_orphan};
use tributary_merge::{Merge, Outcome, Untouched};
use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::judgement::Judgement;
use tributary_model::report::LoadBalancerReport;
use tributary_model::resolved::{GatewayAcceptance, Resolved};
use tributary_model::resource::{Author, CarriedStatus, SourceObject, cannot_be_read};
use tributary_model::status::Status;
use tributary_model::view::{Explanation, ListenerView, Sight};
use tributary_model::{Change, Kind, Labels, ListenerRef, ObjectKey, ObjectRef, compact};
use tributary_proto::call::LoadBalancerShard;
use tributary_proto::packed::Packed;
use tributary_proto::types;
use tributary_stream::{Position, Published};

use crate::latency::Latency;
use crate::written::Written;

/// Load balancers of [`MergerState::strays`] that are remembered.
const MOST_STRAYS: usize = 100;

/// The snapshot, what follows from it, and what was answered.
#[derive(Debug)]
pub(crate) struct MergerState {
    merge: Merge,
    /// What the objects that get a status carry, as the watcher last saw them.
    carried: BTreeMap<ObjectRef, Arc<Carried>>,
    /// Of the objects that have any, as people select by them. No judgement depends on them.
    labels: BTreeMap<ObjectRef, Labels>,
    reports: Reports,
    /// The desired state that each report speaks of.
    reported_at: BTreeMap<LoadBalancerKey, Position>,
    /// When the desired state of each load balancer last changed.
    desired_at: BTreeMap<LoadBalancerKey, Position>,
    listeners_of: BTreeMap<ObjectRef, BTreeSet<ListenerRef>>,
    /// Load balancers that the merge no longer wants and that are kept.
    held: BTreeSet<LoadBalancerKey>,
    /// Judgements that may be others now.
    stale: BTreeSet<ObjectRef>,
    /// Which load balancers each stream of reports speaks for, once its listing is complete.
    speakers: BTreeMap<u64, LoadBalancerShard>,
    /// Desired load balancers that no stream speaks for, and since when.
    silent_since: BTreeMap<LoadBalancerKey, Instant>,
    untold: untold::Untold,
    /// What programmers have although nobody wants it, by the stream that says so: its report counts for nothing, but
    /// nothing is settled either.
    strays: BTreeMap<LoadBalancerKey, u64>,
    read: Position,
    complete: bool,
    pub(crate) written: Written,
    desired: Published<LoadBalancerKey, DesiredLoadBalancer>,
    judgements: Published<ObjectRef, Judged>,
    listeners: Published<ListenerRef, ListenerView>,
    apart: Published<ListenerRef, ListenerView>,
    counts: counts::Counts,
}

/// What a judgement sends along of its object.
#[derive(Debug, Default, PartialEq)]
struct Carried {
    /// Looked into only once the object is nobody's any more.
    status: Option<(Packed<types::Status>, Author)>,
    resource_version: Option<u64>,
}

/// A [`JudgedObject`](tributary_model::judgement::JudgedObject) in few bytes: they are as many as the routes, and sent
/// once.
#[derive(Debug, PartialEq)]
pub(crate) struct Judged {
    judgement: Packed<types::Judgement>,
    carried: Arc<Carried>,
}

impl Judged {
    pub(crate) fn judgement(&self) -> types::Judgement {
        self.judgement.message()
    }
}

impl From<&Judged> for types::JudgedObject {
    fn from(judged: &Judged) -> Self {
        let Carried {
            status,
            resource_version,
        } = &*judged.carried;
        Self {
            judgement: Some(judged.judgement()),
            current: status.as_ref().map(|(status, _)| status.message()),
            resource_version: *resource_version,
        }
    }
}

impl MergerState {
    pub(crate) fn new(
        options: tributary_merge::Options,
        latency: Latency,
        desired: Published<LoadBalancerKey, DesiredLoadBalancer>,
        judgements: Published<ObjectRef, Judged>,
        listeners: Published<ListenerRef, ListenerView>,
        apart: Published<ListenerRef, ListenerView>,
    ) -> Self {
        Self {
            merge: Merge::new(options),
            carried: BTreeMap::new(),
            labels: BTreeMap::new(),
            reports: Reports::default(),
            reported_at: BTreeMap::new(),
            desired_at: BTreeMap::new(),
            listeners_of: BTreeMap::new(),
            held: BTreeSet::new(),
            stale: BTreeSet::new(),
            speakers: BTreeMap::new(),
            silent_since: BTreeMap::new(),
            untold: untold::Untold::new(),
            strays: BTreeMap::new(),
            read: Position::default(),
            complete: false,
            written: Written::default(),
            desired,
            judgements,
            listeners,
            apart,
            counts: counts::Counts::new(latency),
        }
    }

    /// The first full listing.
    pub(crate) fn reset(&mut self, objects: impl Iterator<Item = Arc<SourceObject>>) {
        for object in objects {
            self.apply(object);
        }
    }

    pub(crate) fn apply(&mut self, object: Arc<SourceObject>) {
        let SourceObject {
            resource,
            status,
            resource_version,
            labels,
        } = Arc::unwrap_or_clone(object);
        let key = resource.object_ref();
        self.label(&key, labels);
        self.merge.apply(Change::Apply(resource));
        let now = Carried {
            status: status.map(|CarriedStatus { status, author }| (Packed::of(&status), author)),
            resource_version,
        };
        let before = self.carried.get(&key);
        if before.map_or(now != Carried::default(), |before| **before != now) {
            self.carried.insert(key.clone(), Arc::new(now));
            self.stale.insert(key);
        }
    }

    pub(crate) fn delete(&mut self, object: ObjectRef) {
        self.carried.remove(&object);
        self.labels.remove(&object);
        self.stale.insert(object.clone());
        self.merge.apply(Change::Delete(object));
    }

    pub(crate) fn mark_complete(&mut self) {
        self.complete = true;
    }

    pub(crate) fn read_up_to(&mut self, position: Position) {
        self.read = position;
    }

    /// Recomputes what changed and publishes it.
    pub(crate) fn propagate(&mut self) {
        let Outcome {
            objects,
            load_balancers,
            judge,
        } = self.merge.propagate();
        let mut changed = BTreeSet::new();
        let (was_complete, judged) = (self.desired.is_complete(), self.judgements.position());
        for (key, desired) in load_balancers {
            match desired {
                Some(desired) => {
                    self.desired.replace(key.clone(), desired);
                    changed.insert(key.clone());
                    self.desired_at.insert(key, self.desired.position());
                }
                None => {
                    self.held.insert(key);
                }
            }
        }
        self.let_go();
        self.changed(&objects, &changed, was_complete);
        self.stale.extend(objects.into_keys());
        self.stale.extend(judge);
        self.judge_stale();
        if was_complete {
            self.time(changed.iter(), judged);
        } else {
            self.counts.latency.skip();
        }
        if self.complete && !self.desired.is_complete() {
            self.merge.compact();
            compact(&mut self.carried);
            compact(&mut self.labels);
            self.desired.mark_complete();
            self.judgements.mark_complete();
            self.listeners.mark_complete();
            self.apart.mark_complete();
        }
    }

    /// Withdraws what is no longer desired, but for load balancers of Gateways that are there and not
    /// accepted, whose class is not there, or that a kind which cannot be read may want: a typo in a parametersRef or a
    /// role must not take every tenant's traffic down (docs/decisions/0025-unread-kinds.md). Those stay as they were last desired.
    fn let_go(&mut self) {
        let mut held = std::mem::take(&mut self.held);
        held.retain(|key| {
            if self.merge.load_balancers().contains_key(key) {
                return false;
            }
            // Nothing of ours is desired of what another program makes; that is no reason to remove it.
            let is_theirs = self.theirs(&key.gateway).is_some();
            let stays = !is_theirs && self.kept(&key.gateway).is_some();
            if !stays {
                self.desired.remove(key);
                self.desired_at.remove(key);
                self.counts.latency.gone(key);
            }
            stays
        });
        self.held = held;
    }

    /// Why a Gateway's load balancer is another program's: nobody here changes or removes anything of it.
    pub(crate) fn theirs(&self, gateway: &ObjectKey) -> Option<String> {
        match self.merge.left_alone(gateway)? {
            Untouched::Theirs(why) => Some(why),
            Untouched::Ours(_) => None,
        }
    }

    /// Why a Gateway's load balancer stays although it is not desired: the Gateway is there and not accepted, it is left
    /// alone, or what is not known may want it.
    pub(crate) fn kept(&self, gateway: &ObjectKey) -> Option<String> {
        if let Some(Untouched::Theirs(why) | Untouched::Ours(why)) = self.merge.left_alone(gateway)
        {
            return Some(why);
        }
        let object = ObjectRef::new(Kind::Gateway, gateway.clone());
        if let Some(Resolved::Gateway(resolved)) = self.merge.resolved(&object).map(|it| &**it)
            && resolved.acceptance != GatewayAcceptance::Accepted
        {
            return Some(format!("Gateway {gateway} is not accepted"));
        }
        self.merge
            .may_want(gateway)
            .then(|| cannot_be_read(self.merge.unread()))
    }

    /// Everything said from now on is of this epoch, which is higher than that of any leader before.
    pub(crate) fn lead(&mut self, epoch: u64) {
        self.desired.set_epoch(epoch);
        self.judgements.set_epoch(epoch);
        self.listeners.set_epoch(epoch);
        self.apart.set_epoch(epoch);
        let untold = self.untold.values_mut().flatten().map(|(_, at)| at);
        for position in self.desired_at.values_mut().chain(untold) {
            position.epoch = epoch;
        }
        self.written = Written::default();
        self.counts.latency.forget();
        self.await_programmers();
    }

    /// Takes a programmer's report in.
    pub(crate) fn report(&mut self, position: Position, report: &LoadBalancerReport) {
        self.strays.remove(&report.key);
        self.reported_at.insert(report.key.clone(), position);
        let affected = self.reports.insert(&self.merge, report.clone());
        self.stale.extend(affected);
        self.answered(&report.key, position);
        self.judge_stale();
    }

    /// The same report speaks of another desired state now.
    pub(crate) fn reposition(&mut self, key: &LoadBalancerKey, position: Position) {
        if let Some(reported_at) = self.reported_at.get_mut(key) {
            *reported_at = position;
        }
        self.answered(key, position);
        self.judge_stale();
    }

    /// Whoever speaks for the load balancer now has not said anything of it: what was said stands, and settles nothing.
    pub(crate) fn doubt_report(&mut self, key: &LoadBalancerKey) {
        self.reported_at.remove(key);
    }

    /// The programmer has nothing of the load balancer left.
    pub(crate) fn forget_report(&mut self, key: &LoadBalancerKey) {
        self.strays.remove(key);
        self.reported_at.remove(key);
        let affected = self.reports.remove(&self.merge, key);
        self.stale.extend(affected);
        self.judge_stale();
    }

    fn judge_stale(&mut self) {
        let nothing = Arc::new(Carried::default());
        for object in std::mem::take(&mut self.stale) {
            let carried = Arc::clone(self.carried.get(&object).unwrap_or(&nothing));
            let judgement = self.judged(&object, &carried);
            self.count(&object, judgement.as_ref());
            match judgement {
                Some(judgement) => {
                    let judged = Judged {
                        judgement: Packed::of(&judgement),
                        carried,
                    };
                    self.judgements.set(object.clone(), Arc::new(judged));
                }
                None => {
                    self.judgements.remove(&object);
                }
            }
            self.show_listeners(&object);
        }
    }

    fn judged(&self, object: &ObjectRef, carried: &Carried) -> Option<Judgement> {
        if let Some(judgement) = judge(&self.merge, object, &self.reports) {
            return Some(judgement);
        }
        // Nobody's any more: what we once wrote must not stand as if it were true.
        let (status, author) = carried.status.as_ref()?;
        let status = status
            .read::<Status>()
            .inspect_err(|error| tracing::error!(%object, %error, "its status is not looked at"))
            .ok()?;
        let author = *author;
        judge_orphan(&self.merge, object, &CarriedStatus { status, author })
    }

    pub(crate) fn explain(
        &self,
        object: &ObjectRef,
        listener: Option<&str>,
        sight: &Sight,
    ) -> Vec<Explanation> {
        explain(&self.merge, object, listener, &self.reports, sight)
    }

    pub(crate) fn merge(&self) -> &Merge {
        &self.merge
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    pub(crate) fn position(&self) -> Position {
        self.read
    }

    pub(crate) fn judged_position(&self) -> Position {
        self.judgements.position()
    }

    pub(crate) fn is_desired(&self, key: &LoadBalancerKey) -> bool {
        self.desired_at.contains_key(key)
    }

    /// The newest desired state that anybody was told.
    pub(crate) fn desired_position(&self) -> Position {
        self.desired.position()
    }

    pub(crate) fn desired_keys(&self) -> impl Iterator<Item = &LoadBalancerKey> {
        self.desired_at.keys()
    }

    pub(crate) fn desired_at(&self, key: &LoadBalancerKey) -> Position {
        self.desired_at.get(key).copied().unwrap_or_default()
    }

    pub(crate) fn reports(&self) -> &Reports {
        &self.reports
    }

    /// Load balancers of a share that were reported on.
    pub(crate) fn reported_in(&self, share: &LoadBalancerShard) -> Vec<LoadBalancerKey> {
        let reports = self.reports.iter().map(|report| &report.key);
        reports.filter(|key| share.includes(key)).cloned().collect()
    }

    pub(crate) fn reported_at(&self, key: &LoadBalancerKey) -> Position {
        self.reported_at.get(key).copied().unwrap_or_default()
    }

    /// Whether a programmer has done all it can for the present desired state, or what it still does.
    pub(crate) fn settled_report(&self, key: &LoadBalancerKey) -> Result<(), String> {
        let (wanted, reported) = (self.desired_at(key), self.reported_at(key));
        let Some(report) = self.reports.get(key) else {
            return Err("no programmer has reported yet".to_owned());
        };
        if reported.epoch != wanted.epoch || reported.generation < wanted.generation {
            return Err(format!("reported at {reported}, desired at {wanted}"));
        }
        if report.settled {
            return Ok(());
        }
        let problems = if report.problems.is_empty() {
            String::new()
        } else {
            format!(" ({})", report.problems.join("; "))
        };
        Err(format!(
            "work is left to do, phase {:?}{problems}",
            report.phase
        ))
    }
}

#[cfg(test)]
mod tests;
