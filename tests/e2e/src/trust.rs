//! An authority for an installation's services, their folders as a Secret of cert-manager's is mounted, and calls by a client
//! that is none of ours.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};
use tokio::time::timeout;
use tonic::client::Grpc;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status, Streaming};

use crate::wire::Plain;

/// Signs what it is asked for.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// PEM.
    pub certificate: String,
}

/// What a service, or a person, shows.
#[derive(Clone, Debug)]
pub struct Identity {
    /// PEM.
    pub certificate: String,
    /// PEM.
    pub key: String,
}

/// The certificate ends at the beginning of this year.
#[derive(Clone, Copy, Debug)]
pub struct Ends(pub i32);

impl Ends {
    /// Long after this test.
    pub const LATER: Self = Self(2999);
    /// Long before.
    pub const BEFORE: Self = Self(2001);
}

/// What a certificate calls a service of the installation that has the default name.
pub fn name(service: &str) -> String {
    format!("{service}.tributary.services.tributary.dev")
}

impl Authority {
    /// Another one each time.
    #[expect(clippy::new_without_default, reason = "it makes a key")]
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // One that has the name of what it signs is taken for self-signed by BoringSSL.
        params
            .distinguished_name
            .push(DnType::CommonName, "authority");
        let certificate = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    /// For this name.
    pub fn identity(&self, name: &str, ends: Ends) -> Identity {
        self.identity_of(&[name.to_owned()], ends)
    }

    /// For these names; one may be an address.
    pub fn identity_of(&self, names: &[String], Ends(year): Ends) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, &*names[0]);
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// Writes a folder for `--tls-dir`, in one step, as the kubelet changes a mounted Secret.
    pub fn write(&self, folder: &Path, service: &str) -> PathBuf {
        self.write_identity(folder, service, &self.identity(&name(service), Ends::LATER))
    }

    /// The same with a certificate that need not be the service's.
    pub fn write_identity(&self, folder: &Path, service: &str, identity: &Identity) -> PathBuf {
        let files = [
            ("tls.crt", identity.certificate.as_bytes()),
            ("tls.key", identity.key.as_bytes()),
            ("ca.crt", self.certificate.as_bytes()),
        ];
        write(folder, service, &files)
    }
}

/// Writes a folder in one step, as the kubelet changes a mounted Secret.
pub fn write(folder: &Path, service: &str, files: &[(&str, &[u8])]) -> PathBuf {
    let content = tempfile::tempdir_in(folder).unwrap().keep();
    for (name, bytes) in files {
        std::fs::write(content.join(name), bytes).unwrap();
    }
    let (link, next) = (folder.join(service), content.with_extension("link"));
    std::os::unix::fs::symlink(&content, &next).unwrap();
    std::fs::rename(next, &link).unwrap();
    link
}

/// By what a caller says who it is.
#[derive(Clone, Copy, Debug)]
pub enum Shown<'a> {
    /// By nothing.
    Nothing,
    /// By a client certificate.
    Certificate(&'a Identity),
    /// By `authorization: Bearer`.
    Token(&'a str),
}

/// How a call begins: let in, refused with this code, or no connection at all.
#[derive(Debug, PartialEq, Eq)]
pub enum Begin {
    /// Whatever the answer is.
    LetIn,
    /// `UNAUTHENTICATED` or `PERMISSION_DENIED`.
    Refused(Code),
    /// Not even the handshake.
    NotConnected,
}

/// What an answer begins with is there at once; a stream that is let in may have nothing to say for a long time.
const BEGINS: Duration = Duration::from_secs(10);

/// Calls a method of a service, which answers with a stream or with one message: `package.Service/Method`.
///
/// # Errors
/// What the service says. Without a connection it is a status that has a source.
pub async fn ask(
    server: SocketAddr,
    service: &str,
    authority: &Authority,
    shown: Shown<'_>,
    method: &str,
    question: Bytes,
) -> Result<Streaming<Bytes>, Status> {
    let mut tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(&authority.certificate))
        .domain_name(name(service));
    let mut request = Request::new(question);
    match shown {
        Shown::Nothing => {}
        Shown::Certificate(Identity { certificate, key }) => {
            tls = tls.identity(tonic::transport::Identity::from_pem(certificate, key));
        }
        Shown::Token(token) => {
            let value = format!("Bearer {token}").parse().unwrap();
            request.metadata_mut().insert("authorization", value);
        }
    }
    let endpoint = Endpoint::from_shared(format!("https://{server}")).unwrap();
    let channel: Channel = endpoint.tls_config(tls).unwrap().connect_lazy();
    let mut grpc = Grpc::new(channel);
    let ready = grpc.ready().await;
    ready.map_err(|error| Status::from_error(Box::new(error)))?;
    let path = PathAndQuery::try_from(format!("/{method}")).unwrap();
    let answer = grpc.server_streaming(request, path, Plain);
    let answer = timeout(BEGINS, answer).await.unwrap();
    answer.map(tonic::Response::into_inner)
}

/// How a call begins. An empty question is none that any of them needs to be refused for: who is let in hears of it.
pub async fn begin(
    server: SocketAddr,
    service: &str,
    authority: &Authority,
    shown: Shown<'_>,
    method: &str,
    question: Bytes,
) -> Begin {
    match ask(server, service, authority, shown, method, question).await {
        Ok(_) => Begin::LetIn,
        // In TLS 1.3 a client hears only now that its certificate was refused. What a server says has no source.
        Err(status) if std::error::Error::source(&status).is_some() => Begin::NotConnected,
        Err(status) => match status.code() {
            code @ (Code::PermissionDenied | Code::Unauthenticated) => Begin::Refused(code),
            _ => Begin::LetIn,
        },
    }
}
