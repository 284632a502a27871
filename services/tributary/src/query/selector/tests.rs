use serde_json::json;

use super::*;

fn documents() -> Vec<Value> {
    vec![
        json!({"listener": "a", "owner": {"namespace": "green"}, "state": "Programmed", "port": 80, "hostname": null}),
        json!({"listener": "b", "owner": {"namespace": "green"}, "state": "Conflicted", "port": 443, "hostname": "b.example.com"}),
        json!({"listener": "c", "owner": {"namespace": "blue"}, "state": "Programmed", "port": 443, "hostname": "c.example.com"}),
    ]
}

/// The names of those that are selected.
#[track_caller]
fn check(selector: &str, expected: &str) {
    let selector: Selector = selector.parse().unwrap();
    let mut documents = documents();
    documents.retain(|document| selector.selects(document));
    let names: Vec<String> = documents.iter().map(|it| word(&it["listener"])).collect();
    assert_eq!(names.join(" "), expected);
}

#[test]
fn equality() {
    check("state=Programmed", "a c");
    check("state==Programmed", "a c");
    check("state!=Programmed", "b");
    check("port=443", "b c");
    check("owner.namespace=green", "a b");
    check("state=Programmed,port=443", "c");
    check(" state = Programmed , port = 443 ", "c");
    check("state=programmed", "");
}

#[test]
fn sets() {
    check("listener in (a,c)", "a c");
    check("listener notin (a, c)", "b");
    check("port in (80,443),state notin (Conflicted)", "a c");
}

#[test]
fn presence() {
    check("hostname", "b c");
    check("!hostname", "a");
    check("hostname!=b.example.com", "a c");
    check("hostname notin (b.example.com)", "a c");
    check("hostname=", "");
}

#[test]
fn a_label_is_told_to_be_unknown() {
    let selector: Selector = "app=shop,state=Programmed,!hostname,!tier".parse().unwrap();
    assert_eq!(selector.unknown(&documents()), ["app", "tier"]);
}

#[test]
fn what_is_no_selector_is_refused() {
    for text in ["", "=a", "state in a", "state in (a", "a b", "a,,b"] {
        let error = text.parse::<Selector>().unwrap_err();
        assert!(error.to_string().contains("is no selector"), "{error}");
    }
}

const LABELLED: [(&str, &[(&str, &str)]); 4] = [
    (
        "a",
        &[
            ("app", "shop"),
            ("env", "prod"),
            ("example.com/tier", "web"),
        ],
    ),
    ("b", &[("app", "shop"), ("env", "test")]),
    ("c", &[("app", "blog")]),
    ("d", &[]),
];

/// The names of those that are selected by their labels.
#[track_caller]
fn check_labels(selector: &str, expected: &str) {
    let selector = labels(selector).unwrap();
    let selected = LABELLED.iter().filter(|(_, own)| {
        let own = own.iter();
        let own = own.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        selector.selects(&tributary_model::Labels::of(&own.collect()).unwrap())
    });
    let names: Vec<&str> = selected.map(|(name, _)| *name).collect();
    assert_eq!(names.join(" "), expected);
}

#[test]
fn labels_by_equality() {
    check_labels("app=shop", "a b");
    check_labels("app==shop,env!=prod", "b");
    check_labels("env!=prod", "b c d");
    check_labels("env=", "");
    check_labels("example.com/tier=web", "a");
    check_labels("app=SHOP", "");
}

#[test]
fn labels_by_sets() {
    check_labels("env in (prod, test)", "a b");
    check_labels("env notin (prod)", "b c d");
    check_labels("app=shop,env in (test,dev),!example.com/tier", "b");
}

#[test]
fn labels_by_presence() {
    check_labels("env", "a b");
    check_labels("!env", "c d");
    check_labels("app,!env", "c");
    check_labels("", "a b c d");
}

#[test]
fn what_is_no_label_is_refused() {
    let long = "x".repeat(64);
    for text in [
        "=a",
        "state in a",
        "a b",
        "a,,b",
        "a=b c",
        "a=-b",
        "-a",
        "a/b/c",
        "A.example/a",
        "/a",
        "a/",
        "a>1",
        "a=b=c",
        "metadata.labels['app']=x",
        &long,
        &format!("a={long}"),
    ] {
        let error = labels(text).unwrap_err();
        assert!(
            error.to_string().contains("is no selector"),
            "{text}: {error}"
        );
    }
}
