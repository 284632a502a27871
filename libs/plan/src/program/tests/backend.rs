//! The way from load balancers to their targets.

use tributary_model::ObjectKey;
use tributary_model::desired::TargetId;
use tributary_model::elb::{TargetProtocol, TargetType};
use tributary_model::report::{LoadBalancerPhase, RuleState};

use super::*;
use crate::fixtures::{opening, with_door, with_interface, with_nodes};
use crate::values::defaults::Defaults;
use crate::values::limits::{BackendGroups, Context, Failure};
use crate::values::observed::{BackendGroup, Opening, Seen};
use crate::values::op::{IngressTraffic, Op};
use crate::values::tags::{self, Tags};

/// One team with one target, 10.0.0.0:80.
fn one() -> Desired {
    Desired::new().http(80, "a").rule(80, "a", "/", "a-web")
}

/// The same for another Gateway.
fn another() -> Desired {
    let mut another = one();
    another.0.key.gateway = ObjectKey::new("infra", "other");
    another
}

fn nodes() -> Observed {
    with_nodes(empty())
}

fn programmed(desired: &Desired) -> Observed {
    converge(desired, &nodes(), &opening())
}

/// The rules of a group, with who claims them.
fn rules(observed: &Observed, group: &str) -> Vec<String> {
    let door = observed.backend.doors[group].known().unwrap();
    let rules = door.rules.iter().map(|(opening, tags)| {
        let claims = tags::claims(tags).filter_map(|key| tags.get(key));
        format!(
            "{}: {}",
            opening.traffic,
            claims.cloned().collect::<Vec<_>>().join(", ")
        )
    });
    rules.collect()
}

fn groups(observed: &Observed) -> &BTreeMap<String, BackendGroup> {
    observed.backend.groups.known().unwrap()
}

fn with_rule(mut observed: Observed, port: u16, tags: Tags) -> Observed {
    let source = groups(&observed).keys().next().unwrap().clone();
    let opening = Opening {
        source,
        traffic: IngressTraffic::Tcp(port, port),
    };
    let door = observed.backend.doors.get_mut("sg-node").unwrap();
    door.known_mut().unwrap().rules.insert(opening, tags);
    observed
}

fn problems_of_routes(plan: &Plan) -> Vec<&str> {
    let problems = plan.report.rules.iter();
    problems.map(|it| it.message.as_str()).collect()
}

fn removed(desired: &Desired, observed: &Observed) -> Observed {
    let key = &desired.0.key;
    let plan = plan(None, key, observed, &opening());
    let done = run(observed, &plan.steps, key, &opening());
    assert_eq!(done.violations, Vec::<String>::new(), "\n{plan}");
    let again = super::plan(None, key, &done.observed, &opening());
    assert_eq!(again.report.phase, LoadBalancerPhase::Deleted);
    assert!(again.steps.is_empty(), "\n{again}");
    done.observed
}

#[test]
fn targets_are_open_before_they_are_registered() {
    let plan = one().plan(&nodes(), &opening());
    let open = find(
        &plan,
        "open targets in sg-node: tcp 80-80 from new:k8s-traffic-test-",
    );
    let register = find(&plan, "register with");
    assert!(register.following.contains(&open.id), "\n{plan}");
    let group = find(
        &plan,
        "create backend group k8s-traffic-test-9f86d08188 in vpc-1",
    );
    assert!(open.after.contains(&group.id), "\n{plan}");
    let load_balancer = find(&plan, "create alb");
    assert!(load_balancer.after.contains(&group.id), "\n{plan}");
    let settled = programmed(&one());
    assert_eq!(rules(&settled, "sg-node"), ["tcp 80-80: alb infra/gw"]);
}

#[test]
fn switched_off_nothing_is_opened_and_what_was_asked_by_name_is_told() {
    let asked = one().settings(|it| it.manage_backend_security_group_rules = Some(true));
    let plan = asked.plan(&nodes(), &context());
    assert!(
        !ops(&plan).iter().any(|op| op.contains("open targets")),
        "\n{plan}"
    );
    assert!(plan.report.problems[0].starts_with("manageBackendSecurityGroupRules is not done"));
    assert_eq!(
        one().plan(&nodes(), &context()).report.problems,
        Vec::<String>::new()
    );
}

#[test]
fn a_second_load_balancer_claims_what_the_first_one_opened() {
    let observed = programmed(&one());
    let plan = another().plan(&observed, &opening());
    assert!(
        !ops(&plan)
            .iter()
            .any(|op| op.contains("create backend group"))
    );
    let both = converge(&another(), &observed, &opening());
    assert_eq!(
        rules(&both, "sg-node"),
        ["tcp 80-80: alb infra/gw, alb infra/other"]
    );
    assert_eq!(groups(&both).len(), 1);
}

