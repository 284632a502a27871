//! Random small worlds: few names, ports and hostnames, so that everything collides with everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::holder::Holder;
use tributary_model::other_controller::OtherController;
use tributary_model::resource::{Author, CarriedStatus, Unread};
use tributary_model::route::ParentRef;
use tributary_model::selector::FromNamespaces;
use tributary_model::status::{
    GatewayStatus, ListenerSetStatus, RouteParentStatus, RouteStatus, Status,
};
use tributary_model::workload::L4Protocol;
use tributary_model::{
    Change, Installation, Kind, Meta, ObjectRef, Resource, RouteKind, controller,
};

use crate::objects::{
    GatewayBuilder, ListenerBuilder, ListenerSetBuilder, class, class_in_use, gateway, key,
    listener, listener_set, meta, selecting,
};
use crate::routes::{route, rule};
use crate::workloads::{
    endpoints, grant, malformed_secret, namespace, secret, service, service_with_ports,
    unready_endpoints, waiting_pod,
};

const NAMESPACES: [&str; 3] = ["a", "a-b", "infra"];
const HOSTS: [&str; 5] = ["a.x.com", "b.x.com", "*.x.com", "c.a.x.com", "*.a.x.com"];

/// A sequence of changes; objects come, change and go.
pub fn changes(length: usize) -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec(change(), 0..length)
}

/// One change.
pub fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        5 => resource().prop_map(|resource| Change::Apply(Arc::new(resource))),
        1 => resource().prop_map(|resource| Change::Delete(resource.object_ref())),
    ]
}

/// Any object of the small world.
pub fn resource() -> impl Strategy<Value = Resource> {
    prop_oneof![
        1 => any_class(),
        3 => any_gateway(),
        6 => any_set(),
        6 => any_route(),
        1 => any_grant(),
        1 => any_namespace(),
        2 => any_service(),
        2 => any_endpoints(),
        2 => any_pod(),
        1 => any_secret(),
        1 => any_unread(),
        1 => any_other_controller(),
    ]
}

fn place() -> impl Strategy<Value = &'static str> {
    prop::sample::select(NAMESPACES.to_vec())
}

fn named(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    (place(), prop::sample::select(names))
        .prop_map(|(namespace, name)| format!("{namespace}/{name}"))
}

fn any_class() -> impl Strategy<Value = Resource> {
    let controllers = vec![
        controller::ALB,
        controller::NLB,
        controller::ELB,
        "example.com/other",
    ];
    (
        prop::sample::select(vec!["alb", "nlb", "elb"]),
        prop::sample::select(controllers),
        0..3_u8,
        any::<bool>(),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(name, random, dice, is_marked, deleting)| {
            // Mostly the controller that the name promises, so that most Gateways are ours.
            let controller = match (dice, name) {
                (0, _) => random,
                (_, "alb") => controller::ALB,
                (_, "nlb") => controller::NLB,
                _ => controller::ELB,
            };
            if is_marked {
                let meta = Meta {
                    deleting,
                    ..meta(name)
                };
                return class_in_use(name, controller, meta);
            }
            class(name, controller)
        })
}

fn from() -> impl Strategy<Value = FromNamespaces> {
    prop_oneof![
        1 => Just(FromNamespaces::None),
        2 => Just(FromNamespaces::Same),
        4 => Just(FromNamespaces::All),
        1 => Just(selecting("team", "x")),
        1 => Just(FromNamespaces::Selector(None)),
    ]
}

fn any_listener() -> impl Strategy<Value = ListenerBuilder> {
    let protocols = vec![
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
        prop::sample::select(vec!["one", "two", "three"]),
        prop::sample::select(vec![80_u16, 443, 53]),
        prop::sample::select(protocols),
        prop::option::of(prop::sample::select(HOSTS.to_vec())),
        prop::option::of(prop::sample::select(vec!["cert", "a/cert", "missing"])),
        from(),
        prop::option::weighted(
            0.2,
            prop::sample::select(vec!["HTTPRoute", "TCPRoute", "Nonsense"]),
        ),
    )
        .prop_map(|(name, port, protocol, host, certificate, from, kind)| {
            let mut built = listener(name, port, protocol).routes_from(from);
            if let Some(host) = host {
                built = built.host(host);
            }
            if let Some(certificate) = certificate.filter(|_| protocol != "HTTP") {
                built = built.certificate(certificate);
            }
            if let Some(kind) = kind {
                built = built.route_kind(kind);
            }
            built
        })
}

