use tributary_model::{Kind, ObjectKey};

use super::{Parts, key, kind, wanted};

fn said<T: std::fmt::Debug, E: std::fmt::Display>(result: Result<T, E>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("error: {error}"),
    }
}

fn check_wanted(name: Option<&str>, namespace: Option<&str>, parts: Parts, expected: &str) {
    let short = said(wanted(name, namespace, parts)).replace("ObjectKey ", "");
    assert_eq!(short, expected);
}

fn check_kind(word: &str, expected: Kind) {
    assert_eq!(kind(word), Ok(expected));
}

#[test]
fn no_name_means_all() {
    check_wanted(None, None, Parts::Object, "All");
}

#[test]
fn no_name_with_a_namespace_means_all_of_it() {
    check_wanted(None, Some("a"), Parts::Object, r#"Namespace("a")"#);
}

#[test]
fn a_namespace_and_a_name_are_one_object() {
    check_wanted(
        Some("a/b"),
        None,
        Parts::Object,
        r#"Object({ namespace: "a", name: "b" })"#,
    );
}

#[test]
fn a_name_is_looked_up_in_the_namespace_of_the_flag() {
    check_wanted(
        Some("b"),
        Some("a"),
        Parts::Object,
        r#"Object({ namespace: "a", name: "b" })"#,
    );
}

#[test]
fn the_flag_may_repeat_the_namespace() {
    check_wanted(
        Some("a/b"),
        Some("a"),
        Parts::Object,
        r#"Object({ namespace: "a", name: "b" })"#,
    );
}

#[test]
fn the_flag_may_not_contradict_the_name() {
    check_wanted(
        Some("a/b"),
        Some("c"),
        Parts::Object,
        r#"error: "a/b" is in namespace a, but -n says c"#,
    );
}

#[test]
fn a_name_alone_has_no_namespace() {
    check_wanted(
        Some("b"),
        None,
        Parts::Object,
        r#"error: "b" needs a namespace: write NS/b, or give the namespace with -n"#,
    );
}

#[test]
fn a_third_part_is_a_listener_where_listeners_are_shown() {
    check_wanted(
        Some("a/b/c"),
        None,
        Parts::Listener,
        r#"Listener({ namespace: "a", name: "b" }, "c")"#,
    );
}

#[test]
fn a_third_part_is_nothing_elsewhere() {
    check_wanted(
        Some("a/b/c"),
        None,
        Parts::Object,
        r#"error: "a/b/c" is not a name: expected NS/NAME"#,
    );
}

#[test]
fn no_part_may_be_empty() {
    check_wanted(
        Some("a/"),
        None,
        Parts::Listener,
        r#"error: "a/" is not a name: expected NS/NAME or NS/NAME/LISTENER"#,
    );
}

#[test]
fn kinds_are_spelled_in_any_case() {
    check_kind("ListenerSet", Kind::ListenerSet);
    check_kind("httproute", Kind::HttpRoute);
}

#[test]
fn kinds_have_plurals() {
    check_kind("gatewayclasses", Kind::GatewayClass);
    check_kind("grpcroutes", Kind::GrpcRoute);
}

#[test]
fn kinds_have_short_names() {
    check_kind("gtw", Kind::Gateway);
    check_kind("lset", Kind::ListenerSet);
    check_kind("gc", Kind::GatewayClass);
}

#[test]
fn a_kind_about_which_nothing_is_decided_is_refused() {
    assert_eq!(
        said(kind("service")),
        "error: \"service\" is not a kind that can be explained: expected one of gatewayclass, gateway, \
         listenerset, httproute, grpcroute, tcproute, udproute, tlsroute"
    );
}

#[test]
fn a_cluster_scoped_kind_has_a_name_only() {
    assert_eq!(
        key(Kind::GatewayClass, "alb"),
        Ok(ObjectKey::cluster("alb"))
    );
    assert_eq!(
        said(key(Kind::GatewayClass, "a/b")),
        r#"error: "a/b" is not a name: expected NAME, since the kind has no namespaces"#
    );
}

#[test]
fn a_namespaced_kind_has_both() {
    assert_eq!(key(Kind::Gateway, "a/b"), Ok(ObjectKey::new("a", "b")));
    assert_eq!(
        said(key(Kind::Gateway, "b")),
        r#"error: "b" is not a name: expected NS/NAME"#
    );
}
