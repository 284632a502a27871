//! Certificates: which of those that listeners want can be had, importing what comes from Secrets, and removing
//! imports that nobody uses.
//!
//! Every Gateway imports its own copy of a Secret. A copy shared between Gateways would be imported twice or
//! deleted under the other's feet, since their programmers do not wait for each other.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::CertificateSource;
use tributary_model::{Hostname, ListenerRef, ObjectKey, Timestamp};

use crate::draft::{Draft, retag};
use crate::limits::SecretVersion;
use crate::observed::{CertificateStatus, Observed, ObservedCertificate, Tags};
use crate::op::{Blame, Handle, Op, Taggable};
use crate::scope::{Scope, imported_certificates};
use crate::tags::{self, Ownership};

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

/// Observed certificates by what they are looked up by.
#[derive(Debug, Default)]
pub(crate) struct CertificateIndex<'a> {
    /// Our imports, by the tag that names the Secret.
    imports: BTreeMap<&'a str, (&'a str, &'a ObservedCertificate)>,
    /// ARN of the newest issued certificate, by name.
    by_name: BTreeMap<&'a str, &'a str>,
}

/// A certificate that admitted listeners use.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    /// Of an import: what it must contain; absent where whatever was imported before will do.
    pub(crate) fingerprint: Option<&'a str>,
    pub(crate) wanted_by: BTreeSet<ListenerRef>,
}

