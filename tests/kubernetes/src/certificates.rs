//! Client certificates of the cluster's own CA, as kubeadm and `openssl x509` make them.

use std::ops::Range;
use std::path::PathBuf;

use rcgen::{CertificateParams, DnType, DnValue, Issuer, KeyPair};
use serde_json::json;

use crate::cluster::Cluster;

/// Of the CA. Issuers are compared byte by byte, and Go writes a name of such letters as this type.
const CA_NAME: &str = "tributary-tests";

impl Cluster {
    /// The kubeconfig of somebody with the admin's rights, whose certificate is good from the first day of one year to
    /// that of another. It lies beside the admin's.
    pub fn kubeconfig_by_certificate(&self, name: &str, years: Range<i32>) -> PathBuf {
        let ca_key = std::fs::read_to_string(self.kubeconfig().with_file_name("ca.key")).unwrap();
        let mut ca = CertificateParams::default();
        ca.distinguished_name.push(
            DnType::CommonName,
            DnValue::PrintableString(CA_NAME.try_into().unwrap()),
        );
        let ca = Issuer::new(ca, KeyPair::from_pem(&ca_key).unwrap());
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params
            .distinguished_name
            .push(DnType::OrganizationName, "system:masters");
        params.not_before = rcgen::date_time_ymd(years.start, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.end, 1, 1);
        let certificate = params.signed_by(&key, &ca).unwrap();
        let file = |end: &str, content: String| {
            let path = self.kubeconfig().with_file_name(format!("{name}.{end}"));
            std::fs::write(&path, content).unwrap();
            path
        };
        let user = json!({
            "client-certificate": file("crt", certificate.pem()),
            "client-key": file("key", key.serialize_pem()),
        });
        self.kubeconfig_with(name, &user)
    }
}
