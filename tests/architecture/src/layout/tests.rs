use super::{LONGEST_FILE, docs, length, lints, names, unlisted};
use crate::facts::{PackageFacts, Place, SourceFile};
use crate::syntax::syntax;

#[track_caller]
fn check_package(
    check: fn(&[PackageFacts]) -> Vec<String>,
    package: [&str; 3],
    said: Option<&str>,
) {
    let [folder, name, manifest] = package.map(str::to_owned);
    compare(
        &check(&[PackageFacts {
            name,
            folder,
            manifest,
            ..PackageFacts::default()
        }]),
        said,
    );
}

#[track_caller]
fn check_source(
    check: fn(&[SourceFile]) -> Vec<String>,
    place: Place,
    text: &str,
    said: Option<&str>,
) {
    let syntax = syntax(text).unwrap();
    let path = "libs/x/src/y.rs".to_owned();
    compare(
        &check(&[SourceFile {
            path,
            package: "tributary-x".to_owned(),
            place,
            syntax,
        }]),
        said,
    );
}

#[track_caller]
fn compare(broken: &[String], said: Option<&str>) {
    match said {
        None => assert_eq!(broken, Vec::<String>::new()),
        Some(said) => assert!(broken.len() == 1 && broken[0].contains(said), "{broken:?}"),
    }
}

fn lines(count: usize) -> String {
    "// a line\n".repeat(count)
}

#[test]
fn names_follow_from_folders() {
    check_package(names, ["libs/merge", "tributary-merge", ""], None);
    check_package(names, ["services/tributary", "tributary", ""], None);
    check_package(names, ["tests/e2e", "tributary-tests-e2e", ""], None);
}

#[test]
fn a_name_that_does_not_follow_is_found() {
    check_package(
        names,
        ["libs/merge", "merge", ""],
        Some("libs/merge is merge, not tributary-merge"),
    );
    check_package(
        names,
        ["tests/e2e", "tributary-e2e", ""],
        Some("not tributary-tests-e2e"),
    );
}

#[test]
fn lints_are_inherited_in_either_spelling() {
    check_package(
        lints,
        ["libs/a", "a", "[package]\n[lints]\nworkspace = true\n"],
        None,
    );
    check_package(
        lints,
        ["libs/a", "a", "lints.workspace = true\n[package]\n"],
        None,
    );
}

#[test]
fn a_member_without_the_lints_is_found() {
    check_package(
        lints,
        ["libs/a", "a", "[package]\nname = \"a\"\n"],
        Some("libs/a/Cargo.toml has no"),
    );
    check_package(
        lints,
        ["libs/a", "a", "[lints]\n# workspace = true\n"],
        Some("has no"),
    );
    check_package(
        lints,
        [
            "libs/a",
            "a",
            "[lints.rust]\n[dependencies.b]\nworkspace = true\n",
        ],
        Some("has no"),
    );
}

#[test]
fn a_file_of_the_longest_length_passes() {
    check_source(length, Place::Module, &lines(LONGEST_FILE), None);
}

#[test]
fn a_longer_file_is_found() {
    check_source(
        length,
        Place::Module,
        &lines(LONGEST_FILE + 1),
        Some("y.rs has 451 lines"),
    );
}

#[test]
fn tests_do_not_count_to_the_length() {
    let text = format!(
        "{}#[cfg(test)]\nmod tests {{\n{}}}\n",
        lines(400),
        lines(400)
    );
    check_source(length, Place::Module, &text, None);
    check_source(length, Place::Test, &lines(9_999), None);
}

#[test]
fn a_file_that_no_module_lists_is_found() {
    check_source(unlisted, Place::Module, "", None);
    check_source(
        unlisted,
        Place::Unlisted,
        "",
        Some("y.rs is listed by no `mod`"),
    );
}

#[test]
fn a_library_that_explains_itself_passes() {
    check_source(
        docs,
        Place::LibraryRoot,
        "//! one\n//!\n//! two\n//! three\n",
        None,
    );
    check_source(
        docs,
        Place::LibraryRoot,
        "#![doc = include_str!(\"README.md\")]",
        None,
    );
    check_source(docs, Place::ProgramRoot, "//! one\nfn main() {}", None);
    check_source(docs, Place::Module, "", None);
}

#[test]
fn a_crate_without_docs_is_found() {
    check_source(
        docs,
        Place::LibraryRoot,
        "//! placeholder",
        Some("y.rs has 1 lines of crate docs"),
    );
    check_source(
        docs,
        Place::ProgramRoot,
        "fn main() {}",
        Some("y.rs has 0 lines of crate docs"),
    );
}
