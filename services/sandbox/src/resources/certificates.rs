//! Certificates of ACM.

use jiff::Timestamp;
use serde::Serialize;

use crate::tags::Tags;

/// Where a certificate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Origin {
    Imported,
    AmazonIssued,
}

/// A certificate. The key is kept for the data plane and never shown, not even in the whole state.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Certificate {
    pub(crate) arn: String,
    pub(crate) origin: Origin,
    pub(crate) created_at: Timestamp,
    /// When it was imported or issued last.
    pub(crate) since: Timestamp,
    pub(crate) key_algorithm: String,
    pub(crate) facts: Facts,
    pub(crate) pem: String,
    pub(crate) chain_pem: Option<String>,
    #[serde(skip)]
    pub(crate) private_key_pem: String,
    /// What makes `RequestCertificate` idempotent.
    pub(crate) idempotency_token: Option<String>,
    pub(crate) tags: Tags,
}

/// What ACM tells of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Facts {
    /// The common name, or the first name when there is none.
    pub(crate) domain: String,
    pub(crate) names: Vec<String>,
    pub(crate) serial: String,
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    /// As ACM writes it: `RSA_2048`, `EC_prime256v1`.
    pub(crate) key_algorithm: String,
    pub(crate) signature_algorithm: String,
}
