use std::collections::{BTreeMap, BTreeSet};

use tributary_model::config::SubnetConfiguration;
use tributary_model::desired::TargetGroupId;
use tributary_model::elb::{ElbProtocol, LoadBalancerKind};
use tributary_model::report::{LoadBalancerPhase, ProgrammedState};

use super::*;
use crate::fixtures::{
    Desired, alb, arn, context, converge, empty, find, forward, issued, listener, ops, origin,
    retained, run, secret, state, strings, target,
};
use crate::values::observed::{Completeness, LoadBalancerState, TargetState};
use crate::values::op::{Blame, Op, Step, StepId};

mod backend;
mod certificates;
mod health;
mod ownership;
mod properties;
mod quotas;
mod refusals;
mod replacement;
mod settings;
mod subnets;
mod targets;
mod unread;
mod unseen;

/// Two teams on one port.
fn two_teams() -> Desired {
    Desired::new()
        .http(80, "a")
        .rule(80, "a", "/", "a-web")
        .http(80, "b")
        .rule(80, "b", "/", "b-web")
}

/// From one state to the next: the operations, each line beginning as expected; and afterwards nothing is left.
#[track_caller]
fn check_change(from: &Desired, to: &Desired, expected: &[&str]) {
    check_repair(&from.programmed(), to, expected);
}

#[track_caller]
fn check_repair(observed: &Observed, to: &Desired, expected: &[&str]) {
    let plan = to.plan(observed, &context());
    let ops = ops(&plan);
    let matches = ops.len() == expected.len()
        && ops
            .iter()
            .zip(expected)
            .all(|(op, expected)| op.starts_with(expected));
    assert!(matches, "expected {expected:#?}, planned\n{plan}");
    converge(to, observed, &context());
}

#[test]
fn what_is_programmed_needs_nothing_and_is_settled() {
    let desired = two_teams();
    let plan = desired.plan(&desired.programmed(), &context());
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert!(plan.report.settled);
    assert_eq!(plan.report.phase, LoadBalancerPhase::Active);
    assert_eq!(state(&plan, "a"), ProgrammedState::Programmed);
    assert_eq!(state(&plan, "b"), ProgrammedState::Programmed);
}

#[test]
fn from_nothing_everything_is_created_and_nothing_is_said_to_be_programmed() {
    let plan = two_teams().plan(&empty(), &context());
    let starts = [
        "create security group k8s-infra-gw-",
        "authorize ingress of new:k8s-infra-gw-",
        "create alb k8s-infra-gw-",
        "create target group k8s-team-aweb-",
        "register with new:k8s-team-aweb-",
        "create target group k8s-team-bweb-",
        "register with new:k8s-team-bweb-",
        "create listener on new:k8s-infra-gw-",
        "create rule 495 on new:HTTP:80",
        "create rule 990 on new:HTTP:80",
    ];
    for (op, start) in ops(&plan).iter().zip(starts) {
        assert!(op.starts_with(start), "{op} is not {start}");
    }
    assert_eq!(plan.steps.len(), starts.len(), "\n{plan}");
    assert!(!plan.report.settled);
    assert_eq!(plan.report.phase, LoadBalancerPhase::Absent);
    assert!(matches!(state(&plan, "a"), ProgrammedState::Pending(_)));
}

#[test]
fn the_first_programming_takes_four_rounds_of_calls() {
    // Security group, load balancer, listener, rule: what does not wait runs beside them.
    let plan = two_teams().plan(&empty(), &context());
    let mut depth: Vec<usize> = Vec::new();
    for step in &plan.steps {
        let waits = step.after.union(&step.following);
        depth.push(
            waits
                .map(|earlier| depth[earlier.0 as usize] + 1)
                .max()
                .unwrap_or(0),
        );
    }
    assert_eq!(depth.into_iter().max(), Some(3), "\n{plan}");
}

#[test]
fn a_set_with_its_route_costs_three_calls_and_two_rounds() {
    let more = two_teams().http(80, "c").rule(80, "c", "/", "c-web");
    check_change(
        &two_teams(),
        &more,
        &[
            "create target group",
            "register with new:",
            "create rule 1485 on",
        ],
    );
}

