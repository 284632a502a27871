//! Instances as calls show and filter them.

use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::operation::{Answer, Request};
use crate::resources::instances::Instance;
use crate::resources::interfaces::NetworkInterface;
use crate::state::State;

use super::arguments::tag_set;
use super::describe::{Item, describe};
use super::interface_shape::{group_set, shown_in_instance};

pub(crate) fn describe_instances(state: &State, request: &Request) -> Answer {
    let instances = state.network.instances.values();
    let instances = instances
        .filter(|instance| instance.is_visible(request.now))
        .map(|instance| Item {
            id: &instance.id,
            tags: &instance.tags,
            fields: fields(state, instance, request.now),
            shown: json!({
                "reservationId": instance.id.replacen("i-", "r-", 1),
                "ownerId": state.account,
                "groupSet": [],
                "instancesSet": [shown(state, instance, request.now)],
            }),
        });
    describe(
        request,
        "reservationSet",
        "InvalidInstanceID.NotFound",
        instances,
    )
}

/// What `RunInstances` answers.
pub(super) fn reservation(state: &State, ids: &[String], now: Timestamp) -> Value {
    let instances: Vec<Value> = ids
        .iter()
        .filter_map(|id| state.network.instances.get(id))
        .map(|instance| shown(state, instance, now))
        .collect();
    json!({
        "reservationId": ids.first().map(|id| id.replacen("i-", "r-", 1)),
        "ownerId": state.account,
        "groupSet": [],
        "instancesSet": instances,
    })
}

fn fields(state: &State, instance: &Instance, now: Timestamp) -> Vec<(&'static str, Vec<String>)> {
    let interfaces = state.network.of_instance(&instance.id);
    let (code, name) = instance.state(now).shown();
    let of = |f: fn(&NetworkInterface) -> Vec<String>| -> Vec<String> {
        let interfaces = interfaces.iter();
        interfaces.flat_map(|interface| f(interface)).collect()
    };
    let ipv4 = |interface: &NetworkInterface| -> Vec<String> {
        let addresses = interface.addresses.ipv4();
        addresses.map(|address| address.to_string()).collect()
    };
    let ipv6 = |interface: &NetworkInterface| -> Vec<String> {
        let addresses = interface.addresses.ipv6.iter();
        addresses.map(Ipv6Addr::to_string).collect()
    };
    let groups = |interface: &NetworkInterface| interface.groups.clone();
    let primary = interfaces.first();
    let private_ip = primary.and_then(|interface| interface.addresses.primary);
    vec![
        ("instance-id", vec![instance.id.clone()]),
        ("vpc-id", vec![instance.vpc_id.clone()]),
        ("subnet-id", vec![instance.subnet_id.clone()]),
        ("availability-zone", vec![instance.zone.clone()]),
        ("image-id", vec![instance.image_id.clone()]),
        ("instance-type", vec![instance.hardware.clone()]),
        ("owner-id", vec![state.account.clone()]),
        (
            "private-ip-address",
            private_ip.iter().map(Ipv4Addr::to_string).collect(),
        ),
        ("ipv6-address", of(ipv6)),
        ("instance-state-name", vec![name.to_owned()]),
        ("instance-state-code", vec![code.to_string()]),
        (
            "instance.group-id",
            primary
                .map(|interface| interface.groups.clone())
                .unwrap_or_default(),
        ),
        (
            "network-interface.network-interface-id",
            of(|interface| vec![interface.id.clone()]),
        ),
        ("network-interface.group-id", of(groups)),
        (
            "network-interface.subnet-id",
            of(|interface| vec![interface.subnet_id.clone()]),
        ),
        (
            "network-interface.vpc-id",
            of(|interface| vec![interface.vpc_id.clone()]),
        ),
        (
            "network-interface.availability-zone",
            of(|interface| vec![interface.zone.clone()]),
        ),
        (
            "network-interface.description",
            of(|interface| vec![interface.description.clone()]),
        ),
        ("network-interface.addresses.private-ip-address", of(ipv4)),
        ("network-interface.ipv6-addresses.ipv6-address", of(ipv6)),
    ]
}

fn shown(state: &State, instance: &Instance, now: Timestamp) -> Value {
    let interfaces = state.network.of_instance(&instance.id);
    let primary = interfaces.first();
    let (code, name) = instance.state(now).shown();
    let interfaces: Vec<Value> = interfaces
        .iter()
        .map(|interface| shown_in_instance(state, interface))
        .collect();
    json!({
        "instanceId": instance.id,
        "imageId": instance.image_id,
        "instanceType": instance.hardware,
        "launchTime": instance.launched_at.to_string(),
        "instanceState": {"code": code, "name": name},
        "vpcId": instance.vpc_id,
        "subnetId": instance.subnet_id,
        "placement": {"availabilityZone": instance.zone, "tenancy": "default"},
        "privateIpAddress": primary.and_then(|interface| interface.addresses.primary),
        "groupSet": primary.map(|interface| group_set(state, &interface.groups)),
        "networkInterfaceSet": interfaces,
        "sourceDestCheck": primary.map(|interface| interface.source_dest_check),
        "tagSet": tag_set(&instance.tags),
    })
}
