//! The observed certificates, looked through once.

use std::collections::BTreeMap;

use tributary_model::{Hostname, ObjectKey, Timestamp};

use crate::input::ours::imported_certificates;
use crate::values::observed::{CertificateStatus, Observed, ObservedCertificate};
use crate::values::tags::{self, Ownership};

/// Observed certificates by what they are looked up by.
#[derive(Debug, Default)]
pub(crate) struct CertificateIndex<'a> {
    /// Our imports, by the tag that names the Secret.
    imports: BTreeMap<&'a str, (&'a str, &'a ObservedCertificate)>,
    /// ARN of the newest issued certificate, by name.
    by_name: BTreeMap<&'a str, &'a str>,
}

impl<'a> CertificateIndex<'a> {
    /// Of our imports, and of all that listeners may discover.
    pub(crate) fn of(observed: &'a Observed, ownership: Ownership<'a>) -> Self {
        let mut index = Self::default();
        for (arn, certificate) in imported_certificates(observed, ownership) {
            let Some(secret) = certificate.tags.get(tags::SECRET) else {
                continue;
            };
            // Of several, left by a crash, the one in use stays, else the first.
            let kept = index.imports.entry(secret).or_insert((arn, certificate));
            if kept.1.in_use_by.is_empty() && !certificate.in_use_by.is_empty() {
                *kept = (arn, certificate);
            }
        }
        // Imports of this or another cluster are not for others to discover: they go when their own listener goes.
        let mut newest: BTreeMap<&str, Timestamp> = BTreeMap::new();
        for (arn, certificate) in &observed.certificates {
            if certificate.status != CertificateStatus::Issued
                || certificate.tags.contains_key(tags::SECRET)
            {
                continue;
            }
            for name in &certificate.names {
                let known = newest.get(name.as_str());
                if known.is_none_or(|issued| *issued < certificate.issued) {
                    newest.insert(name, certificate.issued);
                    index.by_name.insert(name, arn);
                }
            }
        }
        index
    }

    /// ISSUED; the exact name before a wildcard for one label; the newest (rule certificate-sources).
    pub(crate) fn discover(&self, hostname: &Hostname) -> Option<&'a str> {
        let by_name = &self.by_name;
        let host = hostname.as_str();
        if let Some(arn) = by_name.get(host) {
            return Some(arn);
        }
        let (_, rest) = host.split_once('.')?;
        by_name.get(format!("*.{rest}").as_str()).copied()
    }

    /// The import of a Secret, if there is one, with its ARN.
    pub(crate) fn imported(
        &self,
        secret: &ObjectKey,
    ) -> Option<(&'a str, &'a ObservedCertificate)> {
        let secret = tags::tag_value(&secret.to_string());
        self.imports.get(secret.as_str()).copied()
    }
}

#[cfg(test)]
mod tests;
