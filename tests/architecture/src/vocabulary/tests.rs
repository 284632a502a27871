use super::retired;
use crate::facts::{Place, SourceFile};
use crate::syntax::syntax;

#[track_caller]
fn check(place: Place, text: &str, expected: &[&str]) {
    let file = SourceFile {
        path: "y.rs".to_owned(),
        package: "tributary-x".to_owned(),
        place,
        syntax: syntax(text).unwrap(),
    };
    assert_eq!(retired(&[file]), expected);
}

#[test]
fn a_retired_word_names_no_type() {
    for text in [
        "pub struct Told;",
        "enum Told { A }",
        "trait Told {}",
        "type Told = u8;",
        "mod inner { struct Told; }",
    ] {
        check(Place::Module, text, &["y.rs: Told is a retired word"]);
    }
    check(Place::Module, "struct ToldOnce; fn told() {}", &[]);
}

#[test]
fn a_retired_word_names_no_module() {
    let expected = ["y.rs: site is a retired word"];
    check(Place::Module, "mod site;", &expected);
    check(Place::Module, "mod sites_of;", &[]);
}

#[test]
fn tests_may_use_it() {
    check(Place::Test, "struct Told;", &[]);
    check(Place::Module, "#[cfg(test)] mod t { struct Told; }", &[]);
}
