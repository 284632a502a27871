//! docs/rules, the anchors that the program cites, and the goldens that show a rule: each names the others.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use tributary_model::Rule;

/// A path from the root of the repository.
fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// What a page says of one rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Section {
    page: String,
    title: String,
    examples: BTreeSet<String>,
}

/// Sections by anchor: `## <a id="ANCHOR"></a>TITLE`, and the cases in its line `Examples:`.
fn sections(page: &str, text: &str) -> Vec<(String, Section)> {
    text.split("\n## ")
        .skip(1)
        .map(|section| {
            let (heading, body) = section.split_once('\n').unwrap();
            let (anchor, title) = heading
                .strip_prefix("<a id=\"")
                .and_then(|rest| rest.split_once("\"></a>"))
                .unwrap_or_else(|| panic!("{page}: no anchor before {heading}"));
            let examples = body
                .lines()
                .find_map(|line| line.strip_prefix("Examples: "))
                .unwrap_or_else(|| panic!("{page}: {anchor} has no examples"));
            let examples = examples
                .split(", ")
                .map(|case| case.trim_matches('`').to_owned());
            let section = Section {
                page: page.to_owned(),
                title: title.to_owned(),
                examples: examples.collect(),
            };
            (anchor.to_owned(), section)
        })
        .collect()
}

/// Of all pages but their index.
fn pages() -> BTreeMap<String, Section> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(at("docs/rules")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name == "README.md" {
            continue;
        }
        let page = format!("docs/rules/{name}");
        for (anchor, section) in sections(&page, &read_to_string(at(&page)).unwrap()) {
            let twice = found.insert(anchor.clone(), section);
            assert_eq!(twice, None, "{anchor} is there twice");
        }
    }
    found
}

/// The anchors that each golden's `rule.md` begins with: `Rules: ANCHOR, ANCHOR`.
fn cited() -> BTreeMap<String, BTreeSet<String>> {
    let cases = std::fs::read_dir(at("tests/golden/cases")).unwrap();
    cases
        .map(|case| {
            let case = case.unwrap();
            let text = read_to_string(case.path().join("rule.md")).unwrap();
            let first = text
                .lines()
                .next()
                .and_then(|line| line.strip_prefix("Rules: "));
            let first = first.unwrap_or_else(|| panic!("{:?} cites no rule", case.file_name()));
            let anchors = first.split(", ").map(str::to_owned).collect();
            (case.file_name().into_string().unwrap(), anchors)
        })
        .collect()
}

#[test]
fn every_rule_has_a_section_of_its_title_and_every_section_is_a_rule() {
    let expected: BTreeMap<&str, (&str, &str)> = Rule::ALL
        .iter()
        .map(|rule| (rule.anchor(), (rule.page(), rule.title())))
        .collect();
    let pages = pages();
    let found: BTreeMap<&str, (&str, &str)> = pages
        .iter()
        .map(|(anchor, section)| (&**anchor, (&*section.page, &*section.title)))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn every_rule_has_a_golden_that_cites_it() {
    let mut goldens: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (case, anchors) in cited() {
        for anchor in anchors {
            goldens.entry(anchor).or_default().insert(case.clone());
        }
    }
    let examples: BTreeMap<String, BTreeSet<String>> = pages()
        .into_iter()
        .map(|(anchor, section)| (anchor, section.examples))
        .collect();
    assert_eq!(goldens, examples);
}

#[test]
fn the_index_lists_every_rule() {
    let index = read_to_string(at("docs/rules/README.md")).unwrap();
    for rule in Rule::ALL {
        let page = rule.page().trim_start_matches("docs/rules/");
        let row = format!("| [`{rule}`]({page}#{rule}) | {} |", rule.title());
        assert!(index.contains(&row), "{row}");
    }
}

#[test]
fn a_section_is_read() {
    let text = "# Page\n\n## <a id=\"one\"></a>First\n\nBody.\n\nExamples: `a`, `b`\n";
    let section = Section {
        page: "p".to_owned(),
        title: "First".to_owned(),
        examples: ["a".to_owned(), "b".to_owned()].into(),
    };
    assert_eq!(sections("p", text), [("one".to_owned(), section)]);
}
