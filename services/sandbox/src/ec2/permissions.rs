//! Rules of security groups.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::resources::security_groups::{Peer, Permission, SecurityGroupRule};
use crate::state::State;
use crate::tags::Tags;

use super::arguments::{TagSpecification, not_dry, specified, tag_set};
use super::filters::{Filter, paged, pass};
use super::permission_args::{IpPermission, all_permissions};
use super::{groups, rule_quotas};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Authorize {
    group_id: Option<String>,
    group_name: Option<String>,
    #[serde(default)]
    ip_permissions: Vec<IpPermission>,
    ip_protocol: Option<String>,
    from_port: Option<i32>,
    to_port: Option<i32>,
    cidr_ip: Option<String>,
    #[serde(default, rename = "TagSpecification")]
    tag_specifications: Vec<TagSpecification>,
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Revoke {
    group_id: Option<String>,
    group_name: Option<String>,
    #[serde(default)]
    ip_permissions: Vec<IpPermission>,
    #[serde(default, rename = "SecurityGroupRuleId")]
    rule_ids: Vec<String>,
    ip_protocol: Option<String>,
    from_port: Option<i32>,
    to_port: Option<i32>,
    cidr_ip: Option<String>,
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    #[serde(default, rename = "Filter")]
    filters: Vec<Filter>,
    #[serde(default, rename = "SecurityGroupRuleId")]
    ids: Vec<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
    dry_run: Option<bool>,
}

pub(crate) fn authorize(state: &mut State, request: &Request) -> Answer {
    let asked: Authorize = request.read()?;
    let (id, name) = (asked.group_id.as_deref(), asked.group_name.as_deref());
    let group = groups::find_by(state, id, name)?;
    let group_id = group.id.clone();
    let tags = specified(state, "security-group-rule", &asked.tag_specifications)?;
    let permissions = all_permissions(
        state,
        asked.ip_permissions,
        asked.ip_protocol,
        (asked.from_port, asked.to_port),
        asked.cidr_ip,
    )?;
    let mut added: Vec<(Permission, Option<String>)> = Vec::new();
    for (permission, description) in permissions {
        let present = group.ingress.iter().map(|rule| &rule.permission);
        if present
            .chain(added.iter().map(|(before, _)| before))
            .any(|before| *before == permission)
        {
            return Err(ApiError::new(
                "InvalidPermission.Duplicate",
                format!(
                    "the specified rule \"{}\" already exists",
                    in_words(&permission)
                ),
            ));
        }
        added.push((permission, description));
    }
    let present = group.ingress.iter().map(|rule| &rule.permission);
    rule_quotas::check(state, present.chain(added.iter().map(|(new, _)| new)))?;
    not_dry(asked.dry_run)?;
    let rules: Vec<SecurityGroupRule> = added
        .into_iter()
        .map(|(permission, description)| rule(state, permission, description, tags.clone()))
        .collect();
    let shown: Vec<Value> = rules
        .iter()
        .map(|rule| rule_shown(state, &group_id, rule, Direction::Ingress))
        .collect();
    if let Some(group) = state.security_groups.get_mut(&group_id) {
        group.ingress.extend(rules);
    }
    Ok(json!({"return": true, "securityGroupRuleSet": shown}))
}

pub(crate) fn revoke(state: &mut State, request: &Request) -> Answer {
    let asked: Revoke = request.read()?;
    let (id, name) = (asked.group_id.as_deref(), asked.group_name.as_deref());
    let group = groups::find_by(state, id, name)?;
    let group_id = group.id.clone();
    let mut leaving: Vec<String> = Vec::new();
    for id in asked.rule_ids {
        if !group.ingress.iter().any(|rule| rule.id == id) {
            return Err(ApiError::new(
                "InvalidSecurityGroupRuleId.NotFound",
                format!("The security group rule ID '{id}' does not exist"),
            ));
        }
        leaving.push(id);
    }
    let shorthand = asked.ip_protocol.is_some() || asked.cidr_ip.is_some();
    if leaving.is_empty() || shorthand || !asked.ip_permissions.is_empty() {
        for (permission, _) in all_permissions(
            state,
            asked.ip_permissions,
            asked.ip_protocol,
            (asked.from_port, asked.to_port),
            asked.cidr_ip,
        )? {
            let Some(rule) = group
                .ingress
                .iter()
                .find(|rule| rule.permission == permission)
            else {
                return Err(ApiError::new(
                    "InvalidPermission.NotFound",
                    "The specified rule does not exist in this security group.",
                ));
            };
            leaving.push(rule.id.clone());
        }
    }
    not_dry(asked.dry_run)?;
    let revoked: Vec<Value> = group
        .ingress
        .iter()
        .filter(|rule| leaving.contains(&rule.id))
        .map(|rule| rule_shown(state, &group_id, rule, Direction::Ingress))
        .collect();
    if let Some(group) = state.security_groups.get_mut(&group_id) {
        group.ingress.retain(|rule| !leaving.contains(&rule.id));
    }
    Ok(json!({"return": true, "revokedSecurityGroupRuleSet": revoked}))
}

pub(crate) fn describe(state: &State, request: &Request) -> Answer {
    let asked: Describe = request.read()?;
    let mut wanted = Vec::new();
    let mut found = Vec::new();
    for group in state.security_groups.values() {
        let ingress = group.ingress.iter().map(|rule| (rule, Direction::Ingress));
        let egress = group.egress.iter().map(|rule| (rule, Direction::Egress));
        for (rule, direction) in ingress.chain(egress) {
            let field = |name: &str| {
                Some(match name {
                    "group-id" => vec![group.id.clone()],
                    "security-group-rule-id" => vec![rule.id.clone()],
                    _ => return None,
                })
            };
            if (asked.ids.is_empty() || asked.ids.contains(&rule.id))
                && pass(&asked.filters, &rule.tags, field)?
            {
                let shown = rule_shown(state, &group.id, rule, direction);
                wanted.push((rule.id.clone(), shown));
            }
            found.push(&rule.id);
        }
    }
    if let Some(missing) = asked.ids.iter().find(|id| !found.contains(id)) {
        return Err(ApiError::new(
            "InvalidSecurityGroupRuleId.NotFound",
            format!("The security group rule ID '{missing}' does not exist"),
        ));
    }
    not_dry(asked.dry_run)?;
    wanted.sort_by(|(one, _), (other, _)| one.cmp(other));
    let next = asked.next_token.as_deref();
    paged("securityGroupRuleSet", wanted, asked.max_results, next)
}

/// Whether a rule lets in or out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ingress,
    Egress,
}

