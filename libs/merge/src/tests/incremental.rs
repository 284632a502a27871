//! Same objects, same answer: whatever the order, and however often it was settled in between.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::judgement::Judgement;
use tributary_model::report::{
    ListenerReport, LoadBalancerPhase, LoadBalancerReport, ProgrammedState,
};
use tributary_model::resolved::Resolved;
use tributary_model::resource::CarriedStatus;
use tributary_model::{Change, ObjectRef, Snapshot};
use tributary_testkit::random;

use crate::Merge;
use crate::Options;
use crate::merge;
use crate::output::judge::{Reports, judge, judge_orphan};

/// Everything that a merge says.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) objects: BTreeMap<ObjectRef, Arc<Resolved>>,
    pub(super) load_balancers: BTreeMap<LoadBalancerKey, Arc<DesiredLoadBalancer>>,
}

pub(super) fn answer(merge: &Merge) -> Answer {
    Answer {
        objects: merge
            .iter()
            .map(|(object, resolved)| (object.clone(), Arc::clone(resolved)))
            .collect(),
        load_balancers: merge.load_balancers().clone(),
    }
}

pub(super) fn from_scratch(changes: &[Change]) -> Merge {
    let mut snapshot = Snapshot::default();
    for change in changes {
        snapshot.apply(change.clone());
    }
    merge(&snapshot, Options::default()).merge
}

type Judged = BTreeMap<ObjectRef, Judgement>;

/// What objects carry as long as they are there.
type Carried = BTreeMap<ObjectRef, CarriedStatus>;

/// Of every object that there is, ours or not: what is not ours may still carry what we wrote.
fn judged(snapshot: &Snapshot, merge: &Merge, reports: &Reports, carried: &Carried) -> Judged {
    let judgement = |object: &ObjectRef| {
        judge(merge, object, reports).or_else(|| judge_orphan(merge, object, carried.get(object)?))
    };
    snapshot
        .iter()
        .map(|resource| resource.object_ref())
        .filter_map(|object| Some((object.clone(), judgement(&object)?)))
        .collect()
}

/// Objects whose judgement differs although nobody said so.
fn unnamed<'a>(
    before: &'a Judged,
    after: &'a Judged,
    named: &BTreeSet<ObjectRef>,
) -> Vec<&'a ObjectRef> {
    let objects: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    objects
        .into_iter()
        .filter(|object| before.get(*object) != after.get(*object) && !named.contains(*object))
        .collect()
}

/// What programmers report once all that is wanted now is served.
fn all_programmed(merge: &Merge) -> Vec<LoadBalancerReport> {
    let served = |desired: &DesiredLoadBalancer| LoadBalancerReport {
        key: desired.key.clone(),
        phase: LoadBalancerPhase::Active,
        arn: None,
        dns_name: Some("lb.aws".to_owned()),
        listeners: desired
            .listeners
            .values()
            .flat_map(|listener| listener.members.values())
            .map(|member| ListenerReport {
                listener: member.listener.clone(),
                revision: member.revision,
                state: ProgrammedState::Programmed,
                awaits_rules: false,
                elb_listener: None,
                notes: Vec::new(),
            })
            .collect(),
        rules: Vec::new(),
        problems: Vec::new(),
        blocked: false,
        healthy: desired
            .target_groups
            .values()
            .flat_map(|group| &group.awaited)
            .map(|awaited| awaited.pod.clone())
            .collect(),
        quotas: None,
        settled: true,
    };
    let desired = merge.load_balancers().values();
    desired.map(|desired| served(desired)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn incremental_equals_from_scratch(changes in random::changes(60), propagate_every in 1..8_usize) {
        let mut merge = Merge::new(Options::default());
        let mut told = Answer { objects: BTreeMap::new(), load_balancers: BTreeMap::new() };
        for (index, change) in changes.iter().enumerate() {
            merge.apply(change.clone());
            if index % propagate_every != 0 && index + 1 != changes.len() {
                continue;
            }
            let outcome = merge.propagate();
            for (object, resolved) in outcome.objects {
                prop_assert!(outcome.judge.contains(&object));
                match resolved {
                    Some(resolved) => told.objects.insert(object, resolved),
                    None => told.objects.remove(&object),
                };
            }
            for (key, desired) in outcome.load_balancers {
                match desired {
                    Some(desired) => told.load_balancers.insert(key, desired),
                    None => told.load_balancers.remove(&key),
                };
            }
            prop_assert_eq!(&told, &answer(&merge));
            prop_assert_eq!(&told, &answer(&from_scratch(&changes[..=index])));
        }
    }

    /// The merger judges only what it is told to: nothing else may come out differently. So a judgement is that of a
    /// merger which has just been started, whatever there was before.
    #[test]
    fn what_is_judged_differently_was_named(
        changes in random::changes(60),
        carried in random::carried(),
        propagate_every in 1..8_usize,
    ) {
        let mut merge = Merge::new(Options::default());
        let mut snapshot = Snapshot::default();
        let mut reports = Reports::default();
        let mut before = Judged::new();
        for (index, change) in changes.iter().enumerate() {
            merge.apply(change.clone());
            snapshot.apply(change.clone());
            if index % propagate_every != 0 && index + 1 != changes.len() {
                continue;
            }
            let outcome = merge.propagate();
            let after = judged(&snapshot, &merge, &reports, &carried);
            prop_assert_eq!(unnamed(&before, &after, &outcome.judge), Vec::<&ObjectRef>::new());
            before = after;
            for report in all_programmed(&merge) {
                let named = reports.insert(&merge, report);
                let after = judged(&snapshot, &merge, &reports, &carried);
                prop_assert_eq!(unnamed(&before, &after, &named), Vec::<&ObjectRef>::new());
                before = after;
            }
        }
    }

    #[test]
    fn order_of_arrival_does_not_matter(changes in random::changes(60)) {
        let mut snapshot = Snapshot::default();
        for change in &changes {
            snapshot.apply(change.clone());
        }
        let mut backwards = Merge::new(Options::default());
        let resources: Vec<_> = snapshot.iter().cloned().collect();
        for resource in resources.into_iter().rev() {
            backwards.apply(Change::Apply(resource));
            backwards.propagate();
        }
        prop_assert_eq!(answer(&backwards), answer(&from_scratch(&changes)));
    }

    #[test]
    fn nothing_changed_says_nothing(changes in random::changes(60)) {
        let mut merge = from_scratch(&changes);
        let mut snapshot = Snapshot::default();
        for change in changes {
            snapshot.apply(change);
        }
        for resource in snapshot.iter() {
            prop_assert!(!merge.apply(Change::Apply(Arc::clone(resource))));
        }
        prop_assert_eq!(merge.propagate(), crate::Outcome::default());
    }
}
