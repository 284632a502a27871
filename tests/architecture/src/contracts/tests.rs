use super::{controllers, private_keys};
use crate::facts::{Place, SourceFile};
use crate::syntax::syntax;
use std::collections::BTreeMap;

#[track_caller]
fn check_contract(text: &str, said: &[&str]) {
    let contracts = BTreeMap::from([("a.proto".to_owned(), text.to_owned())]);
    compare(&private_keys(&contracts), said);
}

#[track_caller]
fn check_sources(texts: &[&str], said: &[&str]) {
    let file = |(index, text): (usize, &&str)| SourceFile {
        path: format!("{index}.rs"),
        package: "tributary-x".to_owned(),
        place: Place::Module,
        syntax: syntax(text).unwrap(),
    };
    compare(
        &controllers(&texts.iter().enumerate().map(file).collect::<Vec<_>>()),
        said,
    );
}

#[track_caller]
fn compare(broken: &[String], said: &[&str]) {
    assert_eq!(broken.len(), said.len(), "{broken:?}");
    for (sentence, said) in broken.iter().zip(said) {
        assert!(sentence.contains(said), "{sentence}");
    }
}

#[test]
fn a_fingerprint_may_travel() {
    check_contract(
        "message A { string fingerprint = 1; } // never the private_key",
        &[],
    );
}

#[test]
fn a_private_key_in_a_contract_is_found() {
    check_contract(
        "message A {\n bytes private_key = 2;\n}",
        &["a.proto:2: private_key"],
    );
    check_contract("message PrivateKey {}", &["a.proto:1: privatekey"]);
}

#[test]
fn one_file_may_know_a_controller() {
    check_sources(
        &[
            "const A: &str = \"gateway.k8s.aws/alb\";",
            "const B: &str = \"gateway.k8s.aws\";",
        ],
        &[],
    );
    check_sources(
        &[
            "const A: &str = \"gateway.k8s.aws/alb\";",
            "#[cfg(test)] mod t { const A: &str = \"gateway.k8s.aws/alb\"; }",
        ],
        &[],
    );
}

#[test]
fn a_second_file_that_knows_a_controller_is_found() {
    let text = "fn f(name: &str) -> bool { matches!(name, \"gateway.k8s.aws/nlb\") }";
    check_sources(
        &[text, text],
        &["gateway.k8s.aws/nlb is known to 0.rs, 1.rs"],
    );
}
