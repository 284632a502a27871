use std::io;

use tonic::Status;
use tributary_stream::Transport;

use super::Client;

fn client() -> Client {
    let routes = tonic::service::Routes::default();
    Client {
        server: "127.0.0.1:7070".to_owned(),
        ..Client::over(Transport::local(routes))
    }
}

#[test]
fn a_server_that_is_not_there_is_named_with_the_innermost_cause_and_the_remedy() {
    let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused");
    let status = Status::from_error(Box::new(io::Error::other(refused)));
    assert_eq!(
        client().failed(&status).to_string(),
        "no Tributary server at 127.0.0.1:7070 (connection refused): start one with `tributary up`, or say where it is, \
         with --server or a kubeconfig"
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