fn any_gateway() -> impl Strategy<Value = Resource> {
    (
        named(&["gw", "gv"]),
        prop::sample::select(vec!["alb", "nlb", "elb"]),
        from(),
        prop::collection::vec(any_listener(), 0..3),
        prop::option::weighted(0.2, prop::sample::select(holders())),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(name, class, from, listeners, holder, is_deleting)| {
            let mut built = gateway(&name).class(class).allow(from);
            if let Some(holder) = holder {
                built = built.held_by(holder);
            }
            if is_deleting {
                built = built.deleting();
            }
            listeners
                .into_iter()
                .fold(built, GatewayBuilder::listener)
                .build()
        })
}

fn any_set() -> impl Strategy<Value = Resource> {
    (
        named(&["set", "tes"]),
        named(&["gw", "gv"]),
        0..3_i64,
        prop::collection::vec(any_listener(), 1..3),
    )
        .prop_map(|(name, gateway, created, listeners)| {
            listeners
                .into_iter()
                .fold(
                    listener_set(&name, &gateway).created(created),
                    ListenerSetBuilder::listener,
                )
                .build()
        })
}

fn any_route() -> impl Strategy<Value = Resource> {
    (
        prop::sample::select(vec![
            RouteKind::Http,
            RouteKind::Http,
            RouteKind::Grpc,
            RouteKind::Tcp,
            RouteKind::Udp,
            RouteKind::Tls,
        ]),
        named(&["r", "s", "t"]),
        prop::collection::vec(
            (any::<bool>(), named(&["gw", "gv"]), named(&["set", "tes"])),
            1..3,
        ),
        prop::collection::vec(prop::sample::select(HOSTS.to_vec()), 0..3),
        prop::collection::vec(
            (
                prop::sample::select(vec!["/", "/a", "/a/b", "/*"]),
                prop::sample::select(vec!["svc", "a/svc", "dns", "missing"]),
                prop::sample::select(vec![0_u32, 1, 1, 5, 1000]),
            ),
            1..3,
        ),
        0..3_i64,
    )
        .prop_map(|(kind, name, parents, hosts, rules, created)| {
            let mut built = route(kind, &name).created(created);
            for (to_set, gateway, set) in parents {
                built = if to_set {
                    built.to_set(&set)
                } else {
                    built.to_gateway(&gateway)
                };
            }
            let has_hosts = matches!(kind, RouteKind::Http | RouteKind::Grpc | RouteKind::Tls);
            for host in hosts.into_iter().filter(|_| has_hosts) {
                built = built.host(host);
            }
            for (path, backend, weight) in rules {
                built = built.rule(rule().prefix(path).weighted(backend, 53, weight));
            }
            built.build()
        })
}

fn any_grant() -> impl Strategy<Value = Resource> {
    (
        named(&["grant"]),
        prop::sample::select(vec![
            Kind::Gateway,
            Kind::ListenerSet,
            Kind::HttpRoute,
            Kind::TcpRoute,
        ]),
        place(),
        prop::sample::select(vec![Kind::Secret, Kind::Service]),
    )
        .prop_map(|(name, kind, from, to)| grant(&name, (kind, from), to))
}

fn any_namespace() -> impl Strategy<Value = Resource> {
    (place(), any::<bool>()).prop_map(|(name, labelled)| {
        let labels: &[(&str, &str)] = if labelled { &[("team", "x")] } else { &[] };
        namespace(name, labels)
    })
}

fn any_service() -> impl Strategy<Value = Resource> {
    (named(&["svc", "dns"]), 0..3_u8).prop_map(|(name, ports)| match ports {
        0 => service(&name, 53),
        1 => service(&name, 80),
        _ => service_with_ports(
            &name,
            &[("tcp", 53, L4Protocol::Tcp), ("udp", 53, L4Protocol::Udp)],
        ),
    })
}

fn any_endpoints() -> impl Strategy<Value = Resource> {
    let pods = [("10.0.0.0", "p"), ("10.0.0.1", "q")];
    let is_ready = prop::bool::weighted(0.4);
    (named(&["svc", "dns"]), 0..3_usize, is_ready).prop_map(move |(service, count, is_ready)| {
        let pods = &pods[..count];
        if is_ready {
            let addresses: Vec<&str> = pods.iter().map(|(address, _)| *address).collect();
            return endpoints(&service, 8053, &addresses);
        }
        unready_endpoints(&service, 8053, pods)
    })
}

