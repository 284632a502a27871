use super::*;
use crate::limits::{Context, LoadBalancerLimits};

fn limited(change: impl FnOnce(&mut LoadBalancerLimits)) -> Context {
    let mut context = context();
    change(&mut context.limits.alb);
    context
}

#[track_caller]
fn check_losers(desired: &Desired, context: &Context, losers: &[&str], quota: &str) {
    let observed = settle(desired, &empty(), context);
    let plan = desired.plan(&observed, context);
    let reports = &plan.report.listeners;
    let lost: Vec<String> = reports
        .iter()
        .filter(|it| {
            matches!(&it.state, ProgrammedState::TooManyListeners(text) if text.contains(quota))
        })
        .map(|it| it.listener.owner.key.name.to_string())
        .collect();
    assert_eq!(lost, losers, "{reports:?}");
    let served = reports
        .iter()
        .filter(|it| it.state == ProgrammedState::Programmed);
    assert_eq!(served.count() + lost.len(), reports.len(), "{reports:?}");
    assert!(plan.report.settled);
}

#[test]
fn over_the_listener_quota_the_last_ports_lose() {
    let desired = Desired::new()
        .http(80, "a")
        .http(81, "b")
        .http(79, "c")
        .http(80, "d");
    check_losers(
        &desired,
        &limited(|it| it.listeners = 2),
        &["c"],
        "2 listeners",
    );
}

#[test]
fn over_the_rule_quota_the_last_listener_loses_and_a_smaller_one_still_fits() {
    let desired = Desired::new()
        .http(80, "a")
        .rule(80, "a", "/", "a")
        .http(80, "b")
        .rule(80, "b", "/1", "b")
        .rule(80, "b", "/2", "b")
        .http(80, "c")
        .rule(80, "c", "/", "c");
    check_losers(&desired, &limited(|it| it.rules = 2), &["b"], "2 rules");
}

#[test]
fn over_the_certificate_quota_defaults_do_not_count() {
    let desired = Desired::new()
        .https(443, "a", arn("arn:a"))
        .https(443, "b", arn("arn:b"))
        .https(443, "c", arn("arn:c"))
        .https(8443, "d", arn("arn:d"));
    let context = limited(|it| it.certificates = 1);
    check_losers(&desired, &context, &["c"], "1 certificates");
}

#[test]
fn over_the_target_group_quota_sharing_helps() {
    let desired = Desired::new()
        .http(80, "a")
        .rule(80, "a", "/", "shared")
        .http(80, "b")
        .rule(80, "b", "/", "own")
        .http(80, "c")
        .rule(80, "c", "/", "shared");
    let context = limited(|it| it.target_groups = 1);
    check_losers(&desired, &context, &["b"], "1 target groups");
}

#[test]
fn over_the_target_quota_the_last_listener_loses() {
    check_losers(
        &two_teams(),
        &limited(|it| it.targets = 1),
        &["b"],
        "1 targets",
    );
}

#[test]
fn at_the_rule_quota_a_creation_waits_for_a_deletion_of_its_own() {
    let context = limited(|it| it.rules = 2);
    let to = Desired::new()
        .http(80, "a")
        .rule(80, "a", "/", "a-web")
        .rule(80, "a", "/2", "a-web");
    let plan = to.plan(&two_teams().programmed(), &context);
    let deletion = find(&plan, "delete rule");
    assert!(
        find(&plan, "create rule").after.contains(&deletion.id),
        "\n{plan}"
    );
    settle(&to, &two_teams().programmed(), &context);
}

#[test]
fn at_the_target_group_quota_a_group_is_swapped_by_one_modification() {
    let context = limited(|it| it.target_groups = 2);
    let to = two_teams().edit_group("a-web", |group| group.port = 81);
    settle(&to, &two_teams().programmed(), &context);
}

#[test]
fn at_the_target_group_quota_a_shared_group_is_let_go_of_first() {
    let context = limited(|it| it.target_groups = 1);
    let from = Desired::new()
        .http(80, "a")
        .rule(80, "a", "/1", "web")
        .rule(80, "a", "/2", "web");
    let to = from.clone().edit_group("web", |group| group.port = 81);
    let plan = to.plan(&from.programmed(), &context);
    let suspended = ops(&plan)
        .iter()
        .filter(|op| op.contains("respond 503"))
        .count();
    assert_eq!(suspended, 2, "\n{plan}");
    settle(&to, &from.programmed(), &context);
}

#[test]
fn at_the_target_quota_targets_go_before_others_come() {
    let context = limited(|it| it.targets = 2);
    let to = two_teams()
        .edit_group("a-web", |group| group.targets = [target(9, 80)].into())
        .edit_group("b-web", |group| group.port = 81);
    settle(&to, &two_teams().programmed(), &context);
}

#[test]
fn a_lowered_quota_takes_the_losers_down_and_deletes_pass() {
    let context = limited(|it| it.rules = 1);
    let observed = two_teams().programmed();
    let plan = two_teams().plan(&observed, &context);
    assert!(matches!(
        state(&plan, "b"),
        ProgrammedState::TooManyListeners(_)
    ));
    assert!(ops(&plan)[0].starts_with("delete rule"), "\n{plan}");
    settle(&two_teams(), &observed, &context);
}