#[test]
fn a_changed_path_modifies_its_rule_in_place() {
    let changed = two_teams().edit_rule(80, 1, |rule| rule.conditions.truncate(1));
    check_change(&two_teams(), &changed, &["modify rule"]);
}

#[test]
fn a_swap_of_two_rules_is_one_call() {
    let two_paths = || {
        let one = Desired::new().http(80, "a").rule(80, "a", "/", "a-web");
        one.rule(80, "a", "/*", "a-other")
    };
    let swapped = two_paths().edit_rules(80, |rules| rules.swap(0, 1));
    check_change(&two_paths(), &swapped, &["set priorities of"]);
}

#[test]
fn rules_of_different_hosts_stay_in_whatever_order_they_stand() {
    let swapped = two_teams().edit_rules(80, |rules| rules.swap(0, 1));
    check_change(&two_teams(), &swapped, &[]);
}

#[test]
fn a_rule_in_front_moves_nothing() {
    let front = two_teams()
        .rule(80, "b", "/front", "b-web")
        .edit_rules(80, |rules| rules.rotate_right(1));
    check_change(&two_teams(), &front, &["create rule 248 on"]);
}

#[test]
fn a_removed_route_loses_its_rule_then_its_target_group() {
    let fewer = two_teams().edit_rules(80, |rules| {
        rules.pop();
    });
    let plan = fewer.plan(&two_teams().programmed(), &context());
    check_change(
        &two_teams(),
        &fewer,
        &["delete rule", "delete target group"],
    );
    assert!(plan.steps[1].after.contains(&plan.steps[0].id));
}

#[test]
fn a_port_that_nobody_wants_loses_its_listener_and_ingress() {
    let from = two_teams().http(8080, "c");
    check_change(&from, &two_teams(), &["revoke ingress", "delete listener"]);
}

#[test]
fn an_immutable_field_replaces_the_target_group_and_moves_its_rule() {
    let changed = two_teams().edit_group("a-web", |group| group.port = 81);
    let plan = changed.plan(&two_teams().programmed(), &context());
    check_change(
        &two_teams(),
        &changed,
        &[
            "create target group",
            "register with new:",
            "modify rule",
            "delete target group",
        ],
    );
    // The rule moves only when the new group has its targets.
    assert!(plan.steps[2].after.contains(&plan.steps[1].id), "\n{plan}");
}

#[test]
fn targets_come_and_go_in_place() {
    let changed = two_teams().edit_group("a-web", |group| {
        group.targets = [target(7, 80)].into();
    });
    check_change(
        &two_teams(),
        &changed,
        &["register with", "deregister from"],
    );
}

#[test]
fn registrations_go_in_batches_of_a_hundred() {
    let many = two_teams().edit_group("a-web", |group| {
        group.targets = (0..250_u8).map(|n| target(n, 80)).collect();
    });
    check_change(
        &two_teams(),
        &many,
        &["register with", "register with", "register with"],
    );
}

#[test]
fn a_draining_target_that_is_wanted_is_registered_again() {
    let mut observed = two_teams().programmed();
    for group in observed.target_groups.values_mut() {
        for state in group.targets.values_mut() {
            *state = TargetState::Draining;
        }
    }
    check_repair(&observed, &two_teams(), &["register with", "register with"]);
}

#[test]
fn attributes_asked_for_are_set_and_go_back_when_dropped() {
    let asked = two_teams().settings(|settings| {
        settings.attributes = strings(&[("idle_timeout.timeout_seconds", "30")]);
    });
    check_change(&two_teams(), &asked, &["set attributes of", "tag "]);
    check_change(&asked, &two_teams(), &["set attributes of", "untag "]);
}

#[test]
fn attributes_set_by_hand_are_left_alone() {
    let mut observed = two_teams().programmed();
    for load_balancer in observed.load_balancers.values_mut() {
        load_balancer
            .attributes
            .insert("deletion_protection.enabled".to_owned(), "true".to_owned());
    }
    check_repair(&observed, &two_teams(), &[]);
}

