use std::collections::BTreeSet;

use super::*;

#[test]
fn an_anchor_names_one_rule() {
    let anchors: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.anchor()).collect();
    assert_eq!(anchors.len(), Rule::ALL.len());
    for rule in Rule::ALL {
        assert_eq!(Rule::of_anchor(rule.anchor()), Some(*rule));
    }
    assert_eq!(Rule::of_anchor("no-such-rule"), None);
}

#[test]
fn a_link_is_page_and_anchor() {
    assert_eq!(
        Rule::DistinctHostnames.link(),
        "docs/rules/conflicts.md#distinct-hostnames"
    );
    assert_eq!(Rule::DistinctHostnames.to_string(), "distinct-hostnames");
}