fn any_pod() -> impl Strategy<Value = Resource> {
    let gates = vec![
        "gateway.tributary.dev/target-health",
        "gateway.tributary.dev/other.target-health",
        "target-health.elbv2.k8s.aws/k8s-a",
    ];
    let state = (
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
        prop::sample::subsequence(gates, 0..=3),
    );
    (named(&["p", "q"]), state).prop_map(|(name, state)| {
        let (awaits_health, deleting, is_another, gates) = state;
        let mut resource = waiting_pod(&name);
        if let Resource::Pod(pod) = &mut resource {
            pod.awaits_health = awaits_health;
            pod.meta.deleting = deleting;
            pod.closed_gates = gates.into_iter().map(str::to_owned).collect();
            if is_another {
                pod.uid = Some("another".into());
            }
        }
        resource
    })
}

fn any_secret() -> impl Strategy<Value = Resource> {
    (named(&["cert"]), 0..3_u8).prop_map(|(name, content)| match content {
        0 => malformed_secret(&name),
        1 => secret(&name, "aa"),
        _ => secret(&name, "bb"),
    })
}

fn any_unread() -> impl Strategy<Value = Resource> {
    prop::sample::select(Kind::ALL.to_vec()).prop_map(|kind| Resource::Unread(Unread::of(kind)))
}

fn any_other_controller() -> impl Strategy<Value = Resource> {
    named(&["lease"]).prop_map(|lease| Resource::OtherController(OtherController::by(key(&lease))))
}

/// What objects of the small world carry: some a status, of any author.
pub fn carried() -> impl Strategy<Value = BTreeMap<ObjectRef, CarriedStatus>> {
    prop::collection::btree_map(
        prop_oneof![
            any_gateway().prop_map(|resource| resource.object_ref()),
            any_set().prop_map(|resource| resource.object_ref()),
            any_route().prop_map(|resource| resource.object_ref()),
        ],
        prop::sample::select(vec![Author::Us, Author::Us, Author::Other, Author::Unknown]),
        0..30,
    )
    .prop_flat_map(|authors| {
        let statuses: Vec<_> = authors
            .into_iter()
            .map(|(object, author)| {
                any_status(object.kind)
                    .prop_map(move |status| (object.clone(), CarriedStatus { status, author }))
            })
            .collect();
        statuses.prop_map(|statuses| statuses.into_iter().collect())
    })
}

/// What of it matters: of whom a route's entries are, and of which parents.
fn any_status(kind: Kind) -> BoxedStrategy<Status> {
    match kind {
        Kind::Gateway => Just(Status::Gateway(GatewayStatus::default())).boxed(),
        Kind::ListenerSet => Just(Status::ListenerSet(ListenerSetStatus::default())).boxed(),
        _ => {
            let controllers = vec![controller::ALB, controller::NLB, "example.com/other"];
            let entry = (any_route(), prop::sample::select(controllers));
            let entries = entry.prop_map(|(route, controller_name)| match route {
                Resource::Route(route) => route
                    .parent_refs
                    .iter()
                    .map(|parent_ref| RouteParentStatus {
                        parent_ref: ParentRef::clone(parent_ref),
                        controller_name: controller_name.to_owned(),
                        conditions: Vec::new(),
                    })
                    .collect(),
                _ => Vec::new(),
            });
            entries
                .prop_map(|parents| Status::Route(RouteStatus { parents }))
                .boxed()
        }
    }
}

/// The object that a name means.
pub fn object(kind: Kind, name: &str) -> ObjectRef {
    ObjectRef::new(kind, key(name))
}

/// Us, that is the default installation, another one, and the AWS Load Balancer Controller.
#[expect(clippy::unwrap_used, reason = "the name is one")]
fn holders() -> Vec<Holder> {
    let other: Installation = "other".parse().unwrap();
    [LoadBalancerKind::Alb, LoadBalancerKind::Nlb]
        .into_iter()
        .flat_map(|kind| {
            [
                Holder::Tributary(Installation::default(), kind),
                Holder::Tributary(other.clone(), kind),
                Holder::AwsLoadBalancerController(kind),
            ]
        })
        .collect()
}
