//! Keys and certificates: made, signed, and read again.

use std::time::Duration;

use pem::{EncodeConfig, LineEnding, Pem};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, date_time_ymd,
};
use tributary_model::Timestamp;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::decide::{Authority, Identity, Validity};

#[cfg(test)]
mod tests;

/// Tag of a certificate.
const CERTIFICATE: &str = "CERTIFICATE";

/// An authority with its key. Has no `Debug`: the key is in it.
pub(crate) struct Signer {
    pub(crate) authority: Authority,
    /// Its common name, and it has no other part.
    name: String,
    /// PEM.
    pub(crate) certificate: String,
    /// PEM.
    pub(crate) key: String,
}

/// A certificate and its key. Has no `Debug`: the key is in it.
pub(crate) struct Leaf {
    /// PEM.
    pub(crate) certificate: String,
    /// PEM.
    pub(crate) key: String,
}

/// What cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// By the library.
    #[error("cannot make a certificate for {name}")]
    Make {
        /// Whose it would be.
        name: String,
        /// Why not.
        source: rcgen::Error,
    },
    /// What was made has not the parts by which it is known again.
    #[error("what was made for {name} cannot be read")]
    Unreadable {
        /// Whose it would be.
        name: String,
    },
}

impl Signer {
    /// A new one. Its name is its own, so that a certificate says which of two has signed it.
    pub(crate) fn new(installation: &str, validity: Validity) -> Result<Self, IssueError> {
        let name = format!("Tributary {installation} {}", validity.from);
        let make = || {
            let key = KeyPair::generate()?;
            let mut params = named(&name);
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            limit(&mut params, validity);
            Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
        };
        let (certificate, key) = make().map_err(|source| failed(&name, source))?;
        Self::read(&certificate, &key).ok_or(IssueError::Unreadable { name })
    }

    /// Nothing where the two are not a certificate of ours and its key.
    pub(crate) fn read(certificate: &str, key: &str) -> Option<Self> {
        let (authority, certificate) = authorities(certificate).pop()?;
        let first = certificates(&certificate).pop()?;
        let (_, parsed) = X509Certificate::from_der(first.contents()).ok()?;
        let name = parsed.subject().iter_common_name().next()?.as_str().ok()?;
        let name = name.to_owned();
        fits(&certificate, key).then(|| Self {
            authority,
            name,
            certificate,
            key: key.to_owned(),
        })
    }

    /// A certificate with these names for servers and clients, with a key of its own.
    pub(crate) fn sign(&self, names: &[String], validity: Validity) -> Result<Leaf, IssueError> {
        let make = || {
            let issuer = Issuer::new(named(&self.name), KeyPair::from_pem(&self.key)?);
            let key = KeyPair::generate()?;
            let mut params = CertificateParams::new(names)?;
            // What is longer than 64 is no common name, and nobody reads it.
            params.distinguished_name = DistinguishedName::new();
            params.use_authority_key_identifier_extension = true;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![
                ExtendedKeyUsagePurpose::ServerAuth,
                ExtendedKeyUsagePurpose::ClientAuth,
            ];
            limit(&mut params, validity);
            Ok(Leaf {
                certificate: params.signed_by(&key, &issuer)?.pem(),
                key: key.serialize_pem(),
            })
        };
        make().map_err(|source| failed(&names.join(", "), source))
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn failed(name: &str, source: rcgen::Error) -> IssueError {
    let name = name.to_owned();
    IssueError::Make { name, source }
}

fn limit(params: &mut CertificateParams, Validity { from, until }: Validity) {
    let time = |Timestamp(seconds): Timestamp| {
        let seconds = u64::try_from(seconds).unwrap_or_default();
        date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
    };
    params.not_before = time(from);
    params.not_after = time(until);
}

/// Each authority of a file, with its PEM as we write it. Whatever else is in it is left out.
pub(crate) fn authorities(pem: &str) -> Vec<(Authority, String)> {
    let certificates = certificates(pem);
    let found = certificates.iter().filter_map(|certificate| {
        let (_, parsed) = X509Certificate::from_der(certificate.contents()).ok()?;
        let id = extension(&parsed, |it| match it {
            ParsedExtension::SubjectKeyIdentifier(id) => Some(hex(id.0)),
            _ => None,
        })?;
        let authority = Authority {
            validity: validity(&parsed),
            id,
        };
        Some((authority, text(certificate)))
    });
    found.collect()
}

/// What a certificate says; nothing where it is none, or the key is another's.
pub(crate) fn identity(certificate: &str, key: &str) -> Option<Identity> {
    if !fits(certificate, key) {
        return None;
    }
    let first = certificates(certificate).into_iter().next()?;
    let (_, parsed) = X509Certificate::from_der(first.contents()).ok()?;
    let names = parsed.subject_alternative_name().ok()??;
    let names = names.value.general_names.iter().map(|name| match name {
        GeneralName::DNSName(name) => (*name).to_owned(),
        other => other.to_string(),
    });
    let by = extension(&parsed, |it| match it {
        ParsedExtension::AuthorityKeyIdentifier(id) => Some(hex(id.key_identifier.as_ref()?.0)),
        _ => None,
    });
    Some(Identity {
        names: names.collect(),
        by: by.unwrap_or_default(),
        validity: validity(&parsed),
    })
}

fn fits(certificate: &str, key: &str) -> bool {
    let (Some(first), Ok(key)) = (
        certificates(certificate).into_iter().next(),
        KeyPair::from_pem(key),
    ) else {
        return false;
    };
    X509Certificate::from_der(first.contents())
        .is_ok_and(|(_, parsed)| parsed.public_key().raw == key.subject_public_key_info())
}

fn certificates(text: &str) -> Vec<Pem> {
    let mut all = pem::parse_many(text).unwrap_or_default();
    all.retain(|it| it.tag() == CERTIFICATE);
    all
}

fn text(certificate: &Pem) -> String {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(certificate, config)
}

fn validity(certificate: &X509Certificate<'_>) -> Validity {
    Validity {
        from: Timestamp(certificate.validity().not_before.timestamp()),
        until: Timestamp(certificate.validity().not_after.timestamp()),
    }
}

fn extension<T>(
    certificate: &X509Certificate<'_>,
    read: impl Fn(&ParsedExtension<'_>) -> Option<T>,
) -> Option<T> {
    let mut all = certificate.extensions().iter();
    all.find_map(|extension| read(extension.parsed_extension()))
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
