use rstest::rstest;
use tributary_model::Hostname;
use tributary_model::listener::{
    AllowedRoutes, CertificateRef, Listener, ListenerTls, Protocol, RouteGroupKind, TlsMode,
};
use tributary_model::selector::FromNamespaces;

use super::*;

fn with_listeners(listeners: &str) -> String {
    format!(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {{name: app, namespace: team-a}}
spec:
  parentRef: {{name: web}}
  listeners: {listeners}
"
    )
}

fn listener(entry: &str) -> Listener {
    let Resource::ListenerSet(mut set) = resource_of(&with_listeners(&format!("[{entry}]"))) else {
        panic!("not a ListenerSet");
    };
    set.listeners.remove(0)
}

fn plain(port: u16, protocol: Protocol) -> Listener {
    Listener {
        name: "l".into(),
        port,
        protocol,
        hostname: None,
        tls: None,
        allowed_routes: AllowedRoutes::default(),
    }
}

fn secret(namespace: Option<&str>) -> CertificateRef {
    CertificateRef {
        group: String::new(),
        kind: "Secret".to_owned(),
        namespace: namespace.map(Into::into),
        name: "tls".into(),
    }
}

/// A TLS block that is given.
#[allow(clippy::unnecessary_wraps)]
fn tls(mode: TlsMode, certificate_refs: Vec<CertificateRef>) -> Option<ListenerTls> {
    Some(ListenerTls {
        mode,
        certificate_refs,
        options: [].into(),
    })
}

fn allowing(namespaces: FromNamespaces, kinds: &[(&str, &str)]) -> AllowedRoutes {
    AllowedRoutes {
        namespaces,
        kinds: kinds
            .iter()
            .map(|(group, kind)| RouteGroupKind {
                group: (*group).to_owned(),
                kind: (*kind).to_owned(),
            })
            .collect(),
    }
}

#[rstest]
#[case::http("{name: l, port: 80, protocol: HTTP}", plain(80, Protocol::Http))]
#[case::https_without_tls("{name: l, port: 443, protocol: HTTPS}", plain(443, Protocol::Https))]
#[case::udp("{name: l, port: 65535, protocol: UDP}", plain(65535, Protocol::Udp))]
#[case::word_of_ones_own(
    "{name: l, port: 1, protocol: QUIC}",
    plain(1, Protocol::Other("QUIC".to_owned()))
)]
#[case::domain_prefixed(
    "{name: l, port: 1, protocol: example.com/custom}",
    plain(1, Protocol::Other("example.com/custom".to_owned()))
)]
#[case::wildcard_hostname(
    "{name: l, port: 80, protocol: HTTP, hostname: '*.example.com'}",
    Listener { hostname: Hostname::parse("*.example.com").ok(), ..plain(80, Protocol::Http) }
)]
#[case::terminate_is_the_default_mode(
    "{name: l, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: tls}]}}",
    Listener { tls: tls(TlsMode::Terminate, vec![secret(None)]), ..plain(443, Protocol::Https) }
)]
#[case::certificate_of_another_namespace(
    "{name: l, port: 443, protocol: TLS, tls: {mode: Terminate, certificateRefs: [{name: tls, namespace: pki}]}}",
    Listener { tls: tls(TlsMode::Terminate, vec![secret(Some("pki"))]), ..plain(443, Protocol::Tls) }
)]
#[case::passthrough_needs_no_certificate(
    "{name: l, port: 443, protocol: TLS, tls: {mode: Passthrough}}",
    Listener { tls: tls(TlsMode::Passthrough, vec![]), ..plain(443, Protocol::Tls) }
)]
#[case::options_do_instead_of_certificates(
    "{name: l, port: 443, protocol: HTTPS, tls: {options: {a/b: c}}}",
    Listener {
        tls: Some(ListenerTls {
            mode: TlsMode::Terminate,
            certificate_refs: vec![],
            options: [("a/b".to_owned(), "c".to_owned())].into(),
        }),
        ..plain(443, Protocol::Https)
    }
)]
#[case::empty_allowed_routes_are_the_same_namespace(
    "{name: l, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {}}}",
    plain(80, Protocol::Http)
)]
#[case::allowed_kinds_get_the_group(
    "{name: l, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}, kinds: [{kind: HTTPRoute}, {group: x.y, kind: Z}]}}",
    Listener {
        allowed_routes: allowing(
            FromNamespaces::All,
            &[("gateway.networking.k8s.io", "HTTPRoute"), ("x.y", "Z")],
        ),
        ..plain(80, Protocol::Http)
    }
)]
#[case::selector_without_a_selector(
    "{name: l, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Selector}}}",
    Listener { allowed_routes: allowing(FromNamespaces::Selector(None), &[]), ..plain(80, Protocol::Http) }
)]
fn good_listeners(#[case] entry: &str, #[case] expected: Listener) {
    assert_eq!(listener(entry), expected);
}

