//! Tags on anything of EC2.

use serde::Deserialize;
use serde_json::json;

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::service::Service;
use crate::state::State;
use crate::tags::{self, Tag, Tags};

use super::arguments::not_dry;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    #[serde(rename = "ResourceId")]
    resources: Vec<String>,
    #[serde(rename = "Tag")]
    tags: Vec<Tag>,
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    #[serde(rename = "ResourceId")]
    resources: Vec<String>,
    #[serde(default, rename = "Tag")]
    tags: Vec<TagPattern>,
    dry_run: Option<bool>,
}

/// A tag to delete; without a value, whatever its value.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TagPattern {
    key: String,
    value: Option<String>,
}

pub(crate) fn create(state: &mut State, request: &Request) -> Answer {
    let asked: Create = request.read()?;
    let added = tags::checked(Service::Ec2, &asked.tags)?;
    let limit = state.quotas.tags_per_resource;
    let mut next = Vec::new();
    for id in &asked.resources {
        let present = tags_of(state, id)?;
        next.push(tags::merged(Service::Ec2, present, added.clone(), limit)?);
    }
    not_dry(asked.dry_run)?;
    for (id, next) in asked.resources.iter().zip(next) {
        *tags_of(state, id)? = next;
    }
    Ok(json!({"return": true}))
}

/// Without tags, all of them go.
pub(crate) fn delete(state: &mut State, request: &Request) -> Answer {
    let asked: Delete = request.read()?;
    for id in &asked.resources {
        tags_of(state, id)?;
    }
    not_dry(asked.dry_run)?;
    for id in &asked.resources {
        tags_of(state, id)?.retain(|key, value| {
            !asked.tags.is_empty()
                && !asked.tags.iter().any(|pattern| {
                    &pattern.key == key
                        && pattern.value.as_ref().is_none_or(|wanted| wanted == value)
                })
        });
    }
    Ok(json!({"return": true}))
}

/// Everything of EC2 that can have tags, in the order of its ARNs: the resource type, the
/// identifier and the tags.
pub(crate) fn tagged(state: &State) -> impl Iterator<Item = (&'static str, &str, &Tags)> {
    let network = &state.network;
    let addresses = network.addresses.values();
    let instances = network.instances.values();
    let gateways = network.internet_gateways.values();
    let interfaces = network.interfaces.values();
    let lists = network.prefix_lists.values();
    let tables = network.route_tables.values();
    let groups = state.security_groups.values();
    let subnets = network.subnets.values();
    let vpcs = network.vpcs.values();
    addresses
        .map(|it| ("elastic-ip", it.id.as_str(), &it.tags))
        .chain(instances.map(|it| ("instance", it.id.as_str(), &it.tags)))
        .chain(gateways.map(|it| ("internet-gateway", it.id.as_str(), &it.tags)))
        .chain(interfaces.map(|it| ("network-interface", it.id.as_str(), &it.tags)))
        .chain(lists.map(|it| ("prefix-list", it.id.as_str(), &it.tags)))
        .chain(tables.map(|it| ("route-table", it.id.as_str(), &it.tags)))
        .chain(groups.map(|it| ("security-group", it.id.as_str(), &it.tags)))
        .chain(subnets.map(|it| ("subnet", it.id.as_str(), &it.tags)))
        .chain(vpcs.map(|it| ("vpc", it.id.as_str(), &it.tags)))
}

/// The tags of what is there, rules of security groups included.
pub(crate) fn tags<'a>(state: &'a State, id: &str) -> Option<&'a Tags> {
    let groups = state.security_groups.values();
    let mut rules = groups.flat_map(|group| group.ingress.iter().chain(&group.egress));
    let found = tagged(state).find(|(_, known, _)| *known == id);
    let found = found.map(|(_, _, tags)| tags);
    found.or_else(|| rules.find(|rule| rule.id == id).map(|rule| &rule.tags))
}

fn tags_of<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Tags, ApiError> {
    let prefix = id.split('-').next().unwrap_or_default();
    let network = &mut state.network;
    let (kind, found) = match prefix {
        "vpc" => (
            "InvalidVpcID.NotFound",
            network.vpcs.get_mut(id).map(|found| &mut found.tags),
        ),
        "subnet" => (
            "InvalidSubnetID.NotFound",
            network.subnets.get_mut(id).map(|found| &mut found.tags),
        ),
        "igw" => (
            "InvalidInternetGatewayID.NotFound",
            network
                .internet_gateways
                .get_mut(id)
                .map(|found| &mut found.tags),
        ),
        "rtb" => (
            "InvalidRouteTableID.NotFound",
            network
                .route_tables
                .get_mut(id)
                .map(|found| &mut found.tags),
        ),
        "eipalloc" => (
            "InvalidAllocationID.NotFound",
            network.addresses.get_mut(id).map(|found| &mut found.tags),
        ),
        "i" => (
            "InvalidInstanceID.NotFound",
            network.instances.get_mut(id).map(|found| &mut found.tags),
        ),
        "eni" => (
            "InvalidNetworkInterfaceID.NotFound",
            network.interfaces.get_mut(id).map(|found| &mut found.tags),
        ),
        "pl" => (
            "InvalidPrefixListID.NotFound",
            network
                .prefix_lists
                .get_mut(id)
                .map(|found| &mut found.tags),
        ),
        "sg" => (
            "InvalidGroup.NotFound",
            state
                .security_groups
                .get_mut(id)
                .map(|found| &mut found.tags),
        ),
        "sgr" => (
            "InvalidSecurityGroupRuleId.NotFound",
            state
                .security_groups
                .values_mut()
                .flat_map(|group| group.ingress.iter_mut().chain(&mut group.egress))
                .find(|rule| rule.id == id)
                .map(|rule| &mut rule.tags),
        ),
        _ => ("InvalidID", None),
    };
    found.ok_or_else(|| ApiError::new(kind, format!("The ID '{id}' does not exist")))
}
