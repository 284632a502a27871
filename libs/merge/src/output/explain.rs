//! Decisions in words. Rivals are named to who may see their namespace, and never in a status.

mod listener;
mod route;

#[cfg(test)]
mod tests;

use tributary_model::resolved::{
    GatewayAcceptance, ListenerSetAcceptance, NotAllowedCause, Resolved, ResolvedGateway,
    ResolvedGatewayClass, ResolvedListenerSet,
};
use tributary_model::resource::cannot_be_read;
use tributary_model::view::{Explanation, Sight};
use tributary_model::{Kind, ListenerOwner, Name, ObjectRef, Rule};

use crate::engine::merge::Merge;

impl Merge {
    /// The decisions on an object and all of its listeners, or on one listener of it, in words. Empty when nothing is known
    /// of it.
    pub fn explain(
        &self,
        object: &ObjectRef,
        listener: Option<&str>,
        sight: &Sight,
    ) -> Vec<Explanation> {
        explain(self, object, listener, sight)
    }
}

fn explain(
    merge: &Merge,
    object: &ObjectRef,
    listener: Option<&str>,
    sight: &Sight,
) -> Vec<Explanation> {
    let Some(resolved) = merge.resolved(object) else {
        return match listener {
            None => not_ours(merge, object).into_iter().collect(),
            Some(_) => Vec::new(),
        };
    };
    let (own, listeners) = match resolved.as_ref() {
        Resolved::GatewayClass(class) => (vec![of_class(class)], &[][..]),
        Resolved::Gateway(gateway) => (vec![of_gateway(merge, gateway)], &gateway.listeners[..]),
        Resolved::ListenerSet(set) => (vec![of_set(set)], &set.listeners[..]),
        Resolved::Route(route) => (route::explain(merge, route, sight), &[][..]),
    };
    let listeners = listeners
        .iter()
        .filter(|candidate| listener.is_none_or(|name| *candidate.listener.name == *name))
        .map(|listener| listener::explain(merge, listener, sight));
    match listener {
        None => own.into_iter().chain(listeners).collect(),
        Some(_) => listeners.collect(),
    }
}

/// Why nothing is decided about an object that was read; nothing for one that was not.
fn not_ours(merge: &Merge, object: &ObjectRef) -> Option<Explanation> {
    let (decision, rule, because) = if merge.store.any(object)?.meta().deleting {
        let because = "it is being deleted".to_owned();
        ("no longer counts", Rule::DeletedObjects, because)
    } else {
        ("not ours", Rule::NotOurs, owner_missing(merge, object))
    };
    let unread = (!merge.unread().is_empty()).then(|| cannot_be_read(merge.unread()));
    Some(Explanation {
        subject: object.to_string(),
        decision: decision.to_owned(),
        rule: rule.to_string(),
        because: [because].into_iter().chain(unread).collect(),
        ..Explanation::default()
    })
}

fn owner_missing(merge: &Merge, object: &ObjectRef) -> String {
    match object.kind {
        Kind::Gateway => match merge.store.gateway_object(&object.key) {
            Some(gateway) => match merge.facts.left_alone.get(&object.key) {
                Some(left_alone) => left_alone.to_string(),
                None => format!(
                    "its GatewayClass {} is of another controller",
                    gateway.class_name
                ),
            },
            None => "it is gone".to_owned(),
        },
        Kind::ListenerSet => match merge.store.listener_set(&object.key) {
            Some(set) => format!(
                "its parent {} {} is missing, left alone or of another controller",
                set.parent_ref.kind, set.parent_ref.key
            ),
            None => "it is gone".to_owned(),
        },
        Kind::HttpRoute | Kind::GrpcRoute | Kind::TcpRoute | Kind::UdpRoute | Kind::TlsRoute => {
            "none of its parentRefs names a Gateway of ours or a ListenerSet of one".to_owned()
        }
        Kind::GatewayClass => "its controllerName is another controller's".to_owned(),
        Kind::ReferenceGrant
        | Kind::BackendTlsPolicy
        | Kind::Namespace
        | Kind::Service
        | Kind::EndpointSlice
        | Kind::Node
        | Kind::Pod
        | Kind::Secret
        | Kind::LoadBalancerConfiguration
        | Kind::TargetGroupConfiguration
        | Kind::ListenerRuleConfiguration => {
            "nothing is decided about objects of this kind: they are read by others".to_owned()
        }
    }
}

fn of_class(class: &ResolvedGatewayClass) -> Explanation {
    let subject = format!("GatewayClass {}", class.key);
    match &class.invalid_parameters {
        None => Explanation {
            subject,
            decision: "accepted".to_owned(),
            rule: Rule::GatewayClass.to_string(),
            because: std::iter::once(format!("its controllerName is {}", class.controller_name))
                .chain(class.problems.iter().cloned())
                .collect(),
            ..Explanation::default()
        },
        Some(reason) => Explanation {
            subject,
            decision: "not accepted: InvalidParameters".to_owned(),
            rule: Rule::ParametersRef.to_string(),
            because: vec![reason.clone()],
            would_change: vec!["a parametersRef that resolves, or none".to_owned()],
            ..Explanation::default()
        },
    }
}

