//! Identity of objects and listeners.
//!
//! Every composite key is a struct; where one must become a string it joins with `/`, never `-`
//! (`a-b`+`c` and `a`+`b-c` would collide; rule listener-names).

use std::fmt;
use std::sync::Arc;

/// A Kubernetes name, namespace or section name. Cheap to clone.
pub type Name = Arc<str>;

/// The kinds that Tributary reads. Adding one must break every exhaustive match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `gateway.networking.k8s.io/v1` GatewayClass.
    GatewayClass,
    /// `gateway.networking.k8s.io/v1` Gateway.
    Gateway,
    /// `gateway.networking.k8s.io/v1` ListenerSet (GEP-1713).
    ListenerSet,
    /// `gateway.networking.k8s.io/v1` HTTPRoute.
    HttpRoute,
    /// `gateway.networking.k8s.io/v1` GRPCRoute.
    GrpcRoute,
    /// `gateway.networking.k8s.io/v1` TCPRoute.
    TcpRoute,
    /// `gateway.networking.k8s.io/v1` UDPRoute.
    UdpRoute,
    /// `gateway.networking.k8s.io/v1` TLSRoute.
    TlsRoute,
    /// `gateway.networking.k8s.io/v1` and `v1beta1` ReferenceGrant.
    ReferenceGrant,
    /// `gateway.networking.k8s.io/v1` and `v1alpha3` BackendTLSPolicy.
    BackendTlsPolicy,
    /// core `v1` Namespace.
    Namespace,
    /// core `v1` Service.
    Service,
    /// `discovery.k8s.io/v1` EndpointSlice.
    EndpointSlice,
    /// core `v1` Node.
    Node,
    /// core `v1` Pod with a readiness gate for its target's health; others are not read.
    Pod,
    /// core `v1` Secret of type `kubernetes.io/tls`; others are not read.
    Secret,
    /// `gateway.k8s.aws/v1` LoadBalancerConfiguration.
    LoadBalancerConfiguration,
    /// `gateway.k8s.aws/v1` TargetGroupConfiguration.
    TargetGroupConfiguration,
    /// `gateway.k8s.aws/v1` ListenerRuleConfiguration.
    ListenerRuleConfiguration,
}

/// The five route kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RouteKind {
    /// HTTPRoute.
    Http,
    /// GRPCRoute.
    Grpc,
    /// TCPRoute.
    Tcp,
    /// UDPRoute.
    Udp,
    /// TLSRoute.
    Tls,
}

/// Namespace and name; the namespace is empty for cluster-scoped kinds.
///
/// Ordered as the pair. Where Gateway API orders by the *joined* string, use [`ObjectKey::joined_cmp`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// Namespace; empty for cluster-scoped kinds.
    pub namespace: Name,
    /// Name.
    pub name: Name,
}

/// An object of a known kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// Kind.
    pub kind: Kind,
    /// Namespace and name.
    pub key: ObjectKey,
}

/// The two kinds that own listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OwnerKind {
    /// A Gateway's own listener.
    Gateway,
    /// A listener of a ListenerSet.
    ListenerSet,
}

/// The object that owns a listener.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerOwner {
    /// Gateway or ListenerSet.
    pub kind: OwnerKind,
    /// Its namespace and name.
    pub key: ObjectKey,
}

/// One listener, by its owner and its name there. Names repeat freely between owners.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerRef {
    /// The Gateway or ListenerSet.
    pub owner: ListenerOwner,
    /// `spec.listeners[].name`.
    pub name: Name,
}

impl Kind {
    /// Every kind, in a fixed order.
    pub const ALL: [Self; 19] = [
        Self::GatewayClass,
        Self::Gateway,
        Self::ListenerSet,
        Self::HttpRoute,
        Self::GrpcRoute,
        Self::TcpRoute,
        Self::UdpRoute,
        Self::TlsRoute,
        Self::ReferenceGrant,
        Self::BackendTlsPolicy,
        Self::Namespace,
        Self::Service,
        Self::EndpointSlice,
        Self::Node,
        Self::Pod,
        Self::Secret,
        Self::LoadBalancerConfiguration,
        Self::TargetGroupConfiguration,
        Self::ListenerRuleConfiguration,
    ];

