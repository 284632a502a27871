//! `ImportCertificate`: new, or in place of one that was imported before.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::resources::certificates::{Certificate, Facts, Origin};
use crate::service::Service;
use crate::state::State;
use crate::tags::{self, Tag};

use super::{certificates, pem};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Import {
    certificate_arn: Option<String>,
    certificate: String,
    private_key: String,
    certificate_chain: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

/// Texts that passed all checks.
struct Material {
    facts: Facts,
    certificate: String,
    private_key: String,
    chain: Option<String>,
}

pub(crate) fn import(state: &mut State, request: &Request) -> Answer {
    let asked: Import = request.read()?;
    if asked.certificate_arn.is_some() && !asked.tags.is_empty() {
        return Err(refused("Tagging is not permitted on re-import."));
    }
    if let Some(arn) = &asked.certificate_arn
        && certificates::find(state, arn)?.origin != Origin::Imported
    {
        return Err(refused(
            "Only an imported certificate can be imported again.",
        ));
    }
    let tags = tags::of_new(Service::Acm, &asked.tags, state.quotas.tags_per_resource)?;
    let Material {
        facts,
        certificate,
        private_key,
        chain,
    } = material(&asked)?;
    // "You cannot import a certificate before its validity period begins or after it expires."
    if facts.not_after < request.now {
        return Err(refused("The certificate has expired."));
    }
    if facts.not_before > request.now {
        return Err(refused("The certificate is not valid yet."));
    }
    if let Some(arn) = asked.certificate_arn {
        let present = certificates::find_mut(state, &arn)?;
        present.since = request.now;
        present.key_algorithm.clone_from(&facts.key_algorithm);
        present.facts = facts;
        present.pem = certificate;
        present.private_key_pem = private_key;
        present.chain_pem = chain;
        return Ok(json!({"CertificateArn": arn}));
    }
    let arn = new_arn(state);
    let imported = Certificate {
        arn: arn.clone(),
        origin: Origin::Imported,
        created_at: request.now,
        since: request.now,
        key_algorithm: facts.key_algorithm.clone(),
        facts,
        pem: certificate,
        chain_pem: chain,
        private_key_pem: private_key,
        idempotency_token: None,
        tags,
    };
    state.certificates.insert(arn.clone(), imported);
    Ok(json!({"CertificateArn": arn}))
}

/// An ARN for one more certificate.
pub(crate) fn new_arn(state: &mut State) -> String {
    let id = state.ids.uuid();
    let State {
        region, account, ..
    } = state;
    format!("arn:aws:acm:{region}:{account}:certificate/{id}")
}

fn material(asked: &Import) -> Result<Material, ApiError> {
    let certificate = text("certificate", &asked.certificate)?;
    let private_key = text("privateKey", &asked.private_key)?;
    let chain = asked
        .certificate_chain
        .as_ref()
        .map(|chain| text("certificateChain", chain))
        .transpose()?;
    let facts = pem::read(
        certificate.as_bytes(),
        private_key.as_bytes(),
        chain.as_ref().map(String::as_bytes),
    )
    .map_err(|error| refused(&error.to_string()))?;
    Ok(Material {
        facts,
        certificate,
        private_key,
        chain,
    })
}

/// Blobs travel as base64 in JSON.
fn text(field: &str, blob: &str) -> Result<String, ApiError> {
    STANDARD
        .decode(blob)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| refused(&format!("The {field} is not valid PEM")))
}

fn refused(message: &str) -> ApiError {
    ApiError::new("ValidationException", message)
}
