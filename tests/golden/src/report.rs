//! What the programmers say in a case: that everything is served for which something was imported or is there, unless
//! the case's `report.yaml` says otherwise.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tributary_model::desired::{
    CertificateSource, DesiredLoadBalancer, MemberListener, RuleOrigin,
};
use tributary_model::report::{
    ListenerReport, LoadBalancerPhase, LoadBalancerReport, ProgrammedState, RuleProblem, RuleState,
};

/// `report.yaml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Reported {
    /// Load balancers (`alb ns/name`) that nobody has reported on.
    #[serde(default)]
    pub(crate) unreported: BTreeSet<String>,
    /// Load balancers that are not active, by name.
    #[serde(default)]
    phases: BTreeMap<String, Phase>,
    /// What is wrong with a load balancer itself.
    #[serde(default)]
    problems: BTreeMap<String, Vec<String>>,
    /// Listeners (`ListenerSet ns/name/listener`) that are not programmed.
    #[serde(default)]
    listeners: BTreeMap<String, State>,
    /// Route rules (`HTTPRoute ns/name rules[0]`) that are refused, with AWS's words.
    #[serde(default)]
    rules: BTreeMap<String, String>,
}

/// [`LoadBalancerPhase`], as far as cases need it.
#[derive(Clone, Copy, Debug, Deserialize)]
enum Phase {
    Absent,
    Provisioning,
    Failed,
}

/// [`ProgrammedState`], and a report on an older revision.
#[derive(Clone, Debug, Deserialize)]
enum State {
    Pending(String),
    TooManyListeners(String),
    NoCertificate(String),
    Refused(String),
    /// Served, with this note.
    Noted(String),
    /// The programmer has not come to the listener's present revision.
    Stale,
}

/// The report on one load balancer.
pub(crate) fn report(desired: &DesiredLoadBalancer, told: &Reported) -> LoadBalancerReport {
    let name = desired.key.to_string();
    let phase = match told.phases.get(&name) {
        None => LoadBalancerPhase::Active,
        Some(Phase::Absent) => LoadBalancerPhase::Absent,
        Some(Phase::Provisioning) => LoadBalancerPhase::Provisioning,
        Some(Phase::Failed) => LoadBalancerPhase::Failed,
    };
    let exists = phase != LoadBalancerPhase::Absent;
    let problems = told.problems.get(&name).cloned().unwrap_or_default();
    let members = desired
        .listeners
        .values()
        .flat_map(|listener| listener.members.values());
    LoadBalancerReport {
        key: desired.key.clone(),
        phase,
        arn: exists.then(|| format!("arn:aws:elasticloadbalancing:{name}")),
        dns_name: exists.then(|| format!("{}.elb.test", desired.key.gateway.name)),
        listeners: members
            .map(|member| listener(member, phase, told))
            .collect(),
        rules: rules(desired, told),
        blocked: !exists && !problems.is_empty(),
        healthy: [].into(),
        quotas: None,
        settled: problems.is_empty() && phase == LoadBalancerPhase::Active,
        problems,
    }
}

fn listener(member: &MemberListener, phase: LoadBalancerPhase, told: &Reported) -> ListenerReport {
    let mut revision = member.revision;
    let mut notes = Vec::new();
    let state = match told.listeners.get(&member.listener.to_string()) {
        None if is_without_certificate(member) => {
            ProgrammedState::NoCertificate("nothing was imported before".to_owned())
        }
        None if phase == LoadBalancerPhase::Active => ProgrammedState::Programmed,
        None => ProgrammedState::Pending("the load balancer is not active".to_owned()),
        Some(State::Pending(why)) => ProgrammedState::Pending(why.clone()),
        Some(State::TooManyListeners(quota)) => ProgrammedState::TooManyListeners(quota.clone()),
        Some(State::NoCertificate(why)) => ProgrammedState::NoCertificate(why.clone()),
        Some(State::Refused(why)) => ProgrammedState::Refused(why.clone()),
        Some(State::Noted(note)) => {
            notes.push(note.clone());
            ProgrammedState::Programmed
        }
        Some(State::Stale) => {
            revision.0 = revision.0.wrapping_add(1);
            ProgrammedState::Programmed
        }
    };
    ListenerReport {
        listener: member.listener.clone(),
        revision,
        state,
        awaits_rules: false,
        elb_listener: None,
        notes,
    }
}

/// A case has no past, so nothing was imported from a Secret that is not there.
fn is_without_certificate(member: &MemberListener) -> bool {
    let mut sources = member.certificates.iter();
    !member.certificates.is_empty()
        && sources.all(|source| match source {
            CertificateSource::Retained { .. } => true,
            CertificateSource::Secret { .. }
            | CertificateSource::Arn(_)
            | CertificateSource::Discovered { .. } => false,
        })
}

fn rules(desired: &DesiredLoadBalancer, told: &Reported) -> Vec<RuleProblem> {
    let rules = desired
        .listeners
        .values()
        .flat_map(|listener| &listener.rules);
    rules
        .filter_map(|rule| {
            let origin = rule.origin.clone()?;
            let RuleOrigin {
                route, rule: index, ..
            } = &origin;
            let message = told.rules.get(&format!("{route} rules[{index}]"))?.clone();
            Some(RuleProblem {
                origin,
                listener: rule.listener.clone(),
                message,
                state: RuleState::NotServed,
            })
        })
        .collect()
}