#[test]
fn rule_and_group_go_with_the_last_load_balancer_that_needs_them() {
    let both = converge(&another(), &programmed(&one()), &opening());
    let rest = removed(&one(), &both);
    assert_eq!(rules(&rest, "sg-node"), ["tcp 80-80: alb infra/other"]);
    assert_eq!(groups(&rest).len(), 1);
    let rest = removed(&another(), &rest);
    assert_eq!(rest, nodes());
}

#[test]
fn a_rule_goes_after_the_last_target_that_needs_it() {
    let moved = one().edit_group("a-web", |it| it.targets = [target(1, 81)].into());
    let observed = programmed(&one());
    let plan = moved.plan(&observed, &opening());
    let close = find(&plan, "close targets in sg-node: tcp 80-80");
    assert!(
        close.after.contains(&find(&plan, "deregister from").id),
        "\n{plan}"
    );
    assert!(
        close
            .after
            .contains(&find(&plan, "open targets in sg-node: tcp 81-81").id)
    );
    let settled = converge(&moved, &observed, &opening());
    assert_eq!(rules(&settled, "sg-node"), ["tcp 81-81: alb infra/gw"]);
}

#[test]
fn a_rule_of_another_controller_is_used_as_it_is_and_stays() {
    let source = programmed(&one());
    let mut observed = nodes();
    observed.backend.groups = source.backend.groups.clone();
    let observed = with_rule(observed, 80, Tags::new());
    let settled = converge(&one(), &observed, &opening());
    assert_eq!(rules(&settled, "sg-node"), ["tcp 80-80: "]);
    // That rule lets our group in, so AWS keeps it.
    let rest = removed(&one(), &settled);
    assert_eq!(rules(&rest, "sg-node"), ["tcp 80-80: "]);
    let mut groups = groups(&rest).values();
    assert!(groups.all(|it| tags::claims(&it.tags).next().is_none()));
}

#[test]
fn a_group_that_another_controller_made_is_carried_and_never_tagged_or_removed() {
    let mut observed = nodes();
    let group = BackendGroup {
        vpc: "vpc-1".to_owned(),
        tags: tags::backend_group("test"),
    };
    let known = BTreeMap::from([("sg-theirs".to_owned(), group)]);
    observed.backend.groups = Seen::Known(known.clone());
    let settled = converge(&one(), &observed, &opening());
    let mut load_balancers = settled.load_balancers.values();
    assert!(load_balancers.all(|it| it.security_groups.contains("sg-theirs")));
    assert_eq!(groups(&removed(&one(), &settled)), &known);
}

#[test]
fn a_rule_with_forty_claims_takes_no_more_and_is_taken_up_when_there_is_room() {
    let claims = |count: usize| -> Tags {
        let mut tags = tags::shared_rule("test", "here");
        for number in 0..count {
            let mut key = alb();
            key.gateway = ObjectKey::new("infra", format!("other{number}"));
            tags.extend([tags::claim("here", &key)]);
        }
        tags
    };
    let full = with_rule(programmed(&one()), 80, claims(40));
    assert_eq!(ops(&one().plan(&full, &opening())), Vec::<String>::new());
    let budget = with_rule(programmed(&one()), 80, claims(39));
    assert_eq!(
        ops(&one().plan(&budget, &opening())).len(),
        1,
        "our claim is missing"
    );
}

#[test]
fn health_checks_and_udp_are_let_in_too() {
    let desired = Desired::of(LoadBalancerKind::Nlb)
        .member(53, ElbProtocol::Udp, "dns")
        .group("dns", "dns", 1)
        .edit(53, ElbProtocol::Udp, |it| {
            it.default_action = forward("dns");
        })
        .edit_group("dns", |it| {
            it.protocol = TargetProtocol::Udp;
            it.health_check.port = Some("8081".to_owned());
        });
    let settled = converge(&desired, &nodes(), &opening());
    assert_eq!(
        rules(&settled, "sg-node"),
        ["tcp 8081-8081: nlb infra/gw", "udp 80-80: nlb infra/gw"]
    );
}

#[test]
fn of_an_instance_the_first_interface_is_opened() {
    let id = TargetId::Instance("i-1".to_owned());
    let mut observed = with_door(empty(), "sg-node");
    observed = with_interface(observed, 0, &["sg-node"]);
    let interfaces = &mut observed.backend.interfaces;
    let interface = interfaces.remove(&target(0, 0).id).unwrap();
    interfaces.insert(id.clone(), interface);
    let desired = one().edit_group("a-web", |it| {
        it.target_type = TargetType::Instance;
        it.targets = [tributary_model::desired::DesiredTarget { id, port: 30_080 }].into();
    });
    let settled = converge(&desired, &observed, &opening());
    assert_eq!(
        rules(&settled, "sg-node"),
        ["tcp 30080-30080: alb infra/gw"]
    );
}

