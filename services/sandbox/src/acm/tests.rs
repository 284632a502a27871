use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use serde_json::{Value, json};

use crate::testing::{World, text};

/// A certificate for `hosts`, valid from 2025 to the first of January of a year, and its key.
fn material(hosts: &[&str], until: i32) -> (String, String) {
    signed_by(
        &KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap(),
        hosts,
        2025,
        until,
    )
}

fn signed_by(key: &KeyPair, hosts: &[&str], from: i32, until: i32) -> (String, String) {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name.push(DnType::CommonName, "common");
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    let certificate = params.self_signed(key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

fn asked(certificate: &str, key: &str) -> Value {
    json!({"Certificate": STANDARD.encode(certificate), "PrivateKey": STANDARD.encode(key)})
}

fn import(certificate: &str, key: &str, wanted: &str) {
    let mut world = World::new();
    let code = world.code("acm", "ImportCertificate", &asked(certificate, key));
    assert_eq!(code, wanted);
}

const BAD: &str = "ValidationException";

#[test]
fn certificate_and_key_must_fit() {
    let (one, key_of_one) = material(&["a.example.com"], 2027);
    let (two, key_of_two) = material(&["a.example.com"], 2027);
    import(&one, &key_of_one, "ok");
    import(&one, &key_of_two, BAD);
    import(&format!("{one}{two}"), &key_of_one, BAD);
}

#[test]
fn the_issuer_is_an_organization_or_a_common_name() {
    let mut world = World::new();
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let (own, own_key) = signed_by(&key, &["a.example.com"], 2025, 2027);
    let imported = world
        .call("acm", "ImportCertificate", &asked(&own, &own_key))
        .unwrap();
    let issued = world.certificate();
    for (arn, wanted) in [
        (text(&imported["CertificateArn"]), "common"),
        (issued, "Amazon (sandbox)"),
    ] {
        let asked = json!({"CertificateArn": arn});
        let shown = world.call("acm", "DescribeCertificate", &asked).unwrap();
        assert_eq!(shown["Certificate"]["Issuer"], wanted);
    }
}

#[test]
fn what_is_no_pem_is_refused() {
    let (certificate, key) = material(&["a.example.com"], 2027);
    import("hello", &key, BAD);
    import(&certificate, "hello", BAD);
    import(&key, &certificate, BAD);
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    import(broken, &key, BAD);
}

#[test]
fn a_certificate_is_imported_while_it_is_valid() {
    let key = || KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let (old, old_key) = signed_by(&key(), &["a.example.com"], 2020, 2021);
    import(&old, &old_key, BAD);
    let (young, young_key) = signed_by(&key(), &["a.example.com"], 2030, 2031);
    import(&young, &young_key, BAD);
}

#[test]
fn keys_of_other_kinds_are_refused() {
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let (certificate, key) = signed_by(&key, &["a.example.com"], 2025, 2027);
    import(&certificate, &key, BAD);
}

#[test]
fn the_first_name_is_the_domain_when_the_common_name_is_none_of_them() {
    let mut world = World::new();
    let (certificate, key) = material(&["b.example.com", "c.example.com"], 2027);
    let imported = world
        .call("acm", "ImportCertificate", &asked(&certificate, &key))
        .unwrap();
    let shown = world.call("acm", "DescribeCertificate", &imported).unwrap();
    assert_eq!(text(&shown["Certificate"]["DomainName"]), "b.example.com");
    assert_eq!(
        shown["Certificate"]["SubjectAlternativeNames"],
        json!(["b.example.com", "c.example.com"])
    );
}

#[test]
fn importing_again_keeps_arn_and_tags_and_changes_the_rest() {
    let mut world = World::new();
    let (first, first_key) = material(&["a.example.com"], 2027);
    let mut new = asked(&first, &first_key);
    new["Tags"] = json!([{"Key": "team", "Value": "a"}]);
    let arn = text(&world.call("acm", "ImportCertificate", &new).unwrap()["CertificateArn"]);
    world.pass(60);
    let (second, second_key) = material(&["b.example.com"], 2028);
    let mut again = asked(&second, &second_key);
    again["CertificateArn"] = json!(arn);
    world.call("acm", "ImportCertificate", &again).unwrap();
    let certificate = &world.state.certificates[&arn];
    assert_eq!(certificate.facts.names, ["b.example.com"]);
    assert_eq!(certificate.tags["team"], "a");
    assert_eq!(certificate.since, world.now);
    assert_eq!(world.state.certificates.len(), 2);
    again["Tags"] = json!([{"Key": "b"}]);
    assert_eq!(world.code("acm", "ImportCertificate", &again), BAD);
}

#[test]
fn only_imported_certificates_are_imported_again() {
    let mut world = World::new();
    let (certificate, key) = material(&["a.example.com"], 2027);
    let mut again = asked(&certificate, &key);
    again["CertificateArn"] = json!(world.certificate());
    assert_eq!(world.code("acm", "ImportCertificate", &again), BAD);
    again["CertificateArn"] = json!("arn:aws:acm:us-west-2:123456789012:certificate/0");
    let code = world.code("acm", "ImportCertificate", &again);
    assert_eq!(code, "ResourceNotFoundException");
    again["CertificateArn"] = json!("x");
    assert_eq!(
        world.code("acm", "ImportCertificate", &again),
        "InvalidArnException"
    );
}

fn listed(world: &mut World, parameters: &Value) -> usize {
    let shown = world.call("acm", "ListCertificates", parameters).unwrap();
    shown["CertificateSummaryList"].as_array().unwrap().len()
}

#[test]
fn a_list_without_key_types_has_rsa_2048_only() {
    let mut world = World::new();
    let (certificate, key) = material(&["a.example.com"], 2027);
    world
        .call("acm", "ImportCertificate", &asked(&certificate, &key))
        .unwrap();
    assert_eq!(listed(&mut world, &json!({})), 1);
    let all = json!({"Includes": {"keyTypes": ["RSA_2048", "EC_prime256v1"]}});
    assert_eq!(listed(&mut world, &all), 2);
}

#[test]
fn a_certificate_expires() {
    let mut world = World::new();
    let issued = json!({"CertificateStatuses": ["ISSUED"]});
    let expired = json!({"CertificateStatuses": ["EXPIRED"]});
    assert_eq!(listed(&mut world, &issued), 1);
    world.pass(400 * 24 * 60 * 60);
    assert_eq!(listed(&mut world, &issued), 0);
    assert_eq!(listed(&mut world, &expired), 1);
}

#[test]
fn a_certificate_in_use_stays() {
    let mut world = World::new();
    let certificate = json!({"CertificateArn": world.certificate()});
    let lb = world.load_balancer("web", "application");
    let listener = world.https_listener(&lb, 443);
    let code = |world: &mut World| world.code("acm", "DeleteCertificate", &certificate);
    assert_eq!(code(&mut world), "ResourceInUseException");
    world.elb("DeleteListener", &json!({"ListenerArn": listener}));
    assert_eq!(code(&mut world), "ok");
    assert_eq!(code(&mut world), "ResourceNotFoundException");
}

fn request(domain: &str, wanted: &str) {
    let mut world = World::new();
    let code = world.code("acm", "RequestCertificate", &json!({"DomainName": domain}));
    assert_eq!(code, wanted, "{domain}");
}

#[test]
fn certificates_are_issued_for_host_names() {
    request("a.example.com", "ok");
    request("*.example.com", "ok");
    request("a.*.com", "InvalidParameterException");
    request("localhost", "InvalidParameterException");
    request("-a.example.com", "InvalidParameterException");
}

#[test]
fn tags_are_added_and_removed() {
    let mut world = World::new();
    let arn = world.certificate();
    let with = |tags: Value| json!({"CertificateArn": arn, "Tags": tags});
    let two = json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]);
    for (operation, tags, wanted) in [
        ("AddTagsToCertificate", two, "ok"),
        ("AddTagsToCertificate", json!([]), BAD),
        (
            "AddTagsToCertificate",
            json!([{"Key": "aws:a"}]),
            "InvalidTagException",
        ),
        ("RemoveTagsFromCertificate", json!([{"Key": "a"}]), "ok"),
        (
            "RemoveTagsFromCertificate",
            json!([{"Key": "b", "Value": "3"}]),
            "ok",
        ),
    ] {
        assert_eq!(world.code("acm", operation, &with(tags)), wanted);
    }
    assert_eq!(
        world.state.certificates[&arn]
            .tags
            .keys()
            .collect::<Vec<_>>(),
        ["b"]
    );
}
