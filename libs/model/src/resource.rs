//! Normalized Kubernetes objects.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::{
    ListenerRuleConfiguration, LoadBalancerConfiguration, TargetGroupConfiguration,
};
use crate::fault::FieldFault;
use crate::holder::Holder;
use crate::key::{Kind, Name, ObjectKey, ObjectRef};
use crate::labels::Labels;
use crate::listener::{FrontendTls, Listener};
use crate::meta::Meta;
use crate::other_controller::OtherController;
use crate::route::Route;
use crate::selector::FromNamespaces;
use crate::status::Status;
use crate::time::Timestamp;
use crate::workload::{
    BackendTlsPolicy, EndpointSlice, Namespace, Node, Pod, ReferenceGrant, Service, TlsSecret,
};

/// Any object that Tributary reads. What is large and seldom is boxed: the many routes and endpoints would each take as
/// much room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// GatewayClass.
    GatewayClass(GatewayClass),
    /// Gateway.
    Gateway(Box<Gateway>),
    /// ListenerSet.
    ListenerSet(ListenerSet),
    /// A route of any of the five kinds.
    Route(Route),
    /// ReferenceGrant.
    ReferenceGrant(ReferenceGrant),
    /// BackendTLSPolicy.
    BackendTlsPolicy(BackendTlsPolicy),
    /// Namespace.
    Namespace(Namespace),
    /// Service.
    Service(Service),
    /// EndpointSlice.
    EndpointSlice(EndpointSlice),
    /// Node.
    Node(Node),
    /// Pod with a readiness gate for its target's health.
    Pod(Pod),
    /// Secret of type `kubernetes.io/tls`.
    Secret(TlsSecret),
    /// LoadBalancerConfiguration.
    LoadBalancerConfiguration(Box<LoadBalancerConfiguration>),
    /// TargetGroupConfiguration.
    TargetGroupConfiguration(Box<TargetGroupConfiguration>),
    /// ListenerRuleConfiguration.
    ListenerRuleConfiguration(Box<ListenerRuleConfiguration>),
    /// No object: a kind of which nothing is known.
    Unread(Unread),
    /// No object: another program serves classes that could be ours.
    OtherController(OtherController),
    /// An object that is there and was refused.
    Refused(Refused),
}

/// Stands in the snapshot for an object that is there and of which nothing can be read, so that whoever refers to it is
/// told what is wrong with it and not that it is missing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refused {
    kind: Kind,
    meta: Meta,
    fault: FieldFault,
}

/// Says that no list of a kind was ever complete, because reading it is forbidden: objects of it may be there, and none
/// is in the snapshot. Stands in the snapshot as the object of that kind with a name that Kubernetes gives to none.
///
/// A kind that was read once is not unread: its objects stay as they were last seen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unread {
    kind: Kind,
    meta: Meta,
}

/// An object as its source holds it: what was asked for, and the status it carries now.
///
/// The merge looks at the resource only; the status goes with the judgement to the status writer, which
/// keeps other writers' conditions and parents. So a status write never causes merge work.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourceObject {
    /// What was asked for. Shared: a service's view of a stream and what it makes of it hold the same one.
    pub resource: Arc<Resource>,
    /// `.status`, for the kinds that get one from us.
    pub status: Option<CarriedStatus>,
    /// `metadata.resourceVersion` at which that is the status, for the same kinds; absent where the source has none.
    pub resource_version: Option<u64>,
    /// `metadata.labels`, for the same kinds: people select by them, and no decision depends on them. So another label never
    /// causes merge work either.
    pub labels: Labels,
}

/// `.status` as an object carries it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CarriedStatus {
    /// What it says, own and other writers' parts.
    pub status: Status,
    /// Who says so. A Gateway's or ListenerSet's status names no controller, and that nobody else is there to have
    /// written it proves nothing: the one who did may be gone.
    pub author: Author,
}

/// Who wrote the `Accepted` condition of a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Author {
    /// Our status writer.
    Us,
    /// Somebody else.
    Other,
    /// The source does not say, or nobody did yet.
    Unknown,
}

/// One step in the life of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// The object is now this.
    Apply(Arc<Resource>),
    /// The object is gone.
    Delete(ObjectRef),
}

/// GatewayClass.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GatewayClass {
    /// Identity; cluster-scoped.
    pub meta: Meta,
    /// Decides whether the class is ours and which load balancer its Gateways get.
    pub controller_name: String,
    /// Namespace required by our kinds.
    pub parameters_ref: Option<ParametersRef>,
    /// It has the finalizer [`CLASS_IN_USE`](crate::holder::CLASS_IN_USE).
    pub marked_in_use: bool,
}

/// `ParametersReference` and `LocalParametersReference`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParametersRef {
    /// API group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// For a Gateway: always absent, its own namespace is meant.
    pub namespace: Option<Name>,
    /// Name.
    pub name: Name,
}

/// Gateway.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Gateway {
    /// Identity.
    pub meta: Meta,
    /// `spec.gatewayClassName`.
    pub class_name: Name,
    /// In spec order, which is their precedence.
    pub listeners: Vec<Listener>,
    /// Who may attach ListenerSets; None by default.
    pub allowed_listeners: FromNamespaces,
    /// `spec.infrastructure.parametersRef`.
    pub parameters_ref: Option<ParametersRef>,
    /// `spec.tls.frontend`.
    pub frontend_tls: FrontendTls,
    /// `spec.addresses` is not empty: an ELB's addresses cannot be asked for this way.
    pub requests_addresses: bool,
    /// Fields below `spec` that are given and that no ELB can do, for example `tls.backend`.
    pub unsupported: Vec<String>,
    /// Who made a load balancer for it, by their finalizers.
    pub holders: BTreeSet<Holder>,
}

