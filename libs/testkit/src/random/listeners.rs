use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::holder::Holder;
use tributary_model::key::{AWS_GROUP, GATEWAY_GROUP};
use tributary_model::listener::{
    AllowedRoutes, CertificateRef, FrontendTls, FrontendValidation, Listener, ListenerTls,
    Protocol, RouteGroupKind, TlsMode,
};
use tributary_model::resource::{
    Gateway, GatewayClass, ListenerSet, ParametersRef, ParentGatewayRef,
};
use tributary_model::selector::{FromNamespaces, LabelOperator, LabelRequirement, LabelSelector};
use tributary_model::{Hostname, Installation, Name, Resource, controller};

use super::{
    CLASSES, CONFIGURATIONS, GATEWAYS, HOSTS, LISTENERS, PORTS, SETS, cluster, few, meta, mostly,
    name, named, one_of, other_namespace, rarely, rarely_one, seldom, text,
};
use crate::objects::hostname;

pub(super) fn class() -> impl Strategy<Value = Resource> {
    const CONTROLLERS: [&str; 4] = [
        controller::ALB,
        controller::NLB,
        controller::ELB,
        "example.com/other",
    ];
    (
        meta(cluster(&CLASSES)),
        prop::option::weighted(0.3, one_of(&CONTROLLERS)),
        seldom(parameters_ref()),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(meta, random, parameters_ref, marked_in_use)| {
            // Mostly the controller that the name promises, so that most Gateways are ours.
            let promised = match &*meta.key.name {
                "alb" => controller::ALB,
                "nlb" => controller::NLB,
                _ => controller::ELB,
            };
            Resource::GatewayClass(GatewayClass {
                meta,
                controller_name: random.unwrap_or(promised).to_owned(),
                parameters_ref,
                marked_in_use,
            })
        })
}

/// A class's names a namespace, a Gateway's none.
fn parameters_ref() -> impl Strategy<Value = ParametersRef> {
    (
        mostly(AWS_GROUP),
        mostly("LoadBalancerConfiguration"),
        prop::option::weighted(0.8, name(&super::NAMESPACES)),
        name(&CONFIGURATIONS),
    )
        .prop_map(|(group, kind, namespace, name)| ParametersRef {
            group,
            kind,
            namespace,
            name,
        })
}

pub(super) fn gateway() -> impl Strategy<Value = Resource> {
    let spec = (
        name(&CLASSES),
        prop::collection::vec(listener(), 0..3),
        from(),
        prop::option::weighted(0.3, parameters_ref()),
        frontend_tls(),
        rarely(),
        rarely_one(Just("tls.backend".to_owned())),
    );
    (meta(named(&GATEWAYS)), spec, holders()).prop_map(|(meta, spec, holders)| {
        let (
            class_name,
            listeners,
            allowed_listeners,
            parameters_ref,
            frontend_tls,
            requests_addresses,
            unsupported,
        ) = spec;
        Resource::Gateway(Box::new(Gateway {
            meta,
            class_name,
            listeners,
            allowed_listeners,
            parameters_ref: parameters_ref.map(|it| ParametersRef {
                namespace: None,
                group: it.group,
                kind: it.kind,
                name: it.name,
            }),
            frontend_tls,
            requests_addresses,
            unsupported,
            holders,
        }))
    })
}

pub(super) fn listener_set() -> impl Strategy<Value = Resource> {
    (
        meta(named(&SETS)),
        mostly(GATEWAY_GROUP),
        mostly("Gateway"),
        named(&GATEWAYS),
        prop::collection::vec(listener(), 1..3),
    )
        .prop_map(|(meta, group, kind, key, listeners)| {
            Resource::ListenerSet(ListenerSet {
                meta,
                parent_ref: ParentGatewayRef { group, kind, key },
                listeners,
            })
        })
}

fn listener() -> impl Strategy<Value = Listener> {
    const PROTOCOLS: [&str; 8] = [
        "HTTP",
        "HTTP",
        "HTTPS",
        "HTTPS",
        "TLS",
        "TCP",
        "UDP",
        "example.com/own",
    ];
    (
        name(&LISTENERS),
        prop_oneof![20 => one_of(&PORTS), 1 => Just(0)],
        one_of(&PROTOCOLS),
        prop::option::of(host()),
        prop::option::of(tls()),
        allowed_routes(),
        rarely(),
    )
        .prop_map(
            |(name, port, protocol, hostname, tls, allowed_routes, is_wrong)| {
                // Mostly what the protocol can have.
                let has_tls = is_wrong || protocol.ends_with('S');
                let has_hostname = is_wrong || !matches!(protocol, "TCP" | "UDP");
                Listener {
                    name,
                    port,
                    protocol: Protocol::parse(protocol),
                    hostname: hostname.filter(|_| has_hostname),
                    tls: tls.filter(|_| has_tls),
                    allowed_routes,
                }
            },
        )
}

