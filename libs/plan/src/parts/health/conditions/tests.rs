use proptest::prelude::*;

use super::*;

fn hosts(of: &[&str]) -> RuleCondition {
    RuleCondition::HostHeader(Patterns::Wildcard(
        of.iter().map(|it| (*it).to_owned()).collect(),
    ))
}

fn paths(of: &[&str]) -> RuleCondition {
    RuleCondition::PathPattern(Patterns::Wildcard(
        of.iter().map(|it| (*it).to_owned()).collect(),
    ))
}

/// Text against pattern, from the rule: `*` is any text, `?` any character.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            matches(rest, text) || !text.is_empty() && matches(pattern, &text[1..])
        }
        (Some((b'?', rest)), Some((_, left))) => matches(rest, left),
        (Some((of, rest)), Some((is, left))) => of == is && matches(rest, left),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// Every text over `a` and `b` of up to so many characters.
fn texts(most: usize) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..most {
        last = last
            .iter()
            .flat_map(|text: &Vec<u8>| {
                [b'a', b'b'].map(|letter| [text.as_slice(), &[letter]].concat())
            })
            .collect();
        all.extend(last.clone());
    }
    all
}

proptest! {
    #[test]
    fn two_patterns_meet_where_a_text_matches_both(one in "[ab*?]{0,4}", other in "[ab*?]{0,4}") {
        // Two patterns of four that meet do so in eight characters.
        let found = texts(8).iter().any(|text| {
            matches(one.as_bytes(), text) && matches(other.as_bytes(), text)
        });
        prop_assert_eq!(globs_meet(&one, &other), found);
    }
}

#[test]
fn rules_of_other_hosts_methods_or_paths_do_not_meet() {
    let get = RuleCondition::Method(vec!["GET".to_owned()]);
    let post = RuleCondition::Method(vec!["POST".to_owned()]);
    let cases = [
        (
            vec![hosts(&["a.example"])],
            vec![hosts(&["A.example"])],
            true,
        ),
        (
            vec![hosts(&["a.example"])],
            vec![hosts(&["*.example", "b"])],
            true,
        ),
        (
            vec![hosts(&["a.example"])],
            vec![hosts(&["b.example"])],
            false,
        ),
        (vec![hosts(&["a.example"])], vec![paths(&["/"])], true),
        (vec![paths(&["/api/*"])], vec![paths(&["/*"])], true),
        (vec![paths(&["/api/*"])], vec![paths(&["/API/*"])], false),
        (vec![get.clone()], vec![post], false),
        (vec![get], vec![], true),
        (
            vec![hosts(&["a.example"]), paths(&["/x"])],
            vec![hosts(&["a.example"]), paths(&["/y"])],
            false,
        ),
    ];
    for (one, other, meet) in cases {
        assert_eq!(may_meet(&one, &other), meet, "{one:?} {other:?}");
        assert_eq!(may_meet(&other, &one), meet, "{other:?} {one:?}");
    }
}
