//! Certificates: importing what comes from Secrets.
//!
//! Every Gateway imports its own copy of a Secret. A copy shared between Gateways would be imported twice or
//! deleted under the other's feet, since their programmers do not wait for each other.

use std::collections::BTreeMap;

use tributary_model::ObjectKey;

use crate::input::PlanInput;
use crate::input::certificates::{CertificateId, Wanted, is_refused};
use crate::parts::builder::{PlanBuilder, retag};
use crate::values::op::{Blame, Handle, Op, Taggable};
use crate::values::tags::{self, Tags};

/// Imports what is missing or has changed; what each certificate is called afterwards.
pub(crate) fn import(
    input: &PlanInput,
    wanted: &BTreeMap<CertificateId, Wanted>,
    builder: &mut PlanBuilder,
) -> BTreeMap<CertificateId, Handle> {
    wanted
        .iter()
        .filter_map(|(id, wanted)| {
            let handle = match (id, wanted.fingerprint) {
                (CertificateId::Arn(arn), _) => Handle::Existing(arn.clone()),
                (CertificateId::Import(secret), Some(fingerprint)) => {
                    let blame = Blame::Listeners(wanted.wanted_by.clone());
                    import_one(input, secret, fingerprint.to_owned(), blame, builder)
                }
                (CertificateId::Import(secret), None) => {
                    Handle::Existing(input.certificates.imported(secret)?.0.to_owned())
                }
            };
            Some((id.clone(), handle))
        })
        .collect()
}

fn import_one(
    input: &PlanInput,
    secret: &ObjectKey,
    fingerprint: String,
    blame: Blame,
    builder: &mut PlanBuilder,
) -> Handle {
    let Some((arn, certificate)) = input.certificates.imported(secret) else {
        let op = Op::ImportCertificate {
            secret: secret.clone(),
            fingerprint: fingerprint.clone(),
            existing: None,
            tags: wanted_tags(input, secret, fingerprint, None),
        };
        return builder.create(op, format!("Secret {secret}"), blame);
    };
    let handle = Handle::Existing(arn.to_owned());
    if is_refused(input, secret, &fingerprint) {
        return handle;
    }
    let has_changed = certificate.tags.get(tags::FINGERPRINT) != Some(&fingerprint);
    let tags = wanted_tags(input, secret, fingerprint.clone(), Some(&certificate.tags));
    let tagged = retag(
        Taggable::Certificate(arn.to_owned()),
        &tags,
        &certificate.tags,
        &blame,
        builder,
    );
    if !has_changed {
        return handle;
    }
    let import = builder.add(
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
        builder.after(tag, import);
    }
    handle
}

fn wanted_tags(
    input: &PlanInput,
    secret: &ObjectKey,
    fingerprint: String,
    observed: Option<&Tags>,
) -> Tags {
    let none = BTreeMap::new();
    let mut tags = input.tags(tags::CERTIFICATE, &none, &none, observed);
    let secret = tags::tag_value(&secret.to_string());
    tags.insert(tags::SECRET.to_owned(), secret);
    tags.insert(tags::FINGERPRINT.to_owned(), fingerprint);
    tags
}
