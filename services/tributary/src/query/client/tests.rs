use std::io;

use tonic::Status;
use tributary_kubernetes::InstallationArgs;
use tributary_stream::Transport;

use super::{Client, uris};
use crate::args::ServerArgs;

fn client() -> Client {
    let routes = tonic::service::Routes::default();
    Client {
        server: "127.0.0.1:7070".to_owned(),
        ..Client::over(Transport::local(routes))
    }
}

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
        server: server.to_owned(),
        tls_dir: None,
        installation: InstallationArgs {
            installation: tributary_model::Installation::default(),
        },
    }
}

#[tokio::test]
async fn an_address_with_tls_needs_a_certificate() {
    let error = Client::connect(&to("https://merger:7400")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"https://merger:7400\" begins with https, which goes only with --tls-dir"
    );
}

#[tokio::test]
async fn what_is_no_address_is_named() {
    let error = Client::connect(&to("not an address")).unwrap_err();
    assert!(
        error.to_string().contains("http://not an address"),
        "{error}"
    );
}

#[test]
fn a_server_that_is_not_there_is_named_with_the_innermost_cause_and_the_remedy() {
    let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused");
    let status = Status::from_error(Box::new(io::Error::other(refused)));
    assert_eq!(
        client().failed(&status).to_string(),
        "no Tributary server at 127.0.0.1:7070 (connection refused): start one with `tributary up`, or say with \
         --server where it is"
    );
}

#[test]
fn a_server_that_refuses_is_quoted() {
    assert_eq!(
        client()
            .failed(&Status::invalid_argument("object.kind: is required"))
            .to_string(),
        "127.0.0.1:7070 answered InvalidArgument: object.kind: is required"
    );
}
