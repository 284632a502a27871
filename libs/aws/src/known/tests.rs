use std::collections::BTreeSet;

use tributary_plan::effect::Effect;
use tributary_plan::observed::{Completeness, Observed, ObservedSecurityGroup};
use tributary_plan::tags::{INSTALLATION, Tags};

use super::{Known, LAG};

/// Everything of ours in two letters a thing, by id.
fn look(ids: &[&str]) -> Observed {
    let group = ObservedSecurityGroup {
        name: String::new(),
        vpc: String::new(),
        tags: Tags::from_iter([(INSTALLATION.to_owned(), "here".to_owned())]),
        ingress: BTreeSet::new(),
    };
    let groups = ids.iter().map(|id| ((*id).to_owned(), group.clone()));
    Observed {
        security_groups: groups.collect(),
        ..Observed::default()
    }
}

fn partial(ids: &[&str]) -> Observed {
    Observed {
        completeness: Completeness::Partial(vec!["a gap".to_owned()]),
        ..look(ids)
    }
}

fn created(known: &mut Known, id: &str) {
    for (id, group) in look(&[id]).security_groups {
        known.take(Effect::CreatedSecurityGroup(id, group));
    }
}

#[track_caller]
fn check(known: &Known, expected: &[&str]) {
    let ids: Vec<&String> = known.observed().security_groups.keys().collect();
    assert_eq!(ids, expected);
}

#[tokio::test(start_paused = true)]
async fn a_look_replaces_what_was_known() {
    let mut known = Known::new(look(&["a"]));
    known.refresh(look(&["b"]));
    check(&known, &["b"]);
}

#[tokio::test(start_paused = true)]
async fn what_we_created_lately_is_there_although_a_look_does_not_show_it() {
    let mut known = Known::new(look(&["a"]));
    created(&mut known, "b");
    known.refresh(look(&["a"]));
    check(&known, &["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn after_a_while_the_look_is_right() {
    let mut known = Known::new(look(&["a"]));
    created(&mut known, "b");
    tokio::time::advance(LAG).await;
    known.refresh(look(&["a"]));
    check(&known, &["a"]);
}

#[tokio::test(start_paused = true)]
async fn what_we_removed_lately_is_gone_although_a_look_shows_it() {
    let mut known = Known::new(look(&["a", "b"]));
    known.take(Effect::Removed("b".to_owned()));
    check(&known, &["a"]);
    known.refresh(look(&["a", "b"]));
    check(&known, &["a"]);
    tokio::time::advance(LAG).await;
    known.refresh(look(&["a", "b"]));
    check(&known, &["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_call_did_not_find_is_looked_for_again() {
    let mut known = Known::new(look(&["a"]));
    created(&mut known, "b");
    known.doubt("b");
    known.refresh(look(&["a"]));
    check(&known, &["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_partial_look_forgets_nothing() {
    let mut known = Known::new(look(&["a", "b"]));
    known.refresh(partial(&["b", "c"]));
    check(&known, &["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn what_we_removed_stays_gone_in_a_partial_look() {
    let mut known = Known::new(look(&["a", "b"]));
    known.take(Effect::Removed("b".to_owned()));
    known.refresh(partial(&["a"]));
    check(&known, &["a"]);
}

#[track_caller]
fn check_lost(known: &mut Known, look: Observed, expected: &[&str]) {
    let lost = known.refresh(look);
    assert_eq!(lost.iter().collect::<Vec<_>>(), expected);
}

#[tokio::test(start_paused = true)]
async fn what_of_ours_a_look_does_not_show_any_more_somebody_else_removed() {
    let mut known = Known::new(look(&["a", "b", "c"]));
    known.take(Effect::Removed("b".to_owned()));
    check_lost(&mut known, look(&["a"]), &["c"]);
    check_lost(&mut known, look(&["a", "d"]), &[]);
    check_lost(&mut known, partial(&["a"]), &[]);
}

#[tokio::test(start_paused = true)]
async fn what_is_new_and_not_shown_yet_nobody_removed_whatever_a_call_says() {
    let mut known = Known::new(look(&["a"]));
    created(&mut known, "b");
    check_lost(&mut known, look(&["a"]), &[]);
    known.doubt("b");
    check_lost(&mut known, look(&["a"]), &[]);
}

#[tokio::test(start_paused = true)]
async fn a_group_of_others_that_is_no_longer_named_nobody_removed() {
    let mut named = look(&["a", "named"]);
    if let Some(group) = named.security_groups.get_mut("named") {
        group.tags = Tags::new();
    }
    let mut known = Known::new(named);
    check_lost(&mut known, look(&["a"]), &[]);
}
