use super::{Named, Syntax, syntax};

#[track_caller]
fn check(text: &str, names: fn(&Syntax) -> &[Named], expected: &[&str]) {
    let found = syntax(text).unwrap();
    let found: Vec<&str> = names(&found)
        .iter()
        .map(|named| named.name.as_str())
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn use_trees_are_flattened() {
    check(
        "use a::{b, c::{d as e, self}, f::*};",
        |it| &it.paths,
        &["a::b", "a::c::d", "a::c::self", "a::f::*"],
    );
}

#[test]
fn paths_of_types_and_expressions_are_named() {
    check(
        "fn f(x: a::B<c::D>) { e::f(x) }",
        |it| &it.paths,
        &["a::B", "c::D", "e::f", "x"],
    );
}

#[test]
fn paths_in_macros_are_put_together() {
    check(
        "m! { a::b(c: d, e::<f::g>()) }",
        |it| &it.paths,
        &["a::b", "c", "d", "e", "f::g", "m"],
    );
}

#[test]
fn macros_in_macros_are_named() {
    check(
        "m! { a::b!(c != d, [e!()]) }",
        |it| &it.macros,
        &["m", "b", "e"],
    );
}

#[test]
fn literals_are_those_of_code() {
    check(
        "/// doc\n#[error(\"said\")] const A: &str = \"a\"; m!(\"b\", 1, 'c');",
        |it| &it.literals,
        &["a", "b"],
    );
}

#[test]
fn lines_count_from_one() {
    assert_eq!(syntax("\n\nuse a::b;").unwrap().paths[0].line, 3);
}

#[test]
fn text_that_is_no_rust_is_refused() {
    assert!(syntax("fn (").is_err());
}
