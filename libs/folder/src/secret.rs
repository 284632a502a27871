//! One Secret by name, with its private key: for the programmer that imports it, and for nobody else.

use std::path::Path;

use tributary_model::{Kind, ObjectKey, ObjectRef, Timestamp};
use tributary_normalize::TlsMaterial;

use crate::document;
use crate::scan::{FolderError, scan};

/// Why a Secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The folder could not be listed.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// It is there, but is no certificate with a key.
    #[error("{field} of Secret {secret}: {reason}")]
    Unusable {
        /// The Secret.
        secret: ObjectKey,
        /// Field path.
        field: String,
        /// Lower case, no secret material.
        reason: String,
    },
}

/// Reads the Secret of that name: the first by path counts, as in the watcher.
///
/// # Errors
/// When the folder cannot be listed, or the Secret is no usable certificate.
pub fn find(root: &Path, secret: &ObjectKey) -> Result<Option<TlsMaterial>, SecretError> {
    let wanted = ObjectRef::new(Kind::Secret, secret.clone());
    for file in scan(root)? {
        let Ok(text) = &file.text else { continue };
        let (documents, _) = document::parse(text);
        let defaults = crate::index::defaults(Timestamp::default(), 1);
        let found = documents.iter().find(|document| {
            tributary_normalize::identify(&document.value, &defaults)
                .is_ok_and(|object| object.as_ref() == Some(&wanted))
        });
        let Some(document) = found else { continue };
        return tributary_normalize::tls_material(&document.value)
            .map(Some)
            .map_err(|rejected| SecretError::Unusable {
                secret: secret.clone(),
                field: rejected.field,
                reason: rejected.reason,
            });
    }
    Ok(None)
}
