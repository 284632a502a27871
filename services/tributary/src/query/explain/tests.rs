use tributary_model::{Kind, ObjectKey, ObjectRef};
use tributary_proto::call::ExplainQuery;

use super::{pages, unknown, words};
use crate::query::fixtures::{lost, of, plain, served};

fn question(listener: Option<&str>) -> ExplainQuery {
    ExplainQuery {
        object: ObjectRef::new(Kind::ListenerSet, ObjectKey::new("a", "app")),
        listener: listener.map(Into::into),
    }
}

#[test]
fn a_loser_reads_its_rival_and_what_would_change_it() {
    let view = lost(of("b", "https"), 2, of("a", "https"));
    assert_eq!(
        plain(&pages(&[view.explanation])),
        "ListenerSet b/app/https
  Decision:      not served: hostname conflict with ListenerSet a/app/https
  Rule:          distinct-hostnames: Listeners of one port and protocol have different hostnames
  Rival:         ListenerSet a/app/https
  Because:       ListenerSet a/app is older
  Would change:  another port or hostname
                 the removal of ListenerSet a/app/https
"
    );
}

#[test]
fn explanations_are_a_blank_line_apart() {
    let view = served(of("a", "https"), 1);
    let text = plain(&pages(&[view.explanation.clone(), view.explanation]));
    assert_eq!(
        text,
        "ListenerSet a/app/https
  Decision:      holds its port and hostname
  Rule:          distinct-listeners: A listener is served if it conflicts with no listener before it
  Because:       1 accepted routes reach it

ListenerSet a/app/https
  Decision:      holds its port and hostname
  Rule:          distinct-listeners: A listener is served if it conflicts with no listener before it
  Because:       1 accepted routes reach it
"
    );
}

#[test]
fn a_good_decision_is_green_and_a_bad_one_red() {
    let good = pages(&[served(of("a", "https"), 1).explanation]);
    assert!(good.contains("\u{1b}[32mholds its port"), "{good}");
    let bad = pages(&[lost(of("b", "https"), 2, of("a", "https")).explanation]);
    assert!(bad.contains("\u{1b}[31mnot served"), "{bad}");
}

#[test]
fn a_rule_of_another_version_is_shown_as_it_was_sent() {
    assert_eq!(words("a rule of old"), "a rule of old");
}

#[test]
fn an_unknown_object_is_named() {
    assert_eq!(
        unknown(&question(None)).to_string(),
        "listenerset \"a/app\" not found"
    );
}

#[test]
fn an_unknown_listener_is_named_with_its_owner() {
    assert_eq!(
        unknown(&question(Some("x"))).to_string(),
        "listener \"x\" of listenerset \"a/app\" not found"
    );
}
