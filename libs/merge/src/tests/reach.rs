//! What the properties of this folder are worth: the random worlds they are run on have every outcome in them.

use std::collections::BTreeSet;
use std::fmt::Debug;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use tributary_model::Snapshot;
use tributary_model::desired::DesiredLoadBalancer;
use tributary_model::resolved::{Resolved, ResolvedListener, ResolvedRoute};
use tributary_testkit::random;

use crate::Merge;
use crate::Options;
use crate::merge;

const WORLDS: usize = 1_500;

const OUTCOMES: [(&str, &[&str]); 13] = [
    (
        "Gateway",
        &["Accepted", "InvalidParameters", "UnsupportedAddress"],
    ),
    ("left alone", &["Held", "ClassServed", "ClassMissing"]),
    ("class", &["Stands", "Missing", "Obsolete"]),
    (
        "ListenerSet",
        &["Admitted", "NotAllowed", "ParentNotAccepted"],
    ),
    (
        "listener",
        &["Won", "Conflicted", "UnsupportedProtocol", "Invalid"],
    ),
    ("conflict", &["Protocol", "Hostname"]),
    (
        "rival",
        &[
            "ParentGateway",
            "SameResource",
            "OlderListenerSet",
            "EarlierByName",
        ],
    ),
    (
        "reference",
        &[
            "RefNotPermitted",
            "InvalidCertificateRef",
            "InvalidCaCertificateRef",
            "InvalidCaCertificateKind",
            "InvalidRouteKinds",
            "InvalidKind",
            "BackendNotFound",
            "UnsupportedProtocol",
        ],
    ),
    (
        "parent",
        &[
            "Accepted",
            "NoMatchingParent",
            "NotAllowedByListeners",
            "NoMatchingListenerHostname",
            "UnsupportedValue",
        ],
    ),
    ("route", &["shadowed", "dropped", "degraded"]),
    ("action", &["Forward", "Redirect", "FixedResponse"]),
    ("certificate", &["Secret", "Retained", "Arn", "Discovered"]),
    ("target", &["Ip", "Instance", "awaited"]),
];

#[test]
fn the_small_worlds_reach_every_outcome() {
    let mut runner = TestRunner::deterministic();
    let changes = random::changes(60);
    let mut found = BTreeSet::new();
    for _ in 0..WORLDS {
        let mut snapshot = Snapshot::default();
        for change in changes.new_tree(&mut runner).unwrap().current() {
            snapshot.apply(change);
        }
        collect(&merge(&snapshot, Options::default()).merge, &mut found);
    }
    let wanted = OUTCOMES
        .iter()
        .flat_map(|(of, outcomes)| outcomes.iter().map(move |it| format!("{of} {it}")));
    let missing: Vec<String> = wanted.filter(|it| !found.contains(it)).collect();
    assert_eq!(missing, Vec::<String>::new());
}

fn collect(merge: &Merge, found: &mut BTreeSet<String>) {
    for (_, resolved) in merge.iter() {
        match &**resolved {
            Resolved::GatewayClass(class) => note(found, "class", &class.mark),
            Resolved::Gateway(gateway) => {
                note(found, "Gateway", &gateway.acceptance);
                listeners(&gateway.listeners, found);
            }
            Resolved::ListenerSet(set) => {
                note(found, "ListenerSet", &set.acceptance);
                listeners(&set.listeners, found);
            }
            Resolved::Route(it) => route(it, found),
        }
    }
    for left_alone in merge.facts.left_alone.values() {
        note(found, "left alone", left_alone);
    }
    for desired in merge.load_balancers().values() {
        load_balancer(desired, found);
    }
}

fn listeners(listeners: &[ResolvedListener], found: &mut BTreeSet<String>) {
    use tributary_model::resolved::ListenerOutcome;
    for listener in listeners {
        note(found, "listener", &listener.outcome);
        if let ListenerOutcome::Conflicted {
            conflict,
            rival_class,
            ..
        } = &listener.outcome
        {
            note(found, "conflict", conflict);
            note(found, "rival", rival_class);
        }
        for unresolved in &listener.unresolved_refs {
            note(found, "reference", &unresolved.cause);
        }
    }
}

fn route(route: &ResolvedRoute, found: &mut BTreeSet<String>) {
    for parent in &route.parents {
        note(found, "parent", &parent.acceptance);
        for unresolved in &parent.unresolved_refs {
            note(found, "reference", &unresolved.cause);
        }
        let has = [
            ("shadowed", parent.shadowed_by.is_some()),
            ("dropped", !parent.dropped_rules.is_empty()),
            ("degraded", !parent.degraded_rules.is_empty()),
        ];
        for (name, _) in has.into_iter().filter(|(_, has)| *has) {
            found.insert(format!("route {name}"));
        }
    }
}

fn load_balancer(desired: &DesiredLoadBalancer, found: &mut BTreeSet<String>) {
    for listener in desired.listeners.values() {
        note(found, "action", &listener.default_action);
        for rule in listener.rules.iter() {
            note(found, "action", &rule.action);
        }
        for (_, certificate) in listener.certificates() {
            note(found, "certificate", certificate);
        }
    }
    for group in desired.target_groups.values() {
        for target in &group.targets {
            note(found, "target", &target.id);
        }
        if !group.awaited.is_empty() {
            found.insert("target awaited".to_owned());
        }
    }
}

/// The name of the variant.
fn note(found: &mut BTreeSet<String>, of: &str, value: &impl Debug) {
    let text = format!("{value:?}");
    let end = text
        .find(|letter: char| !letter.is_alphanumeric())
        .unwrap_or(text.len());
    found.insert(format!("{of} {}", &text[..end]));
}
