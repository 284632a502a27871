//! What traffic goes to, and what may be referred to: Services, EndpointSlices, Nodes, Secrets, grants.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::key::{Kind, Name, ObjectKey};
use crate::meta::Meta;
use crate::time::Timestamp;

/// core/v1 Namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Namespace {
    /// Identity.
    pub meta: Meta,
    /// With `kubernetes.io/metadata.name`, always.
    pub labels: BTreeMap<String, String>,
}

/// core/v1 Service.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    /// Identity.
    pub meta: Meta,
    /// Its ports.
    pub ports: Vec<ServicePort>,
    /// `type: ExternalName` has no endpoints and cannot be a target group.
    pub service_type: ServiceType,
    /// `ipFamilies`, the primary one first; empty where nobody said, as in a manifest that no API server has seen.
    pub ip_families: Vec<IpFamily>,
    /// `selector`: labels of the pods behind it; empty where somebody else writes its endpoints.
    pub selector: BTreeMap<String, String>,
}

/// `Service.spec.ipFamilies[]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IpFamily {
    /// `IPv4`.
    Ipv4,
    /// `IPv6`.
    Ipv6,
}

/// `Service.spec.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ServiceType {
    /// The default.
    ClusterIp,
    /// With node ports.
    NodePort,
    /// With node ports too.
    LoadBalancer,
    /// A DNS alias.
    ExternalName,
}

/// `ServicePort`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServicePort {
    /// Empty if the only port has none; EndpointSlice ports carry the same name.
    pub name: Name,
    /// What `backendRefs[].port` names.
    pub port: u16,
    /// Where pods listen, if it is the same in all of them: absent where `targetPort` is a name.
    pub target_port: Option<u16>,
    /// The name of a container's port, where `targetPort` is one.
    pub target_port_name: Option<Name>,
    /// TCP by default.
    pub protocol: L4Protocol,
    /// For `targetType: instance`.
    pub node_port: Option<u16>,
    /// `appProtocol`, for example `kubernetes.io/h2c`.
    pub app_protocol: Option<String>,
}

/// Transport protocol of a Service or endpoint port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum L4Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP; no load balancer carries it.
    Sctp,
}

/// discovery.k8s.io/v1 EndpointSlice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EndpointSlice {
    /// Identity.
    pub meta: Meta,
    /// From the label `kubernetes.io/service-name`; same namespace.
    pub service: Name,
    /// Ports, matched to the Service's by name.
    pub ports: Vec<EndpointPort>,
    /// Endpoints with IP addresses; FQDN slices have none.
    pub endpoints: Vec<Endpoint>,
}

/// A port of an EndpointSlice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EndpointPort {
    /// The Service port's name.
    pub name: Name,
    /// Where pods listen.
    pub port: u16,
    /// Transport protocol.
    pub protocol: L4Protocol,
}

/// One endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// First address; Kubernetes uses no more.
    pub address: IpAddr,
    /// `conditions.ready`, unknown counting as ready.
    pub ready: bool,
    /// `conditions.terminating`.
    pub terminating: bool,
    /// `zone`.
    pub zone: Option<String>,
    /// `nodeName`.
    pub node_name: Option<Name>,
    /// `targetRef`, where it is a pod that may only wait for a readiness gate: of an endpoint that is neither serving nor
    /// terminating. Of others nobody asks, and there are tens of thousands.
    pub pod: Option<EndpointPod>,
}

/// The pod behind an endpoint, in the slice's namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EndpointPod {
    /// Its name.
    pub name: Name,
    /// `metadata.uid`, where the slice has it.
    pub uid: Option<Name>,
}

/// core/v1 Node, for `targetType: instance`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// Identity.
    pub meta: Meta,
    /// For `nodeSelector`.
    pub labels: BTreeMap<String, String>,
    /// From `spec.providerID` (`aws:///zone/i-…`).
    pub instance_id: Option<String>,
    /// Condition Ready, not cordoned off by `node.kubernetes.io/exclude-from-external-load-balancers`.
    pub ready: bool,
}

