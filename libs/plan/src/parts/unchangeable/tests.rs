use tributary_model::config::{LoadBalancerSettings, SubnetConfiguration};
use tributary_model::elb::LoadBalancerKind;

use crate::fixtures::{Desired, context, converge, empty};

/// An NLB that was made with these settings is asked for others: what is told of it, and no write.
fn check(
    before: impl FnOnce(&mut LoadBalancerSettings),
    after: impl FnOnce(&mut LoadBalancerSettings),
    findings: &[&str],
) {
    let nlb = || {
        Desired::of(LoadBalancerKind::Nlb).member(80, tributary_model::elb::ElbProtocol::Tcp, "a")
    };
    let made = converge(&nlb().settings(before), &empty(), &context());
    let plan = nlb().settings(after).plan(&made, &context());
    let expected: Vec<String> = findings
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

#[test]
fn addresses_of_a_subnet_in_use_stay() {
    check(
        |settings| settings.subnets = subnet(|it| it.eip_allocation = Some("eip-1".to_owned())),
        |settings| settings.subnets = subnet(|it| it.eip_allocation = Some("eip-2".to_owned())),
        &["loadBalancerSubnets[subnet-a].eipAllocation eip-1"],
    );
    check(
        |settings| settings.subnets = subnet(|it| it.private_ipv4 = Some("10.0.0.9".to_owned())),
        |settings| settings.subnets = subnet(|it| it.private_ipv4 = Some("10.0.0.8".to_owned())),
        &["loadBalancerSubnets[subnet-a].privateIPv4Allocation 10.0.0.9"],
    );
    check(
        |settings| settings.subnets = subnet(|_| {}),
        |settings| settings.subnets = subnet(|it| it.ipv6 = Some("fd00::1".to_owned())),
        &["loadBalancerSubnets[subnet-a].ipv6Allocation not set"],
    );
    check(
        |settings| {
            settings.subnets =
                subnet(|it| it.source_nat_ipv6_prefix = Some("fd00::/80".to_owned()));
        },
        |settings| {
            settings.subnets =
                subnet(|it| it.source_nat_ipv6_prefix = Some("fd01::/80".to_owned()));
        },
        &["loadBalancerSubnets[subnet-a].sourceNatIPv6Prefix fd00::/80"],
    );
}

#[test]
fn any_prefix_is_content_with_the_one_that_is_there() {
    check(
        |settings| {
            settings.subnets =
                subnet(|it| it.source_nat_ipv6_prefix = Some("fd00::/80".to_owned()));
        },
        |settings| {
            settings.subnets =
                subnet(|it| it.source_nat_ipv6_prefix = Some("auto_assigned".to_owned()));
        },
        &[],
    );
}

#[test]
fn pools_of_addresses_stay() {
    check(
        |settings| settings.ipv4_ipam_pool = Some("ipam-1".to_owned()),
        |settings| settings.ipv4_ipam_pool = Some("ipam-2".to_owned()),
        &["ipv4IPAMPoolId ipam-1"],
    );
    check(
        |settings| settings.ipv4_ipam_pool = Some("ipam-1".to_owned()),
        |_| {},
        &["ipv4IPAMPoolId ipam-1"],
    );
    check(
        |_| {},
        |settings| settings.customer_owned_ipv4_pool = Some("pool".to_owned()),
        &["customerOwnedIpv4Pool not set"],
    );
}

#[test]
fn what_is_as_it_was_is_not_told() {
    let same = |settings: &mut LoadBalancerSettings| {
        settings.subnets = subnet(|it| it.eip_allocation = Some("eip-1".to_owned()));
        settings.ipv4_ipam_pool = Some("ipam-1".to_owned());
    };
    check(same, same, &[]);
}
