//! One frame of the live table, from what is known to lines of text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::ListenerRef;
use tributary_model::desired::LoadBalancerKey;
use tributary_model::view::{ListenerState, ListenerView, Rejection, listener_words};

use crate::query::print::table::{cut, one_line};
use crate::query::print::{Cell, Table, Tone};
use crate::query::refused::refusal;
use crate::query::rows::owner;
use crate::query::state::{asks, attached, hostname, rival, tone};

/// Every listener by its owner and name.
pub(super) type Listeners = BTreeMap<ListenerRef, Arc<ListenerView>>;

/// Of the terminal, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// Conflicts, refusals and load balancers may take this share of the screen each: the table is what it is for.
const SHARE: usize = 4;

/// What is on the screen: a summary, the load balancers with their addresses, each team's listeners, the conflicts, and
/// what of the source was refused. Never more than fits; what is left out is counted.
pub(super) fn frame(
    listeners: Option<&Listeners>,
    refused: &[Rejection],
    size: Size,
) -> Vec<String> {
    let Some(listeners) = listeners else {
        return vec![cut("Waiting for the first listeners …", size.columns)];
    };
    let mut views: Vec<&ListenerView> = listeners.values().map(|view| &**view).collect();
    // By team; within a team by Gateway and precedence.
    views.sort_by_key(|view| {
        let resolved = &view.resolved;
        let team = &resolved.listener.owner.key.namespace;
        (team, &resolved.gateway, &resolved.precedence)
    });
    let heading = |text: &str| Tone::Heading.paint(&cut(text, size.columns));
    let fit =
        |lines: Vec<String>, rows: usize, what: &str| within(lines, Size { rows, ..size }, what);
    let share = size.rows / SHARE;
    let balancers = load_balancers(&views, size.columns);
    let mut lines = vec![heading(&summary(&views))];
    lines.extend(fit(balancers, share, "load balancers"));
    lines.push(String::new());
    let conflicts = fit(conflicts(&views, size.columns), share, "lines on conflicts");
    let refused = refused.iter().map(refusal);
    let refused = refused.map(|line| Tone::Bad.paint(&cut(&one_line(&line), size.columns)));
    let refused = fit(refused.collect(), share, "refused");
    let mut below = Vec::new();
    for (title, section) in [("Conflicts", conflicts), ("Refused", refused)] {
        if !section.is_empty() {
            below.extend([String::new(), heading(title)]);
            below.extend(section);
        }
    }
    let mut table = table(&views, size.columns).into_iter();
    lines.extend(table.next());
    let left = size.rows.saturating_sub(lines.len() + below.len());
    lines.extend(fit(table.collect(), left, "listeners"));
    lines.extend(below);
    lines.truncate(size.rows);
    lines
}

/// `4 listeners of 3 teams: 2 Programmed, 1 Pending, 1 Conflicted`.
fn summary(views: &[&ListenerView]) -> String {
    let mut counts: BTreeMap<ListenerState, usize> = BTreeMap::new();
    for view in views {
        let (state, _) = view.state();
        *counts.entry(state).or_default() += 1;
    }
    let teams: BTreeSet<&str> = views
        .iter()
        .map(|view| &*view.resolved.listener.owner.key.namespace)
        .collect();
    let counts: Vec<String> = counts
        .into_iter()
        .map(|(state, count)| format!("{count} {}", state.as_str()))
        .collect();
    let head = format!(
        "{} of {}",
        count(views.len(), "listener"),
        count(teams.len(), "team")
    );
    if counts.is_empty() {
        head
    } else {
        format!("{head}: {}", counts.join(", "))
    }
}

fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

/// `alb infra/my-gateway   k8s-….elb.amazonaws.com`, one a line.
fn load_balancers(views: &[&ListenerView], columns: usize) -> Vec<String> {
    let addresses: BTreeMap<&LoadBalancerKey, Option<&str>> = views
        .iter()
        .map(|view| (&view.load_balancer, view.dns_name.as_deref()))
        .collect();
    let table = Table::of(&["", ""], addresses, |(key, address)| {
        vec![
            key.to_string().into(),
            match address {
                Some(address) => Cell::toned(address, Tone::Good),
                None => Cell::toned("no address yet", Tone::Waiting),
            },
        ]
    });
    // The columns have no names.
    table.lines(Some(columns)).split_off(1)
}

/// The state stands where a narrow terminal still shows it; addresses are above, once for all.
fn table(views: &[&ListenerView], columns: usize) -> Vec<String> {
    let header = [
        "TEAM", "STATE", "OWNER", "LISTENER", "PORT", "PROTOCOL", "HOSTNAME", "ROUTES",
    ];
    let mut team = None;
    let rows = views.iter().map(|view| {
        let resolved = &view.resolved;
        let (state, _) = view.state();
        let namespace = &*resolved.listener.owner.key.namespace;
        // Named once, above its own.
        let again = team.replace(namespace) == Some(namespace);
        vec![
            Cell::from(if again { "" } else { namespace }),
            Cell::toned(state.as_str(), tone(state)),
            owner(&resolved.listener.owner).into(),
            Cell::from(&*resolved.listener.name),
            resolved.port.to_string().into(),
            Cell::from(resolved.protocol.as_str()),
            Cell::from(hostname(view)),
            attached(view).to_string().into(),
        ]
    });
    let table = Table {
        header: header.to_vec(),
        rows: rows.collect(),
    };
    table.lines(Some(columns))
}

/// Two lines for each that lost: to whom, and what would change it.
fn conflicts(views: &[&ListenerView], columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for view in views {
        let Some((conflict, rival)) = rival(view) else {
            continue;
        };
        let lost = format!(
            "{} against {}: {} on {}",
            view.resolved.listener,
            listener_words(rival),
            conflict.reason(),
            asks(view)
        );
        lines.push(Tone::Bad.paint(&cut(&one_line(&lost), columns)));
        let remedies = view.explanation.would_change.join("; ");
        if !remedies.is_empty() {
            lines.push(cut(
                &one_line(&format!("  would change: {remedies}")),
                columns,
            ));
        }
    }
    lines
}

/// As many lines as there are rows; the last one counts what is left out.
fn within(mut lines: Vec<String>, size: Size, what: &str) -> Vec<String> {
    if lines.len() <= size.rows {
        return lines;
    }
    let kept = size.rows.saturating_sub(1);
    let left_out = lines.len() - kept;
    lines.truncate(kept);
    if size.rows > 0 {
        let more = format!("… and {left_out} more {what}");
        lines.push(cut(&more, size.columns));
    }
    lines
}

#[cfg(test)]
mod tests;