/// A new rule with an identifier of its own.
pub(crate) fn rule(
    state: &mut State,
    permission: Permission,
    description: Option<String>,
    tags: Tags,
) -> SecurityGroupRule {
    SecurityGroupRule {
        id: state.ids.ec2("sgr"),
        permission,
        description,
        tags,
    }
}

/// Rules as `DescribeSecurityGroups` shows them: one entry for each protocol and range of ports.
pub(crate) fn grouped(state: &State, rules: &[SecurityGroupRule]) -> Value {
    let mut groups: BTreeMap<_, Vec<&SecurityGroupRule>> = BTreeMap::new();
    for rule in rules {
        let Permission {
            protocol, ports, ..
        } = &rule.permission;
        groups
            .entry((protocol.as_str(), *ports))
            .or_default()
            .push(rule);
    }
    groups
        .into_iter()
        .map(|((protocol, ports), rules)| {
            let (mut v4, mut v6, mut lists, mut pairs) = (vec![], vec![], vec![], vec![]);
            for rule in rules {
                let description = &rule.description;
                match &rule.permission.peer {
                    Peer::Ipv4(cidr) => {
                        v4.push(json!({"cidrIp": cidr, "description": description}));
                    }
                    Peer::Ipv6(cidr) => {
                        v6.push(json!({"cidrIpv6": cidr, "description": description}));
                    }
                    Peer::PrefixList(id) => {
                        lists.push(json!({"prefixListId": id, "description": description}));
                    }
                    Peer::Group(id) => pairs.push(json!({
                        "groupId": id,
                        "userId": state.account,
                        "description": description,
                    })),
                }
            }
            json!({
                "ipProtocol": protocol,
                "fromPort": ports.map(|(from, _)| from),
                "toPort": ports.map(|(_, to)| to),
                "ipRanges": v4,
                "ipv6Ranges": v6,
                "prefixListIds": lists,
                "groups": pairs,
            })
        })
        .collect()
}

fn rule_shown(
    state: &State,
    group_id: &str,
    rule: &SecurityGroupRule,
    direction: Direction,
) -> Value {
    let Permission {
        protocol,
        ports,
        peer,
    } = &rule.permission;
    let (mut v4, mut v6, mut list, mut group) = (None, None, None, None);
    match peer {
        Peer::Ipv4(cidr) => v4 = Some(cidr.to_string()),
        Peer::Ipv6(cidr) => v6 = Some(cidr.to_string()),
        Peer::PrefixList(id) => list = Some(id),
        Peer::Group(id) => group = Some(json!({"groupId": id, "userId": state.account})),
    }
    let State {
        region, account, ..
    } = state;
    json!({
        "securityGroupRuleId": rule.id,
        "securityGroupRuleArn":
            format!("arn:aws:ec2:{region}:{account}:security-group-rule/{}", rule.id),
        "groupId": group_id,
        "groupOwnerId": account,
        "isEgress": direction == Direction::Egress,
        "ipProtocol": protocol,
        // All ports are -1 here, and absent in DescribeSecurityGroups.
        "fromPort": ports.map_or(-1, |(from, _)| from),
        "toPort": ports.map_or(-1, |(_, to)| to),
        "cidrIpv4": v4,
        "cidrIpv6": v6,
        "prefixListId": list,
        "referencedGroupInfo": group,
        "description": rule.description,
        "tagSet": tag_set(&rule.tags),
    })
}

fn in_words(permission: &Permission) -> String {
    let Permission {
        protocol,
        ports,
        peer,
    } = permission;
    let peer = match peer {
        Peer::Ipv4(cidr) => cidr.to_string(),
        Peer::Ipv6(cidr) => cidr.to_string(),
        Peer::PrefixList(id) | Peer::Group(id) => id.clone(),
    };
    let protocol = match protocol.as_str() {
        "-1" => "ALL".to_owned(),
        name => name.to_ascii_uppercase(),
    };
    match ports {
        Some((from, to)) => {
            format!("peer: {peer}, {protocol}, from port: {from}, to port: {to}, ALLOW")
        }
        None => format!("peer: {peer}, {protocol}, ALLOW"),
    }
}
