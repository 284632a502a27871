//! Permissions as callers of EC2 write them.

use ipnet::{Ipv4Net, Ipv6Net};
use serde::Deserialize;

use crate::error::ApiError;
use crate::resources::security_groups::{Peer, Permission};
use crate::state::State;

use super::{groups, prefix_lists};

/// Several permissions in one: every range, list and group is a peer of its own.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct IpPermission {
    ip_protocol: Option<String>,
    from_port: Option<i32>,
    to_port: Option<i32>,
    #[serde(default)]
    ip_ranges: Vec<IpRange>,
    #[serde(default)]
    ipv6_ranges: Vec<Ipv6Range>,
    #[serde(default)]
    prefix_list_ids: Vec<PrefixListId>,
    #[serde(default)]
    groups: Vec<GroupPair>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct IpRange {
    cidr_ip: String,
    description: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Ipv6Range {
    cidr_ipv6: String,
    description: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PrefixListId {
    prefix_list_id: String,
    description: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GroupPair {
    group_id: Option<String>,
    group_name: Option<String>,
    description: Option<String>,
    /// The owner and the VPC can be said, but there is only one of each here.
    #[serde(rename = "UserId")]
    _user_id: Option<String>,
    #[serde(rename = "VpcId")]
    _vpc_id: Option<String>,
}

/// Single permissions with their descriptions, out of both ways to ask for them.
pub(crate) fn all_permissions(
    state: &State,
    mut permissions: Vec<IpPermission>,
    protocol: Option<String>,
    (from_port, to_port): (Option<i32>, Option<i32>),
    cidr: Option<String>,
) -> Result<Vec<(Permission, Option<String>)>, ApiError> {
    if protocol.is_some() || cidr.is_some() {
        permissions.push(IpPermission {
            ip_protocol: protocol,
            from_port,
            to_port,
            ip_ranges: cidr
                .into_iter()
                .map(|cidr_ip| IpRange {
                    cidr_ip,
                    description: None,
                })
                .collect(),
            ipv6_ranges: Vec::new(),
            prefix_list_ids: Vec::new(),
            groups: Vec::new(),
        });
    }
    let mut all = Vec::new();
    for permission in permissions {
        all.extend(single(state, permission)?);
    }
    if all.is_empty() {
        return Err(ApiError::new(
            "MissingParameter",
            "The request must contain the parameter ipPermissions with a source",
        ));
    }
    Ok(all)
}

fn single(
    state: &State,
    permission: IpPermission,
) -> Result<Vec<(Permission, Option<String>)>, ApiError> {
    let IpPermission {
        ip_protocol,
        from_port,
        to_port,
        ip_ranges,
        ipv6_ranges,
        prefix_list_ids,
        groups,
    } = permission;
    let protocol = protocol_name(ip_protocol.as_deref())?;
    let ports = check_ports(&protocol, from_port, to_port)?;
    let mut peers = Vec::new();
    for IpRange {
        cidr_ip,
        description,
    } in ip_ranges
    {
        let cidr: Ipv4Net = cidr_ip.parse().map_err(|_| malformed(&cidr_ip))?;
        // EC2 stores the network, whatever address of it was given.
        peers.push((Peer::Ipv4(cidr.trunc()), description));
    }
    for Ipv6Range {
        cidr_ipv6,
        description,
    } in ipv6_ranges
    {
        let cidr: Ipv6Net = cidr_ipv6.parse().map_err(|_| malformed(&cidr_ipv6))?;
        peers.push((Peer::Ipv6(cidr.trunc()), description));
    }
    for PrefixListId {
        prefix_list_id,
        description,
    } in prefix_list_ids
    {
        prefix_lists::find(state, &prefix_list_id)?;
        peers.push((Peer::PrefixList(prefix_list_id), description));
    }
    for pair in groups {
        let (id, name) = (pair.group_id.as_deref(), pair.group_name.as_deref());
        let group = groups::find_by(state, id, name)?;
        peers.push((Peer::Group(group.id.clone()), pair.description));
    }
    Ok(peers
        .into_iter()
        .map(|(peer, description)| {
            let permission = Permission {
                protocol: protocol.clone(),
                ports,
                peer,
            };
            (permission, description)
        })
        .collect())
}

fn protocol_name(protocol: Option<&str>) -> Result<String, ApiError> {
    let Some(protocol) = protocol else {
        return Err(ApiError::new(
            "MissingParameter",
            "The request must contain the parameter ipProtocol",
        ));
    };
    let lower = protocol.to_ascii_lowercase();
    let name = match lower.as_str() {
        "tcp" | "6" => "tcp",
        "udp" | "17" => "udp",
        "icmp" | "1" => "icmp",
        "icmpv6" | "58" => "icmpv6",
        "-1" | "all" => "-1",
        number if number.parse::<u8>().is_ok() => number,
        _ => {
            return Err(ApiError::new(
                "InvalidParameterValue",
                format!("Invalid value '{protocol}' for IP protocol. Unknown protocol."),
            ));
        }
    };
    Ok(name.to_owned())
}

fn check_ports(
    protocol: &str,
    from: Option<i32>,
    to: Option<i32>,
) -> Result<Option<(i32, i32)>, ApiError> {
    match protocol {
        "tcp" | "udp" => {
            let (Some(from), Some(to)) = (from, to) else {
                return Err(ApiError::new(
                    "InvalidParameterValue",
                    "Invalid value 'Must specify both from and to ports with TCP/UDP.' for \
                     portRange.",
                ));
            };
            if !(0..=65_535).contains(&from) || !(0..=65_535).contains(&to) || from > to {
                return Err(ApiError::new(
                    "InvalidParameterValue",
                    format!("Invalid value '{from}-{to}' for portRange."),
                ));
            }
            Ok(Some((from, to)))
        }
        "icmp" | "icmpv6" => Ok(Some((from.unwrap_or(-1), to.unwrap_or(-1)))),
        // Ports mean nothing to other protocols: EC2 drops them.
        _ => Ok(None),
    }
}

fn malformed(cidr: &str) -> ApiError {
    ApiError::new(
        "InvalidParameterValue",
        format!("CIDR block {cidr} is malformed"),
    )
}
