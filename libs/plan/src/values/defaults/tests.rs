use std::collections::BTreeMap;

use super::*;
use crate::fixtures::strings;
use crate::values::tags::{ASKED_TAGS, CLUSTER, difference, remembers_attribute};

/// The tags of a thing that asks for `own` on a load balancer whose `spec.tags` are these.
fn tags_of(
    defaults: &Defaults,
    spec: &[(&str, &str)],
    own: &[(&str, &str)],
    observed: Option<&Tags>,
) -> Tags {
    let spec: BTreeMap<_, _> = strings(spec);
    let ours: Tags = strings(&[(CLUSTER, "c")]);
    Everywhere::new(defaults, &spec).tags(ours, &strings(own), &BTreeMap::new(), observed)
}

fn without_memory(tags: &Tags) -> Vec<(&str, &str)> {
    let tags = tags.iter().filter(|(key, _)| *key != ASKED_TAGS);
    tags.map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}

#[test]
fn our_own_keys_cannot_be_asked_for() {
    let made = tags_of(
        &Defaults::default(),
        &[(CLUSTER, "evil")],
        &[(CLUSTER, "evil")],
        None,
    );
    assert_eq!(without_memory(&made), [(CLUSTER, "c")]);
}

/// As the AWS Load Balancer Controller has it: its flag wins. A thing's own tags are nearer to it than those of the whole.
#[test]
fn the_platforms_tags_come_before_a_things_own_and_those_before_spec_tags() {
    let defaults = Defaults {
        tags: strings(&[("bill", "platform")]),
        ..Defaults::default()
    };
    let made = tags_of(
        &defaults,
        &[("bill", "gateway"), ("team", "gateway"), ("stage", "prod")],
        &[("bill", "route"), ("team", "route")],
        None,
    );
    assert_eq!(
        without_memory(&made),
        [
            ("bill", "platform"),
            (CLUSTER, "c"),
            ("stage", "prod"),
            ("team", "route")
        ]
    );
}

#[test]
fn a_tag_asked_for_once_goes_and_a_foreign_one_stays() {
    let mut observed = tags_of(
        &Defaults::default(),
        &[("team", "a")],
        &[("app", "b")],
        None,
    );
    observed.insert("cost".to_owned(), "7".to_owned());
    let after = tags_of(&Defaults::default(), &[], &[], Some(&observed));
    let (set, remove) = difference(&after, &observed);
    assert!(set.is_empty());
    assert_eq!(
        remove.keys().collect::<Vec<_>>(),
        ["app", ASKED_TAGS, "team"]
    );
}

#[test]
fn tags_that_others_set_are_neither_added_changed_nor_removed() {
    let asked = [("cost", "1"), ("owner", "a")];
    let before = tags_of(&Defaults::default(), &asked, &[], None);
    let defaults = Defaults {
        tags: strings(&[("owner", "b")]),
        external_tags: ["cost", "owner"].map(str::to_owned).into(),
        ..Defaults::default()
    };
    assert_eq!(
        without_memory(&tags_of(&defaults, &asked, &[("cost", "2")], None)),
        [(CLUSTER, "c")]
    );
    let wanted = tags_of(&defaults, &asked, &[], Some(&before));
    let (set, remove) = difference(&wanted, &before);
    assert_eq!(set, Tags::new());
    assert_eq!(remove.keys().collect::<Vec<_>>(), [ASKED_TAGS]);
    let spec: BTreeMap<_, _> = strings(&asked);
    assert_eq!(
        Everywhere::new(&defaults, &spec).refused("tags", &spec),
        [
            "tags[cost]: this tag is set by others (--external-managed-tags)",
            "tags[owner]: this tag is set by others (--external-managed-tags)",
        ]
    );
}

#[test]
fn a_tag_that_the_platform_has_otherwise_is_told() {
    let defaults = Defaults {
        tags: strings(&[("cost", "1"), ("team", "a")]),
        ..Defaults::default()
    };
    let asked: BTreeMap<_, _> = strings(&[("cost", "2"), ("other", "x"), ("team", "a")]);
    assert_eq!(
        Everywhere::new(&defaults, &asked).refused("tags", &asked),
        ["tags[cost]: the platform has 1 for it (--default-tags)"]
    );
}

#[test]
fn equal_tags_need_nothing() {
    let defaults = Defaults::default();
    let spec: BTreeMap<_, _> = strings(&[("team", "a")]);
    let everywhere = Everywhere::new(&defaults, &spec);
    let attributes: BTreeMap<_, _> = strings(&[("x.enabled", "true")]);
    let made = everywhere.tags(Tags::new(), &BTreeMap::new(), &attributes, None);
    assert_eq!(difference(&made, &made), (Tags::new(), Tags::new()));
    assert!(remembers_attribute(&made, "x.enabled"));
    assert!(!remembers_attribute(&made, "y.enabled"));
}
