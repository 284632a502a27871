//! The examples, each in one go.

use std::path::{Path, PathBuf};

use crate::scratch::judged;
use crate::status::{Statuses, conditions, status};

pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(name)
}

async fn statuses(name: &str) -> Statuses {
    judged(&example(name)).await.statuses
}

/// What the user's document promises of a listener that serves.
const SERVES: [&str; 4] = [
    "Accepted=True/Accepted",
    "Programmed=True/Programmed",
    "Conflicted=False/NoConflicts",
    "ResolvedRefs=True/ResolvedRefs",
];

/// The order of conditions is nobody's promise.
#[track_caller]
fn check(statuses: &Statuses, path: &str, pointer: &str, expected: &[&str]) {
    let status = status(statuses, path);
    let of = status
        .pointer(pointer)
        .unwrap_or_else(|| panic!("{path} has no {pointer}: {status:#}"));
    let mut got = conditions(of);
    let mut expected = expected.to_vec();
    got.sort_unstable();
    expected.sort_unstable();
    assert_eq!(got, expected, "{path} {pointer}");
}

#[tokio::test]
async fn up_once_judges_every_example() {
    let folders = std::fs::read_dir(example("")).unwrap().map(Result::unwrap);
    let mut names: Vec<_> = folders
        .map(|folder| folder.file_name().into_string().unwrap())
        .collect();
    // Programs that ask.
    names.retain(|name| name != "clients");
    names.sort_unstable();
    assert!(names.contains(&"listenersets".to_owned()), "{names:?}");
    for name in names {
        let statuses = statuses(&name).await;
        assert!(
            statuses.keys().any(|path| path.starts_with("gateway/")),
            "{name}: {:?}",
            statuses.keys()
        );
    }
}

#[tokio::test]
async fn the_documents_example_has_the_documents_status() {
    let statuses = statuses("listenersets").await;
    let gateway = status(&statuses, "gateway/infra/my-gateway.yaml");
    assert_eq!(gateway["attachedListenerSets"], 1, "{gateway:#}");
    assert_eq!(gateway["addresses"][0]["type"], "Hostname", "{gateway:#}");
    let address = gateway["addresses"][0]["value"].as_str().unwrap();
    assert!(address.ends_with(".elb.amazonaws.com"), "{address}");

    let path = "listenerset/infra/app-listeners.yaml";
    let set = status(&statuses, path);
    check(&statuses, path, "", &SERVES[..2]);
    for (index, (name, attached)) in [("app-http", 1), ("app-https", 0)].into_iter().enumerate() {
        let listener = &set["listeners"][index];
        assert_eq!(listener["name"], name, "{set:#}");
        assert_eq!(listener["attachedRoutes"], attached, "{set:#}");
        check(&statuses, path, &format!("/listeners/{index}"), &SERVES);
    }
    let gateways_own = "/listeners/0";
    check(
        &statuses,
        "gateway/infra/my-gateway.yaml",
        gateways_own,
        &SERVES,
    );
    assert_eq!(gateway["listeners"][0]["attachedRoutes"], 1, "{gateway:#}");
}

#[tokio::test]
async fn a_conflict_costs_the_younger_set_its_listeners_and_no_other() {
    let statuses = statuses("conflict").await;
    check(
        &statuses,
        "listenerset/team-blue/shop.yaml",
        "/listeners/0",
        &SERVES,
    );
    let green = status(&statuses, "listenerset/team-green/shop.yaml");
    let accepted = conditions(&green);
    assert!(
        accepted.contains(&"Accepted=True/ListenersNotValid".to_owned()),
        "{accepted:?}"
    );
    for (index, reason) in ["HostnameConflict", "HostnameConflict", "ProtocolConflict"]
        .into_iter()
        .enumerate()
    {
        let listener = conditions(&green["listeners"][index]);
        let conflicted = format!("Conflicted=True/{reason}");
        assert!(listener.contains(&conflicted), "{listener:?}");
    }
    check(
        &statuses,
        "listenerset/team-green/shop.yaml",
        "/listeners/3",
        &SERVES,
    );
}
