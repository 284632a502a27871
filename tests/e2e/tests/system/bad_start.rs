//! Commands that cannot do what they are told: a message that names what is wrong, and an exit code that is not 0.

use std::ffi::OsString;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use tempfile::TempDir;
use tributary_tests_e2e::kubernetes::unserved::{IN_A_CLUSTER, all_wait_for_it, in_a_cluster};

use crate::address;
use crate::examples::example;
use crate::process::{Ended, run};
use crate::status::{self, conditions};
use crate::system::words;

/// Ends with this code, says all of this on stderr, and neither panics nor shows its own insides.
#[track_caller]
fn assert_refused(ended: &Ended, code: i32, said: &[&str], what: &str) {
    let Ended {
        code: got, stderr, ..
    } = ended;
    assert_eq!(*got, Some(code), "{what}: {stderr}");
    for said in said {
        assert!(stderr.contains(said), "{what}: {said}: {stderr}");
    }
    assert!(!stderr.contains("panicked"), "{what}: {stderr}");
}

/// `up --once` of the document's example with its own folders, and more arguments.
async fn up(folder: &Path, more: &[OsString]) -> Ended {
    let mut args = words(&["up", "--once", "--source"]);
    args.push(example("listenersets").into_os_string());
    let free = address::free(address::host()).to_string();
    for (flag, value) in [
        ("--grpc-listen", free.into()),
        ("--state-dir", folder.join("state").into_os_string()),
        ("--status-dir", folder.join("status").into_os_string()),
    ] {
        if !more.contains(&flag.into()) {
            args.extend([flag.into(), value]);
        }
    }
    args.extend_from_slice(more);
    run("tributary", &args).await
}

/// A port that is in use as long as the listener lives.
fn taken() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind((address::host(), 0)).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let folder = TempDir::new().unwrap();
    let (_listener, address) = taken();
    let address = address.to_string();
    let said = [&*address, "in use"];
    for flag in ["--grpc-listen", "--sandbox-listen", "--admin-listen"] {
        let ended = up(folder.path(), &words(&[flag, &address])).await;
        assert_refused(&ended, 1, &said, flag);
    }
    let source = example("listenersets");
    let source = source.to_str().unwrap();
    let status = folder.path().join("status");
    let status = status.to_str().unwrap();
    for (program, args) in [
        ("tributary-sandbox", vec!["--listen", &address]),
        (
            "tributary-watcher",
            vec!["--source", source, "--grpc-listen", &address],
        ),
        ("tributary-merger", vec!["--grpc-listen", &address]),
        (
            "tributary-alb-programmer",
            vec!["--source", source, "--admin-listen", &address],
        ),
        (
            "tributary-nlb-programmer",
            vec!["--source", source, "--admin-listen", &address],
        ),
        (
            "tributary-status-writer",
            vec!["--status-dir", status, "--admin-listen", &address],
        ),
    ] {
        assert_refused(&run(program, &words(&args)).await, 1, &said, program);
    }
}

/// Below a file there is no folder, for root neither; in /proc there is none to be made.
#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for place in [file.join("below"), "/proc/nobody".into()] {
        let said = [place.to_str().unwrap()];
        for flag in ["--state-dir", "--status-dir"] {
            let ended = up(folder.path(), &[flag.into(), place.clone().into()]).await;
            assert_refused(&ended, 1, &said, flag);
        }
        let args = words(&["--status-dir", said[0]]);
        let ended = run("tributary-status-writer", &args).await;
        assert_refused(&ended, 1, &said, "status-writer");
    }
}

/// One status that cannot be written costs itself and the exit code.
#[tokio::test]
async fn a_status_that_cannot_be_written_is_named() {
    let folder = TempDir::new().unwrap();
    let in_its_place = folder.path().join("status/listenerset");
    std::fs::create_dir_all(folder.path().join("status")).unwrap();
    std::fs::write(&in_its_place, "").unwrap();
    let ended = up(folder.path(), &words(&["--timeout", "5s"])).await;
    let said = [
        "pending: status of ListenerSet infra/app-listeners",
        in_its_place.to_str().unwrap(),
    ];
    assert_refused(&ended, 1, &said, "one status");
    let statuses = status::read(&folder.path().join("status"));
    let route = status::status(&statuses, "httproute/infra/app-route.yaml");
    assert_eq!(
        conditions(&route["parents"][0]),
        ["Accepted=True/Accepted", "ResolvedRefs=True/ResolvedRefs"]
    );
}

#[tokio::test]
async fn an_aws_that_does_not_answer_is_named_on_stderr_and_in_status() {
    let folder = TempDir::new().unwrap();
    let nobody = address::free(address::host());
    let aws = format!("http://{nobody}");
    let ended = up(folder.path(), &words(&["--timeout", "5s", "--aws", &aws])).await;
    let said = [
        "pending: load balancer alb infra/my-gateway",
        "Connection refused",
    ];
    assert_refused(&ended, 1, &said, &aws);
    let statuses = status::read(&folder.path().join("status"));
    let gateway = status::status(&statuses, "gateway/infra/my-gateway.yaml");
    assert!(
        gateway["conditions"]
            .to_string()
            .contains("Connection refused"),
        "{gateway}"
    );
    let set = status::status(&statuses, "listenerset/infra/app-listeners.yaml");
    for listener in set["listeners"].as_array().unwrap() {
        let conditions = conditions(listener);
        assert!(
            conditions.contains(&"Accepted=True/Accepted".to_owned()),
            "{listener}"
        );
        assert!(
            conditions.contains(&"Programmed=False/Pending".to_owned()),
            "{listener}"
        );
        // What was not seen is not missing.
        assert!(
            conditions.contains(&"ResolvedRefs=True/ResolvedRefs".to_owned()),
            "{listener}"
        );
    }
}

