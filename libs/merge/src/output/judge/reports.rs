//! The programmers' last reports, indexed as judging needs them.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::LoadBalancerKey;
use tributary_model::report::{
    ListenerReport, LoadBalancerReport, ProgrammedState, RuleProblem, RuleState,
};
use tributary_model::{Kind, ListenerRef, ObjectRef};

use crate::engine::merge::Merge;

/// Of a listener that serves nothing, to its routes.
pub(super) const NOT_SERVED: &str = "its listener is not served";

/// The last report of each load balancer.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    by_key: BTreeMap<LoadBalancerKey, Indexed>,
    /// Load balancers whose last report nobody stands for any more.
    unheard: BTreeSet<LoadBalancerKey>,
    /// Routes that changed since a load balancer was last reported on.
    behind: BTreeMap<LoadBalancerKey, BTreeSet<ObjectRef>>,
}

#[derive(Clone, Debug)]
struct Indexed {
    report: LoadBalancerReport,
    /// Places in `report.listeners`.
    listeners: BTreeMap<ListenerRef, usize>,
    /// Places in `report.rules`.
    rules: BTreeMap<ObjectRef, Vec<usize>>,
    /// Listeners that are not valid by the programmer's word.
    not_valid: BTreeSet<ListenerRef>,
}

impl Reports {
    /// Takes a report in. Returns the objects whose judgement it may change.
    ///
    /// A programmer that has just got the load balancer does not know what was served before it.
    pub fn insert(&mut self, merge: &Merge, mut report: LoadBalancerReport) -> BTreeSet<ObjectRef> {
        let key = report.key.clone();
        let old = self.by_key.remove(&key);
        if let Some(old) = &old {
            report.keep_served(&old.report);
        }
        leave_it_to_the_listeners(&mut report);
        let new = Indexed::new(report);
        let affected = affected(merge, &key, old.as_ref(), Some(&new));
        self.by_key.insert(key, new);
        affected
    }

    /// Forgets a load balancer, for example once it is deleted. Returns the objects whose judgement this
    /// may change.
    pub fn remove(&mut self, merge: &Merge, key: &LoadBalancerKey) -> BTreeSet<ObjectRef> {
        let old = self.by_key.remove(key);
        affected(merge, key, old.as_ref(), None)
    }

    /// Takes in of which load balancers no programmer has been heard for too long. Returns the objects whose judgement
    /// this may change.
    pub fn hear_nothing_of(&mut self, unheard: BTreeSet<LoadBalancerKey>) -> BTreeSet<ObjectRef> {
        let before = std::mem::replace(&mut self.unheard, unheard);
        before
            .symmetric_difference(&self.unheard)
            .map(|key| ObjectRef::new(Kind::Gateway, key.gateway.clone()))
            .collect()
    }

    /// A route changed, and its load balancer has not been reported on since.
    pub fn falls_behind(&mut self, key: &LoadBalancerKey, route: &ObjectRef) {
        let routes = self.behind.entry(key.clone()).or_default();
        routes.insert(route.clone());
    }

    /// The load balancer has been reported on since these routes changed, or is theirs no more.
    pub fn caught_up<'a>(
        &mut self,
        key: &LoadBalancerKey,
        routes: impl IntoIterator<Item = &'a ObjectRef>,
    ) {
        let Some(behind) = self.behind.get_mut(key) else {
            return;
        };
        for route in routes {
            behind.remove(route);
        }
        if behind.is_empty() {
            self.behind.remove(key);
        }
    }

    /// Whether a route changed since a load balancer was last reported on.
    pub(super) fn is_behind(&self, key: &LoadBalancerKey, route: &ObjectRef) -> bool {
        let routes = self.behind.get(key);
        routes.is_some_and(|routes| routes.contains(route))
    }

    /// Whether no programmer has been heard of a load balancer for too long.
    pub fn is_unheard(&self, key: &LoadBalancerKey) -> bool {
        self.unheard.contains(key)
    }

    /// The last report of a load balancer.
    pub fn get(&self, key: &LoadBalancerKey) -> Option<&LoadBalancerReport> {
        self.by_key.get(key).map(|indexed| &indexed.report)
    }

    /// Every last report, by load balancer.
    pub fn iter(&self) -> impl Iterator<Item = &LoadBalancerReport> {
        self.by_key.values().map(|indexed| &indexed.report)
    }

    /// What was last reported about one listener.
    pub fn listener(
        &self,
        key: &LoadBalancerKey,
        listener: &ListenerRef,
    ) -> Option<&ListenerReport> {
        let indexed = self.by_key.get(key)?;
        indexed
            .report
            .listeners
            .get(*indexed.listeners.get(listener)?)
    }

    /// What was refused of one route's rules.
    pub(super) fn rule_problems(
        &self,
        key: &LoadBalancerKey,
        route: &ObjectRef,
    ) -> impl Iterator<Item = &RuleProblem> + use<'_> {
        let indexed = self.by_key.get(key);
        let places = indexed
            .and_then(|indexed| indexed.rules.get(route))
            .into_iter()
            .flatten();
        places.filter_map(move |place| indexed?.report.rules.get(*place))
    }

    /// Listeners that are not valid by the programmer's word: over a quota, or without a certificate.
    pub(super) fn not_valid(&self, key: &LoadBalancerKey) -> Vec<&ListenerRef> {
        self.by_key
            .get(key)
            .map(|indexed| indexed.not_valid.iter().collect())
            .unwrap_or_default()
    }
}

