//! The workspace as it is, against every check.
#![cfg(test)]

use std::fmt::Debug;
use std::path::Path;
use tributary_tests_architecture::facts::PURE;
use tributary_tests_architecture::{
    contracts, dependencies, documents, layers, layout, purity, read, testing, vocabulary,
};

/// Reads what a check looks at, and shows what is broken.
#[track_caller]
fn holds<Facts, Fault: Debug>(
    read: fn(&Path) -> Result<Facts, Fault>,
    check: impl FnOnce(&Facts) -> Vec<String>,
) {
    let broken = check(&facts(read));
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[track_caller]
fn facts<Facts, Fault: Debug>(read: fn(&Path) -> Result<Facts, Fault>) -> Facts {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap()
}

#[test]
fn every_member_is_looked_at() {
    let packages = facts(read::packages);
    let named = |name: &str| packages.iter().find(|package| package.name == name);
    for pure in PURE {
        assert!(named(pure).is_some(), "{pure} is no member any more");
    }
    // By way of others, too: mio is what tokio stands on.
    let reaches = &named("tributary-aws").unwrap().reaches;
    assert!(
        reaches.contains("tributary-model") && reaches.contains("mio"),
        "{reaches:?}"
    );
}

#[test]
fn every_source_is_looked_at() {
    let sources = facts(read::sources);
    let ships = |path: &str| {
        sources
            .iter()
            .find(|source| source.path == path)
            .unwrap()
            .ships()
    };
    assert!(ships("libs/merge/src/lib.rs"));
    assert!(ships("services/tributary/src/main.rs"));
    assert!(!ships(file!()));
}

#[test]
fn every_contract_is_looked_at() {
    assert!(!facts(read::contracts).is_empty());
}

#[test]
fn pure_crates_reach_nothing_impure() {
    holds(read::packages, |it| dependencies::impure(it));
}

#[test]
fn pure_crates_name_nothing_impure() {
    holds(read::sources, |it| purity::impure(it));
}

#[test]
fn pure_crates_have_clippys_bans() {
    holds(read::packages, |it| purity::lints(it));
}

#[test]
fn merge_plan_and_status_cannot_fail() {
    holds(read::sources, |it| purity::fallible(it));
}

#[test]
fn foreign_types_stay_with_their_owners() {
    holds(read::packages, |it| dependencies::trespassing(it));
}

#[test]
fn services_depend_on_no_service() {
    holds(read::packages, |it| dependencies::on_services(it));
}

#[test]
fn the_sandbox_shares_nothing_with_what_it_tests() {
    holds(read::packages, |it| dependencies::of_sandbox(it));
}

#[test]
fn the_testkit_does_not_ship() {
    holds(read::packages, |it| dependencies::shipped_testkit(it));
}

#[test]
fn private_keys_are_in_no_contract() {
    holds(read::contracts, contracts::private_keys);
}

#[test]
fn the_class_is_read_in_one_place() {
    holds(read::sources, |it| contracts::controllers(it));
}

#[test]
fn no_modules_import_one_another() {
    holds(read::sources, |it| layers::circles(it));
}

#[test]
fn layers_import_downwards() {
    holds(read::sources, |it| layers::upwards(it));
}

#[test]
fn names_follow_from_folders() {
    holds(read::packages, |it| layout::names(it));
}

#[test]
fn every_member_has_the_lints() {
    holds(read::packages, |it| layout::lints(it));
}

#[test]
fn every_file_is_read_in_one_sitting() {
    holds(read::sources, |it| layout::length(it));
}

#[test]
fn every_file_is_listed() {
    holds(read::sources, |it| layout::unlisted(it));
}

#[test]
fn every_crate_says_what_it_is() {
    holds(read::sources, |it| layout::docs(it));
}

#[test]
fn no_test_is_ignored() {
    holds(read::sources, |it| testing::ignored(it));
}

#[test]
fn no_test_sleeps() {
    holds(read::sources, |it| testing::sleeping(it));
}

#[test]
fn nothing_is_left_to_do() {
    holds(read::sources, |it| testing::unfinished(it));
}

#[test]
fn retired_words_name_no_type_or_module() {
    holds(read::sources, |it| vocabulary::retired(it));
}

#[test]
fn every_page_that_a_text_names_is_there() {
    let pages = facts(read::pages);
    assert!(pages.contains_key("README.md"), "{:?}", pages.keys());
    holds(read::sources, |it| documents::missing(it, &pages));
}

#[test]
fn every_source_file_that_a_page_names_is_there() {
    let pages = facts(read::pages);
    holds(read::sources, |it| documents::gone(it, &pages));
}
