//! Traffic moves to healthy targets, and unhealthy ones are told.

use proptest::prelude::*;
use tributary_model::desired::{Patterns, RuleCondition, ServedRoute};
use tributary_model::report::RuleState;

use super::properties::{World, account, shuffled, world};
use super::*;
use crate::simulate::Simulated;
use crate::values::limits::Context;
use crate::values::observed::Health;
use crate::values::op::{Action, RuleOwner};
use crate::values::waits::{Elapsed, Wait, Waited};

/// Nothing has been waited for yet.
fn patient() -> Context {
    Context {
        waited: Waited::For(BTreeMap::new()),
        ..context()
    }
}

/// What a plan waits for has been waited for so long.
fn waited(plan: &Plan, elapsed: Elapsed) -> Waited {
    let waits = plan.waits.iter().map(|it| (it.wait.clone(), elapsed));
    Waited::For(waits.collect())
}

fn take(observed: &Observed, plan: &Plan) -> Observed {
    let Simulated {
        observed,
        violations,
    } = run(observed, &plan.steps, &alb(), &context());
    assert_eq!(violations, Vec::<String>::new(), "\n{plan}");
    observed
}

/// AWS finds the targets of the groups whose names begin so to be like that.
fn find_targets(observed: &mut Observed, start: &str, health: &Health) {
    let groups = observed.target_groups.values_mut();
    let mut groups = groups.filter(|it| it.name.starts_with(start)).peekable();
    assert!(groups.peek().is_some(), "no target group {start}");
    for state in groups.flat_map(|it| it.targets.values_mut()) {
        *state = TargetState::Registered(health.clone());
    }
}

/// The groups that the only rule of a listener with this path sends requests to, by name, with their weights.
fn weights(observed: &Observed, path: &str) -> Vec<(String, u32)> {
    let listeners = observed
        .load_balancers
        .values()
        .flat_map(|it| it.listeners.values());
    let mut rules = listeners.flat_map(|it| it.rules.values());
    let rule = rules.find(|it| format!("{:?}", it.conditions).contains(path));
    let Some(Action::Forward { targets, .. }) = rule.map(|it| &it.action) else {
        panic!("no rule for {path} forwards");
    };
    let name = |arn: &String| observed.target_groups[arn].name.clone();
    let mut weights: Vec<_> = targets.iter().map(|(arn, w)| (name(arn), *w)).collect();
    weights.sort();
    weights
}

fn one() -> Desired {
    Desired::new().http(80, "a").rule(80, "a", "/", "a-web")
}

/// The same rule to another group.
fn moved() -> Desired {
    one()
        .rule(80, "a", "/other", "b-web")
        .edit_rules(80, |rules| {
            let other = rules.pop().unwrap();
            std::sync::Arc::make_mut(&mut rules[0]).action = other.action.clone();
        })
}

#[track_caller]
fn check_ops(plan: &Plan, starts: &[&str]) {
    let ops = ops(plan);
    let is_same = ops.len() == starts.len()
        && ops
            .iter()
            .zip(starts)
            .all(|(op, start)| op.starts_with(start));
    assert!(is_same, "expected {starts:#?}, planned\n{plan}");
}

#[test]
fn a_rule_moves_to_another_group_when_a_target_of_it_is_healthy() {
    let before = one().programmed();
    let first = moved().plan(&before, &patient());
    check_ops(
        &first,
        &["create target group", "register with new:", "modify rule"],
    );
    let [waiting] = first.waits.as_slice() else {
        panic!("{:?}", first.waits);
    };
    assert_eq!(
        waiting.text,
        "requests go on as before until a target of Service team/b-web is healthy"
    );
    let mut observed = take(&before, &first);
    find_targets(&mut observed, "k8s-team-bweb", &Health::Initial);
    let both = weights(&observed, "/");
    assert_eq!(
        both.iter().map(|it| it.1).collect::<Vec<_>>(),
        [1, 0],
        "{both:?}"
    );

    // Until then nothing is left to do, and it is not done.
    let second = moved().plan(&observed, &patient());
    check_ops(&second, &[]);
    assert!(!second.report.settled);
    assert_eq!(second.waits, first.waits);
    find_targets(
        &mut observed,
        "k8s-team-bweb",
        &Health::Unhealthy("Target.Timeout".to_owned()),
    );
    check_ops(&moved().plan(&observed, &patient()), &[]);

    find_targets(&mut observed, "k8s-team-bweb", &Health::Healthy);
    let third = moved().plan(&observed, &patient());
    check_ops(&third, &["modify rule", "delete target group"]);
    let settled = take(&observed, &third);
    assert_eq!(weights(&settled, "/").len(), 1);
    assert!(moved().plan(&settled, &patient()).report.settled);
}

