use tributary_kubernetes::ReachArgs;

use super::*;
use crate::query::Client;

#[test]
fn an_address_alone_is_plain_http() {
    assert_eq!(uris("127.0.0.1:7070", false), "http://127.0.0.1:7070");
}

#[test]
fn an_address_alone_goes_with_the_certificate() {
    assert_eq!(uris("a:1,b:2", true), "https://a:1,https://b:2");
}

#[test]
fn a_scheme_is_kept() {
    assert_eq!(uris("http://merger:7400", false), "http://merger:7400");
}

fn to(server: &str) -> ServerArgs {
    ServerArgs {
        server: Some(server.to_owned()),
        tls_dir: None,
        ca_file: None,
        token_file: None,
        reach: ReachArgs::default(),
        installation: InstallationArgs {
            installation: Installation::default(),
        },
    }
}

#[tokio::test]
async fn an_address_with_tls_needs_a_certificate() {
    let error = Client::connect(&to("https://merger:7400"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"https://merger:7400\" begins with https, which goes only with --tls-dir"
    );
}

#[tokio::test]
async fn a_token_is_not_sent_to_an_address_that_nothing_is_known_of() {
    let mut args = to("merger:7400");
    args.token_file = Some("token".into());
    let error = Client::connect(&args).await.unwrap_err();
    assert!(matches!(error, QueryError::TokenAlone), "{error:?}");
}

#[tokio::test]
async fn what_is_no_address_is_named() {
    let error = Client::connect(&to("not an address")).await.unwrap_err();
    assert!(
        error.to_string().contains("http://not an address"),
        "{error}"
    );
}

#[test]
fn a_host_is_what_is_left_of_an_address() {
    for (server, expected) in [
        ("merger:7070", "merger:7070"),
        ("https://merger:7070/", "merger:7070"),
        (" http://[::1]:7070", "[::1]:7070"),
    ] {
        assert_eq!(host(server), expected);
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named() {
    let mut args = to("merger:7070");
    args.ca_file = Some("nowhere/ca.crt".into());
    let error = Client::connect(&args).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot read nowhere/ca.crt");
}

#[tokio::test]
async fn a_kubeconfig_that_is_named_and_not_there_is_an_error_and_no_reason_to_look_elsewhere() {
    let args = ServerArgs {
        server: None,
        reach: ReachArgs {
            kubeconfig: Some("nowhere/config".into()),
            ..ReachArgs::default()
        },
        ..to("")
    };
    let error = Client::connect(&args).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot use kubeconfig nowhere/config");
}

#[test]
fn a_token_is_for_the_merger_of_the_installation_alone() {
    let audience = audience(&"west".parse().unwrap());
    assert_eq!(audience, "merger.west.services.tributary.dev");
}
