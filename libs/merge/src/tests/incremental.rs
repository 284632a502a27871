//! Same objects, same answer: whatever the order, and however often it was settled in between.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::resolved::Resolved;
use tributary_model::{Change, ObjectRef, Snapshot};
use tributary_testkit::random;

use crate::{Merge, Options, merge};

/// Everything that a merge says.
#[derive(Debug, PartialEq)]
struct Answer {
    objects: BTreeMap<ObjectRef, Arc<Resolved>>,
    load_balancers: BTreeMap<LoadBalancerKey, Arc<DesiredLoadBalancer>>,
}

fn answer(merge: &Merge) -> Answer {
    Answer {
        objects: merge
            .iter()
            .map(|(object, resolved)| (object.clone(), Arc::clone(resolved)))
            .collect(),
        load_balancers: merge.load_balancers().clone(),
    }
}

fn from_scratch(changes: &[Change]) -> Merge {
    let mut snapshot = Snapshot::default();
    for change in changes {
        snapshot.apply(change.clone());
    }
    merge(&snapshot, Options::default()).merge
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn incremental_equals_from_scratch(changes in random::changes(60), settle_every in 1..8_usize) {
        let mut merge = Merge::new(Options::default());
        let mut told = Answer { objects: BTreeMap::new(), load_balancers: BTreeMap::new() };
        for (index, change) in changes.iter().enumerate() {
            merge.apply(change.clone());
            if index % settle_every != 0 && index + 1 != changes.len() {
                continue;
            }
            let outcome = merge.settle();
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
            backwards.settle();
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
        prop_assert_eq!(merge.settle(), crate::Outcome::default());
    }
}