#[test]
fn of_several_groups_the_one_with_the_clusters_tag_is_opened() {
    let mut observed = with_door(with_door(empty(), "sg-node"), "sg-pod");
    let untagged = observed.backend.doors.get_mut("sg-pod").unwrap();
    untagged.known_mut().unwrap().tags = Tags::new();
    let observed = with_interface(observed, 0, &["sg-node", "sg-pod"]);
    let settled = converge(&one(), &observed, &opening());
    assert_eq!(rules(&settled, "sg-node"), ["tcp 80-80: alb infra/gw"]);
    assert_eq!(rules(&settled, "sg-pod"), Vec::<String>::new());
}

/// What its route reads of the only target; it is served all the same.
#[track_caller]
fn check_told(observed: &Observed, expected: &str) {
    let settled = converge(&one(), observed, &opening());
    let plan = one().plan(&settled, &opening());
    let expected = format!("targets 10.0.0.0:80 are not opened for the load balancer: {expected}");
    assert_eq!(problems_of_routes(&plan), [expected.as_str()]);
    assert!(
        plan.report
            .rules
            .iter()
            .all(|it| it.state == RuleState::Degraded)
    );
    assert_eq!(state(&plan, "a"), ProgrammedState::Programmed);
}

#[test]
fn a_target_whose_group_cannot_be_told_is_told_by_its_route() {
    let doors = || with_door(with_door(empty(), "sg-one"), "sg-two");
    check_told(
        &with_interface(doors(), 0, &["sg-one", "sg-two"]),
        "security groups sg-one, sg-two of network interface eni-0 all have the tag kubernetes.io/cluster/test",
    );
    let mut untagged = doors();
    for door in untagged.backend.doors.values_mut() {
        door.known_mut().unwrap().tags = Tags::new();
    }
    check_told(
        &with_interface(untagged, 0, &["sg-one", "sg-two"]),
        "none of the 2 security groups of network interface eni-0 has the tag kubernetes.io/cluster/test",
    );
    check_told(
        &with_interface(empty(), 0, &[]),
        "network interface eni-0 has no security group",
    );
    check_told(
        &with_interface(empty(), 0, &["sg-gone"]),
        "security group sg-gone was not found",
    );
    let mut none = empty();
    let none_has_it = Seen::Known(Vec::new());
    none.backend.interfaces.insert(target(0, 0).id, none_has_it);
    check_told(&none, "no network interface in vpc-1 has the address");
    let unread = Seen::Unknown("DescribeNetworkInterfaces: no".to_owned());
    none.backend.interfaces.insert(target(0, 0).id, unread);
    check_told(
        &none,
        "the network interface could not be looked for: DescribeNetworkInterfaces: no",
    );
}

#[test]
fn one_target_that_cannot_be_opened_keeps_no_other_from_being_opened() {
    let desired = one()
        .rule(80, "a", "/more", "more")
        .edit_group("more", |it| {
            it.targets = [target(99, 8080)].into();
        });
    let settled = converge(&desired, &nodes(), &opening());
    assert_eq!(rules(&settled, "sg-node"), ["tcp 80-80: alb infra/gw"]);
}

#[test]
fn named_groups_are_let_in_when_that_is_asked() {
    let named = |manage| {
        one().settings(|it| {
            it.security_groups = vec!["sg-mine".to_owned()];
            it.manage_backend_security_group_rules = manage;
        })
    };
    let mut observed = nodes();
    let mine = crate::values::observed::ObservedSecurityGroup {
        name: "mine".to_owned(),
        vpc: "vpc-1".to_owned(),
        tags: Tags::new(),
        ingress: BTreeSet::new(),
    };
    observed.security_groups.insert("sg-mine".to_owned(), mine);
    for manage in [None, Some(false)] {
        let settled = converge(&named(manage), &observed, &opening());
        assert_eq!(rules(&settled, "sg-node"), Vec::<String>::new());
        assert_eq!(groups(&settled).len(), 0);
    }
    let settled = converge(&named(Some(true)), &observed, &opening());
    assert_eq!(rules(&settled, "sg-node"), ["tcp 80-80: alb infra/gw"]);
    let load_balancer = settled.load_balancers.values().next().unwrap();
    assert_eq!(load_balancer.security_groups.len(), 2);
    // And back: with the last load balancer that carries it the group goes.
    let settled = converge(&named(None), &settled, &opening());
    assert_eq!(rules(&settled, "sg-node"), Vec::<String>::new());
    assert_eq!(groups(&settled).len(), 0);
}

