//! The programs by themselves, with an API server that does not serve them: whatever the reason, they do the same.

use std::ffi::OsString;
use std::path::Path;

use tempfile::TempDir;

use super::installation::STOP_DEADLINE;
use crate::process::Process;
use crate::system::words;
use crate::web::{get, until_status};
use crate::{address, until};

/// The five as they run in a cluster, for what they need an API server.
pub const IN_A_CLUSTER: [(&str, &str); 5] = [
    ("tributary-watcher", "--source kubernetes"),
    ("tributary-merger", "--leader-election"),
    ("tributary-alb-programmer", "--source kubernetes"),
    ("tributary-nlb-programmer", "--source kubernetes"),
    ("tributary-status-writer", "--kubernetes --leader-election"),
];

/// A program's arguments, each of its addresses a free one.
pub fn in_a_cluster(program: &str, args: &str, kubeconfig: &Path) -> Vec<OsString> {
    let mut args = words(&args.split(' ').collect::<Vec<_>>());
    let host = address::host();
    for flag in ["--grpc-listen", "--admin-listen"] {
        let serves = flag == "--admin-listen"
            || ["tributary-watcher", "tributary-merger"].contains(&program);
        if serves {
            args.extend(words(&[flag, &address::free(host).to_string()]));
        }
    }
    args.push("--kubeconfig".into());
    args.push(kubeconfig.into());
    args
}

/// Starts each of them: it tries again and again, is alive and not ready, has told of it in one line, the only one
/// with the word `about`, which says all the rest, too, and stops when it is told to.
pub async fn all_wait_for_it(kubeconfig: &Path, about: &str, said: &[&str]) {
    let folder = TempDir::new().unwrap();
    for (program, args) in IN_A_CLUSTER {
        // It asks for its Lease when it has something to lead with, and no watcher has anything for it here.
        if program == "tributary-merger" {
            continue;
        }
        let args = in_a_cluster(program, args, kubeconfig);
        let admin = admin(&args);
        let log_file = folder.path().join(program);
        let process = Process::start(program, &args, &log_file);
        let log = || std::fs::read_to_string(&log_file).unwrap();
        until(program, async || failures(&admin).await >= 3.0).await;
        until_status(&format!("http://{admin}/readyz"), 503).await;
        until_status(&format!("http://{admin}/livez"), 200).await;
        let told = log();
        let lines: Vec<_> = told.lines().filter(|line| line.contains(about)).collect();
        assert_eq!(lines.len(), 1, "{program}: {told}");
        for said in said {
            assert!(lines[0].contains(said), "{program}: {said}: {told}");
        }
        process.terminate();
        let status = process.ended(STOP_DEADLINE).await;
        assert_eq!(status.code(), Some(0), "{program}: {}", log());
    }
}

/// Where a program of these arguments says how it is.
pub fn admin(args: &[OsString]) -> String {
    let flag = args.iter().position(|arg| arg == "--admin-listen").unwrap();
    args[flag + 1].to_str().unwrap().to_owned()
}

/// How many requests to the API server have failed, by the program's metrics.
async fn failures(admin: &str) -> f64 {
    let Ok((_, metrics)) = get(&format!("http://{admin}/metrics")).await else {
        return 0.0;
    };
    let lines = metrics.lines().filter(|line| {
        [
            "tributary_watch_failures_total{",
            "tributary_lease_failures_total{",
        ]
        .iter()
        .any(|series| line.starts_with(series))
    });
    let values = lines.filter_map(|line| line.rsplit(' ').next());
    values.map(|value| value.parse::<f64>().unwrap()).sum()
}
