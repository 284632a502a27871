//! What is refused, and by which path. What is accepted is in the round trips of `event`, `part` and
//! `call`.

use prost::Message;
use prost_types::FileDescriptorSet;
use prost_types::Timestamp;
use tributary_model::desired::DesiredLoadBalancer;
use tributary_model::judgement::JudgedObject;
use tributary_model::report::LoadBalancerReport;
use tributary_model::resource::SourceObject;

use super::ConvertError;
use crate::types;
use crate::types::source_object::Spec;

fn check_refused<M, P>(message: P, said: &str)
where
    M: TryFrom<P, Error = ConvertError> + std::fmt::Debug,
{
    assert_eq!(M::try_from(message).unwrap_err().to_string(), said);
}

fn key() -> types::ObjectKey {
    types::ObjectKey {
        namespace: "a".to_owned(),
        name: "b".to_owned(),
    }
}

fn object(kind: types::Kind) -> types::ObjectRef {
    types::ObjectRef {
        kind: kind.into(),
        key: Some(key()),
    }
}

fn listener_ref() -> types::ListenerRef {
    types::ListenerRef {
        owner: Some(object(types::Kind::Gateway)),
        name: "http".to_owned(),
    }
}

fn source_object(kind: types::Kind, spec: Spec) -> types::SourceObject {
    types::SourceObject {
        object: Some(object(kind)),
        generation: 1,
        created: Some(Timestamp::default()),
        deleting: false,
        spec: Some(spec),
        status: None,
        resource_version: None,
        status_author: 0,
        labels: std::collections::BTreeMap::new(),
    }
}

fn everyone() -> types::FromNamespaces {
    types::FromNamespaces {
        from: types::from_namespaces::From::All.into(),
        selector: None,
    }
}

fn listener() -> types::Listener {
    types::Listener {
        name: "http".to_owned(),
        port: 80,
        protocol: "HTTP".to_owned(),
        hostname: None,
        tls: None,
        allowed_routes: Some(types::AllowedRoutes {
            namespaces: Some(everyone()),
            kinds: Vec::new(),
        }),
    }
}

fn listener_set(listeners: Vec<types::Listener>) -> types::SourceObject {
    let parent_ref = types::ParentGatewayRef {
        group: "gateway.networking.k8s.io".to_owned(),
        kind: "Gateway".to_owned(),
        key: Some(key()),
    };
    let spec = types::ListenerSetSpec {
        parent_ref: Some(parent_ref),
        listeners,
    };
    source_object(types::Kind::ListenerSet, Spec::ListenerSet(spec))
}

fn check_listener(change: impl FnOnce(&mut types::Listener), said: &str) {
    let mut changed = listener();
    change(&mut changed);
    check_refused::<SourceObject, _>(listener_set(vec![listener(), changed]), said);
}

#[test]
fn a_listener_has_a_name() {
    check_listener(
        |listener| listener.name.clear(),
        "listener_set.listeners[1].name: is required",
    );
}

#[test]
fn a_listener_has_a_port() {
    check_listener(
        |listener| listener.port = 0,
        "listener_set.listeners[1].port: must be a port from 1 to 65535, is 0",
    );
}

#[test]
fn a_port_has_sixteen_bits() {
    check_listener(
        |listener| listener.port = 65536,
        "listener_set.listeners[1].port: must be a port from 1 to 65535, is 65536",
    );
}

#[test]
fn a_listener_has_a_protocol() {
    check_listener(
        |listener| listener.protocol.clear(),
        "listener_set.listeners[1].protocol: is required",
    );
}

#[test]
fn a_hostname_is_one() {
    check_listener(
        |listener| listener.hostname = Some("10.0.0.1".to_owned()),
        "listener_set.listeners[1].hostname: \"10.0.0.1\" is not a hostname: an IP address is not \
         allowed",
    );
}

#[test]
fn who_may_attach_is_never_guessed() {
    check_listener(
        |listener| listener.allowed_routes.as_mut().unwrap().namespaces = None,
        "listener_set.listeners[1].allowed_routes.namespaces: is required",
    );
}

#[test]
fn a_word_for_who_may_attach_is_known() {
    check_listener(
        |listener| {
            let allowed_routes = listener.allowed_routes.as_mut().unwrap();
            allowed_routes.namespaces.as_mut().unwrap().from = 9;
        },
        "listener_set.listeners[1].allowed_routes.namespaces.from: has the unknown value 9",
    );
}

#[test]
fn a_selector_stands_with_its_word_only() {
    check_listener(
        |listener| {
            let allowed_routes = listener.allowed_routes.as_mut().unwrap();
            let namespaces = allowed_routes.namespaces.as_mut().unwrap();
            namespaces.selector = Some(types::LabelSelector::default());
        },
        "listener_set.listeners[1].allowed_routes.namespaces.selector: does not fit `from`",
    );
}

