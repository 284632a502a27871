//! Certificates: list, describe, get, delete.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::page::page;
use crate::resources::certificates::{Certificate, Origin};
use crate::state::State;

/// What ACM says of the certificate's validity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Issued,
    Expired,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ByArn {
    pub(crate) certificate_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct List {
    #[serde(default)]
    certificate_statuses: Vec<String>,
    #[serde(default)]
    includes: Includes,
    next_token: Option<String>,
    max_items: Option<i64>,
    sort_by: Option<String>,
    sort_order: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Includes {
    key_types: Vec<String>,
    key_usage: Vec<String>,
    extended_key_usage: Vec<String>,
}

pub(crate) fn list(state: &State, request: &Request) -> Answer {
    let asked: List = request.read()?;
    let size = match asked.max_items {
        None => 1000,
        Some(size @ 1..=1000) => usize::try_from(size).unwrap_or(1000),
        Some(_) => {
            return Err(ApiError::new(
                "ValidationException",
                "MaxItems must be between 1 and 1000",
            ));
        }
    };
    if !asked.includes.key_usage.is_empty() || !asked.includes.extended_key_usage.is_empty() {
        return Err(ApiError::new(
            "InvalidArgsException",
            "The sandbox does not filter by key usage",
        ));
    }
    if asked.sort_by.is_some() != asked.sort_order.is_some() {
        return Err(ApiError::new(
            "InvalidArgsException",
            "SortBy and SortOrder must be specified together",
        ));
    }
    // "Default filtering returns only RSA_1024 and RSA_2048 certificates" (ListCertificates).
    let key_types = if asked.includes.key_types.is_empty() {
        vec!["RSA_1024".to_owned(), "RSA_2048".to_owned()]
    } else {
        asked.includes.key_types
    };
    let mut wanted: Vec<(String, &Certificate)> = state
        .certificates
        .values()
        .filter(|certificate| key_types.contains(&certificate.key_algorithm))
        .filter(|certificate| {
            asked.certificate_statuses.is_empty()
                || asked
                    .certificate_statuses
                    .iter()
                    .any(|wanted| wanted == status(certificate, request.now).name())
        })
        .map(|certificate| (certificate.arn.clone(), certificate))
        .collect();
    if asked.sort_by.is_some() {
        // The key sorts by time, and by ARN where the times are equal; newest first is the same
        // with the time counted down.
        let ascending = asked.sort_order.as_deref() == Some("ASCENDING");
        for (key, certificate) in &mut wanted {
            let at = certificate.created_at.as_millisecond();
            let at = if ascending { at } else { i64::MAX - at };
            *key = format!("{at:020}/{}", certificate.arn);
        }
        wanted.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
    let page = page(wanted, asked.next_token.as_deref(), size);
    let summaries: Vec<Value> = page
        .items
        .into_iter()
        .map(|certificate| summary(state, certificate, request.now))
        .collect();
    let mut answer = json!({"CertificateSummaryList": summaries});
    if let Some(next) = page.next {
        answer["NextToken"] = json!(next);
    }
    Ok(answer)
}

pub(crate) fn describe(state: &State, request: &Request) -> Answer {
    let ByArn { certificate_arn } = request.read()?;
    let certificate = find(state, &certificate_arn)?;
    let mut detail = summary(state, certificate, request.now);
    let facts = &certificate.facts;
    if let Some(members) = detail.as_object_mut() {
        for absent in ["SubjectAlternativeNameSummaries", "InUse", "Exported"] {
            members.remove(absent);
        }
        members.remove("HasAdditionalSubjectAlternativeNames");
    }
    detail["SubjectAlternativeNames"] = json!(facts.names);
    detail["Serial"] = json!(facts.serial);
    detail["Subject"] = json!(facts.subject);
    detail["Issuer"] = json!(facts.issuer);
    detail["SignatureAlgorithm"] = json!(facts.signature_algorithm);
    detail["InUseBy"] = json!(in_use_by(state, &certificate.arn));
    detail["KeyUsages"] = json!([{"Name": "DIGITAL_SIGNATURE"}, {"Name": "KEY_ENCIPHERMENT"}]);
    detail["ExtendedKeyUsages"] =
        json!([{"Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1"}]);
    if certificate.origin == Origin::AmazonIssued {
        detail["DomainValidationOptions"] = facts
            .names
            .iter()
            .map(|name| {
                json!({
                    "DomainName": name,
                    "ValidationDomain": name,
                    "ValidationMethod": "DNS",
                    "ValidationStatus": "SUCCESS",
                })
            })
            .collect();
    }
    Ok(json!({"Certificate": detail}))
}

pub(crate) fn get(state: &State, request: &Request) -> Answer {
    let ByArn { certificate_arn } = request.read()?;
    let certificate = find(state, &certificate_arn)?;
    let mut answer = json!({"Certificate": certificate.pem});
    if let Some(chain) = &certificate.chain_pem {
        answer["CertificateChain"] = json!(chain);
    }
    Ok(answer)
}

pub(crate) fn delete(state: &mut State, request: &Request) -> Answer {
    let ByArn { certificate_arn } = request.read()?;
    find(state, &certificate_arn)?;
    if !in_use_by(state, &certificate_arn).is_empty() {
        return Err(ApiError::new(
            "ResourceInUseException",
            format!(
                "Certificate {certificate_arn} in account {} is in use.",
                state.account
            ),
        ));
    }
    state.certificates.remove(&certificate_arn);
    Ok(json!({}))
}

/// The certificate of this ARN.
pub(crate) fn find<'a>(state: &'a State, arn: &str) -> Result<&'a Certificate, ApiError> {
    check_arn(arn)?;
    state
        .certificates
        .get(arn)
        .ok_or_else(|| not_found(state, arn))
}

/// As `find`, to change it.
pub(crate) fn find_mut<'a>(
    state: &'a mut State,
    arn: &str,
) -> Result<&'a mut Certificate, ApiError> {
    check_arn(arn)?;
    if !state.certificates.contains_key(arn) {
        return Err(not_found(state, arn));
    }
    state
        .certificates
        .get_mut(arn)
        .ok_or_else(|| ApiError::new("ResourceNotFoundException", arn))
}

