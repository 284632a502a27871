use super::*;
use crate::values::observed::ObservedRule;
use crate::values::op::Action;

pub(super) fn foreign_rule(priority: u32) -> ObservedRule {
    ObservedRule {
        priority,
        conditions: Vec::new(),
        authenticate: None,
        action: Action::Foreign("jwt-validation".to_owned()),
        transforms: Vec::new(),
        tags: strings(&[("made-by", "hand")]),
    }
}

/// With a rule on every ELB listener that somebody made by hand.
pub(super) fn with_foreign_rule(desired: &Desired, rule: &ObservedRule) -> Observed {
    let mut observed = desired.programmed();
    for load_balancer in observed.load_balancers.values_mut() {
        for listener in load_balancer.listeners.values_mut() {
            listener
                .rules
                .insert("arn:foreign".to_owned(), rule.clone());
        }
    }
    observed
}

#[test]
fn a_rule_that_is_not_ours_stays_where_it_is() {
    let observed = with_foreign_rule(&two_teams(), &foreign_rule(1485));
    check_repair(&observed, &two_teams(), &[]);
    let more = two_teams().rule(80, "b", "/more", "b-web");
    check_repair(&observed, &more, &["create rule 1486 on"]);
}

#[test]
fn a_port_held_by_a_listener_that_is_not_ours_is_refused_by_name() {
    let mut observed = two_teams().programmed();
    for load_balancer in observed.load_balancers.values_mut() {
        for listener in load_balancer.listeners.values_mut() {
            listener.tags = strings(&[("made-by", "hand")]);
        }
    }
    let plan = two_teams().plan(&observed, &context());
    assert!(
        matches!(state(&plan, "a"), ProgrammedState::PortUnavailable(text) if text.contains("not ours"))
    );
    let touching = |op: &String| op.contains(" listener") || op.contains(" rule ");
    assert!(!ops(&plan).iter().any(touching), "\n{plan}");
}

#[test]
fn another_gateways_or_clusters_resources_are_never_touched() {
    let observed = two_teams().programmed();
    let mut other = alb();
    other.gateway = tributary_model::ObjectKey::new("infra", "other");
    assert!(plan(None, &other, &observed, &context()).steps.is_empty());
    let mut elsewhere = context();
    elsewhere.cluster = "elsewhere".to_owned();
    assert!(plan(None, &alb(), &observed, &elsewhere).steps.is_empty());
}

#[test]
fn a_target_group_that_others_use_stays_and_is_told() {
    let programmed = two_teams().programmed();
    let group = programmed.target_groups.keys().next().unwrap();
    let mut rule = foreign_rule(7);
    rule.action = Action::Forward {
        targets: [(group.clone(), 1)].into_iter().collect(),
        stickiness_seconds: None,
    };
    let observed = with_foreign_rule(&two_teams(), &rule);
    let plan = Desired::new().http(80, "a").plan(&observed, &context());
    let deletion = format!("delete target group {group}");
    assert!(!ops(&plan).contains(&deletion), "\n{plan}");
    assert!(
        plan.waiting[0].contains("arn:foreign"),
        "{:?}",
        plan.waiting
    );
}
