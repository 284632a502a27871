use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, CertifiedKey, KeyPair, generate_simple_self_signed};
use rstest::rstest;
use serde_json::json;
use tributary_model::workload::CertificateFacts;

use super::*;

fn certified(names: &[&str]) -> CertifiedKey<KeyPair> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    generate_simple_self_signed(names).unwrap()
}

fn secret(certificate: &str, private_key: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": "tls"},
        "data": {
            "tls.crt": STANDARD.encode(certificate),
            "tls.key": STANDARD.encode(private_key),
        },
    })
}

fn certificate_of(secret: &Value) -> Result<CertificateFacts, String> {
    match normalize(secret, &defaults()) {
        Ok(Normalized::Ours { object, .. }) => match Arc::unwrap_or_clone(object.resource) {
            Resource::Secret(secret) => secret.certificate,
            other => panic!("not a Secret: {other:?}"),
        },
        other => panic!("not accepted: {other:?}"),
    }
}

#[test]
fn names_and_end_of_validity_are_read() {
    let CertifiedKey { cert, signing_key } = certified(&["App.example.com", "*.example.com"]);
    let facts = certificate_of(&secret(&cert.pem(), &signing_key.serialize_pem())).unwrap();
    assert_eq!(facts.dns_names, ["app.example.com", "*.example.com"]);
    assert_eq!(facts.fingerprint.len(), 64);
    assert_eq!(
        timestamp_to_rfc3339(facts.not_after),
        "4096-01-01T00:00:00Z"
    );
}

#[test]
fn without_alternative_names_the_common_name_counts() {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "old.example.com");
    let signing_key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&signing_key).unwrap();
    let facts = certificate_of(&secret(&certificate.pem(), &signing_key.serialize_pem())).unwrap();
    assert_eq!(facts.dns_names, ["old.example.com"]);
}

#[test]
fn the_fingerprint_changes_with_the_content_and_not_with_its_form() {
    let one = certified(&["a.com"]);
    let other = certified(&["a.com"]);
    let (certificate, key) = (one.cert.pem(), one.signing_key.serialize_pem());
    let print = |secret: &Value| certificate_of(secret).unwrap().fingerprint;
    let original = print(&secret(&certificate, &key));

    let commented = format!("leaf of a.com\n{}", certificate.replace('\n', "\r\n"));
    assert_eq!(print(&secret(&commented, &key)), original);
    let chained = format!("{certificate}{}", other.cert.pem());
    assert_ne!(print(&secret(&chained, &key)), original);
    let rotated = secret(&other.cert.pem(), &other.signing_key.serialize_pem());
    assert_ne!(print(&rotated), original);
}

#[test]
fn string_data_wins_over_data() {
    let (one, other) = (certified(&["a.com"]), certified(&["b.com"]));
    let mut secret = secret(&one.cert.pem(), &one.signing_key.serialize_pem());
    secret["stringData"] = json!({
        "tls.crt": other.cert.pem(),
        "tls.key": other.signing_key.serialize_pem(),
    });
    assert_eq!(certificate_of(&secret).unwrap().dns_names, ["b.com"]);
}

#[test]
fn line_ends_in_base64_are_fine() {
    let one = certified(&["a.com"]);
    let mut secret = secret(&one.cert.pem(), &one.signing_key.serialize_pem());
    let encoded = secret["data"]["tls.crt"].as_str().unwrap().to_owned();
    secret["data"]["tls.crt"] = json!(format!("{}\n{}\n", &encoded[..64], &encoded[64..]));
    assert!(certificate_of(&secret).is_ok());
}

