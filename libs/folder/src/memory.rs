//! What a folder source remembers across restarts: when an object was first seen, which generation it
//! has reached, and its last good version.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tributary_model::Timestamp;
use tributary_model::workload::CertificateFacts;

/// Memory of one object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Remembered {
    /// Seconds since 1970: stands for `creationTimestamp` where the object has none, so that precedence
    /// survives a restart.
    pub first_seen: i64,
    /// Counts the different versions of what the object asks for, as the API server does.
    pub generation: i64,
    /// Hex SHA-256 of what it asks for: everything but `metadata` and `status`.
    pub spec: String,
    /// The file it was read from.
    pub path: String,
    /// The last version that could be used. Absent for Secrets, whose keys stay where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_good: Option<Value>,
    /// Of a Secret, what others see of its last version that could be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<RememberedCertificate>,
}

/// The public part of a certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RememberedCertificate {
    /// As in [`CertificateFacts`].
    pub fingerprint: String,
    /// As in [`CertificateFacts`].
    pub dns_names: Vec<String>,
    /// Seconds since 1970.
    pub not_after: i64,
}

/// Memory of a folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// By `Kind/namespace/name`.
    pub objects: BTreeMap<String, Remembered>,
    /// Paths that could never be read, so that nothing is known of what is there. The empty one is the whole folder.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unseen: BTreeSet<String>,
}

/// Of a folder that was never read.
impl Default for Memory {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            unseen: BTreeSet::from([String::new()]),
        }
    }
}

impl From<&CertificateFacts> for RememberedCertificate {
    fn from(facts: &CertificateFacts) -> Self {
        let CertificateFacts {
            fingerprint,
            dns_names,
            not_after,
        } = facts;
        Self {
            fingerprint: fingerprint.clone(),
            dns_names: dns_names.clone(),
            not_after: not_after.0,
        }
    }
}

impl From<&RememberedCertificate> for CertificateFacts {
    fn from(remembered: &RememberedCertificate) -> Self {
        let RememberedCertificate {
            fingerprint,
            dns_names,
            not_after,
        } = remembered;
        Self {
            fingerprint: fingerprint.clone(),
            dns_names: dns_names.clone(),
            not_after: Timestamp(*not_after),
        }
    }
}

/// The memory could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {path}: {reason}")]
pub struct MemoryError {
    action: &'static str,
    path: PathBuf,
    reason: String,
}

impl Memory {
    /// Reads a memory file; one that does not exist is an empty memory.
    ///
    /// # Errors
    /// When it exists and cannot be read or understood: going on would give every object a new age, and
    /// with it another precedence.
    pub fn load(path: &Path) -> Result<Self, MemoryError> {
        let failed = |reason: String| MemoryError {
            action: "read",
            path: path.to_owned(),
            reason,
        };
        match std::fs::read_to_string(path) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| failed(error.to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// Writes the file in one step: a crash leaves the old one or the new one.
    ///
    /// # Errors
    /// From the operating system.
    pub fn save(&self, path: &Path) -> Result<(), MemoryError> {
        let failed = |error: std::io::Error| MemoryError {
            action: "write",
            path: path.to_owned(),
            reason: error.to_string(),
        };
        let text = serde_json::to_vec(self).map_err(|error| failed(error.into()))?;
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        let next = path.with_extension("next");
        let mut file = std::fs::File::create(&next).map_err(failed)?;
        file.write_all(&text)
            .and_then(|()| file.sync_all())
            .map_err(failed)?;
        std::fs::rename(&next, path).map_err(failed)
    }
}
