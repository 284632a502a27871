//! EC2 over the SDK.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types as aws;
use ipnet::IpNet;
use tributary_plan::observed::{ObservedSecurityGroup, ObservedSubnet, Opening};
use tributary_plan::op::{IngressRule, IngressSource, IngressTraffic, SecurityGroupSpec};
use tributary_plan::tags::Tags;

use super::required;
use crate::call::Caller;
use crate::ec2::{Ec2, Interface, InterfaceFilter, RuleFilter, SecurityGroupFilter, SharedRule};
use crate::elbv2::{Answer, Found};
use crate::operation::Operation;

mod reach;

/// EC2.
#[derive(Clone, Debug)]
pub(crate) struct SdkEc2 {
    pub(crate) client: Client,
    pub(crate) caller: Caller,
}

/// AWS: values of one filter.
const FILTER_VALUES: usize = 200;

#[async_trait]
impl Ec2 for SdkEc2 {
    async fn subnets(&self, vpc: Option<&str>) -> Answer<Found<ObservedSubnet>> {
        let mut filters = vec![filter("state", ["available".to_owned()])];
        filters.extend(vpc.map(|vpc| filter("vpc-id", [vpc.to_owned()])));
        let mut found = BTreeMap::new();
        let mut token = None;
        loop {
            let request = self
                .client
                .describe_subnets()
                .set_filters(Some(filters.clone()))
                .set_next_token(token);
            let answer = self
                .caller
                .call(Operation::DescribeSubnets, || request.clone().send())
                .await?;
            for subnet in answer.subnets.into_iter().flatten() {
                let id = required(Operation::DescribeSubnets, "subnetId", subnet.subnet_id)?;
                let addresses = subnet.available_ip_address_count.unwrap_or_default();
                let observed = ObservedSubnet {
                    zone: required(
                        Operation::DescribeSubnets,
                        "availabilityZone",
                        subnet.availability_zone,
                    )?,
                    vpc: required(Operation::DescribeSubnets, "vpcId", subnet.vpc_id)?,
                    available_addresses: u32::try_from(addresses).unwrap_or_default(),
                    tags: read_tags(subnet.tags),
                };
                found.insert(id, observed);
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn vpc_blocks(&self) -> Answer<Found<Vec<IpNet>>> {
        let mut found = BTreeMap::new();
        let mut token = None;
        loop {
            let request = self.client.describe_vpcs().set_next_token(token);
            let answer = self
                .caller
                .call(Operation::DescribeVpcs, || request.clone().send())
                .await?;
            for vpc in answer.vpcs.into_iter().flatten() {
                let id = required(Operation::DescribeVpcs, "vpcId", vpc.vpc_id)?;
                let ipv4 = vpc.cidr_block_association_set.into_iter().flatten();
                let ipv6 = vpc.ipv6_cidr_block_association_set.into_iter().flatten();
                let blocks = ipv4
                    .filter_map(|block| block.cidr_block)
                    .chain(ipv6.filter_map(|block| block.ipv6_cidr_block))
                    .chain(vpc.cidr_block);
                // A block that is none would only make its addresses count as outside.
                let blocks = blocks.filter_map(|block| block.parse().ok()).collect();
                found.insert(id, blocks);
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn security_groups(
        &self,
        which: &SecurityGroupFilter,
    ) -> Answer<Found<ObservedSecurityGroup>> {
        let mut found = BTreeMap::new();
        for filters in group_filters(which) {
            let mut token = None;
            loop {
                let request = self
                    .client
                    .describe_security_groups()
                    .set_filters(Some(filters.clone()))
                    .set_next_token(token);
                let answer = self
                    .caller
                    .call(Operation::DescribeSecurityGroups, || request.clone().send())
                    .await?;
                for group in answer.security_groups.into_iter().flatten() {
                    let id = required(
                        Operation::DescribeSecurityGroups,
                        "groupId",
                        group.group_id.clone(),
                    )?;
                    found.insert(id, security_group(group));
                }
                token = answer.next_token.filter(|token| !token.is_empty());
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(found)
    }

    async fn create_security_group(&self, spec: &SecurityGroupSpec) -> Answer<String> {
        let SecurityGroupSpec {
            name,
            description,
            vpc,
            tags,
        } = spec;
        let tags = aws::TagSpecification::builder()
            .resource_type(aws::ResourceType::SecurityGroup)
            .set_tags(Some(write_tags(tags)));
        let request = self
            .client
            .create_security_group()
            .group_name(name)
            .description(description)
            .vpc_id(vpc)
            .tag_specifications(tags.build());
        let answer = self
            .caller
            .call(Operation::CreateSecurityGroup, || request.clone().send())
            .await?;
        required(Operation::CreateSecurityGroup, "groupId", answer.group_id)
    }

    async fn authorize_ingress(&self, group: &str, rules: &BTreeSet<IngressRule>) -> Answer<()> {
        let request = self
            .client
            .authorize_security_group_ingress()
            .group_id(group)
            .set_ip_permissions(Some(rules.iter().filter_map(permission).collect()));
        self.caller
            .call(Operation::AuthorizeSecurityGroupIngress, || {
                request.clone().send()
            })
            .await?;
        Ok(())
    }

    async fn revoke_ingress(&self, group: &str, rules: &BTreeSet<IngressRule>) -> Answer<()> {
        let mut permissions: Vec<_> = rules.iter().filter_map(permission).collect();
        if permissions.len() < rules.len() {
            permissions.extend(self.strangers(group, rules).await?);
        }
        let request = self
            .client
            .revoke_security_group_ingress()
            .group_id(group)
            .set_ip_permissions(Some(permissions));
        self.caller
            .call(Operation::RevokeSecurityGroupIngress, || {
                request.clone().send()
            })
            .await?;
        Ok(())
    }

    async fn delete_security_group(&self, id: &str) -> Answer<()> {
        let request = self.client.delete_security_group().group_id(id);
        self.caller
            .call(Operation::DeleteSecurityGroup, || request.clone().send())
            .await?;
        Ok(())
    }

    async fn add_tags(&self, id: &str, tags: &Tags) -> Answer<()> {
        let request = self.client.create_tags().resources(id);
        let request = request.set_tags(Some(write_tags(tags)));
        self.caller
            .call(Operation::CreateTags, || request.clone().send())
            .await?;
        Ok(())
    }

    async fn remove_tags(&self, id: &str, tags: &Tags) -> Answer<()> {
        let request = self.client.delete_tags().resources(id);
        let request = request.set_tags(Some(write_tags(tags)));
        self.caller
            .call(Operation::DeleteTags, || request.clone().send())
            .await?;
        Ok(())
    }

    async fn remove_tag(&self, id: &str, key: &str) -> Answer<()> {
        // AWS: a tag without a value goes whatever its value is.
        let tag = aws::Tag::builder().key(key).build();
        let request = self.client.delete_tags().resources(id).tags(tag);
        self.caller
            .call(Operation::DeleteTags, || request.clone().send())
            .await?;
        Ok(())
    }

    async fn interfaces(
        &self,
        which: &InterfaceFilter,
        vpc: Option<&str>,
    ) -> Answer<Vec<Interface>> {
        reach::interfaces(self, which, vpc).await
    }

    async fn shared_rules(&self, which: &RuleFilter) -> Answer<Found<SharedRule>> {
        reach::shared_rules(self, which).await
    }

    async fn open(&self, group: &str, opening: &Opening, tags: &Tags) -> Answer<()> {
        let Opening { source, traffic } = opening;
        let rule = IngressRule {
            traffic: *traffic,
            source: IngressSource::Group(source.clone()),
        };
        let tags = aws::TagSpecification::builder()
            .resource_type(aws::ResourceType::SecurityGroupRule)
            .set_tags(Some(write_tags(tags)))
            .build();
        let described = permission(&rule).map(reach::described);
        let request = self
            .client
            .authorize_security_group_ingress()
            .group_id(group)
            .set_ip_permissions(described.map(|permission| vec![permission]))
            .tag_specifications(tags);
        self.caller
            .call(Operation::AuthorizeSecurityGroupIngress, || {
                request.clone().send()
            })
            .await?;
        Ok(())
    }

    async fn revoke_rule(&self, group: &str, id: &str) -> Answer<()> {
        let request = self
            .client
            .revoke_security_group_ingress()
            .group_id(group)
            .security_group_rule_ids(id);
        self.caller
            .call(Operation::RevokeSecurityGroupIngress, || {
                request.clone().send()
            })
            .await?;
        Ok(())
    }
}

impl SdkEc2 {
    /// Permissions that our words have no name for (all traffic, other protocols), as AWS shows them: they are told apart by
    /// their place among their kind, so that the same look gives the same numbers.
    async fn strangers(
        &self,
        group: &str,
        rules: &BTreeSet<IngressRule>,
    ) -> Answer<Vec<aws::IpPermission>> {
        let request = self.client.describe_security_groups();
        let request = request.filters(filter("group-id", [group.to_owned()]));
        let answer = self
            .caller
            .call(Operation::DescribeSecurityGroups, || request.clone().send())
            .await?;
        let groups = answer.security_groups.into_iter().flatten();
        let permissions = groups.flat_map(|group| group.ip_permissions.unwrap_or_default());
        let wanted = numbered(permissions)
            .into_iter()
            .filter(|(rule, _)| matches!(rule.traffic, IngressTraffic::Other(_)))
            .filter(|(rule, _)| rules.contains(rule));
        Ok(wanted.map(|(_, permission)| permission).collect())
    }
}

fn filter(name: &str, values: impl IntoIterator<Item = String>) -> aws::Filter {
    aws::Filter::builder()
        .name(name)
        .set_values(Some(values.into_iter().collect()))
        .build()
}

fn group_filters(which: &SecurityGroupFilter) -> Vec<Vec<aws::Filter>> {
    let (name, values) = match which {
        SecurityGroupFilter::Tags(tags) => {
            let filters = tags
                .iter()
                .map(|(key, value)| filter(&format!("tag:{key}"), [value.clone()]));
            return vec![filters.collect()];
        }
        SecurityGroupFilter::LettingIn(id) => {
            return vec![vec![filter("ip-permission.group-id", [id.clone()])]];
        }
        SecurityGroupFilter::Ids(ids) => ("group-id", ids),
        SecurityGroupFilter::Names(names) => ("tag:Name", names),
    };
    super::parts(values, FILTER_VALUES)
        .into_iter()
        .map(|part| vec![filter(name, part)])
        .collect()
}

fn security_group(group: aws::SecurityGroup) -> ObservedSecurityGroup {
    let permissions = group.ip_permissions.unwrap_or_default();
    ObservedSecurityGroup {
        name: group.group_name.unwrap_or_default(),
        vpc: group.vpc_id.unwrap_or_default(),
        tags: read_tags(group.tags),
        ingress: numbered(permissions)
            .into_iter()
            .map(|(rule, _)| rule)
            .collect(),
    }
}

/// One rule and one permission for each source, strangers numbered.
fn numbered(
    permissions: impl IntoIterator<Item = aws::IpPermission>,
) -> Vec<(IngressRule, aws::IpPermission)> {
    let mut strangers: u16 = 0;
    let mut numbered = Vec::new();
    for permission in permissions {
        let traffic = traffic(&permission).unwrap_or_else(|| {
            strangers = strangers.saturating_add(1);
            IngressTraffic::Other(strangers)
        });
        for (source, single) in sources(&permission) {
            numbered.push((IngressRule { traffic, source }, single));
        }
    }
    numbered
}

fn traffic(permission: &aws::IpPermission) -> Option<IngressTraffic> {
    let ports = (permission.from_port, permission.to_port);
    read_traffic(permission.ip_protocol.as_deref(), ports)
}

fn read_traffic(
    protocol: Option<&str>,
    (from, to): (Option<i32>, Option<i32>),
) -> Option<IngressTraffic> {
    let port = |port: Option<i32>| u16::try_from(port?).ok();
    match protocol? {
        "tcp" => Some(IngressTraffic::Tcp(port(from)?, port(to)?)),
        "udp" => Some(IngressTraffic::Udp(port(from)?, port(to)?)),
        // Ports hold type and code.
        "icmp" if (from, to) == (Some(3), Some(4)) => Some(IngressTraffic::Icmp),
        "icmpv6" if (from, to) == (Some(2), Some(0)) => Some(IngressTraffic::Icmpv6),
        _ => None,
    }
}

fn sources(permission: &aws::IpPermission) -> Vec<(IngressSource, aws::IpPermission)> {
    let single = || {
        aws::IpPermission::builder()
            .set_ip_protocol(permission.ip_protocol.clone())
            .set_from_port(permission.from_port)
            .set_to_port(permission.to_port)
    };
    let mut sources = Vec::new();
    for range in permission.ip_ranges.iter().flatten() {
        let source = IngressSource::Ipv4(range.cidr_ip.clone().unwrap_or_default());
        sources.push((source, single().ip_ranges(range.clone()).build()));
    }
    for range in permission.ipv6_ranges.iter().flatten() {
        let source = IngressSource::Ipv6(range.cidr_ipv6.clone().unwrap_or_default());
        sources.push((source, single().ipv6_ranges(range.clone()).build()));
    }
    for list in permission.prefix_list_ids.iter().flatten() {
        let source = IngressSource::PrefixList(list.prefix_list_id.clone().unwrap_or_default());
        sources.push((source, single().prefix_list_ids(list.clone()).build()));
    }
    for pair in permission.user_id_group_pairs.iter().flatten() {
        let source = IngressSource::Group(pair.group_id.clone().unwrap_or_default());
        sources.push((source, single().user_id_group_pairs(pair.clone()).build()));
    }
    sources
}

/// Nothing for a stranger.
fn permission(rule: &IngressRule) -> Option<aws::IpPermission> {
    let (protocol, from, to) = match rule.traffic {
        IngressTraffic::Tcp(from, to) => ("tcp", i32::from(from), i32::from(to)),
        IngressTraffic::Udp(from, to) => ("udp", i32::from(from), i32::from(to)),
        IngressTraffic::Icmp => ("icmp", 3, 4),
        IngressTraffic::Icmpv6 => ("icmpv6", 2, 0),
        IngressTraffic::Other(_) => return None,
    };
    let permission = aws::IpPermission::builder()
        .ip_protocol(protocol)
        .from_port(from)
        .to_port(to);
    let permission = match &rule.source {
        IngressSource::Ipv4(cidr) => {
            permission.ip_ranges(aws::IpRange::builder().cidr_ip(cidr).build())
        }
        IngressSource::Ipv6(cidr) => {
            permission.ipv6_ranges(aws::Ipv6Range::builder().cidr_ipv6(cidr).build())
        }
        IngressSource::PrefixList(id) => {
            permission.prefix_list_ids(aws::PrefixListId::builder().prefix_list_id(id).build())
        }
        IngressSource::Group(id) => {
            permission.user_id_group_pairs(aws::UserIdGroupPair::builder().group_id(id).build())
        }
    };
    Some(permission.build())
}

fn read_tags(tags: Option<Vec<aws::Tag>>) -> Tags {
    tags.into_iter()
        .flatten()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect()
}

fn write_tags(tags: &Tags) -> Vec<aws::Tag> {
    tags.iter()
        .map(|(key, value)| aws::Tag::builder().key(key).value(value).build())
        .collect()
}
