//! Private keys from a folder of manifests, by name.

use std::path::PathBuf;

use async_trait::async_trait;
use tributary_aws::{ClientCredentials, KeyMaterial, SecretError, SecretSource};
use tributary_folder::secret;
use tributary_model::ObjectKey;

/// Secrets of a folder of manifests: the one that the watcher follows.
#[derive(Clone, Debug)]
pub struct FolderSecrets {
    root: PathBuf,
}

impl FolderSecrets {
    /// Of this folder.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    async fn read<T: Send + 'static>(
        &self,
        secret: &ObjectKey,
        read: impl FnOnce(&std::path::Path, &ObjectKey) -> Result<Option<T>, secret::SecretError>
        + Send
        + 'static,
    ) -> Result<Option<T>, SecretError> {
        let (root, secret) = (self.root.clone(), secret.clone());
        let read = tokio::task::spawn_blocking(move || read(&root, &secret)).await;
        read.map_err(|error| SecretError(error.to_string()))?
            .map_err(|error| SecretError(error.to_string()))
    }
}

#[async_trait]
impl SecretSource for FolderSecrets {
    async fn tls_material(&self, secret: &ObjectKey) -> Result<Option<KeyMaterial>, SecretError> {
        let found = self.read(secret, secret::find).await?;
        Ok(found.map(
            |secret::TlsSecret {
                 fingerprint,
                 material,
             }| KeyMaterial {
                fingerprint,
                certificate_pem: material.certificate_pem,
                chain_pem: material.chain_pem.unwrap_or_default(),
                private_key_pem: material.private_key_pem,
            },
        ))
    }

    async fn client_credentials(
        &self,
        secret: &ObjectKey,
    ) -> Result<Option<ClientCredentials>, SecretError> {
        let found = self.read(secret, secret::find_client).await?;
        Ok(found.map(
            |secret::ClientSecret {
                 client_id,
                 client_secret,
             }| ClientCredentials {
                client_id,
                client_secret,
            },
        ))
    }
}
