//! What the query API answers: to the platform team, with rivals named in full, or to who may see one namespace, who reads
//! of other namespaces no more than a status tells.

use std::fmt;

use crate::desired::LoadBalancerKey;
use crate::judgement::Judgement;
use crate::key::{ListenerRef, Name, ObjectKey, ObjectRef};
use crate::labels::Labels;
use crate::report::{LoadBalancerPhase, LoadBalancerReport, ProgrammedState};
use crate::resolved::ResolvedListener;

mod state;

pub use state::ListenerState;

/// What a reader may see.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sight {
    /// Every namespace.
    Everything,
    /// What is in this one, and what its own objects name.
    Namespace(Name),
}

/// In place of another one's name.
pub const WITHHELD_LISTENER: &str = "a listener of another namespace";

impl Sight {
    /// Whether it reaches into a namespace.
    pub fn reaches(&self, namespace: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Namespace(own) => **own == *namespace,
        }
    }

    /// The listener, if its owner's namespace may be seen.
    pub fn listener<'a>(&self, listener: &'a ListenerRef) -> Option<&'a ListenerRef> {
        self.reaches(&listener.owner.key.namespace)
            .then_some(listener)
    }
}

/// A listener by its name, or what stands in its place.
pub fn listener_words(listener: Option<&ListenerRef>) -> String {
    match listener {
        Some(listener) => listener.to_string(),
        None => WITHHELD_LISTENER.to_owned(),
    }
}

impl fmt::Display for Sight {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => formatter.write_str("every namespace"),
            Self::Namespace(own) => write!(formatter, "namespace {own}"),
        }
    }
}

/// One resolved listener with all that is known about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListenerView {
    /// The merge's decision.
    pub resolved: ResolvedListener,
    /// The load balancer it is on or would be on.
    pub load_balancer: LoadBalancerKey,
    /// DNS name of the load balancer, once it exists.
    pub dns_name: Option<String>,
    /// ARN of the ELB listener that serves it, once it exists.
    pub elb_listener: Option<String>,
    /// What the programmer last said; absent for losers and before the first report.
    pub programmed: Option<ProgrammedState>,
    /// The decision in words.
    pub explanation: Explanation,
    /// Accepted routes that are not among those of `resolved`, being of namespaces that the reader may not see.
    pub withheld_routes: u32,
    /// Of the Gateway or ListenerSet that it is declared in.
    pub labels: Labels,
}

/// A decision that a person can follow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Explanation {
    /// What was decided about, for example `ListenerSet team-a/app/https`.
    pub subject: String,
    /// The decision in one line.
    pub decision: String,
    /// The anchor of the [`Rule`](crate::Rule) behind it, or the word of a server of another version.
    pub rule: String,
    /// The listener that it lost to, if any, and if the reader may see its namespace.
    pub rival: Option<ListenerRef>,
    /// The facts that led there, one a line.
    pub because: Vec<String>,
    /// What would change it, one possibility a line; empty when nothing is wrong.
    pub would_change: Vec<String>,
}

/// One object that gets a status.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectView {
    /// Its joined judgement.
    pub judgement: Judgement,
    /// The Gateways it is about: itself, its parent, its parents' Gateways.
    pub gateways: Vec<ObjectKey>,
    /// Its own.
    pub labels: Labels,
}

/// One load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoadBalancerView {
    /// Identity.
    pub key: LoadBalancerKey,
    /// Generation of its desired state.
    pub desired_generation: u64,
    /// Generation that the last report speaks of; 0 before the first.
    pub reported_generation: u64,
    /// Number of ELB listeners, rules and target groups desired.
    pub desired_counts: DesiredCounts,
    /// Phase, as last reported.
    pub phase: LoadBalancerPhase,
    /// The last report.
    pub report: Option<LoadBalancerReport>,
}

/// Sizes of a desired load balancer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DesiredCounts {
    /// ELB listeners.
    pub listeners: u32,
    /// Rules besides defaults.
    pub rules: u32,
    /// Certificates.
    pub certificates: u32,
    /// Target groups.
    pub target_groups: u32,
    /// Targets.
    pub targets: u32,
}

/// An object that the source refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rejection {
    /// Where it was read: a path and document, or the API.
    pub source: String,
    /// The object, as far as it can be named; else what is known of it.
    pub object: String,
    /// Field path, empty for the whole document.
    pub field: String,
    /// Lower case, no full stop.
    pub reason: String,
    /// Whether an earlier good version still counts.
    pub last_good_kept: bool,
    /// For lookups, when the object is of a known kind.
    pub object_ref: Option<ObjectRef>,
}
