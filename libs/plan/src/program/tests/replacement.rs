use tributary_model::elb::Scheme;

use super::*;

fn public() -> Desired {
    two_teams().settings(|settings| settings.scheme = Some(Scheme::InternetFacing))
}

#[test]
fn a_change_of_scheme_builds_the_successor_first_and_then_removes_the_former() {
    let observed = two_teams().programmed();
    let first = public().plan(&observed, &context());
    find(&first, "create alb");
    assert!(
        !ops(&first).iter().any(|op| op.starts_with("delete")),
        "\n{first}"
    );
    assert!(
        first.waiting[0].contains("once its successor serves"),
        "{:?}",
        first.waiting
    );
    let done = run(&observed, &first.steps, &alb(), &context());
    assert_eq!(done.violations, Vec::<String>::new());
    check_repair(
        &done.observed,
        &public(),
        &[
            "delete load balancer",
            "delete target group",
            "delete target group",
        ],
    );
    let settled = converge(&public(), &done.observed, &context());
    assert_eq!(settled.load_balancers.len(), 1);
    assert_eq!(settled.security_groups.len(), 1);
}

#[test]
fn the_former_load_balancer_stays_while_its_successor_provisions() {
    let observed = two_teams().programmed();
    let first = public().plan(&observed, &context());
    let mut observed = run(&observed, &first.steps, &alb(), &context()).observed;
    for load_balancer in observed.load_balancers.values_mut() {
        if load_balancer.scheme == Scheme::InternetFacing {
            load_balancer.state = LoadBalancerState::Provisioning;
        }
    }
    let plan = public().plan(&observed, &context());
    assert_eq!(ops(&plan), Vec::<String>::new());
}

fn named(desired: Desired) -> Desired {
    desired.settings(|settings| settings.name = Some("front".to_owned()))
}

fn names(observed: &Observed) -> Vec<&str> {
    let load_balancers = observed.load_balancers.values();
    load_balancers.map(|it| it.name.as_str()).collect()
}

#[test]
fn under_a_name_that_was_asked_for_another_stands_in_until_the_name_is_free() {
    let observed = named(two_teams()).programmed();
    assert_eq!(names(&observed), ["front"]);
    let plan = named(public()).plan(&observed, &context());
    find(&plan, "create alb k8s-infra-gw-");
    assert!(
        !ops(&plan).iter().any(|op| op.starts_with("delete")),
        "\n{plan}"
    );
    let settled = converge(&named(public()), &observed, &context());
    assert_eq!(names(&settled), ["front"]);
    let (_, load_balancer) = settled.load_balancers.first_key_value().unwrap();
    assert_eq!(load_balancer.scheme, Scheme::InternetFacing);
    assert_eq!(settled.target_groups.len(), 2);
}

/// What cannot be had is told, and everything that is served is served on, under the address that it has.
#[track_caller]
fn check_serves_on(observed: &Observed, desired: &Desired, problem: &str) -> Plan {
    let plan = desired.plan(observed, &context());
    assert!(plan.report.settled, "\n{plan}");
    assert_eq!(ops(&plan), Vec::<String>::new());
    let findings = plan.report.problems.iter().any(|it| it.contains(problem));
    assert!(findings, "{:?}", plan.report.problems);
    assert_eq!(plan.report.phase, LoadBalancerPhase::Active);
    let (arn, load_balancer) = observed.load_balancers.first_key_value().unwrap();
    assert_eq!(plan.report.arn.as_ref(), Some(arn));
    assert_eq!(plan.report.dns_name.as_ref(), Some(&load_balancer.dns_name));
    for name in ["a", "b"] {
        assert_eq!(state(&plan, name), ProgrammedState::Programmed);
    }
    plan
}

fn nowhere(desired: Desired) -> Desired {
    desired.settings(|settings| {
        settings.subnets = vec![tributary_model::config::SubnetConfiguration {
            identifier: "subnet-missing".to_owned(),
            ..Default::default()
        }];
    })
}

#[test]
fn a_successor_without_subnets_leaves_the_former_as_it_is() {
    let missing = "no subnet with id or Name tag";
    check_serves_on(&two_teams().programmed(), &nowhere(public()), missing);
    check_serves_on(
        &named(two_teams()).programmed(),
        &named(nowhere(public())),
        missing,
    );
}

