//! Network interfaces as describe calls show and filter them.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde_json::{Value, json};

use crate::ids;
use crate::operation::{Answer, Request};
use crate::resources::interfaces::{Holder, NetworkInterface};
use crate::state::State;

use super::arguments::tag_set;
use super::describe::{Item, describe};

pub(crate) fn describe_interfaces(state: &State, request: &Request) -> Answer {
    let interfaces = state.network.interfaces_at(request.now);
    let interfaces = interfaces.map(|interface| Item {
        id: &interface.id,
        tags: &interface.tags,
        fields: fields(state, interface),
        shown: shown(state, interface),
    });
    describe(
        request,
        "networkInterfaceSet",
        "InvalidNetworkInterfaceID.NotFound",
        interfaces,
    )
}

/// Values by filter name (`DescribeNetworkInterfaces`, Filter.N).
pub(super) fn fields(
    state: &State,
    interface: &NetworkInterface,
) -> Vec<(&'static str, Vec<String>)> {
    let addresses = &interface.addresses;
    let ipv4: Vec<String> = addresses.ipv4().map(|ip| ip.to_string()).collect();
    let primary = |index| (index == 0 && addresses.primary.is_some()).to_string();
    let elastic = addresses.elastic.iter();
    let mut fields = vec![
        ("network-interface-id", vec![interface.id.clone()]),
        ("subnet-id", vec![interface.subnet_id.clone()]),
        ("vpc-id", vec![interface.vpc_id.clone()]),
        ("availability-zone", vec![interface.zone.clone()]),
        ("availability-zone-id", vec![interface.zone_id.clone()]),
        ("description", vec![interface.description.clone()]),
        ("group-id", interface.groups.clone()),
        ("owner-id", vec![state.account.clone()]),
        ("mac-address", vec![mac_address(interface)]),
        ("status", vec![status(interface).to_owned()]),
        ("interface-type", vec![interface_type(interface).to_owned()]),
        (
            "requester-managed",
            vec![interface.load_balancer().is_some().to_string()],
        ),
        (
            "requester-id",
            requester(interface)
                .into_iter()
                .map(str::to_owned)
                .collect(),
        ),
        (
            "source-dest-check",
            vec![interface.source_dest_check.to_string()],
        ),
        ("addresses.primary", (0..ipv4.len()).map(primary).collect()),
        ("private-ip-address", ipv4.clone()),
        ("addresses.private-ip-address", ipv4),
        (
            "ipv6-addresses.ipv6-address",
            addresses.ipv6.iter().map(Ipv6Addr::to_string).collect(),
        ),
        (
            "addresses.association.public-ip",
            elastic.clone().map(|(_, ip)| ip.to_string()).collect(),
        ),
        (
            "association.public-ip",
            elastic.clone().map(|(_, ip)| ip.to_string()).collect(),
        ),
        (
            "association.allocation-id",
            elastic.map(|(id, _)| id.clone()).collect(),
        ),
    ];
    fields.extend(attachment_fields(state, interface));
    fields
}

fn attachment_fields(
    state: &State,
    interface: &NetworkInterface,
) -> Vec<(&'static str, Vec<String>)> {
    let (mut instances, mut owners, mut indexes, mut deleted) = (vec![], vec![], vec![], vec![]);
    match &interface.holder {
        Holder::Nobody => {}
        Holder::Instance {
            id,
            device_index,
            delete_on_termination,
        } => {
            instances.push(id.clone());
            owners.push(state.account.clone());
            indexes.push(device_index.to_string());
            deleted.push(delete_on_termination.to_string());
        }
        Holder::ApplicationLoadBalancer(_) | Holder::NetworkLoadBalancer(_) => {
            owners.extend(requester(interface).map(str::to_owned));
            indexes.push("1".to_owned());
            deleted.push("false".to_owned());
        }
    }
    let attached = interface.holder != Holder::Nobody;
    let of_attached = |value: String| attached.then_some(value).into_iter().collect();
    vec![
        (
            "attachment.attachment-id",
            of_attached(attachment_id(interface)),
        ),
        ("attachment.status", of_attached("attached".to_owned())),
        ("attachment.instance-id", instances),
        ("attachment.instance-owner-id", owners),
        ("attachment.device-index", indexes),
        ("attachment.delete-on-termination", deleted),
    ]
}

/// An interface as `DescribeNetworkInterfaces` shows it.
pub(super) fn shown(state: &State, interface: &NetworkInterface) -> Value {
    let mut shown = shown_in_instance(state, interface);
    let addresses = &interface.addresses;
    for (member, value) in [
        ("availabilityZone", json!(interface.zone)),
        ("availabilityZoneId", json!(interface.zone_id)),
        ("requesterId", json!(requester(interface))),
        (
            "requesterManaged",
            json!(interface.load_balancer().is_some()),
        ),
        ("tagSet", tag_set(&interface.tags)),
        ("ipv6Address", json!(addresses.ipv6.first())),
        ("ipv6Native", json!(addresses.primary.is_none())),
        ("operator", json!({"managed": false})),
    ] {
        shown[member] = value;
    }
    shown
}

