//! Certificates that Amazon issues. The sandbox issues at once: nobody validates a domain here.

use std::sync::OnceLock;

use jiff::{Timestamp, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, RsaKeySize,
};
use serde::Deserialize;
use serde_json::json;

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::resources::certificates::{Certificate, Origin};
use crate::service::Service;
use crate::state::State;
use crate::tags::{self, Tag, Tags};

use super::import::new_arn;
use super::pem::{self, PemError};

/// Amazon's certificates are valid for 13 months: 395 days.
const VALID_DAYS: i32 = 395;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Ask {
    domain_name: String,
    #[serde(default)]
    subject_alternative_names: Vec<String>,
    idempotency_token: Option<String>,
    key_algorithm: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    /// Whoever would validate the domain, and how: nothing is validated here.
    #[serde(rename = "ValidationMethod")]
    _validation_method: Option<String>,
    #[serde(rename = "DomainValidationOptions")]
    _domain_validation_options: Option<serde_json::Value>,
    /// Transparency logging: there is no log here.
    #[serde(rename = "Options")]
    _options: Option<serde_json::Value>,
}

/// Why a certificate cannot be issued.
#[derive(Debug, thiserror::Error)]
enum IssueError {
    #[error("the certificate cannot be made")]
    Make(#[from] rcgen::Error),
    #[error("the certificate that was made cannot be read")]
    Read(#[from] PemError),
    #[error("there is no date {VALID_DAYS} days from now")]
    Date(#[from] jiff::Error),
}

/// Issues what the seed asks for. A name that no certificate can carry is left out with a
/// warning.
pub(crate) fn seed(state: &mut State, hostnames: &[String], now: Timestamp) {
    for hostname in hostnames {
        let names = vec![hostname.clone()];
        match issue(state, &names, "RSA_2048", now) {
            Ok(certificate) => {
                state
                    .certificates
                    .insert(certificate.arn.clone(), certificate);
            }
            Err(error) => tracing::warn!(%hostname, %error, "no certificate issued"),
        }
    }
}

pub(crate) fn request(state: &mut State, request: &Request) -> Answer {
    let asked: Ask = request.read()?;
    let mut names = vec![asked.domain_name.clone()];
    for name in asked.subject_alternative_names {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.iter().try_for_each(|name| check_name(name))?;
    let tags = tags::of_new(Service::Acm, &asked.tags, state.quotas.tags_per_resource)?;
    if let Some(present) = state.certificates.values().find(|certificate| {
        asked.idempotency_token.is_some()
            && certificate.idempotency_token == asked.idempotency_token
            && certificate.facts.names == names
    }) {
        return Ok(json!({"CertificateArn": present.arn}));
    }
    let algorithm = asked.key_algorithm.as_deref().unwrap_or("RSA_2048");
    let mut certificate = issue(state, &names, algorithm, request.now)
        .map_err(|error| ApiError::new("InvalidParameterException", error.to_string()))?;
    certificate.tags = tags;
    certificate.idempotency_token = asked.idempotency_token;
    let arn = certificate.arn.clone();
    state.certificates.insert(arn.clone(), certificate);
    Ok(json!({"CertificateArn": arn}))
}

fn issue(
    state: &mut State,
    names: &[String],
    algorithm: &str,
    now: Timestamp,
) -> Result<Certificate, IssueError> {
    let key = key(algorithm)?;
    let mut params = CertificateParams::new(names)?;
    if let Some(first) = names.first() {
        params
            .distinguished_name
            .push(DnType::CommonName, first.clone());
    }
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        KeyUsagePurpose::KeyEncipherment,
    ];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let today = now.to_zoned(TimeZone::UTC).date();
    let last = today.checked_add(jiff::Span::new().try_days(VALID_DAYS)?)?;
    params.not_before = rcgen::date_time_ymd(
        today.year().into(),
        today.month().unsigned_abs(),
        today.day().unsigned_abs(),
    );
    params.not_after = rcgen::date_time_ymd(
        last.year().into(),
        last.month().unsigned_abs(),
        last.day().unsigned_abs(),
    );
    let (issuer, issuer_pem) = authority()?;
    let certificate = params.signed_by(&key, &issuer)?;
    let certificate_pem = certificate.pem();
    let private_key_pem = key.serialize_pem();
    let facts = pem::read(certificate_pem.as_bytes(), private_key_pem.as_bytes(), None)?;
    Ok(Certificate {
        arn: new_arn(state),
        origin: Origin::AmazonIssued,
        created_at: now,
        since: now,
        key_algorithm: facts.key_algorithm.clone(),
        facts,
        pem: certificate_pem,
        chain_pem: Some(issuer_pem),
        private_key_pem,
        idempotency_token: None,
        tags: Tags::new(),
    })
}

/// One RSA key for everything that this process issues: making one takes a tenth of a second, and
/// nobody is to be kept out by it.
fn key(algorithm: &str) -> Result<KeyPair, rcgen::Error> {
    static RSA: OnceLock<String> = OnceLock::new();
    match algorithm {
        "RSA_2048" => {
            if let Some(pem) = RSA.get() {
                return KeyPair::from_pem(pem);
            }
            let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
            let pem = RSA.get_or_init(|| key.serialize_pem());
            KeyPair::from_pem(pem)
        }
        "EC_prime256v1" => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
        "EC_secp384r1" => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
        _ => Err(rcgen::Error::KeyGenerationUnavailable),
    }
}

/// The authority that signs everything that this process issues, and its certificate as PEM.
fn authority() -> Result<(Issuer<'static, KeyPair>, String), rcgen::Error> {
    static AUTHORITY: OnceLock<(String, String)> = OnceLock::new();
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::OrganizationName, "Amazon (sandbox)");
    if let Some((key, pem)) = AUTHORITY.get() {
        return Ok((Issuer::new(params, KeyPair::from_pem(key)?), pem.clone()));
    }
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let pem = params.self_signed(&key)?.pem();
    let (key, pem) = AUTHORITY.get_or_init(|| (key.serialize_pem(), pem));
    Ok((Issuer::new(params, KeyPair::from_pem(key)?), pem.clone()))
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let host = name.strip_prefix("*.").unwrap_or(name);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if name.len() <= 253 && host.contains('.') && host.split('.').all(label) {
        return Ok(());
    }
    Err(ApiError::new(
        "InvalidParameterException",
        format!("'{name}' is not a valid domain name"),
    ))
}
