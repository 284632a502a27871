use tributary_model::ObjectKey;
use tributary_model::elb::LoadBalancerKind;

use super::*;

fn keys(names: &[&str]) -> BTreeSet<LoadBalancerKey> {
    let key = |name: &&str| LoadBalancerKey {
        kind: LoadBalancerKind::Alb,
        gateway: ObjectKey::new("infra", *name),
    };
    names.iter().map(key).collect()
}

/// What is spared after a search that found these while those were wanted.
#[track_caller]
fn check(unwanted_all: UnwantedAll, found: &[&str], wanted: &[&str], spared: &[&str]) -> Spared {
    let wanted = keys(wanted);
    let mut state = Spared::new(unwanted_all);
    let is_some = state.judge(&keys(found), |key| wanted.contains(key));
    assert_eq!(state.keys, keys(spared));
    assert_eq!(is_some, !spared.is_empty());
    state
}

#[test]
fn a_start_that_wants_none_of_what_it_finds_spares_it() {
    check(UnwantedAll::Spare, &["a", "b"], &["c"], &["a", "b"]);
    check(UnwantedAll::Spare, &["a"], &[], &["a"]);
}

#[test]
fn a_start_that_wants_some_of_what_it_finds_is_believed() {
    check(UnwantedAll::Spare, &["a", "b"], &["b"], &[]);
}

#[test]
fn who_says_so_is_believed() {
    check(UnwantedAll::Remove, &["a", "b"], &[], &[]);
}

#[test]
fn later_searches_spare_nothing_more_and_what_was_wanted_is_not_spared() {
    let mut spared = check(UnwantedAll::Spare, &["a"], &[], &["a"]);
    assert!(!spared.judge(&keys(&["z"]), |_| false));
    assert_eq!(spared.keys, keys(&["a"]));
    spared.wanted(keys(&["a"]).first().unwrap());
    assert_eq!(spared.keys, keys(&[]));
}