/// ListenerSet (GEP-1713).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListenerSet {
    /// Identity.
    pub meta: Meta,
    /// Exactly one; any group and kind are admitted by the CRD.
    pub parent_ref: ParentGatewayRef,
    /// 1..64, in spec order.
    pub listeners: Vec<Listener>,
}

/// `ParentGatewayReference`, defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParentGatewayRef {
    /// Defaults to Gateway API's group.
    pub group: String,
    /// Defaults to `Gateway`.
    pub kind: String,
    /// Defaults to the ListenerSet's namespace.
    pub key: ObjectKey,
}

impl ParentGatewayRef {
    /// The Gateway that is meant, or nothing if the reference is to another kind.
    pub fn gateway(&self) -> Option<&ObjectKey> {
        (self.group == Kind::Gateway.group() && self.kind == Kind::Gateway.as_str())
            .then_some(&self.key)
    }
}

impl Unread {
    /// Of a kind.
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            meta: Meta {
                key: ObjectKey::cluster("*"),
                generation: 1,
                created: Timestamp::default(),
                deleting: false,
            },
        }
    }

    /// The kind that cannot be read.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl Refused {
    /// For an object; nothing for a kind to which nobody refers, or whose absence is told in another way.
    pub fn of(object: &ObjectRef, fault: FieldFault) -> Option<Self> {
        let is_told = match object.kind {
            Kind::LoadBalancerConfiguration
            | Kind::TargetGroupConfiguration
            | Kind::ListenerRuleConfiguration
            | Kind::Service => true,
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
            | Kind::EndpointSlice
            | Kind::Node
            | Kind::Pod
            | Kind::Secret => false,
        };
        is_told.then(|| Self {
            kind: object.kind,
            meta: Meta {
                key: object.key.clone(),
                generation: 1,
                created: Timestamp::default(),
                deleting: false,
            },
            fault,
        })
    }

    /// What is wrong with it.
    pub fn fault(&self) -> &FieldFault {
        &self.fault
    }
}

/// In words; lower case but for the kinds, no full stop.
pub fn cannot_be_read(kinds: &BTreeSet<Kind>) -> String {
    let kinds: Vec<String> = kinds.iter().map(|kind| kind.plural()).collect();
    format!("{} cannot be read", kinds.join(", "))
}

impl Resource {
    /// Identity, generation and age.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::GatewayClass(object) => &object.meta,
            Self::Gateway(object) => &object.meta,
            Self::ListenerSet(object) => &object.meta,
            Self::Route(object) => &object.meta,
            Self::ReferenceGrant(object) => &object.meta,
            Self::BackendTlsPolicy(object) => &object.meta,
            Self::Namespace(object) => &object.meta,
            Self::Service(object) => &object.meta,
            Self::EndpointSlice(object) => &object.meta,
            Self::Node(object) => &object.meta,
            Self::Pod(object) => &object.meta,
            Self::Secret(object) => &object.meta,
            Self::LoadBalancerConfiguration(object) => &object.meta,
            Self::TargetGroupConfiguration(object) => &object.meta,
            Self::ListenerRuleConfiguration(object) => &object.meta,
            Self::Unread(unread) => &unread.meta,
            Self::OtherController(other) => &other.meta,
            Self::Refused(refused) => &refused.meta,
        }
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::GatewayClass(_) | Self::OtherController(_) => Kind::GatewayClass,
            Self::Gateway(_) => Kind::Gateway,
            Self::ListenerSet(_) => Kind::ListenerSet,
            Self::Route(route) => route.kind.kind(),
            Self::ReferenceGrant(_) => Kind::ReferenceGrant,
            Self::BackendTlsPolicy(_) => Kind::BackendTlsPolicy,
            Self::Namespace(_) => Kind::Namespace,
            Self::Service(_) => Kind::Service,
            Self::EndpointSlice(_) => Kind::EndpointSlice,
            Self::Node(_) => Kind::Node,
            Self::Pod(_) => Kind::Pod,
            Self::Secret(_) => Kind::Secret,
            Self::LoadBalancerConfiguration(_) => Kind::LoadBalancerConfiguration,
            Self::TargetGroupConfiguration(_) => Kind::TargetGroupConfiguration,
            Self::ListenerRuleConfiguration(_) => Kind::ListenerRuleConfiguration,
            Self::Unread(unread) => unread.kind,
            Self::Refused(refused) => refused.kind,
        }
    }

    /// What of it is refused while the rest counts.
    pub fn faults(&self) -> &[FieldFault] {
        match self {
            Self::LoadBalancerConfiguration(object) => &object.faults,
            Self::TargetGroupConfiguration(object) => &object.faults,
            Self::ListenerRuleConfiguration(object) => &object.faults,
            Self::GatewayClass(_)
            | Self::Gateway(_)
            | Self::ListenerSet(_)
            | Self::Route(_)
            | Self::ReferenceGrant(_)
            | Self::BackendTlsPolicy(_)
            | Self::Namespace(_)
            | Self::Service(_)
            | Self::EndpointSlice(_)
            | Self::Node(_)
            | Self::Pod(_)
            | Self::Secret(_)
            | Self::Unread(_)
            | Self::OtherController(_)
            | Self::Refused(_) => &[],
        }
    }

    /// Kind, namespace and name.
    pub fn object_ref(&self) -> ObjectRef {
        ObjectRef::new(self.kind(), self.meta().key.clone())
    }
}

impl Change {
    /// The object that changes.
    pub fn object_ref(&self) -> ObjectRef {
        match self {
            Self::Apply(resource) => resource.object_ref(),
            Self::Delete(object) => object.clone(),
        }
    }
}
