//! What is seen of a service from outside: logs, traces, metrics, readiness.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::Value;

use crate::collector::Collector;
use crate::system::{FIVE, Part, System, words};
use crate::teams::Teams;
use crate::until;
use crate::web::{get, until_status};

#[tokio::test]
async fn services_log_one_json_object_a_line() {
    let mut system = System::new();
    system.more = words(&["--log-format", "json"]);
    Teams::new().write(&system.source());
    for part in [Part::Sandbox].into_iter().chain(FIVE) {
        system.start(part);
    }
    system.settled().await;
    for part in FIVE {
        assert_eq!(system.stop(part).await, Some(0), "{part:?}");
        let log = system.log(part);
        assert!(!log.is_empty(), "{part:?}");
        for line in log.lines() {
            let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
            for field in ["timestamp", "level", "target", "message"] {
                assert!(line[field].is_string(), "{part:?}: {field}: {line}");
            }
        }
    }
}

#[tokio::test]
async fn one_trace_goes_from_a_change_to_the_call_of_aws_and_the_status() {
    let collector = Collector::start().await;
    let mut system = System::new();
    let endpoint = format!("http://{}", collector.address);
    system.more = words(&["--otlp-endpoint", &endpoint]);
    let mut teams = Teams::new();
    for part in [Part::Sandbox].into_iter().chain(FIVE) {
        system.start(part);
    }
    teams.write(&system.source());
    system.settled().await;
    // A change, since a first listing is many.
    teams.edit(&mut fastrand::Rng::with_seed(3));
    teams.repair();
    teams.write(&system.source());
    system.settled().await;
    // The last spans leave at the stop.
    for part in FIVE {
        assert_eq!(system.stop(part).await, Some(0), "{}", system.log(part));
    }
    // From the change in the source to the call of AWS and the status.
    let way: BTreeSet<String> = [
        "watcher read",
        "merger receive",
        "alb-programmer program",
        "alb-programmer aws",
        "status-writer receive",
        "status-writer write",
    ]
    .map(|span| format!("tributary-{span}"))
    .into();
    let traces = collector.traces();
    assert!(
        traces.iter().any(|spans| way.is_subset(spans)),
        "{traces:#?}"
    );
    // The log says it once: what is in a line's fields is not in spans before it, too.
    let log = system.log(Part::StatusWriter);
    let written: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("status written"))
        .collect();
    assert!(!written.is_empty(), "{log}");
    for line in written {
        assert!(!line.contains('{'), "{line}");
    }
}

#[tokio::test]
async fn a_service_is_ready_when_it_can_do_its_work_and_not_before() {
    let mut system = System::new();
    Teams::new().write(&system.source());
    let mut ports = Vec::new();
    // Alone, each but the watcher lacks its peer.
    let mut order = FIVE;
    order.reverse();
    for part in order {
        let admin = system.start_with_admin(part);
        let page = move |page: &str| format!("http://{admin}/{page}");
        until_status(&page("livez"), 200).await;
        if part != Part::Watcher {
            let readyz = page("readyz");
            let says_why = async || {
                let (status, text) = get(&readyz).await.unwrap();
                assert_eq!(status, 503, "{part:?}: {text}");
                text.lines().count() > 1
            };
            until("it says on what it waits", says_why).await;
        }
        ports.push((part, admin));
    }
    system.start(Part::Sandbox);
    for (part, admin) in &ports {
        until_status(&format!("http://{admin}/readyz"), 200).await;
        let (status, text) = get(&format!("http://{admin}/metrics")).await.unwrap();
        assert_eq!(status, 200, "{part:?}");
        assert!(text.contains("# TYPE tributary_"), "{part:?}: {text}");
        assert!(text.ends_with("# EOF\n"), "{part:?}: {text}");
    }
}

#[tokio::test]
async fn up_has_one_admin_port_for_all() {
    let mut system = System::new();
    Teams::new().write(&system.source());
    let admin: SocketAddr = system.start_with_admin(Part::Up);
    until_status(&format!("http://{admin}/readyz"), 200).await;
    let (_, text) = get(&format!("http://{admin}/metrics")).await.unwrap();
    for metric in ["tributary_stream_subscribers", "tributary_status_writes"] {
        assert!(text.contains(metric), "{metric}: {text}");
    }
}