#[test]
fn a_successor_behind_a_group_that_does_not_exist_leaves_the_former_as_it_is() {
    let behind = |desired: Desired| {
        desired.settings(|settings| settings.security_groups = vec!["sg-missing".to_owned()])
    };
    let missing = "no security group with id or Name tag";
    check_serves_on(&two_teams().programmed(), &behind(public()), missing);
    check_serves_on(
        &named(two_teams()).programmed(),
        &named(behind(public())),
        missing,
    );
}

#[test]
fn a_successor_that_aws_refuses_leaves_the_former_as_it_is() {
    let observed = two_teams().programmed();
    let plan = public().plan(&observed, &context());
    let create = find(&plan, "create alb").op.key();
    let mut context = context();
    let refused = crate::values::limits::Failure::Refused("TooManyLoadBalancers".to_owned());
    context.failures.insert(create, refused);
    let mut observed = observed;
    let mut plan = public().plan(&observed, &context);
    // The target groups of the successor may come, but it does not, and nothing goes.
    observed = run(&observed, &plan.steps, &alb(), &context).observed;
    plan = public().plan(&observed, &context);
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert!(plan.report.settled);
    assert_eq!(plan.report.problems, ["TooManyLoadBalancers"]);
    assert_eq!(state(&plan, "a"), ProgrammedState::Programmed);
}

#[test]
fn while_a_successor_cannot_be_had_the_former_follows_every_change() {
    let observed = two_teams().programmed();
    let moved = nowhere(public())
        .edit_group("a-web", |group| group.targets = [target(9, 80)].into())
        .rule(80, "b", "/more", "b-web")
        .http(81, "c");
    let plan = moved.plan(&observed, &context());
    for start in [
        "register with arn:",
        "create rule",
        "create listener on arn:",
        "authorize",
    ] {
        find(&plan, start);
    }
    let done = run(&observed, &plan.steps, &alb(), &context());
    assert_eq!(done.violations, Vec::<String>::new());
    let plan = check_serves_on(&done.observed, &moved, "no subnet");
    assert_eq!(state(&plan, "c"), ProgrammedState::Programmed);
}

#[test]
fn a_successor_that_serves_less_does_not_replace() {
    let mut observed = two_teams().programmed();
    let mut context = context();
    let create = |plan: &Plan| {
        let ops = plan.steps.iter().map(|step| &step.op);
        let of_b = ops.filter(|op| {
            let text = op.to_string();
            text.starts_with("create rule") && text.contains("b.example.com")
        });
        of_b.map(Op::key).collect::<Vec<_>>()
    };
    for op in create(&public().plan(&observed, &context)) {
        let refused = crate::values::limits::Failure::Refused("no".to_owned());
        context.failures.insert(op, refused);
    }
    for _ in 0..3 {
        let plan = public().plan(&observed, &context);
        for op in create(&plan) {
            let refused = crate::values::limits::Failure::Refused("no".to_owned());
            context.failures.insert(op, refused);
        }
        let plan = public().plan(&observed, &context);
        observed = run(&observed, &plan.steps, &alb(), &context).observed;
    }
    let plan = public().plan(&observed, &context);
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert_eq!(observed.load_balancers.len(), 2);
    assert!(plan.report.settled);
    let why = "its successor does not serve rules[0] of HTTPRoute team/b";
    assert!(
        plan.report.problems[0].contains(why),
        "{:?}",
        plan.report.problems
    );
}

#[test]
fn a_load_balancer_that_another_controller_named_is_taken_over() {
    let mut observed = two_teams().programmed();
    for load_balancer in observed.load_balancers.values_mut() {
        load_balancer.name = "k8s-infra-gw-0123456789".to_owned();
    }
    let plan = two_teams().plan(&observed, &context());
    assert!(
        !ops(&plan).iter().any(|op| op.starts_with("create alb")),
        "\n{plan}"
    );
    assert!(
        !ops(&plan).iter().any(|op| op.starts_with("delete load")),
        "\n{plan}"
    );
}

/// As the AWS Load Balancer Controller leaves it: with the Gateway's tags and without our mark.
fn unmarked(desired: &Desired) -> Observed {
    let mut observed = desired.programmed();
    for group in observed.target_groups.values_mut() {
        group.tags.remove(crate::values::tags::INSTALLATION);
    }
    for group in observed.security_groups.values_mut() {
        group.tags.remove(crate::values::tags::INSTALLATION);
    }
    for load_balancer in observed.load_balancers.values_mut() {
        load_balancer.tags.remove(crate::values::tags::INSTALLATION);
        for listener in load_balancer.listeners.values_mut() {
            listener.tags.remove(crate::values::tags::INSTALLATION);
            for rule in listener.rules.values_mut() {
                rule.tags.remove(crate::values::tags::INSTALLATION);
            }
        }
    }
    observed
}

