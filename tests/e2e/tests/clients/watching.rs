//! `watch`: without a gap and without saying anything twice, over lost connections and restarts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tributary_tests_e2e::process::Process;
use tributary_tests_e2e::relay::Relay;
use tributary_tests_e2e::system::{Part, System, words};
use tributary_tests_e2e::until;

use crate::client::{CLIENTS, Client, certified, lines, told_by_get};
use crate::world::{self, set, write};

/// A client that watches through a relay.
struct Watcher {
    client: Client,
    relay: Relay,
    _process: Process,
    out: PathBuf,
    log: PathBuf,
}

/// What a client has told so far.
#[derive(Debug, Default, PartialEq)]
struct Told {
    /// What it adds up to.
    now: BTreeMap<String, Value>,
    /// What came and what went, `+` and `-`, in order for each.
    comings: BTreeMap<String, String>,
}

fn name(listener: &Value) -> String {
    format!("{} {}", listener["owner"], listener["listener"])
}

impl Watcher {
    async fn start(client: Client, system: &System, folder: &TempDir) -> Self {
        let relay = Relay::to(system.merger).await;
        let args = [words(&["watch"]), certified(system, relay.address)].concat();
        let out = folder.path().join(format!("{client:?}.out"));
        let log = folder.path().join(format!("{client:?}.log"));
        Self {
            client,
            _process: Process::start_other(&client.program(), &args, &out, &log),
            relay,
            out,
            log,
        }
    }

    /// Adds up what was told. Nothing is told that was known.
    fn told(&self) -> Told {
        let text = std::fs::read_to_string(&self.out).unwrap();
        // A line may be half written.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut told = Told::default();
        for change in lines(whole) {
            let listener = change["listener"].clone();
            let name = name(&listener);
            let comings = told.comings.entry(name.clone()).or_default();
            let before = match change["type"].as_str().unwrap() {
                "DELETED" => {
                    comings.push('-');
                    let before = told.now.remove(&name);
                    assert_eq!(before.as_ref(), Some(&listener), "{change}");
                    continue;
                }
                kind => (kind, told.now.insert(name, listener.clone())),
            };
            match before {
                ("ADDED", None) => comings.push('+'),
                ("MODIFIED", Some(before)) => {
                    assert_ne!(before, listener, "{:?} says it twice", self.client);
                }
                other => panic!("{:?}: {change} after {other:?}", self.client),
            }
        }
        told
    }

    /// How often everything was listed.
    fn listings(&self) -> usize {
        let log = std::fs::read_to_string(&self.log).unwrap();
        log.lines()
            .filter(|line| line.starts_with("listed: "))
            .count()
    }

    fn is_cut_off(&self) -> bool {
        let log = std::fs::read_to_string(&self.log).unwrap();
        log.lines().any(|line| line.starts_with("lost: "))
    }
}

/// All of them tell what `get` tells, and came to it by the same comings and goings.
async fn all_tell_the_same(system: &System, watchers: &[Watcher]) {
    let listeners = told_by_get(system).await;
    let expected: BTreeMap<String, Value> = listeners
        .into_iter()
        .map(|listener| (name(&listener), listener))
        .collect();
    for watcher in watchers {
        let what = format!("{:?} tells {expected:#?}", watcher.client);
        until(&what, async || watcher.told().now == expected).await;
    }
    let first = watchers[0].told();
    for watcher in watchers {
        assert_eq!(watcher.told(), first, "{:?}", watcher.client);
    }
}

