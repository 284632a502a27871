use serde_json::json;

use super::*;

fn list() -> Value {
    json!({
        "kind": "List",
        "items": [
            {"metadata": {"name": "a", "annotations": {"x.y/z": "dotted"}}, "port": 80, "hostname": null,
             "conditions": [{"type": "Accepted", "status": "True"}, {"type": "Programmed", "status": "False"}]},
            {"metadata": {"name": "b"}, "port": 443, "hostname": "b.example.com", "conditions": []},
        ],
    })
}

#[track_caller]
fn check(template: &str, expected: &str) {
    let template: Template = template.parse().unwrap();
    assert_eq!(template.fill(&list()), expected);
}

#[track_caller]
fn refused(template: &str, expected: &str) {
    let error = template.parse::<Template>().unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
}

/// The forms of kubectl's own page, one by one.
#[test]
fn expressions_are_those_of_kubectl() {
    check("{.kind}", "List");
    check("{['kind']}", "List");
    check("{$.kind}", "List");
    check("{.items[*].metadata.name}", "a b");
    check("{.items[0].metadata.name}", "a");
    check("{.items[-1:].metadata.name}", "b");
    check("{.items[0:1].metadata.name}", "a");
    check("{.items[0,1].metadata.name}", "a b");
    check("{.items[?(@.port==443)].metadata.name}", "b");
    check("{.items[?(@.metadata.name==\"a\")].port}", "80");
    check("{.items[?(@.metadata.name=='a')].port}", "80");
    check("{..name}", "a b");
    check("{.items[0].metadata['name']}", "a");
    check("{.items[0].metadata.annotations.x\\.y/z}", "dotted");
    check("{.items[0].metadata.*}", "{\"x.y/z\":\"dotted\"} a");
    check(
        "{.items[0].conditions[?(@.type==\"Programmed\")].status}",
        "False",
    );
}

#[test]
fn what_is_around_an_expression_is_text() {
    check("kind is {.kind}.", "kind is List.");
    check("{.kind}{\"\\t\"}{'}'}{\"\\n\"}", "List\t}\n");
    check("no expression at all", "no expression at all");
}

#[test]
fn a_range_goes_through_what_it_finds() {
    check(
        "{range .items[*]}{.metadata.name}={.port}{\"\\n\"}{end}",
        "a=80\nb=443\n",
    );
    check(
        "{range .items[*]}{.metadata.name}:{range .conditions[*]} {.type} of {$.kind}{end};{end}",
        "a: Accepted of List Programmed of List;b:;",
    );
    check("{range .items[*]}{@.port} {end}", "80 443 ");
}

#[test]
fn what_is_not_there_is_nothing() {
    check("{.nothing}", "");
    check("{.items[*].nothing.at.all}", "");
    check("{.items[0].hostname}", "");
    check("{.items[7].port}", "");
}

#[test]
fn objects_and_lists_are_json() {
    check("{.items[1].metadata}", "{\"name\":\"b\"}");
    check(
        "{.items[0].conditions[0]}",
        "{\"status\":\"True\",\"type\":\"Accepted\"}",
    );
    check("{.items[1].conditions}", "[]");
}

#[test]
fn braces_may_be_left_out_of_a_single_expression() {
    for text in [".kind", "kind", "{.kind}", "{ .kind }"] {
        assert_eq!(
            Template::field(text).unwrap().fill(&list()),
            "List",
            "{text}"
        );
    }
    for text in ["items[1].port", "{.items[1].port}"] {
        let path: Path = text.parse().unwrap();
        assert_eq!(path.of(&list()), [&json!(443)], "{text}");
    }
    let hostnames: Path = ".items[*].hostname".parse().unwrap();
    assert_eq!(hostnames.of(&list()), [&json!("b.example.com")]);
}

#[test]
fn what_is_no_expression_is_refused_with_the_reason() {
    refused("{.kind", "\"}\" is missing");
    refused("{.items[0}", "\"]\" is missing");
    refused("{}", "it is empty");
    refused("{.items..}", "a name is missing");
    refused("{.a b}", "' ' does not belong into a name");
    refused("{range .items[*]}{.port}", "\"{end}\" is missing");
    refused("{end}", "without \"{range}\"");
    refused("{.items[?(]}", "no JSONPath");
}
