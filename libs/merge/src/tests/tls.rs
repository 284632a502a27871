//! docs/rules/tls.md.

use tributary_model::config::{
    ListenerConfiguration, LoadBalancerSettings, MergingMode, MutualAuthentication,
    MutualAuthenticationMode, ProtocolPort,
};
use tributary_model::desired::CertificateSource;
use tributary_model::listener::TlsMode;
use tributary_model::resolved::RefCause;
use tributary_model::{Kind, Resource};
use tributary_testkit::objects::{
    ListenerBuilder, class, gateway, http, https, listener, listener_set,
};
use tributary_testkit::workloads::{
    grant, load_balancer_configuration, malformed_secret, secret, secret_for,
};

use super::{listeners, load_balancer, merged, outcomes};

fn objects(listener: ListenerBuilder) -> Vec<Resource> {
    vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("infra/gw")
            .allow_all()
            .listener(http("a", 80))
            .build(),
        listener_set("t/s", "infra/gw").listener(listener).build(),
        secret("t/good", "f00d"),
        secret("infra/shared", "cafe"),
        malformed_secret("t/bad"),
    ]
}

fn configuration(settings: ListenerConfiguration) -> Resource {
    let port = ProtocolPort {
        protocol: Some("HTTPS".to_owned()),
        port: Some(443),
    };
    load_balancer_configuration(
        "infra/lbc",
        MergingMode::default(),
        LoadBalancerSettings {
            listeners: [(port, settings)].into(),
            ..LoadBalancerSettings::default()
        },
    )
}

fn configured_gateway() -> Resource {
    gateway("infra/gw").allow_all().parameters("lbc").build()
}

/// Causes of what does not resolve, and the sources of the port's certificates.
fn check(objects: Vec<Resource>, causes: &[RefCause], sources: &[&str]) {
    let merged = merged(objects);
    let listener = &listeners(&merged, Kind::ListenerSet, "t/s")[0];
    let found: Vec<RefCause> = listener
        .unresolved_refs
        .iter()
        .map(|unresolved| unresolved.cause)
        .collect();
    assert_eq!(found, causes);
    assert_eq!(listener.unusable_refs, sources.is_empty());
    assert_eq!(outcomes(&merged, Kind::ListenerSet, "t/s"), ["https: won"]);
    let found: Vec<String> = merged
        .merge
        .load_balancers()
        .values()
        .filter_map(|load_balancer| load_balancer.listeners.get(&443))
        .flat_map(|listener| listener.certificates())
        .map(|(_, source)| match source {
            CertificateSource::Secret {
                secret,
                fingerprint,
            } => format!("{secret} {fingerprint}"),
            CertificateSource::Retained { secret } => format!("{secret} as before"),
            CertificateSource::Arn(arn) => arn.clone(),
            CertificateSource::Discovered { hostname } => format!("acm {hostname}"),
        })
        .collect();
    assert_eq!(found, sources);
}

fn tls() -> ListenerBuilder {
    https("https", 443, "a.x.com")
}

#[test]
fn a_sets_certificate_is_in_the_sets_namespace() {
    check(objects(tls().certificate("good")), &[], &["t/good f00d"]);
}

#[test]
fn of_a_secret_that_is_away_or_malformed_what_was_imported_before_is_wanted() {
    for (name, source) in [("none", "t/none as before"), ("bad", "t/bad as before")] {
        check(
            objects(tls().certificate(name)),
            &[RefCause::InvalidCertificateRef],
            &[source],
        );
    }
}

#[test]
fn a_secret_that_is_away_in_another_namespace_is_wanted_with_a_grant_alone() {
    let with = |grants: &[Resource]| {
        let mut objects = objects(tls().certificate("infra/none"));
        objects.extend_from_slice(grants);
        objects
    };
    check(with(&[]), &[RefCause::RefNotPermitted], &[]);
    check(
        with(&[grant("infra/g", (Kind::ListenerSet, "t"), Kind::Secret)]),
        &[RefCause::InvalidCertificateRef],
        &["infra/none as before"],
    );
}

