use std::collections::BTreeMap;

use tributary_model::Revision;

use super::*;
use crate::fixtures::{Desired, context, find, state};
use crate::values::limits::Failure;

fn one_team() -> Desired {
    Desired::new().http(80, "a").rule(80, "a", "/", "a-web")
}

fn with_another() -> Desired {
    one_team().http(80, "b").rule(80, "b", "/", "b-web")
}

fn pending() -> ProgrammedState {
    ProgrammedState::Pending(WAITS.to_owned())
}

#[test]
fn a_new_listener_on_a_shared_port_waits_for_its_routes_rules() {
    let observed = one_team().programmed();
    let plan = with_another().plan(&observed, &context());
    assert_eq!(state(&plan, "a"), ProgrammedState::Programmed);
    assert_eq!(state(&plan, "b"), pending());
    let plan = with_another().plan(&with_another().programmed(), &context());
    assert_eq!(state(&plan, "b"), ProgrammedState::Programmed);
}

#[test]
fn a_new_listener_without_routes_waits_for_nothing() {
    let more = one_team().http(80, "b");
    let plan = more.plan(&one_team().programmed(), &context());
    assert_eq!(state(&plan, "b"), ProgrammedState::Programmed);
}

#[test]
fn what_was_programmed_stays_so_when_its_first_route_comes() {
    let observed = one_team().http(80, "b").programmed();
    let last = one_team().http(80, "b").plan(&observed, &context()).report;
    let mut plan = with_another().plan(&observed, &context());
    assert_eq!(state(&plan, "b"), pending());
    plan.report.keep_served(&last);
    assert_eq!(state(&plan, "b"), ProgrammedState::Programmed);
    let findings = plan.pending_rules(&BTreeMap::new());
    assert_eq!(findings.len(), 1, "the route says it: {findings:?}");
}

#[test]
fn what_was_programmed_as_it_was_before_does_not_count_for_what_it_is_now() {
    let observed = one_team().http(80, "b").programmed();
    let mut last = one_team().http(80, "b").plan(&observed, &context()).report;
    for listener in &mut last.listeners {
        listener.revision = Revision(listener.revision.0 + 1);
    }
    let mut plan = with_another().plan(&observed, &context());
    plan.report.keep_served(&last);
    assert_eq!(state(&plan, "b"), pending());
}

#[test]
fn a_listener_none_of_whose_rules_aws_takes_does_not_wait_for_ever() {
    let plan = with_another().plan(&one_team().programmed(), &context());
    let rule = find(&plan, "create rule").op.key();
    let refused = BTreeMap::from([(rule, Failure::Refused("no".to_owned()))]);
    let plan = plan.with_setbacks(&refused);
    assert_eq!(state(&plan, "b"), ProgrammedState::Programmed);
    assert_eq!(plan.report.rules.len(), 1);
}

#[test]
fn a_rule_that_is_tried_again_is_waited_for() {
    let plan = with_another().plan(&one_team().programmed(), &context());
    let op = find(&plan, "create rule").op.key();
    let retried = BTreeMap::from([(op, Failure::Retrying("slow down".to_owned()))]);
    assert_eq!(state(&plan.with_setbacks(&retried), "b"), pending());
}
