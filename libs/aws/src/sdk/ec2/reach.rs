//! How targets are reached: their network interfaces, and what these let in.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use aws_sdk_ec2::types as aws;
use tributary_plan::observed::{ObservedInterface, Opening};

use super::super::{parts, required};
use super::{FILTER_VALUES, SdkEc2, filter, read_tags, read_traffic};
use crate::ec2::{Interface, InterfaceFilter, RuleFilter, SharedRule};
use crate::elbv2::{Answer, Found};
use crate::operation::Operation;

/// What a person reads beside one of our rules. The AWS Load Balancer Controller removes rules that carry its own words.
const DESCRIPTION: &str = "Load balancers to their targets (Tributary)";

pub(super) async fn interfaces(
    ec2: &SdkEc2,
    which: &InterfaceFilter,
    vpc: Option<&str>,
) -> Answer<Vec<Interface>> {
    let mut found = BTreeMap::new();
    for mut filters in interface_filters(which) {
        filters.extend(vpc.map(|vpc| filter("vpc-id", [vpc.to_owned()])));
        let mut token = None;
        loop {
            let request = ec2
                .client
                .describe_network_interfaces()
                .set_filters(Some(filters.clone()))
                .set_next_token(token);
            let answer = ec2
                .caller
                .call(Operation::DescribeNetworkInterfaces, || {
                    request.clone().send()
                })
                .await?;
            for interface in answer.network_interfaces.into_iter().flatten() {
                let interface = read_interface(interface)?;
                found.insert(interface.observed.id.clone(), interface);
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
    }
    Ok(found.into_values().collect())
}

fn interface_filters(which: &InterfaceFilter) -> Vec<Vec<aws::Filter>> {
    let of = |name: &str, values: &BTreeSet<String>| -> Vec<Vec<aws::Filter>> {
        let parts = parts(values, FILTER_VALUES).into_iter();
        parts.map(|part| vec![filter(name, part)]).collect()
    };
    match which {
        InterfaceFilter::Addresses(addresses) => {
            let (ipv4, ipv6): (BTreeSet<IpAddr>, BTreeSet<IpAddr>) =
                addresses.iter().partition(|it| it.is_ipv4());
            let text = |addresses: BTreeSet<IpAddr>| -> BTreeSet<String> {
                addresses.iter().map(ToString::to_string).collect()
            };
            let mut filters = of("addresses.private-ip-address", &text(ipv4));
            filters.extend(of("ipv6-addresses.ipv6-address", &text(ipv6)));
            filters
        }
        InterfaceFilter::Instances(instances) => of("attachment.instance-id", instances)
            .into_iter()
            .map(|mut filters| {
                filters.push(filter("attachment.device-index", ["0".to_owned()]));
                filters
            })
            .collect(),
        InterfaceFilter::Attached => vec![vec![filter("status", ["in-use".to_owned()])]],
    }
}

fn read_interface(interface: aws::NetworkInterface) -> Answer<Interface> {
    let groups = interface.groups.into_iter().flatten();
    let primary = interface.private_ip_address.into_iter();
    let secondary = interface.private_ip_addresses.into_iter().flatten();
    let ipv6 = interface.ipv6_addresses.into_iter().flatten();
    let addresses = primary
        .chain(secondary.filter_map(|it| it.private_ip_address))
        .chain(ipv6.filter_map(|it| it.ipv6_address));
    let ipv4_prefixes = interface.ipv4_prefixes.into_iter().flatten();
    let ipv6_prefixes = interface.ipv6_prefixes.into_iter().flatten();
    let prefixes = ipv4_prefixes
        .filter_map(|it| it.ipv4_prefix)
        .chain(ipv6_prefixes.filter_map(|it| it.ipv6_prefix));
    Ok(Interface {
        observed: ObservedInterface {
            id: required(
                Operation::DescribeNetworkInterfaces,
                "networkInterfaceId",
                interface.network_interface_id,
            )?,
            vpc: required(
                Operation::DescribeNetworkInterfaces,
                "vpcId",
                interface.vpc_id,
            )?,
            groups: groups.filter_map(|group| group.group_id).collect(),
        },
        // What is no address or prefix only makes its targets look as if nobody had them.
        addresses: addresses.filter_map(|it| it.parse().ok()).collect(),
        prefixes: prefixes.filter_map(|it| it.parse().ok()).collect(),
        instance: interface.attachment.and_then(|it| it.instance_id),
    })
}

pub(super) async fn shared_rules(ec2: &SdkEc2, which: &RuleFilter) -> Answer<Found<SharedRule>> {
    let filters: Vec<aws::Filter> = match which {
        RuleFilter::Group(group) => vec![filter("group-id", [group.clone()])],
        RuleFilter::Tags(tags) => tags
            .iter()
            .map(|(key, value)| filter(&format!("tag:{key}"), [value.clone()]))
            .collect(),
    };
    let mut found = BTreeMap::new();
    let mut token = None;
    loop {
        let request = ec2
            .client
            .describe_security_group_rules()
            .set_filters(Some(filters.clone()))
            .set_next_token(token);
        let answer = ec2
            .caller
            .call(Operation::DescribeSecurityGroupRules, || {
                request.clone().send()
            })
            .await?;
        for rule in answer.security_group_rules.into_iter().flatten() {
            found.extend(read_rule(rule)?);
        }
        token = answer.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// Nothing for what lets out, has no group as its source, or is of no protocol that we ask for.
fn read_rule(rule: aws::SecurityGroupRule) -> Answer<Option<(String, SharedRule)>> {
    let source = rule.referenced_group_info.and_then(|it| it.group_id);
    let ports = (rule.from_port, rule.to_port);
    let traffic = read_traffic(rule.ip_protocol.as_deref(), ports);
    let (Some(source), Some(traffic), false) = (source, traffic, rule.is_egress == Some(true))
    else {
        return Ok(None);
    };
    let id = required(
        Operation::DescribeSecurityGroupRules,
        "securityGroupRuleId",
        rule.security_group_rule_id,
    )?;
    let rule = SharedRule {
        group: required(
            Operation::DescribeSecurityGroupRules,
            "groupId",
            rule.group_id,
        )?,
        opening: Opening { source, traffic },
        tags: read_tags(rule.tags),
    };
    Ok(Some((id, rule)))
}

/// The same permission with our words on it.
pub(super) fn described(mut permission: aws::IpPermission) -> aws::IpPermission {
    for pair in permission.user_id_group_pairs.iter_mut().flatten() {
        pair.description = Some(DESCRIPTION.to_owned());
    }
    permission
}
