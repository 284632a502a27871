//! The way to the real AWS leads through the proxy that the environment names.

use std::io::ErrorKind;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::address;
use crate::examples::example;
use crate::process::Process;
use crate::system::words;

/// The proxy lets nothing through, so no request is ever sent to AWS.
#[tokio::test]
async fn the_real_aws_is_called_through_the_proxy_of_the_environment() {
    let proxy = TcpListener::bind((address::host(), 0)).await.unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let folder = TempDir::new().unwrap();
    let mut args = words(&[
        "up",
        "--aws",
        "real",
        "--cluster",
        "c",
        "--region",
        "us-west-2",
    ]);
    args.extend(words(&[
        "--grpc-listen",
        &address::free(address::host()).to_string(),
    ]));
    args.extend([
        "--state-dir".into(),
        folder.path().join("state").into_os_string(),
    ]);
    args.extend(["--source".into(), example("listenersets").into_os_string()]);
    let environment = [
        ("HTTPS_PROXY", &*url),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
    ];
    let up = Process::start_in(&environment, "tributary", &args, &folder.path().join("log"));
    let asked = async {
        let (stream, _) = proxy.accept().await.unwrap();
        let mut request = [0; 256];
        loop {
            stream.readable().await.unwrap();
            match stream.try_read(&mut request) {
                Ok(length) => break String::from_utf8_lossy(&request[..length]).into_owned(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
        }
    };
    let request = tokio::time::timeout(Duration::from_mins(1), asked).await;
    let request = request.expect("nobody asks the proxy");
    let host = request.strip_prefix("CONNECT ").expect(&request);
    let (host, _) = host.split_once(' ').expect(&request);
    assert!(host.ends_with(".us-west-2.amazonaws.com:443"), "{host}");
    up.terminate();
}
