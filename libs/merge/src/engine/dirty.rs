//! What is to be recomputed, and in which order.

use std::collections::BTreeSet;
use std::mem::discriminant;

use tributary_model::desired::TargetGroupId;
use tributary_model::{Kind, ListenerOwner, Name, ObjectKey, ObjectRef};

use crate::read::dependencies::Reads;
use crate::read::input::{Input, Reading};

/// Something that must be recomputed. The variants stand in the order of the layers, and so do their values: the first
/// mark is always one that no later mark can lead to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    Class(Name),
    Gateway(ObjectKey),
    Owner(ListenerOwner),
    /// The conflicts between all listeners of a Gateway.
    Conflicts(ObjectKey),
    Route(ObjectRef),
    Port(ObjectKey, u16),
    /// The targets of a target group.
    TargetGroup(ObjectKey, TargetGroupId),
    /// The desired state of a Gateway's load balancer, put together from its ports and target groups.
    LoadBalancer(ObjectKey),
    /// The published decision on an object.
    Object(ObjectRef),
    /// What its judgement depends on. The merge only says so.
    Judgement(ObjectRef),
}

impl Mark {
    /// Whether it is of an earlier layer.
    fn is_before(&self, other: &Self) -> bool {
        self < other && discriminant(self) != discriminant(other)
    }
}

/// What must be recomputed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dirty {
    marks: BTreeSet<Mark>,
    /// The mark at work, in debug builds; absent while changes of objects come in.
    at: Option<Mark>,
}

impl Dirty {
    /// Marks what a change, or the mark at work, reaches.
    pub(crate) fn mark(&mut self, mark: Mark) {
        debug_assert!(
            self.at.as_ref().is_none_or(|at| at.is_before(&mark)),
            "{:?} reaches back to {mark:?}",
            self.at
        );
        self.marks.insert(mark);
    }

    /// The next mark of the first layer that has any; nothing when all is recomputed.
    pub(crate) fn next(&mut self) -> Option<Mark> {
        let mark = self.marks.pop_first();
        if cfg!(debug_assertions) {
            self.at.clone_from(&mark);
        }
        mark
    }

    /// Marks what an object of this kind is itself.
    pub(crate) fn object(&mut self, object: &ObjectRef) {
        let key = &object.key;
        match object.kind {
            Kind::GatewayClass => self.mark(Mark::Class(Name::clone(&key.name))),
            Kind::Gateway => {
                self.mark(Mark::Gateway(key.clone()));
                self.mark(Mark::Owner(ListenerOwner::gateway(key.clone())));
            }
            Kind::ListenerSet => {
                self.mark(Mark::Owner(ListenerOwner::listener_set(key.clone())));
            }
            Kind::HttpRoute
            | Kind::GrpcRoute
            | Kind::TcpRoute
            | Kind::UdpRoute
            | Kind::TlsRoute => self.mark(Mark::Route(object.clone())),
            // Which of its gates are open no target group knows.
            Kind::Pod => self.mark(Mark::Judgement(object.clone())),
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

    /// Marks the results that read an input.
    pub(crate) fn readers(&mut self, reads: &Reads, input: &Input) {
        for reading in reads.readers(input) {
            self.mark(match reading {
                Reading::Class(name) => Mark::Class(Name::clone(name)),
                Reading::Gateway(key) => Mark::Gateway(key.clone()),
                Reading::Owner(owner) => Mark::Owner(owner.clone()),
                Reading::Route(route) => Mark::Route(route.clone()),
                Reading::TargetGroup(gateway, id) => Mark::TargetGroup(gateway.clone(), id.clone()),
            });
        }
    }
}

#[cfg(test)]
mod tests;
