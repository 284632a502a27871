//! Objects as their source holds them.

use std::collections::BTreeMap;

use tributary_model::Meta;
use tributary_model::holder::Holder;
use tributary_model::listener::{
    AllowedRoutes, CertificateRef, FrontendTls, FrontendValidation, Listener, ListenerTls,
    RouteGroupKind, TlsMode,
};
use tributary_model::other_controller::OtherController;
use tributary_model::resource::{
    Author, CarriedStatus, Gateway, GatewayClass, ListenerSet, ParametersRef, ParentGatewayRef,
    Refused, Resource, SourceObject, Unread,
};
use tributary_model::route::{
    BackendRef, Comparison, ParentRef, PathMatch, PathModifier, Redirect, Route, RouteFilter,
    RouteMatch, RouteRule, UrlRewrite, ValueMatch,
};
use tributary_model::selector::{FromNamespaces, LabelOperator, LabelRequirement, LabelSelector};
use tributary_model::status::{
    Condition, ConditionStatus, GatewayClassStatus, GatewayStatus, ListenerSetStatus,
    ListenerStatus, RouteParentStatus, RouteStatus, Status, StatusAddress,
};
use tributary_model::workload::{
    BackendTlsPolicy, CertificateFacts, Endpoint, EndpointPod, EndpointPort, EndpointSlice,
    GrantFrom, GrantTo, IpFamily, L4Protocol, Namespace, Node, Pod, PolicyTarget, ReferenceGrant,
    Service, ServicePort, ServiceType, TlsSecret,
};
use tributary_model::{Installation, Kind, Labels, ObjectRef};

use super::{Arbitrary, Source, fields, structs, variants};

structs! {
    SourceObject { resource, status, resource_version, labels }
    CarriedStatus { status, author }
    Meta { key, generation, created, deleting }
    GatewayClass { meta, controller_name, parameters_ref, marked_in_use }
    ParametersRef { group, kind, namespace, name }
    Gateway {
        meta, class_name, listeners, allowed_listeners, parameters_ref, frontend_tls,
        requests_addresses, holders, unsupported,
    }
    ListenerSet { meta, parent_ref, listeners }
    ParentGatewayRef { group, kind, key }
    Listener { name, port, protocol, hostname, tls, allowed_routes }
    ListenerTls { mode, certificate_refs, options }
    CertificateRef { group, kind, namespace, name }
    AllowedRoutes { namespaces, kinds }
    RouteGroupKind { group, kind }
    FrontendTls { default, per_port }
    FrontendValidation { ca_certificate_refs, allow_insecure_fallback }
    LabelSelector { match_labels, match_expressions }
    LabelRequirement { key, operator, values }
    Route { meta, kind, parent_refs, hostnames, rules }
    ParentRef { group, kind, namespace, name, section_name, port }
    RouteRule { name, matches, filters, backend_refs, unsupported }
    RouteMatch { path, method, headers, query_params }
    ValueMatch { name, value, comparison }
    Redirect { scheme, hostname, path, port, status_code }
    UrlRewrite { hostname, path }
    BackendRef { group, kind, namespace, name, port, weight, filters }
    Service { meta, ports, service_type, ip_families, selector }
    ServicePort { name, port, target_port, target_port_name, protocol, node_port, app_protocol }
    EndpointSlice { meta, service, ports, endpoints }
    EndpointPort { name, port, protocol }
    Endpoint { address, ready, terminating, zone, node_name, pod }
    EndpointPod { name, uid }
    Node { meta, labels, instance_id, ready }
    Pod { meta, uid, awaits_health, closed_gates }
    CertificateFacts { fingerprint, dns_names, not_after }
    BackendTlsPolicy { meta, targets }
    PolicyTarget { group, kind, name, section_name }
    ReferenceGrant { meta, from, to }
    GrantFrom { group, kind, namespace }
    GrantTo { group, kind, name }
    Condition { condition_type, status, reason, message, observed_generation, last_transition_time }
    GatewayClassStatus { conditions, supported_features }
    GatewayStatus { conditions, addresses, listeners, attached_listener_sets }
    StatusAddress { address_type, value }
    ListenerSetStatus { conditions, listeners }
    ListenerStatus { name, supported_kinds, attached_routes, conditions }
    RouteStatus { parents }
    RouteParentStatus { parent_ref, controller_name, conditions }
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
variants!(TlsMode: |source| Self::Terminate, Self::Passthrough);
variants!(LabelOperator: |source| Self::In, Self::NotIn, Self::Exists, Self::DoesNotExist);
variants!(FromNamespaces: |source|
    Self::None, Self::Same, Self::All, Self::Selector(source.any()));
variants!(Comparison: |source| Self::Exact, Self::Regex);
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
variants!(ServiceType: |source|
    Self::ClusterIp, Self::NodePort, Self::LoadBalancer, Self::ExternalName);
variants!(IpFamily: |source| Self::Ipv4, Self::Ipv6);
variants!(L4Protocol: |source| Self::Tcp, Self::Udp, Self::Sctp);
variants!(ConditionStatus: |source| Self::True, Self::False, Self::Unknown);
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

impl Arbitrary for Namespace {
    fn arbitrary(source: &mut Source) -> Self {
        // The one map here with empty values.
        let labels = BTreeMap::from([(source.any(), String::new())]);
        Self {
            meta: source.any(),
            labels,
        }
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
