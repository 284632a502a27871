//! Objects as their source holds them.

use tributary_model::Meta;
use tributary_model::holder::Holder;
use tributary_model::listener::FrontendTls;
use tributary_model::other_controller::OtherController;
use tributary_model::resource::{Author, CarriedStatus, Refused, Resource, SourceObject, Unread};
use tributary_model::route::{PathMatch, PathModifier, Route, RouteFilter};
use tributary_model::selector::FromNamespaces;
use tributary_model::status::{Condition, Status, StatusAddress};
use tributary_model::workload::TlsSecret;
use tributary_model::{Installation, Kind, Labels, ObjectRef};

use super::{Arbitrary, Source, fields, structs, variants};

structs! {
    SourceObject { resource, status, resource_version, labels }
    CarriedStatus { status, author }
    Meta { key, generation, created, deleting }
    FrontendTls { default, per_port }
    Route { meta, kind, parent_refs, hostnames, rules }
    Condition { condition_type, status, reason, message, observed_generation, last_transition_time }
    StatusAddress { address_type, value }
}

impl Arbitrary for Installation {
    fn arbitrary(source: &mut Source) -> Self {
        let name = source.pick(&["tributary", "west", "a-b"]);
        name.parse().unwrap()
    }
}

variants!(Author: |source| Self::Us, Self::Other, Self::Unknown);
variants!(Holder: |source|
    Self::Tributary(source.any(), source.any()), Self::AwsLoadBalancerController(source.any()));
variants!(FromNamespaces: |source|
    Self::None, Self::Same, Self::All, Self::Selector(source.any()));
variants!(PathMatch: |source|
    Self::Exact(source.any()),
    Self::Prefix(source.any()),
    Self::Regex(source.any()),
    fields!(source, Self::Grpc { service, method, comparison }));
variants!(PathModifier: |source|
    Self::ReplaceFullPath(source.any()), Self::ReplacePrefixMatch(source.any()));
variants!(RouteFilter: |source|
    Self::Redirect(source.any()),
    Self::UrlRewrite(source.any()),
    fields!(source, Self::ExtensionRef { group, kind, name }),
    Self::Unsupported(source.any()));
variants!(Status: |source|
    Self::GatewayClass(source.any()),
    Self::Gateway(source.any()),
    Self::ListenerSet(source.any()),
    Self::Route(source.any()));
variants!(Resource: |source|
    Self::GatewayClass(source.any()),
    Self::Gateway(Box::new(source.any())),
    Self::ListenerSet(source.any()),
    Self::Route(source.any()),
    Self::ReferenceGrant(source.any()),
    Self::Namespace(source.any()),
    Self::Service(source.any()),
    Self::EndpointSlice(source.any()),
    Self::Node(source.any()),
    Self::Pod(source.any()),
    Self::Secret(source.any()),
    Self::LoadBalancerConfiguration(Box::new(source.any())),
    Self::TargetGroupConfiguration(Box::new(source.any())),
    Self::ListenerRuleConfiguration(Box::new(source.any())),
    Self::Unread(Unread::of(source.any())),
    Self::OtherController(OtherController::by(source.any())),
    Self::BackendTlsPolicy(source.any()),
    Self::Refused(source.any()));

impl Arbitrary for Refused {
    fn arbitrary(source: &mut Source) -> Self {
        let kind = source.pick(&[
            Kind::LoadBalancerConfiguration,
            Kind::TargetGroupConfiguration,
            Kind::ListenerRuleConfiguration,
            Kind::Service,
        ]);
        Self::of(&ObjectRef::new(kind, source.any()), source.any()).unwrap()
    }
}

impl Arbitrary for Labels {
    fn arbitrary(source: &mut Source) -> Self {
        let keys = ["app", "app.kubernetes.io/name", "tier"];
        let labels = keys.into_iter().filter_map(|key| {
            let value = source.pick(&[None, Some(""), Some("shop")])?;
            Some((key.to_owned(), value.to_owned()))
        });
        Self::of(&labels.collect()).unwrap()
    }
}

impl Arbitrary for TlsSecret {
    fn arbitrary(source: &mut Source) -> Self {
        let certificate = if source.any() {
            Ok(source.any())
        } else {
            Err(source.any())
        };
        Self {
            meta: source.any(),
            certificate,
        }
    }
}
