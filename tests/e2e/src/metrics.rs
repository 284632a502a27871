//! What a service exposes, against docs/reference/metrics.md.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;

/// One row of the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// As PromQL has it, but for the suffixes of a histogram.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: String,
    /// Names of its labels.
    pub labels: BTreeSet<String>,
    /// Services that have it.
    pub services: BTreeSet<String>,
    /// On what it depends whether it is there; empty if it always is.
    pub condition: String,
}

/// All rows of the reference.
pub fn reference() -> Vec<Row> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/metrics.md");
    let page = std::fs::read_to_string(file).unwrap();
    page.lines()
        .filter_map(|line| line.strip_prefix("| `")?.strip_suffix('|'))
        .map(row)
        .collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [name, kind, labels, services, _help, condition] = cells[..] else {
        panic!("{line}");
    };
    let words = |cell: &str| -> BTreeSet<String> {
        let words = cell.split(", ").filter(|word| !word.is_empty());
        words
            .map(|word| word.trim_matches('`').to_owned())
            .collect()
    };
    Row {
        name: name.trim_matches('`').to_owned(),
        kind: kind.to_owned(),
        labels: words(labels),
        services: match services {
            "all" => words("watcher, merger, alb-programmer, nlb-programmer, status-writer"),
            some => words(some),
        },
        condition: condition.to_owned(),
    }
}

/// A metric as `/metrics` has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Exposed {
    kind: String,
    /// Of each series.
    labels: BTreeSet<BTreeSet<String>>,
}

/// By PromQL's name.
fn exposed(text: &str) -> BTreeMap<String, Exposed> {
    let series = Regex::new(r"^([a-z_]+)(?:\{(.*)\})? \S+$").unwrap();
    let label = Regex::new(r#"([a-z_]+)="(?:[^"\\]|\\.)*""#).unwrap();
    let mut metrics: BTreeMap<String, Exposed> = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines() {
        if let Some(described) = line.strip_prefix("# TYPE ") {
            let (of, kind) = described.split_once(' ').unwrap();
            let suffix = if kind == "counter" { "_total" } else { "" };
            name = format!("{of}{suffix}");
            let metric = metrics.entry(name.clone()).or_default();
            kind.clone_into(&mut metric.kind);
        } else if !line.starts_with('#') {
            let parts = series.captures(line).unwrap_or_else(|| panic!("{line}"));
            assert!(parts[1].starts_with(&name), "{line} is below {name}");
            let labels = parts.get(2).map_or("", |labels| labels.as_str());
            let labels = label.captures_iter(labels).map(|it| it[1].to_owned());
            // A histogram's buckets have one more.
            let labels = labels.filter(|label| label != "le").collect();
            metrics.get_mut(&name).unwrap().labels.insert(labels);
        }
    }
    metrics
}

/// What is wrong with the page of a service where these conditions are so, by the reference.
pub fn differences(service: &str, text: &str, holding: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    let rows = reference();
    let mut exposed = exposed(text);
    for row in rows.iter().filter(|row| row.services.contains(service)) {
        let Row {
            name,
            kind,
            labels,
            services: _,
            condition,
        } = row;
        let holds = condition.is_empty() || holding.contains(&condition.as_str());
        let Some(metric) = exposed.remove(name) else {
            if holds {
                wrong.push(format!("{service} does not expose {name}"));
            }
            continue;
        };
        if metric.kind != *kind {
            wrong.push(format!("{service}: {name} is a {}", metric.kind));
        }
        if !condition.is_empty() && holds && metric.labels.is_empty() {
            wrong.push(format!(
                "{service} says nothing of {name}, although {condition}"
            ));
        }
        for other in metric.labels.iter().filter(|it| *it != labels) {
            wrong.push(format!("{service}: {name} has the labels {other:?}"));
        }
    }
    let unknown = exposed.into_keys();
    wrong.extend(unknown.map(|name| format!("{service} exposes {name}: not in the reference")));
    wrong
}
