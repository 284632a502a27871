//! Making, changing and deleting network interfaces.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::resources::interfaces::{Addresses, Holder, NetworkInterface};
use crate::resources::network::Subnet;
use crate::state::State;
use crate::tags::Tags;

use super::arguments::{TagSpecification, not_dry, specified};
use super::groups;
use super::interface_shape::shown;

/// Which addresses a new interface gets. What is not said is chosen.
#[derive(Clone, Default)]
pub(super) struct AddressArgs {
    pub(super) primary: Option<Ipv4Addr>,
    pub(super) secondary: Vec<Ipv4Addr>,
    pub(super) secondary_count: usize,
    pub(super) prefixes: Vec<Ipv4Net>,
    pub(super) prefix_count: usize,
    pub(super) ipv6: Vec<Ipv6Addr>,
    pub(super) ipv6_count: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    subnet_id: String,
    #[serde(default)]
    description: String,
    private_ip_address: Option<Ipv4Addr>,
    #[serde(default, rename = "SecurityGroupId")]
    groups: Vec<String>,
    #[serde(default)]
    private_ip_addresses: Vec<PrivateIpArg>,
    #[serde(default)]
    secondary_private_ip_address_count: usize,
    #[serde(default, rename = "Ipv4Prefix")]
    prefixes: Vec<PrefixArg>,
    #[serde(default, rename = "Ipv4PrefixCount")]
    prefix_count: usize,
    #[serde(default)]
    ipv6_addresses: Vec<Ipv6Arg>,
    #[serde(default)]
    ipv6_address_count: usize,
    interface_type: Option<InterfaceType>,
    #[serde(default, rename = "TagSpecification")]
    tag_specifications: Vec<TagSpecification>,
    client_token: Option<String>,
    dry_run: Option<bool>,
}