#[tokio::test]
async fn a_watch_has_no_gap_and_says_nothing_twice() {
    let mut system = world::system().await;
    let folder = TempDir::new().unwrap();
    let mut watchers = Vec::new();
    for client in CLIENTS {
        watchers.push(Watcher::start(client, &system, &folder).await);
    }
    all_tell_the_same(&system, &watchers).await;

    // As it happens.
    let more = [
        ("own", 8081, "blue.example.com"),
        ("late", 8083, "late.example.com"),
    ];
    write(&system, "blue.yaml", &set("blue", 1, &more));
    system.settled().await;
    all_tell_the_same(&system, &watchers).await;

    // While nobody can be reached: one comes, one goes, one changes. Nothing is listed again for it.
    for watcher in &watchers {
        watcher.relay.cut();
    }
    for watcher in &watchers {
        until("it is cut off", async || watcher.is_cut_off()).await;
    }
    let other = [
        ("own", 8081, "azure.example.com"),
        ("new", 8084, "new.example.com"),
    ];
    write(&system, "blue.yaml", &set("blue", 1, &other));
    system.settled().await;
    for watcher in &watchers {
        watcher.relay.mend();
    }
    all_tell_the_same(&system, &watchers).await;
    for watcher in &watchers {
        assert_eq!(
            watcher.listings(),
            1,
            "{:?} goes on where it was",
            watcher.client
        );
    }

    // While there is no merger; the next one knows nothing of where they were.
    system.kill(Part::Merger);
    let last = [
        ("new", 8084, "newer.example.com"),
        ("last", 8085, "last.example.com"),
    ];
    write(&system, "blue.yaml", &set("blue", 1, &last));
    system.start(Part::Merger);
    system.settled().await;
    for watcher in &watchers {
        until("it has listed again", async || watcher.listings() == 2).await;
    }
    all_tell_the_same(&system, &watchers).await;
    let comings = watchers[0].told().comings;
    let of = |listener: &str| {
        let mut of = comings
            .iter()
            .filter(|(name, _)| name.contains("\"blue\"") && name.ends_with(listener));
        of.next().map(|(_, comings)| comings.as_str())
    };
    for (listener, expected) in [
        ("\"shop\"", "+-"),
        ("\"late\"", "+-"),
        ("\"own\"", "+-"),
        ("\"new\"", "+"),
        ("\"last\"", "+"),
    ] {
        assert_eq!(of(listener), Some(expected), "{listener} in {comings:#?}");
    }
}

#[tokio::test]
async fn a_watch_with_a_filter_tells_what_passes_and_what_no_longer_does() {
    let system = world::system().await;
    let folder = TempDir::new().unwrap();
    let filter = words(&["--state", "Conflicted"]);
    for client in CLIENTS {
        let (out, log) = (
            folder.path().join("out"),
            folder.path().join(format!("{client:?}.log")),
        );
        let args = [
            words(&["watch"]),
            certified(&system, system.merger),
            filter.clone(),
        ]
        .concat();
        let _process = Process::start_other(&client.program(), &args, &out, &log);
        let types = || {
            let text = std::fs::read_to_string(&out).unwrap();
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            let changes = lines(whole);
            let types = changes
                .iter()
                .map(|change| change["type"].as_str().unwrap().to_owned())
                // Why it lost may be worded anew while the other is programmed.
                .filter(|of| of != "MODIFIED");
            types.collect::<Vec<_>>().join(" ")
        };
        until("the loser is told", async || types() == "ADDED").await;
        let alone = [("shop", 80, "blue.example.com")];
        write(&system, "blue.yaml", &set("blue", 1, &alone));
        until("it has won", async || types() == "ADDED DELETED").await;
        let again = [("shop", 80, "shop.example.com")];
        write(&system, "blue.yaml", &set("blue", 1, &again));
        until("it has lost again", async || {
            types() == "ADDED DELETED ADDED"
        })
        .await;
    }
}

/// The kernel goes on taking bytes for a merger that is stopped: only a question that it does not answer shows it.
#[tokio::test]
async fn a_merger_that_hangs_is_noticed() {
    let system = world::system().await;
    let folder = TempDir::new().unwrap();
    let mut watchers = Vec::new();
    for client in CLIENTS {
        watchers.push(Watcher::start(client, &system, &folder).await);
    }
    all_tell_the_same(&system, &watchers).await;
    system.signal(Part::Merger, Signal::STOP);
    let stopped = Instant::now();
    for watcher in &watchers {
        let client = watcher.client;
        until("it is told to be lost", async || watcher.is_cut_off()).await;
        // How soon is in BENCHMARKS.md: within five seconds. The machine may be busy.
        let noticed = stopped.elapsed();
        println!("{client:?}: noticed after {noticed:?}");
        assert!(noticed < Duration::from_secs(15), "{client:?}: {noticed:?}");
    }
    system.signal(Part::Merger, Signal::CONT);
    let more = [
        ("own", 8081, "blue.example.com"),
        ("late", 8083, "late.example.com"),
    ];
    write(&system, "blue.yaml", &set("blue", 1, &more));
    system.settled().await;
    all_tell_the_same(&system, &watchers).await;
}