#[test]
fn a_wait_that_was_long_enough_is_given_up() {
    let before = one().programmed();
    let first = moved().plan(&before, &patient());
    let mut observed = take(&before, &first);
    find_targets(&mut observed, "k8s-team-bweb", &Health::Initial);
    let over = Context {
        waited: waited(&first, Elapsed::Enough),
        ..context()
    };
    check_ops(
        &moved().plan(&observed, &over),
        &["modify rule", "delete target group"],
    );
}

#[test]
fn a_group_without_targets_is_not_waited_for() {
    let empty = moved().edit_group("b-web", |group| group.targets = BTreeSet::new());
    let plan = empty.plan(&one().programmed(), &patient());
    check_ops(
        &plan,
        &["create target group", "modify rule", "delete target group"],
    );
    assert_eq!(plan.waits, []);
}

#[test]
fn weights_move_at_once_between_groups_that_serve() {
    let two = |first: u32, second: u32| {
        moved().edit_rule(80, 0, |rule| {
            let tributary_model::desired::DesiredAction::Forward { targets, .. } = &mut rule.action
            else {
                panic!("a forward");
            };
            let mut other = targets[0].clone();
            other.target_group = TargetGroupId("a-web".into());
            targets.push(other);
            targets[0].weight = first;
            targets[1].weight = second;
        })
    };
    let mut observed = two(1, 9).programmed();
    find_targets(&mut observed, "k8s-team-", &Health::Initial);
    check_ops(&two(9, 1).plan(&observed, &patient()), &["modify rule"]);
}

/// A new rule in front of one that has its requests so far.
fn in_front() -> Desired {
    one()
        .rule(80, "a", "/api", "b-web")
        .edit_rules(80, |rules| rules.rotate_right(1))
        .edit_rule(80, 1, |rule| {
            rule.conditions
                .retain(|it| !format!("{it:?}").contains("Path"));
        })
}

fn behind() -> Desired {
    in_front().edit_rules(80, |rules| {
        rules.remove(0);
    })
}

#[test]
fn a_new_rule_takes_requests_from_another_when_a_target_is_healthy() {
    let before = behind().programmed();
    let first = in_front().plan(&before, &patient());
    check_ops(
        &first,
        &["create target group", "register with new:", "create rule"],
    );
    assert!(
        ops(&first)[2].contains("waiting.tributary.invalid"),
        "\n{first}"
    );
    assert_eq!(first.waits.len(), 1);
    let mut observed = take(&before, &first);
    find_targets(&mut observed, "k8s-team-bweb", &Health::Initial);
    let second = in_front().plan(&observed, &patient());
    check_ops(&second, &[]);
    // The one that it would take them from is served as before.
    assert_eq!(state(&second, "a"), ProgrammedState::Programmed);
    find_targets(&mut observed, "k8s-team-bweb", &Health::Healthy);
    let third = in_front().plan(&observed, &patient());
    check_ops(&third, &["modify rule"]);
    assert!(
        in_front()
            .plan(&take(&observed, &third), &patient())
            .report
            .settled
    );
}

#[test]
fn a_new_rule_that_takes_requests_from_nobody_comes_at_once() {
    let more = two_teams().http(80, "c").rule(80, "c", "/", "c-web");
    let plan = more.plan(&two_teams().programmed(), &patient());
    check_ops(
        &plan,
        &["create target group", "register with new:", "create rule"],
    );
    assert_eq!(plan.waits, []);
}

/// The same requests by another route.
fn renamed() -> Desired {
    Desired::new()
        .http(80, "a")
        .rule(80, "a", "/", "b-web")
        .edit_rule(80, 0, |rule| {
            rule.id = tributary_model::desired::RuleId("renamed".into());
            rule.origin = Some(origin("renamed"));
        })
}

