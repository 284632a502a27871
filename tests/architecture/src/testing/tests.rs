use super::{ignored, sleeping, unfinished};
use crate::facts::{Place, SourceFile};
use crate::syntax::syntax;

#[track_caller]
fn check(check: fn(&[SourceFile]) -> Vec<String>, place: Place, text: &str, said: Option<&str>) {
    let file = SourceFile {
        path: "y.rs".to_owned(),
        package: "tributary-x".to_owned(),
        place,
        syntax: syntax(text).unwrap(),
    };
    let broken = check(&[file]);
    match said {
        None => assert_eq!(broken, Vec::<String>::new()),
        Some(said) => assert!(broken.len() == 1 && broken[0].contains(said), "{broken:?}"),
    }
}

#[test]
fn a_test_that_runs_passes() {
    check(ignored, Place::Test, "#[test] fn f() {}", None);
    check(ignored, Place::Test, "fn ignore() {} // #[ignore]", None);
}

#[test]
fn an_ignored_test_is_found() {
    check(
        ignored,
        Place::Test,
        "#[test]\n#[ignore]\nfn f() {}",
        Some("y.rs:2: ignore"),
    );
    check(
        ignored,
        Place::Module,
        "#[cfg(test)] mod t { #[test] #[ignore = \"slow\"] fn f() {} }",
        Some("ignore"),
    );
    check(
        ignored,
        Place::Test,
        "#[cfg_attr(ci, ignore)] #[test] fn f() {}",
        Some("ignore"),
    );
}

#[test]
fn what_ships_may_wait() {
    check(
        sleeping,
        Place::Module,
        "async fn f() { tokio::time::sleep(d).await }",
        None,
    );
}

#[test]
fn a_sleeping_test_is_found() {
    check(
        sleeping,
        Place::Test,
        "async fn f() { tokio::time::sleep(d).await }",
        Some("y.rs:1: tokio::time::sleep"),
    );
    check(
        sleeping,
        Place::Test,
        "use std::thread::sleep;",
        Some("std::thread::sleep"),
    );
    check(
        sleeping,
        Place::Module,
        "#[test] fn f() { std::thread::sleep(d) }",
        Some("std::thread::sleep"),
    );
    check(
        sleeping,
        Place::Test,
        "fn f() { select! { () = time::sleep_until(x) => {} } }",
        Some("sleep_until"),
    );
}

#[test]
fn unfinished_code_is_found() {
    check(
        unfinished,
        Place::Module,
        "fn f() { unreachable!() } // todo!()",
        None,
    );
    check(
        unfinished,
        Place::Module,
        "fn f() { todo!() }",
        Some("y.rs:1: todo"),
    );
    check(
        unfinished,
        Place::Test,
        "fn f() { assert!(unimplemented!()) }",
        Some("unimplemented"),
    );
    check(
        unfinished,
        Place::Module,
        "fn f(todo: u8) { assert!(todo != 1) }",
        None,
    );
}
