//! Why a listener won, lost or is invalid.

use tributary_model::listener::Protocol;
use tributary_model::resolved::{
    Conflict, ListenerOutcome, RefCause, ResolvedListener, RivalClass,
};
use tributary_model::view::{Explanation, Sight, listener_words};
use tributary_model::{ListenerRef, Rule};

use super::{subject, with_age};
use crate::engine::merge::Merge;

pub(super) fn explain(merge: &Merge, listener: &ResolvedListener, sight: &Sight) -> Explanation {
    let mut explanation = Explanation {
        subject: subject(&listener.listener.owner, &listener.listener.name),
        because: vec![
            format!(
                "it asks for {} on port {}, {}",
                listener.protocol,
                listener.port,
                match &listener.hostname {
                    Some(hostname) => format!("hostname {hostname}"),
                    None => "any hostname".to_owned(),
                }
            ),
            format!(
                "it is number {} in {}, whose place among the listeners of Gateway {} follows from that \
                 (rule {})",
                listener.precedence.index.saturating_add(1),
                with_age(merge, &listener.listener.owner),
                listener.gateway,
                Rule::Precedence,
            ),
        ],
        ..Explanation::default()
    };
    match &listener.outcome {
        ListenerOutcome::Won => won(merge, listener, &mut explanation),
        ListenerOutcome::Conflicted {
            conflict,
            rival,
            rival_class,
        } => {
            let rival = rival.as_ref().and_then(|rival| sight.listener(rival));
            lost(
                merge,
                listener,
                *conflict,
                rival,
                *rival_class,
                &mut explanation,
            );
        }
        ListenerOutcome::UnsupportedProtocol => {
            "not accepted: UnsupportedProtocol".clone_into(&mut explanation.decision);
            explanation.rule = Rule::UnservableProtocol.to_string();
            if let Some(key) = merge.load_balancer_key(&listener.gateway) {
                explanation.because.push(format!(
                    "the Gateway has an {}, which cannot serve {}",
                    key.kind.as_str().to_uppercase(),
                    listener.protocol
                ));
            }
            explanation.would_change.push(
                "HTTP or HTTPS on an ALB; TCP, UDP or TLS on an NLB; or a Gateway of the other kind".to_owned(),
            );
        }
        ListenerOutcome::Invalid { field, reason } => {
            explanation.decision = format!("invalid: {field}");
            explanation.rule = Rule::InvalidListeners.to_string();
            explanation.because.push(format!("{field}: {reason}"));
            explanation
                .would_change
                .push(format!("another value in {field}"));
        }
    }
    for unresolved in &listener.unresolved_refs {
        explanation
            .because
            .push(format!("{}: {}", unresolved.field, unresolved.message));
        explanation
            .would_change
            .push(remedy(unresolved.cause).to_owned());
    }
    explanation.because.extend(listener.notes.iter().cloned());
    if let Some(other) = &listener.overlapping_tls {
        explanation.because.push(format!(
            "its hostname overlaps that of {}",
            listener_words(sight.listener(other))
        ));
    }
    explanation
}

fn won(merge: &Merge, listener: &ResolvedListener, explanation: &mut Explanation) {
    let left_out = merge
        .states
        .get(&listener.gateway)
        .and_then(|state| state.left_out.get(&listener.port))
        .is_some_and(|left_out| left_out.contains(&listener.listener));
    let (decision, rule) = if listener.unusable_refs {
        (
            "holds its port and hostname, but has nothing to serve with",
            Rule::UnresolvedListeners,
        )
    } else if left_out {
        explanation.because.push(
            "TCP and UDP of one port are one TCP_UDP listener with one default action, and the routes of the \
             two listeners do not agree on one that serves both"
                .to_owned(),
        );
        explanation
            .would_change
            .push("routes to one Service that has the port for both protocols".to_owned());
        (
            "holds its port, but the ELB listener of the port serves the other protocol",
            Rule::TcpAndUdp,
        )
    } else {
        ("holds its port and hostname", Rule::DistinctListeners)
    };
    decision.clone_into(&mut explanation.decision);
    explanation.rule = rule.to_string();
    explanation.because.push(format!(
        "{} accepted routes reach it",
        listener.attached_routes.len()
    ));
}

fn lost(
    merge: &Merge,
    listener: &ResolvedListener,
    conflict: Conflict,
    rival: Option<&ListenerRef>,
    class: RivalClass,
    explanation: &mut Explanation,
) {
    let (what, rule) = match conflict {
        Conflict::Protocol => ("protocol conflict", Rule::OneProtocol),
        Conflict::Hostname => (
            "hostname conflict",
            match listener.protocol {
                Protocol::Tcp | Protocol::Udp => Rule::TcpAndUdp,
                Protocol::Http | Protocol::Https | Protocol::Tls | Protocol::Other(_) => {
                    Rule::DistinctHostnames
                }
            },
        ),
    };
    let name = listener_words(rival);
    explanation.decision = format!("not served: {what} with {name}");
    explanation.rule = rule.to_string();
    explanation.rival = rival.cloned();
    let rival_owner = match rival {
        Some(rival) => with_age(merge, &rival.owner),
        None => "its owner".to_owned(),
    };
    let why = match class {
        RivalClass::ParentGateway => {
            format!("{rival_owner} is the parent, whose listeners come first")
        }
        RivalClass::SameResource => {
            "both are of one resource: of two that conflict there, none is served".to_owned()
        }
        RivalClass::OlderListenerSet => format!("{rival_owner} is older"),
        RivalClass::EarlierByName => {
            format!("{rival_owner} is of the same second, and its namespace/name sorts first")
        }
    };
    explanation.because.push(why);
    explanation.would_change.push(match conflict {
        Conflict::Protocol => {
            "another port, or the rival's protocol with another hostname".to_owned()
        }
        Conflict::Hostname => "another port or hostname".to_owned(),
    });
    explanation.would_change.push(format!(
        "the removal of {name}, or a change of what it asks for"
    ));
}

fn remedy(cause: RefCause) -> &'static str {
    match cause {
        RefCause::RefNotPermitted => {
            "a ReferenceGrant in the target's namespace for this kind and namespace"
        }
        RefCause::InvalidCertificateRef => {
            "a kubernetes.io/tls Secret with a certificate and its key"
        }
        RefCause::InvalidCaCertificateRef | RefCause::InvalidCaCertificateKind => {
            "a trust store in a LoadBalancerConfiguration"
        }
        RefCause::InvalidRouteKinds => "route kinds that the protocol can carry",
        RefCause::InvalidKind => "a backend of kind Service",
        RefCause::BackendNotFound => "a Service with that port",
        RefCause::UnsupportedProtocol => "a port of the protocol that the route needs",
    }
}
