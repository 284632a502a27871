//! Random small worlds: few names, ports and hostnames, so that everything collides with everything.
//!
//! Every kind and every field varies. A kind without a strategy does not build (`of` is exhaustive), nor does a field: no
//! literal here takes anything from another value.

mod configurations;
mod listeners;
mod routes;
mod statuses;
mod working;
mod workloads;

use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::Union;
use tributary_model::fault::FieldFault;
use tributary_model::other_controller::OtherController;
use tributary_model::resource::{Refused, Unread};
use tributary_model::{
    Change, Kind, Meta, Name, ObjectKey, ObjectRef, Resource, RouteKind, Timestamp,
};

pub use self::statuses::carried;
use crate::objects::key;

// What stands several times is drawn as often: most references then name something that is there.
const NAMESPACES: [&str; 6] = ["a", "a", "a", "a", "a-b", "infra"];
const HOSTS: [&str; 5] = ["a.x.com", "b.x.com", "*.x.com", "c.a.x.com", "*.a.x.com"];
const GATEWAYS: [&str; 4] = ["gw", "gw", "gw", "gv"];
const CLASSES: [&str; 4] = ["alb", "alb", "nlb", "elb"];
const SETS: [&str; 3] = ["set", "set", "tes"];
const LISTENERS: [&str; 3] = ["one", "two", "three"];
const PORTS: [u16; 4] = [80, 80, 443, 53];
const SERVICES: [&str; 3] = ["svc", "svc", "dns"];
const CONFIGURATIONS: [&str; 3] = ["cfg", "cfg", "other"];

/// A sequence of changes; objects come, change and go. Most begin with a part of what would work by itself, so that
/// listeners are served, routes attached and targets registered when the rest comes.
pub fn changes(length: usize) -> impl Strategy<Value = Vec<Change>> {
    let working = working::objects();
    let most = working.len();
    let working = prop::sample::subsequence(working, most * 3 / 4..=most).prop_shuffle();
    let start = prop_oneof![3 => working, 1 => Just(Vec::new())];
    let rest = prop::collection::vec(change(), 0..length);
    (start, rest).prop_map(|(start, rest)| {
        let start = start.into_iter().map(|it| Change::Apply(Arc::new(it)));
        start.chain(rest).collect()
    })
}

/// One change.
pub fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        5 => resource().prop_map(|resource| Change::Apply(Arc::new(resource))),
        1 => resource().prop_map(|resource| Change::Delete(resource.object_ref())),
    ]
}

/// Any object of the small world, and what stands for none.
pub fn resource() -> impl Strategy<Value = Resource> {
    let kinds = Kind::ALL.map(|kind| (weight(kind), of(kind)));
    // One of them takes much away at once.
    let others = [
        (1, unread().boxed()),
        (2, other_controller().boxed()),
        (2, refused().boxed()),
    ];
    Union::new_weighted(kinds.into_iter().chain(others).collect())
}

/// What most depends on comes most often.
fn weight(kind: Kind) -> u32 {
    match kind {
        Kind::ListenerSet | Kind::HttpRoute => 20,
        Kind::Gateway | Kind::GatewayClass | Kind::Service | Kind::EndpointSlice => 10,
        Kind::GrpcRoute
        | Kind::TcpRoute
        | Kind::UdpRoute
        | Kind::TlsRoute
        | Kind::Secret
        | Kind::Pod
        | Kind::TargetGroupConfiguration
        | Kind::LoadBalancerConfiguration
        | Kind::ListenerRuleConfiguration => 5,
        Kind::ReferenceGrant | Kind::BackendTlsPolicy | Kind::Namespace | Kind::Node => 3,
    }
}

/// Any object of a kind.
pub fn of(kind: Kind) -> BoxedStrategy<Resource> {
    match kind {
        Kind::GatewayClass => listeners::class().boxed(),
        Kind::Gateway => listeners::gateway().boxed(),
        Kind::ListenerSet => listeners::listener_set().boxed(),
        Kind::HttpRoute => routes::route(RouteKind::Http).boxed(),
        Kind::GrpcRoute => routes::route(RouteKind::Grpc).boxed(),
        Kind::TcpRoute => routes::route(RouteKind::Tcp).boxed(),
        Kind::UdpRoute => routes::route(RouteKind::Udp).boxed(),
        Kind::TlsRoute => routes::route(RouteKind::Tls).boxed(),
        Kind::ReferenceGrant => workloads::grant().boxed(),
        Kind::BackendTlsPolicy => workloads::backend_tls_policy().boxed(),
        Kind::Namespace => workloads::namespace().boxed(),
        Kind::Service => workloads::service().boxed(),
        Kind::EndpointSlice => workloads::endpoint_slice().boxed(),
        Kind::Node => workloads::node().boxed(),
        Kind::Pod => workloads::pod().boxed(),
        Kind::Secret => workloads::secret().boxed(),
        Kind::LoadBalancerConfiguration => configurations::load_balancer().boxed(),
        Kind::TargetGroupConfiguration => configurations::target_group().boxed(),
        Kind::ListenerRuleConfiguration => configurations::listener_rule().boxed(),
    }
}