/// The one that is away may be for the host.
#[test]
fn hosts_are_not_judged_while_a_secret_is_away() {
    let listener = || https("https", 443, "a.example.com").certificate("other");
    let notes = |listener: ListenerBuilder| {
        let mut objects = objects(listener);
        objects.push(secret_for("t/other", "beef", &["elsewhere.org"]));
        listeners(&merged(objects), Kind::ListenerSet, "t/s")[0]
            .notes
            .len()
    };
    assert_eq!(notes(listener()), 1);
    assert_eq!(notes(listener().certificate("none")), 0);
}

#[test]
fn a_certificate_of_another_kind_is_none() {
    check(
        objects(tls().certificate_of_kind("ConfigMap", "good")),
        &[RefCause::InvalidCertificateRef],
        &[],
    );
}

#[test]
fn good_refs_serve_beside_bad_ones() {
    check(
        objects(tls().certificate("none").certificate("good")),
        &[RefCause::InvalidCertificateRef],
        &["t/none as before", "t/good f00d"],
    );
    check(
        objects(tls().certificate("infra/shared").certificate("good")),
        &[RefCause::RefNotPermitted],
        &["t/good f00d"],
    );
}

#[test]
fn a_missing_grant_is_judged_before_existence() {
    for name in ["infra/shared", "infra/none"] {
        check(
            objects(tls().certificate(name)),
            &[RefCause::RefNotPermitted],
            &[],
        );
    }
}

#[test]
fn a_grant_for_listener_sets_opens_another_namespace() {
    let mut objects = objects(tls().certificate("infra/shared"));
    objects.push(grant("infra/g", (Kind::ListenerSet, "t"), Kind::Secret));
    check(objects, &[], &["infra/shared cafe"]);
}

#[test]
fn a_gateways_grant_is_not_inherited_by_its_sets() {
    let mut objects = objects(tls().certificate("infra/shared"));
    objects.push(grant("infra/g", (Kind::Gateway, "t"), Kind::Secret));
    objects.push(grant("infra/h", (Kind::Gateway, "infra"), Kind::Secret));
    check(objects, &[RefCause::RefNotPermitted], &[]);
}

#[test]
fn without_refs_the_certificate_is_discovered_by_hostname() {
    check(objects(tls()), &[], &["acm a.x.com"]);
}

#[test]
fn explicit_arns_come_before_discovery() {
    let mut objects = objects(tls());
    objects[1] = configured_gateway();
    objects.push(configuration(ListenerConfiguration {
        default_certificate: Some("arn:1".to_owned()),
        certificates: vec!["arn:2".to_owned(), "arn:1".to_owned()],
        ..ListenerConfiguration::default()
    }));
    check(objects, &[], &["arn:1", "arn:2"]);
}

#[test]
fn certificate_refs_come_before_explicit_arns() {
    let mut objects = objects(tls().certificate("good"));
    objects[1] = configured_gateway();
    objects.push(configuration(ListenerConfiguration {
        default_certificate: Some("arn:1".to_owned()),
        ..ListenerConfiguration::default()
    }));
    check(objects, &[], &["t/good f00d"]);
}

#[test]
fn without_refs_arns_and_hostname_there_is_no_certificate() {
    check(
        objects(listener("https", 443, "HTTPS")),
        &[RefCause::InvalidCertificateRef],
        &[],
    );
}

#[test]
fn frontend_validation_holds_for_sets_listeners_too() {
    let mut objects = objects(tls().certificate("good"));
    objects[1] = gateway("infra/gw")
        .allow_all()
        .frontend_validation("ca")
        .build();
    check(objects, &[RefCause::InvalidCaCertificateRef], &[]);
}