/// core/v1 Pod with a readiness gate for its target's health ([`Gate`](crate::gate::Gate)).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pod {
    /// Identity.
    pub meta: Meta,
    /// `metadata.uid`: another pod may have had the name, and the address that a slice still has beside it.
    pub uid: Option<Name>,
    /// Nothing but such gates keeps it from being Ready, or did until a moment ago: its containers and its other gates
    /// are ready.
    pub awaits_health: bool,
    /// Those of such gates, by `conditionType`, whose condition is not True.
    pub closed_gates: BTreeSet<String>,
}

/// core/v1 Secret of type `kubernetes.io/tls`, without its private key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TlsSecret {
    /// Identity.
    pub meta: Meta,
    /// What the certificate says, or why it cannot be used (lower case, no secret material).
    pub certificate: Result<CertificateFacts, String>,
}

/// The public part of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CertificateFacts {
    /// Hex SHA-256 over certificate chain and key: changes when either does.
    pub fingerprint: String,
    /// Subject alternative DNS names, else the common name.
    pub dns_names: Vec<String>,
    /// End of validity.
    pub not_after: Timestamp,
}

/// BackendTLSPolicy, as far as it says whom it is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BackendTlsPolicy {
    /// Identity; its namespace is that of the targets.
    pub meta: Meta,
    /// `targetRefs`.
    pub targets: Vec<PolicyTarget>,
}

/// `LocalPolicyTargetReferenceWithSectionName`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyTarget {
    /// API group; empty for core.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: Name,
    /// Of a Service: the name of the one port that is meant.
    pub section_name: Option<Name>,
}

/// ReferenceGrant, `v1` and `v1beta1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReferenceGrant {
    /// Identity; its namespace is the one opened.
    pub meta: Meta,
    /// Who may refer.
    pub from: Vec<GrantFrom>,
    /// To what.
    pub to: Vec<GrantTo>,
}

/// `ReferenceGrantFrom`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantFrom {
    /// API group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace.
    pub namespace: Name,
}

/// `ReferenceGrantTo`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantTo {
    /// API group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Absent means every object of the kind.
    pub name: Option<Name>,
}

impl Service {
    /// Whether the pods with these labels, in its namespace, are behind it.
    pub fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        let mut selector = self.selector.iter();
        !self.selector.is_empty() && selector.all(|(key, value)| labels.get(key) == Some(value))
    }
}

impl Pod {
    /// Whether an endpoint's reference means this pod. What has no uid was written by a person, who means the name.
    pub fn is(&self, pod: &EndpointPod) -> bool {
        let EndpointPod { name, uid } = pod;
        let is_another = matches!((uid, &self.uid), (Some(one), Some(other)) if one != other);
        self.meta.key.name == *name && !is_another
    }
}

impl BackendTlsPolicy {
    /// The Services that it is for.
    pub fn services(&self) -> impl Iterator<Item = (ObjectKey, Option<&Name>)> {
        let namespace = &self.meta.key.namespace;
        self.targets
            .iter()
            .filter(|target| target.group.is_empty() && target.kind == Kind::Service.as_str())
            .map(|target| {
                let key = ObjectKey::new(Name::clone(namespace), Name::clone(&target.name));
                (key, target.section_name.as_ref())
            })
    }
}

impl ReferenceGrant {
    /// Whether it lets `from` (group, kind, namespace) refer to an object in the grant's namespace.
    pub fn permits(&self, from: &GrantFrom, to_group: &str, to_kind: &str, to: &ObjectKey) -> bool {
        self.meta.key.namespace == to.namespace
            && !self.meta.deleting
            && self.from.contains(from)
            && self.to.iter().any(|grant| {
                grant.group == to_group
                    && grant.kind == to_kind
                    && grant.name.as_ref().is_none_or(|name| *name == to.name)
            })
    }
}
