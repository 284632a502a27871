//! The three files, and what rustls makes of them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::TLS13;
use rustls::{CertificateError, ClientConfig, RootCertStore, ServerConfig};
use x509_parser::prelude::{ASN1Time, FromDer, GeneralName, Validity, X509Certificate};

use super::Peer;

const CERTIFICATE: &str = "tls.crt";
const KEY: &str = "tls.key";
const AUTHORITIES: &str = "ca.crt";
/// HTTP/2, as gRPC has it.
pub(super) const ALPN: &[u8] = b"h2";
/// What API servers speak to webhooks.
const ALPN_WEB: &[u8] = b"http/1.1";

/// Their contents.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
    authorities: Vec<u8>,
}

/// What is made of them.
pub(super) struct Loaded {
    pub(super) server: Arc<ServerConfig>,
    /// For who is none of the installation, and shows no certificate.
    pub(super) web: Arc<ServerConfig>,
    pub(super) client: Arc<ClientConfig>,
    /// Seconds since 1970.
    pub(super) not_before: i64,
    pub(super) not_after: i64,
    /// Of the first of the chain.
    validity: Validity,
    /// All that it has.
    names: Vec<String>,
    chain: Vec<CertificateDer<'static>>,
    /// As others have it who trust the same authorities.
    verifier: Arc<dyn ClientCertVerifier>,
}

/// Why a folder's files are no identity.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// It is not there, or not ours to read.
    #[error("cannot read {}", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Not PEM, or nothing of the kind in it.
    #[error("{} is not what it should be: {why}", file.display())]
    Content {
        /// Which.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
}

impl Files {
    pub(super) fn read(folder: &Path) -> Result<Self, TlsError> {
        let read = |name: &str| {
            let file = folder.join(name);
            std::fs::read(&file).map_err(|source| TlsError::Read { file, source })
        };
        Ok(Self {
            certificate: read(CERTIFICATE)?,
            key: read(KEY)?,
            authorities: read(AUTHORITIES)?,
        })
    }
}

impl Loaded {
    pub(super) fn new(folder: &Path, files: &Files) -> Result<Self, TlsError> {
        let bad = |name: &str, why: String| TlsError::Content {
            file: folder.join(name),
            why,
        };
        let chain = certificates(&files.certificate).map_err(|why| bad(CERTIFICATE, why))?;
        let key = PrivateKeyDer::from_pem_slice(&files.key)
            .map_err(|error| bad(KEY, error.to_string()))?;
        let mut roots = RootCertStore::empty();
        for authority in certificates(&files.authorities).map_err(|why| bad(AUTHORITIES, why))? {
            roots
                .add(authority)
                .map_err(|error| bad(AUTHORITIES, error.to_string()))?;
        }
        let roots = Arc::new(roots);
        let (validity, names) = first(&chain).map_err(|why| bad(CERTIFICATE, why))?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(&provider))
                .allow_unauthenticated()
                .build()
                .map_err(|error| bad(AUTHORITIES, error.to_string()))?;
        let failed = |error: rustls::Error| bad(CERTIFICATE, error.to_string());
        let mut server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13])
            .map_err(failed)?
            .with_client_cert_verifier(Arc::clone(&verifier))
            .with_single_cert(chain.clone(), key.clone_key())
            .map_err(failed)?;
        server.alpn_protocols = vec![ALPN.to_vec()];
        // Who resumes a session is not verified again: a certificate that has ended since would still be believed.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        let mut web = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13])
            .map_err(failed)?
            .with_no_client_auth()
            .with_single_cert(chain.clone(), key.clone_key())
            .map_err(failed)?;
        web.alpn_protocols = vec![ALPN_WEB.to_vec()];
        let mut client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .map_err(failed)?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain.clone(), key)
            .map_err(failed)?;
        client.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Self {
            server: Arc::new(server),
            web: Arc::new(web),
            client: Arc::new(client),
            not_before: validity.not_before.timestamp(),
            not_after: validity.not_after.timestamp(),
            validity,
            names,
            chain,
            verifier,
        })
    }

    /// Why nobody who trusts the same authorities would believe at this time that we are this one: the same words as long as
    /// it is the same reason.
    pub(super) fn fault(&self, us: &Peer, now: ASN1Time) -> Option<String> {
        let Validity {
            not_before,
            not_after,
        } = self.validity;
        let us = us.to_string();
        if now < not_before {
            return Some(format!(
                "{CERTIFICATE} begins at {not_before}, which is to come by this machine's clock"
            ));
        }
        if now > not_after {
            return Some(format!(
                "{CERTIFICATE} ended at {not_after}, which is past by this machine's clock"
            ));
        }
        if !self.names.contains(&us) {
            let names = self.names.join(", ");
            return Some(format!("{CERTIFICATE} is for {names:?}, and not for {us}"));
        }
        let (first, rest) = self.chain.split_first()?;
        let time = Duration::from_secs(u64::try_from(now.timestamp()).unwrap_or_default());
        let time = UnixTime::since_unix_epoch(time);
        match self.verifier.verify_client_cert(first, rest, time) {
            // Who is only called needs no certificate of a client.
            Ok(_)
            | Err(rustls::Error::InvalidCertificate(
                CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. },
            )) => None,
            Err(error) => Some(format!(
                "{CERTIFICATE} is not believed by the authorities of {AUTHORITIES}: {error}"
            )),
        }
    }
}

pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let all = all.map_err(|error| error.to_string())?;
    if all.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    Ok(all)
}

fn first(chain: &[CertificateDer<'_>]) -> Result<(Validity, Vec<String>), String> {
    let first = chain.first().map(AsRef::as_ref).unwrap_or_default();
    let (_, certificate) = X509Certificate::from_der(first).map_err(|error| error.to_string())?;
    let names = certificate.subject_alternative_name();
    let names = names.map_err(|error| error.to_string())?;
    let names = names.iter().flat_map(|names| &names.value.general_names);
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    });
    Ok((certificate.validity().clone(), names.collect()))
}