#[test]
fn a_trust_store_does_what_frontend_validation_asks_for() {
    let mut objects = objects(tls().certificate("good"));
    objects[1] = gateway("infra/gw")
        .allow_all()
        .parameters("lbc")
        .frontend_validation("ca")
        .build();
    objects.push(configuration(ListenerConfiguration {
        mutual_authentication: Some(MutualAuthentication {
            mode: MutualAuthenticationMode::Verify,
            trust_store: Some("store".to_owned()),
            advertise_ca_names: None,
            ignore_client_certificate_expiry: None,
        }),
        ..ListenerConfiguration::default()
    }));
    check(objects, &[], &["t/good f00d"]);
}

#[test]
fn what_verifies_nobody_does_not_do_what_frontend_validation_asks_for() {
    for (mode, trust_store) in [
        (MutualAuthenticationMode::Verify, None),
        (MutualAuthenticationMode::Off, Some("store")),
        (MutualAuthenticationMode::Passthrough, Some("store")),
    ] {
        let mut objects = objects(tls().certificate("good"));
        objects[1] = gateway("infra/gw")
            .allow_all()
            .parameters("lbc")
            .frontend_validation("ca")
            .build();
        objects.push(configuration(ListenerConfiguration {
            mutual_authentication: Some(MutualAuthentication {
                mode,
                trust_store: trust_store.map(str::to_owned),
                advertise_ca_names: None,
                ignore_client_certificate_expiry: None,
            }),
            ..ListenerConfiguration::default()
        }));
        let listener = &listeners(&merged(objects), Kind::ListenerSet, "t/s")[0];
        let is_told = |cause| {
            let mut unresolved = listener.unresolved_refs.iter();
            unresolved.any(|unresolved| unresolved.cause == cause)
        };
        assert!(is_told(RefCause::InvalidCaCertificateRef), "{mode:?}");
        assert!(listener.unusable_refs, "{mode:?}");
    }
}

/// On an NLB: whether a TLS listener without certificateRefs lacks a certificate.
#[test]
fn a_tls_listener_needs_a_certificate_where_it_ends_tls() {
    for (mode, causes) in [
        (TlsMode::Terminate, &[RefCause::InvalidCertificateRef][..]),
        (TlsMode::Passthrough, &[]),
    ] {
        let merged = merged([
            class("nlb", "gateway.k8s.aws/nlb"),
            gateway("infra/gw")
                .class("nlb")
                .listener(listener("tls", 443, "TLS").tls(mode))
                .build(),
        ]);
        let found: Vec<RefCause> = listeners(&merged, Kind::Gateway, "infra/gw")[0]
            .unresolved_refs
            .iter()
            .map(|unresolved| unresolved.cause)
            .collect();
        assert_eq!(found, causes, "{mode:?}");
    }
}

#[test]
fn the_default_certificate_is_the_highest_listeners_and_does_not_flip() {
    let mut objects = objects(tls().certificate("good"));
    objects.push(secret("u/first", "0"));
    objects.push(
        listener_set("u/s", "infra/gw")
            .created(1)
            .listener(https("https", 443, "0.x.com").certificate("first"))
            .build(),
    );
    let merged = merged(objects);
    let listener = &load_balancer(&merged, "infra/gw").listeners[&443];
    let wanted_by: Vec<String> = listener
        .certificates()
        .map(|(listener, _)| listener.to_string())
        .collect();
    assert_eq!(
        wanted_by,
        ["ListenerSet t/s/https", "ListenerSet u/s/https"]
    );
}

