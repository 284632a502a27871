//! Health on paper.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;
use tributary_model::Timestamp;
use tributary_model::health::{Health, LoadBalancerHealth, SeenShard, ServiceSeen, StandingCount};
use tributary_model::report::{QuotaUse, Quotas};

use super::faults::CERTIFICATE_SOON;
use crate::query::print::table::one_line;
use crate::query::print::{Cell, Table, Tone};
use crate::query::rows::{NONE, phase_word};

/// States of objects, best first, as the columns have them.
const STATES: [&str; 5] = ["served", "pending", "degraded", "refused", "left_alone"];

/// Everything, with what is wrong at the end, where a terminal shows it.
pub(super) fn screen(health: &Health, faults: &[String], now: Timestamp) -> String {
    let mut screen = String::new();
    for table in [
        services(&health.services),
        standings(&health.standings),
        reasons(&health.standings),
        load_balancers(&health.load_balancers, now),
    ] {
        if !table.rows.is_empty() {
            screen.push_str(&table.text());
            screen.push('\n');
        }
    }
    // Writing to a String cannot fail.
    match health.unwritten_judgements {
        Some(0) => {}
        Some(count) => {
            writeln!(screen, "{count} judgements are still to be written.").unwrap_or_default();
        }
        None => writeln!(screen, "No status is written yet.").unwrap_or_default(),
    }
    if faults.is_empty() {
        writeln!(screen, "{}", Tone::Good.paint("Well")).unwrap_or_default();
    } else {
        writeln!(screen, "{}", Tone::Bad.paint("Degraded")).unwrap_or_default();
        for fault in faults {
            writeln!(screen, "- {}", one_line(fault)).unwrap_or_default();
        }
    }
    screen
}

fn services(services: &[ServiceSeen]) -> Table {
    Table::of(
        &["SERVICE", "VERSION", "ADDRESS", "LEADS", "SHARES"],
        services,
        |seen| {
            vec![
                Cell::from(&*seen.service),
                or_none(&seen.version),
                or_none(&seen.address),
                or_none(
                    seen.leads
                        .map_or("", |leads| if leads { "yes" } else { "no" }),
                ),
                or_none(&shares(&seen.shards)),
            ]
        },
    )
}

/// `0-3,5 of 8`; nothing of who has all or none.
fn shares(shards: &[SeenShard]) -> String {
    let mut by_count: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for shard in shards.iter().filter(|shard| shard.count > 1) {
        by_count.entry(shard.count).or_default().insert(shard.index);
    }
    let parts = by_count.into_iter().map(|(count, indices)| {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for index in indices {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == index => *last = index,
                Some(_) | None => ranges.push((index, index)),
            }
        }
        let ranges = ranges.into_iter().map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            }
        });
        format!("{} of {count}", ranges.collect::<Vec<_>>().join(","))
    });
    parts.collect::<Vec<_>>().join("; ")
}

fn standings(standings: &[StandingCount]) -> Table {
    let mut sums: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for standing in standings {
        let of = sums.entry(&standing.what).or_default();
        *of.entry(&standing.state).or_default() += standing.count;
    }
    let header = [
        "OBJECT",
        "SERVED",
        "PENDING",
        "DEGRADED",
        "REFUSED",
        "LEFT-ALONE",
    ];
    Table::of(&header, sums, |(what, by_state)| {
        let counts = STATES.iter().map(|state| {
            let count = by_state.get(state).copied().unwrap_or_default();
            let tone = if count == 0 { Tone::Plain } else { tone(state) };
            Cell::toned(count.to_string(), tone)
        });
        [Cell::from(what)].into_iter().chain(counts).collect()
    })
}

/// Why what is not served is not.
fn reasons(standings: &[StandingCount]) -> Table {
    let others = standings.iter().filter(|it| it.state != "served");
    Table::of(&["OBJECT", "STATE", "REASON", "COUNT"], others, |it| {
        vec![
            Cell::from(&*it.what),
            Cell::toned(&it.state, tone(&it.state)),
            or_none(&it.reason),
            Cell::from(it.count.to_string()),
        ]
    })
}

fn tone(state: &str) -> Tone {
    match state {
        "served" => Tone::Good,
        "pending" => Tone::Waiting,
        "degraded" | "refused" => Tone::Bad,
        _ => Tone::Plain,
    }
}

