use serde_json::{Value, json};

use crate::testing::{World, forward, not_found, text};

/// Creates a listener on a fresh load balancer of a kind. `CERT`, `HTTP`, `GRPC`, `TCP`, `UDP`
/// and `BOTH` stand for a certificate and target groups.
fn create(kind: &str, members: &Value, wanted: &str) {
    let mut world = World::new();
    let lb = world.load_balancer("web", kind);
    let mut parameters = members.clone();
    parameters["LoadBalancerArn"] = json!(lb);
    let parameters = stand_in(&mut world, &parameters);
    assert_eq!(
        world.code("elbv2", "CreateListener", &parameters),
        wanted,
        "{members}"
    );
}

fn stand_in(world: &mut World, parameters: &Value) -> Value {
    let mut written = parameters.to_string();
    for (name, protocol) in [
        ("HTTP", "HTTP"),
        ("TCP", "TCP"),
        ("UDP", "UDP"),
        ("BOTH", "TCP_UDP"),
        ("TLS", "TLS"),
    ] {
        let arn = world.target_group(&format!("tg-{}", name.to_lowercase()), protocol);
        written = written.replace(&format!("\"<{name}>\""), &format!("\"{arn}\""));
    }
    let vpc = world.vpc();
    let grpc = world.elb(
        "CreateTargetGroup",
        &json!({"Name": "grpc", "Protocol": "HTTP", "Port": 80, "VpcId": vpc,
                "TargetType": "ip", "ProtocolVersion": "GRPC"}),
    );
    let grpc = text(&grpc["TargetGroups"][0]["TargetGroupArn"]);
    let store = world.state.trust_stores.keys().next().unwrap();
    written = written
        .replace("\"<GRPC>\"", &format!("\"{grpc}\""))
        .replace("\"<STORE>\"", &format!("\"{store}\""))
        .replace("\"<CERT>\"", &format!("\"{}\"", world.certificate()));
    serde_json::from_str(&written).unwrap()
}

fn alb(protocol: &str, more: &Value, wanted: &str) {
    let mut parameters = json!({
        "Protocol": protocol, "Port": 443, "DefaultActions": [not_found()],
    });
    for (name, value) in more.as_object().unwrap() {
        parameters[name] = value.clone();
    }
    create("application", &parameters, wanted);
}

fn https(more: &Value, wanted: &str) {
    let mut with = json!({"Certificates": [{"CertificateArn": "<CERT>"}]});
    for (name, value) in more.as_object().unwrap() {
        with[name] = value.clone();
    }
    alb("HTTPS", &with, wanted);
}

fn nlb(protocol: &str, group: &str, wanted: &str) {
    let mut parameters = json!({
        "Protocol": protocol, "Port": 53, "DefaultActions": [forward(group)],
    });
    if protocol == "TLS" {
        parameters["Certificates"] = json!([{"CertificateArn": "<CERT>"}]);
    }
    create("network", &parameters, wanted);
}

#[test]
fn an_alb_speaks_http_and_https() {
    alb("HTTP", &json!({}), "ok");
    https(&json!({}), "ok");
    alb("TCP", &json!({}), "ValidationError");
    alb("QUIC", &json!({}), "ValidationError");
}

#[test]
fn an_nlb_speaks_tcp_udp_tls_and_both() {
    nlb("TCP", "<TCP>", "ok");
    nlb("UDP", "<UDP>", "ok");
    nlb("TLS", "<TCP>", "ok");
    nlb("TCP_UDP", "<BOTH>", "ok");
    nlb("HTTP", "<HTTP>", "ValidationError");
}

#[test]
fn target_groups_fit_the_listener() {
    const BAD: &str = "IncompatibleProtocols";
    nlb("TCP", "<BOTH>", "ok");
    nlb("TCP", "<UDP>", BAD);
    nlb("TCP", "<TLS>", BAD);
    nlb("UDP", "<TCP>", BAD);
    nlb("UDP", "<BOTH>", "ok");
    nlb("TLS", "<TLS>", "ok");
    nlb("TLS", "<UDP>", BAD);
    nlb("TCP_UDP", "<TCP>", BAD);
    alb(
        "HTTP",
        &json!({"DefaultActions": [forward("<HTTP>")]}),
        "ok",
    );
    alb("HTTP", &json!({"DefaultActions": [forward("<TCP>")]}), BAD);
}

#[test]
fn grpc_needs_https() {
    alb(
        "HTTP",
        &json!({"DefaultActions": [forward("<GRPC>")]}),
        "UnsupportedProtocol",
    );
    https(&json!({"DefaultActions": [forward("<GRPC>")]}), "ok");
}