#[test]
fn a_path_goes_down_to_the_last_list() {
    check_listener(
        |listener| {
            let kinds = &mut listener.allowed_routes.as_mut().unwrap().kinds;
            kinds.push(types::RouteGroupKind::default());
        },
        "listener_set.listeners[1].allowed_routes.kinds[0].kind: is required",
    );
}

#[test]
fn an_enumeration_is_never_guessed() {
    check_listener(
        |listener| listener.tls = Some(types::ListenerTls::default()),
        "listener_set.listeners[1].tls.mode: is required",
    );
}

#[test]
fn an_enumeration_from_the_future_is_refused() {
    check_listener(
        |listener| {
            listener.tls = Some(types::ListenerTls {
                mode: 3,
                ..types::ListenerTls::default()
            });
        },
        "listener_set.listeners[1].tls.mode: has the unknown value 3",
    );
}

#[test]
fn an_object_has_a_spec() {
    let object = types::SourceObject {
        spec: None,
        ..listener_set(Vec::new())
    };
    check_refused::<SourceObject, _>(object, "spec: is required");
}

#[test]
fn a_spec_fits_its_kind() {
    let object = types::SourceObject {
        object: Some(object(types::Kind::Gateway)),
        ..listener_set(Vec::new())
    };
    check_refused::<SourceObject, _>(
        object,
        "object.kind: is Gateway, the spec is that of a ListenerSet",
    );
}

#[test]
fn a_route_is_of_a_route_kind() {
    let spec = Spec::Route(types::RouteSpec::default());
    check_refused::<SourceObject, _>(
        source_object(types::Kind::Service, spec),
        "object.kind: is Service, the spec is that of a route",
    );
}

#[test]
fn creation_times_are_whole_seconds() {
    let object = types::SourceObject {
        created: Some(Timestamp {
            seconds: 1,
            nanos: 1,
        }),
        ..listener_set(Vec::new())
    };
    check_refused::<SourceObject, _>(object, "created: must be whole seconds");
}

fn check_route_match(matched: types::RouteMatch, said: &str) {
    let rule = types::RouteRule {
        matches: vec![matched],
        ..types::RouteRule::default()
    };
    let spec = types::RouteSpec {
        rules: vec![rule],
        ..types::RouteSpec::default()
    };
    check_refused::<SourceObject, _>(
        source_object(types::Kind::HttpRoute, Spec::Route(spec)),
        said,
    );
}

#[test]
fn a_match_has_a_path() {
    check_route_match(
        types::RouteMatch::default(),
        "route.rules[0].matches[0].path: is required",
    );
}

#[test]
fn a_path_match_from_the_future_is_refused() {
    let matched = types::RouteMatch {
        path: Some(types::PathMatch { path: None }),
        ..types::RouteMatch::default()
    };
    check_route_match(matched, "route.rules[0].matches[0].path: is required");
}

#[test]
fn a_variant_of_a_message_is_part_of_the_path() {
    let grpc = types::GrpcMethodMatch {
        comparison: 7,
        ..types::GrpcMethodMatch::default()
    };
    let matched = types::RouteMatch {
        path: Some(types::PathMatch {
            path: Some(types::path_match::Path::Grpc(grpc)),
        }),
        ..types::RouteMatch::default()
    };
    check_route_match(
        matched,
        "route.rules[0].matches[0].path.grpc.comparison: has the unknown value 7",
    );
}

#[test]
fn hostnames_are_named_by_place() {
    let spec = types::RouteSpec {
        hostnames: vec!["a.example".to_owned(), "-".to_owned()],
        ..types::RouteSpec::default()
    };
    check_refused::<SourceObject, _>(
        source_object(types::Kind::TlsRoute, Spec::Route(spec)),
        "route.hostnames[1]: \"-\" is not a hostname: a label may not start or end with '-'",
    );
}

fn desired() -> types::DesiredLoadBalancer {
    types::DesiredLoadBalancer {
        key: Some(types::LoadBalancerKey {
            kind: types::LoadBalancerKind::Alb.into(),
            gateway: Some(key()),
        }),
        settings: Some(types::LoadBalancerSettings::default()),
        listeners: Vec::new(),
        target_groups: Vec::new(),
        unread: Vec::new(),
    }
}

#[test]
fn what_is_unread_is_a_kind() {
    let desired = types::DesiredLoadBalancer {
        unread: vec![types::Kind::Secret.into(), 99],
        ..desired()
    };
    check_refused::<DesiredLoadBalancer, _>(desired, "unread: has the unknown value 99");
}

#[test]
fn an_unread_kind_stands_for_no_object() {
    check_refused::<SourceObject, _>(
        source_object(types::Kind::Secret, Spec::Unread(types::UnreadSpec {})),
        "object.key: is a/b, what stands for no object is *",
    );
}

