use tributary_model::desired::{AwaitedTarget, GatedPod};

use super::*;
use crate::values::observed::Health;

/// One more target in group `a-web`, registered by somebody else.
fn with_foreign_target(mut observed: Observed) -> Observed {
    let mut groups = observed.target_groups.values_mut();
    let group = groups.find(|it| it.name.contains("aweb")).unwrap();
    let foreign = (
        target(77, 8080),
        TargetState::Registered(crate::values::observed::Health::Healthy),
    );
    group.targets.extend([foreign]);
    observed
}

fn shared(desired: Desired) -> Desired {
    desired.edit_group("a-web", |group| group.multi_cluster = true)
}

fn moved(desired: Desired) -> Desired {
    desired.edit_group("a-web", |group| group.targets = [target(9, 80)].into())
}

fn targets_of_a(observed: &Observed) -> Vec<String> {
    let mut groups = observed.target_groups.values();
    let group = groups.find(|it| it.name.contains("aweb")).unwrap();
    group.targets.keys().map(ToString::to_string).collect()
}

#[test]
fn a_target_that_another_cluster_registered_stays_and_ours_follow() {
    let observed = with_foreign_target(shared(two_teams()).programmed());
    let same = shared(two_teams()).plan(&observed, &context());
    assert_eq!(ops(&same), Vec::<String>::new());
    // All that is known of who registered what is in AWS, so a restart makes no difference.
    let observed = converge(&shared(moved(two_teams())), &observed, &context());
    assert_eq!(targets_of_a(&observed), ["10.0.0.9:80", "10.0.0.77:8080"]);
}

#[test]
fn without_sharing_a_target_that_somebody_registered_goes() {
    let observed = converge(
        &two_teams(),
        &with_foreign_target(two_teams().programmed()),
        &context(),
    );
    assert_eq!(targets_of_a(&observed), ["10.0.0.0:80"]);
}

#[test]
fn a_group_that_becomes_shared_keeps_what_it_has() {
    let observed = with_foreign_target(two_teams().programmed());
    let observed = converge(&shared(two_teams()), &observed, &context());
    assert_eq!(targets_of_a(&observed), ["10.0.0.0:80", "10.0.0.77:8080"]);
    let observed = converge(&shared(moved(two_teams())), &observed, &context());
    assert_eq!(targets_of_a(&observed), ["10.0.0.9:80", "10.0.0.77:8080"]);
}

/// Two good pods and one that AWS refuses, then a rollout.
#[test]
fn a_bad_target_keeps_no_good_one_out_and_a_rollout_leaves_no_group_empty() {
    let pods = |numbers: &[u8]| {
        let targets: BTreeSet<_> = numbers.iter().map(|n| target(*n, 80)).collect();
        two_teams().edit_group("a-web", |group| group.targets = targets)
    };
    let mut observed = pods(&[5, 6]).programmed();
    let mut context = context();
    for numbers in [&[5, 6, 99][..], &[15, 16, 99]] {
        loop {
            let plan = pods(numbers).plan(&observed, &context);
            if plan.steps.is_empty() {
                let findings: Vec<_> = plan.report.rules.iter().map(|it| &it.message).collect();
                assert_eq!(findings, ["target 10.0.0.99:80: no such address"]);
                break;
            }
            for step in &plan.steps {
                if step.op.to_string().contains("10.0.0.99") {
                    let refused =
                        crate::values::limits::Failure::Refused("no such address".to_owned());
                    context.failures.insert(step.op.key(), refused);
                    break;
                }
                observed = run(&observed, std::slice::from_ref(step), &alb(), &context).observed;
                assert!(targets_of_a(&observed).len() >= 2);
            }
        }
    }
    assert_eq!(targets_of_a(&observed), ["10.0.0.15:80", "10.0.0.16:80"]);
}

