use tributary_model::config::{LoadBalancerSettings, SubnetConfiguration};
use tributary_model::elb::LoadBalancerKind;

use crate::fixtures::{Desired, context, empty, settle};

/// An NLB that was made with these settings is asked for others: what is told of it, and no write.
fn check(
    before: impl FnOnce(&mut LoadBalancerSettings),
    after: impl FnOnce(&mut LoadBalancerSettings),
    told: &[&str],
) {
    let nlb = || {
        Desired::of(LoadBalancerKind::Nlb).member(80, tributary_model::elb::ElbProtocol::Tcp, "a")
    };
    let made = settle(&nlb().settings(before), &empty(), &context());
    let plan = nlb().settings(after).plan(&made, &context());
    let expected: Vec<String> = told
        .iter()
        .map(|field| {
            let (field, there) = field.split_once(' ').unwrap();
            format!("{field} cannot be changed on a load balancer that is there, and stays {there}")
        })
        .collect();
    assert_eq!(plan.report.problems, expected);
    assert_eq!(crate::fixtures::ops(&plan), Vec::<String>::new());
}

fn subnet(change: impl FnOnce(&mut SubnetConfiguration)) -> Vec<SubnetConfiguration> {
    let mut subnet = SubnetConfiguration {
        identifier: "subnet-a".to_owned(),
        ..SubnetConfiguration::default()
    };
    change(&mut subnet);
    vec![subnet]
}

fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

#[test]
fn addresses_of_a_subnet_in_use_stay() {
    check(
        |settings| settings.subnets = subnet(|it| it.eip_allocation = text("eip-1")),
        |settings| settings.subnets = subnet(|it| it.eip_allocation = text("eip-2")),
        &["loadBalancerSubnets[subnet-a].eipAllocation eip-1"],
    );
    check(
        |settings| settings.subnets = subnet(|it| it.private_ipv4 = text("10.0.0.9")),
        |settings| settings.subnets = subnet(|it| it.private_ipv4 = text("10.0.0.8")),
        &["loadBalancerSubnets[subnet-a].privateIPv4Allocation 10.0.0.9"],
    );
    check(
        |settings| settings.subnets = subnet(|_| {}),
        |settings| settings.subnets = subnet(|it| it.ipv6 = text("fd00::1")),
        &["loadBalancerSubnets[subnet-a].ipv6Allocation not set"],
    );
    check(
        |settings| settings.subnets = subnet(|it| it.source_nat_ipv6_prefix = text("fd00::/80")),
        |settings| settings.subnets = subnet(|it| it.source_nat_ipv6_prefix = text("fd01::/80")),
        &["loadBalancerSubnets[subnet-a].sourceNatIPv6Prefix fd00::/80"],
    );
}

#[test]
fn any_prefix_is_content_with_the_one_that_is_there() {
    check(
        |settings| settings.subnets = subnet(|it| it.source_nat_ipv6_prefix = text("fd00::/80")),
        |settings| {
            settings.subnets = subnet(|it| it.source_nat_ipv6_prefix = text("auto_assigned"))
        },
        &[],
    );
}

#[test]
fn pools_of_addresses_stay() {
    check(
        |settings| settings.ipv4_ipam_pool = text("ipam-1"),
        |settings| settings.ipv4_ipam_pool = text("ipam-2"),
        &["ipv4IPAMPoolId ipam-1"],
    );
    check(
        |settings| settings.ipv4_ipam_pool = text("ipam-1"),
        |_| {},
        &["ipv4IPAMPoolId ipam-1"],
    );
    check(
        |_| {},
        |settings| settings.customer_owned_ipv4_pool = text("pool"),
        &["customerOwnedIpv4Pool not set"],
    );
}

#[test]
fn what_is_as_it_was_is_not_told() {
    let same = |settings: &mut LoadBalancerSettings| {
        settings.subnets = subnet(|it| it.eip_allocation = text("eip-1"));
        settings.ipv4_ipam_pool = text("ipam-1");
    };
    check(same, same, &[]);
}
