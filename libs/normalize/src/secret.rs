//! Secrets of type `kubernetes.io/tls`.
//!
//! Messages never quote a value from a Secret: the document is walked by hand, because serde's own errors
//! would.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pem::{EncodeConfig, LineEnding, Pem};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tributary_model::Timestamp;
use tributary_model::workload::{CertificateFacts, TlsSecret};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::envelope::Envelope;
use crate::fault::{Fault, Path};

/// What ACM's ImportCertificate wants. Holds a private key: no Debug, never logged, never on a stream.
#[derive(Clone, PartialEq, Eq)]
pub struct TlsMaterial {
    /// The leaf certificate, PEM.
    pub certificate_pem: String,
    /// The rest of `tls.crt`, PEM; absent when the leaf stands alone.
    pub chain_pem: Option<String>,
    /// `tls.key`, PEM.
    pub private_key_pem: String,
}

const CERTIFICATE: &str = "tls.crt";
const PRIVATE_KEY: &str = "tls.key";
/// ACM's `ImportCertificate`: bytes of the certificate.
const ACM_TAKES: usize = 32_768;

/// `tls.crt` and `tls.key` as they stand in the Secret.
struct Contents {
    certificate: Vec<u8>,
    private_key: Vec<u8>,
}

/// Both, parsed and found to fit.
struct Parsed {
    chain: Vec<CertificateDer<'static>>,
    private_key: PrivateKeyDer<'static>,
}

pub(crate) fn tls_secret(envelope: Envelope<'_>) -> Result<TlsSecret, Fault> {
    let contents = contents(envelope.object)?;
    Ok(TlsSecret {
        meta: envelope.meta,
        certificate: parse(&contents).and_then(|parsed| facts(&parsed)),
    })
}

/// The material of a Secret that [`tls_secret`] accepts.
pub(crate) fn material(secret: &Value) -> Result<TlsMaterial, Fault> {
    let contents = contents(secret)?;
    let unusable = |reason| Path::root("data").fault(reason);
    let parsed = parse(&contents).map_err(unusable)?;
    let (leaf, rest) = parsed
        .chain
        .split_first()
        .ok_or_else(|| unusable(format!("{CERTIFICATE} has no certificate")))?;
    let chain_pem: String = rest
        .iter()
        .map(|certificate| encode("CERTIFICATE", certificate))
        .collect();
    let label = match &parsed.private_key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    Ok(TlsMaterial {
        certificate_pem: encode("CERTIFICATE", leaf),
        chain_pem: (!chain_pem.is_empty()).then_some(chain_pem),
        private_key_pem: encode(label, parsed.private_key.secret_der()),
    })
}

/// `stringData` wins over `data`, as on an API server, and needs no base64.
fn contents(secret: &Value) -> Result<Contents, Fault> {
    Ok(Contents {
        certificate: entry(secret, CERTIFICATE)?,
        private_key: entry(secret, PRIVATE_KEY)?,
    })
}

fn entry(secret: &Value, key: &str) -> Result<Vec<u8>, Fault> {
    let plain_path = Path::root("stringData");
    if let Some(value) = map(secret, &plain_path, "stringData")?.and_then(|map| map.get(key)) {
        let Value::String(text) = value else {
            return Err(plain_path.key(key).fault("must be a string"));
        };
        return Ok(text.clone().into_bytes());
    }
    let at = Path::root("data");
    let Some(value) = map(secret, &at, "data")?.and_then(|map| map.get(key)) else {
        return Err(at
            .key(key)
            .fault("is required in a Secret of type kubernetes.io/tls"));
    };
    let Value::String(encoded) = value else {
        return Err(at.key(key).fault("must be a string"));
    };
    // YAML block scalars bring line ends along.
    let compact: String = encoded.split_ascii_whitespace().collect();
    STANDARD
        .decode(compact)
        .map_err(|_| at.key(key).fault("is not base64"))
}

fn map<'a>(
    secret: &'a Value,
    at: &Path<'_>,
    field: &str,
) -> Result<Option<&'a serde_json::Map<String, Value>>, Fault> {
    match secret.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(_) => Err(at.fault("must be a map")),
    }
}

/// Certificate and key that belong together, or why they are of no use.
fn parse(contents: &Contents) -> Result<Parsed, String> {
    let chain = CertificateDer::pem_slice_iter(&contents.certificate)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| format!("{CERTIFICATE} is not PEM"))?;
    if chain.is_empty() {
        return Err(format!("{CERTIFICATE} has no PEM certificate"));
    }
    let private_key = PrivateKeyDer::from_pem_slice(&contents.private_key)
        .map_err(|_| format!("{PRIVATE_KEY} has no PEM private key"))?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let signing_key = provider
        .key_provider
        .load_private_key(private_key.clone_key())
        .map_err(|_| format!("{PRIVATE_KEY} is not a usable private key"))?;
    match CertifiedKey::new(chain.clone(), signing_key).keys_match() {
        Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => {
            return Err(format!(
                "{PRIVATE_KEY} does not belong to the certificate in {CERTIFICATE}"
            ));
        }
        // A kind of key that cannot tell its public half: AWS decides on import.
        Ok(()) | Err(rustls::Error::InconsistentKeys(_)) => {}
        Err(_) => return Err(unreadable(chain.first())),
    }
    Ok(Parsed { chain, private_key })
}

/// Why nobody can say whether a key belongs to a certificate. rustls reads none beyond 64 KiB, of some thousand names; ACM
/// takes half of that.
fn unreadable(leaf: Option<&CertificateDer<'_>>) -> String {
    match leaf.map(|leaf| (leaf.len(), X509Certificate::from_der(leaf))) {
        Some((bytes, Ok(_))) if bytes > ACM_TAKES => format!(
            "the certificate in {CERTIFICATE} has {bytes} bytes, and ACM takes {ACM_TAKES} at most"
        ),
        Some(_) | None => format!("{CERTIFICATE} is not an X.509 certificate"),
    }
}

fn facts(parsed: &Parsed) -> Result<CertificateFacts, String> {
    let leaf = parsed
        .chain
        .first()
        .ok_or_else(|| format!("{CERTIFICATE} has no PEM certificate"))?;
    let (_, certificate) = X509Certificate::from_der(leaf)
        .map_err(|_| format!("{CERTIFICATE} is not an X.509 certificate"))?;
    Ok(CertificateFacts {
        fingerprint: fingerprint(parsed),
        dns_names: dns_names(&certificate),
        not_after: Timestamp(certificate.validity().not_after.timestamp()),
    })
}

/// Over DER, so that line ends and comments of the PEM change nothing.
fn fingerprint(parsed: &Parsed) -> String {
    let mut hasher = Sha256::new();
    for part in parsed
        .chain
        .iter()
        .map(AsRef::as_ref)
        .chain([parsed.private_key.secret_der()])
    {
        // The length keeps two splits of the same bytes apart.
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher
        .finalize()
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xf])
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

/// Subject alternative DNS names; without any, the common name, as ACM reads it.
fn dns_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let alternatives: Vec<String> = certificate
        .subject_alternative_name()
        .into_iter()
        .flatten()
        .flat_map(|extension| &extension.value.general_names)
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
        .collect();
    if !alternatives.is_empty() {
        return alternatives;
    }
    certificate
        .subject()
        .iter_common_name()
        .filter_map(|name| name.as_str().ok())
        .map(str::to_ascii_lowercase)
        .collect()
}

fn encode(label: &str, der: &[u8]) -> String {
    let unix = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(&Pem::new(label, der), unix)
}
