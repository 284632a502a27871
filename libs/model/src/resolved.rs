//! What the merge decided, and why.
//!
//! Rival names appear here in full: this is for the platform's query API. The judgement that becomes a
//! tenant's status names rivals by class only ([`RivalClass`]).

use std::sync::Arc;

use crate::attached::AttachedRoutes;
use crate::elb::LoadBalancerKind;
use crate::hostname::Hostname;
use crate::key::{ListenerRef, ObjectKey, ObjectRef};
use crate::listener::{Protocol, RouteGroupKind};
use crate::precedence::Precedence;
use crate::route::ParentRef;
use crate::time::Timestamp;

/// A GatewayClass of ours.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResolvedGatewayClass {
    /// Name.
    pub key: ObjectKey,
    /// The generation that was judged.
    pub generation: i64,
    /// `spec.controllerName`, one of ours: decides which features its Gateways have.
    pub controller_name: String,
    /// Why it cannot be used: its parameters, with object and field.
    pub invalid_parameters: Option<String>,
    /// What is refused of its parameters while the rest holds, with object and field.
    pub problems: Vec<String>,
    /// What its finalizer should become.
    pub mark: ClassMark,
    /// Another program serves it: its status is that program's.
    pub left_alone: bool,
}

/// What is to be done about the finalizer of a GatewayClass in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClassMark {
    /// It is as it should be, or cannot be otherwise.
    Stands,
    /// A Gateway uses the class: add it.
    Missing,
    /// No Gateway does: take it off.
    Obsolete,
}

/// A Gateway of one of our classes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResolvedGateway {
    /// Identity.
    pub key: ObjectKey,
    /// The generation that was judged.
    pub generation: i64,
    /// ALB or NLB, decided from its class in one place.
    pub kind: LoadBalancerKind,
    /// Accepted as a whole, or why not.
    pub acceptance: GatewayAcceptance,
    /// Its own listeners, in spec order.
    pub listeners: Vec<ResolvedListener>,
    /// Sets with at least one good listener.
    pub attached_listener_sets: u32,
    /// What is not as the Gateway, or a configuration of its, asks for, although the rest is served.
    pub problems: Vec<String>,
}

/// `Accepted` of a Gateway, before its listeners are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GatewayAcceptance {
    /// Accepted.
    Accepted,
    /// `InvalidParameters`: which reference, and why.
    InvalidParameters(String),
    /// `UnsupportedAddress`: an ELB's addresses cannot be asked for in `spec.addresses`.
    UnsupportedAddress,
    /// Another program holds it: nothing of it is decided here. The text names who, and by what.
    LeftAlone(String),
    /// Another program serves its class: nothing of it is decided here. The text names who, and by what.
    ClassServed(String),
    /// It was ours, and its GatewayClass, which the text names, is not there: nobody decides on it.
    ClassMissing(String),
}

/// A ListenerSet whose parent is a Gateway of ours (or was, when it is gone now).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResolvedListenerSet {
    /// Identity.
    pub key: ObjectKey,
    /// The generation that was judged.
    pub generation: i64,
    /// Its parent.
    pub gateway: ObjectKey,
    /// Admitted by its parent, or why not.
    pub acceptance: ListenerSetAcceptance,
    /// In spec order; empty when the set is not allowed. While the Gateway is not accepted they are there, as
    /// they would stand, and nothing of them is served.
    pub listeners: Vec<ResolvedListener>,
}

/// Whether a set may attach at all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ListenerSetAcceptance {
    /// Its listeners were merged.
    Admitted,
    /// The Gateway's `allowedListeners` does not select its namespace.
    NotAllowed(NotAllowedCause),
    /// The Gateway itself is not accepted.
    ParentNotAccepted,
    /// The Gateway was ours and is gone or belongs to another class now.
    ParentGone,
    /// We judged it once, and its Gateway is left alone: what is written stays.
    LeftAlone,
}

/// Which form of `allowedListeners` said no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotAllowedCause {
    /// `None`, or the block is absent.
    NoneAllowed,
    /// `Same`, and the namespaces differ.
    OtherNamespace,
    /// `Selector`, and it does not match the namespace's labels.
    SelectorMiss,
    /// `Selector` without a selector.
    SelectorMissing,
}

/// One listener of a Gateway or an admitted ListenerSet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResolvedListener {
    /// Owner and name.
    pub listener: ListenerRef,
    /// The Gateway whose load balancer it is on.
    pub gateway: ObjectKey,
    /// Place among all listeners of the Gateway.
    pub precedence: Precedence,
    /// As declared.
    pub port: u16,
    /// As declared.
    pub protocol: Protocol,
    /// As declared.
    pub hostname: Option<Hostname>,
    /// Won, lost or invalid.
    pub outcome: ListenerOutcome,
    /// `supportedKinds`: those of the declared kinds that the protocol carries.
    pub supported_kinds: Vec<RouteGroupKind>,
    /// References that do not resolve, in spec order; empty means ResolvedRefs True.
    pub unresolved_refs: Vec<UnresolvedRef>,
    /// Whether what did not resolve leaves nothing to serve with (no certificate at all).
    pub unusable_refs: bool,
    /// Another listener on the port whose hostname overlaps, both with TLS: OverlappingTLSConfig.
    pub overlapping_tls: Option<ListenerRef>,
    /// What is odd, and does not keep it from being served.
    pub notes: Vec<String>,
    /// What it serves TLS with, as far as that is in Secrets; in spec order.
    pub certificates: Vec<SecretCertificate>,
    /// Accepted routes whose parentRef reached it.
    pub attached_routes: AttachedRoutes,
}

