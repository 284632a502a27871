//! Trust stores for mutual TLS.

use serde::Serialize;

/// A trust store.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TrustStore {
    pub(crate) arn: String,
    pub(crate) name: String,
}
