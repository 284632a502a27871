//! The joined judgement of one object: what the merge resolved and what the programmers reported,
//! ready to become conditions. Holds nothing that a tenant must not read.

use std::collections::BTreeSet;

use crate::installation::Installation;
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
    /// A pod whose readiness gates are to be opened: all of its targets are healthy.
    Pod(PodJudgement),
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
    /// What is refused of its parameters while the rest holds.
    pub problems: Vec<String>,
    /// What its finalizer should become. Of a class in a folder nobody looks at it.
    pub mark: ClassMark,
    /// Another program serves it: its status stays as it is.
    pub left_alone: bool,
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
    /// No programmer has been heard of the load balancer for so long that its state may be another one.
    pub unheard: bool,
    /// What is not as it was asked for on a load balancer that serves all the same: a setting that AWS refuses, or that
    /// names what does not exist.
    pub problems: Vec<String>,
    /// DNS name of the load balancer once it exists.
    pub addresses: Vec<String>,
    /// Its own listeners, in spec order.
    pub listeners: Vec<ListenerJudgement>,
    /// Sets with at least one valid listener.
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
    /// Who judged: of the route's entries those with a controllerName of it are ours.
    pub installation: Installation,
    /// One per parentRef of ours, in spec order.
    pub parents: Vec<ParentJudgement>,
    /// ParentRefs whose Gateway is left alone: what is written about those parents stays, whoever wrote it.
    pub left_alone: Vec<ParentRef>,
}

/// Of a pod that waits for nothing but its targets' health.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PodJudgement {
    /// Identity.
    pub key: ObjectKey,
    /// The generation that was judged.
    pub generation: i64,
    /// `metadata.uid`, where the source has it: no other pod's gates are opened.
    pub uid: Option<Name>,
    /// `conditionType`s of its gates that are to be opened.
    pub gates: BTreeSet<String>,
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
    /// Served, though not as they were asked for: rule index and message.
    pub degraded_rules: Vec<(usize, String)>,
    /// Not in place yet; until then requests are answered as before: rule index and message.
    pub pending_rules: Vec<(usize, String)>,
    /// L4: an older route has the listener's traffic.
    pub shadowed: bool,
    /// Every rule is among `refused_rules`, on every listener.
    pub serves_nothing: bool,
}

/// What a listener counts for in the conditions of its owner (docs/rules/status.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It lost, is invalid, is over a quota, or has nothing to serve with.
    NotValid,
    /// Valid; still being programmed, or no programmer has reported on it yet.
    Awaited,
    /// Valid and served.
    Served,
    /// Valid, but its port is another's and cannot be shared.
    PortUnavailable,
    /// Valid as far as Gateway API goes, but AWS refused it for good, or could not even be asked.
    Refused,
}

impl ListenerJudgement {
    /// What it counts for.
    pub fn standing(&self) -> Standing {
        match &self.outcome {
            JudgedOutcome::Won(_) if self.unusable_refs => Standing::NotValid,
            JudgedOutcome::Won(None | Some(ProgrammedState::Pending(_))) => Standing::Awaited,
            JudgedOutcome::Won(Some(ProgrammedState::Programmed)) => Standing::Served,
            JudgedOutcome::Won(Some(ProgrammedState::PortUnavailable(_))) => {
                Standing::PortUnavailable
            }
            JudgedOutcome::Won(Some(
                ProgrammedState::Refused(_) | ProgrammedState::Impossible(_),
            )) => Standing::Refused,
            JudgedOutcome::Won(Some(
                ProgrammedState::TooManyListeners(_) | ProgrammedState::NoCertificate(_),
            ))
            | JudgedOutcome::Conflicted(..)
            | JudgedOutcome::UnsupportedProtocol
            | JudgedOutcome::Invalid { .. } => Standing::NotValid,
        }
    }
}

impl Judgement {
    /// Whether a programmer is still to say, or to say more, of a listener or a rule of it: another judgement follows soon.
    pub fn is_awaited(&self) -> bool {
        let of = |listeners: &[ListenerJudgement]| {
            listeners
                .iter()
                .any(|listener| listener.standing() == Standing::Awaited)
        };
        match self {
            Self::Gateway(judged) => of(&judged.listeners),
            Self::ListenerSet(judged) => of(&judged.listeners),
            Self::Route(judged) => {
                let mut parents = judged.parents.iter();
                parents.any(|parent| !parent.pending_rules.is_empty())
            }
            Self::GatewayClass(_) | Self::Pod(_) => false,
        }
    }

    /// The object that is judged.
    pub fn object(&self) -> ObjectRef {
        use crate::key::Kind;
        match self {
            Self::GatewayClass(judged) => ObjectRef::new(Kind::GatewayClass, judged.key.clone()),
            Self::Gateway(judged) => ObjectRef::new(Kind::Gateway, judged.key.clone()),
            Self::ListenerSet(judged) => ObjectRef::new(Kind::ListenerSet, judged.key.clone()),
            Self::Route(judged) => judged.route.clone(),
            Self::Pod(judged) => ObjectRef::new(Kind::Pod, judged.key.clone()),
        }
    }
}
