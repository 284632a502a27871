//! Private keys, which only the programmer that imports them ever reads.

use std::fmt;

use async_trait::async_trait;
use tributary_model::ObjectKey;

#[cfg(test)]
mod tests;

/// Reads one Secret by name. The implementations live where Kubernetes or the folder is known.
#[async_trait]
pub trait SecretSource: fmt::Debug + Send + Sync {
    /// A `kubernetes.io/tls` Secret; `None` if there is none of that name.
    async fn tls_material(&self, secret: &ObjectKey) -> Result<Option<KeyMaterial>, SecretError>;

    /// The Secret of an OIDC client, with `clientID` and `clientSecret`; `None` if there is none of that name.
    async fn client_credentials(
        &self,
        secret: &ObjectKey,
    ) -> Result<Option<ClientCredentials>, SecretError>;
}

/// Why a Secret could not be had: a text without secret material, lower case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SecretError(pub String);

/// A certificate with its private key, all PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyMaterial {
    /// Hex SHA-256 as `CertificateFacts::fingerprint` in the model: what the desired state names.
    pub fingerprint: String,
    /// The leaf.
    pub certificate_pem: String,
    /// Intermediates; empty when there are none.
    pub chain_pem: String,
    /// Never logged, never shown.
    pub private_key_pem: String,
}

/// An OIDC client.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCredentials {
    /// `clientID`.
    pub client_id: String,
    /// `clientSecret`: never logged, never shown.
    pub client_secret: String,
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyMaterial")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
