//! Which endpoints are targets, and which of them somebody waits for.

use std::net::IpAddr;

use tributary_model::controller;
use tributary_model::desired::{
    AwaitedTarget, DesiredTarget, DesiredTargetGroup, GatedPod, TargetId,
};
use tributary_model::elb::TargetIpAddressType;
use tributary_model::workload::{Endpoint, Pod};
use tributary_model::{Installation, Name, ObjectKey};

use crate::read::reader::Reader;
use crate::values::target_group::TargetSource;

/// Whether an endpoint serves.
enum Serves<'a> {
    Yes,
    /// As far as it can: its pod is not Ready before the target is healthy, which it cannot become before it is registered.
    OnceHealthy(&'a Pod),
    No,
}

/// Endpoints that serve and are not terminating, of the target group's address family.
pub(super) fn addresses(
    reader: &mut Reader<'_>,
    us: &Installation,
    source: &TargetSource,
    group: &mut DesiredTargetGroup,
) {
    for slice in reader.slices_of(&source.service) {
        let ports = slice
            .ports
            .iter()
            .filter(|port| port.name == source.port_name && port.protocol == source.protocol);
        for port in ports {
            for endpoint in &slice.endpoints {
                if !fits(endpoint.address, group.ip_address_type) || endpoint.terminating {
                    continue;
                }
                let target = DesiredTarget {
                    id: TargetId::Ip(endpoint.address),
                    port: port.port,
                };
                match serves(reader, &slice.meta.key.namespace, endpoint) {
                    Serves::No => continue,
                    Serves::Yes => {}
                    Serves::OnceHealthy(pod) => {
                        let other = reader.other_controller(controller::ALB);
                        if !pod.gates_to_open(us, other).is_empty() {
                            group.awaited.insert(AwaitedTarget {
                                target: target.clone(),
                                pod: gated(pod),
                            });
                        }
                    }
                }
                group.targets.insert(target);
            }
        }
    }
}

/// By its identity.
pub(crate) fn gated(pod: &Pod) -> GatedPod {
    GatedPod {
        key: pod.meta.key.clone(),
        uid: pod.uid.clone(),
    }
}

fn fits(address: IpAddr, family: TargetIpAddressType) -> bool {
    match (address, family) {
        (IpAddr::V4(_), TargetIpAddressType::Ipv4) | (IpAddr::V6(_), TargetIpAddressType::Ipv6) => {
            true
        }
        (IpAddr::V4(_), TargetIpAddressType::Ipv6) | (IpAddr::V6(_), TargetIpAddressType::Ipv4) => {
            false
        }
    }
}

fn serves<'a>(reader: &mut Reader<'a>, namespace: &Name, endpoint: &Endpoint) -> Serves<'a> {
    let waiting = endpoint.pod.as_ref().and_then(|reference| {
        let key = ObjectKey::new(Name::clone(namespace), Name::clone(&reference.name));
        let pod = reader.pod(&key)?;
        (pod.is(reference) && pod.awaits_health).then_some(pod)
    });
    match (waiting, endpoint.ready) {
        (Some(pod), _) => Serves::OnceHealthy(pod),
        (None, true) => Serves::Yes,
        (None, false) => Serves::No,
    }
}