#[test]
fn a_load_balancer_without_security_groups_says_that_its_targets_are_not_opened() {
    let bare = Desired::of(LoadBalancerKind::Nlb)
        .member(80, ElbProtocol::Tcp, "a")
        .group("a", "a", 1)
        .edit(80, ElbProtocol::Tcp, |it| it.default_action = forward("a"))
        .settings(|it| it.disable_security_group = Some(true));
    let settled = converge(&bare, &nodes(), &opening());
    assert_eq!(rules(&settled, "sg-node"), Vec::<String>::new());
    let problems = bare.plan(&settled, &opening()).report.problems;
    assert!(
        problems[0].contains("has no security group that"),
        "{problems:?}"
    );
}

/// It has security groups all the same (ELBv2 `CreateLoadBalancer`), so that its targets can let them in.
#[test]
fn an_alb_whose_security_groups_cannot_be_disabled_has_its_targets_opened() {
    let alb = one().settings(|it| it.disable_security_group = Some(true));
    let settled = programmed(&alb);
    assert_eq!(rules(&settled, "sg-node"), ["tcp 80-80: alb infra/gw"]);
    assert_eq!(
        alb.plan(&settled, &opening()).report.problems,
        ["disableSecurityGroup is not followed: an ALB always has security groups"]
    );
}

/// With the operation that begins so refused by AWS for good.
fn refused(desired: &Desired, observed: &Observed, start: &str) -> Context {
    let plan = desired.plan(observed, &opening());
    let op = find(&plan, start).op.key();
    let mut context = opening();
    context
        .failures
        .insert(op, Failure::Refused("no".to_owned()));
    context
}

#[test]
fn targets_that_aws_refuses_to_open_are_registered_and_told() {
    let observed = programmed(&Desired::new().http(80, "a"));
    let context = refused(&one(), &observed, "open targets");
    let plan = one().plan(&observed, &context);
    assert!(
        find(&plan, "register with").following.is_empty(),
        "\n{plan}"
    );
    find(&plan, "create rule");
    assert_eq!(
        problems_of_routes(&plan),
        ["ingress tcp 80-80 of security group sg-node: no"]
    );
}

#[test]
fn what_is_open_gives_way_to_nothing_that_aws_refuses_to_open() {
    let moved = one().edit_group("a-web", |it| {
        it.port = 81;
        it.targets = [target(0, 81)].into();
    });
    let observed = programmed(&one());
    let context = refused(&moved, &observed, "open targets");
    let plan = moved.plan(&observed, &context);
    assert!(
        !ops(&plan).iter().any(|op| op.starts_with("modify rule")),
        "\n{plan}"
    );
    assert!(
        !ops(&plan).iter().any(|op| op.starts_with("close")),
        "\n{plan}"
    );
    let rollout = one().edit_group("a-web", |it| it.targets = [target(1, 81)].into());
    let context = refused(&rollout, &observed, "open targets");
    let plan = rollout.plan(&observed, &context);
    assert!(
        !ops(&plan).iter().any(|op| op.starts_with("deregister")),
        "\n{plan}"
    );
}

#[test]
fn a_backend_group_that_cannot_be_had_costs_no_load_balancer() {
    let context = refused(&one(), &nodes(), "create backend group");
    let plan = one().plan(&nodes(), &context);
    find(&plan, "create alb");
    assert!(
        plan.report.problems[0].ends_with("cannot be had: no"),
        "{:?}",
        plan.report.problems
    );
}

#[test]
fn what_could_not_be_read_takes_no_group_off_and_closes_nothing() {
    let mut observed = programmed(&one());
    observed.backend.groups = Seen::Unknown("no".to_owned());
    let plan = one().plan(&observed, &opening());
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert_eq!(
        plan.report.problems,
        ["the backend security group could not be looked for: no"]
    );
}

#[test]
fn a_group_of_ones_own_is_let_in_before_it_takes_the_place_of_the_shared_one() {
    let context = Context {
        backend: BackendGroups::Named("sg-own".to_owned()),
        ..context()
    };
    let mut observed = programmed(&one());
    let own = BackendGroup {
        vpc: "vpc-1".to_owned(),
        tags: Tags::new(),
    };
    let groups = observed.backend.groups.known_mut().unwrap();
    groups.insert("sg-own".to_owned(), own);
    let plan = one().plan(&observed, &context);
    let open = find(&plan, "open targets in sg-node: tcp 80-80 from sg-own");
    let regroup = find(&plan, "set security groups");
    assert!(regroup.after.contains(&open.id), "\n{plan}");
    let close = find(
        &plan,
        "close targets in sg-node: tcp 80-80 from sg-k8s-traffic",
    );
    assert!(close.after.contains(&regroup.id), "\n{plan}");
    let settled = converge(&one(), &observed, &context);
    assert_eq!(super::backend::groups(&settled).len(), 1);
}