/// A rollout of all pods at a quota of targets with so much room: how many there are at the least, at any moment.
#[track_caller]
fn check_rollout(pods: u8, budget: u32, fewest: usize) {
    let of = |first: u8| {
        let targets: BTreeSet<_> = (first..first + pods).map(|n| target(n, 80)).collect();
        Desired::new()
            .http(80, "a")
            .rule(80, "a", "/", "a-web")
            .edit_group("a-web", |group| group.targets = targets)
    };
    let mut context = context();
    context.limits.alb.targets = u32::from(pods) + budget;
    let mut observed = converge(&of(0), &empty(), &context);
    let mut seen = targets_of_a(&observed).len();
    loop {
        let plan = of(100).plan(&observed, &context);
        if plan.steps.is_empty() {
            break;
        }
        for taken in 1..=plan.steps.len() {
            let done = run(&observed, &plan.steps[..taken], &alb(), &context);
            assert_eq!(done.violations, Vec::<String>::new(), "\n{plan}");
            seen = seen.min(targets_of_a(&done.observed).len());
        }
        observed = run(&observed, &plan.steps, &alb(), &context).observed;
    }
    assert_eq!(seen, fewest);
    assert_eq!(targets_of_a(&observed).len(), usize::from(pods));
}

#[test]
fn with_room_for_both_nobody_goes_before_its_successor_has_come() {
    check_rollout(3, 3, 3);
}

#[test]
fn at_the_quota_as_few_go_first_as_are_needed_and_one_stays() {
    check_rollout(3, 2, 2);
    check_rollout(3, 1, 1);
}

#[test]
fn where_no_place_is_left_all_go_first() {
    check_rollout(3, 0, 0);
    check_rollout(1, 0, 0);
}

/// Two targets of one pod, as a Service with two ports has them, and one of another.
#[test]
fn a_pod_is_told_healthy_when_all_of_its_targets_are() {
    let pod = |name: &str| GatedPod {
        key: tributary_model::ObjectKey::new("team", name),
        uid: Some("u".into()),
    };
    let awaited = |number: u8, name: &str| AwaitedTarget {
        target: target(number, 80),
        pod: pod(name),
    };
    let desired = Desired::new()
        .http(80, "web")
        .rule(80, "web", "/a", "a")
        .rule(80, "web", "/b", "b")
        .edit_group("a", |it| {
            it.targets = [target(1, 80), target(2, 80)].into();
            it.awaited = [awaited(1, "one"), awaited(2, "two")].into();
        })
        .edit_group("b", |it| {
            it.targets = [target(3, 80)].into();
            it.awaited = [awaited(3, "one")].into();
        });
    let findings = |observed: &Observed| desired.plan(observed, &context()).report.healthy;
    assert_eq!(findings(&empty()), BTreeSet::new());
    let mut observed = converge(&desired, &empty(), &context());
    assert_eq!(findings(&observed), [pod("one"), pod("two")].into());
    for health in [
        Health::Initial,
        Health::Unhealthy("Target.Timeout".to_owned()),
        Health::Unused("Target.NotInUse".to_owned()),
    ] {
        for group in observed.target_groups.values_mut() {
            if let Some(state) = group.targets.get_mut(&target(3, 80)) {
                *state = TargetState::Registered(health.clone());
            }
        }
        assert_eq!(findings(&observed), [pod("two")].into(), "{health:?}");
    }
}

#[test]
fn a_target_group_has_the_name_that_it_asks_for_and_another_name_is_another_group() {
    let named = |name: &str| {
        Desired::new()
            .http(80, "a")
            .rule(80, "a", "/", "web")
            .edit_group("web", |it| it.name = Some(name.to_owned()))
    };
    let groups = |observed: &Observed| {
        let all = observed.target_groups.values();
        all.map(|it| it.name.clone()).collect::<Vec<_>>()
    };
    let observed = named("mine").programmed();
    assert_eq!(groups(&observed), ["mine"]);
    let observed = converge(&named("other"), &observed, &context());
    assert_eq!(groups(&observed), ["other"]);
}