pub(super) fn host() -> impl Strategy<Value = Hostname> {
    one_of(&HOSTS).prop_map(hostname)
}

fn tls() -> impl Strategy<Value = ListenerTls> {
    let modes = [TlsMode::Terminate, TlsMode::Terminate, TlsMode::Passthrough];
    (
        prop::sample::select(modes.to_vec()),
        prop::collection::vec(certificate_ref("Secret"), 0..3),
        few(text(&["example.com/option"])),
    )
        .prop_map(|(mode, certificate_refs, options)| ListenerTls {
            mode,
            certificate_refs,
            options: options
                .into_iter()
                .map(|option| (option, "1".to_owned()))
                .collect(),
        })
}

fn certificate_ref(kind: &'static str) -> impl Strategy<Value = CertificateRef> {
    (
        mostly(""),
        mostly(kind),
        other_namespace(),
        name(&["cert", "cert", "missing"]),
    )
        .prop_map(|(group, kind, namespace, name)| CertificateRef {
            group,
            kind,
            namespace,
            name,
        })
}

fn allowed_routes() -> impl Strategy<Value = AllowedRoutes> {
    let kind = (
        mostly(GATEWAY_GROUP),
        text(&["HTTPRoute", "TCPRoute", "Nonsense"]),
    );
    let kinds = kind.prop_map(|(group, kind)| RouteGroupKind { group, kind });
    (from(), few(kinds)).prop_map(|(namespaces, kinds)| AllowedRoutes { namespaces, kinds })
}

fn from() -> impl Strategy<Value = FromNamespaces> {
    prop_oneof![
        1 => Just(FromNamespaces::None),
        2 => Just(FromNamespaces::Same),
        4 => Just(FromNamespaces::All),
        1 => prop::option::of(selector()).prop_map(FromNamespaces::Selector),
    ]
}

pub(super) fn selector() -> impl Strategy<Value = LabelSelector> {
    const OPERATORS: [LabelOperator; 4] = [
        LabelOperator::In,
        LabelOperator::NotIn,
        LabelOperator::Exists,
        LabelOperator::DoesNotExist,
    ];
    let requirement = one_of(&OPERATORS).prop_map(|operator| LabelRequirement {
        key: "team".to_owned(),
        operator,
        values: match operator {
            LabelOperator::In | LabelOperator::NotIn => vec!["x".to_owned()],
            LabelOperator::Exists | LabelOperator::DoesNotExist => Vec::new(),
        },
    });
    (any::<bool>(), few(requirement)).prop_map(|(labelled, match_expressions)| LabelSelector {
        match_labels: labels(labelled),
        match_expressions,
    })
}

pub(super) fn labels(labelled: bool) -> BTreeMap<String, String> {
    let label = labelled.then(|| ("team".to_owned(), "x".to_owned()));
    label.into_iter().collect()
}

fn frontend_tls() -> impl Strategy<Value = FrontendTls> {
    let validation = || {
        let refs = prop::collection::vec(certificate_ref("ConfigMap"), 1..3);
        (refs, rarely()).prop_map(|(ca_certificate_refs, allow_insecure_fallback)| {
            FrontendValidation {
                ca_certificate_refs,
                allow_insecure_fallback,
            }
        })
    };
    let per_port = few((one_of(&PORTS), prop::option::of(validation())));
    (seldom(validation()), per_port).prop_map(|(default, per_port)| FrontendTls {
        default,
        per_port: per_port.into_iter().collect(),
    })
}

/// Us, that is the default installation, another one, and the AWS Load Balancer Controller.
fn holders() -> impl Strategy<Value = BTreeSet<Holder>> {
    let kinds = [LoadBalancerKind::Alb, LoadBalancerKind::Nlb];
    let kind = prop::sample::select(kinds.to_vec());
    let holder = (kind, 0..3_u8).prop_map(|(kind, whose)| match whose {
        0 => Holder::Tributary(Installation::default(), kind),
        1 => Holder::Tributary(another_installation(), kind),
        _ => Holder::AwsLoadBalancerController(kind),
    });
    prop::option::weighted(0.3, holder).prop_map(|holder| holder.into_iter().collect())
}

#[expect(clippy::unwrap_used, reason = "the name is one")]
fn another_installation() -> Installation {
    "other".parse().unwrap()
}

/// The port and the name of a listener that may be there.
pub(super) fn section() -> impl Strategy<Value = (Option<Name>, Option<u16>)> {
    (seldom(name(&LISTENERS)), seldom(one_of(&PORTS)))
}
