//! The joined judgement of one object: what the merge resolved and what the programmers reported,
//! ready to become conditions. Holds nothing that a tenant must not read.

use crate::key::{Name, ObjectKey, ObjectRef};
use crate::listener::RouteGroupKind;
use crate::report::ProgrammedState;
use crate::resolved::{
    ClassMark, Conflict, DroppedRule, GatewayAcceptance, ListenerSetAcceptance, RivalClass,
    RouteAcceptance, SecretCertificate, UnresolvedRef,
};
use crate::route::ParentRef;
use crate::status::Status;

/// A judgement together with the status that the object carried when the watcher last saw it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JudgedObject {
    /// What the status should say.
    pub judgement: Judgement,
    /// What it says, own and other writers' parts; absent when it has none yet.
    pub current: Option<Status>,
    /// `metadata.resourceVersion` at which it said so: a write that is bound to it overwrites nobody.
    pub resource_version: Option<u64>,
}

/// The judgement of one object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Judgement {
    /// A GatewayClass.
    GatewayClass(GatewayClassJudgement),
    /// A Gateway.
    Gateway(GatewayJudgement),
    /// A ListenerSet.
    ListenerSet(ListenerSetJudgement),
    /// A route.
    Route(RouteJudgement),
}

/// Of a GatewayClass.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GatewayClassJudgement {
    /// Name.
    pub key: ObjectKey,
    /// The generation that was judged.
    pub generation: i64,
    /// `spec.controllerName`, one of ours: decides `supportedFeatures`.
    pub controller_name: String,
    /// Absent: accepted.
    pub invalid_parameters: Option<String>,
    /// What its finalizer should become. Of a class in a folder nobody looks at it.
    pub mark: ClassMark,
}

/// Of a Gateway.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GatewayJudgement {
    /// Identity.
    pub key: ObjectKey,
    /// The generation that was judged.
    pub generation: i64,
    /// Accepted as a whole, or why not.
    pub acceptance: GatewayAcceptance,
    /// State of its load balancer.
    pub load_balancer: LoadBalancerJudgement,
    /// DNS name of the load balancer once it exists.
    pub addresses: Vec<String>,
    /// Its own listeners, in spec order.
    pub listeners: Vec<ListenerJudgement>,
    /// Sets with at least one good listener.
    pub attached_listener_sets: u32,
}

/// State of a load balancer as status needs it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LoadBalancerJudgement {
    /// No programmer has reported since the merger started: keep what was last written.
    Unknown,
    /// Active, or not needed since nothing is to be served.
    Ready,
    /// Being created or changed; the text says on what it waits.
    Pending(String),
    /// Cannot be had; the text says why.
    Failed(String),
    /// The Gateway is being deleted, and this keeps its load balancer from being removed.
    Leaving(String),
}

/// Of a ListenerSet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListenerSetJudgement {
    /// Identity.
    pub key: ObjectKey,
    /// The generation that was judged.
    pub generation: i64,
    /// Admitted, or why not.
    pub acceptance: ListenerSetAcceptance,
    /// State of the parent's load balancer.
    pub load_balancer: LoadBalancerJudgement,
    /// In spec order; empty unless admitted.
    pub listeners: Vec<ListenerJudgement>,
}

/// Of one listener.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListenerJudgement {
    /// Name.
    pub name: Name,
    /// Won, lost or invalid, and whether it is served.
    pub outcome: JudgedOutcome,
    /// `supportedKinds`.
    pub supported_kinds: Vec<RouteGroupKind>,
    /// Empty means ResolvedRefs True.
    pub unresolved_refs: Vec<UnresolvedRef>,
    /// Whether what did not resolve leaves nothing to serve with.
    pub unusable_refs: bool,
    /// OverlappingTLSConfig.
    pub overlapping_tls: bool,
    /// `attachedRoutes`.
    pub attached_routes: u32,
    /// Of a listener that is served: what of it did not work out all the same.
    pub notes: Vec<String>,
    /// What it serves TLS with, as far as that is in Secrets; in spec order.
    pub certificates: Vec<SecretCertificate>,
}

/// A listener's outcome with rivals by class only, joined with what is programmed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum JudgedOutcome {
    /// It holds its port and hostname; absent state means that no programmer has reported yet.
    Won(Option<ProgrammedState>),
    /// Lost.
    Conflicted(Conflict, RivalClass),
    /// Not served by this kind of load balancer.
    UnsupportedProtocol,
    /// Invalid: field path and reason.
    Invalid {
        /// Within the listener.
        field: String,
        /// Lower case, no full stop.
        reason: String,
    },
}

/// Of a route.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RouteJudgement {
    /// Which.
    pub route: ObjectRef,
    /// The generation that was judged.
    pub generation: i64,
    /// One per parentRef of ours, in spec order.
    pub parents: Vec<ParentJudgement>,
    /// ParentRefs whose Gateway is left alone: what is written about those parents stays, whoever wrote it.
    pub left_alone: Vec<ParentRef>,
}

/// Of one parentRef.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ParentJudgement {
    /// As in the spec, group and kind filled in.
    pub parent_ref: ParentRef,
    /// For `controllerName`.
    pub controller_name: String,
    /// Attached, or why not.
    pub acceptance: RouteAcceptance,
    /// Empty means ResolvedRefs True.
    pub unresolved_refs: Vec<UnresolvedRef>,
    /// Left out by the merge: ELB cannot do them.
    pub dropped_rules: Vec<DroppedRule>,
    /// Refused by AWS or by a quota: rule index and message.
    pub refused_rules: Vec<(usize, String)>,
    /// L4: an older route has the listener's traffic.
    pub shadowed: bool,
}

impl ListenerJudgement {
    /// Whether it counts as a good listener of its owner (spec/listenersets §4): it holds its port and
    /// hostname, has something to serve with, and nothing refused it for good. A listener that is still
    /// being programmed, or that no programmer has reported on yet, is good.
    pub fn is_good(&self) -> bool {
        match &self.outcome {
            JudgedOutcome::Won(state) => {
                let refused = match state {
                    None | Some(ProgrammedState::Programmed | ProgrammedState::Pending(_)) => false,
                    Some(
                        ProgrammedState::TooManyListeners(_)
                        | ProgrammedState::NoCertificate(_)
                        | ProgrammedState::Refused(_),
                    ) => true,
                };
                !refused && !self.unusable_refs
            }
            JudgedOutcome::Conflicted(..)
            | JudgedOutcome::UnsupportedProtocol
            | JudgedOutcome::Invalid { .. } => false,
        }
    }
}

impl Judgement {
    /// The object that is judged.
    pub fn object(&self) -> ObjectRef {
        use crate::key::Kind;
        match self {
            Self::GatewayClass(judged) => ObjectRef::new(Kind::GatewayClass, judged.key.clone()),
            Self::Gateway(judged) => ObjectRef::new(Kind::Gateway, judged.key.clone()),
            Self::ListenerSet(judged) => ObjectRef::new(Kind::ListenerSet, judged.key.clone()),
            Self::Route(judged) => judged.route.clone(),
        }
    }
}
