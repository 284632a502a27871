use super::{BANNED, fallible, impure, lints};
use crate::facts::{PURE, PackageFacts, Place, SourceFile};
use crate::syntax::syntax;

type Check = fn(&[SourceFile]) -> Vec<String>;

fn file(package: &str, place: Place, text: &str) -> SourceFile {
    SourceFile {
        path: "libs/x/src/y.rs".to_owned(),
        package: package.to_owned(),
        place,
        syntax: syntax(text).unwrap(),
    }
}

#[track_caller]
fn holds(check: Check, package: &str, text: &str) {
    assert_eq!(
        check(&[file(package, Place::Module, text)]),
        Vec::<String>::new()
    );
}

#[track_caller]
fn breaks(check: Check, package: &str, text: &str, said: &str) {
    let broken = check(&[file(package, Place::Module, text)]);
    assert!(
        broken.iter().any(|sentence| sentence.contains(said)),
        "{broken:?}"
    );
}

#[test]
fn ordered_maps_and_durations_are_pure() {
    holds(
        impure,
        "tributary-merge",
        "use std::{collections::BTreeMap, net::IpAddr, time::Duration};",
    );
}

#[test]
fn words_in_comments_and_texts_are_not_names() {
    holds(
        impure,
        "tributary-merge",
        "/// no HashMap\nconst A: &str = \"std::fs println!\"; // Instant",
    );
}

#[test]
fn tests_of_pure_crates_are_not_looked_at() {
    holds(
        impure,
        "tributary-merge",
        "#[cfg(test)] mod tests { use std::fs; }",
    );
    let test = file("tributary-merge", Place::Test, "use std::fs;");
    assert_eq!(impure(&[test]), Vec::<String>::new());
}

#[test]
fn other_crates_are_not_looked_at() {
    holds(
        impure,
        "tributary-aws",
        "use std::fs; use std::collections::HashMap;",
    );
    holds(
        fallible,
        "tributary-model",
        "pub fn parse() -> Result<u8, u8> { Ok(1) }",
    );
}

#[test]
fn an_import_is_found() {
    breaks(
        impure,
        "tributary-merge",
        "\nuse std::collections::HashMap;",
        "y.rs:2: names std::collections::HashMap",
    );
}

#[test]
fn a_grouped_import_is_found() {
    breaks(
        impure,
        "tributary-model",
        "use std::{fmt, fs};",
        "names std::fs: I/O",
    );
}

#[test]
fn a_renamed_import_is_found() {
    breaks(
        impure,
        "tributary-plan",
        "use std::collections::HashSet as Set;",
        "names std::collections::HashSet",
    );
}

#[test]
fn a_glob_that_hides_names_is_found() {
    breaks(
        impure,
        "tributary-plan",
        "use std::collections::*;",
        "names unseen",
    );
}

#[test]
fn a_full_path_in_an_expression_is_found() {
    breaks(
        impure,
        "tributary-status",
        "fn f() { let _ = std::time::Instant::now(); }",
        "a clock",
    );
    breaks(
        impure,
        "tributary-status",
        "fn f() { std::env::var(\"A\"); }",
        "the environment",
    );
    breaks(
        impure,
        "tributary-status",
        "fn f() { std::thread::spawn(|| ()); }",
        "who is first",
    );
}

#[test]
fn a_path_inside_a_macro_is_found() {
    breaks(
        impure,
        "tributary-merge",
        "fn f() { vec![std::time::SystemTime::now()]; }",
        "a clock",
    );
}

#[test]
fn output_is_found() {
    breaks(
        impure,
        "tributary-merge",
        "fn f() { println!(); }",
        "names println",
    );
    breaks(
        impure,
        "tributary-merge",
        "fn f() { assert!({ eprintln!(); true }); }",
        "names eprintln",
    );
    breaks(
        impure,
        "tributary-merge",
        "std::thread_local! { static A: u8 = 1; }",
        "state between calls",
    );
}

#[test]
fn values_with_faults_inside_are_infallible() {
    holds(
        fallible,
        "tributary-merge",
        "pub fn f() -> (u8, Vec<Fault>) { (1, vec![]) }",
    );
    holds(
        fallible,
        "tributary-merge",
        "pub fn f() -> Vec<Result<u8, Fault>> { vec![] }",
    );
    holds(
        fallible,
        "tributary-merge",
        "fn private() -> Result<u8, u8> { Ok(1) }",
    );
    holds(
        fallible,
        "tributary-merge",
        "pub(crate) fn inner() -> Result<u8, u8> { Ok(1) }",
    );
}

#[test]
fn a_public_function_that_can_fail_is_found() {
    let text = "pub fn f() -> Result<u8, u8> { Ok(1) }";
    for package in super::INFALLIBLE {
        breaks(fallible, package, text, "y.rs:1: f returns a Result");
    }
}

#[test]
fn a_method_that_can_fail_is_found() {
    breaks(
        fallible,
        "tributary-plan",
        "impl A { pub fn g() -> std::io::Result<()> { Ok(()) } }",
        "g returns",
    );
    breaks(
        fallible,
        "tributary-plan",
        "pub trait A { fn g() -> Option<Result<u8, u8>>; }",
        "g returns",
    );
}

/// The first two pure crates, with those texts as their clippy.toml.
fn packages(texts: [&str; 2]) -> Vec<PackageFacts> {
    PURE.iter()
        .zip(texts)
        .map(|(name, clippy)| PackageFacts {
            name: (*name).to_owned(),
            folder: (*name).to_owned(),
            clippy: clippy.to_owned(),
            ..PackageFacts::default()
        })
        .collect()
}

fn bans(paths: &[&str]) -> String {
    let lines = paths.iter().map(|path| format!("{{ path = \"{path}\" }}"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_same_bans_in_every_pure_crate_pass() {
    let all = bans(&BANNED);
    assert_eq!(lints(&packages([&all, &all])), Vec::<String>::new());
}

#[test]
fn a_pure_crate_without_its_bans_is_found() {
    let all = bans(&BANNED);
    let broken = lints(&packages([&all, ""]));
    assert_eq!(broken.len(), BANNED.len() + 1, "{broken:?}");
    assert!(
        broken[0].contains("tributary-merge/clippy.toml does not ban std::collections::HashMap")
    );
}

#[test]
fn bans_that_drift_apart_are_found() {
    let all = bans(&BANNED);
    let more = format!("{all}# and more");
    assert_eq!(
        lints(&packages([&all, &more])),
        ["tributary-merge/clippy.toml is not that of tributary-model"]
    );
}