    /// The API's own spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GatewayClass => "GatewayClass",
            Self::Gateway => "Gateway",
            Self::ListenerSet => "ListenerSet",
            Self::HttpRoute => "HTTPRoute",
            Self::GrpcRoute => "GRPCRoute",
            Self::TcpRoute => "TCPRoute",
            Self::UdpRoute => "UDPRoute",
            Self::TlsRoute => "TLSRoute",
            Self::ReferenceGrant => "ReferenceGrant",
            Self::BackendTlsPolicy => "BackendTLSPolicy",
            Self::Namespace => "Namespace",
            Self::Service => "Service",
            Self::EndpointSlice => "EndpointSlice",
            Self::Node => "Node",
            Self::Pod => "Pod",
            Self::Secret => "Secret",
            Self::LoadBalancerConfiguration => "LoadBalancerConfiguration",
            Self::TargetGroupConfiguration => "TargetGroupConfiguration",
            Self::ListenerRuleConfiguration => "ListenerRuleConfiguration",
        }
    }

    /// As one speaks of all of its objects: `Secrets`.
    pub fn plural(self) -> String {
        let one = self.as_str();
        if let Some(stem) = one.strip_suffix('y') {
            return format!("{stem}ies");
        }
        let ending = if one.ends_with('s') { "es" } else { "s" };
        format!("{one}{ending}")
    }

    /// The kind with this exact API spelling.
    pub fn parse(kind: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == kind)
    }

    /// The API group; empty for core.
    pub fn group(self) -> &'static str {
        match self {
            Self::GatewayClass
            | Self::Gateway
            | Self::ListenerSet
            | Self::HttpRoute
            | Self::GrpcRoute
            | Self::TcpRoute
            | Self::UdpRoute
            | Self::TlsRoute
            | Self::ReferenceGrant
            | Self::BackendTlsPolicy => GATEWAY_GROUP,
            Self::Namespace | Self::Service | Self::Node | Self::Pod | Self::Secret => "",
            Self::EndpointSlice => "discovery.k8s.io",
            Self::LoadBalancerConfiguration
            | Self::TargetGroupConfiguration
            | Self::ListenerRuleConfiguration => AWS_GROUP,
        }
    }

    /// Whether objects of this kind have no namespace.
    pub fn is_cluster_scoped(self) -> bool {
        matches!(self, Self::GatewayClass | Self::Namespace | Self::Node)
    }

    /// The route kind, if it is one.
    pub fn route(self) -> Option<RouteKind> {
        RouteKind::ALL
            .into_iter()
            .find(|route| route.kind() == self)
    }
}

/// Gateway API's group.
pub const GATEWAY_GROUP: &str = "gateway.networking.k8s.io";
/// The group of the AWS configuration kinds, shared with the AWS Load Balancer Controller.
pub const AWS_GROUP: &str = "gateway.k8s.aws";

impl RouteKind {
    /// Every route kind, in a fixed order.
    pub const ALL: [Self; 5] = [Self::Http, Self::Grpc, Self::Tcp, Self::Udp, Self::Tls];

    /// As a [`Kind`].
    pub fn kind(self) -> Kind {
        match self {
            Self::Http => Kind::HttpRoute,
            Self::Grpc => Kind::GrpcRoute,
            Self::Tcp => Kind::TcpRoute,
            Self::Udp => Kind::UdpRoute,
            Self::Tls => Kind::TlsRoute,
        }
    }
}

impl OwnerKind {
    /// As a [`Kind`].
    pub fn kind(self) -> Kind {
        match self {
            Self::Gateway => Kind::Gateway,
            Self::ListenerSet => Kind::ListenerSet,
        }
    }
}

impl ObjectKey {
    /// A namespaced key.
    pub fn new(namespace: impl Into<Name>, name: impl Into<Name>) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// A key of a cluster-scoped object.
    pub fn cluster(name: impl Into<Name>) -> Self {
        Self::new("", name)
    }

    /// Compares `namespace/name` as one string (rule precedence: `a-b/c` sorts before `a/z`).
    pub fn joined_cmp(&self, other: &Self) -> std::cmp::Ordering {
        fn joined(key: &ObjectKey) -> impl Iterator<Item = u8> {
            key.namespace.bytes().chain([b'/']).chain(key.name.bytes())
        }
        let (own, others) = (self.namespace.as_bytes(), other.namespace.as_bytes());
        // Joining matters only where one namespace begins with the other.
        let common = own.len().min(others.len());
        own[..common]
            .cmp(&others[..common])
            .then_with(|| joined(self).cmp(joined(other)))
    }
}

impl ObjectRef {
    /// Of a kind and a key.
    pub fn new(kind: Kind, key: ObjectKey) -> Self {
        Self { kind, key }
    }
}

impl ListenerOwner {
    /// A Gateway as owner.
    pub fn gateway(key: ObjectKey) -> Self {
        Self {
            kind: OwnerKind::Gateway,
            key,
        }
    }

    /// A ListenerSet as owner.
    pub fn listener_set(key: ObjectKey) -> Self {
        Self {
            kind: OwnerKind::ListenerSet,
            key,
        }
    }

    /// The owning object.
    pub fn object(&self) -> ObjectRef {
        ObjectRef::new(self.kind.kind(), self.key.clone())
    }

    /// One of its listeners.
    pub fn listener(&self, name: impl Into<Name>) -> ListenerRef {
        ListenerRef {
            owner: self.clone(),
            name: name.into(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            return f.write_str(&self.name);
        }
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.key)
    }
}

impl fmt::Display for ListenerOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.kind(), self.key)
    }
}

impl fmt::Display for ListenerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}