#[tokio::test]
async fn wrong_flags_are_named() {
    for (args, code, said) in [
        ("frobnicate", 2, vec!["frobnicate"]),
        ("up --sauce x", 2, vec!["--sauce"]),
        ("up --timeout 5parsecs", 2, vec!["--timeout", "5parsecs"]),
        ("up -o xml", 2, vec!["--output", "xml"]),
        ("up --aws ftp://x", 2, vec!["--aws", "ftp://x"]),
        ("up --aws http://", 2, vec!["--aws", "http://"]),
        (
            "up --grpc-listen nonsense",
            2,
            vec!["--grpc-listen", "nonsense"],
        ),
        ("up --log ===", 1, vec!["--log", "==="]),
        (
            "up --source /nowhere/at/all",
            1,
            vec!["--source", "/nowhere/at/all"],
        ),
        (
            "up --source kubernetes",
            1,
            vec!["no API server", "kubeconfig"],
        ),
        (
            "up --source kubernetes --kubeconfig nowhere",
            1,
            vec!["kubeconfig nowhere", "No such file"],
        ),
        (
            "up --source kubernetes --kubeconfig Cargo.toml",
            1,
            vec!["kubeconfig Cargo.toml"],
        ),
        (
            "up --source kubernetes --status-dir x",
            1,
            vec!["--status-dir"],
        ),
        (
            "watcher --source kubernetes --state-dir x",
            1,
            vec!["--state-dir", "--source kubernetes"],
        ),
        (
            "watcher --source . --kubeconfig x",
            1,
            vec!["--kubeconfig", "--source ."],
        ),
        (
            "up --sandbox-listen 0.0.0.0:0 --source /",
            1,
            vec!["0.0.0.0:0", "loopback"],
        ),
        (
            "up --otlp-endpoint %% --source /",
            1,
            vec!["--otlp-endpoint", "%%"],
        ),
        ("get widgets", 2, vec!["widgets", "listenersets"]),
        ("get listeners --server %%", 1, vec!["%%"]),
        ("get listeners --server 127.0.0.1:1", 1, vec!["127.0.0.1:1"]),
        (
            "explain widget a/b --server 127.0.0.1:1",
            1,
            vec!["widget", "listenerset"],
        ),
        ("explain gateway a --server 127.0.0.1:1", 1, vec!["NS/NAME"]),
        (
            "wait --timeout 0s --server 127.0.0.1:1",
            1,
            vec!["127.0.0.1:1"],
        ),
        (
            "sandbox --listen 192.0.2.1:1",
            1,
            vec!["192.0.2.1:1", "loopback"],
        ),
        ("watcher", 2, vec!["--source"]),
        ("merger --watcher nonsense", 1, vec!["nonsense"]),
        (
            "merger --gates-listen 127.0.0.1:0",
            1,
            vec!["--gates-listen", "--tls-dir"],
        ),
        ("merger --gates-for elb", 2, vec!["--gates-for", "elb"]),
        (
            "certificates --hosts nobody=a",
            2,
            vec!["--hosts", "nobody=a", "merger"],
        ),
        (
            "status-writer --status-dir . --merger ftp://x",
            1,
            vec!["ftp://x"],
        ),
        (
            "status-writer --status-dir . --leader-election",
            1,
            vec!["--leader-election", "--kubernetes"],
        ),
        (
            "alb-programmer --source . --merger nonsense",
            1,
            vec!["nonsense"],
        ),
        (
            "nlb-programmer --source . --aws nonsense",
            2,
            vec!["--aws", "nonsense"],
        ),
    ] {
        let words: Vec<&str> = args.split(' ').collect();
        assert_refused(
            &run("tributary", &self::words(&words)).await,
            code,
            &said,
            args,
        );
    }
}

#[tokio::test]
async fn a_kubeconfig_that_cannot_be_used_is_named() {
    let folder = TempDir::new().unwrap();
    let missing = folder.path().join("missing");
    let no_yaml = folder.path().join("no-yaml");
    std::fs::write(&no_yaml, "clusters: [").unwrap();
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "apiVersion: v1\nkind: Config\n").unwrap();
    let no_token = folder.path().join("no-token");
    let nobody = address::free(address::host());
    let token_file = missing.to_str().unwrap();
    std::fs::write(
        &no_token,
        kubeconfig(nobody, &format!("tokenFile: {token_file}")),
    )
    .unwrap();
    for kubeconfig in [&missing, &no_yaml, &empty, &no_token] {
        for (program, args) in IN_A_CLUSTER {
            let ended = run(program, &in_a_cluster(program, args, kubeconfig)).await;
            // Of a kubeconfig that is good itself it is the file that is not.
            let named = if kubeconfig == &no_token {
                &missing
            } else {
                kubeconfig
            };
            let said = [named.to_str().unwrap()];
            assert_refused(&ended, 1, &said, &format!("{program} {kubeconfig:?}"));
        }
    }
}

fn kubeconfig(server: SocketAddr, user: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
current-context: it
contexts: [{{ name: it, context: {{ cluster: it, user: it }} }}]
clusters: [{{ name: it, cluster: {{ server: 'https://{server}' }} }}]
users: [{{ name: it, user: {{ {user} }} }}]
"
    )
}

/// It may come: whoever needs it waits, is not ready, and says so once.
#[tokio::test]
async fn an_api_server_that_does_not_answer_is_waited_for() {
    let folder = TempDir::new().unwrap();
    let nobody = address::free(address::host());
    let path = folder.path().join("kubeconfig");
    std::fs::write(&path, kubeconfig(nobody, "token: it")).unwrap();
    all_wait_for_it(&path, "Connect", &["Connection refused"]).await;
}
