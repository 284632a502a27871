//! How an installation is, as the merger that leads sees it.

use crate::desired::LoadBalancerKey;
use crate::report::{LoadBalancerPhase, Quotas};
use crate::resolved::SecretCertificate;

/// The whole of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Health {
    /// Whether the merger has read everything; before that nothing else here says much.
    pub complete: bool,
    /// Those that talk to it, and itself.
    pub services: Vec<ServiceSeen>,
    /// By what, state and reason.
    pub standings: Vec<StandingCount>,
    /// All that are desired or still there.
    pub load_balancers: Vec<LoadBalancerHealth>,
    /// Judgements that the status writer has not acknowledged yet; absent before it has acknowledged any.
    pub unwritten_judgements: Option<u64>,
    /// Objects whose status could not be written, and is tried again.
    pub failed_statuses: u64,
}

/// One process of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceSeen {
    /// `merger`, `watcher` …
    pub service: String,
    /// Where it calls from, `host:port`; empty for the merger itself and inside one process.
    pub address: String,
    /// Empty if it does not say.
    pub version: String,
    /// Shares of load balancers that it programs, ascending.
    pub shards: Vec<SeenShard>,
    /// What is of concern to it, `aws: no credentials` or only a name.
    pub concerns: Vec<String>,
    /// Whether it is the one of its replicas that works; absent where all of them do.
    pub leads: Option<bool>,
}

/// A share of the load balancers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeenShard {
    /// 0 to `count` - 1.
    pub index: u32,
    /// How many there are.
    pub count: u32,
}

/// How many stand so; the words are those of the metrics' labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct StandingCount {
    /// `Gateway`, `ListenerSet`, `Listener`, `HTTPRoute` …
    pub what: String,
    /// `served`, `pending`, `degraded`, `refused` or `left_alone`.
    pub state: String,
    /// Of the condition that says so, where there is one.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// Of one load balancer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoadBalancerHealth {
    /// Which.
    pub key: LoadBalancerKey,
    /// As last reported.
    pub phase: LoadBalancerPhase,
    /// Nobody has spoken of it for more than a minute.
    pub unheard: bool,
    /// What is left to do; empty if nothing is.
    pub pending: String,
    /// Of itself: no subnets, access denied …
    pub problems: Vec<String>,
    /// Absent while they are not known.
    pub quotas: Option<Quotas>,
    /// The certificate in a Secret that ends first.
    pub first_certificate: Option<SecretCertificate>,
}
