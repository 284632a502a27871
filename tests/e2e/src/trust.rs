//! An authority for an installation's services, and their folders as a Secret of cert-manager's is mounted.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};

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
    pub fn identity(&self, name: &str, Ends(year): Ends) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
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
