//! Certificates as people put them into Secrets, and every trace that a private key can leave.

use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// A self-signed certificate and its key.
#[derive(Debug)]
pub struct Certificate {
    /// PEM.
    pub certificate: String,
    /// PEM, PKCS #8.
    pub private_key: String,
    private_key_der: Vec<u8>,
}

/// A day.
pub const DAY: Duration = Duration::from_hours(24);

/// Of an EC key on P-256 in PKCS #8: the 32 bytes that are secret. The rest is the same for all, or public.
const SECRET_BYTES: std::ops::Range<usize> = 36..68;
/// Lines of PEM that hold some of them.
const SECRET_LINES: std::ops::Range<usize> = 1..3;

impl Certificate {
    /// Valid since 2020, until so long after now.
    pub fn ending_in(host: &str, left: Duration) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Self::until(host, now + left)
    }

    /// Valid from 2020 to 2021.
    pub fn ended(host: &str) -> Self {
        Self::until(host, 51 * 365 * DAY)
    }

    fn until(host: &str, after_1970: Duration) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(1970, 1, 1) + after_1970;
        Self {
            certificate: params.self_signed(&key).unwrap().pem(),
            private_key: key.serialize_pem(),
            private_key_der: key.serialize_der(),
        }
    }

    /// A Secret that holds both.
    pub fn secret(&self, namespace: &str, name: &str) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": { "name": name, "namespace": namespace },
            "stringData": { "tls.crt": self.certificate, "tls.key": self.private_key },
        })
    }

    /// What no program may log, stream or write: the key as PEM, DER and hex, and bytes as Rust's Debug shows them.
    /// `stored` is the Secret as the API server has it, in base64.
    pub fn secrets(&self, stored: &Value) -> Vec<Vec<u8>> {
        let lines: Vec<&str> = self.private_key.lines().collect();
        let encoded = stored["data"]["tls.key"].as_str().unwrap();
        let secret = &self.private_key_der[SECRET_BYTES];
        let mut hex = String::new();
        for byte in secret {
            write!(hex, "{byte:02x}").unwrap();
        }
        let shown = |bytes: &[u8]| format!("{bytes:?}").trim_matches(['[', ']']).to_owned();
        let mut all = vec![
            secret.to_vec(),
            hex.into_bytes(),
            shown(secret).into_bytes(),
        ];
        for line in &lines[SECRET_LINES] {
            all.push(line.as_bytes().to_vec());
            all.push(shown(line.as_bytes()).into_bytes());
        }
        // In the middle of it, where the key is and no line of PEM begins.
        all.push(encoded.as_bytes()[encoded.len() / 3..][..40].to_vec());
        all
    }
}