#[test]
fn what_carries_no_mark_is_never_removed() {
    let observed = unmarked(&two_teams());
    let plan = plan(None, &alb(), &observed, &context());
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert_eq!(plan.report.phase, LoadBalancerPhase::Deleted);
}

#[test]
fn a_take_over_begins_with_the_marks_and_the_load_balancer_comes_last() {
    let observed = unmarked(&two_teams());
    let plan = two_teams().plan(&observed, &context());
    assert!(
        ops(&plan).iter().all(|op| op.starts_with("tag ")),
        "\n{plan}"
    );
    assert!(
        ops(&plan)
            .last()
            .unwrap()
            .starts_with("tag arn:aws:elb:loadbalancer/app/k8s-infra-gw-")
    );
    let (whole, parts) = plan.steps.split_last().unwrap();
    let parts: BTreeSet<_> = parts.iter().map(|step| step.id).collect();
    assert_eq!(whole.after, parts);
    // It serves meanwhile, and it says so.
    assert_eq!(state(&plan, "a"), ProgrammedState::Programmed);
    assert!(!plan.report.settled);
    assert_eq!(
        converge(&two_teams(), &observed, &context()),
        two_teams().programmed()
    );
}

#[test]
fn nothing_is_taken_over_that_was_not_seen_whole() {
    let mut observed = unmarked(&two_teams());
    observed.completeness = Completeness::Partial(vec!["tags".to_owned()]);
    let plan = two_teams().plan(&observed, &context());
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert!(!plan.report.settled);
}

#[test]
fn what_another_installation_has_marked_is_neither_taken_over_nor_removed() {
    let observed = two_teams().programmed();
    let mut context = context();
    context.installation = "there".to_owned();
    let removal = plan(None, &alb(), &observed, &context);
    assert_eq!(ops(&removal), Vec::<String>::new());
    let plan = two_teams().plan(&observed, &context);
    let touches =
        |op: &String| !op.starts_with("create") && op.contains("arn:aws:elb:loadbalancer");
    assert!(!ops(&plan).iter().any(touches), "\n{plan}");
}

#[test]
fn a_target_group_name_that_is_taken_gets_a_stand_in() {
    let named = two_teams().edit_group("a-web", |group| group.name = Some("web".to_owned()));
    let changed = named.clone().edit_group("a-web", |group| group.port = 81);
    let settled = converge(&changed, &named.programmed(), &context());
    assert_eq!(settled.target_groups.len(), 2);
}

/// A part of a load balancer that nobody wants, and whether it is all that there is.
#[test]
fn a_load_balancer_is_gone_once_nothing_of_it_is_left() {
    let made = Desired::new()
        .https(443, "a", secret("tls", "1"))
        .rule(443, "a", "/", "a-web")
        .programmed();
    let phase = |left: &dyn Fn(&mut Observed)| {
        let mut observed = empty();
        left(&mut observed);
        let report = plan(None, &alb(), &observed, &context()).report;
        (report.phase, report.settled)
    };
    let gone = (LoadBalancerPhase::Deleted, true);
    let leaving = (LoadBalancerPhase::Deleting, false);
    assert_eq!(phase(&|_| {}), gone);
    let parts: [&dyn Fn(&mut Observed); 4] = [
        &|it| it.load_balancers.clone_from(&made.load_balancers),
        &|it| it.target_groups.clone_from(&made.target_groups),
        &|it| it.certificates.clone_from(&made.certificates),
        &|it| it.security_groups.clone_from(&made.security_groups),
    ];
    for (index, part) in parts.into_iter().enumerate() {
        assert_eq!(phase(part), leaving, "{index}");
    }
    let unseen: &dyn Fn(&mut Observed) =
        &|it| it.completeness = Completeness::Partial(vec!["tags".to_owned()]);
    assert_eq!(phase(unseen), leaving);
}

#[test]
fn what_is_marked_already_is_not_marked_again() {
    let mut observed = unmarked(&two_teams());
    let made = two_teams().programmed();
    let (arn, marked) = made.target_groups.first_key_value().unwrap();
    observed.target_groups.insert(arn.clone(), marked.clone());
    let plan = two_teams().plan(&observed, &context());
    let marks = |of: &str| ops(&plan).iter().filter(|op| op.contains(of)).count();
    assert_eq!(marks(&format!("tag {arn}:")), 0, "\n{plan}");
    assert_eq!(marks("tag arn:aws:elb:targetgroup"), 1, "\n{plan}");
}
