use std::collections::BTreeMap;

use proptest::prelude::*;
use tributary_model::resource::{Author, CarriedStatus};
use tributary_model::status::{
    GatewayStatus, ListenerSetStatus, RouteParentStatus, RouteStatus, Status,
};
use tributary_model::{Kind, ObjectRef, controller};

use super::{of, one_of, routes};

/// What objects of the small world carry: some a status, of any author.
pub fn carried() -> impl Strategy<Value = BTreeMap<ObjectRef, CarriedStatus>> {
    const AUTHORS: [Author; 4] = [Author::Us, Author::Us, Author::Other, Author::Unknown];
    let kinds = Kind::ALL.into_iter().filter(|kind| is_told(*kind));
    let carrier = prop::sample::select(kinds.collect::<Vec<_>>())
        .prop_flat_map(of)
        .prop_map(|resource| resource.object_ref());
    prop::collection::btree_map(carrier, one_of(&AUTHORS), 0..30).prop_flat_map(|authors| {
        let statuses: Vec<_> = authors
            .into_iter()
            .map(|(object, author)| {
                status(object.kind)
                    .prop_map(move |status| (object.clone(), CarriedStatus { status, author }))
            })
            .collect();
        statuses.prop_map(|statuses| statuses.into_iter().collect())
    })
}

/// Whether a status of this kind is ours to write.
fn is_told(kind: Kind) -> bool {
    match kind {
        Kind::Gateway
        | Kind::ListenerSet
        | Kind::HttpRoute
        | Kind::GrpcRoute
        | Kind::TcpRoute
        | Kind::UdpRoute
        | Kind::TlsRoute => true,
        Kind::GatewayClass
        | Kind::ReferenceGrant
        | Kind::BackendTlsPolicy
        | Kind::Namespace
        | Kind::Service
        | Kind::EndpointSlice
        | Kind::Node
        | Kind::Pod
        | Kind::Secret
        | Kind::LoadBalancerConfiguration
        | Kind::TargetGroupConfiguration
        | Kind::ListenerRuleConfiguration => false,
    }
}

/// What of it matters: of whom a route's entries are, and of which parents.
fn status(kind: Kind) -> BoxedStrategy<Status> {
    const CONTROLLERS: [&str; 3] = [controller::ALB, controller::NLB, "example.com/other"];
    match kind {
        Kind::Gateway => Just(Status::Gateway(GatewayStatus::default())).boxed(),
        Kind::ListenerSet => Just(Status::ListenerSet(ListenerSetStatus::default())).boxed(),
        _ => {
            let entry = (routes::parent_ref(), one_of(&CONTROLLERS)).prop_map(
                |(parent_ref, controller_name)| RouteParentStatus {
                    parent_ref,
                    controller_name: controller_name.to_owned(),
                    conditions: Vec::new(),
                },
            );
            prop::collection::vec(entry, 0..3)
                .prop_map(|parents| Status::Route(RouteStatus { parents }))
                .boxed()
        }
    }
}