impl Indexed {
    fn new(report: LoadBalancerReport) -> Self {
        let mut listeners = BTreeMap::new();
        let mut not_valid = BTreeSet::new();
        for (place, listener) in report.listeners.iter().enumerate() {
            listeners.insert(listener.listener.clone(), place);
            match listener.state {
                ProgrammedState::Programmed
                | ProgrammedState::Pending(_)
                | ProgrammedState::Refused(_)
                | ProgrammedState::Impossible(_)
                | ProgrammedState::PortUnavailable(_) => {}
                ProgrammedState::TooManyListeners(_) | ProgrammedState::NoCertificate(_) => {
                    not_valid.insert(listener.listener.clone());
                }
            }
        }
        let mut rules: BTreeMap<ObjectRef, Vec<usize>> = BTreeMap::new();
        for (place, problem) in report.rules.iter().enumerate() {
            rules
                .entry(problem.origin.route.clone())
                .or_default()
                .push(place);
        }
        Self {
            report,
            listeners,
            rules,
            not_valid,
        }
    }
}

/// Of a listener that is not served yet the listener says what is on its way, not each of its rules.
fn leave_it_to_the_listeners(report: &mut LoadBalancerReport) {
    let waiting = report.listeners.iter().filter(|it| it.awaits_rules);
    let waiting: BTreeSet<_> = waiting.map(|it| &it.listener).collect();
    if !waiting.is_empty() {
        report.rules.retain(|problem| {
            problem.state != RuleState::Pending || !waiting.contains(&problem.listener)
        });
    }
}

/// Why a listener serves nothing, if that is for good as far as anybody can tell.
pub(super) fn refusal(
    report: &LoadBalancerReport,
    listener: Option<&ListenerReport>,
) -> Option<&'static str> {
    if report.cannot_be_had() {
        return Some("its load balancer cannot be had");
    }
    match listener?.state {
        ProgrammedState::Programmed | ProgrammedState::Pending(_) => None,
        ProgrammedState::TooManyListeners(_)
        | ProgrammedState::NoCertificate(_)
        | ProgrammedState::Refused(_)
        | ProgrammedState::Impossible(_)
        | ProgrammedState::PortUnavailable(_) => Some(NOT_SERVED),
    }
}

/// As many as there are rules, where a quota is passed by far.
fn problems(indexed: Option<&Indexed>) -> BTreeSet<&RuleProblem> {
    let reports = indexed.into_iter().map(|indexed| &indexed.report);
    reports.flat_map(|report| &report.rules).collect()
}

/// Owners of listeners that are reported differently, routes whose problems differ or whose listener serves nothing now, the Gateway; all
/// owners when the load balancer itself is in another state.
fn affected<'a>(
    merge: &Merge,
    key: &LoadBalancerKey,
    old: Option<&'a Indexed>,
    new: Option<&'a Indexed>,
) -> BTreeSet<ObjectRef> {
    let mut affected = BTreeSet::new();
    if merge.load_balancer_key(&key.gateway).as_ref() != Some(key) {
        // Nobody is on it any more; what keeps it is told on the Gateway that waits for its removal.
        let told = |indexed: Option<&Indexed>| {
            indexed.map(|it| (it.report.phase, it.report.problems.clone()))
        };
        if told(old) != told(new) {
            affected.insert(ObjectRef::new(Kind::Gateway, key.gateway.clone()));
        }
        return affected;
    }
    let of = |indexed: Option<&Indexed>| {
        indexed.map(|Indexed { report, .. }| {
            (
                report.phase,
                report.blocked,
                report.dns_name.clone(),
                report.problems.clone(),
            )
        })
    };
    if of(old) != of(new) {
        affected.insert(ObjectRef::new(Kind::Gateway, key.gateway.clone()));
        let owners = merge.owners(&key.gateway);
        affected.extend(owners.iter().map(tributary_model::ListenerOwner::object));
    }
    let listeners = |indexed: Option<&Indexed>| -> BTreeMap<ListenerRef, ListenerReport> {
        indexed
            .into_iter()
            .flat_map(|indexed| &indexed.report.listeners)
            .map(|listener| (listener.listener.clone(), listener.clone()))
            .collect()
    };
    let (before, after) = (listeners(old), listeners(new));
    let why = |indexed: Option<&Indexed>, listener: Option<&ListenerReport>| {
        refusal(&indexed?.report, listener)
    };
    let concerned = before.keys().chain(after.keys());
    let routes = concerned
        .filter(|it| why(old, before.get(*it)) != why(new, after.get(*it)))
        .filter_map(|listener| merge.attached.get(listener));
    affected.extend(routes.flatten().cloned());
    let differing = before
        .iter()
        .filter(|(listener, report)| after.get(*listener) != Some(*report))
        .chain(
            after
                .iter()
                .filter(|(listener, report)| before.get(*listener) != Some(*report)),
        )
        .map(|(listener, _)| listener.owner.object());
    for owner in differing {
        // The Gateway counts its sets with a good listener.
        affected.insert(ObjectRef::new(Kind::Gateway, key.gateway.clone()));
        affected.insert(owner);
    }
    let (before, after) = (problems(old), problems(new));
    let differing = before.symmetric_difference(&after);
    affected.extend(differing.map(|problem| problem.origin.route.clone()));
    let none = BTreeSet::new();
    let healthy = |indexed: Option<&'a Indexed>| indexed.map(|it| &it.report.healthy);
    let (before, after) = (healthy(old).unwrap_or(&none), healthy(new).unwrap_or(&none));
    let pods = before.symmetric_difference(after);
    affected.extend(pods.map(|pod| ObjectRef::new(Kind::Pod, pod.key.clone())));
    affected
}
