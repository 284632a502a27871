use super::{circles, upwards};
use crate::facts::{Place, SourceFile};
use crate::syntax::syntax;

fn files(files: &[(&str, &str)]) -> Vec<SourceFile> {
    files
        .iter()
        .map(|(path, text)| SourceFile {
            path: (*path).to_owned(),
            package: "tributary-x".to_owned(),
            place: Place::Module,
            syntax: syntax(text).unwrap(),
        })
        .collect()
}

#[track_caller]
fn check(check: fn(&[SourceFile]) -> Vec<String>, given: &[(&str, &str)], said: &[&str]) {
    assert_eq!(check(&files(given)), said);
}

#[test]
fn modules_that_import_one_another_are_a_circle() {
    check(
        circles,
        &[
            ("libs/x/src/lib.rs", "mod a; mod b; mod c;"),
            ("libs/x/src/a.rs", "use crate::b::B;"),
            ("libs/x/src/b.rs", "fn f() { crate::c::g() }"),
            ("libs/x/src/c.rs", "use super::a;"),
        ],
        &["libs/x/src: a circle: a -> b (line 1), b -> c (line 1), c -> a (line 1)"],
    );
}

#[test]
fn one_direction_is_no_circle() {
    check(
        circles,
        &[
            ("libs/x/src/lib.rs", "mod a; mod b; pub use a::A;"),
            ("libs/x/src/a.rs", "use crate::b::B;"),
            ("libs/x/src/b.rs", "use std::fmt;"),
        ],
        &[],
    );
}

#[test]
fn a_part_may_take_from_what_it_is_a_part_of() {
    check(
        circles,
        &[
            ("libs/x/src/lib.rs", "mod a;"),
            ("libs/x/src/a.rs", "mod part; use part::f;"),
            ("libs/x/src/a/part.rs", "use super::A; use crate::a::B;"),
        ],
        &[],
    );
}

#[test]
fn what_the_root_hands_on_is_its_owners() {
    check(
        circles,
        &[
            ("libs/x/src/lib.rs", "mod a; mod b; pub use a::A;"),
            ("libs/x/src/a.rs", "use crate::b::B;"),
            ("libs/x/src/b.rs", "use crate::A;"),
        ],
        &["libs/x/src: a circle: a -> b (line 1), b -> a (line 1)"],
    );
}

#[test]
fn tests_may_import_anything() {
    check(
        circles,
        &[
            ("libs/x/src/lib.rs", "mod a; mod b;"),
            ("libs/x/src/a.rs", "use crate::b::B;"),
            (
                "libs/x/src/b.rs",
                "#[cfg(test)] mod tests { use crate::a::A; }",
            ),
        ],
        &[],
    );
}

#[test]
fn layers_import_downwards() {
    check(
        upwards,
        &[
            (
                "libs/merge/src/lib.rs",
                "mod engine; mod rules; mod values;",
            ),
            ("libs/merge/src/values.rs", "pub mod a;"),
            ("libs/merge/src/values/a.rs", "use crate::rules::b;"),
            ("libs/merge/src/rules.rs", "pub mod b;"),
            (
                "libs/merge/src/rules/b.rs",
                "use crate::values::a; use crate::Merge;",
            ),
            ("libs/merge/src/other.rs", ""),
        ],
        &[
            "libs/merge/src: other is in no layer",
            "libs/merge/src: values::a imports rules::b, which stands above it (line 1)",
        ],
    );
}

#[test]
fn a_crate_without_layers_has_no_downwards() {
    check(
        upwards,
        &[
            ("libs/x/src/lib.rs", "mod parts; mod values;"),
            ("libs/x/src/values.rs", "use crate::parts::P;"),
            ("libs/x/src/parts.rs", ""),
        ],
        &[],
    );
}

#[test]
fn the_plan_has_layers_of_its_own() {
    check(
        upwards,
        &[
            ("libs/plan/src/lib.rs", "mod parts; mod input;"),
            ("libs/plan/src/input.rs", "use crate::parts::p::P;"),
            ("libs/plan/src/parts.rs", "pub mod p;"),
            ("libs/plan/src/parts/p.rs", "use crate::input::PlanInput;"),
        ],
        &["libs/plan/src: input imports parts::p, which stands above it (line 1)"],
    );
}
