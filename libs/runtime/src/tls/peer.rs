//! Who somebody is, by the certificate.

use std::fmt;
use std::str::FromStr;

use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Of every service's name.
const SUFFIX: &str = ".services.tributary.dev";

/// A service of an installation, as `merger.west.services.tributary.dev` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// `merger`, `alb-programmer`, `client`.
    pub service: String,
    /// `tributary`, unless there are several.
    pub installation: String,
}

impl Peer {
    /// By their names.
    pub fn new(service: &str, installation: &str) -> Self {
        Self {
            service: service.to_owned(),
            installation: installation.to_owned(),
        }
    }

    /// By the first name of the kind in a certificate that was verified; nothing where there is none.
    pub(crate) fn of(certificate: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        let names = certificate.subject_alternative_name().ok()??;
        names
            .value
            .general_names
            .iter()
            .find_map(|name| match name {
                GeneralName::DNSName(name) => name.parse().ok(),
                _ => None,
            })
    }
}

/// A name that is no service's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected SERVICE.INSTALLATION{SUFFIX}")]
pub struct NoPeer;

impl FromStr for Peer {
    type Err = NoPeer;

    fn from_str(name: &str) -> Result<Self, NoPeer> {
        let (service, installation) = name
            .strip_suffix(SUFFIX)
            .and_then(|rest| rest.split_once('.'))
            .ok_or(NoPeer)?;
        if service.is_empty() || installation.is_empty() || installation.contains('.') {
            return Err(NoPeer);
        }
        Ok(Self {
            service: service.to_owned(),
            installation: installation.to_owned(),
        })
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}{SUFFIX}", self.service, self.installation)
    }
}