#[test]
fn tags_asked_for_are_set_and_go_when_dropped() {
    let asked = two_teams().edit_group("a-web", |group| group.tags = strings(&[("team", "a")]));
    check_change(&two_teams(), &asked, &["tag "]);
    check_change(&asked, &two_teams(), &["untag "]);
}

#[test]
fn drift_is_repaired() {
    let desired = two_teams();
    let mut observed = desired.programmed();
    for load_balancer in observed.load_balancers.values_mut() {
        load_balancer.subnets.pop_first();
        load_balancer.security_groups.clear();
        for listener in load_balancer.listeners.values_mut() {
            listener
                .rules
                .values_mut()
                .for_each(|rule| rule.conditions.clear());
        }
    }
    for group in observed.security_groups.values_mut() {
        group.ingress.clear();
    }
    check_repair(
        &observed,
        &desired,
        &[
            "authorize ingress",
            "set subnets",
            "set security groups",
            "modify rule",
            "modify rule",
        ],
    );
}

#[test]
fn plain_http_becomes_https_in_place() {
    let to = Desired::new()
        .https(80, "a", arn("arn:a"))
        .rule(80, "a", "/", "a-web");
    let from = Desired::new().http(80, "a").rule(80, "a", "/", "a-web");
    check_change(&from, &to, &["modify listener"]);
    check_change(&to, &from, &["modify listener"]);
}

#[test]
fn no_subnet_is_told_and_nothing_is_created() {
    let mut observed = empty();
    observed.network.subnets.clear();
    let plan = two_teams().plan(&observed, &context());
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert!(
        plan.report.problems[0].contains("no subnet found"),
        "{:?}",
        plan.report.problems
    );
    assert!(
        matches!(state(&plan, "a"), ProgrammedState::Pending(text) if text.contains("no subnet found"))
    );
}

#[test]
fn no_subnet_in_the_vpc_that_is_ours_names_the_vpc() {
    let mut observed = empty();
    observed.network.vpc = Some("vpc-other".to_owned());
    let plan = two_teams().plan(&observed, &context());
    let findings = plan.report.problems.join("; ");
    assert!(
        findings.contains("no subnet found in vpc-other ("),
        "{findings}"
    );
}

/// LBC: entries without an identifier give their addresses to the subnets that are found.
#[test]
fn addresses_without_a_subnet_go_to_those_that_are_found() {
    let entry = |identifier: &str, eip: &str| SubnetConfiguration {
        identifier: identifier.to_owned(),
        eip_allocation: Some(eip.to_owned()),
        ..SubnetConfiguration::default()
    };
    let made = |entries: Vec<SubnetConfiguration>| {
        let desired = Desired::of(LoadBalancerKind::Nlb)
            .member(80, ElbProtocol::Tcp, "a")
            .settings(|settings| settings.subnets = entries);
        let plan = desired.plan(&empty(), &context());
        let created = plan.steps.iter().find_map(|step| match &step.op {
            Op::CreateLoadBalancer(spec) => Some(spec.subnets.clone()),
            _ => None,
        });
        let pairs = created.into_iter().flatten();
        let pairs: Vec<(String, Option<String>)> =
            pairs.map(|it| (it.subnet, it.eip_allocation)).collect();
        (pairs, plan.report.problems)
    };
    let (subnets, problems) = made(vec![entry("", "e1"), entry("", "e2"), entry("", "e3")]);
    let expected = [("a", "e1"), ("b", "e2"), ("c", "e3")]
        .map(|(zone, eip)| (format!("subnet-{zone}"), Some(eip.to_owned())));
    assert_eq!((subnets, problems), (expected.to_vec(), Vec::new()));
    let (subnets, problems) = made(vec![entry("", "e1"), entry("", "e2")]);
    assert_eq!(subnets, []);
    assert!(problems[0].contains("2 entries without an identifier, and 3 subnets are found"));
    let (subnets, problems) = made(vec![entry("subnet-a", "e1"), entry("", "e2")]);
    assert_eq!(subnets, []);
    assert!(problems[0].contains("either all have an identifier, or none"));
}