#[rstest]
#[case::nameless("{port: 80, protocol: HTTP}", "name", "is required")]
#[case::bad_name("{name: A, port: 80, protocol: HTTP}", "name", "is not a DNS name")]
#[case::portless("{name: l, protocol: HTTP}", "port", "is required")]
#[case::port_zero("{name: l, port: 0, protocol: HTTP}", "port", "must be 1 to 65535")]
#[case::port_too_high("{name: l, port: 65536, protocol: HTTP}", "port", "must be 1 to 65535")]
#[case::port_negative("{name: l, port: -1, protocol: HTTP}", "port", "must be 1 to 65535")]
#[case::port_beyond_integers(
    "{name: l, port: 99999999999, protocol: HTTP}",
    "port",
    "invalid value"
)]
#[case::port_is_a_word("{name: l, port: http, protocol: HTTP}", "port", "invalid type")]
#[case::protocolless("{name: l, port: 80}", "protocol", "is required")]
#[case::empty_protocol("{name: l, port: 80, protocol: ''}", "protocol", "must not be empty")]
#[case::bad_protocol(
    "{name: l, port: 80, protocol: 'HT TP'}",
    "protocol",
    "is not a protocol"
)]
#[case::empty_hostname(
    "{name: l, port: 80, protocol: HTTP, hostname: ''}",
    "hostname",
    "1 to 253"
)]
#[case::upper_case_hostname(
    "{name: l, port: 80, protocol: HTTP, hostname: A.com}",
    "hostname",
    "lower case"
)]
#[case::inner_wildcard(
    "{name: l, port: 80, protocol: HTTP, hostname: 'a.*.com'}",
    "hostname",
    "wildcard"
)]
#[case::address_as_hostname(
    "{name: l, port: 80, protocol: HTTP, hostname: 10.0.0.1}",
    "hostname",
    "IP address"
)]
#[case::tls_on_http(
    "{name: l, port: 80, protocol: HTTP, tls: {mode: Passthrough}}",
    "tls",
    "must not be set for protocol HTTP"
)]
#[case::tls_on_tcp(
    "{name: l, port: 80, protocol: TCP, tls: {mode: Passthrough}}",
    "tls",
    "must not be set for protocol TCP"
)]
#[case::tls_on_udp(
    "{name: l, port: 80, protocol: UDP, tls: {mode: Passthrough}}",
    "tls",
    "must not be set for protocol UDP"
)]
#[case::https_passthrough(
    "{name: l, port: 80, protocol: HTTPS, tls: {mode: Passthrough}}",
    "tls.mode",
    "must be Terminate"
)]
#[case::unknown_mode(
    "{name: l, port: 80, protocol: TLS, tls: {mode: Peek}}",
    "tls.mode",
    "unknown variant `Peek`"
)]
#[case::tls_without_tls(
    "{name: l, port: 80, protocol: TLS}",
    "tls",
    "is required for protocol TLS"
)]
#[case::terminate_without_certificate(
    "{name: l, port: 80, protocol: HTTPS, tls: {}}",
    "tls.certificateRefs",
    "certificateRefs or options"
)]
#[case::certificate_without_name(
    "{name: l, port: 80, protocol: HTTPS, tls: {certificateRefs: [{}]}}",
    "tls.certificateRefs[0].name",
    "is required"
)]
#[case::hostname_on_tcp(
    "{name: l, port: 80, protocol: TCP, hostname: a.com}",
    "hostname",
    "must not be set for protocol TCP"
)]
#[case::hostname_on_udp(
    "{name: l, port: 80, protocol: UDP, hostname: a.com}",
    "hostname",
    "must not be set for protocol UDP"
)]
#[case::routes_from_none(
    "{name: l, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: None}}}",
    "allowedRoutes.namespaces.from",
    "unknown variant `None`"
)]
#[case::kindless_kind(
    "{name: l, port: 80, protocol: HTTP, allowedRoutes: {kinds: [{group: a}]}}",
    "allowedRoutes.kinds[0].kind",
    "is required"
)]
fn bad_listeners(#[case] entry: &str, #[case] field: &str, #[case] reason: &str) {
    refused(
        &with_listeners(&format!("[{entry}]")),
        &format!("spec.listeners[0].{field}"),
        reason,
    );
}

#[rstest]
#[case::same_name(
    "[{name: l, port: 80, protocol: HTTP}, {name: l, port: 81, protocol: HTTP}]",
    "spec.listeners[1].name",
    "same name"
)]
#[case::same_place(
    "[{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP}]",
    "spec.listeners[1]",
    "same port, protocol and hostname"
)]
#[case::same_place_with_hostname(
    "[{name: a, port: 80, protocol: HTTP, hostname: x.y}, {name: b, port: 80, protocol: HTTP, hostname: x.y}]",
    "spec.listeners[1]",
    "same port, protocol and hostname"
)]
#[case::null("null", "spec.listeners", "invalid type: null")]
fn bad_lists_of_listeners(#[case] listeners: &str, #[case] field: &str, #[case] reason: &str) {
    refused(&with_listeners(listeners), field, reason);
}

/// Distinctness over hostnames and protocols of one port is the merge's business, not the schema's.
#[rstest]
#[case::hostname_and_none(
    "[{name: a, port: 80, protocol: HTTP, hostname: x.y}, {name: b, port: 80, protocol: HTTP}]"
)]
#[case::two_protocols("[{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: TCP}]")]
fn the_schema_admits(#[case] listeners: &str) {
    resource_of(&with_listeners(listeners));
}

#[test]
fn sixty_four_listeners_are_good_and_one_more_is_not() {
    let listeners = |count: usize| {
        let entries: Vec<_> = (1..=count)
            .map(|port| format!("{{name: l{port}, port: {port}, protocol: HTTP}}"))
            .collect();
        with_listeners(&format!("[{}]", entries.join(", ")))
    };
    resource_of(&listeners(64));
    refused(&listeners(65), "spec.listeners", "1 to 64 entries");
}
