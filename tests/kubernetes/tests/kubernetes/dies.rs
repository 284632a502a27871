//! A server does not outlive its parent.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use tributary_tests_kubernetes::cluster::address;
use tributary_tests_kubernetes::wait::until;

#[tokio::test]
async fn a_killed_parent_takes_the_server_along() {
    let mut parent = Command::new(env!("CARGO_BIN_EXE_tributary-tests-kubernetes"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(parent.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let kubeconfig = Path::new(line.trim_end().strip_prefix("export KUBECONFIG=").unwrap());
    let address = address(kubeconfig);
    assert!(TcpStream::connect(&address).is_ok());

    // SIGKILL: it can do nothing about it any more.
    parent.kill().unwrap();
    parent.wait().unwrap();
    until("the server is gone, and its folder with it", async || {
        let gone = TcpStream::connect(&address).is_err() && !kubeconfig.exists();
        gone.then_some(())
    })
    .await;
}