/// The object that a name means.
pub fn object(kind: Kind, name: &str) -> ObjectRef {
    ObjectRef::new(kind, key(name))
}

fn unread() -> impl Strategy<Value = Resource> {
    prop::sample::select(Kind::ALL.to_vec()).prop_map(|kind| Resource::Unread(Unread::of(kind)))
}

fn other_controller() -> impl Strategy<Value = Resource> {
    named(&["lease"]).prop_map(|lease| Resource::OtherController(OtherController::by(lease)))
}

/// An object that is there, and whose kind is one that others refer to, in place of what was read before.
fn refused() -> impl Strategy<Value = Resource> {
    let configurations = [
        Kind::LoadBalancerConfiguration,
        Kind::TargetGroupConfiguration,
        Kind::ListenerRuleConfiguration,
    ];
    let objects = prop_oneof![
        (
            prop::sample::select(configurations.to_vec()),
            named(&CONFIGURATIONS)
        ),
        (Just(Kind::Service), named(&SERVICES)),
    ];
    (objects, fault()).prop_filter_map("a kind that is never refused", |((kind, key), fault)| {
        Refused::of(&ObjectRef::new(kind, key), fault).map(Resource::Refused)
    })
}

fn fault() -> impl Strategy<Value = FieldFault> {
    one_of(&["spec.a", "spec.b", ""]).prop_map(|field| FieldFault {
        field: field.to_owned(),
        reason: "it is none".to_owned(),
    })
}

fn faults() -> impl Strategy<Value = Vec<FieldFault>> {
    few(fault())
}

/// Metadata of an object whose key is one of these.
fn meta(key: impl Strategy<Value = ObjectKey>) -> impl Strategy<Value = Meta> {
    (key, 1..3_i64, 0..3_i64, rarely()).prop_map(|(key, generation, created, deleting)| Meta {
        key,
        generation,
        created: Timestamp(created),
        deleting,
    })
}

fn named(names: &'static [&'static str]) -> impl Strategy<Value = ObjectKey> {
    (one_of(&NAMESPACES), one_of(names))
        .prop_map(|(namespace, name)| ObjectKey::new(namespace, name))
}

fn cluster(names: &'static [&'static str]) -> impl Strategy<Value = ObjectKey> {
    one_of(names).prop_map(ObjectKey::cluster)
}

fn one_of<T: Copy + std::fmt::Debug + 'static>(values: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(values)
}

fn name(names: &'static [&'static str]) -> impl Strategy<Value = Name> {
    one_of(names).prop_map(Name::from)
}

/// Mostly none: the namespace of who refers.
fn other_namespace() -> impl Strategy<Value = Option<Name>> {
    prop::option::weighted(0.3, name(&NAMESPACES))
}

fn rarely() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.05)
}

/// Mostly this text, at times another one: a group or a kind that is none of ours.
fn mostly(text: &'static str) -> impl Strategy<Value = String> {
    rarely().prop_map(move |other| if other { "example.com" } else { text }.to_owned())
}

fn text(values: &'static [&'static str]) -> impl Strategy<Value = String> {
    one_of(values).prop_map(str::to_owned)
}

/// Mostly none.
fn seldom<S: Strategy>(strategy: S) -> impl Strategy<Value = Option<S::Value>> {
    prop::option::weighted(0.15, strategy)
}

/// Mostly empty.
fn few<S: Strategy>(strategy: S) -> impl Strategy<Value = Vec<S::Value>> {
    prop::option::weighted(0.15, strategy).prop_map(|one| one.into_iter().collect())
}

/// Almost always empty.
fn rarely_one<S: Strategy>(strategy: S) -> impl Strategy<Value = Vec<S::Value>> {
    prop::option::weighted(0.05, strategy).prop_map(|one| one.into_iter().collect())
}