#[test]
fn an_nlb_only_forwards() {
    let parameters = json!({"Protocol": "TCP", "Port": 1, "DefaultActions": [not_found()]});
    create("network", &parameters, "InvalidLoadBalancerAction");
}

#[test]
fn ports_are_1_to_65535() {
    alb("HTTP", &json!({"Port": 65535}), "ok");
    alb("HTTP", &json!({"Port": 65536}), "ValidationError");
    alb("HTTP", &json!({"Port": 0}), "ValidationError");
    alb("HTTP", &json!({"Port": "x"}), "ValidationError");
}

#[test]
fn https_needs_exactly_one_certificate_that_exists() {
    let cert = json!({"CertificateArn": "<CERT>"});
    https(&json!({"Certificates": []}), "ValidationError");
    https(&json!({"Certificates": [cert, cert]}), "ValidationError");
    let unknown = "arn:aws:acm:us-west-2:123456789012:certificate/0";
    https(
        &json!({"Certificates": [{"CertificateArn": unknown}]}),
        "CertificateNotFound",
    );
    let marked = json!({"CertificateArn": "<CERT>", "IsDefault": true});
    https(&json!({"Certificates": [marked]}), "ValidationError");
}

#[test]
fn http_has_nothing_of_tls() {
    const BAD: &str = "InvalidConfigurationRequest";
    alb(
        "HTTP",
        &json!({"Certificates": [{"CertificateArn": "<CERT>"}]}),
        BAD,
    );
    alb(
        "HTTP",
        &json!({"SslPolicy": "ELBSecurityPolicy-2016-08"}),
        BAD,
    );
    alb(
        "HTTP",
        &json!({"MutualAuthentication": {"Mode": "off"}}),
        BAD,
    );
}

#[test]
fn policies_must_exist() {
    https(
        &json!({"SslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"}),
        "ok",
    );
    https(
        &json!({"SslPolicy": "ELBSecurityPolicy-1999"}),
        "SSLPolicyNotFound",
    );
}

#[test]
fn alpn_is_for_tls_on_nlbs() {
    https(
        &json!({"AlpnPolicy": ["HTTP2Only"]}),
        "InvalidConfigurationRequest",
    );
    let tls = |policy: &str| {
        json!({
            "Protocol": "TLS", "Port": 1, "DefaultActions": [forward("<TCP>")],
            "AlpnPolicy": [policy], "Certificates": [{"CertificateArn": "<CERT>"}],
        })
    };
    for policy in [
        "HTTP1Only",
        "HTTP2Only",
        "HTTP2Optional",
        "HTTP2Preferred",
        "None",
    ] {
        create("network", &tls(policy), "ok");
    }
    create("network", &tls("HTTP3Only"), "ALPNPolicyNotFound");
}

#[test]
fn verify_needs_a_trust_store() {
    let mutual = |value: Value| json!({"MutualAuthentication": value});
    https(&mutual(json!({"Mode": "passthrough"})), "ok");
    https(&mutual(json!({"Mode": "verify"})), "ValidationError");
    https(
        &mutual(json!({"Mode": "verify", "TrustStoreArn": "arn:x"})),
        "TrustStoreNotFound",
    );
    https(
        &mutual(json!({"Mode": "verify", "TrustStoreArn": "<STORE>"})),
        "ok",
    );
    https(
        &mutual(json!({"Mode": "off", "TrustStoreArn": "<STORE>"})),
        "ValidationError",
    );
}

#[test]
fn a_trust_store_tells_who_uses_it() {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let store = world.state.trust_stores.keys().next().unwrap().clone();
    let asked = json!({"TrustStoreArn": store});
    let stores = world.elb("DescribeTrustStores", &json!({"Names": ["clients"]}));
    assert_eq!(stores["TrustStores"][0]["TrustStoreArn"], store);
    let unused = world.elb("DescribeTrustStoreAssociations", &asked);
    assert_eq!(unused["TrustStoreAssociations"], json!([]));
    let listener = world.https_listener(&lb, 443);
    let mutual = json!({"Mode": "verify", "TrustStoreArn": store});
    world.elb(
        "ModifyListener",
        &json!({"ListenerArn": listener, "MutualAuthentication": mutual}),
    );
    let used = world.elb("DescribeTrustStoreAssociations", &asked);
    let users = json!([{"ResourceArn": listener}]);
    assert_eq!(used["TrustStoreAssociations"], users);
    let revoked = world.elb("DescribeTrustStoreRevocations", &asked);
    assert_eq!(revoked["TrustStoreRevocations"], json!([]));
    let nobody = json!({"TrustStoreArn": "x"});
    for operation in [
        "DescribeTrustStoreAssociations",
        "DescribeTrustStoreRevocations",
    ] {
        assert_eq!(
            world.code("elbv2", operation, &nobody),
            "TrustStoreNotFound"
        );
    }
    assert_eq!(
        world.code(
            "elbv2",
            "DescribeTrustStores",
            &json!({"Names": ["nobody"]})
        ),
        "TrustStoreNotFound"
    );
    let revocation = json!({"TrustStoreArn": store, "RevocationIds": [1]});
    assert_eq!(
        world.code("elbv2", "DescribeTrustStoreRevocations", &revocation),
        "RevocationIdNotFound"
    );
}

