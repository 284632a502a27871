use super::*;
use crate::fixtures::{Desired, context, empty, find, ops, origin, state};

fn two_teams() -> Desired {
    Desired::new()
        .http(80, "a")
        .rule(80, "a", "/", "a-web")
        .http(81, "b")
        .rule(81, "b", "/", "b-web")
}

/// The plan from an observation once AWS has said something to the first operation that begins so.
fn after(observed: &crate::values::observed::Observed, start: &str, failure: &Failure) -> Plan {
    let plan = two_teams().plan(observed, &context());
    let op = find(&plan, start).op.key();
    plan.with_setbacks(&BTreeMap::from([(op, failure.clone())]))
}

fn refused() -> Failure {
    Failure::Refused("no".to_owned())
}

#[test]
fn a_refused_rule_costs_its_route_only() {
    let plan = after(&empty(), "create rule", &refused());
    assert_eq!(plan.report.rules[0].origin, origin("a"));
    assert_eq!(plan.report.rules[0].state, RuleState::NotServed);
    assert!(matches!(state(&plan, "a"), ProgrammedState::Pending(_)));
    assert!(
        ops(&plan).iter().any(|op| op.starts_with("create rule")),
        "\n{plan}"
    );
}

/// "AWS refused" is said of AWS's own answers only.
#[test]
fn what_could_not_be_asked_is_not_called_refused() {
    let impossible = Failure::Impossible("there is no trust store".to_owned());
    let plan = after(&empty(), "create listener", &impossible);
    let expected = ProgrammedState::Impossible("there is no trust store".to_owned());
    assert_eq!(state(&plan, "a"), expected);
}

#[test]
fn a_refused_listener_costs_its_members_and_what_stands_on_it() {
    let plan = after(&empty(), "create listener", &refused());
    assert_eq!(state(&plan, "a"), ProgrammedState::Refused("no".to_owned()));
    assert!(matches!(state(&plan, "b"), ProgrammedState::Pending(_)));
    let rules = ops(&plan)
        .iter()
        .filter(|op| op.starts_with("create rule"))
        .count();
    assert_eq!(rules, 1, "\n{plan}");
}

#[test]
fn a_refused_load_balancer_is_everybodys_problem_and_nobodys_fault() {
    let plan = after(&empty(), "create alb", &refused());
    assert_eq!(plan.report.problems, ["no"]);
    assert_eq!(state(&plan, "b"), ProgrammedState::Pending("no".to_owned()));
}

#[test]
fn what_is_retried_stays_planned_and_says_why_it_pends() {
    let failure = Failure::Retrying("slow down".to_owned());
    let plan = after(&empty(), "create listener", &failure);
    assert_eq!(
        state(&plan, "a"),
        ProgrammedState::Pending("slow down".to_owned())
    );
    assert!(!plan.report.settled);
}

#[test]
fn with_nothing_left_but_refusals_it_is_settled() {
    let mut observed = two_teams().programmed();
    for load_balancer in observed.load_balancers.values_mut() {
        for listener in load_balancer.listeners.values_mut() {
            listener
                .rules
                .retain(|_, rule| rule.tags.get("gateway.k8s.aws.alb/resource").unwrap() != "a//");
        }
    }
    let plan = after(&observed, "create rule", &refused());
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert!(plan.report.settled);
    assert_eq!(state(&plan, "a"), ProgrammedState::Programmed);
    assert_eq!(plan.report.rules.len(), 1);
}

#[test]
fn the_key_of_an_operation_is_the_same_in_every_plan_that_needs_it() {
    let from_nothing = two_teams().plan(&empty(), &context());
    let more = two_teams().http(79, "c").plan(&empty(), &context());
    let create = |plan: &Plan| find(plan, "create rule").op.clone();
    assert_ne!(
        create(&from_nothing),
        create(&more),
        "steps have other numbers"
    );
    assert_eq!(create(&from_nothing).key(), create(&more).key());
}

/// The listener is served; only its traffic finds fewer targets, as when a Service loses its endpoints.
#[test]
fn a_refused_registration_is_told_by_the_routes_that_wanted_it() {
    let observed = two_teams().programmed();
    let more = two_teams().edit_group("a-web", |group| {
        group.targets.insert(crate::fixtures::target(9, 80));
    });
    let plan = more.plan(&observed, &context());
    let register = find(&plan, "register").op.key();
    let plan = plan.with_setbacks(&BTreeMap::from([(register, refused())]));
    assert_eq!(state(&plan, "a"), ProgrammedState::Programmed);
    let findings: Vec<_> = plan
        .report
        .rules
        .iter()
        .map(|it| (it.origin.clone(), it.message.as_str()))
        .collect();
    assert_eq!(findings, [(origin("a"), "target 10.0.0.9:80: no")]);
    assert!(
        plan.report
            .rules
            .iter()
            .all(|it| it.state == RuleState::Degraded)
    );
    assert!(plan.report.listeners.iter().all(|it| it.notes.is_empty()));
    assert!(plan.report.settled);
}

#[test]
fn a_refused_target_group_is_told_by_the_rules_that_need_it_once() {
    let plan = after(&empty(), "create target group", &refused());
    let findings: Vec<_> = plan
        .report
        .rules
        .iter()
        .map(|it| (&it.origin, it.state))
        .collect();
    assert_eq!(findings, [(&origin("a"), RuleState::NotServed)]);
}
