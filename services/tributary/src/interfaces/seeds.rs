//! Which network interfaces a cluster has.
//!
//! Each address of an endpoint is a pod with an interface of its own, as on Fargate and as the VPC CNI gives it to pods with
//! security groups: what targets are let in by is then known without the pod's node, which an endpoint need not name. Each Node
//! that is an EC2 instance is that instance, with its first interface.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use tributary_model::resource::Resource;
use tributary_model::{Kind, ObjectKey, ObjectRef};
use tributary_sandbox::SeedInterface;

#[cfg(test)]
mod tests;

/// A Node's own address is not in the snapshot, and nobody asks for it: its targets are named by the instance. So it gets one
/// of the range for benchmarks (RFC 2544), where no cluster has pods.
const FIRST_NODE: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

/// The interfaces that are there, and those that should be.
#[derive(Debug, Default)]
pub(super) struct Seeds {
    slices: BTreeMap<ObjectKey, BTreeSet<IpAddr>>,
    /// How many slices have an address: two Services may select one pod.
    pods: BTreeMap<IpAddr, usize>,
    nodes: BTreeMap<ObjectKey, Node>,
    /// Addresses of which something changed.
    touched: BTreeSet<IpAddr>,
    seeded: BTreeMap<IpAddr, Owner>,
}

/// What is to be done in the sandbox, in this order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) gone: Vec<IpAddr>,
    pub(super) come: Vec<SeedInterface>,
}

#[derive(Debug)]
struct Node {
    /// Counted from 0; the smallest that is free.
    number: u32,
    instance: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    Pod,
    Instance(String),
}

impl Seeds {
    pub(super) fn apply(&mut self, resource: &Resource) {
        match resource {
            Resource::EndpointSlice(slice) => {
                let addresses = slice.endpoints.iter().map(|endpoint| endpoint.address);
                self.set_slice(&slice.meta.key, addresses.collect());
            }
            Resource::Node(node) => self.set_node(&node.meta.key, node.instance_id.clone()),
            Resource::GatewayClass(_)
            | Resource::Gateway(_)
            | Resource::ListenerSet(_)
            | Resource::Route(_)
            | Resource::ReferenceGrant(_)
            | Resource::BackendTlsPolicy(_)
            | Resource::Namespace(_)
            | Resource::Service(_)
            | Resource::Secret(_)
            | Resource::LoadBalancerConfiguration(_)
            | Resource::TargetGroupConfiguration(_)
            | Resource::ListenerRuleConfiguration(_)
            | Resource::Unread(_)
            | Resource::OtherController(_)
            | Resource::Pod(_)
            | Resource::Refused(_) => {}
        }
    }

    pub(super) fn delete(&mut self, object: &ObjectRef) {
        match object.kind {
            Kind::EndpointSlice => self.set_slice(&object.key, BTreeSet::new()),
            Kind::Node => self.set_node(&object.key, None),
            Kind::GatewayClass
            | Kind::Gateway
            | Kind::ListenerSet
            | Kind::HttpRoute
            | Kind::GrpcRoute
            | Kind::TcpRoute
            | Kind::UdpRoute
            | Kind::TlsRoute
            | Kind::ReferenceGrant
            | Kind::BackendTlsPolicy
            | Kind::Namespace
            | Kind::Service
            | Kind::Secret
            | Kind::LoadBalancerConfiguration
            | Kind::TargetGroupConfiguration
            | Kind::ListenerRuleConfiguration
            | Kind::Pod => {}
        }
    }

    /// What changed since the last time.
    pub(super) fn difference(&mut self) -> Difference {
        let mut difference = Difference::default();
        let touched = std::mem::take(&mut self.touched);
        if touched.is_empty() {
            return difference;
        }
        let nodes = self.nodes.values();
        let instances: BTreeMap<IpAddr, &String> =
            nodes.map(|node| (node.address(), &node.instance)).collect();
        for address in touched {
            let wanted = match instances.get(&address) {
                Some(&instance) => Some(Owner::Instance(instance.clone())),
                None => self.pods.contains_key(&address).then_some(Owner::Pod),
            };
            let present = self.seeded.get(&address);
            if present == wanted.as_ref() {
                continue;
            }
            if present.is_some() {
                difference.gone.push(address);
                self.seeded.remove(&address);
            }
            if let Some(owner) = wanted {
                difference.come.push(owner.seed(address));
                self.seeded.insert(address, owner);
            }
        }
        difference
    }

    fn set_slice(&mut self, key: &ObjectKey, addresses: BTreeSet<IpAddr>) {
        let before = self.slices.remove(key).unwrap_or_default();
        for address in addresses.difference(&before) {
            *self.pods.entry(*address).or_default() += 1;
            self.touched.insert(*address);
        }
        for address in before.difference(&addresses) {
            let others = self.pods.remove(address).unwrap_or_default();
            if others > 1 {
                self.pods.insert(*address, others - 1);
            }
            self.touched.insert(*address);
        }
        if !addresses.is_empty() {
            self.slices.insert(key.clone(), addresses);
        }
    }

    fn set_node(&mut self, key: &ObjectKey, instance: Option<String>) {
        let before = self.nodes.remove(key);
        self.touched.extend(before.as_ref().map(Node::address));
        let Some(instance) = instance else {
            return;
        };
        let number = before.map_or_else(|| self.free_number(), |node| node.number);
        let node = Node { number, instance };
        self.touched.insert(node.address());
        self.nodes.insert(key.clone(), node);
    }

    fn free_number(&self) -> u32 {
        let taken: BTreeSet<u32> = self.nodes.values().map(|node| node.number).collect();
        let in_order = (0u32..).zip(&taken);
        let unbroken = in_order.take_while(|(number, taken)| number == *taken);
        unbroken.last().map_or(0, |(number, _)| number + 1)
    }
}

impl Node {
    fn address(&self) -> IpAddr {
        let first = u32::from(FIRST_NODE);
        IpAddr::V4(Ipv4Addr::from(first.wrapping_add(self.number)))
    }
}

impl Owner {
    fn seed(&self, address: IpAddr) -> SeedInterface {
        let instance_id = match self {
            Self::Pod => None,
            Self::Instance(id) => Some(id.clone()),
        };
        SeedInterface {
            instance_id,
            ..SeedInterface::of(address)
        }
    }
}
