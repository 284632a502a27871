//! Private keys by name: from a folder of manifests, or from Kubernetes.

use std::path::PathBuf;

use async_trait::async_trait;
use tributary_aws::{ClientCredentials, KeyMaterial, SecretError, SecretSource};
use tributary_folder::secret;
use tributary_kubernetes::Cluster;
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
        Ok(found.map(material))
    }

    async fn client_credentials(
        &self,
        secret: &ObjectKey,
    ) -> Result<Option<ClientCredentials>, SecretError> {
        let found = self.read(secret, secret::find_client).await?;
        Ok(found.map(credentials))
    }
}

/// Secrets of a cluster, each asked for by its name when it is needed.
#[derive(Clone, Debug)]
pub struct ClusterSecrets(pub Cluster);

#[async_trait]
impl SecretSource for ClusterSecrets {
    async fn tls_material(&self, secret: &ObjectKey) -> Result<Option<KeyMaterial>, SecretError> {
        let Some(value) = self.0.secret(secret).await.map_err(said)? else {
            return Ok(None);
        };
        let found = secret::tls(&value, secret).map_err(said)?;
        Ok(found.map(material))
    }

    async fn client_credentials(
        &self,
        secret: &ObjectKey,
    ) -> Result<Option<ClientCredentials>, SecretError> {
        let Some(value) = self.0.secret(secret).await.map_err(said)? else {
            return Ok(None);
        };
        let found = secret::client(&value, secret).map_err(said)?;
        Ok(Some(credentials(found)))
    }
}

/// Neither kind of error has secret material in its text.
fn said(error: impl std::error::Error) -> SecretError {
    SecretError(error.to_string())
}

fn material(found: secret::TlsSecret) -> KeyMaterial {
    let secret::TlsSecret {
        fingerprint,
        material,
    } = found;
    KeyMaterial {
        fingerprint,
        certificate_pem: material.certificate_pem,
        chain_pem: material.chain_pem.unwrap_or_default(),
        private_key_pem: material.private_key_pem,
    }
}

fn credentials(found: secret::ClientSecret) -> ClientCredentials {
    let secret::ClientSecret {
        client_id,
        client_secret,
    } = found;
    ClientCredentials {
        client_id,
        client_secret,
    }
}