/// The one type of those that the sandbox makes by a call.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum InterfaceType {
    Interface,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PrivateIpArg {
    private_ip_address: Ipv4Addr,
    primary: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PrefixArg {
    ipv4_prefix: Ipv4Net,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Ipv6Arg {
    ipv6_address: Ipv6Addr,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Delete {
    network_interface_id: String,
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Modify {
    network_interface_id: String,
    #[serde(default, rename = "SecurityGroupId")]
    groups: Vec<String>,
    description: Option<TextValue>,
    source_dest_check: Option<SwitchValue>,
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TextValue {
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SwitchValue {
    value: bool,
}

pub(crate) fn create(state: &mut State, request: &Request) -> Answer {
    let asked: Create = request.read()?;
    match asked.interface_type {
        None | Some(InterfaceType::Interface) => {}
    }
    let subnet = find_subnet(state, &asked.subnet_id)?.clone();
    let groups = checked_groups(state, &subnet.vpc_id, asked.groups)?;
    let tags = specified(state, "network-interface", &asked.tag_specifications)?;
    check_description(&asked.description)?;
    let mut primary = asked.private_ip_address;
    let mut secondary = Vec::new();
    for given in asked.private_ip_addresses {
        let address = given.private_ip_address;
        match (given.primary.unwrap_or(false), primary) {
            (true, Some(other)) if other != address => {
                return Err(ApiError::new(
                    "InvalidParameterCombination",
                    "Only one primary private IP address can be specified.",
                ));
            }
            (true, _) => primary = Some(address),
            (false, _) => secondary.push(address),
        }
    }
    let wanted = AddressArgs {
        primary,
        secondary,
        secondary_count: asked.secondary_private_ip_address_count,
        prefixes: asked.prefixes.iter().map(|arg| arg.ipv4_prefix).collect(),
        prefix_count: asked.prefix_count,
        ipv6: asked
            .ipv6_addresses
            .iter()
            .map(|arg| arg.ipv6_address)
            .collect(),
        ipv6_count: asked.ipv6_address_count,
    };
    not_dry(asked.dry_run)?;
    let token = asked.client_token;
    if let Some(id) = state.network.made_by(token.as_deref()).first()
        && let Some(interface) = state.network.interfaces.get(id)
    {
        return Ok(json!({"networkInterface": shown(state, interface), "clientToken": token}));
    }
    let addresses = addresses(state, &subnet, &wanted)?;
    let mut interface = new(state, &subnet, groups, addresses, request.now);
    interface.description = asked.description;
    interface.tags = tags;
    let answer = json!({"networkInterface": shown(state, &interface), "clientToken": token});
    let id = interface.id.clone();
    state.network.interfaces.insert(id.clone(), interface);
    state.network.remember(token, vec![id]);
    Ok(answer)
}

pub(crate) fn delete(state: &mut State, request: &Request) -> Answer {
    let asked: Delete = request.read()?;
    let interface = find(state, &asked.network_interface_id, request.now)?;
    if interface.holder != Holder::Nobody {
        return Err(ApiError::new(
            "InvalidParameterValue",
            format!(
                "Network interface '{}' is currently in use.",
                asked.network_interface_id
            ),
        ));
    }
    not_dry(asked.dry_run)?;
    state.network.interfaces.remove(&asked.network_interface_id);
    Ok(json!({"return": true}))
}

/// "You can specify only one attribute at a time."
pub(crate) fn modify(state: &mut State, request: &Request) -> Answer {
    let asked: Modify = request.read()?;
    let interface = find(state, &asked.network_interface_id, request.now)?;
    if interface.load_balancer().is_some() {
        return Err(ApiError::new(
            "AuthFailure",
            "You do not have permission to access the specified resource.",
        ));
    }
    let given = [
        !asked.groups.is_empty(),
        asked.description.is_some(),
        asked.source_dest_check.is_some(),
    ];
    match given.iter().filter(|given| **given).count() {
        1 => {}
        0 => {
            return Err(ApiError::new(
                "MissingParameter",
                "The request must contain an attribute to modify",
            ));
        }
        _ => {
            return Err(ApiError::new(
                "InvalidParameterCombination",
                "Only one attribute can be modified at a time.",
            ));
        }
    }
    let mut changed = interface.clone();
    if !asked.groups.is_empty() {
        changed.groups = checked_groups(state, &interface.vpc_id, asked.groups)?;
    }
    if let Some(TextValue { value }) = asked.description {
        check_description(&value)?;
        changed.description = value;
    }
    if let Some(SwitchValue { value }) = asked.source_dest_check {
        changed.source_dest_check = value;
    }
    not_dry(asked.dry_run)?;
    state.network.interfaces.insert(changed.id.clone(), changed);
    Ok(json!({"return": true}))
}

/// The interface of this identifier.
pub(super) fn find<'a>(
    state: &'a State,
    id: &str,
    now: Timestamp,
) -> Result<&'a NetworkInterface, ApiError> {
    let found = state.network.interfaces.get(id);
    found
        .filter(|interface| interface.is_there(now))
        .ok_or_else(|| {
            ApiError::new(
                "InvalidNetworkInterfaceID.NotFound",
                format!("The networkInterface ID '{id}' does not exist"),
            )
        })
}

pub(super) fn find_subnet<'a>(state: &'a State, id: &str) -> Result<&'a Subnet, ApiError> {
    state.network.subnets.get(id).ok_or_else(|| {
        ApiError::new(
            "InvalidSubnetID.NotFound",
            format!("The subnet ID '{id}' does not exist"),
        )
    })
}

/// An interface that nothing is attached to.
pub(crate) fn new(
    state: &mut State,
    subnet: &Subnet,
    groups: Vec<String>,
    addresses: Addresses,
    now: Timestamp,
) -> NetworkInterface {
    NetworkInterface {
        id: state.ids.ec2("eni"),
        subnet_id: subnet.id.clone(),
        vpc_id: subnet.vpc_id.clone(),
        zone: subnet.zone.clone(),
        zone_id: subnet.zone_id.clone(),
        description: String::new(),
        groups,
        addresses,
        holder: Holder::Nobody,
        source_dest_check: true,
        created_at: now,
        gone_at: None,
        tags: Tags::new(),
    }
}

/// The addresses of a new interface: those that were asked for, and free ones for the rest.
pub(super) fn addresses(
    state: &State,
    subnet: &Subnet,
    asked: &AddressArgs,
) -> Result<Addresses, ApiError> {
    let network = &state.network;
    let named = asked.primary.iter().chain(&asked.secondary);
    let named: Vec<IpAddr> = named
        .copied()
        .map(IpAddr::V4)
        .chain(asked.ipv6.iter().copied().map(IpAddr::V6))
        .collect();
    for (index, address) in named.iter().enumerate() {
        if !subnet.holds(*address) {
            return Err(ApiError::new(
                "InvalidParameterValue",
                "Address does not fall within the subnet's address range",
            ));
        }
        if network.is_taken(*address) || named[..index].contains(address) {
            return Err(ApiError::new(
                "InvalidIPAddress.InUse",
                format!("The specified address is already in use: {address}"),
            ));
        }
    }
    let mut prefixes = Vec::new();
    for prefix in &asked.prefixes {
        let whole = prefix.prefix_len() == 28 && prefix.trunc() == *prefix;
        if !whole || !subnet.cidr.contains(prefix) {
            return Err(ApiError::new(
                "InvalidParameterValue",
                format!("'{prefix}' is not a /28 of the subnet"),
            ));
        }
        let taken = prefix.hosts().any(|host| network.is_taken(host.into()));
        if taken || prefixes.contains(&IpNet::V4(*prefix)) {
            return Err(ApiError::new(
                "InvalidIPAddress.InUse",
                format!("The specified prefix is already in use: {prefix}"),
            ));
        }
        prefixes.push(IpNet::V4(*prefix));
    }
    let others = network.free_prefixes(subnet);
    let others: Vec<IpNet> = others
        .filter(|prefix| !prefixes.contains(prefix))
        .take(asked.prefix_count)
        .collect();
    enough(subnet, others.len(), asked.prefix_count)?;
    prefixes.extend(others);
    let chosen = usize::from(asked.primary.is_none()) + asked.secondary_count;
    let others = network.free_ipv4(subnet);
    let mut others = others
        .filter(|address| {
            !named.contains(&IpAddr::V4(*address))
                && !prefixes
                    .iter()
                    .any(|prefix| prefix.contains(&IpAddr::V4(*address)))
        })
        .take(chosen);
    let primary = asked.primary.or_else(|| others.next());
    let mut secondary = asked.secondary.clone();
    secondary.extend(others);
    let found = usize::from(primary.is_some()) + secondary.len();
    enough(
        subnet,
        found,
        1 + asked.secondary.len() + asked.secondary_count,
    )?;
    let mut ipv6 = asked.ipv6.clone();
    let others = network.free_ipv6(subnet);
    let others = others.filter(|address| !asked.ipv6.contains(address));
    ipv6.extend(others.take(asked.ipv6_count));
    enough(subnet, ipv6.len(), asked.ipv6.len() + asked.ipv6_count)?;
    Ok(Addresses {
        primary,
        secondary,
        prefixes,
        ipv6,
        elastic: None,
    })
}

fn enough(subnet: &Subnet, found: usize, wanted: usize) -> Result<(), ApiError> {
    if found == wanted {
        return Ok(());
    }
    Err(ApiError::new(
        "InsufficientFreeAddressesInSubnet",
        format!(
            "There are not enough free addresses in subnet '{}'",
            subnet.id
        ),
    ))
}

fn check_description(description: &str) -> Result<(), ApiError> {
    if description.chars().count() <= 255 {
        return Ok(());
    }
    Err(ApiError::new(
        "InvalidParameterValue",
        "The description has more than 255 characters",
    ))
}

/// The groups that a new or changed interface gets; without any, the VPC's default one.
pub(crate) fn checked_groups(
    state: &State,
    vpc_id: &str,
    asked: Vec<String>,
) -> Result<Vec<String>, ApiError> {
    let mut groups: Vec<String> = Vec::new();
    for id in asked {
        let group = groups::find(state, &id)?;
        if group.vpc_id != vpc_id {
            return Err(ApiError::new(
                "InvalidGroup.NotFound",
                format!("The security group '{id}' is not in VPC '{vpc_id}'"),
            ));
        }
        if !groups.contains(&id) {
            groups.push(id);
        }
    }
    if groups.is_empty() {
        groups.extend(groups::default_of(state, vpc_id));
    }
    if groups.len() > state.quotas.security_groups_per_interface as usize {
        return Err(ApiError::new(
            "SecurityGroupsPerInterfaceLimitExceeded",
            "The maximum number of security groups per interface has been reached.",
        ));
    }
    Ok(groups)
}
