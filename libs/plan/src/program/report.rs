//! What is true now, as observed: never what the steps are hoped to bring.

use std::collections::BTreeSet;

use tributary_model::desired::{GatedPod, LoadBalancerKey, MemberListener};
use tributary_model::elb::ElbProtocol;
use tributary_model::report::{
    ListenerReport, LoadBalancerPhase, LoadBalancerReport, ProgrammedState, RuleProblem,
};

use crate::admission::{Admission, AdmittedPort};
use crate::input::PlanInput;
use crate::input::certificates::{self, CertificateId, Wanted};
use crate::values::observed::{LoadBalancerState, ObservedListener};

/// The report on a load balancer that is wanted.
pub(crate) fn report(
    input: &PlanInput,
    admission: &Admission,
    rules: Vec<RuleProblem>,
    problems: Vec<String>,
    blocked: bool,
    healthy: BTreeSet<GatedPod>,
) -> LoadBalancerReport {
    let blocking = problems.first().filter(|_| blocked);
    let listeners = input
        .desired
        .listeners
        .values()
        .flat_map(|listener| {
            listener
                .members
                .values()
                .map(|member| member_report(input, admission, listener.port, member, blocking))
        })
        .collect();
    LoadBalancerReport {
        key: input.key().clone(),
        phase: phase(input),
        arn: input.current.map(|current| current.arn.to_owned()),
        dns_name: input
            .current
            .map(|current| current.load_balancer.dns_name.clone()),
        listeners,
        rules,
        problems,
        blocked,
        healthy,
        quotas: Some(admission.quotas),
        settled: false,
    }
}

/// The report on a load balancer that is to be gone.
pub(crate) fn of_removal(
    key: &LoadBalancerKey,
    is_gone: bool,
    problems: Vec<String>,
) -> LoadBalancerReport {
    LoadBalancerReport {
        key: key.clone(),
        phase: if is_gone {
            LoadBalancerPhase::Deleted
        } else {
            LoadBalancerPhase::Deleting
        },
        arn: None,
        dns_name: None,
        listeners: Vec::new(),
        rules: Vec::new(),
        problems,
        blocked: false,
        healthy: BTreeSet::new(),
        quotas: None,
        settled: is_gone,
    }
}

fn phase(input: &PlanInput) -> LoadBalancerPhase {
    match input.current.map(|current| &current.load_balancer.state) {
        None => LoadBalancerPhase::Absent,
        Some(LoadBalancerState::Provisioning) => LoadBalancerPhase::Provisioning,
        Some(LoadBalancerState::Active | LoadBalancerState::ActiveImpaired) => {
            LoadBalancerPhase::Active
        }
        Some(LoadBalancerState::Failed(_)) => LoadBalancerPhase::Failed,
    }
}

fn member_report(
    input: &PlanInput,
    admission: &Admission,
    port: u16,
    member: &MemberListener,
    blocking: Option<&String>,
) -> ListenerReport {
    let observed = input.current.and_then(|current| {
        current
            .load_balancer
            .listeners
            .iter()
            .find(|(_, it)| it.port == port && it.is_of(input.ownership))
    });
    let state = match (
        admission.refused.get(&member.listener),
        admission.ports.get(&port),
    ) {
        (Some(refused), _) => refused.clone(),
        (None, Some(port)) => {
            let observed = observed.map(|(_, listener)| listener);
            match missing(input, port, member, observed, blocking) {
                Some(missing) => ProgrammedState::Pending(missing),
                None => ProgrammedState::Programmed,
            }
        }
        (None, None) => ProgrammedState::Pending("its port is not planned".to_owned()),
    };
    ListenerReport {
        listener: member.listener.clone(),
        revision: member.revision,
        state,
        awaits_rules: false,
        elb_listener: observed.map(|(arn, _)| arn.clone()),
        notes: admission
            .notes
            .get(&member.listener)
            .cloned()
            .unwrap_or_default(),
    }
}

/// What keeps a listener from being served now: the load balancer, its ELB listener, or its own
/// certificates. What its routes' rules have to do with it is in `served`.
fn missing(
    input: &PlanInput,
    port: &AdmittedPort,
    member: &MemberListener,
    observed: Option<&ObservedListener>,
    blocking: Option<&String>,
) -> Option<String> {
    let Some(current) = input.current else {
        return Some(match blocking {
            Some(problem) => format!("load balancer cannot be created: {problem}"),
            None => "load balancer is being created".to_owned(),
        });
    };
    match &current.load_balancer.state {
        LoadBalancerState::Provisioning => return Some("load balancer is provisioning".to_owned()),
        LoadBalancerState::Failed(reason) => {
            return Some(format!("load balancer failed: {reason}"));
        }
        LoadBalancerState::Active | LoadBalancerState::ActiveImpaired => {}
    }
    let number = port.listener.port;
    let Some(observed) = observed else {
        return Some(format!("listener on port {number} is being created"));
    };
    if observed.protocol != Some(port.listener.protocol) {
        return Some(format!(
            "listener on port {number} is being changed from {} to {}",
            observed
                .protocol
                .map_or("another protocol", ElbProtocol::as_str),
            port.listener.protocol.as_str()
        ));
    }
    port.wanted
        .iter()
        .filter(|(_, wanted)| wanted.wanted_by.contains(&member.listener))
        .find_map(|(id, wanted)| missing_certificate(input, id, wanted, observed))
}

fn missing_certificate(
    input: &PlanInput,
    id: &CertificateId,
    wanted: &Wanted,
    observed: &ObservedListener,
) -> Option<String> {
    let (name, arn) = match id {
        CertificateId::Arn(arn) => (arn.clone(), Some(arn.as_str())),
        CertificateId::Import(secret) => (
            format!("of Secret {secret}"),
            input.certificates.imported(secret).map(|(arn, _)| arn),
        ),
    };
    let Some(arn) = arn else {
        return Some(format!("certificate {name} is being imported"));
    };
    let is_attached =
        observed.default_certificate.as_deref() == Some(arn) || observed.certificates.contains(arn);
    if !is_attached {
        return Some(format!("certificate {name} is being added"));
    }
    if !certificates::is_served_as_wanted(input, id, wanted.fingerprint) {
        return Some(format!("certificate {name} is being imported again"));
    }
    None
}
