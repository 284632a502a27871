//! What PEM text says: the one place that knows X.509.

use jiff::Timestamp;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Name;

use crate::resources::certificates::Facts;

/// Why PEM text is not what it should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PemError {
    #[error("The certificate field contains no PEM-encoded certificate")]
    NoCertificate,
    #[error(
        "The certificate field contains more than one certificate. You can specify only one \
         certificate in this field."
    )]
    SeveralCertificates,
    #[error("The certificate is not a valid X.509 certificate")]
    NotX509,
    #[error("The private key is not a valid PEM-encoded private key")]
    NoKey,
    #[error("The private key is not supported")]
    UnsupportedKey,
    #[error("The certificate and the private key do not match")]
    Mismatch,
    #[error("The certificate chain is not valid PEM")]
    BadChain,
    #[error("The key algorithm of the certificate is not supported")]
    UnsupportedAlgorithm,
}

/// Reads a certificate and checks that key and chain fit.
pub(crate) fn read(
    certificate: &[u8],
    key: &[u8],
    chain: Option<&[u8]>,
) -> Result<Facts, PemError> {
    let mut certificates = CertificateDer::pem_slice_iter(certificate);
    let Some(Ok(first)) = certificates.next() else {
        return Err(PemError::NoCertificate);
    };
    if certificates.next().is_some() {
        return Err(PemError::SeveralCertificates);
    }
    let facts = facts(&first)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| PemError::NoKey)?;
    let key = any_supported_type(&key).map_err(|_| PemError::UnsupportedKey)?;
    let certified = CertifiedKey::new(vec![first], key);
    certified.keys_match().map_err(|_| PemError::Mismatch)?;
    if let Some(chain) = chain {
        let mut found = false;
        for link in CertificateDer::pem_slice_iter(chain) {
            let link = link.map_err(|_| PemError::BadChain)?;
            X509Certificate::from_der(&link).map_err(|_| PemError::BadChain)?;
            found = true;
        }
        if !found {
            return Err(PemError::BadChain);
        }
    }
    Ok(facts)
}

fn facts(der: &CertificateDer<'_>) -> Result<Facts, PemError> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| PemError::NotX509)?;
    let mut names: Vec<String> = Vec::new();
    if let Ok(Some(alternatives)) = certificate.subject_alternative_name() {
        for name in &alternatives.value.general_names {
            if let GeneralName::DNSName(name) = name {
                names.push((*name).to_owned());
            }
        }
    }
    let common_name = certificate
        .subject()
        .iter_common_name()
        .next()
        .and_then(|name| name.as_str().ok())
        .map(str::to_owned);
    let domain = common_name
        .filter(|name| names.is_empty() || names.contains(name))
        .or_else(|| names.first().cloned())
        .unwrap_or_default();
    if names.is_empty() && !domain.is_empty() {
        names.push(domain.clone());
    }
    let validity = certificate.validity();
    Ok(Facts {
        domain,
        names,
        serial: certificate.raw_serial_as_string(),
        subject: certificate.subject().to_string(),
        issuer: authority(certificate.issuer()),
        not_before: moment(validity.not_before.timestamp()),
        not_after: moment(validity.not_after.timestamp()),
        key_algorithm: key_algorithm(&certificate)?,
        signature_algorithm: signature_algorithm(&certificate),
    })
}

/// "The name of the certificate authority" (`CertificateDetail`), as in `Amazon`: who it is, not
/// the whole distinguished name.
fn authority(issuer: &X509Name<'_>) -> String {
    let organization = issuer.iter_organization();
    organization
        .chain(issuer.iter_common_name())
        .find_map(|name| name.as_str().ok())
        .map_or_else(|| issuer.to_string(), str::to_owned)
}

/// A year that cannot be written (X.509 allows 9999-12-31T23:59:59) is the last that can.
fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

fn key_algorithm(certificate: &X509Certificate<'_>) -> Result<String, PemError> {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => Ok(format!("RSA_{}", key.key_size())),
        Ok(PublicKey::EC(key)) => match key.key_size() {
            256 => Ok("EC_prime256v1".to_owned()),
            384 => Ok("EC_secp384r1".to_owned()),
            // 521 bits do not fill their last byte.
            521 | 528 => Ok("EC_secp521r1".to_owned()),
            _ => Err(PemError::UnsupportedAlgorithm),
        },
        Ok(_) | Err(_) => Err(PemError::UnsupportedAlgorithm),
    }
}

fn signature_algorithm(certificate: &X509Certificate<'_>) -> String {
    match certificate
        .signature_algorithm
        .algorithm
        .to_id_string()
        .as_str()
    {
        "1.2.840.113549.1.1.11" => "SHA256WITHRSA",
        "1.2.840.113549.1.1.12" => "SHA384WITHRSA",
        "1.2.840.113549.1.1.13" => "SHA512WITHRSA",
        "1.2.840.113549.1.1.5" => "SHA1WITHRSA",
        "1.2.840.10045.4.3.2" => "SHA256WITHECDSA",
        "1.2.840.10045.4.3.3" => "SHA384WITHECDSA",
        "1.2.840.10045.4.3.4" => "SHA512WITHECDSA",
        _ => "UNKNOWN",
    }
    .to_owned()
}
