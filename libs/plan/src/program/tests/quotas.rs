use tributary_model::report::QuotaUse;

use super::*;
use crate::values::limits::{Context, LoadBalancerLimits};

fn limited(change: impl FnOnce(&mut LoadBalancerLimits)) -> Context {
    let mut context = context();
    change(&mut context.limits.alb);
    context
}

#[track_caller]
fn check_losers(desired: &Desired, context: &Context, losers: &[&str], quota: &str) {
    let observed = converge(desired, &empty(), context);
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

/// From nothing: which rules are left out, by the team and with the words of the quota; every listener is served.
#[track_caller]
fn check_rules(desired: &Desired, context: &Context, expected: &[(&str, &str)]) {
    let observed = converge(desired, &empty(), context);
    check_rules_of(desired, &observed, context, expected);
}

#[track_caller]
fn check_rules_of(
    desired: &Desired,
    observed: &Observed,
    context: &Context,
    expected: &[(&str, &str)],
) {
    let report = desired.plan(observed, context).report;
    let left_out: Vec<(&str, &str)> = report
        .rules
        .iter()
        .map(|it| (&*it.origin.route.key.name, it.message.as_str()))
        .collect();
    assert_eq!(left_out, expected);
    for listener in &report.listeners {
        assert_eq!(listener.state, ProgrammedState::Programmed);
    }
    assert!(report.settled);
}

const TWO_RULES: &str = "it does not fit: the load balancer may have 2 rules";

#[test]
fn over_the_rule_quota_the_last_rule_is_left_out_and_its_listener_served() {
    let desired = two_teams()
        .rule(80, "b", "/more", "b-web")
        .http(80, "c")
        .rule(80, "c", "/", "c-web");
    let context = limited(|it| it.rules = 2);
    check_rules(&desired, &context, &[("b", TWO_RULES), ("c", TWO_RULES)]);
}

#[test]
fn a_hundred_and_first_rule_leaves_the_hundred_that_are_served() {
    let hundred = (0..100).fold(Desired::new().http(80, "a"), |desired, n| {
        desired.rule(80, "a", &format!("/{n}"), "a-web")
    });
    let observed = converge(&hundred, &empty(), &context());
    // It comes first, and waits all the same.
    let more = hundred
        .rule(80, "a", "/front", "a-web")
        .edit_rules(80, |rules| rules.rotate_right(1));
    let plan = more.plan(&observed, &context());
    assert_eq!(ops(&plan), Vec::<String>::new());
    let left_out: Vec<_> = plan.report.rules.iter().map(|it| &it.message).collect();
    assert_eq!(
        left_out,
        ["it does not fit: the load balancer may have 100 rules"]
    );
}

#[test]
fn rules_that_a_team_of_higher_precedence_adds_take_no_place_from_anybody() {
    let context = limited(|it| it.rules = 3);
    let observed = converge(&two_teams(), &empty(), &context);
    let grown = (0..5).fold(two_teams(), |desired, n| {
        desired.rule(80, "a", &format!("/{n}"), "a-web")
    });
    let observed = converge(&grown, &observed, &context);
    let three = "it does not fit: the load balancer may have 3 rules";
    check_rules_of(&grown, &observed, &context, &[("a", three); 4]);
    // From nothing precedence alone decides.
    let fresh = converge(&grown, &empty(), &context);
    let lost = [("a", three), ("a", three), ("a", three), ("b", three)];
    check_rules_of(&grown, &fresh, &context, &lost);
}

#[test]
fn a_rule_that_is_refused_leaves_a_place_to_one_that_needs_less() {
    let desired = Desired::new()
        .http(80, "a")
        .rule(80, "a", "/", "a-web")
        .http(80, "b")
        .rule(80, "b", "/", "b-web")
        .http(80, "c")
        .rule(80, "c", "/", "a-web");
    let context = limited(|it| it.target_groups = 1);
    let why = "it does not fit: the load balancer may have 1 target groups";
    check_rules(&desired, &context, &[("b", why)]);
}

#[test]
fn a_change_that_does_not_fit_leaves_the_rule_as_it_is() {
    let context = limited(|it| it.target_groups = 2);
    let observed = converge(&two_teams(), &empty(), &context);
    let to = two_teams().edit_rule(80, 1, |rule| {
        rule.action = tributary_model::desired::DesiredAction::Forward {
            targets: ["b-web", "b-new"]
                .map(|group| tributary_model::desired::WeightedTargetGroup {
                    target_group: TargetGroupId(group.into()),
                    weight: 1,
                })
                .into(),
            stickiness_seconds: None,
        };
    });
    let to = to.group("b-new", "b", 1);
    let why = "its change is not made: it does not fit: the load balancer may have 2 target groups";
    check_repair_within(&observed, &to, &context, &[]);
    check_rules_of(&to, &observed, &context, &[("b", why)]);
}

#[track_caller]
fn check_repair_within(observed: &Observed, to: &Desired, context: &Context, expected: &[&str]) {
    let plan = to.plan(observed, context);
    assert_eq!(ops(&plan), expected, "\n{plan}");
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
fn over_the_certificate_quota_a_listener_is_served_with_those_that_fit() {
    let desired = Desired::new()
        .https(443, "a", arn("arn:a"))
        .certificate(443, "a", arn("arn:a2"))
        .certificate(443, "a", arn("arn:a3"));
    let context = limited(|it| it.certificates = 1);
    let observed = converge(&desired, &empty(), &context);
    let report = desired.plan(&observed, &context).report;
    assert_eq!(report.listeners[0].state, ProgrammedState::Programmed);
    let why = "it does not fit: the load balancer may have 1 certificates besides the default ones";
    assert_eq!(
        report.listeners[0].notes,
        [format!("certificate arn:a3: {why}")]
    );
}

#[test]
fn a_certificate_of_higher_precedence_takes_no_place_from_anybody() {
    let context = limited(|it| it.certificates = 1);
    let before = Desired::new()
        .https(443, "b", arn("arn:b"))
        .https(443, "c", arn("arn:c"));
    let observed = converge(&before, &empty(), &context);
    // Precedence goes by the order of these calls.
    let after = Desired::new()
        .https(443, "a", arn("arn:a"))
        .https(443, "b", arn("arn:b"))
        .https(443, "c", arn("arn:c"));
    let plan = after.plan(&observed, &context);
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert!(matches!(
        state(&plan, "a"),
        ProgrammedState::TooManyListeners(_)
    ));
}

#[test]
fn over_the_target_quota_the_last_targets_get_no_traffic() {
    let desired = two_teams()
        .group("b-web", "b", 1)
        .edit_group("b-web", |group| {
            group.targets = [target(7, 80), target(8, 80), target(9, 80)].into();
        });
    let why = "target 10.0.0.8:80, 10.0.0.9:80 gets no traffic: it does not fit: the load balancer may have 2 targets";
    check_rules(&desired, &limited(|it| it.targets = 2), &[("b", why)]);
}

#[test]
fn targets_that_are_registered_keep_their_places() {
    let context = limited(|it| it.targets = 2);
    let observed = converge(&two_teams(), &empty(), &context);
    let grown = two_teams().edit_group("a-web", |group| {
        group.targets = [target(0, 80), target(1, 80), target(2, 80)].into();
    });
    check_repair_within(&observed, &grown, &context, &[]);
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
    converge(&to, &two_teams().programmed(), &context);
}

#[test]
fn at_the_target_group_quota_a_group_is_swapped_by_one_modification() {
    let context = limited(|it| it.target_groups = 2);
    let to = two_teams().edit_group("a-web", |group| group.port = 81);
    converge(&to, &two_teams().programmed(), &context);
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
    converge(&to, &from.programmed(), &context);
}

#[test]
fn at_the_target_quota_targets_go_before_others_come() {
    let context = limited(|it| it.targets = 2);
    let to = two_teams()
        .edit_group("a-web", |group| group.targets = [target(9, 80)].into())
        .edit_group("b-web", |group| group.port = 81);
    converge(&to, &two_teams().programmed(), &context);
}

#[test]
fn a_lowered_quota_takes_nothing_from_anybody() {
    let context = limited(|it| {
        it.rules = 1;
        it.target_groups = 1;
        it.targets = 1;
    });
    let observed = two_teams().programmed();
    check_repair_within(&observed, &two_teams(), &context, &[]);
    let more = two_teams().rule(80, "a", "/more", "a-web");
    check_repair_within(&observed, &more, &context, &[]);
}

/// What is told of each quota when nothing is left to do.
#[track_caller]
fn check_quotas(desired: &Desired, observed: &Observed, context: &Context, expected: [&str; 5]) {
    let observed = converge(desired, observed, context);
    let quotas = desired.plan(&observed, context).report.quotas.unwrap();
    let each = quotas.each();
    let each = each.map(|(name, QuotaUse { used, limit })| format!("{name} {used}/{limit}"));
    assert_eq!(each, expected);
}

#[test]
fn what_is_served_takes_its_places() {
    let desired = two_teams()
        .https(443, "c", arn("arn:c"))
        .certificate(443, "c", arn("arn:c2"));
    check_quotas(
        &desired,
        &empty(),
        &context(),
        [
            "listeners 2/50",
            "rules 2/100",
            "certificates 1/25",
            "target_groups 2/100",
            "targets 2/1000",
        ],
    );
}

#[test]
fn what_does_not_fit_takes_no_place() {
    let desired = two_teams().rule(80, "b", "/more", "b-web");
    let context = limited(|it| it.rules = 2);
    check_quotas(
        &desired,
        &empty(),
        &context,
        [
            "listeners 1/50",
            "rules 2/2",
            "certificates 0/25",
            "target_groups 2/100",
            "targets 2/1000",
        ],
    );
}

#[test]
fn what_others_put_onto_our_load_balancer_takes_places_too() {
    let observed =
        super::ownership::with_foreign_rule(&two_teams(), &super::ownership::foreign_rule(1485));
    check_quotas(
        &two_teams(),
        &observed,
        &context(),
        [
            "listeners 1/50",
            "rules 3/100",
            "certificates 0/25",
            "target_groups 2/100",
            "targets 2/1000",
        ],
    );
}

/// As where a team's group goes and two others exchange theirs: neither may be taken up while all three are there.
#[test]
fn over_a_lowered_quota_a_group_that_is_free_for_a_moment_is_taken_up_after_all_that_goes() {
    let rules = |groups: &[(&str, &str)]| {
        let desired = Desired::new().http(80, "a");
        groups.iter().fold(desired, |desired, (path, group)| {
            desired.rule(80, "a", path, group)
        })
    };
    let from = rules(&[("/1", "one"), ("/2", "two"), ("/3", "three")]);
    let to = rules(&[("/1", "two"), ("/2", "one")]);
    for (context, waits) in [
        (limited(|it| it.target_groups = 2), true),
        (limited(|it| it.targets = 2), true),
        (limited(|it| it.target_groups = 3), false),
        (limited(|it| it.targets = 3), false),
    ] {
        let plan = to.plan(&from.programmed(), &context);
        let deletion = find(&plan, "delete rule").id;
        let moves: Vec<bool> = plan
            .steps
            .iter()
            .filter(|step| step.op.to_string().starts_with("modify rule"))
            .map(|step| step.after.contains(&deletion))
            .collect();
        assert_eq!(moves, [waits, waits], "\n{plan}");
        converge(&to, &from.programmed(), &context);
    }
}
