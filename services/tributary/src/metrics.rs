//! The one table of all metrics: each crate has those that it gives, this is whose they are. docs/reference/metrics.md is
//! made of it, and `tests/e2e` holds what the five programs expose against that page.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use tributary_runtime::metrics::{Described, Shown};
use tributary_runtime::names::{OF_PROCESS, OF_READERS, OF_SENDERS, OF_SERVERS};

/// The services and what each has.
const TABLE: [(&str, &[&[Described]]); 5] = [
    (
        "watcher",
        &[
            OF_PROCESS,
            OF_SERVERS,
            OF_SENDERS,
            tributary_watcher::METRICS,
        ],
    ),
    (
        "merger",
        &[
            OF_PROCESS,
            OF_SERVERS,
            OF_SENDERS,
            OF_READERS,
            tributary_kubernetes::lease::METRICS,
            tributary_merger::METRICS,
        ],
    ),
    ("alb-programmer", OF_PROGRAMMERS),
    ("nlb-programmer", OF_PROGRAMMERS),
    (
        "status-writer",
        &[
            OF_PROCESS,
            OF_READERS,
            tributary_kubernetes::lease::METRICS,
            tributary_status_writer::METRICS,
        ],
    ),
];

const OF_PROGRAMMERS: &[&[Described]] = &[
    OF_PROCESS,
    OF_SENDERS,
    OF_READERS,
    tributary_kubernetes::lease::METRICS,
    tributary_kubernetes::lease::OF_SHARDS,
    tributary_programmer::metrics::METRICS,
];

/// Prometheus's name of the kind, and what the text format appends to a name of it.
fn kind(described: &Described) -> (&str, &'static str) {
    let kind = described.kind.as_str();
    let suffix = if kind == "counter" { "_total" } else { "" };
    (kind, suffix)
}

fn rows() -> BTreeMap<&'static str, (Described, BTreeSet<&'static str>)> {
    let mut rows: BTreeMap<_, (Described, BTreeSet<_>)> = BTreeMap::new();
    for (service, parts) in TABLE {
        for described in parts.iter().copied().flatten() {
            let row = rows.entry(described.name);
            let (_, services) = row.or_insert((*described, BTreeSet::new()));
            assert!(services.insert(service), "{service}: {}", described.name);
        }
    }
    rows
}

fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    for (name, (described, services)) in rows() {
        let Described {
            name: _,
            help,
            labels,
            shown,
            kind: _,
        } = described;
        let (kind, suffix) = self::kind(&described);
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        let services: Vec<&str> = services.into_iter().collect();
        let services = if services.len() == TABLE.len() {
            "all".to_owned()
        } else {
            services.join(", ")
        };
        let shown = match shown {
            Shown::Always => "",
            Shown::When(when) => when,
        };
        writeln!(
            page,
            "| `{name}{suffix}` | {kind} | {} | {services} | {help} | {shown} |",
            labels.join(", ")
        )
        .unwrap();
    }
    page
}

const INTRODUCTION: &str = "# Metrics

Each service exposes its metrics at `/metrics` of its admin port (`--admin-listen`), in the OpenMetrics text format. This page is generated from
constants in the code. Names end in their unit. Seconds *since 1970* are times, to be compared with `time()`.

- Gauges of the merger about objects, quotas and certificates come from the leader only, so a sum over replicas is right.
- `state` is `served`, `pending`, `degraded` (not all of it, or not as asked), `refused` or `left_alone`. `reason` is a word of the table
  [Reasons in metrics](../troubleshooting.md#reasons-in-metrics), not always a condition's reason. Both have few values, whatever users write.
- A counter with labels may be there from its first event on only, with 1 and not 0: `increase()` does not see that event.
- `gateway_namespace` and `gateway_name` name a Gateway with a load balancer. No label names other objects; `--tenant-metrics` of the merger
  adds one metric per namespace.
- `tributary_change_seconds` is measured by the merger's clock, from the arrival of a change there. The time from the API server to the merger is not
  included, because objects carry whole seconds only. A first listing is not measured, and at most 64 changes of one load balancer at a time are.
- `tributary up` exposes all of them on one port.

| metric | type | labels | of | says | there once, or where |
|---|---|---|---|---|---|
";

/// `UPDATE_GOLDEN=1` writes it.
#[test]
fn golden_every_metric_is_in_the_reference() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/metrics.md"
    );
    let page = page();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), page);
}

/// <https://prometheus.io/docs/practices/naming/>, and no more than one unit.
#[test]
fn a_metric_is_named_by_the_conventions() {
    for (name, (described, _)) in rows() {
        let (kind, _) = kind(&described);
        assert!(name.starts_with("tributary_"), "{name}");
        assert!(
            name.chars().all(|it| it.is_ascii_lowercase() || it == '_'),
            "{name}"
        );
        for taken in ["_total", "_count", "_sum", "_bucket", "_created"] {
            assert!(
                !name.ends_with(taken),
                "{name}: prometheus-client appends it"
            );
        }
        for unit in ["_ms", "_millis", "_minutes", "_kib", "_mib"] {
            assert!(
                !name.ends_with(unit),
                "{name}: seconds and bytes are the units"
            );
        }
        assert!(
            matches!(kind, "counter" | "gauge" | "histogram"),
            "{name}: {kind}"
        );
        if kind == "histogram" {
            assert!(name.ends_with("_seconds"), "{name}: it has a unit");
        }
        // As a label each pod of the scrape has, too: Prometheus would rename ours.
        for label in described.labels {
            assert!(
                !["namespace", "pod", "instance", "job", "container"].contains(label),
                "{name}: {label}"
            );
        }
        assert!(!described.help.ends_with('.'), "{name}");
        assert!(!described.help.contains('|'), "{name}");
    }
}
