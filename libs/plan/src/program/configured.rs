//! What is not as an entry of `listenerConfigurations` asks. The entry is the Gateway's and the listener may be a tenant's, so
//! both are told.

use std::collections::BTreeMap;

use tributary_model::config::ListenerConfiguration;
use tributary_model::desired::DesiredLoadBalancer;
use tributary_model::report::{LoadBalancerReport, ProgrammedState};

/// Tells the Gateway what its listeners are told about something that such an entry names.
pub(crate) fn tell(report: &mut LoadBalancerReport, desired: &DesiredLoadBalancer) {
    if desired.settings.listeners.is_empty() {
        return;
    }
    let reports: BTreeMap<_, _> = (report.listeners.iter())
        .map(|it| (&it.listener, it))
        .collect();
    let mut problems: Vec<String> = Vec::new();
    for elb_listener in desired.listeners.values() {
        let (protocol, port) = (elb_listener.protocol, elb_listener.port);
        let Some((place, entry)) = desired.settings.elb_listener(protocol, port) else {
            continue;
        };
        let named = named(entry);
        let members = elb_listener.members.values();
        let members = members.filter_map(|member| reports.get(&member.listener));
        let findings = members.flat_map(|it| it.notes.iter().chain(reason(&it.state)));
        let ours = findings.filter(|text| named.iter().any(|name| text.contains(name)));
        problems.extend(ours.map(|text| format!("listenerConfigurations[{place}]: {text}")));
    }
    for problem in problems {
        if !report.problems.contains(&problem) {
            report.problems.push(problem);
        }
    }
}

fn reason(state: &ProgrammedState) -> Option<&String> {
    match state {
        ProgrammedState::Pending(text)
        | ProgrammedState::NoCertificate(text)
        | ProgrammedState::Refused(text)
        | ProgrammedState::Impossible(text) => Some(text),
        ProgrammedState::Programmed
        | ProgrammedState::TooManyListeners(_)
        | ProgrammedState::PortUnavailable(_) => None,
    }
}

/// As what is told of them names them.
fn named(entry: &ListenerConfiguration) -> Vec<String> {
    let ListenerConfiguration {
        default_certificate,
        certificates,
        ssl_policy,
        alpn_policy: _,
        target_group_stickiness: _,
        mutual_authentication,
        attributes,
        quic_enabled: _,
    } = entry;
    let trust_store = mutual_authentication
        .as_ref()
        .and_then(|wanted| wanted.trust_store.as_ref());
    let certificates = default_certificate.iter().chain(certificates).cloned();
    certificates
        .chain(ssl_policy.clone())
        .chain(trust_store.map(|name| format!("trust store {name:?}")))
        .chain(attributes.keys().map(|key| format!("attribute {key}=")))
        .collect()
}
