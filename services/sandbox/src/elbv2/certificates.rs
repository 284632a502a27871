//! Certificates of a listener: the default one and those chosen by SNI.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::page::{page, page_size};
use crate::resources::listeners::Listener;
use crate::resources::load_balancers::Kind;
use crate::state::State;

/// A certificate as callers name it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct CertificateArg {
    pub(crate) certificate_arn: String,
    pub(crate) is_default: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Change {
    listener_arn: String,
    certificates: Vec<CertificateArg>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    listener_arn: String,
    marker: Option<String>,
    page_size: Option<i64>,
}

/// Adding what is there already succeeds and adds nothing.
pub(crate) fn add(state: &mut State, request: &Request) -> Answer {
    let asked: Change = request.read()?;
    let listener = state.listener(&asked.listener_arn)?;
    check_tls(listener)?;
    let arns = arns(asked.certificates)?;
    for arn in &arns {
        check_usable(state, arn)?;
    }
    let load_balancer = state.load_balancer(&listener.load_balancer_arn)?;
    let limit = match load_balancer.kind {
        Kind::Application => state.quotas.certificates_per_application_load_balancer,
        Kind::Network => state.quotas.certificates_per_network_load_balancer,
    };
    let present: usize = state
        .listeners_of(&load_balancer.arn)
        .map(|listener| listener.certificates.len())
        .sum();
    let added: BTreeSet<&String> = arns
        .iter()
        .filter(|arn| !listener.certificates.contains(*arn))
        .collect();
    if !added.is_empty() && present + added.len() > limit as usize {
        return Err(ApiError::new(
            "TooManyCertificates",
            format!(
                "The maximum number of certificates has been reached on load balancer '{}': \
                 '{limit}'",
                load_balancer.arn
            ),
        ));
    }
    let shown: Vec<Value> = arns
        .iter()
        .map(|arn| json!({"CertificateArn": arn, "IsDefault": false}))
        .collect();
    let listener = state.listener_mut(&asked.listener_arn)?;
    listener.certificates.extend(arns);
    Ok(json!({"Certificates": shown}))
}

pub(crate) fn remove(state: &mut State, request: &Request) -> Answer {
    let asked: Change = request.read()?;
    let listener = state.listener(&asked.listener_arn)?;
    check_tls(listener)?;
    let arns = arns(asked.certificates)?;
    for arn in &arns {
        if listener.security.default_certificate.as_ref() == Some(arn)
            && !listener.certificates.contains(arn)
        {
            return Err(ApiError::new(
                "OperationNotPermitted",
                format!("The default certificate '{arn}' cannot be removed"),
            ));
        }
    }
    let listener = state.listener_mut(&asked.listener_arn)?;
    for arn in &arns {
        listener.certificates.remove(arn);
    }
    Ok(json!({}))
}

/// The default certificate is listed twice when it is in the list, too.
pub(crate) fn describe(state: &State, request: &Request) -> Answer {
    let asked: Describe = request.read()?;
    let listener = state.listener(&asked.listener_arn)?;
    let size = page_size(asked.page_size)?;
    let default = listener.security.default_certificate.iter().map(|arn| {
        let shown = json!({"CertificateArn": arn, "IsDefault": true});
        (format!("0{arn}"), shown)
    });
    let others = listener.certificates.iter().map(|arn| {
        let shown = json!({"CertificateArn": arn, "IsDefault": false});
        (format!("1{arn}"), shown)
    });
    let page = page(default.chain(others), asked.marker.as_deref(), size);
    Ok(json!({"Certificates": page.items, "NextMarker": page.next}))
}

/// The ARN of a certificate that a caller names; `IsDefault` is for answers only.
pub(crate) fn arn_of(certificate: CertificateArg) -> Result<String, ApiError> {
    if certificate.is_default.is_some() {
        return Err(ApiError::validation(
            "You cannot specify 'IsDefault' for a certificate in a request",
        ));
    }
    Ok(certificate.certificate_arn)
}

/// Refuses a certificate that ACM does not hold, or holds but could not serve.
pub(crate) fn check_usable(state: &State, arn: &str) -> Result<(), ApiError> {
    let Some(certificate) = state.certificates.get(arn) else {
        return Err(ApiError::new(
            "CertificateNotFound",
            format!("Certificate '{arn}' not found"),
        ));
    };
    // The names of ACM's key algorithms that ELB takes ("Certificates for your Application Load
    // Balancer"): RSA up to 4096 bits and all three curves.
    let known = ["RSA_", "EC_"];
    if known
        .iter()
        .any(|start| certificate.key_algorithm.starts_with(start))
    {
        return Ok(());
    }
    Err(ApiError::new(
        "UnsupportedCertificate",
        format!("The certificate '{arn}' must have a supported key"),
    ))
}

fn arns(certificates: Vec<CertificateArg>) -> Result<Vec<String>, ApiError> {
    if certificates.is_empty() {
        return Err(ApiError::validation("A certificate must be specified"));
    }
    certificates.into_iter().map(arn_of).collect()
}

fn check_tls(listener: &Listener) -> Result<(), ApiError> {
    if listener.protocol.is_tls() {
        return Ok(());
    }
    Err(ApiError::new(
        "OperationNotPermitted",
        format!(
            "Certificates are for HTTPS and TLS listeners only, not for '{}'",
            listener.arn
        ),
    ))
}
