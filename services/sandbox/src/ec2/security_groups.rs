//! Security groups themselves; their rules are in `permissions`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::resources::security_groups::{Peer, Permission, SecurityGroup, SecurityGroupRule};
use crate::state::State;
use crate::tags::Tags;

use super::arguments::{TagSpecification, not_dry, specified, tag_set};
use super::filters::{Filter, paged, pass};
use super::group_names::{check_description, check_name};
use super::groups::{find, find_by, no_group};
use super::permissions;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    group_name: String,
    group_description: String,
    vpc_id: Option<String>,
    #[serde(default, rename = "TagSpecification")]
    tag_specifications: Vec<TagSpecification>,
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    group_id: Option<String>,
    group_name: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    #[serde(default, rename = "Filter")]
    filters: Vec<Filter>,
    #[serde(default, rename = "GroupId")]
    ids: Vec<String>,
    #[serde(default, rename = "GroupName")]
    names: Vec<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct OfVpc {
    vpc_id: String,
    #[serde(default, rename = "Filter")]
    filters: Vec<Filter>,
    max_results: Option<i64>,
    next_token: Option<String>,
    dry_run: Option<bool>,
}

/// Every VPC's default group: everything from itself, everything out.
pub(crate) fn seed(state: &mut State) {
    let vpcs: Vec<String> = state.network.vpcs.keys().cloned().collect();
    for vpc_id in vpcs {
        let description = "default VPC security group";
        let group = closed(state, "default".to_owned(), description, vpc_id);
        state.security_groups.insert(group.id.clone(), group);
    }
}

pub(crate) fn create(state: &mut State, request: &Request) -> Answer {
    let asked: Create = request.read()?;
    check_name(&asked.group_name)?;
    check_description(&asked.group_description)?;
    let vpc_id = match asked.vpc_id {
        Some(vpc_id) if !state.network.vpcs.contains_key(&vpc_id) => {
            return Err(no_vpc(&vpc_id));
        }
        Some(vpc_id) => vpc_id,
        // A group without a VPC goes to the default one.
        None => state
            .network
            .vpcs
            .keys()
            .next()
            .cloned()
            .unwrap_or_default(),
    };
    let tags = specified(state, "security-group", &asked.tag_specifications)?;
    let in_vpc = || {
        let groups = state.security_groups.values();
        groups.filter(|group| group.vpc_id == vpc_id)
    };
    if in_vpc().any(|group| group.name == asked.group_name) {
        return Err(ApiError::new(
            "InvalidGroup.Duplicate",
            format!(
                "The security group '{}' already exists for VPC '{vpc_id}'",
                asked.group_name
            ),
        ));
    }
    if in_vpc().count() >= state.quotas.security_groups_per_vpc as usize {
        return Err(ApiError::new(
            "SecurityGroupLimitExceeded",
            format!("The maximum number of security groups for VPC '{vpc_id}' has been reached."),
        ));
    }
    not_dry(asked.dry_run)?;
    let id = state.ids.ec2("sg");
    let egress = vec![everything_out(state)];
    let answer = json!({
        "return": true,
        "groupId": id,
        "securityGroupArn": arn(state, &id),
        "tagSet": tag_set(&tags),
    });
    let group = SecurityGroup {
        id: id.clone(),
        name: asked.group_name,
        description: asked.group_description,
        vpc_id,
        tags,
        ingress: Vec::new(),
        egress,
    };
    state.security_groups.insert(id, group);
    Ok(answer)
}

pub(crate) fn delete(state: &mut State, request: &Request) -> Answer {
    let Delete {
        group_id,
        group_name,
        dry_run,
    } = request.read()?;
    let group = find_by(state, group_id.as_deref(), group_name.as_deref())?;
    let group_id = group.id.clone();
    if group.name == "default" {
        return Err(ApiError::new(
            "CannotDelete",
            format!(
                "the specified group: \"{group_id}\" name: \"default\" cannot be deleted by a user"
            ),
        ));
    }
    let on_interface = state
        .network
        .interfaces_at(request.now)
        .any(|interface| interface.groups.contains(&group_id));
    let named_by_rule = state
        .security_groups
        .values()
        .filter(|other| other.id != group_id)
        .flat_map(|other| other.ingress.iter().chain(&other.egress))
        .any(|rule| rule.permission.peer == Peer::Group(group_id.clone()));
    if on_interface || named_by_rule {
        return Err(ApiError::new(
            "DependencyViolation",
            format!("resource {group_id} has a dependent object"),
        ));
    }
    not_dry(dry_run)?;
    state.security_groups.remove(&group_id);
    Ok(json!({"return": true, "groupId": group_id}))
}