#[rstest]
#[case::not_pem("hello", "key", "tls.crt has no PEM certificate")]
#[case::torn_pem("-----BEGIN CERTIFICATE-----\nAAAA", "key", "tls.crt is not PEM")]
#[case::pem_of_nonsense(
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "key",
    "tls.crt is not an X.509 certificate"
)]
#[case::no_key("certificate", "hello", "tls.key has no PEM private key")]
#[case::key_of_nonsense(
    "certificate",
    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    "tls.key is not a usable private key"
)]
#[case::key_of_another_certificate(
    "certificate",
    "other key",
    "tls.key does not belong to the certificate"
)]
fn a_bad_certificate_is_a_fact_about_a_good_object(
    #[case] certificate: &str,
    #[case] private_key: &str,
    #[case] reason: &str,
) {
    let (one, other) = (certified(&["a.com"]), certified(&["a.com"]));
    let certificate = certificate.replace("certificate", &one.cert.pem());
    let private_key = match private_key {
        "key" => one.signing_key.serialize_pem(),
        "other key" => other.signing_key.serialize_pem(),
        text => text.to_owned(),
    };
    let problem = certificate_of(&secret(&certificate, &private_key)).unwrap_err();
    assert!(problem.contains(reason), "{problem}");
    assert!(tls_material(&secret(&certificate, &private_key)).is_err());
}

#[test]
fn a_certificate_with_thousands_of_names_is_called_too_large() {
    let names: Vec<String> = (0..4_000)
        .map(|number| format!("{number}.apps.example.com"))
        .collect();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let secret = secret(&cert.pem(), &signing_key.serialize_pem());
    let problem = certificate_of(&secret).unwrap_err();
    let bytes = cert.der().len();
    assert_eq!(
        problem,
        format!("the certificate in tls.crt has {bytes} bytes, and ACM takes 32768 at most")
    );
}

#[rstest]
#[case::no_data(json!({}), "data[tls.crt]", "is required")]
#[case::no_key(json!({"data": {"tls.crt": "YQ=="}}), "data[tls.key]", "is required")]
#[case::not_base64(json!({"data": {"tls.crt": "SECRET!"}}), "data[tls.crt]", "is not base64")]
#[case::number(json!({"data": {"tls.crt": 7}}), "data[tls.crt]", "must be a string")]
#[case::not_a_map(json!({"data": "SECRET"}), "data", "must be a map")]
#[case::plain_number(json!({"stringData": {"tls.crt": 7}}), "stringData[tls.crt]", "must be a string")]
fn malformed_secrets_are_refused_without_quoting_them(
    #[case] content: Value,
    #[case] field: &str,
    #[case] reason: &str,
) {
    let mut secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": "tls"},
    });
    for (key, value) in content.as_object().unwrap() {
        secret[key] = value.clone();
    }
    let rejected = normalize(&secret, &defaults()).unwrap_err();
    assert_eq!(rejected.field, field);
    assert!(rejected.reason.contains(reason), "{rejected}");
    assert!(!rejected.to_string().contains("SECRET"));
}

#[test]
fn material_is_leaf_chain_and_key() {
    let (leaf, issuer) = (certified(&["a.com"]), certified(&["ca"]));
    let key = leaf.signing_key.serialize_pem();
    let alone = tls_material(&secret(&leaf.cert.pem(), &key)).unwrap();
    assert_eq!(alone.chain_pem, None);

    let chained = format!("{}{}", leaf.cert.pem(), issuer.cert.pem());
    let material = tls_material(&secret(&chained, &key)).unwrap();
    let der = |pem: &str| {
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        STANDARD.decode(body).unwrap()
    };
    assert_eq!(der(&material.certificate_pem), leaf.cert.der().as_ref());
    assert_eq!(
        der(&material.chain_pem.unwrap()),
        issuer.cert.der().as_ref()
    );
    assert!(
        material
            .private_key_pem
            .starts_with("-----BEGIN PRIVATE KEY-----\n")
    );
    assert_eq!(
        der(&material.private_key_pem),
        leaf.signing_key.serialize_der()
    );
}

#[test]
fn only_tls_secrets_have_material() {
    let rejected = tls_material(&json!({"apiVersion": "v1", "kind": "ConfigMap"}));
    assert!(rejected.is_err());
}
