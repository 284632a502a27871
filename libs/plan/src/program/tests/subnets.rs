//! Which subnets a load balancer gets.

use tributary_model::config::SubnetConfiguration;
use tributary_model::elb::{LoadBalancerKind, Scheme};

use super::*;
use crate::values::observed::ObservedSubnet;

fn one() -> Desired {
    Desired::new().http(80, "a").rule(80, "a", "/", "a-web")
}

/// Id, zone, free addresses, tags.
type Subnet<'a> = (&'a str, &'a str, u32, &'a [(&'a str, &'a str)]);

/// The account with more subnets of the VPC.
fn with(mut observed: Observed, subnets: &[Subnet]) -> Observed {
    for (id, zone, free, tags) in subnets {
        let subnet = ObservedSubnet {
            zone: (*zone).to_owned(),
            vpc: "vpc-1".to_owned(),
            available_addresses: *free,
            tags: strings(tags),
        };
        observed.network.subnets.insert((*id).to_owned(), subnet);
    }
    observed
}

fn subnets(observed: &Observed) -> Vec<&str> {
    let load_balancer = observed.load_balancers.values().next().unwrap();
    load_balancer.subnets.keys().map(String::as_str).collect()
}

fn selecting(tags: &[(&str, &[&str])]) -> Desired {
    one().settings(|it| {
        it.subnets_selector = tags
            .iter()
            .map(|(key, values)| {
                let values = values.iter().map(|value| (*value).to_owned());
                ((*key).to_owned(), values.collect())
            })
            .collect();
    })
}

/// What selects subnets, and which of these are selected: `x` of team 1 and public, `y` of team 2 and public, `z` of team 1.
fn check_selected(tags: &[(&str, &[&str])], expected: &[&str]) {
    let account = with(
        empty(),
        &[
            ("x", "x", 100, &[("team", "1"), ("public", "")]),
            ("y", "y", 100, &[("team", "2"), ("public", "")]),
            ("z", "z", 100, &[("team", "1")]),
        ],
    );
    let observed = converge(&selecting(tags), &account, &context());
    assert_eq!(subnets(&observed), expected, "{tags:?}");
}

#[test]
fn a_selected_subnet_has_each_tag_with_one_of_its_values_or_any() {
    check_selected(&[("team", &["1", "2"])], &["x", "y", "z"]);
    check_selected(&[("team", &["1"])], &["x", "z"]);
    check_selected(&[("team", &[])], &["x", "y", "z"]);
    check_selected(&[("public", &[])], &["x", "y"]);
    check_selected(&[("public", &[]), ("team", &["1", "2", "3"])], &["x", "y"]);
}

#[test]
fn in_each_zone_the_first_subnet_with_room_for_an_alb_is_taken() {
    let role: &[(&str, &str)] = &[("kubernetes.io/role/internal-elb", "1")];
    let account = with(
        empty(),
        &[
            ("subnet-0", "a", 7, role),
            ("subnet-1", "b", 8, role),
            ("subnet-z", "c", 100, role),
        ],
    );
    let observed = converge(&one(), &account, &context());
    assert_eq!(subnets(&observed), ["subnet-1", "subnet-a", "subnet-c"]);
}

#[test]
fn a_subnet_that_is_used_stays_whatever_else_there_is_and_however_full_it_is() {
    let role: &[(&str, &str)] = &[("kubernetes.io/role/internal-elb", "1")];
    let mut observed = with(one().programmed(), &[("subnet-0", "a", 100, role)]);
    let subnet = observed.network.subnets.get_mut("subnet-a").unwrap();
    subnet.available_addresses = 0;
    let plan = one().plan(&observed, &context());
    assert!(plan.steps.is_empty(), "\n{plan}");
}

/// Why a load balancer is not there in an account without such subnets.
fn check_none(desired: &Desired, expected: &str) {
    let mut account = empty();
    for subnet in account.network.subnets.values_mut() {
        subnet.tags.clear();
    }
    let plan = desired.plan(&account, &context());
    assert!(
        plan.report.problems.iter().any(|it| it.contains(expected)),
        "{:?}",
        plan.report.problems
    );
}

#[test]
fn where_no_subnet_is_found_it_is_told_what_was_looked_for() {
    let role = "kubernetes.io/role/internal-elb";
    check_none(
        &one(),
        &format!("no subnet found in vpc-1 (discovered by tag {role}, with 8 free addresses each)"),
    );
    check_none(
        &one().settings(|it| it.scheme = Some(Scheme::InternetFacing)),
        "discovered by tag kubernetes.io/role/elb, with",
    );
    let nlb = Desired::of(LoadBalancerKind::Nlb)
        .member(80, ElbProtocol::Tcp, "a")
        .group("g", "a", 1)
        .edit(80, ElbProtocol::Tcp, |it| it.default_action = forward("g"));
    check_none(&nlb, &format!("(discovered by tag {role})"));
    check_none(
        &selecting(&[("team", &["1"])]),
        "no subnet found in vpc-1 (as selected by loadBalancerSubnetsSelector)",
    );
    // Mappings without identifiers say where the addresses come from, not which subnets.
    let mapping = SubnetConfiguration::default();
    check_none(
        &one().settings(|it| it.subnets = vec![mapping]),
        &format!("discovered by tag {role}"),
    );
}
