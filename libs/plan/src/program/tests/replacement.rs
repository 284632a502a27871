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
    let settled = settle(&public(), &done.observed, &context());
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

#[test]
fn under_a_name_that_was_asked_for_the_former_goes_first() {
    let named =
        |desired: Desired| desired.settings(|settings| settings.name = Some("front".to_owned()));
    let observed = named(two_teams()).programmed();
    let plan = named(public()).plan(&observed, &context());
    let deletion = find(&plan, "delete load balancer");
    assert!(
        find(&plan, "create alb front").after.contains(&deletion.id),
        "\n{plan}"
    );
    settle(&named(public()), &observed, &context());
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

#[test]
fn a_target_group_name_that_is_taken_gets_a_stand_in() {
    let named = two_teams().edit_group("a-web", |group| group.name = Some("web".to_owned()));
    let changed = named.clone().edit_group("a-web", |group| group.port = 81);
    let settled = settle(&changed, &named.programmed(), &context());
    assert_eq!(settled.target_groups.len(), 2);
}