#[test]
fn the_rule_that_a_new_one_takes_the_place_of_goes_after() {
    let before = one().programmed();
    let first = renamed().plan(&before, &patient());
    check_ops(
        &first,
        &["create target group", "register with new:", "create rule"],
    );
    let mut observed = take(&before, &first);
    find_targets(&mut observed, "k8s-team-bweb", &Health::Initial);
    check_ops(&renamed().plan(&observed, &patient()), &[]);
    find_targets(&mut observed, "k8s-team-bweb", &Health::Healthy);
    let last = renamed().plan(&observed, &patient());
    check_ops(
        &last,
        &["modify rule", "delete rule", "delete target group"],
    );
    assert!(
        last.steps[1].after.contains(&last.steps[0].id)
            || last.steps[1].following.contains(&last.steps[0].id),
        "\n{last}"
    );
}

#[test]
fn without_room_for_both_nothing_is_waited_for() {
    let mut context = patient();
    context.limits.alb.target_groups = 1;
    let plan = moved().plan(&one().programmed(), &context);
    assert_eq!(plan.waits, []);
    let mut context = patient();
    context.limits.alb.rules = 1;
    let plan = renamed().plan(&one().programmed(), &context);
    assert_eq!(plan.waits, []);
}

#[test]
fn rules_on_their_way_are_told_by_their_routes_while_the_listener_stays_programmed() {
    let front = in_front();
    let plan = front.plan(&behind().programmed(), &patient());
    assert_eq!(state(&plan, "a"), ProgrammedState::Programmed);
    let [findings] = plan.pending_rules(&BTreeMap::new()).try_into().unwrap();
    assert_eq!(findings.state, RuleState::Pending);
    assert!(
        findings.message.starts_with("requests go on as before"),
        "{}",
        findings.message
    );
    let at_once = front.plan(&behind().programmed(), &context());
    let [findings] = at_once.pending_rules(&BTreeMap::new()).try_into().unwrap();
    assert_eq!(findings.message, "the rule is being created");
    assert_eq!(
        two_teams()
            .plan(&empty(), &context())
            .pending_rules(&BTreeMap::new()),
        []
    );
}

#[test]
fn a_rule_that_is_tried_again_says_why() {
    let plan = in_front().plan(&behind().programmed(), &context());
    let step = find(&plan, "create rule").op.key();
    let throttled = crate::values::limits::Failure::Retrying("Throttling".to_owned());
    let findings = plan.pending_rules(&BTreeMap::from([(step, throttled)]));
    let texts: Vec<&str> = findings.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(texts, ["the rule is being created: Throttling"]);
}

#[test]
fn unhealthy_targets_are_told_by_route_listener_and_load_balancer() {
    let mut observed = two_teams().programmed();
    let timeout = Health::Unhealthy("Target.Timeout".to_owned());
    find_targets(&mut observed, "k8s-team-aweb", &timeout);
    let plan = two_teams().plan(&observed, &context());
    assert!(plan.report.settled);
    let [findings] = plan.report.rules.as_slice() else {
        panic!("{:?}", plan.report.rules);
    };
    let owner = RuleOwner {
        listener: findings.listener.clone(),
        origin: findings.origin.clone(),
    };
    assert_eq!(owner.listener, listener("a"));
    assert_eq!(findings.state, RuleState::Degraded);
    assert_eq!(
        findings.message,
        "1 of 1 targets of Service team/a-web are unhealthy: Target.Timeout"
    );
    let notes = |plan: &Plan, name: &str| {
        let mut listeners = plan.report.listeners.iter();
        let found = listeners.find(|it| it.listener == listener(name)).unwrap();
        assert_eq!(found.state, ProgrammedState::Programmed);
        found.notes.clone()
    };
    assert_eq!(
        notes(&plan, "a"),
        ["none of its targets is healthy: Target.Timeout"]
    );
    assert_eq!(notes(&plan, "b"), Vec::<String>::new());
    assert_eq!(plan.report.problems, Vec::<String>::new());
    find_targets(&mut observed, "k8s-team-bweb", &timeout);
    let plan = two_teams().plan(&observed, &context());
    assert_eq!(
        plan.report.problems,
        ["none of its 2 targets is healthy: Target.Timeout"]
    );
    find_targets(&mut observed, "k8s-team-", &Health::Initial);
    assert_eq!(two_teams().plan(&observed, &context()).report.rules, []);
}

