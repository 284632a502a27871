//! Which of the certificates that listeners want can be had.

use std::collections::BTreeSet;

use tributary_model::desired::CertificateSource;
use tributary_model::{ListenerRef, ObjectKey};

use crate::input::PlanInput;
use crate::values::limits::SecretVersion;
use crate::values::observed::{CertificateStatus, ObservedCertificate};
use crate::values::tags;

/// One certificate, however many listeners want it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CertificateId {
    /// The import of a Secret.
    Import(ObjectKey),
    /// One that somebody else keeps, by ARN.
    Arn(String),
}

/// A certificate that can be had.
#[derive(Clone, Debug)]
pub(crate) struct Usable {
    pub(crate) id: CertificateId,
    /// Something is wrong although it can be used: its renewal was refused, or its Secret is away.
    pub(crate) note: Option<String>,
}

/// Why a certificate cannot be had.
#[derive(Clone, Debug)]
pub(crate) struct Unusable {
    pub(crate) why: String,
    /// It may be there: AWS could not be asked.
    pub(crate) is_unread: bool,
}

impl From<String> for Unusable {
    fn from(why: String) -> Self {
        Self {
            why,
            is_unread: false,
        }
    }
}

/// It is not there; unless that could not be read, for which reason.
fn missing(unread: Option<&String>, why: String) -> Unusable {
    Unusable {
        is_unread: unread.is_some(),
        why: unread.cloned().unwrap_or(why),
    }
}

/// A certificate that admitted listeners use.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    /// Of an import: what it must contain; absent where whatever was imported before will do.
    pub(crate) fingerprint: Option<&'a str>,
    pub(crate) wanted_by: BTreeSet<ListenerRef>,
}

/// What to use for a source, or why there is nothing.
pub(crate) fn usable(input: &PlanInput, source: &CertificateSource) -> Result<Usable, Unusable> {
    let unread = &input.observed.unread;
    match source {
        CertificateSource::Secret {
            secret,
            fingerprint,
        } => usable_import(input, secret, fingerprint),
        CertificateSource::Retained { secret } => usable_retained(input, secret),
        CertificateSource::Arn(arn) => usable_arn(input, arn),
        CertificateSource::Discovered { hostname } => {
            let arn = input.certificates.discover(hostname).ok_or_else(|| {
                let why = format!("ACM has no issued certificate for {hostname}");
                missing(unread.discovery.as_ref(), why)
            })?;
            Ok(Usable {
                id: CertificateId::Arn(arn.to_owned()),
                note: None,
            })
        }
    }
}

fn usable_import(
    input: &PlanInput,
    secret: &ObjectKey,
    fingerprint: &str,
) -> Result<Usable, Unusable> {
    if let (Some(unread), None) = (
        &input.observed.unread.certificates,
        input.certificates.imported(secret),
    ) {
        // It may be there already.
        return Err(missing(Some(unread), String::new()));
    }
    let version = SecretVersion {
        secret: secret.clone(),
        fingerprint: fingerprint.to_owned(),
    };
    let id = CertificateId::Import(secret.clone());
    let Some(reason) = input.context.refused_certificates.get(&version) else {
        return Ok(Usable { id, note: None });
    };
    match input.certificates.imported(secret) {
        // The old content is better than none: it keeps being served.
        Some(_) => Ok(Usable {
            id,
            note: Some(format!(
                "Secret {secret} was not imported again: {reason}; its former content is served"
            )),
        }),
        None => Err(format!("Secret {secret} could not be imported: {reason}").into()),
    }
}

/// The import of a Secret that is away. One that has ended, or that was imported for another listener, will do: it is
/// what this Secret held last, and the merge has judged that the listener may refer to it.
fn usable_retained(input: &PlanInput, secret: &ObjectKey) -> Result<Usable, Unusable> {
    let Some((_, certificate)) = input.certificates.imported(secret) else {
        let why =
            format!("Secret {secret} holds no certificate, and none was imported from it before");
        return Err(missing(input.observed.unread.certificates.as_ref(), why));
    };
    let ended = match &certificate.status {
        CertificateStatus::Issued => String::new(),
        CertificateStatus::Other(status) => format!(" (ACM says {status})"),
    };
    Ok(Usable {
        id: CertificateId::Import(secret.clone()),
        note: Some(format!(
            "Secret {secret} holds no certificate now; the one imported from it before{ended} is served until it does"
        )),
    })
}

fn usable_arn(input: &PlanInput, arn: &str) -> Result<Usable, Unusable> {
    if input.observed.missing_certificates.contains(arn) {
        return Err(format!("certificate {arn} does not exist").into());
    }
    // One that ACM was not asked about may be an IAM server certificate: ELB decides.
    if let Some(ObservedCertificate {
        status: CertificateStatus::Other(status),
        ..
    }) = input.observed.certificates.get(arn)
    {
        return Err(format!("certificate {arn} is {status}").into());
    }
    let why = input.observed.unread_certificates.get(arn);
    Ok(Usable {
        id: CertificateId::Arn(arn.to_owned()),
        note: why.map(|why| format!("certificate {arn} is served unseen: {why}")),
    })
}

impl Wanted<'_> {
    /// The same certificate, for others too: a content that is asked for comes before whatever is there.
    pub(crate) fn join(&mut self, other: &Self) {
        let Self {
            fingerprint,
            wanted_by,
        } = other;
        self.fingerprint = self.fingerprint.or(*fingerprint);
        self.wanted_by.extend(wanted_by.iter().cloned());
    }
}

/// Whether ACM refused to import this content, or it could not be read.
pub(crate) fn is_refused(input: &PlanInput, secret: &ObjectKey, fingerprint: &str) -> bool {
    let version = SecretVersion {
        secret: secret.clone(),
        fingerprint: fingerprint.to_owned(),
    };
    input.context.refused_certificates.contains_key(&version)
}

/// Whether ACM holds what a listener asked for, or the former content that stands in for what was refused.
pub(crate) fn is_served_as_wanted(
    input: &PlanInput,
    id: &CertificateId,
    fingerprint: Option<&str>,
) -> bool {
    let CertificateId::Import(secret) = id else {
        return true;
    };
    let Some((_, certificate)) = input.certificates.imported(secret) else {
        return false;
    };
    let Some(fingerprint) = fingerprint else {
        return true;
    };
    is_refused(input, secret, fingerprint)
        || certificate.tags.get(tags::FINGERPRINT).map(String::as_str) == Some(fingerprint)
}
