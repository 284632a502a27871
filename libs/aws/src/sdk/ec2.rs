//! EC2 over the SDK's runtime: [`client`] has the way, [`form`] what is asked, [`answer`] what comes back.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use ipnet::IpNet;
use tributary_plan::observed::{ObservedSecurityGroup, ObservedSubnet, Opening};
use tributary_plan::op::{IngressRule, IngressSource, IngressTraffic, SecurityGroupSpec};
use tributary_plan::tags::Tags;

use self::answer::{
    CreatedGroup, Done, IpPermission, IpRange, Ipv6Range, List, Page, PrefixListId, Readable,
    SecurityGroup, Subnet, Tag, UserIdGroupPair, Vpc,
};
use self::client::Client;
use self::form::{Filter, Form, filter};
use super::required;
use crate::call::Caller;
use crate::ec2::{Ec2, Interface, InterfaceFilter, RuleFilter, SecurityGroupFilter, SharedRule};
use crate::elbv2::{Answer, Found};
use crate::operation::Operation;

mod answer;
pub(crate) mod client;
mod endpoints;
mod form;
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
        let operation = Operation::DescribeSubnets;
        let mut filters = vec![filter("state", ["available".to_owned()])];
        filters.extend(vpc.map(|vpc| filter("vpc-id", [vpc.to_owned()])));
        let subnets: Vec<Subnet> = self.all(operation, Form::new().filters(&filters)).await?;
        let mut found = BTreeMap::new();
        for subnet in subnets {
            let id = required(operation, "subnetId", subnet.subnet_id)?;
            let observed = ObservedSubnet {
                zone: required(operation, "availabilityZone", subnet.availability_zone)?,
                vpc: required(operation, "vpcId", subnet.vpc_id)?,
                available_addresses: required(
                    operation,
                    "availableIpAddressCount",
                    subnet.available_ip_address_count,
                )?,
                tags: read_tags(subnet.tag_set),
            };
            found.insert(id, observed);
        }
        Ok(found)
    }

    async fn vpc_blocks(&self) -> Answer<Found<Vec<IpNet>>> {
        let operation = Operation::DescribeVpcs;
        let vpcs: Vec<Vpc> = self.all(operation, Form::new()).await?;
        let mut found = BTreeMap::new();
        for vpc in vpcs {
            let id = required(operation, "vpcId", vpc.vpc_id)?;
            let ipv4 = vpc.cidr_block_association_set.into_iter();
            let ipv6 = vpc.ipv6_cidr_block_association_set.into_iter();
            let blocks = ipv4
                .filter_map(|block| block.cidr_block)
                .chain(ipv6.filter_map(|block| block.ipv6_cidr_block))
                .chain(vpc.cidr_block);
            // A block that is none would only make its addresses count as outside.
            let blocks = blocks.filter_map(|block| block.parse().ok()).collect();
            found.insert(id, blocks);
        }
        Ok(found)
    }

    async fn security_groups(
        &self,
        which: &SecurityGroupFilter,
    ) -> Answer<Found<ObservedSecurityGroup>> {
        let operation = Operation::DescribeSecurityGroups;
        let mut found = BTreeMap::new();
        for filters in group_filters(which) {
            let groups: Vec<SecurityGroup> =
                self.all(operation, Form::new().filters(&filters)).await?;
            for group in groups {
                let id = required(operation, "groupId", group.group_id.clone())?;
                found.insert(id, security_group(group));
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
        let form = Form::new()
            .with("GroupName", name)
            .with("GroupDescription", description)
            .with("VpcId", vpc)
            .tagged("security-group", tags);
        let operation = Operation::CreateSecurityGroup;
        let created: CreatedGroup = self.call(operation, &form).await?;
        required(operation, "groupId", created.group_id)
    }

    async fn authorize_ingress(&self, group: &str, rules: &BTreeSet<IngressRule>) -> Answer<()> {
        let permissions: Vec<_> = rules.iter().filter_map(permission).collect();
        let form = of_group(group).permissions(&permissions);
        self.change(Operation::AuthorizeSecurityGroupIngress, &form)
            .await
    }

    async fn revoke_ingress(&self, group: &str, rules: &BTreeSet<IngressRule>) -> Answer<()> {
        let mut permissions: Vec<_> = rules.iter().filter_map(permission).collect();
        if permissions.len() < rules.len() {
            permissions.extend(self.strangers(group, rules).await?);
        }
        let form = of_group(group).permissions(&permissions);
        self.change(Operation::RevokeSecurityGroupIngress, &form)
            .await
    }

    async fn delete_security_group(&self, id: &str) -> Answer<()> {
        self.change(Operation::DeleteSecurityGroup, &of_group(id))
            .await
    }

    async fn add_tags(&self, id: &str, tags: &Tags) -> Answer<()> {
        let form = of_resource(id).tags(tags);
        self.change(Operation::CreateTags, &form).await
    }

    async fn remove_tags(&self, id: &str, tags: &Tags) -> Answer<()> {
        let form = of_resource(id).tags(tags);
        self.change(Operation::DeleteTags, &form).await
    }

    async fn remove_tag(&self, id: &str, key: &str) -> Answer<()> {
        // AWS: a tag without a value goes whatever its value is.
        let form = of_resource(id).with("Tag.1.Key", key);
        self.change(Operation::DeleteTags, &form).await
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
        let described = permission(&rule).map(reach::described);
        let form = of_group(group)
            .permissions(&described)
            .tagged("security-group-rule", tags);
        self.change(Operation::AuthorizeSecurityGroupIngress, &form)
            .await
    }

    async fn revoke_rule(&self, group: &str, id: &str) -> Answer<()> {
        let form = of_group(group).with("SecurityGroupRuleId.1", id);
        self.change(Operation::RevokeSecurityGroupIngress, &form)
            .await
    }
}

impl SdkEc2 {
    async fn call<T: Readable>(&self, operation: Operation, form: &Form) -> Answer<T> {
        self.caller
            .call(operation, || self.client.send(operation, form))
            .await
    }

    async fn change(&self, operation: Operation, form: &Form) -> Answer<()> {
        let Done {} = self.call(operation, form).await?;
        Ok(())
    }

    /// What is on all pages of a listing.
    async fn all<T>(&self, operation: Operation, form: Form) -> Answer<Vec<T>>
    where
        Page<T>: Readable,
    {
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let form = form.clone();
            let form = match &token {
                Some(token) => form.with("NextToken", token),
                None => form,
            };
            let page: Page<T> = self.call(operation, &form).await?;
            found.extend(page.found);
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Permissions that our words have no name for (all traffic, other protocols), as AWS shows them: they are told apart by
    /// their place among their kind, so that the same look gives the same numbers.
    async fn strangers(
        &self,
        group: &str,
        rules: &BTreeSet<IngressRule>,
    ) -> Answer<Vec<IpPermission>> {
        let form = Form::new().filters(&[filter("group-id", [group.to_owned()])]);
        let operation = Operation::DescribeSecurityGroups;
        let groups: Page<SecurityGroup> = self.call(operation, &form).await?;
        let permissions = groups
            .found
            .into_iter()
            .flat_map(|group| group.ip_permissions);
        let wanted = numbered(permissions)
            .into_iter()
            .filter(|(rule, _)| matches!(rule.traffic, IngressTraffic::Other(_)))
            .filter(|(rule, _)| rules.contains(rule));
        Ok(wanted.map(|(_, permission)| permission).collect())
    }
}

fn of_group(id: &str) -> Form {
    Form::new().with("GroupId", id)
}

fn of_resource(id: &str) -> Form {
    Form::new().with("ResourceId.1", id)
}

fn group_filters(which: &SecurityGroupFilter) -> Vec<Vec<Filter>> {
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

fn security_group(group: SecurityGroup) -> ObservedSecurityGroup {
    ObservedSecurityGroup {
        name: group.group_name.unwrap_or_default(),
        vpc: group.vpc_id.unwrap_or_default(),
        tags: read_tags(group.tag_set),
        ingress: numbered(group.ip_permissions)
            .into_iter()
            .map(|(rule, _)| rule)
            .collect(),
    }
}

/// One rule and one permission for each source, strangers numbered.
fn numbered(
    permissions: impl IntoIterator<Item = IpPermission>,
) -> Vec<(IngressRule, IpPermission)> {
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

fn traffic(permission: &IpPermission) -> Option<IngressTraffic> {
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

fn sources(permission: &IpPermission) -> Vec<(IngressSource, IpPermission)> {
    let single = || IpPermission {
        ip_protocol: permission.ip_protocol.clone(),
        from_port: permission.from_port,
        to_port: permission.to_port,
        ..IpPermission::default()
    };
    let mut sources = Vec::new();
    for range in permission.ip_ranges.iter() {
        let source = IngressSource::Ipv4(range.cidr_ip.clone().unwrap_or_default());
        let ip_ranges = range.clone().into();
        sources.push((
            source,
            IpPermission {
                ip_ranges,
                ..single()
            },
        ));
    }
    for range in permission.ipv6_ranges.iter() {
        let source = IngressSource::Ipv6(range.cidr_ipv6.clone().unwrap_or_default());
        let ipv6_ranges = range.clone().into();
        sources.push((
            source,
            IpPermission {
                ipv6_ranges,
                ..single()
            },
        ));
    }
    for list in permission.prefix_list_ids.iter() {
        let source = IngressSource::PrefixList(list.prefix_list_id.clone().unwrap_or_default());
        let prefix_list_ids = list.clone().into();
        sources.push((
            source,
            IpPermission {
                prefix_list_ids,
                ..single()
            },
        ));
    }
    for pair in permission.groups.iter() {
        let source = IngressSource::Group(pair.group_id.clone().unwrap_or_default());
        let groups = pair.clone().into();
        sources.push((source, IpPermission { groups, ..single() }));
    }
    sources
}

/// Nothing for a stranger.
fn permission(rule: &IngressRule) -> Option<IpPermission> {
    let (protocol, from, to) = match rule.traffic {
        IngressTraffic::Tcp(from, to) => ("tcp", i32::from(from), i32::from(to)),
        IngressTraffic::Udp(from, to) => ("udp", i32::from(from), i32::from(to)),
        IngressTraffic::Icmp => ("icmp", 3, 4),
        IngressTraffic::Icmpv6 => ("icmpv6", 2, 0),
        IngressTraffic::Other(_) => return None,
    };
    let mut permission = IpPermission {
        ip_protocol: Some(protocol.to_owned()),
        from_port: Some(from),
        to_port: Some(to),
        ..IpPermission::default()
    };
    match rule.source.clone() {
        IngressSource::Ipv4(cidr) => {
            let range = IpRange {
                cidr_ip: Some(cidr),
                ..IpRange::default()
            };
            permission.ip_ranges = range.into();
        }
        IngressSource::Ipv6(cidr) => {
            let range = Ipv6Range {
                cidr_ipv6: Some(cidr),
                ..Ipv6Range::default()
            };
            permission.ipv6_ranges = range.into();
        }
        IngressSource::PrefixList(id) => {
            let list = PrefixListId {
                prefix_list_id: Some(id),
                ..PrefixListId::default()
            };
            permission.prefix_list_ids = list.into();
        }
        IngressSource::Group(id) => {
            let pair = UserIdGroupPair {
                group_id: Some(id),
                ..UserIdGroupPair::default()
            };
            permission.groups = pair.into();
        }
    }
    Some(permission)
}

fn read_tags(tags: List<Tag>) -> Tags {
    tags.into_iter()
        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
        .collect()
}

#[cfg(test)]
mod tests;
