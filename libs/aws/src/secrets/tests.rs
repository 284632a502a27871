use super::{ClientCredentials, KeyMaterial};

#[test]
fn a_private_key_is_never_shown() {
    let material = KeyMaterial {
        fingerprint: "f00".to_owned(),
        certificate_pem: "certificate".to_owned(),
        chain_pem: String::new(),
        private_key_pem: "hidden".to_owned(),
    };
    let shown = format!("{material:?} {material:#?}");
    assert!(
        shown.contains("f00") && !shown.contains("hidden"),
        "{shown}"
    );
}

#[test]
fn a_client_secret_is_never_shown() {
    let credentials = ClientCredentials {
        client_id: "client".to_owned(),
        client_secret: "hidden".to_owned(),
    };
    let shown = format!("{credentials:?} {credentials:#?}");
    assert!(
        shown.contains("client") && !shown.contains("hidden"),
        "{shown}"
    );
}