pub(crate) fn describe(state: &State, request: &Request) -> Answer {
    let asked: Describe = request.read()?;
    for id in &asked.ids {
        find(state, id)?;
    }
    for name in &asked.names {
        if !state
            .security_groups
            .values()
            .any(|group| &group.name == name)
        {
            return Err(no_group(name));
        }
    }
    let mut wanted = Vec::new();
    for group in state.security_groups.values() {
        if (asked.ids.is_empty() || asked.ids.contains(&group.id))
            && (asked.names.is_empty() || asked.names.contains(&group.name))
            && pass(&asked.filters, &group.tags, |name| {
                field(state, group, name)
            })?
        {
            wanted.push((group.id.clone(), shown(state, group)));
        }
    }
    not_dry(asked.dry_run)?;
    let next = asked.next_token.as_deref();
    paged("securityGroupInfo", wanted, asked.max_results, next)
}

/// Groups that things of a VPC may have: its own, since there is no VPC to share any with.
pub(crate) fn of_vpc(state: &State, request: &Request) -> Answer {
    let asked: OfVpc = request.read()?;
    if !state.network.vpcs.contains_key(&asked.vpc_id) {
        return Err(no_vpc(&asked.vpc_id));
    }
    let mut wanted = Vec::new();
    for group in state.security_groups.values() {
        let field = |name: &str| match name {
            "primary-vpc-id" => Some(vec![group.vpc_id.clone()]),
            "group-id" | "group-name" | "description" | "owner-id" => field(state, group, name),
            _ => None,
        };
        if group.vpc_id == asked.vpc_id && pass(&asked.filters, &group.tags, field)? {
            let shown = json!({
                "groupId": group.id,
                "groupName": group.name,
                "description": group.description,
                "ownerId": state.account,
                "primaryVpcId": group.vpc_id,
                "tagSet": tag_set(&group.tags),
            });
            wanted.push((group.id.clone(), shown));
        }
    }
    not_dry(asked.dry_run)?;
    let next = asked.next_token.as_deref();
    paged("securityGroupForVpcSet", wanted, asked.max_results, next)
}

/// A group that lets in its own members and everything out.
pub(super) fn closed(
    state: &mut State,
    name: String,
    description: &str,
    vpc_id: String,
) -> SecurityGroup {
    let id = state.ids.ec2("sg");
    let from_itself = Permission {
        protocol: "-1".to_owned(),
        ports: None,
        peer: Peer::Group(id.clone()),
    };
    SecurityGroup {
        id,
        name,
        description: description.to_owned(),
        vpc_id,
        tags: Tags::new(),
        ingress: vec![permissions::rule(state, from_itself, None, Tags::new())],
        egress: vec![everything_out(state)],
    }
}

pub(crate) fn no_vpc(id: &str) -> ApiError {
    ApiError::new(
        "InvalidVpcID.NotFound",
        format!("The vpc ID '{id}' does not exist"),
    )
}

/// A group's ARN.
pub(crate) fn arn(state: &State, id: &str) -> String {
    let State {
        region, account, ..
    } = state;
    format!("arn:aws:ec2:{region}:{account}:security-group/{id}")
}

fn everything_out(state: &mut State) -> SecurityGroupRule {
    let permission = Permission {
        protocol: "-1".to_owned(),
        ports: None,
        peer: Peer::Ipv4(ipnet::Ipv4Net::default()),
    };
    permissions::rule(state, permission, None, Tags::new())
}

fn field(state: &State, group: &SecurityGroup, name: &str) -> Option<Vec<String>> {
    let permission = |f: fn(&Permission) -> Option<String>| {
        let rules = group.ingress.iter();
        rules.filter_map(|rule| f(&rule.permission)).collect()
    };
    Some(match name {
        "group-id" => vec![group.id.clone()],
        "group-name" => vec![group.name.clone()],
        "description" => vec![group.description.clone()],
        "vpc-id" => vec![group.vpc_id.clone()],
        "owner-id" => vec![state.account.clone()],
        "ip-permission.cidr" => permission(|permission| match &permission.peer {
            Peer::Ipv4(cidr) => Some(cidr.to_string()),
            Peer::Ipv6(_) | Peer::PrefixList(_) | Peer::Group(_) => None,
        }),
        "ip-permission.group-id" => permission(|permission| match &permission.peer {
            Peer::Group(id) => Some(id.clone()),
            Peer::Ipv4(_) | Peer::Ipv6(_) | Peer::PrefixList(_) => None,
        }),
        "ip-permission.protocol" => permission(|permission| Some(permission.protocol.clone())),
        _ => return None,
    })
}

fn shown(state: &State, group: &SecurityGroup) -> Value {
    json!({
        "groupId": group.id,
        "groupName": group.name,
        "groupDescription": group.description,
        "vpcId": group.vpc_id,
        "ownerId": state.account,
        "securityGroupArn": arn(state, &group.id),
        "ipPermissions": permissions::grouped(state, &group.ingress),
        "ipPermissionsEgress": permissions::grouped(state, &group.egress),
        "tagSet": tag_set(&group.tags),
    })
}
