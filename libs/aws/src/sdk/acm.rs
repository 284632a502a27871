//! ACM over the SDK.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_acm::Client;
use aws_sdk_acm::types::{CertificateStatus as Status, Filters, KeyAlgorithm, Tag};
use aws_smithy_types::{Blob, DateTime};
use tributary_model::Timestamp;
use tributary_plan::observed::{CertificateStatus, ObservedCertificate};
use tributary_plan::tags::Tags;

use super::{odd, required};
use crate::acm::{Acm, Import};
use crate::call::Caller;
use crate::elbv2::{Answer, Found};
use crate::operation::Operation;
use crate::secrets::KeyMaterial;

/// AWS Certificate Manager.
#[derive(Clone, Debug)]
pub(crate) struct SdkAcm {
    pub(crate) client: Client,
    pub(crate) caller: Caller,
}

/// `ListCertificates` shows RSA 2048 alone unless others are asked for.
const KEY_TYPES: [KeyAlgorithm; 7] = [
    KeyAlgorithm::Rsa1024,
    KeyAlgorithm::Rsa2048,
    KeyAlgorithm::Rsa3072,
    KeyAlgorithm::Rsa4096,
    KeyAlgorithm::EcPrime256v1,
    KeyAlgorithm::EcSecp384r1,
    KeyAlgorithm::EcSecp521r1,
];

#[async_trait]
impl Acm for SdkAcm {
    async fn certificates(&self) -> Answer<Found<ObservedCertificate>> {
        let mut found = BTreeMap::new();
        let mut token: Option<String> = None;
        loop {
            let request = self
                .client
                .list_certificates()
                .includes(
                    Filters::builder()
                        .set_key_types(Some(KEY_TYPES.to_vec()))
                        .build(),
                )
                .set_next_token(token);
            let answer = self
                .caller
                .call(Operation::ListCertificates, || request.clone().send())
                .await?;
            for summary in answer.certificate_summary_list.into_iter().flatten() {
                let arn = required(
                    Operation::ListCertificates,
                    "CertificateArn",
                    summary.certificate_arn,
                )?;
                // The list shows the first names only, up to 100.
                if summary.has_additional_subject_alternative_names == Some(true) {
                    if let Some(whole) = self.certificate(&arn).await? {
                        found.insert(arn, whole);
                    }
                    continue;
                }
                let observed = ObservedCertificate {
                    names: names(
                        summary.domain_name,
                        summary.subject_alternative_name_summaries,
                    ),
                    status: status(summary.status),
                    issued: issued(summary.issued_at, summary.imported_at, summary.created_at),
                    tags: Tags::new(),
                    in_use_by: BTreeSet::new(),
                };
                found.insert(arn, observed);
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn certificate(&self, arn: &str) -> Answer<Option<ObservedCertificate>> {
        let request = self.client.describe_certificate().certificate_arn(arn);
        let answer = match self
            .caller
            .call(Operation::DescribeCertificate, || request.clone().send())
            .await
        {
            Ok(answer) => answer,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let detail = required(
            Operation::DescribeCertificate,
            "Certificate",
            answer.certificate,
        )?;
        Ok(Some(ObservedCertificate {
            names: names(detail.domain_name, detail.subject_alternative_names),
            status: status(detail.status),
            issued: issued(detail.issued_at, detail.imported_at, detail.created_at),
            tags: Tags::new(),
            in_use_by: detail.in_use_by.into_iter().flatten().collect(),
        }))
    }

    async fn tags(&self, arn: &str) -> Answer<Tags> {
        let request = self.client.list_tags_for_certificate().certificate_arn(arn);
        let answer = self
            .caller
            .call(Operation::ListTagsForCertificate, || request.clone().send())
            .await?;
        Ok(answer
            .tags
            .into_iter()
            .flatten()
            .map(|tag| (tag.key, tag.value.unwrap_or_default()))
            .collect())
    }

    async fn import(&self, material: &KeyMaterial, to: Import<'_>) -> Answer<String> {
        let KeyMaterial {
            fingerprint: _,
            certificate_pem,
            chain_pem,
            private_key_pem,
        } = material;
        let blob = |pem: &str| Blob::new(pem.as_bytes());
        let request = self
            .client
            .import_certificate()
            .certificate(blob(certificate_pem))
            .private_key(blob(private_key_pem))
            .set_certificate_chain((!chain_pem.trim().is_empty()).then(|| blob(chain_pem)));
        let (operation, request) = match to {
            Import::New(tags) => (
                Operation::ImportCertificate,
                request.set_tags(Some(write_tags(tags)?)),
            ),
            Import::Over(arn) => (Operation::ReimportCertificate, request.certificate_arn(arn)),
        };
        let answer = self
            .caller
            .call(operation, || request.clone().send())
            .await?;
        required(operation, "CertificateArn", answer.certificate_arn)
    }

    async fn delete(&self, arn: &str) -> Answer<()> {
        let request = self.client.delete_certificate().certificate_arn(arn);
        self.caller
            .call(Operation::DeleteCertificate, || request.clone().send())
            .await?;
        Ok(())
    }

    async fn add_tags(&self, arn: &str, tags: &Tags) -> Answer<()> {
        let request = self
            .client
            .add_tags_to_certificate()
            .certificate_arn(arn)
            .set_tags(Some(write_tags(tags)?));
        self.caller
            .call(Operation::AddTagsToCertificate, || request.clone().send())
            .await?;
        Ok(())
    }

    async fn remove_tags(&self, arn: &str, tags: &Tags) -> Answer<()> {
        let request = self
            .client
            .remove_tags_from_certificate()
            .certificate_arn(arn)
            .set_tags(Some(write_tags(tags)?));
        self.caller
            .call(Operation::RemoveTagsFromCertificate, || {
                request.clone().send()
            })
            .await?;
        Ok(())
    }
}

fn write_tags(tags: &Tags) -> Answer<Vec<Tag>> {
    tags.iter()
        .map(|(key, value)| {
            Tag::builder()
                .key(key)
                .value(value)
                .build()
                .map_err(|error| odd(Operation::AddTagsToCertificate, error.to_string()))
        })
        .collect()
}

fn names(domain: Option<String>, alternatives: Option<Vec<String>>) -> BTreeSet<String> {
    domain
        .into_iter()
        .chain(alternatives.into_iter().flatten())
        .map(|name| name.to_ascii_lowercase())
        .collect()
}

fn status(status: Option<Status>) -> CertificateStatus {
    match status {
        Some(Status::Issued) => CertificateStatus::Issued,
        Some(other) => CertificateStatus::Other(other.as_str().to_owned()),
        None => CertificateStatus::Other("unknown".to_owned()),
    }
}

fn issued(
    issued: Option<DateTime>,
    imported: Option<DateTime>,
    created: Option<DateTime>,
) -> Timestamp {
    let at = issued.or(imported).or(created);
    Timestamp(at.map_or(0, |at| at.secs()))
}
