use proptest::prelude::*;

use super::super::assign;
use super::*;

fn only(hosts: &str) -> Hosts {
    Hosts::Only(hosts.split(' ').map(str::to_owned).collect())
}

fn header(hosts: &[&str]) -> RuleCondition {
    let hosts = hosts.iter().map(|host| (*host).to_owned());
    RuleCondition::HostHeader(Patterns::Wildcard(hosts.collect()))
}

#[test]
fn hosts_of_a_rule() {
    let path = RuleCondition::PathPattern(Patterns::Wildcard(vec!["/a*".to_owned()]));
    let regex = RuleCondition::HostHeader(Patterns::Regex(vec!["a.example".to_owned()]));
    let named = header(&["A.example", "b.example"]);
    assert_eq!(
        Hosts::of(&[path.clone(), named.clone()]),
        only("a.example b.example")
    );
    // A request has one host, so one of two conditions says enough.
    assert_eq!(
        Hosts::of(&[regex.clone(), named]),
        only("a.example b.example")
    );
    for any in [
        vec![],
        vec![path],
        vec![regex],
        vec![header(&["*.example"])],
        vec![header(&["a.example", "?.example"])],
    ] {
        assert_eq!(Hosts::of(&any), Hosts::Any, "{any:?}");
    }
}

#[track_caller]
fn check(rules: &[(Option<u32>, Hosts)], expected: &[u32]) {
    let (current, hosts): (Vec<_>, Vec<_>) = rules.iter().cloned().unzip();
    assert_eq!(assign(&current, &hosts, &BTreeSet::new()), expected);
}

#[test]
fn where_no_room_is_left_a_rule_of_another_host_stands_where_there_is() {
    check(
        &[
            (Some(1), only("a")),
            (None, only("b")),
            (Some(2), only("c")),
        ],
        &[1, 25_001, 2],
    );
}

#[test]
fn a_rule_stands_before_one_for_any_host() {
    check(
        &[
            (Some(1), only("a")),
            (None, only("b")),
            (Some(2), only("c")),
            (Some(100), Hosts::Any),
        ],
        &[1, 51, 2, 100],
    );
}

#[test]
fn rules_of_one_host_keep_their_order_in_any_case() {
    check(
        &[
            (Some(400), only("a")),
            (Some(401), only("b")),
            (None, only("a c")),
            (Some(402), only("d")),
            (Some(500), only("c")),
        ],
        &[400, 401, 451, 402, 500],
    );
}

#[test]
fn who_stands_elsewhere_stays_there() {
    let rules = [
        (Some(900), only("a")),
        (Some(2), only("b")),
        (Some(1), only("c")),
    ];
    check(&rules, &[900, 2, 1]);
}

/// The first of one host stands behind the second.
#[test]
fn only_the_rule_that_is_out_of_order_moves() {
    check(
        &[
            (Some(900), only("a")),
            (Some(300), only("b")),
            (Some(100), only("a")),
            (Some(200), only("c")),
        ],
        &[50, 300, 100, 200],
    );
}

#[test]
fn without_any_room_all_are_spread_anew() {
    let spread = assign(
        &[Some(1), None, Some(2)],
        &[only("a"), only("a"), only("a")],
        &BTreeSet::new(),
    );
    assert!(spread.is_sorted() && spread[0] > 2, "{spread:?}");
}

/// "Condition types for listener rules" of the ALB's guide: case is ignored, `*` matches any characters, `?` exactly one.
fn matches(pattern: &str, host: &str) -> bool {
    let Some(first) = pattern.chars().next() else {
        return host.is_empty();
    };
    let rest = &pattern[1..];
    match first {
        '*' => (0..=host.len()).any(|from| matches(rest, &host[from..])),
        '?' => !host.is_empty() && matches(rest, &host[1..]),
        letter => {
            let same = host.chars().next();
            same.is_some_and(|it| it.eq_ignore_ascii_case(&letter)) && matches(rest, &host[1..])
        }
    }
}

/// Values of one host-header condition; without any, a rule for every host. Rules of named hosts are most: of the others
/// each leaves the rest fewer places.
fn patterns() -> impl Strategy<Value = Vec<&'static str>> {
    let named = proptest::sample::select(vec!["a.x", "A.X", "b.x", "b.y", "c"]);
    let wide = proptest::sample::select(vec![vec![], vec!["*.x"], vec!["a.x", "?.y"]]);
    prop_oneof![20 => proptest::collection::vec(named, 1..3), 1 => wide]
}

proptest! {
    /// Rules are evaluated from the lowest priority on, so each request meets those that match it in their order of precedence.
    #[test]
    fn each_request_meets_its_rules_in_order_of_precedence(
        rules in proptest::collection::vec((proptest::option::of(1..400_u32), patterns()), 0..40),
        taken in proptest::collection::btree_set(1..400_u32, 0..60),
    ) {
        let (mut current, patterns): (Vec<_>, Vec<_>) = rules.into_iter().unzip();
        let mut seen = taken.clone();
        for priority in &mut current {
            if priority.is_some_and(|priority| !seen.insert(priority)) {
                *priority = None;
            }
        }
        let conditions = |patterns: &Vec<&str>| match patterns.as_slice() {
            [] => Vec::new(),
            patterns => vec![header(patterns)],
        };
        let hosts: Vec<Hosts> = patterns.iter().map(|it| Hosts::of(&conditions(it))).collect();
        let assigned = assign(&current, &hosts, &taken);
        prop_assert_eq!(assigned.len(), current.len());
        let distinct: BTreeSet<u32> = assigned.iter().copied().collect();
        prop_assert_eq!(distinct.len(), assigned.len());
        prop_assert!(assigned.iter().all(|p| (1..=MAX_RULE_PRIORITY).contains(p) && !taken.contains(p)));
        for host in ["a.x", "b.x", "d.x", "b.y", "c", "e"] {
            let met = std::iter::zip(&patterns, &assigned);
            let met = met.filter(|(patterns, _)| {
                patterns.is_empty() || patterns.iter().any(|it| matches(it, host))
            });
            let met: Vec<u32> = met.map(|(_, priority)| *priority).collect();
            prop_assert!(met.is_sorted(), "{host}: {met:?}");
        }
        let again: Vec<Option<u32>> = assigned.iter().copied().map(Some).collect();
        prop_assert_eq!(assign(&again, &hosts, &taken), assigned);
    }

    /// The Gateway's own rule, for any host, is the last; the others come one by one, wherever their names put them.
    #[test]
    fn a_rule_of_a_host_of_its_own_moves_nobody(order in Just((0..60).collect::<Vec<u32>>()).prop_shuffle()) {
        let mut there: BTreeMap<u32, u32> = BTreeMap::new();
        let mut last = None;
        for name in order {
            let mut rules: Vec<(Option<u32>, Hosts)> = Vec::new();
            let mut names: BTreeSet<u32> = there.keys().copied().collect();
            names.insert(name);
            for name in &names {
                rules.push((there.get(name).copied(), only(&name.to_string())));
            }
            rules.push((last, Hosts::Any));
            let (current, hosts): (Vec<_>, Vec<_>) = rules.into_iter().unzip();
            let assigned = assign(&current, &hosts, &BTreeSet::new());
            for (old, new) in std::iter::zip(&current, &assigned) {
                prop_assert!(old.is_none_or(|old| old == *new));
            }
            there = std::iter::zip(names, assigned.iter().copied()).collect();
            last = assigned.last().copied();
        }
    }
}
