use super::{gone, missing};
use crate::facts::{Place, SourceFile};
use crate::syntax::syntax;

#[track_caller]
fn check(place: Place, text: &str, said: Option<&str>) {
    let file = SourceFile {
        path: "y.rs".to_owned(),
        package: "tributary-x".to_owned(),
        place,
        syntax: syntax(text).unwrap(),
    };
    let broken = missing(
        &[file],
        &[("docs/rules/tls.md".to_owned(), String::new())].into(),
    );
    match said {
        None => assert_eq!(broken, Vec::<String>::new()),
        Some(said) => assert!(broken.len() == 1 && broken[0].contains(said), "{broken:?}"),
    }
}

fn says(text: &str) -> String {
    format!("fn f() -> &'static str {{ \"{text}\" }}")
}

#[test]
fn a_page_of_the_repository_may_be_named() {
    check(Place::Module, &says("see docs/rules/tls.md."), None);
    check(
        Place::Module,
        &says("(docs/rules/tls.md#overlapping-tls)"),
        None,
    );
    check(Place::Module, &says("../../docs/rules/tls.md"), None);
}

#[test]
fn another_page_is_found() {
    check(
        Place::Module,
        &says("see docs/gone.md: it is gone"),
        Some("docs/gone.md"),
    );
    check(
        Place::Module,
        &says("spec/listenersets §3: no"),
        Some("y.rs:1: spec/listenersets"),
    );
    check(
        Place::ProgramRoot,
        "fn f() { print!(\"{} (design.md)\", 1) }",
        Some("design.md"),
    );
}

#[test]
fn a_field_and_an_ending_are_no_pages() {
    check(Place::Module, &says("/spec/listeners"), None);
    check(Place::Module, &says("spec.listeners"), None);
    check(Place::Module, &says(".md"), None);
    check(Place::Module, &says("spec/"), None);
}

#[test]
fn tests_may_name_what_is_not_there() {
    check(Place::Test, &says("gone.md"), None);
    check(
        Place::Module,
        "#[cfg(test)] mod t { const A: &str = \"gone.md\"; }",
        None,
    );
}

#[test]
fn a_page_names_source_files_that_are_there() {
    let file = SourceFile {
        path: "libs/x/src/y.rs".to_owned(),
        package: "tributary-x".to_owned(),
        place: Place::Module,
        syntax: syntax("").unwrap(),
    };
    let page = |text: &str| [("docs/a.md".to_owned(), text.to_owned())].into();
    let file = [file];
    let none = Vec::<String>::new();
    assert_eq!(gone(&file, &page("see `libs/x/src/y.rs`, and y.rs")), none);
    assert_eq!(
        gone(&file, &page("(`libs/x/src/z.rs`)")),
        ["docs/a.md: libs/x/src/z.rs is no file of the repository"]
    );
}