/// An interface as `DescribeInstances` shows it, which is less.
pub(super) fn shown_in_instance(state: &State, interface: &NetworkInterface) -> Value {
    let addresses = &interface.addresses;
    let association = addresses.elastic.as_ref().map(|(id, public_ip)| {
        json!({
            "allocationId": id,
            "associationId": id.replacen("eipalloc-", "eipassoc-", 1),
            "ipOwnerId": state.account,
            "publicIp": public_ip,
        })
    });
    let ipv4: Vec<Value> = addresses
        .ipv4()
        .map(|address| {
            let primary = addresses.primary == Some(address);
            json!({
                "privateIpAddress": address,
                "primary": primary,
                "privateDnsName": private_dns_name(state, address),
                "association": primary.then_some(&association),
            })
        })
        .collect();
    let ipv6 = addresses.ipv6.iter().enumerate();
    let ipv6: Vec<Value> = ipv6
        .map(|(index, address)| json!({"ipv6Address": address, "isPrimaryIpv6": index == 0 && addresses.primary.is_none()}))
        .collect();
    let (mut v4_prefixes, mut v6_prefixes) = (Vec::new(), Vec::new());
    for prefix in &addresses.prefixes {
        match prefix {
            IpNet::V4(prefix) => v4_prefixes.push(json!({"ipv4Prefix": prefix})),
            IpNet::V6(prefix) => v6_prefixes.push(json!({"ipv6Prefix": prefix})),
        }
    }
    json!({
        "networkInterfaceId": interface.id,
        "subnetId": interface.subnet_id,
        "vpcId": interface.vpc_id,
        "description": interface.description,
        "ownerId": state.account,
        "status": status(interface),
        "macAddress": mac_address(interface),
        "interfaceType": interface_type(interface),
        "sourceDestCheck": interface.source_dest_check,
        "groupSet": group_set(state, &interface.groups),
        "attachment": attachment(state, interface),
        "association": association,
        "privateIpAddress": addresses.primary,
        "privateDnsName": addresses.primary.map(|address| private_dns_name(state, address)),
        "privateIpAddressesSet": ipv4,
        "ipv6AddressesSet": ipv6,
        "ipv4PrefixSet": v4_prefixes,
        "ipv6PrefixSet": v6_prefixes,
    })
}

/// Groups as interfaces and instances list them.
pub(super) fn group_set(state: &State, groups: &[String]) -> Value {
    groups
        .iter()
        .map(|id| {
            let name = state.security_groups.get(id).map(|group| &group.name);
            json!({"groupId": id, "groupName": name})
        })
        .collect()
}

fn attachment(state: &State, interface: &NetworkInterface) -> Value {
    let (instance, owner, index, deleted) = match &interface.holder {
        Holder::Nobody => return Value::Null,
        Holder::Instance {
            id,
            device_index,
            delete_on_termination,
        } => (
            Some(id),
            state.account.as_str(),
            *device_index,
            *delete_on_termination,
        ),
        Holder::ApplicationLoadBalancer(_) | Holder::NetworkLoadBalancer(_) => {
            (None, requester(interface).unwrap_or_default(), 1, false)
        }
    };
    json!({
        "attachmentId": attachment_id(interface),
        "attachTime": interface.created_at.to_string(),
        "instanceId": instance,
        "instanceOwnerId": owner,
        "deviceIndex": index,
        "networkCardIndex": 0,
        "deleteOnTermination": deleted,
        "status": "attached",
    })
}

/// Those of load balancers cannot be detached: AWS calls their attachments `ela-attach`.
fn attachment_id(interface: &NetworkInterface) -> String {
    let prefix = match interface.load_balancer() {
        Some(_) => "ela-attach-",
        None => "eni-attach-",
    };
    interface.id.replacen("eni-", prefix, 1)
}

fn status(interface: &NetworkInterface) -> &'static str {
    match interface.holder {
        Holder::Nobody => "available",
        Holder::Instance { .. }
        | Holder::ApplicationLoadBalancer(_)
        | Holder::NetworkLoadBalancer(_) => "in-use",
    }
}

/// An ALB's are plain ones, an NLB's have a type of their own.
fn interface_type(interface: &NetworkInterface) -> &'static str {
    match interface.holder {
        Holder::Nobody | Holder::Instance { .. } | Holder::ApplicationLoadBalancer(_) => {
            "interface"
        }
        Holder::NetworkLoadBalancer(_) => "network_load_balancer",
    }
}

/// The service that made it, if it was not the account.
fn requester(interface: &NetworkInterface) -> Option<&'static str> {
    interface.load_balancer().map(|_| "amazon-elb")
}

fn private_dns_name(state: &State, address: Ipv4Addr) -> String {
    let dashes = address.to_string().replace('.', "-");
    format!("ip-{dashes}.{}.compute.internal", state.region)
}

/// Locally administered, the same for the same interface.
fn mac_address(interface: &NetworkInterface) -> String {
    let hex = ids::hex(&interface.id);
    let bytes: Vec<&str> = (0..5).map(|byte| &hex[byte * 2..byte * 2 + 2]).collect();
    format!("02:{}", bytes.join(":"))
}
