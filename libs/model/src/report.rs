//! What a programmer found out about a load balancer.

use std::collections::{BTreeMap, BTreeSet};

use crate::desired::{GatedPod, LoadBalancerKey, RuleOrigin};
use crate::key::ListenerRef;
use crate::revision::Revision;

/// State of one load balancer, as its programmer last saw it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoadBalancerReport {
    /// Which.
    pub key: LoadBalancerKey,
    /// Where it is in its life.
    pub phase: LoadBalancerPhase,
    /// ARN, once it exists.
    pub arn: Option<String>,
    /// DNS name, once it exists.
    pub dns_name: Option<String>,
    /// One entry per member listener of the desired state that was worked on, by listener.
    pub listeners: Vec<ListenerReport>,
    /// Route rules that AWS refused, or that did not fit.
    pub rules: Vec<RuleProblem>,
    /// Problems of the load balancer itself: no subnets, access denied, quota of load balancers …
    pub problems: Vec<String>,
    /// It is not there, and the first of `problems` keeps it from being created. Without this they are none of its coming.
    pub blocked: bool,
    /// Pods that wait for it (`DesiredTargetGroup::awaited`) and of which every such target on this load balancer is
    /// healthy.
    pub healthy: BTreeSet<GatedPod>,
    /// What it takes of its quotas; absent while it is not known.
    pub quotas: Option<Quotas>,
    /// Nothing is left to do for this desired state but what is permanently refused, or withheld while a kind cannot be
    /// read; both are stated.
    pub settled: bool,
}

/// What a load balancer takes of the quotas that each has: what is served, and what others put onto it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Quotas {
    /// ELB listeners.
    pub listeners: QuotaUse,
    /// Rules besides defaults.
    pub rules: QuotaUse,
    /// Certificates besides default ones.
    pub certificates: QuotaUse,
    /// Target groups.
    pub target_groups: QuotaUse,
    /// Targets.
    pub targets: QuotaUse,
}

/// Of one quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct QuotaUse {
    /// Places that are taken.
    pub used: u32,
    /// Places that there are.
    pub limit: u32,
}

impl LoadBalancerReport {
    /// Whether there is no load balancer, and time alone brings none.
    pub fn cannot_be_had(&self) -> bool {
        match self.phase {
            LoadBalancerPhase::Absent => self.blocked,
            LoadBalancerPhase::Failed => true,
            LoadBalancerPhase::Provisioning
            | LoadBalancerPhase::Active
            | LoadBalancerPhase::Deleting
            | LoadBalancerPhase::Deleted => false,
        }
    }

    /// What was Programmed by the last report, at the same revision, stays so while the rules of its first routes are
    /// created: requests for it are answered as before.
    pub fn keep_served(&mut self, last: &Self) {
        let waiting = self.listeners.iter_mut().filter(|it| it.awaits_rules);
        let mut waiting: BTreeMap<_, _> = waiting
            .map(|it| ((it.listener.clone(), it.revision), it))
            .collect();
        if waiting.is_empty() {
            return;
        }
        let served = last.listeners.iter();
        for listener in served.filter(|it| it.state == ProgrammedState::Programmed) {
            if let Some(now) = waiting.remove(&(listener.listener.clone(), listener.revision)) {
                now.go_on();
            }
        }
    }
}

impl ListenerReport {
    /// It waits for rules no more, or need not.
    pub fn go_on(&mut self) {
        self.state = ProgrammedState::Programmed;
        self.awaits_rules = false;
    }
}

impl Quotas {
    /// Each with its name, as in `target_groups`.
    pub fn each(&self) -> [(&'static str, QuotaUse); 5] {
        let Self {
            listeners,
            rules,
            certificates,
            target_groups,
            targets,
        } = *self;
        [
            ("listeners", listeners),
            ("rules", rules),
            ("certificates", certificates),
            ("target_groups", target_groups),
            ("targets", targets),
        ]
    }
}

/// Life of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoadBalancerPhase {
    /// It does not exist (yet).
    Absent,
    /// Created, not yet active.
    Provisioning,
    /// Serving.
    Active,
    /// AWS says `failed`.
    Failed,
    /// Being removed.
    Deleting,
    /// Removed; nothing of ours is left.
    Deleted,
}

/// Whether one listener is served.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListenerReport {
    /// Which.
    pub listener: ListenerRef,
    /// The revision of the listener that this speaks of.
    pub revision: Revision,
    /// The answer.
    pub state: ProgrammedState,
    /// It is pending for nothing but the first of its routes' rules.
    pub awaits_rules: bool,
    /// ARN of the ELB listener, once it exists.
    pub elb_listener: Option<String>,
    /// Names the certificate refs or hosts that did not work out although others did; empty usually.
    pub notes: Vec<String>,
}

/// Whether a listener is served now, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ProgrammedState {
    /// Served now.
    Programmed,
    /// Work is under way or being retried; the text says on what.
    Pending(String),
    /// It does not fit into a quota; the text names the quota.
    TooManyListeners(String),
    /// None of its certificates can be had.
    NoCertificate(String),
    /// AWS refused it for good; the text is AWS's.
    Refused(String),
    /// What it asks for cannot be put to AWS, which was not asked; the text says why.
    Impossible(String),
    /// Its port is another's, and it cannot be served beside that; the text says whose. AWS was not asked.
    PortUnavailable(String),
}

/// A route rule that is not served, or not as it was asked for, or not yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleProblem {
    /// The route rule.
    pub origin: RuleOrigin,
    /// On which listener.
    pub listener: ListenerRef,
    /// What AWS said, which quota is full, what is waited for.
    pub message: String,
    /// What it means for the rule.
    pub state: RuleState,
}

/// What a problem means for a route rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleState {
    /// It is not served.
    NotServed,
    /// It is served, though not as it was asked for: a target, a setting or a change of it is refused, or its targets are
    /// unhealthy.
    Degraded,
    /// It is on its way: requests are answered as before.
    Pending,
}
