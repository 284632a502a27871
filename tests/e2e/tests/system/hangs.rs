//! A merger that hangs with open connections (SIGSTOP: the kernel goes on taking bytes for it): whoever follows it goes to
//! another one, and who asks is told. How soon is printed (BENCHMARKS.md); it should be within five seconds, and three times that
//! fails: the machine may be busy, and who does not look whether a server hangs waits for minutes.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tributary_tests_e2e::address;
use tributary_tests_e2e::trust::Authority;

use crate::process::{Process, run};
use crate::system::{Part, System, words};
use crate::teams::Teams;
use crate::until;

/// Nobody waits longer for a server that hangs.
const SLOW: Duration = Duration::from_secs(15);

/// A follower of two mergers.
struct Follower {
    program: &'static str,
    log: PathBuf,
    _process: Process,
}

impl Follower {
    /// How often it has said so.
    fn said(&self, what: &str) -> usize {
        let log = std::fs::read_to_string(&self.log).unwrap();
        log.lines().filter(|line| line.contains(what)).count()
    }
}

async fn check(authority: Option<&Authority>) {
    let mut system = System::new();
    if let Some(authority) = authority {
        system.certify(authority);
    }
    Teams::new().write(&system.source());
    for part in [Part::Sandbox, Part::Watcher, Part::Merger] {
        system.start(part);
    }
    until("the first merger has merged", async || {
        system.is_merged().await
    })
    .await;
    let scheme = if authority.is_some() { "https" } else { "http" };
    let next = address::free(system.merger.ip());
    let folder = tempfile::TempDir::new().unwrap();
    let mut args = words(&[
        "--watcher",
        &format!("{scheme}://{}", system.watcher),
        "--grpc-listen",
        &next.to_string(),
    ]);
    args.extend(system.certified("merger"));
    let both = format!("{scheme}://{},{scheme}://{next}", system.merger);
    let sandbox = format!("http://{}", system.sandbox);
    let (status, source) = (system.status(), system.source());
    let mut followers = Vec::new();
    for (program, service, more) in [
        (
            "tributary-status-writer",
            "status-writer",
            ["--status-dir", status.to_str().unwrap()].as_slice(),
        ),
        (
            "tributary-alb-programmer",
            "alb-programmer",
            &["--aws", &sandbox, "--source", source.to_str().unwrap()],
        ),
    ] {
        let log = folder.path().join(service);
        let args = [
            words(&["--merger", &both]),
            words(more),
            system.certified(service),
        ]
        .concat();
        followers.push(Follower {
            program,
            _process: Process::start(program, &args, &log),
            log,
        });
    }
    let ask = async |servers: &str| {
        let mut args = words(&["get", "listeners", "-o", "json", "--server", servers]);
        args.extend(system.certified("client"));
        let begun = Instant::now();
        (run("tributary", &args).await, begun.elapsed())
    };
    let next = next.to_string();
    let first = system.merger.to_string();
    until("the statuses are written", async || {
        !system.statuses().is_empty()
    })
    .await;
    // Started later, so that it counts as the later leader, and so that everybody follows the first.
    let _next = Process::start("tributary-merger", &args, &folder.path().join("next"));
    for server in [&first, &next] {
        until("the merger answers", async || {
            ask(server).await.0.code == Some(0)
        })
        .await;
    }

    let (down, up) = ("stream is down", "stream is up again");
    let before: Vec<_> = followers
        .iter()
        .map(|follower| (follower.said(down), follower.said(up)))
        .collect();
    system.signal(Part::Merger, Signal::STOP);
    let stopped = Instant::now();
    for (follower, (was_down, _)) in followers.iter().zip(&before) {
        let program = follower.program;
        until("it has noticed", async || follower.said(down) > *was_down).await;
        let noticed = stopped.elapsed();
        println!("{program}: noticed after {noticed:?}");
        assert!(noticed < SLOW, "{program}: {noticed:?}");
    }
    for (follower, (_, was_up)) in followers.iter().zip(&before) {
        let program = follower.program;
        until("it follows the other", async || follower.said(up) > *was_up).await;
        let follows = stopped.elapsed();
        println!("{program}: follows another after {follows:?}");
        assert!(follows < SLOW, "{program}: {follows:?}");
    }
    let (alone, lasted) = ask(&first).await;
    println!("get: told after {lasted:?}: {}", alone.stderr);
    assert_eq!(alone.code, Some(1), "{}", alone.stderr);
    assert!(lasted < SLOW, "{lasted:?}");
    let (answered, lasted) = ask(&format!("{first},{next}")).await;
    println!("get: answered by the other after {lasted:?}");
    assert_eq!(answered.code, Some(0), "{}", answered.stderr);
    assert!(lasted < SLOW, "{lasted:?}");
    system.signal(Part::Merger, Signal::CONT);
}

#[tokio::test]
async fn a_merger_that_hangs_is_left() {
    check(None).await;
}

#[tokio::test]
async fn a_merger_that_hangs_is_left_over_tls_too() {
    check(Some(&Authority::new())).await;
}
