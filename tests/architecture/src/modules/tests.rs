use super::places;
use crate::facts::Place;
use crate::syntax::syntax;
use std::collections::BTreeMap;

/// `src/lib.rs` and `tests/a.rs` are the roots.
#[track_caller]
fn check(files: &[(&str, &str)], path: &str, place: Place) {
    let files = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), syntax(text).unwrap()))
        .collect();
    let roots = BTreeMap::from([
        ("src/lib.rs".to_owned(), Place::LibraryRoot),
        ("tests/a.rs".to_owned(), Place::Test),
    ]);
    assert_eq!(places(&roots, &files)[path], place);
}

#[test]
fn a_declared_file_is_a_module() {
    check(
        &[("src/lib.rs", "mod b;"), ("src/b.rs", "")],
        "src/b.rs",
        Place::Module,
    );
}

#[test]
fn a_declared_folder_is_a_module() {
    check(
        &[("src/lib.rs", "mod b;"), ("src/b/mod.rs", "")],
        "src/b/mod.rs",
        Place::Module,
    );
}

#[test]
fn a_module_declares_in_its_own_folder() {
    let files = [
        ("src/lib.rs", "mod b;"),
        ("src/b.rs", "mod c;"),
        ("src/b/c.rs", ""),
        ("src/c.rs", ""),
    ];
    check(&files, "src/b/c.rs", Place::Module);
    check(&files, "src/c.rs", Place::Unlisted);
}

#[test]
fn an_inline_module_declares_in_its_folder() {
    check(
        &[("src/lib.rs", "mod b { mod c; }"), ("src/b/c.rs", "")],
        "src/b/c.rs",
        Place::Module,
    );
}

#[test]
fn a_named_path_is_followed() {
    check(
        &[
            ("src/lib.rs", "#[path = \"d/e.rs\"] mod b;"),
            ("src/d/e.rs", ""),
        ],
        "src/d/e.rs",
        Place::Module,
    );
}

#[test]
fn a_file_under_cfg_test_is_a_test() {
    let files = [
        ("src/lib.rs", "#[cfg(test)] mod b;"),
        ("src/b.rs", "mod c;"),
        ("src/b/c.rs", ""),
    ];
    check(&files, "src/b.rs", Place::Test);
    check(&files, "src/b/c.rs", Place::Test);
}

#[test]
fn a_module_of_a_test_is_a_test() {
    check(
        &[("tests/a.rs", "mod b;"), ("tests/b.rs", "")],
        "tests/b.rs",
        Place::Test,
    );
}

#[test]
fn a_file_that_ships_and_is_tested_ships() {
    let files = [
        ("src/lib.rs", "mod b;"),
        ("src/b.rs", "mod c;"),
        ("src/b/c.rs", ""),
        ("tests/a.rs", "#[path = \"../src/b.rs\"] mod b;"),
    ];
    check(&files, "src/b.rs", Place::Module);
    check(&files, "src/b/c.rs", Place::Module);
}

#[test]
fn a_file_that_nobody_declares_is_unlisted() {
    check(
        &[("src/lib.rs", "// mod b;"), ("src/b.rs", "")],
        "src/b.rs",
        Place::Unlisted,
    );
}