#[test]
fn while_the_group_of_one_target_is_not_known_nothing_is_closed() {
    let moved = one().edit_group("a-web", |it| it.targets = [target(99, 81)].into());
    let plan = moved.plan(&programmed(&one()), &opening());
    assert!(
        !plan
            .steps
            .iter()
            .any(|it| matches!(it.op, Op::CloseTargets { .. })),
        "\n{plan}"
    );
}

#[test]
fn more_ports_than_rules_can_be_had_for_are_one_range() {
    let desired = one().edit_group("a-web", |it| {
        it.targets = (0..15)
            .map(|n| target(n, 30_000 + 3 * u16::from(n)))
            .collect();
    });
    let desired = desired
        .rule(80, "a", "/more", "more")
        .edit_group("more", |it| {
            it.targets = (0..15)
                .map(|n| target(n, 31_000 + 3 * u16::from(n)))
                .collect();
        });
    let settled = converge(&desired, &nodes(), &opening());
    assert_eq!(
        rules(&settled, "sg-node"),
        ["tcp 30000-31042: alb infra/gw"]
    );
}

#[test]
fn what_load_balancers_share_has_the_platforms_tags_and_no_load_balancers_own() {
    let context = Context {
        defaults: Defaults {
            tags: crate::fixtures::strings(&[("bill", "platform"), ("cost", "others")]),
            external_tags: ["cost".to_owned()].into(),
            ..Defaults::default()
        },
        ..opening()
    };
    let desired = one().settings(|it| it.tags = crate::fixtures::strings(&[("team", "a")]));
    let observed = converge(&desired, &nodes(), &context);
    let shared = groups(&observed).values().next().unwrap();
    let door = observed.backend.doors["sg-node"].known().unwrap();
    for tags in [&shared.tags, door.rules.values().next().unwrap()] {
        assert_eq!(tags.get("bill").map(String::as_str), Some("platform"));
        assert_eq!(tags.get("cost"), None);
        assert_eq!(tags.get("team"), None);
    }
}

#[test]
fn targets_that_nobody_can_open_are_named_once_there_is_a_load_balancer() {
    let ids = [0, 1].map(|number| crate::fixtures::target(number, 80).id);
    let unopened = |observed: &Observed| {
        crate::backend::unopened(observed, "test", ids.iter())
            .into_iter()
            .collect::<Vec<_>>()
    };
    assert_eq!(unopened(&nodes()), []);
    let mut observed = programmed(&one());
    assert_eq!(unopened(&observed), []);
    let why = Seen::Known(Vec::new());
    observed.backend.interfaces.insert(ids[1].clone(), why);
    assert_eq!(unopened(&observed), [ids[1].clone()]);
    observed.load_balancers.clear();
    assert_eq!(unopened(&observed), []);
}

/// Named, it is another's to open: what one claims is given up first.
#[test]
fn a_load_balancer_is_not_gone_while_something_is_open_for_it() {
    let observed = programmed(&one());
    let mut left = nodes();
    left.backend.doors.clone_from(&observed.backend.doors);
    let phase = |observed: &Observed| {
        let key = &one().0.key;
        crate::plan(None, key, observed, &opening()).report.phase
    };
    assert_eq!(phase(&left), LoadBalancerPhase::Deleting);
    assert_eq!(phase(&nodes()), LoadBalancerPhase::Deleted);
}

#[test]
fn a_default_action_moves_to_targets_that_are_open() {
    let nlb = |group: &str, port: u16| {
        Desired::of(LoadBalancerKind::Nlb)
            .member(80, ElbProtocol::Tcp, "a")
            .group(group, "a", 1)
            .edit_group(group, |it| {
                it.port = port;
                it.targets = [crate::fixtures::target(0, port)].into();
            })
            .edit(80, ElbProtocol::Tcp, |it| {
                it.default_action = forward(group);
            })
    };
    let plan = nlb("h", 81).plan(&programmed(&nlb("g", 80)), &opening());
    let opened = find(&plan, "open targets").id;
    let moved = find(&plan, "modify listener");
    assert!(moved.after.contains(&opened), "\n{plan}");
}