/// Names of listeners with the listener that each overlaps with.
fn check_overlap(listeners_of_set: &[ListenerBuilder], expected: &[(&str, Option<&str>)]) {
    let mut set = listener_set("t/s", "infra/gw");
    for listener in listeners_of_set {
        set = set.listener(listener.clone());
    }
    let merged = merged([
        class("alb", "gateway.k8s.aws/alb"),
        gateway("infra/gw").allow_all().build(),
        set.build(),
    ]);
    let found: Vec<(String, Option<String>)> = listeners(&merged, Kind::ListenerSet, "t/s")
        .iter()
        .map(|listener| {
            (
                listener.listener.name.to_string(),
                listener
                    .overlapping_tls
                    .as_ref()
                    .map(|other| other.name.to_string()),
            )
        })
        .collect();
    let expected: Vec<(String, Option<String>)> = expected
        .iter()
        .map(|(name, other)| ((*name).to_owned(), other.map(str::to_owned)))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_wildcard_and_a_name_under_it_overlap() {
    check_overlap(
        &[
            https("w", 443, "*.x"),
            https("a", 443, "a.x"),
            https("b", 443, "b.y"),
        ],
        &[("w", Some("a")), ("a", Some("w")), ("b", None)],
    );
}

#[test]
fn different_names_and_different_ports_do_not_overlap() {
    check_overlap(
        &[
            https("a", 443, "a.x"),
            https("b", 443, "b.x"),
            https("w", 444, "*.x"),
        ],
        &[("a", None), ("b", None), ("w", None)],
    );
}

#[test]
fn cleartext_never_overlaps() {
    check_overlap(
        &[http("w", 80).host("*.x"), http("a", 80).host("a.x")],
        &[("w", None), ("a", None)],
    );
}

#[test]
fn a_listener_for_every_hostname_overlaps_with_all() {
    check_overlap(
        &[
            https("a", 443, "a.x"),
            listener("any", 443, "HTTPS"),
            https("b", 443, "b.y"),
        ],
        &[("a", Some("any")), ("any", Some("a")), ("b", Some("any"))],
    );
}

#[test]
fn certificates_for_other_hosts_are_served_and_noted() {
    for (host, names, noted) in [
        ("a.example.com", &["a.example.com"][..], None),
        ("a.example.com", &["b.example.com", "*.example.com"], None),
        ("a.example.com", &["*"], None),
        ("*.example.com", &["a.example.com"], None),
        ("*.example.com", &["*"], None),
        ("*.example.com", &["elsewhere.org"], Some("elsewhere.org")),
        ("a.b.example.com", &["*.example.com"], Some("*.example.com")),
        ("a.example.com", &["elsewhere.org"], Some("elsewhere.org")),
        (
            "a.example.com",
            &["1.a", "2.a", "3.a", "4.a"],
            Some("1.a, 2.a, 3.a"),
        ),
    ] {
        let listener = https("https", 443, host).certificate("named");
        let mut objects = objects(listener);
        objects.push(secret_for("t/named", "beef", names));
        let merged = merged(objects);
        let listener = &listeners(&merged, Kind::ListenerSet, "t/s")[0];
        let expected = noted.map(|names| {
            format!("tls.certificateRefs: no certificate is for {host}, they are for {names}")
        });
        assert_eq!(listener.notes, Vec::from_iter(expected), "{names:?}");
        assert_eq!(listener.unresolved_refs, []);
        assert!(!listener.unusable_refs);
    }
}

#[test]
fn an_owner_is_told_how_long_the_certificates_in_secrets_are_valid_that_it_may_refer_to() {
    let both = || {
        https("https", 443, "x.example.com")
            .certificate("good")
            .certificate("infra/shared")
    };
    let said = |objects: Vec<Resource>| -> Vec<String> {
        let listener = &listeners(&merged(objects), Kind::ListenerSet, "t/s")[0];
        let certificates = listener.certificates.iter();
        certificates
            .map(|certificate| format!("{} {}", certificate.secret, certificate.not_after.0))
            .collect()
    };
    let end = i64::MAX;
    assert_eq!(said(objects(both())), [format!("t/good {end}")]);
    let mut granted = objects(both());
    granted.push(grant("infra/grant", (Kind::ListenerSet, "t"), Kind::Secret));
    assert_eq!(
        said(granted),
        [format!("t/good {end}"), format!("infra/shared {end}")]
    );
    assert_eq!(
        said(objects(
            https("https", 443, "x.example.com").certificate("bad")
        )),
        [""; 0]
    );
}
