//! One Secret by name, with its private parts: for the programmer that needs them, and for nobody else.

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tributary_model::{ObjectKey, Resource, Timestamp};
use tributary_normalize::{Normalized, TlsMaterial, normalize, tls_material};

use crate::document;
use crate::index::defaults;
use crate::scan::{FolderError, Scan, Unread, scan};

/// A certificate with its key. No Debug: never logged.
pub struct TlsSecret {
    /// As the watcher's snapshot names it.
    pub fingerprint: String,
    /// PEM.
    pub material: TlsMaterial,
}

/// An OIDC client. No Debug: never logged.
pub struct ClientSecret {
    /// `clientID`, or `clientId`.
    pub client_id: String,
    /// `clientSecret`.
    pub client_secret: String,
}

/// Why a Secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The folder could not be listed.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// It is in no file that could be read, and not all could be.
    #[error("Secret {secret}: not found, and {path} cannot be read: {reason}")]
    Unread {
        /// The Secret.
        secret: ObjectKey,
        /// The first that could not be read, below the folder.
        path: String,
        /// From the operating system.
        reason: String,
    },
    /// It is there, but not what is needed.
    #[error("Secret {secret}: {field}: {reason}")]
    Unusable {
        /// The Secret.
        secret: ObjectKey,
        /// Field path.
        field: String,
        /// Lower case, no secret material.
        reason: String,
    },
}

/// Reads a `kubernetes.io/tls` Secret: the first of that name by path counts, as in the watcher.
///
/// # Errors
/// When the folder cannot be listed, or the Secret is no usable certificate.
pub fn find(root: &Path, secret: &ObjectKey) -> Result<Option<TlsSecret>, SecretError> {
    match named(root, secret)? {
        Some(value) => tls(&value, secret),
        None => Ok(None),
    }
}

/// The same of a Secret that was read elsewhere.
///
/// # Errors
/// When it is no usable certificate.
pub fn tls(value: &Value, secret: &ObjectKey) -> Result<Option<TlsSecret>, SecretError> {
    let unusable = |field: &str, reason: String| SecretError::Unusable {
        secret: secret.clone(),
        field: field.to_owned(),
        reason,
    };
    let object = match normalize(value, &defaults(Timestamp::default(), 1)) {
        Ok(Normalized::Ours { object, .. }) => object,
        Ok(Normalized::Foreign(foreign)) => return Err(unusable("type", foreign.to_string())),
        Err(rejected) => return Err(unusable(&rejected.field, rejected.reason)),
    };
    let Resource::Secret(facts) = &*object.resource else {
        return Ok(None);
    };
    let facts = facts
        .certificate
        .as_ref()
        .map_err(|reason| unusable("data", reason.clone()))?;
    let material =
        tls_material(value).map_err(|rejected| unusable(&rejected.field, rejected.reason))?;
    Ok(Some(TlsSecret {
        fingerprint: facts.fingerprint.clone(),
        material,
    }))
}

/// Reads the Secret of an OIDC client.
///
/// # Errors
/// When the folder cannot be listed, or the Secret lacks `clientID` (or `clientId`) or `clientSecret`.
pub fn find_client(root: &Path, secret: &ObjectKey) -> Result<Option<ClientSecret>, SecretError> {
    named(root, secret)?
        .map(|value| client(&value, secret))
        .transpose()
}

/// The same of a Secret that was read elsewhere.
///
/// # Errors
/// When it lacks `clientID` (or `clientId`) or `clientSecret`.
pub fn client(value: &Value, secret: &ObjectKey) -> Result<ClientSecret, SecretError> {
    // White space around it is that of whoever made the Secret from a file.
    let field = |name: &str, names: &[&str]| {
        let found = names.iter().find_map(|name| entry(value, name));
        let found = found.map(|text| text.trim().to_owned());
        found.ok_or_else(|| SecretError::Unusable {
            secret: secret.clone(),
            field: format!("data.{name}"),
            reason: "is missing or not base64 of text".to_owned(),
        })
    };
    Ok(ClientSecret {
        client_id: field("clientID", &["clientID", "clientId"])?,
        client_secret: field("clientSecret", &["clientSecret"])?,
    })
}

/// None only if it is in nothing that the folder holds: not if it may be in what cannot be read.
fn named(root: &Path, secret: &ObjectKey) -> Result<Option<Value>, SecretError> {
    let Scan { files, unread, .. } = scan(root)?;
    let documents = files
        .iter()
        .flat_map(|file| document::parse(&file.text).0)
        .map(|document| document.value);
    let found = documents.into_iter().find(|value| is_named(value, secret));
    match (found, unread.into_iter().next()) {
        (None, Some(Unread { path, reason, .. })) => Err(SecretError::Unread {
            secret: secret.clone(),
            path,
            reason,
        }),
        (found, _) => Ok(found),
    }
}

/// Of whatever type: only `kubernetes.io/tls` is a kind that normalize knows.
fn is_named(value: &Value, secret: &ObjectKey) -> bool {
    let metadata = |field: &str| {
        value
            .pointer(&format!("/metadata/{field}"))
            .and_then(Value::as_str)
    };
    value.get("kind").and_then(Value::as_str) == Some("Secret")
        && value.get("apiVersion").and_then(Value::as_str) == Some("v1")
        && metadata("name") == Some(&secret.name)
        && metadata("namespace").unwrap_or(crate::index::DEFAULT_NAMESPACE) == &*secret.namespace
}

fn entry(secret: &Value, name: &str) -> Option<String> {
    if let Some(text) = secret
        .get("stringData")
        .and_then(|data| data.get(name))
        .and_then(Value::as_str)
    {
        return Some(text.to_owned());
    }
    let encoded = secret.get("data")?.get(name)?.as_str()?;
    String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()
}