#[test]
fn one_zone_is_too_few_for_an_alb() {
    let mut observed = empty();
    observed.network.subnets.retain(|id, _| id == "subnet-a");
    let plan = two_teams().plan(&observed, &context());
    assert!(plan.report.problems[0].contains("availability zones"));
}

#[test]
fn without_listeners_no_load_balancer_is_created() {
    assert_eq!(
        ops(&Desired::new().plan(&empty(), &context())),
        Vec::<String>::new()
    );
}

#[test]
fn a_provisioning_load_balancer_is_filled_and_its_listeners_pend() {
    let mut observed = two_teams().programmed();
    for load_balancer in observed.load_balancers.values_mut() {
        load_balancer.state = LoadBalancerState::Provisioning;
    }
    let plan = two_teams().plan(&observed, &context());
    assert_eq!(
        state(&plan, "a"),
        ProgrammedState::Pending("load balancer is provisioning".to_owned())
    );
    assert_eq!(plan.waiting, ["load balancer is provisioning"]);
    assert!(!plan.report.settled);
}

#[test]
fn a_new_route_does_not_make_its_listener_look_unserved() {
    let more = two_teams().rule(80, "a", "/new", "a-web");
    let plan = more.plan(&two_teams().programmed(), &context());
    assert_eq!(state(&plan, "a"), ProgrammedState::Programmed);
    assert!(!plan.report.settled);
}

#[test]
fn a_rule_that_fails_blames_its_route_and_a_listener_its_members() {
    let plan = two_teams().plan(&empty(), &context());
    let rule = crate::values::op::RuleOwner {
        listener: listener("b"),
        origin: origin("b"),
    };
    let blame = &find(&plan, "create rule 990").blame;
    assert_eq!(*blame, Blame::Rules([rule].into()));
    let members = [listener("a"), listener("b")];
    let blame = &find(&plan, "create listener").blame;
    assert_eq!(*blame, Blame::Listeners(members.into()));
    assert_eq!(find(&plan, "create alb").blame, Blame::LoadBalancer);
}

#[test]
fn one_refused_creation_does_not_keep_anothers_deletion() {
    let to = Desired::new()
        .http(80, "a")
        .rule(80, "a", "/", "a-web")
        .rule(80, "a", "/more", "a-web");
    let plan = to.plan(&two_teams().programmed(), &context());
    let deletion = find(&plan, "delete rule");
    assert!(deletion.after.is_empty(), "\n{plan}");
    assert_eq!(deletion.following.len(), 1, "\n{plan}");
}

#[test]
fn an_nlb_forwards_by_its_default_action() {
    let desired = Desired::of(LoadBalancerKind::Nlb)
        .member(53, ElbProtocol::TcpUdp, "dns")
        .group("dns", "dns", 2)
        .edit(53, ElbProtocol::TcpUdp, |it| {
            it.default_action = forward("dns");
        });
    let plan = desired.plan(&desired.programmed(), &context());
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert_eq!(state(&plan, "dns"), ProgrammedState::Programmed);
}

#[test]
fn removal_takes_everything_in_one_plan() {
    let desired = Desired::new()
        .https(443, "a", secret("tls", "1"))
        .rule(443, "a", "/", "a-web");
    let observed = desired.programmed();
    let plan = plan(None, &alb(), &observed, &context());
    assert_eq!(plan.report.phase, LoadBalancerPhase::Deleting);
    assert!(!plan.report.settled);
    let done = run(&observed, &plan.steps, &alb(), &context());
    assert_eq!(done.violations, Vec::<String>::new());
    assert_eq!(done.observed, empty());
    let plan = super::plan(None, &alb(), &done.observed, &context());
    assert_eq!(plan.report.phase, LoadBalancerPhase::Deleted);
    assert!(plan.report.settled);
}

#[test]
fn deletion_protection_keeps_everything_and_says_so() {
    let mut observed = two_teams().programmed();
    for load_balancer in observed.load_balancers.values_mut() {
        load_balancer
            .attributes
            .insert("deletion_protection.enabled".to_owned(), "true".to_owned());
    }
    let plan = plan(None, &alb(), &observed, &context());
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert!(
        plan.waiting[0].contains("deletion protection"),
        "{:?}",
        plan.waiting
    );
    assert_eq!(plan.report.problems, plan.waiting);
    assert!(!plan.report.settled);
}