#[test]
fn a_port_has_one_listener() {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let other = world.load_balancer("other", "application");
    world.listener(&lb, 80);
    let again = |lb: &str| {
        json!({"LoadBalancerArn": lb, "Protocol": "HTTP", "Port": 80,
               "DefaultActions": [not_found()]})
    };
    assert_eq!(
        world.code("elbv2", "CreateListener", &again(&lb)),
        "DuplicateListener"
    );
    assert_eq!(world.code("elbv2", "CreateListener", &again(&other)), "ok");
}

#[test]
fn a_change_of_protocol_drops_what_was_of_tls() {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let arn = world.https_listener(&lb, 443);
    let shown = world.elb(
        "ModifyListener",
        &json!({"ListenerArn": arn, "Protocol": "HTTP"}),
    );
    let listener = &shown["Listeners"][0];
    assert_eq!(listener["SslPolicy"], Value::Null);
    assert_eq!(listener["Certificates"], Value::Null);
    let back = json!({"ListenerArn": arn, "Protocol": "HTTPS"});
    assert_eq!(
        world.code("elbv2", "ModifyListener", &back),
        "ValidationError"
    );
}

#[test]
fn the_default_certificate_changes_without_becoming_one_by_sni() {
    let mut world = World::new();
    let first = world.certificate();
    let lb = world.load_balancer("web", "application");
    let listener = world.https_listener(&lb, 443);
    let asked = json!({"DomainName": "b.example.com"});
    let second = world.call("acm", "RequestCertificate", &asked).unwrap();
    let second = text(&second["CertificateArn"]);
    let change = json!({"ListenerArn": listener, "Certificates": [{"CertificateArn": second}]});
    world.elb("ModifyListener", &change);
    let shown = world.elb(
        "DescribeListenerCertificates",
        &json!({"ListenerArn": listener}),
    );
    assert_eq!(
        shown["Certificates"],
        json!([{"CertificateArn": second, "IsDefault": true}])
    );
    let free = json!({"CertificateArn": first});
    assert_eq!(world.code("acm", "DeleteCertificate", &free), "ok");
}

#[test]
fn the_default_certificate_may_be_in_the_list_too_and_is_then_shown_twice() {
    let mut world = World::new();
    let certificate = world.certificate();
    let lb = world.load_balancer("web", "application");
    let listener = world.https_listener(&lb, 443);
    let change =
        json!({"ListenerArn": listener, "Certificates": [{"CertificateArn": certificate}]});
    world.elb("AddListenerCertificates", &change);
    world.elb("AddListenerCertificates", &change);
    let shown = world.elb(
        "DescribeListenerCertificates",
        &json!({"ListenerArn": listener}),
    );
    assert_eq!(shown["Certificates"].as_array().unwrap().len(), 2);
    let code = |world: &mut World| world.code("elbv2", "RemoveListenerCertificates", &change);
    assert_eq!(code(&mut world), "ok");
    assert_eq!(code(&mut world), "OperationNotPermitted");
}

#[test]
fn certificates_are_for_tls_only() {
    let mut world = World::new();
    let certificate = world.certificate();
    let lb = world.load_balancer("web", "application");
    let listener = world.listener(&lb, 80);
    let change =
        json!({"ListenerArn": listener, "Certificates": [{"CertificateArn": certificate}]});
    let code = world.code("elbv2", "AddListenerCertificates", &change);
    assert_eq!(code, "OperationNotPermitted");
}

#[test]
fn describing_takes_a_load_balancer_or_arns() {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let listener = world.listener(&lb, 80);
    for (parameters, wanted) in [
        (json!({"LoadBalancerArn": lb}), "ok"),
        (json!({"ListenerArns": [listener]}), "ok"),
        (json!({}), "ValidationError"),
        (
            json!({"LoadBalancerArn": lb, "ListenerArns": [listener]}),
            "ValidationError",
        ),
        (
            json!({"ListenerArns": [format!("{listener}0")]}),
            "ListenerNotFound",
        ),
        (
            json!({"LoadBalancerArn": format!("{lb}0")}),
            "LoadBalancerNotFound",
        ),
    ] {
        assert_eq!(
            world.code("elbv2", "DescribeListeners", &parameters),
            wanted
        );
    }
}
