use super::*;
use crate::query::path::Template;

fn items() -> Vec<Value> {
    vec![
        json!({"name": "b", "port": 443, "hostname": null, "routes": ["x", "y"]}),
        json!({"name": "c", "port": 80, "hostname": "c.example.com", "routes": []}),
        json!({"name": "a", "port": 8080, "hostname": "a.example.com", "routes": ["z"]}),
        json!({"name": "d", "port": 80, "hostname": "b.example.com"}),
    ]
}

#[track_caller]
fn check(selector: Option<&str>, sort_by: Option<&str>, expected: &str) {
    let selector: Option<Selector> = selector.map(|text| text.parse().unwrap());
    let sort_by: Option<Path> = sort_by.map(|text| text.parse().unwrap());
    let choice = Choice {
        selector: selector.as_ref(),
        sort_by: sort_by.as_ref(),
    };
    let items = items();
    let Chosen { items, documents } = choice.of(&items, Clone::clone).unwrap();
    assert_eq!(items, documents);
    let names: Vec<String> = items.iter().map(|item| word(&item["name"])).collect();
    assert_eq!(names.join(" "), expected);
}

#[test]
fn numbers_are_sorted_by_size_and_text_by_letters_and_what_is_not_there_is_first() {
    check(None, None, "b c a d");
    check(None, Some(".name"), "a b c d");
    check(None, Some("{.port}"), "c d b a");
    check(None, Some(".hostname"), "b a d c");
    check(None, Some(".nothing"), "b c a d");
}

#[test]
fn a_selector_leaves_the_order() {
    check(Some("port in (80,8080)"), None, "c a d");
    check(Some("port=80"), Some(".hostname"), "d c");
}

#[test]
fn a_template_is_filled_in_from_what_json_prints() {
    let template: Template = "{.items[*].name}{.name}".parse().unwrap();
    let items = items();
    assert_eq!(template.fill(&whole(Form::List, &items)), "b c a d");
    assert_eq!(template.fill(&whole(Form::Single, &items[..1])), "b");
    assert_eq!(template.fill(&whole(Form::List, &items[..1])), "b");
}

#[test]
fn columns_of_ones_own() {
    let columns: Columns = "NAME:.name,PORT:{.port},HOST:.hostname,ROUTES:.routes[0,1]"
        .parse()
        .unwrap();
    let lines = columns.table(&items()[..2]).rows_under(&[]);
    assert_eq!(
        lines,
        [
            "NAME   PORT   HOST            ROUTES",
            "b      443    <none>          x,y",
            "c      80     c.example.com   <none>"
        ]
    );
}

/// What `get` uses of it for tables, too.
#[test]
fn rows_under_a_header_keep_its_columns() {
    let table = |names: &[&'static str]| {
        Table::of(&["NAME", "STATE"], names, |name| {
            vec![Cell::from(*name), Cell::from("x")]
        })
    };
    let widths = table(&["long-name"]).widths();
    assert_eq!(table(&["b"]).rows_under(&widths), ["b           x"]);
    assert_eq!(table(&["b"]).rows_under(&[]), ["b      x"]);
}
