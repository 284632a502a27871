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
