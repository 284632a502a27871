//! A rule that comes or goes moves no other, and what is published is in order all the same.

use proptest::prelude::*;
use tributary_model::desired::rules::Rules;
use tributary_model::hostname::HostOrder;
use tributary_model::route::{PathMatch, RouteMatch};
use tributary_model::{Hostname, ListenerOwner, ObjectKey, RouteKind, Timestamp};

use super::*;
use crate::index::port::hosts::Hosts;
use crate::rules::alb::precedence::{RuleOrder, rank};
use crate::values::order::Age;

/// A rule that stands at `index` among the others; `text` is what it says.
fn placed(index: usize, text: &str) -> Arc<PlacedRule> {
    let matched = RouteMatch {
        path: PathMatch::Prefix("/".to_owned()),
        method: None,
        headers: Vec::new(),
        query_params: Vec::new(),
    };
    let listener = ListenerOwner::gateway(ObjectKey::new("infra", "gw")).listener("http");
    let mut rule = isolation(&listener, &Hostname::parse("a.x.com").unwrap());
    rule.id = RuleId(text.into());
    Arc::new(PlacedRule {
        order: RuleOrder {
            host: HostRank::Exact,
            matched: rank(&matched),
            age: Age {
                created: Timestamp(0),
                key: ObjectKey::new("a", "a"),
            },
            kind: RouteKind::Http,
            rule: index,
            index: 0,
            chunk: 0,
        },
        rule: Arc::new(rule),
        hosts: Vec::new(),
        groups: [].into(),
    })
}

/// What is published of one hostname, beside what it should be.
#[derive(Default)]
struct World {
    hosts: Hosts,
    rules: Rules,
    known: BTreeMap<usize, Arc<PlacedRule>>,
}

impl World {
    fn set(&mut self, index: usize, text: Option<&str>) {
        let hostname = Hostname::parse("a.x.com").unwrap();
        let (hostnames, mut users) = (Hostnames::default(), Uses::default());
        let new = text.map(|text| placed(index, text));
        let old = self.known.remove(&index);
        self.hosts.edit(Some(&hostname), |host| {
            if let Some(old) = &old {
                host.remove(Some(&hostname), old, &mut users);
            }
            if let Some(new) = &new {
                host.add(&hostnames, Some(&hostname), new, &mut users);
            }
        });
        self.known.extend(new.map(|new| (index, new)));
    }

    /// Whether it says that something differs: always where it does.
    fn publish(&mut self) -> bool {
        let before = self.rules.clone();
        let differs = self.hosts.publish(&mut self.rules);
        let known = self.known.values().map(|it| &it.rule);
        assert!(self.rules.iter().eq(known), "{:?}", self.rules);
        assert!(differs || before == self.rules);
        differs
    }
}

#[test]
fn a_rule_that_comes_moves_no_other() {
    let mut world = World::default();
    for index in [5, 1, 9, 3] {
        world.set(index, Some("a"));
    }
    assert!(world.publish());
    let before = world.rules.clone();
    world.set(4, Some("b"));
    assert!(world.publish());
    let mut taken_out = world.rules.clone();
    let host = HostOrder::of(Some(&Hostname::parse("a.x.com").unwrap()));
    let between = MIDDLE - GAP / 4;
    assert!(taken_out.set(&host, between, None), "{:?}", world.rules);
    assert_eq!(taken_out, before);
}

#[test]
fn a_rule_that_comes_back_is_no_difference() {
    let mut world = World::default();
    world.set(1, Some("a"));
    world.set(2, Some("b"));
    world.publish();
    world.set(1, None);
    world.set(1, Some("a"));
    assert!(!world.publish());
    // All are gone for a moment, and with them what is remembered of the hostname.
    for (index, text) in [(1, None), (2, None), (1, Some("a")), (2, Some("b"))] {
        world.set(index, text);
    }
    assert!(!world.publish());
}

/// Sixty halvings use the room between two rules up.
#[test]
fn where_there_is_no_room_all_are_spread_anew() {
    let mut world = World::default();
    world.set(0, Some("first"));
    for index in (1..200).rev() {
        world.set(index, Some("a"));
        world.publish();
    }
}

proptest! {
    #[test]
    fn what_is_published_is_what_there_is_in_order(
        changes in prop::collection::vec((0..12_usize, prop::option::of("[ab]"), any::<bool>()), 0..60)
    ) {
        let mut world = World::default();
        for (index, text, publish) in changes {
            world.set(index, text.as_deref());
            if publish {
                world.publish();
            }
        }
        world.publish();
    }
}