fn load_balancers(load_balancers: &[LoadBalancerHealth], now: Timestamp) -> Table {
    let header = [
        "LOAD-BALANCER",
        "PHASE",
        "FULLEST-QUOTA",
        "CERTIFICATE-ENDS",
        "STILL-TO-DO",
    ];
    Table::of(&header, load_balancers, |of| {
        let ends = of.first_certificate.as_ref().map(|it| it.not_after);
        let ends = match ends {
            Some(end) if end.0.saturating_sub(now.0) < CERTIFICATE_SOON => {
                Cell::toned(end.to_string(), Tone::Bad)
            }
            Some(end) => Cell::from(end.to_string()),
            None => Cell::from(NONE),
        };
        vec![
            Cell::from(of.key.to_string()),
            Cell::from(phase_word(of.phase)),
            or_none(&fullest(of)),
            ends,
            or_none(&of.pending),
        ]
    })
}

/// The quota of which most is taken; a quota of nothing is full of nothing.
fn fullest(of: &LoadBalancerHealth) -> String {
    let each = of.quotas.iter().flat_map(Quotas::each);
    let each = each.filter(|(_, it)| it.limit > 0);
    let share = |of: QuotaUse| u64::from(of.used) * 1_000_000 / u64::from(of.limit.max(1));
    let fullest = each.max_by_key(|(_, it)| share(*it));
    fullest.map_or_else(String::new, |(quota, QuotaUse { used, limit })| {
        format!("{used}/{limit} {}", quota.replace('_', " "))
    })
}

fn or_none(text: &str) -> Cell {
    Cell::from(if text.is_empty() { NONE } else { text })
}

/// For programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shape<'a> {
    kind: &'static str,
    status: &'static str,
    faults: &'a [String],
    complete: bool,
    unwritten_judgements: Option<u64>,
    failed_statuses: u64,
    services: Vec<ServiceShape<'a>>,
    objects: Vec<ObjectShape<'a>>,
    load_balancers: Vec<LoadBalancerShape<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceShape<'a> {
    service: &'a str,
    version: &'a str,
    address: &'a str,
    leads: Option<bool>,
    shares: String,
    concerns: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectShape<'a> {
    what: &'a str,
    state: &'a str,
    reason: &'a str,
    count: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LoadBalancerShape<'a> {
    load_balancer: String,
    phase: &'static str,
    unheard: bool,
    pending: &'a str,
    problems: &'a [String],
    quotas: BTreeMap<&'static str, QuotaShape>,
    first_certificate: Option<CertificateShape>,
}

#[derive(Serialize)]
struct QuotaShape {
    used: u32,
    limit: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CertificateShape {
    secret: String,
    not_after: String,
}

pub(super) fn shape<'a>(health: &'a Health, faults: &'a [String]) -> Shape<'a> {
    let Health {
        complete,
        services,
        standings,
        load_balancers,
        unwritten_judgements,
        failed_statuses,
    } = health;
    Shape {
        kind: "InstallationStatus",
        status: if faults.is_empty() {
            "Well"
        } else {
            "Degraded"
        },
        faults,
        complete: *complete,
        unwritten_judgements: *unwritten_judgements,
        failed_statuses: *failed_statuses,
        services: services
            .iter()
            .map(|seen| ServiceShape {
                service: &seen.service,
                version: &seen.version,
                address: &seen.address,
                leads: seen.leads,
                shares: shares(&seen.shards),
                concerns: &seen.concerns,
            })
            .collect(),
        objects: standings
            .iter()
            .map(|it| ObjectShape {
                what: &it.what,
                state: &it.state,
                reason: &it.reason,
                count: it.count,
            })
            .collect(),
        load_balancers: load_balancers.iter().map(load_balancer).collect(),
    }
}

fn load_balancer(of: &LoadBalancerHealth) -> LoadBalancerShape<'_> {
    let quotas = of.quotas.iter().flat_map(Quotas::each);
    let quota = |QuotaUse { used, limit }| QuotaShape { used, limit };
    LoadBalancerShape {
        load_balancer: of.key.to_string(),
        phase: phase_word(of.phase),
        unheard: of.unheard,
        pending: &of.pending,
        problems: &of.problems,
        quotas: quotas.map(|(name, of)| (name, quota(of))).collect(),
        first_certificate: of.first_certificate.as_ref().map(|it| CertificateShape {
            secret: it.secret.to_string(),
            not_after: it.not_after.to_string(),
        }),
    }
}