/// On an NLB the listener's default action has the route's traffic.
#[test]
fn unhealthy_targets_are_told_by_the_route_of_a_default_action() {
    let tcp = || {
        Desired::of(LoadBalancerKind::Nlb)
            .member(80, ElbProtocol::Tcp, "a")
            .group("a-web", "a", 1)
            .edit(80, ElbProtocol::Tcp, |it| {
                it.default_action = forward("a-web");
                it.routes.insert(ServedRoute {
                    listener: listener("a"),
                    route: origin("r").route,
                });
            })
    };
    let mut observed = tcp().programmed();
    let timeout = Health::Unhealthy("Target.FailedHealthChecks".to_owned());
    find_targets(&mut observed, "k8s-team-aweb", &timeout);
    let report = tcp().plan(&observed, &context()).report;
    let [findings] = report.rules.as_slice() else {
        panic!("{:?}", report.rules);
    };
    assert_eq!(
        (&findings.origin, findings.state),
        (&origin("r"), RuleState::Degraded)
    );
    let text = "1 of 1 targets of Service team/a-web are unhealthy: Target.FailedHealthChecks";
    assert_eq!(findings.message, text);
    assert!(report.listeners[0].notes.contains(&text.to_owned()));
}

#[test]
fn a_replaced_load_balancer_stays_for_its_clients_while_the_successor_is_told() {
    let public = two_teams().settings(|settings| {
        settings.scheme = Some(tributary_model::elb::Scheme::InternetFacing);
    });
    let before = two_teams().programmed();
    let (former, _) = before.load_balancers.first_key_value().unwrap();
    let mut observed = take(&before, &public.plan(&before, &patient()));
    for group in observed.target_groups.values_mut() {
        if !group.load_balancers.contains(former) {
            for state in group.targets.values_mut() {
                *state = TargetState::Registered(Health::Initial);
            }
        }
    }
    // Its targets are not checked yet.
    let plan = public.plan(&observed, &patient());
    check_ops(&plan, &[]);
    assert_eq!(plan.report.arn.as_ref(), Some(former));
    assert!(plan.waiting[0].contains("healthy"), "{:?}", plan.waiting);
    find_targets(&mut observed, "k8s-team-", &Health::Healthy);
    let plan = public.plan(&observed, &patient());
    check_ops(&plan, &[]);
    assert_ne!(plan.report.arn.as_ref(), Some(former));
    assert!(!plan.report.settled);
    let wait = Wait::Clients {
        load_balancer: former.clone(),
    };
    assert_eq!(plan.waits[0].wait, wait);
    // A change meanwhile does not bring the former name back, and reaches both.
    let left = Context {
        waited: waited(&plan, Elapsed::Some),
        ..context()
    };
    let more = public.clone().rule(80, "a", "/more", "a-web");
    let mut changed = observed.clone();
    for changes in ["create rule", "create rule"] {
        let plan = more.plan(&changed, &left);
        check_ops(&plan, &[changes]);
        assert_ne!(plan.report.arn.as_ref(), Some(former));
        assert!(plan.waits.iter().any(|it| it.wait == wait));
        changed = take(&changed, &plan);
    }
    check_ops(&more.plan(&changed, &left), &[]);
    let over = Context {
        waited: waited(&plan, Elapsed::Enough),
        ..context()
    };
    find(&public.plan(&observed, &over), "delete load balancer");
}

