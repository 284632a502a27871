//! Order and sharing of rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Rules;
use crate::desired::{DesiredAction, DesiredRule, RuleId};
use crate::hostname::{HostOrder, Hostname};
use crate::key::{ListenerOwner, ObjectKey};

fn rule(id: &str) -> Arc<DesiredRule> {
    Arc::new(DesiredRule {
        id: RuleId(id.into()),
        listener: ListenerOwner::gateway(ObjectKey::new("infra", "gw")).listener("http"),
        origin: None,
        conditions: Vec::new(),
        authenticate: None,
        action: DesiredAction::FixedResponse {
            status_code: 404,
            content_type: None,
            body: None,
        },
        transforms: Vec::new(),
        tags: BTreeMap::new(),
    })
}

fn host(hostname: Option<&str>) -> HostOrder {
    HostOrder::of(hostname.map(|name| Hostname::parse(name).unwrap()).as_ref())
}

/// Rules of several hostnames, given in any order.
fn rules(by_host: &[(Option<&str>, &[&str])]) -> Rules {
    let mut rules = Rules::default();
    for (hostname, ids) in by_host {
        rules.replace(&host(*hostname), placed(ids));
    }
    rules
}

fn placed(ids: &[&str]) -> impl Iterator<Item = (u64, Arc<DesiredRule>)> {
    (0..).zip(ids.iter().map(|id| rule(id)))
}

fn ids(rules: &Rules) -> Vec<&str> {
    rules.iter().map(|rule| &*rule.id.0).collect()
}

#[test]
fn the_most_specific_hostname_comes_first() {
    let rules = rules(&[
        (None, &["any"]),
        (Some("*.x.com"), &["short"]),
        (Some("*.a.x.com"), &["long"]),
        (Some("a.x.com"), &["exact 1", "exact 2"]),
    ]);
    assert_eq!(ids(&rules), ["exact 1", "exact 2", "long", "short", "any"]);
    assert_eq!(rules.len(), 5);
}

#[test]
fn replacing_says_whether_it_made_a_difference() {
    let mut rules = rules(&[(Some("a.x.com"), &["1", "2"])]);
    let before = rules.clone();
    let (a, b) = (host(Some("a.x.com")), host(Some("b.x.com")));
    assert!(!rules.replace(&a, placed(&["1", "2"])));
    let apart = placed(&["1", "2"]).map(|(position, rule)| (position * 100, rule));
    assert!(!rules.replace(&a, apart), "positions are no difference");
    assert!(
        rules.set(&a, 50, Some(&rule("between"))),
        "and count all the same"
    );
    assert_eq!(ids(&rules), ["1", "between", "2"]);
    assert!(!rules.replace(&b, []));
    assert!(rules.replace(&a, placed(&["2", "1"])));
    assert_eq!(ids(&before), ["1", "2"]);
    assert!(rules.replace(&a, []));
    assert!(rules.is_empty());
}

#[test]
fn a_rule_is_set_at_its_position_beside_the_others() {
    let mut rules = rules(&[(Some("a.x.com"), &["0", "1"])]);
    let (a, b) = (host(Some("a.x.com")), host(Some("b.x.com")));
    assert!(!rules.set(&a, 1, Some(&rule("1"))));
    assert!(!rules.set(&a, 7, None));
    assert!(!rules.set(&b, 0, None));
    assert!(rules.set(&a, 1, Some(&rule("other"))));
    assert!(rules.set(&b, 5, Some(&rule("b"))));
    assert_eq!(ids(&rules), ["0", "other", "b"]);
    assert!(rules.set(&a, 0, None));
    assert!(rules.set(&a, 1, None));
    assert_eq!(ids(&rules), ["b"]);
    assert!(rules.set(&b, 5, None));
    assert!(rules.is_empty());
}

#[test]
fn equal_lists_are_equal_however_they_are_held() {
    let held = rules(&[(Some("a.x.com"), &["1"]), (None, &["2"])]);
    let received: Rules = held.iter().cloned().collect();
    assert_eq!(held, received);
    let swapped: Rules = [rule("2"), rule("1")].into_iter().collect();
    assert_ne!(held, swapped);
}