#[test]
fn what_a_crash_left_half_made_is_taken_up() {
    let desired = two_teams();
    let plan = desired.plan(&empty(), &context());
    for made in 0..plan.steps.len() {
        let done = run(&empty(), &plan.steps[..made], &alb(), &context());
        let settled = converge(&desired, &done.observed, &context());
        assert_eq!(settled.load_balancers.len(), 1);
        assert_eq!(settled.target_groups.len(), 2);
        assert_eq!(settled.security_groups.len(), 1);
    }
}

#[test]
fn on_a_partial_observation_only_what_was_seen_changes_in_place() {
    let mut observed = two_teams().programmed();
    observed.completeness = Completeness::Partial(vec!["rules of port 80".to_owned()]);
    let to = Desired::new()
        .http(80, "a")
        .rule(80, "a", "/", "a-web")
        .rule(80, "a", "/new", "new")
        .settings(|settings| {
            settings.attributes = strings(&[("idle_timeout.timeout_seconds", "9")]);
        });
    let plan = to.plan(&observed, &context());
    let ops = ops(&plan);
    assert_eq!(ops.len(), 2, "\n{plan}");
    assert!(
        ops[0].starts_with("set attributes") && ops[1].starts_with("tag "),
        "\n{plan}"
    );
    assert!(plan.waiting[0].contains("rules of port 80"));
    let removal = super::plan(None, &alb(), &observed, &context());
    assert!(removal.steps.is_empty());
    assert_eq!(removal.report.phase, LoadBalancerPhase::Deleting);
}

/// A whole plan as text, kept beside: what it looks like to a person, and that nobody changes it unawares.
#[track_caller]
fn check_golden(plan: &Plan, golden: &str) {
    assert_eq!(plan.to_string(), golden, "\n{plan}");
}

#[test]
fn the_plan_from_nothing_reads_as_its_golden() {
    let desired = Desired::new()
        .https(443, "a", secret("tls", "1"))
        .rule(443, "a", "/", "a-web")
        .https(443, "b", arn("arn:b"))
        .rule(443, "b", "/", "b-web");
    check_golden(
        &desired.plan(&empty(), &context()),
        include_str!("tests/from_nothing.golden"),
    );
}

#[test]
fn the_plan_of_a_removal_reads_as_its_golden() {
    let desired = Desired::new()
        .https(443, "a", secret("tls", "1"))
        .rule(443, "a", "/", "a-web");
    check_golden(
        &plan(None, &alb(), &desired.programmed(), &context()),
        include_str!("tests/removal.golden"),
    );
}

#[test]
fn a_client_secret_is_remembered_by_a_tag_and_set_again_when_it_changes() {
    let secret_key = tributary_model::ObjectKey::new("team", "oidc");
    let with = |fingerprint: &str| {
        let mut context = context();
        context
            .client_secrets
            .insert(secret_key.clone(), fingerprint.to_owned());
        context
    };
    let desired = two_teams().edit_rule(80, 0, |rule| {
        rule.authenticate = Some(tributary_model::config::AuthenticateAction::Oidc {
            fields: strings(&[("Issuer", "https://id.example.com")]),
            extra_params: BTreeMap::new(),
            secret: "oidc".into(),
        });
    });
    let observed = converge(&desired, &empty(), &with("1"));
    assert_eq!(
        ops(&desired.plan(&observed, &with("1"))),
        Vec::<String>::new()
    );
    // Not read this time: nothing is known to have changed.
    assert_eq!(
        ops(&desired.plan(&observed, &context())),
        Vec::<String>::new()
    );
    let plan = desired.plan(&observed, &with("2"));
    assert_eq!(plan.steps.len(), 2, "\n{plan}");
    assert!(
        plan.steps[1].after.contains(&find(&plan, "modify rule").id),
        "\n{plan}"
    );
    converge(&two_teams(), &observed, &with("2"));
}