/// What to use for a source, or why there is nothing.
pub(crate) fn usable(scope: &Scope, source: &CertificateSource) -> Result<Usable, Unusable> {
    let unread = &scope.observed.unread;
    match source {
        CertificateSource::Secret {
            secret,
            fingerprint,
        } => usable_import(scope, secret, fingerprint),
        CertificateSource::Retained { secret } => usable_retained(scope, secret),
        CertificateSource::Arn(arn) => usable_arn(scope, arn),
        CertificateSource::Discovered { hostname } => {
            let arn = discover(scope, hostname).ok_or_else(|| {
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

fn usable_import(scope: &Scope, secret: &ObjectKey, fingerprint: &str) -> Result<Usable, Unusable> {
    if let (Some(unread), None) = (&scope.observed.unread.certificates, imported(scope, secret)) {
        // It may be there already.
        return Err(missing(Some(unread), String::new()));
    }
    let version = SecretVersion {
        secret: secret.clone(),
        fingerprint: fingerprint.to_owned(),
    };
    let id = CertificateId::Import(secret.clone());
    let Some(reason) = scope.context.refused_certificates.get(&version) else {
        return Ok(Usable { id, note: None });
    };
    match imported(scope, secret) {
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
fn usable_retained(scope: &Scope, secret: &ObjectKey) -> Result<Usable, Unusable> {
    let Some((_, certificate)) = imported(scope, secret) else {
        let why =
            format!("Secret {secret} holds no certificate, and none was imported from it before");
        return Err(missing(scope.observed.unread.certificates.as_ref(), why));
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

fn usable_arn(scope: &Scope, arn: &str) -> Result<Usable, Unusable> {
    if scope.observed.missing_certificates.contains(arn) {
        return Err(format!("certificate {arn} does not exist").into());
    }
    // One that ACM was not asked about may be an IAM server certificate: ELB decides.
    if let Some(ObservedCertificate {
        status: CertificateStatus::Other(status),
        ..
    }) = scope.observed.certificates.get(arn)
    {
        return Err(format!("certificate {arn} is {status}").into());
    }
    let why = scope.observed.unread_certificates.get(arn);
    Ok(Usable {
        id: CertificateId::Arn(arn.to_owned()),
        note: why.map(|why| format!("certificate {arn} is served unseen: {why}")),
    })
}

/// ISSUED; the exact name before a wildcard for one label; the newest (rule certificate-sources).
fn discover<'a>(scope: &Scope<'a>, hostname: &Hostname) -> Option<&'a str> {
    let by_name = &scope.certificates.by_name;
    let host = hostname.as_str();
    if let Some(arn) = by_name.get(host) {
        return Some(arn);
    }
    let (_, rest) = host.split_once('.')?;
    by_name.get(format!("*.{rest}").as_str()).copied()
}

/// The import of a Secret, if there is one.
pub(crate) fn imported<'a>(
    scope: &Scope<'a>,
    secret: &ObjectKey,
) -> Option<(&'a str, &'a ObservedCertificate)> {
    let secret = tags::tag_value(&secret.to_string());
    scope.certificates.imports.get(secret.as_str()).copied()
}

/// Looks through the observed certificates once.
pub(crate) fn index<'a>(observed: &'a Observed, ownership: Ownership<'a>) -> CertificateIndex<'a> {
    let mut index = CertificateIndex::default();
    for (arn, certificate) in imported_certificates(observed, ownership) {
        let Some(secret) = certificate.tags.get(tags::SECRET) else {
            continue;
        };
        // Of several, left by a crash, the one in use stays, else the first.
        let kept = index.imports.entry(secret).or_insert((arn, certificate));
        if kept.1.in_use_by.is_empty() && !certificate.in_use_by.is_empty() {
            *kept = (arn, certificate);
        }
    }
    // Imports of this or another cluster are not for others to discover: they go when their own listener goes.
    let mut newest: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for (arn, certificate) in &observed.certificates {
        if certificate.status != CertificateStatus::Issued
            || certificate.tags.contains_key(tags::SECRET)
        {
            continue;
        }
        for name in &certificate.names {
            let known = newest.get(name.as_str());
            if known.is_none_or(|issued| *issued < certificate.issued) {
                newest.insert(name, certificate.issued);
                index.by_name.insert(name, arn);
            }
        }
    }
    index
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

/// Imports what is missing or has changed; what each certificate is called afterwards.
pub(crate) fn import(
    scope: &Scope,
    wanted: &BTreeMap<CertificateId, Wanted>,
    draft: &mut Draft,
) -> BTreeMap<CertificateId, Handle> {
    wanted
        .iter()
        .filter_map(|(id, wanted)| {
            let handle = match (id, wanted.fingerprint) {
                (CertificateId::Arn(arn), _) => Handle::Existing(arn.clone()),
                (CertificateId::Import(secret), Some(fingerprint)) => {
                    let blame = Blame::Listeners(wanted.wanted_by.clone());
                    import_one(scope, secret, fingerprint.to_owned(), blame, draft)
                }
                (CertificateId::Import(secret), None) => {
                    Handle::Existing(imported(scope, secret)?.0.to_owned())
                }
            };
            Some((id.clone(), handle))
        })
        .collect()
}

fn import_one(
    scope: &Scope,
    secret: &ObjectKey,
    fingerprint: String,
    blame: Blame,
    draft: &mut Draft,
) -> Handle {
    let Some((arn, certificate)) = imported(scope, secret) else {
        let op = Op::ImportCertificate {
            secret: secret.clone(),
            fingerprint: fingerprint.clone(),
            existing: None,
            tags: wanted_tags(scope, secret, fingerprint, None),
        };
        return draft.create(op, format!("Secret {secret}"), blame);
    };
    let handle = Handle::Existing(arn.to_owned());
    if is_refused(scope, secret, &fingerprint) {
        return handle;
    }
    let has_changed = certificate.tags.get(tags::FINGERPRINT) != Some(&fingerprint);
    let tags = wanted_tags(scope, secret, fingerprint.clone(), Some(&certificate.tags));
    let tagged = retag(
        Taggable::Certificate(arn.to_owned()),
        &tags,
        &certificate.tags,
        &blame,
        draft,
    );
    if !has_changed {
        return handle;
    }
    let import = draft.add(
        Op::ImportCertificate {
            secret: secret.clone(),
            fingerprint,
            existing: Some(arn.to_owned()),
            tags: Tags::new(),
        },
        blame,
    );
    // The tag last: after a crash in between the import is done once more, never forgotten.
    for tag in tagged {
        draft.after(tag, import);
    }
    handle
}

fn wanted_tags(
    scope: &Scope,
    secret: &ObjectKey,
    fingerprint: String,
    observed: Option<&Tags>,
) -> Tags {
    let none = BTreeMap::new();
    let mut tags = scope.tags(tags::CERTIFICATE, &none, &none, observed);
    let secret = tags::tag_value(&secret.to_string());
    tags.insert(tags::SECRET.to_owned(), secret);
    tags.insert(tags::FINGERPRINT.to_owned(), fingerprint);
    tags
}

fn is_refused(scope: &Scope, secret: &ObjectKey, fingerprint: &str) -> bool {
    let version = SecretVersion {
        secret: secret.clone(),
        fingerprint: fingerprint.to_owned(),
    };
    scope.context.refused_certificates.contains_key(&version)
}

/// Whether ACM holds what a listener asked for, or the former content that stands in for what was refused.
pub(crate) fn is_served_as_wanted(
    scope: &Scope,
    id: &CertificateId,
    fingerprint: Option<&str>,
) -> bool {
    let CertificateId::Import(secret) = id else {
        return true;
    };
    let Some((_, certificate)) = imported(scope, secret) else {
        return false;
    };
    let Some(fingerprint) = fingerprint else {
        return true;
    };
    is_refused(scope, secret, fingerprint)
        || certificate.tags.get(tags::FINGERPRINT).map(String::as_str) == Some(fingerprint)
}
