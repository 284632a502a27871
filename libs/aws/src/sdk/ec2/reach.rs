//! How targets are reached: their network interfaces, and what these let in.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use tributary_plan::observed::{ObservedInterface, Opening};

use super::super::{parts, required};
use super::answer::{IpPermission, NetworkInterface, SecurityGroupRule};
use super::form::{Filter, Form, filter};
use super::{FILTER_VALUES, SdkEc2, read_tags, read_traffic};
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
        let form = Form::new().filters(&filters);
        let interfaces: Vec<NetworkInterface> =
            ec2.all(Operation::DescribeNetworkInterfaces, form).await?;
        for interface in interfaces {
            let interface = read_interface(interface)?;
            found.insert(interface.observed.id.clone(), interface);
        }
    }
    Ok(found.into_values().collect())
}

fn interface_filters(which: &InterfaceFilter) -> Vec<Vec<Filter>> {
    let of = |name: &str, values: &BTreeSet<String>| -> Vec<Vec<Filter>> {
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

fn read_interface(interface: NetworkInterface) -> Answer<Interface> {
    let groups = interface.group_set.into_iter();
    let primary = interface.private_ip_address.into_iter();
    let secondary = interface.private_ip_addresses_set.into_iter();
    let ipv6 = interface.ipv6_addresses_set.into_iter();
    let addresses = primary.chain(secondary.chain(ipv6).filter_map(|it| it.address));
    let ipv4_prefixes = interface.ipv4_prefix_set.into_iter();
    let prefixes = ipv4_prefixes
        .chain(interface.ipv6_prefix_set)
        .filter_map(|it| it.prefix);
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
    let filters: Vec<Filter> = match which {
        RuleFilter::Group(group) => vec![filter("group-id", [group.clone()])],
        RuleFilter::Tags(tags) => tags
            .iter()
            .map(|(key, value)| filter(&format!("tag:{key}"), [value.clone()]))
            .collect(),
    };
    let form = Form::new().filters(&filters);
    let rules: Vec<SecurityGroupRule> =
        ec2.all(Operation::DescribeSecurityGroupRules, form).await?;
    let mut found = BTreeMap::new();
    for rule in rules {
        found.extend(read_rule(rule)?);
    }
    Ok(found)
}

/// Nothing for what lets out, has no group as its source, or is of no protocol that we ask for.
fn read_rule(rule: SecurityGroupRule) -> Answer<Option<(String, SharedRule)>> {
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
        tags: read_tags(rule.tag_set),
    };
    Ok(Some((id, rule)))
}

/// The same permission with our words on it.
pub(super) fn described(mut permission: IpPermission) -> IpPermission {
    for pair in permission.groups.iter_mut() {
        pair.description = Some(DESCRIPTION.to_owned());
    }
    permission
}
