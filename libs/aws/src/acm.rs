//! AWS Certificate Manager.

use std::fmt::Debug;

use async_trait::async_trait;
use tributary_plan::observed::ObservedCertificate;
use tributary_plan::tags::Tags;

use crate::elbv2::{Answer, Found};
use crate::secrets::KeyMaterial;

/// The calls.
#[async_trait]
pub trait Acm: Debug + Send + Sync {
    /// `ListCertificates` of every key type and status, with `DescribeCertificate` where the list cuts names off. Tags and users are not told.
    async fn certificates(&self) -> Answer<Found<ObservedCertificate>>;
    /// `DescribeCertificate`; tags are not told.
    async fn certificate(&self, arn: &str) -> Answer<Option<ObservedCertificate>>;
    /// `ListTagsForCertificate`.
    async fn tags(&self, arn: &str) -> Answer<Tags>;
    /// `ImportCertificate`: its ARN.
    async fn import(&self, material: &KeyMaterial, to: Import<'_>) -> Answer<String>;
    /// `DeleteCertificate`.
    async fn delete(&self, arn: &str) -> Answer<()>;
    /// `AddTagsToCertificate`.
    async fn add_tags(&self, arn: &str, tags: &Tags) -> Answer<()>;
    /// `RemoveTagsFromCertificate`, keys with their values.
    async fn remove_tags(&self, arn: &str, tags: &Tags) -> Answer<()>;
}

/// Where an import goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Import<'a> {
    /// A new certificate with these tags.
    New(&'a Tags),
    /// Over the one with this ARN, which stays; ACM takes no tags then.
    Over(&'a str),
}