/// Where requests for this host and path go on this port: groups with their weights; nothing where they are not forwarded.
fn answer(observed: &Observed, (port, host, path): (u16, &str, &str)) -> Vec<String> {
    let listeners = observed
        .load_balancers
        .values()
        .flat_map(|it| it.listeners.values());
    let Some(listener) = listeners.into_iter().find(|it| it.port == port) else {
        return Vec::new();
    };
    let mut rules: Vec<_> = listener.rules.values().collect();
    rules.sort_by_key(|it| it.priority);
    // The worlds of these tests have no wildcards.
    let is_for = |condition: &RuleCondition| match condition {
        RuleCondition::HostHeader(Patterns::Wildcard(hosts)) => hosts.iter().any(|it| it == host),
        RuleCondition::PathPattern(Patterns::Wildcard(paths)) => paths.iter().any(|it| it == path),
        other => panic!("{other:?}"),
    };
    let mut matching = rules.iter().filter(|it| it.conditions.iter().all(is_for));
    match matching.next().map(|it| &it.action) {
        Some(Action::Forward { targets, .. }) => {
            let sent = targets.iter().filter(|(_, weight)| **weight > 0);
            sent.map(|(arn, _)| arn.clone()).collect()
        }
        Some(_) | None => Vec::new(),
    }
}

fn requests(worlds: [&World; 2]) -> BTreeSet<(u16, String, String)> {
    let desired = worlds.map(World::desired);
    let listeners = desired.iter().flat_map(|it| it.0.listeners.values());
    listeners
        .flat_map(|listener| {
            let members = listener.members.values();
            members.flat_map(move |member| {
                let host = format!("{}.example.com", member.listener.owner.key.name);
                (0..4).map(move |path| (listener.port, host.clone(), format!("/{path}")))
            })
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn requests_go_to_healthy_targets_all_the_way(from in world(), to in world(), seed in any::<u64>()) {
        let to_desired = to.desired();
        let before = converge(&from.desired(), &account(), &context());
        let after = converge(&to_desired, &before, &context());
        let served: Vec<_> = requests([&from, &to]).into_iter().filter(|(port, host, path)| {
            let request = (*port, host.as_str(), path.as_str());
            !answer(&before, request).is_empty() && !answer(&after, request).is_empty()
        }).collect();
        let mut observed = before;
        for round in 0..4 {
            let known: BTreeSet<String> = observed.target_groups.keys().cloned().collect();
            let plan = to_desired.plan(&observed, &patient());
            let (start, steps) = (observed.clone(), shuffled(&plan.steps, seed));
            for taken in 1..=steps.len() {
                let done = run(&start, &steps[..taken], &alb(), &context());
                prop_assert_eq!(&done.violations, &Vec::<String>::new(), "\n{}", plan);
                observed = done.observed;
                for (arn, group) in &mut observed.target_groups {
                    if !known.contains(arn) {
                        for state in group.targets.values_mut() {
                            *state = TargetState::Registered(Health::Initial);
                        }
                    }
                }
                for (port, host, path) in &served {
                    let groups = answer(&observed, (*port, host, path));
                    let is_healthy = |arn: &String| {
                        let targets = &observed.target_groups[arn].targets;
                        targets.values().any(|it| it.health() == Some(&Health::Healthy))
                    };
                    prop_assert!(
                        !groups.is_empty() && groups.iter().all(is_healthy),
                        "round {}: {}{} on {} goes to {:?}\n{}", round, host, path, port, groups, plan,
                    );
                }
            }
            for state in observed.target_groups.values_mut().flat_map(|it| it.targets.values_mut()) {
                *state = TargetState::Registered(Health::Healthy);
            }
        }
        let last = to_desired.plan(&observed, &patient());
        prop_assert!(last.steps.is_empty() && last.report.settled, "\n{}", last);
        for (port, host, path) in requests([&from, &to]) {
            let request = (port, host.as_str(), path.as_str());
            let names = |observed: &Observed| -> Vec<String> {
                let groups = answer(observed, request).into_iter();
                groups.map(|arn| observed.target_groups[&arn].name.clone()).collect()
            };
            prop_assert_eq!(names(&observed), names(&after));
        }
    }
}

#[test]
fn a_rule_that_is_changed_is_told_as_such_unless_it_is_refused() {
    let changed = two_teams().edit_rule(80, 0, |it| it.action = forward("b-web"));
    let plan = changed.plan(&two_teams().programmed(), &context());
    let findings = plan.pending_rules(&BTreeMap::new());
    let texts: Vec<&str> = findings.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(texts, ["the rule is being changed"]);
    let mut plan = plan;
    let mut refused = findings[0].clone();
    refused.state = RuleState::NotServed;
    plan.report.rules.push(refused);
    assert_eq!(plan.pending_rules(&BTreeMap::new()), []);
}
