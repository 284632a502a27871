//! Calls that start and terminate instances.

use std::net::Ipv4Addr;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::resources::instances::{Instance, InstanceState};
use crate::resources::interfaces::{Holder, NetworkInterface};
use crate::resources::network::Subnet;
use crate::state::State;
use crate::tags::Tags;

use super::arguments::{TagSpecification, not_dry, specified};
use super::instance_shape::reservation;
use super::interface_calls::{self, AddressArgs, checked_groups, find_subnet};

/// Instances that one call may start here; AWS's own quotas are of vCPUs.
const MAX_COUNT: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Launch {
    #[serde(default = "an_image")]
    image_id: String,
    #[serde(default = "a_type")]
    instance_type: String,
    min_count: usize,
    max_count: usize,
    subnet_id: Option<String>,
    #[serde(default, rename = "SecurityGroupId")]
    groups: Vec<String>,
    private_ip_address: Option<Ipv4Addr>,
    #[serde(default, rename = "NetworkInterface")]
    interfaces: Vec<InterfaceArg>,
    #[serde(default, rename = "TagSpecification")]
    tag_specifications: Vec<TagSpecification>,
    client_token: Option<String>,
    dry_run: Option<bool>,
}

/// An interface that is there, or one to make.
#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
struct InterfaceArg {
    device_index: u32,
    network_interface_id: Option<String>,
    subnet_id: Option<String>,
    #[serde(rename = "SecurityGroupId")]
    groups: Vec<String>,
    private_ip_address: Option<Ipv4Addr>,
    secondary_private_ip_address_count: usize,
    #[serde(rename = "Ipv4PrefixCount")]
    prefix_count: usize,
    ipv6_address_count: usize,
    delete_on_termination: Option<bool>,
    description: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Terminate {
    #[serde(rename = "InstanceId")]
    ids: Vec<String>,
    dry_run: Option<bool>,
}

pub(crate) fn run(state: &mut State, request: &Request) -> Answer {
    let asked: Launch = request.read()?;
    if asked.min_count == 0 || asked.min_count > asked.max_count || asked.max_count > MAX_COUNT {
        return Err(ApiError::new(
            "InvalidParameterValue",
            "The number of instances must be between 1 and the maximum",
        ));
    }
    let tags = specified(state, "instance", &asked.tag_specifications)?;
    let wanted = wanted_interfaces(&asked)?;
    not_dry(asked.dry_run)?;
    let made_before = state.network.made_by(asked.client_token.as_deref());
    if !made_before.is_empty() {
        return Ok(reservation(state, made_before, request.now));
    }
    // What is refused half-way has changed nothing.
    let mut next = state.clone();
    let mut ids = Vec::new();
    for _ in 0..asked.max_count {
        let id = next.ids.ec2("i");
        let mut place = None;
        for interface in &wanted {
            let made = attached(&mut next, &id, interface, request.now)?;
            place.get_or_insert_with(|| find_subnet(&next, &made.subnet_id).cloned());
            next.network.interfaces.insert(made.id.clone(), made);
        }
        let Some(subnet) = place.transpose()? else {
            continue;
        };
        let mut instance = new(id.clone(), &subnet, request.now);
        instance.running_at = next.after_provisioning(request.now);
        instance.image_id.clone_from(&asked.image_id);
        instance.hardware.clone_from(&asked.instance_type);
        instance.tags.clone_from(&tags);
        next.network.instances.insert(id.clone(), instance);
        ids.push(id);
    }
    next.network.remember(asked.client_token, ids.clone());
    *state = next;
    Ok(reservation(state, &ids, request.now))
}

pub(crate) fn terminate(state: &mut State, request: &Request) -> Answer {
    let asked: Terminate = request.read()?;
    let mut changes = Vec::new();
    for id in &asked.ids {
        let instance = state.network.instances.get(id);
        let Some(instance) = instance.filter(|instance| instance.is_visible(request.now)) else {
            return Err(ApiError::new(
                "InvalidInstanceID.NotFound",
                format!("The instance ID '{id}' does not exist"),
            ));
        };
        let (code, name) = instance.state(request.now).shown();
        let (now_code, now_name) = match instance.state(request.now) {
            InstanceState::Terminated => (code, name),
            InstanceState::Pending | InstanceState::Running => (32, "shutting-down"),
        };
        changes.push(json!({
            "instanceId": id,
            "currentState": {"code": now_code, "name": now_name},
            "previousState": {"code": code, "name": name},
        }));
    }
    not_dry(asked.dry_run)?;
    for id in &asked.ids {
        let own =
            |interface: &NetworkInterface| interface.instance().is_some_and(|(of, _)| of == id);
        state.network.interfaces.retain(|_, interface| {
            let goes = match interface.holder {
                Holder::Instance {
                    delete_on_termination,
                    ..
                } => delete_on_termination,
                Holder::Nobody
                | Holder::ApplicationLoadBalancer(_)
                | Holder::NetworkLoadBalancer(_) => false,
            };
            !(goes && own(interface))
        });
        for interface in state.network.interfaces.values_mut() {
            if own(interface) {
                interface.holder = Holder::Nobody;
            }
        }
        if let Some(instance) = state.network.instances.get_mut(id) {
            instance.terminated_at.get_or_insert(request.now);
        }
    }
    Ok(json!({"instancesSet": changes}))
}

/// An instance that runs from now on.
pub(super) fn new(id: String, subnet: &Subnet, now: Timestamp) -> Instance {
    Instance {
        id,
        vpc_id: subnet.vpc_id.clone(),
        subnet_id: subnet.id.clone(),
        zone: subnet.zone.clone(),
        image_id: an_image(),
        hardware: a_type(),
        launched_at: now,
        running_at: now,
        terminated_at: None,
        tags: Tags::new(),
    }
}

/// The interfaces of each new instance, out of both ways to ask for them.
fn wanted_interfaces(asked: &Launch) -> Result<Vec<InterfaceArg>, ApiError> {
    let mut wanted = asked.interfaces.clone();
    let own =
        asked.subnet_id.is_some() || asked.private_ip_address.is_some() || !asked.groups.is_empty();
    if own && !wanted.is_empty() {
        return Err(ApiError::new(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level subnet ID, address or security groups may \
             not be specified on the same request",
        ));
    }
    if wanted.is_empty() {
        wanted.push(InterfaceArg {
            subnet_id: asked.subnet_id.clone(),
            groups: asked.groups.clone(),
            private_ip_address: asked.private_ip_address,
            ..InterfaceArg::default()
        });
    }
    wanted.sort_by_key(|interface| interface.device_index);
    let numbered = wanted.iter().zip(0u32..);
    if numbered
        .into_iter()
        .any(|(interface, index)| interface.device_index != index)
    {
        return Err(ApiError::new(
            "InvalidParameterValue",
            "The device indexes of the network interfaces must be 0, 1 and so on",
        ));
    }
    let of_one = wanted.iter().any(|interface| {
        interface.network_interface_id.is_some() || interface.private_ip_address.is_some()
    });
    if of_one && asked.max_count > 1 {
        return Err(ApiError::new(
            "InvalidParameterCombination",
            "An interface or address can be specified for one instance only",
        ));
    }
    Ok(wanted)
}

/// One interface of a new instance, attached to it.
fn attached(
    state: &mut State,
    instance: &str,
    asked: &InterfaceArg,
    now: Timestamp,
) -> Result<NetworkInterface, ApiError> {
    let mut interface = if let Some(id) = &asked.network_interface_id {
        let interface = interface_calls::find(state, id, now)?.clone();
        if interface.holder != Holder::Nobody {
            return Err(ApiError::new(
                "InvalidNetworkInterface.InUse",
                format!("Interface: [{id}] in use."),
            ));
        }
        interface
    } else {
        let subnet = match &asked.subnet_id {
            Some(id) => find_subnet(state, id)?.clone(),
            None => default_subnet(state)?.clone(),
        };
        let groups = checked_groups(state, &subnet.vpc_id, asked.groups.clone())?;
        let wanted = AddressArgs {
            primary: asked.private_ip_address,
            secondary_count: asked.secondary_private_ip_address_count,
            prefix_count: asked.prefix_count,
            ipv6_count: asked.ipv6_address_count,
            ..AddressArgs::default()
        };
        let addresses = interface_calls::addresses(state, &subnet, &wanted)?;
        let mut interface = interface_calls::new(state, &subnet, groups, addresses, now);
        interface.description.clone_from(&asked.description);
        interface
    };
    // One that was there before stays after the instance, one that was made with it does not.
    let made_with_it = asked.network_interface_id.is_none();
    interface.holder = Holder::Instance {
        id: instance.to_owned(),
        device_index: asked.device_index,
        delete_on_termination: asked.delete_on_termination.unwrap_or(made_with_it),
    };
    Ok(interface)
}

/// "If you don't specify a subnet ID, we choose a default subnet from your default VPC."
fn default_subnet(state: &State) -> Result<&Subnet, ApiError> {
    let subnets = state.network.subnets.values();
    subnets
        .filter(|subnet| subnet.public)
        .min_by_key(|subnet| &subnet.zone)
        .ok_or_else(|| ApiError::new("MissingInput", "No subnets found for the default VPC"))
}

fn an_image() -> String {
    "ami-00000000000000000".to_owned()
}

fn a_type() -> String {
    "m5.large".to_owned()
}
