//! What is to be recomputed.

use std::collections::BTreeSet;

use tributary_model::desired::TargetGroupId;
use tributary_model::{Kind, ListenerOwner, Name, ObjectKey, ObjectRef};

use crate::read::dependencies::Reads;
use crate::read::input::{Input, Reading};

/// What must be recomputed, by layer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dirty {
    pub(crate) classes: BTreeSet<Name>,
    pub(crate) gateways: BTreeSet<ObjectKey>,
    pub(crate) owners: BTreeSet<ListenerOwner>,
    /// Gateways whose listeners must be merged again.
    pub(crate) merges: BTreeSet<ObjectKey>,
    pub(crate) routes: BTreeSet<ObjectRef>,
    pub(crate) ports: BTreeSet<(ObjectKey, u16)>,
    /// Target groups whose targets may be others.
    pub(crate) groups: BTreeSet<(ObjectKey, TargetGroupId)>,
    /// Gateways whose load balancer must be put together again.
    pub(crate) load_balancers: BTreeSet<ObjectKey>,
    pub(crate) objects: BTreeSet<ObjectRef>,
    pub(crate) judge: BTreeSet<ObjectRef>,
}

impl Dirty {
    /// Marks what an object of this kind is itself.
    pub(crate) fn object(&mut self, object: &ObjectRef) {
        let key = &object.key;
        match object.kind {
            Kind::GatewayClass => {
                self.classes.insert(Name::clone(&key.name));
            }
            Kind::Gateway => {
                self.gateways.insert(key.clone());
                self.owners.insert(ListenerOwner::gateway(key.clone()));
            }
            Kind::ListenerSet => {
                self.owners.insert(ListenerOwner::listener_set(key.clone()));
            }
            Kind::HttpRoute
            | Kind::GrpcRoute
            | Kind::TcpRoute
            | Kind::UdpRoute
            | Kind::TlsRoute => {
                self.routes.insert(object.clone());
            }
            // Which of its gates are open no target group knows.
            Kind::Pod => {
                self.judge.insert(object.clone());
            }
            Kind::ReferenceGrant
            | Kind::BackendTlsPolicy
            | Kind::Namespace
            | Kind::Service
            | Kind::EndpointSlice
            | Kind::Node
            | Kind::Secret
            | Kind::LoadBalancerConfiguration
            | Kind::TargetGroupConfiguration
            | Kind::ListenerRuleConfiguration => {}
        }
    }

    pub(crate) fn readers(&mut self, reads: &Reads, input: &Input) {
        for reading in reads.readers(input) {
            match reading {
                Reading::Class(name) => {
                    self.classes.insert(Name::clone(name));
                }
                Reading::Gateway(key) => {
                    self.gateways.insert(key.clone());
                }
                Reading::Owner(owner) => {
                    self.owners.insert(owner.clone());
                }
                Reading::Route(route) => {
                    self.routes.insert(route.clone());
                }
                Reading::TargetGroup(gateway, id) => {
                    self.load_balancers.insert(gateway.clone());
                    self.groups.insert((gateway.clone(), id.clone()));
                }
            }
        }
    }
}