fn desired_listener() -> types::DesiredListener {
    let default_action = types::desired_action::Action::Forward(types::ForwardAction::default());
    types::DesiredListener {
        port: 80,
        protocol: types::ElbProtocol::Http.into(),
        default_action: Some(types::DesiredAction {
            action: Some(default_action),
        }),
        ..types::DesiredListener::default()
    }
}

#[test]
fn one_port_has_one_elb_listener() {
    let desired = types::DesiredLoadBalancer {
        listeners: vec![desired_listener(), desired_listener()],
        ..desired()
    };
    check_refused::<DesiredLoadBalancer, _>(desired, "listeners[1].port: is given twice");
}

#[test]
fn a_target_is_an_address_or_an_instance() {
    let target = types::DesiredTarget {
        id: Some(types::desired_target::Id::Ip("pod".to_owned())),
        port: 80,
    };
    let group = types::DesiredTargetGroup {
        id: "a/b".to_owned(),
        protocol: types::TargetProtocol::Http.into(),
        port: 80,
        target_type: types::TargetType::Ip.into(),
        ip_address_type: types::TargetIpAddressType::Ipv4.into(),
        health_check: Some(types::HealthCheckSettings::default()),
        targets: vec![target],
        ..types::DesiredTargetGroup::default()
    };
    let desired = types::DesiredLoadBalancer {
        target_groups: vec![group],
        ..desired()
    };
    check_refused::<DesiredLoadBalancer, _>(
        desired,
        "target_groups[0].targets[0].ip: \"pod\" is not an IP address",
    );
}

#[test]
fn one_protocol_and_port_has_one_configuration() {
    let configuration = types::ListenerConfiguration {
        protocol: "HTTPS".to_owned(),
        port: 443,
        ..types::ListenerConfiguration::default()
    };
    let settings = types::LoadBalancerSettings {
        listeners: vec![configuration.clone(), configuration],
        ..types::LoadBalancerSettings::default()
    };
    let desired = types::DesiredLoadBalancer {
        settings: Some(settings),
        ..desired()
    };
    check_refused::<DesiredLoadBalancer, _>(
        desired,
        "settings.listeners[1].port: is given twice for one protocol",
    );
}

#[test]
fn a_certificate_has_a_source() {
    let member = types::MemberListener {
        listener: Some(listener_ref()),
        precedence: Some(types::Precedence {
            class: Some(types::precedence::Class::Gateway(
                types::GatewayPrecedence {},
            )),
            owner: Some(key()),
            index: 0,
        }),
        certificates: vec![types::CertificateSource { source: None }],
        ..types::MemberListener::default()
    };
    let listener = types::DesiredListener {
        members: vec![member],
        ..desired_listener()
    };
    let desired = types::DesiredLoadBalancer {
        listeners: vec![listener],
        ..desired()
    };
    check_refused::<DesiredLoadBalancer, _>(
        desired,
        "listeners[0].members[0].certificates[0].source: is required",
    );
}

#[test]
fn a_report_says_whether_a_listener_is_programmed() {
    let report = types::LoadBalancerReport {
        key: desired().key,
        phase: types::LoadBalancerPhase::Active.into(),
        listeners: vec![types::ListenerReport {
            listener: Some(listener_ref()),
            state: Some(types::ProgrammedState::default()),
            ..types::ListenerReport::default()
        }],
        ..types::LoadBalancerReport::default()
    };
    check_refused::<LoadBalancerReport, _>(report, "listeners[0].state.state: is required");
}

#[test]
fn a_verdict_fits_its_kind() {
    let judgement = types::Judgement {
        object: Some(object(types::Kind::Gateway)),
        generation: 1,
        verdict: Some(types::judgement::Verdict::Route(
            types::RouteJudgement::default(),
        )),
    };
    let judged = types::JudgedObject {
        judgement: Some(judgement),
        current: None,
        resource_version: None,
    };
    check_refused::<JudgedObject, _>(
        judged,
        "judgement.object.kind: is Gateway, the verdict is that on a route",
    );
}

/// Fields of a message of `tributary.types.v1`, from the exported descriptors.
fn check_fields(message: &str, expected: &[&str]) {
    let set = FileDescriptorSet::decode(crate::FILE_DESCRIPTOR_SET).unwrap();
    let fields: Vec<String> = set
        .file
        .into_iter()
        .filter(|file| file.package() == "tributary.types.v1")
        .flat_map(|file| file.message_type)
        .filter(|descriptor| descriptor.name() == message)
        .flat_map(|descriptor| descriptor.field)
        .map(|field| field.name().to_owned())
        .collect();
    assert_eq!(fields, expected);
}

#[test]
fn a_secret_has_no_field_for_its_private_key() {
    check_fields("TlsSecretSpec", &["certificate", "unusable"]);
    check_fields(
        "CertificateFacts",
        &["fingerprint", "dns_names", "not_after"],
    );
    check_fields("CertificateSecret", &["secret", "fingerprint"]);
}