fn not_found(state: &State, arn: &str) -> ApiError {
    ApiError::new(
        "ResourceNotFoundException",
        format!(
            "Could not find certificate {arn} in account {}.",
            state.account
        ),
    )
}

fn check_arn(arn: &str) -> Result<(), ApiError> {
    let resource = arn
        .strip_prefix("arn:aws:acm:")
        .and_then(|rest| rest.splitn(3, ':').nth(2));
    if resource.is_some_and(|resource| resource.starts_with("certificate/")) {
        return Ok(());
    }
    Err(ApiError::new(
        "InvalidArnException",
        format!("The ARN '{arn}' is not an ARN of a certificate"),
    ))
}

/// The load balancers whose listeners hold a certificate.
fn in_use_by(state: &State, arn: &str) -> Vec<String> {
    let mut users: Vec<String> = state
        .listeners
        .values()
        .filter(|listener| {
            listener.security.default_certificate.as_deref() == Some(arn)
                || listener.certificates.contains(arn)
        })
        .map(|listener| listener.load_balancer_arn.clone())
        .collect();
    users.sort();
    users.dedup();
    users
}

fn status(certificate: &Certificate, now: Timestamp) -> Status {
    if certificate.facts.not_after < now {
        Status::Expired
    } else {
        Status::Issued
    }
}

/// JSON protocols count seconds since 1970.
fn seconds(at: Timestamp) -> Value {
    json!(at.as_second())
}

fn summary(state: &State, certificate: &Certificate, now: Timestamp) -> Value {
    let Certificate {
        arn,
        origin,
        created_at,
        since,
        key_algorithm,
        facts,
        ..
    } = certificate;
    let users = in_use_by(state, arn);
    // "The first 100 subject alternative names" (CertificateSummary).
    let names: Vec<&String> = facts.names.iter().take(100).collect();
    let mut shown = json!({
        "CertificateArn": arn,
        "DomainName": facts.domain,
        "SubjectAlternativeNameSummaries": names,
        "HasAdditionalSubjectAlternativeNames": facts.names.len() > 100,
        "Status": status(certificate, now).name(),
        "Type": origin,
        "KeyAlgorithm": key_algorithm.replacen("RSA_", "RSA-", 1),
        "KeyUsages": ["DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT"],
        "ExtendedKeyUsages": ["TLS_WEB_SERVER_AUTHENTICATION"],
        "InUse": !users.is_empty(),
        "Exported": false,
        "RenewalEligibility": match origin {
            Origin::AmazonIssued if !users.is_empty() => "ELIGIBLE",
            Origin::AmazonIssued | Origin::Imported => "INELIGIBLE",
        },
        "NotBefore": seconds(facts.not_before),
        "NotAfter": seconds(facts.not_after),
        "CreatedAt": seconds(*created_at),
    });
    let at = match origin {
        Origin::Imported => "ImportedAt",
        Origin::AmazonIssued => "IssuedAt",
    };
    shown[at] = seconds(*since);
    shown
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Issued => "ISSUED",
            Self::Expired => "EXPIRED",
        }
    }
}