fn of_gateway(merge: &Merge, gateway: &ResolvedGateway) -> Explanation {
    let mut because = Vec::new();
    if let Some(object) = merge.store.gateway_object(&gateway.key) {
        because.push(format!("its GatewayClass is {}", object.class_name));
    }
    because.push(format!(
        "it gets an {}",
        gateway.kind.as_str().to_uppercase()
    ));
    because.push(format!(
        "{} ListenerSets have a good listener",
        gateway.attached_listener_sets
    ));
    because.extend(gateway.problems.iter().cloned());
    let (decision, rule, would_change) = match &gateway.acceptance {
        GatewayAcceptance::Accepted => ("accepted", Rule::GatewayStatus, Vec::new()),
        GatewayAcceptance::InvalidParameters(reason) => {
            because.push(reason.clone());
            (
                "not accepted: InvalidParameters",
                Rule::ParametersRef,
                vec!["a parametersRef that resolves, or none".to_owned()],
            )
        }
        GatewayAcceptance::LeftAlone(reason) => {
            because.push(reason.clone());
            (
                "left alone",
                Rule::AnotherController,
                vec!["no finalizer of another program".to_owned()],
            )
        }
        GatewayAcceptance::ClassServed(reason) => {
            because.push(reason.clone());
            (
                "left alone",
                Rule::AnotherController,
                vec!["a class with another controllerName".to_owned()],
            )
        }
        GatewayAcceptance::ClassMissing(class) => (
            "left as it is",
            Rule::MissingGatewayClass,
            vec![format!("a GatewayClass {class}")],
        ),
        GatewayAcceptance::UnsupportedAddress => (
            "not accepted: UnsupportedAddress",
            Rule::GatewayAddresses,
            vec![
                "no spec.addresses; fixed addresses of an NLB are loadBalancerSubnets of a \
                 LoadBalancerConfiguration"
                    .to_owned(),
            ],
        ),
    };
    Explanation {
        subject: format!("Gateway {}", gateway.key),
        decision: decision.to_owned(),
        rule: rule.to_string(),
        because,
        would_change,
        rival: None,
    }
}

fn of_set(set: &ResolvedListenerSet) -> Explanation {
    let namespace = &set.key.namespace;
    let gateway = &set.gateway;
    let (decision, rule, because, would_change) = match &set.acceptance {
        ListenerSetAcceptance::Admitted => (
            "admitted",
            Rule::AllowedListeners,
            format!("Gateway {gateway} allows ListenerSets of namespace {namespace}"),
            Vec::new(),
        ),
        ListenerSetAcceptance::NotAllowed(cause) => (
            "not allowed",
            match cause {
                NotAllowedCause::NoneAllowed | NotAllowedCause::OtherNamespace => {
                    Rule::AllowedListeners
                }
                NotAllowedCause::SelectorMiss | NotAllowedCause::SelectorMissing => {
                    Rule::AllowedListenersSelector
                }
            },
            match cause {
                NotAllowedCause::NoneAllowed => {
                    format!("Gateway {gateway} allows no ListenerSets, which is the default")
                }
                NotAllowedCause::OtherNamespace => format!(
                    "Gateway {gateway} allows ListenerSets of its own namespace only, and {namespace} is \
                     another"
                ),
                NotAllowedCause::SelectorMiss => format!(
                    "Gateway {gateway} selects namespaces by labels that {namespace} does not have"
                ),
                NotAllowedCause::SelectorMissing => format!(
                    "Gateway {gateway} says from: Selector and gives no selector, which allows nobody"
                ),
            },
            vec![format!(
                "spec.allowedListeners of Gateway {gateway} that selects namespace {namespace}"
            )],
        ),
        ListenerSetAcceptance::ParentNotAccepted => (
            "its Gateway is not accepted",
            Rule::ParentNotAccepted,
            format!("Gateway {gateway} is not accepted itself"),
            vec![format!("what makes Gateway {gateway} accepted")],
        ),
        ListenerSetAcceptance::LeftAlone => (
            "left as it is",
            Rule::AnotherController,
            format!("nobody here decides on Gateway {gateway}"),
            vec![format!(
                "what keeps Gateway {gateway} from being decided on"
            )],
        ),
        ListenerSetAcceptance::ParentGone => (
            "its Gateway is gone",
            Rule::ParentGone,
            format!("Gateway {gateway} is gone"),
            vec![format!("a Gateway {gateway}")],
        ),
    };
    Explanation {
        subject: format!("ListenerSet {}", set.key),
        decision: decision.to_owned(),
        rule: rule.to_string(),
        because: vec![because],
        would_change,
        rival: None,
    }
}

/// How an owner is spoken of with its age, which is its claim.
fn with_age(merge: &Merge, owner: &ListenerOwner) -> String {
    match merge.facts.owners.get(owner) {
        Some(facts) if owner.kind == tributary_model::OwnerKind::ListenerSet => {
            format!("{owner} (created {})", facts.created)
        }
        Some(_) | None => owner.to_string(),
    }
}

/// The listener's name within its owner, as a subject.
fn subject(owner: &ListenerOwner, name: &Name) -> String {
    format!("{owner}/{name}")
}
