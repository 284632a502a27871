use super::*;
use crate::fixtures::Desired;

fn group() -> ObservedTargetGroup {
    let observed = Desired::new()
        .http(80, "a")
        .rule(80, "a", "/", "web")
        .programmed();
    let group = observed.target_groups.into_values().next();
    group.expect("it is there")
}

/// What the targets of a group are once its load balancers change between these.
fn check(before: &[&str], after: &[&str], expected: &Health) {
    let set = |arns: &[&str]| arns.iter().map(|arn| (*arn).to_owned()).collect();
    let mut group = group();
    for state in group.targets.values_mut() {
        *state = TargetState::Registered(Health::Healthy);
    }
    group.load_balancers = set(after);
    group.relate_targets(&set(before));
    for state in group.targets.values() {
        assert_eq!(state, &TargetState::Registered(expected.clone()));
    }
}

#[test]
fn targets_are_checked_anew_where_a_load_balancer_comes_and_not_at_all_where_it_goes() {
    check(&[], &["a"], &Health::Initial);
    check(&["a"], &[], &Health::Unused(NOT_IN_USE.to_owned()));
    check(&["a"], &["b"], &Health::Healthy);
    check(&[], &[], &Health::Healthy);
}