/// A certificate in a Secret that a listener may refer to: what its owner can know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretCertificate {
    /// The Secret.
    pub secret: ObjectKey,
    /// End of validity.
    pub not_after: Timestamp,
}

/// The merge's decision on one listener.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ListenerOutcome {
    /// It holds its port and hostname.
    Won,
    /// Another one holds them, or nobody does inside one resource.
    Conflicted {
        /// Hostname or protocol.
        conflict: Conflict,
        /// The listener it conflicts with; absent where the reader may not see its namespace.
        rival: Option<ListenerRef>,
        /// The same, as a tenant may read it.
        rival_class: RivalClass,
    },
    /// The protocol is none of ours, or this kind of load balancer cannot serve it.
    UnsupportedProtocol,
    /// Something else in it is invalid: field path within the listener, and reason.
    Invalid {
        /// For example `tls.mode`.
        field: String,
        /// Lower case, no full stop.
        reason: String,
    },
}

/// What collides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conflict {
    /// One port, two protocols. Beats a hostname conflict.
    Protocol,
    /// Same port, protocol and hostname.
    Hostname,
}

impl Conflict {
    /// Gateway API's reason for it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Protocol => "ProtocolConflict",
            Self::Hostname => "HostnameConflict",
        }
    }
}

/// A rival without its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RivalClass {
    /// A listener of the parent Gateway.
    ParentGateway,
    /// A listener of the same resource.
    SameResource,
    /// A ListenerSet created earlier.
    OlderListenerSet,
    /// A ListenerSet created in the same second whose `namespace/name` sorts first.
    EarlierByName,
}

/// A reference that does not resolve, of a listener or a route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnresolvedRef {
    /// Where, for example `tls.certificateRefs[0]` or `rules[1].backendRefs[0]`; for CA certificates
    /// the path ends in `caCertificateRefs[n]`, whatever the cause.
    pub field: String,
    /// Why.
    pub cause: RefCause,
    /// Lower case, no full stop; tells nothing about an object that a missing grant hides.
    pub message: String,
}

/// Why a reference does not resolve. Order = which one a condition names first: a missing grant is
/// judged before existence, which must not leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefCause {
    /// Another namespace, and no ReferenceGrant.
    RefNotPermitted,
    /// Certificate: missing, malformed, wrong kind.
    InvalidCertificateRef,
    /// CA certificate of the frontend validation: missing or malformed.
    InvalidCaCertificateRef,
    /// CA certificate of the frontend validation: a kind that cannot hold one.
    InvalidCaCertificateKind,
    /// Route kind that the protocol cannot carry.
    InvalidRouteKinds,
    /// Backend of a kind other than Service.
    InvalidKind,
    /// Service or port missing.
    BackendNotFound,
    /// `appProtocol` that ELB cannot speak.
    UnsupportedProtocol,
}

/// A route with at least one parentRef of ours.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResolvedRoute {
    /// Which.
    pub route: ObjectRef,
    /// The generation that was judged.
    pub generation: i64,
    /// One per parentRef of ours, in spec order.
    pub parents: Vec<ResolvedParent>,
    /// ParentRefs whose Gateway is left alone.
    pub left_alone: Vec<Arc<ParentRef>>,
}

/// The judgement of one parentRef.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResolvedParent {
    /// As in the spec, group and kind filled in.
    pub parent_ref: Arc<ParentRef>,
    /// The controller name of the Gateway's class, for `status.parents[].controllerName`.
    pub controller_name: String,
    /// Attached, or why not.
    pub acceptance: RouteAcceptance,
    /// Listeners it attached to, in spec order. Usually one, of tens of thousands of routes: a set would weigh ten times as much.
    pub listeners: Vec<ListenerRef>,
    /// References that do not resolve; empty means ResolvedRefs True.
    pub unresolved_refs: Vec<UnresolvedRef>,
    /// Rules that are left out because no ELB can do them.
    pub dropped_rules: Vec<DroppedRule>,
    /// Rules that are served, though not as they were asked for: index and message.
    pub degraded_rules: Vec<(usize, String)>,
    /// L4: an older route has the listener's traffic. Its name is for the platform only.
    pub shadowed_by: Option<ObjectRef>,
}

/// `Accepted` of a route for one parent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RouteAcceptance {
    /// Accepted.
    Accepted,
    /// No listener of the parent has this sectionName or port, or the set is not admitted.
    NoMatchingParent,
    /// `allowedRoutes` of no reached listener lets it in.
    NotAllowedByListeners,
    /// No hostname in common.
    NoMatchingListenerHostname,
    /// Every rule asks for something ELB cannot do; see `dropped_rules`.
    UnsupportedValue,
    /// Every rule combines filters that exclude each other.
    IncompatibleFilters,
}

/// A rule that is not served.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DroppedRule {
    /// Index in `spec.rules`.
    pub rule: usize,
    /// Field path from the route's spec, for example `rules[0].filters[1]`.
    pub field: String,
    /// Whether filters exclude each other (else ELB cannot do what is asked).
    pub incompatible: bool,
    /// Lower case, no full stop.
    pub message: String,
}

/// The merge's decision on one object, as it is published and remembered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resolved {
    /// A class.
    GatewayClass(ResolvedGatewayClass),
    /// A Gateway.
    Gateway(ResolvedGateway),
    /// A set.
    ListenerSet(ResolvedListenerSet),
    /// A route.
    Route(ResolvedRoute),
}
