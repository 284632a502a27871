//! What `up --once` prints at its end.

use std::io::Write;

use tributary_model::Kind;
use tributary_model::view::{ListenerView, LoadBalancerView, ObjectView};
use tributary_proto::call::{ListenerFilter, ObjectFilter};

use super::client::Client;
use super::get::{is_conflict, is_route};
use super::output::Output;
use super::print::{Detail, Form, Table, Tone, document_of, text};
use super::{rows, shapes};

/// Everything that is known: tables of all of it, or a `kind: List` of every object with its status.
pub(crate) async fn everything(
    client: &Client,
    output: Output,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let objects = client.list_objects(&ObjectFilter::default()).await?;
    let detail = match output {
        Output::Table => Detail::Usual,
        Output::Wide => Detail::Wide,
        Output::Yaml | Output::Json => {
            document_of(out, output, Form::List, &objects, |view| {
                shapes::object(view)
            })?;
            return Ok(());
        }
    };
    let listeners = client.list_listeners(&ListenerFilter::default()).await?;
    let load_balancers = client.list_load_balancers().await?;
    text(out, &report(&objects, &listeners, &load_balancers, detail))?;
    Ok(())
}

fn report(
    objects: &[ObjectView],
    listeners: &[ListenerView],
    load_balancers: &[LoadBalancerView],
    detail: Detail,
) -> String {
    let of_kind = |kind| objects_where(objects, |view| view.judgement.object().kind == kind);
    let conflicts: Vec<ListenerView> = listeners
        .iter()
        .filter(|view| is_conflict(view))
        .cloned()
        .collect();
    let sections = [
        (
            "Gateways",
            rows::gateways(&of_kind(Kind::Gateway), load_balancers, detail),
        ),
        (
            "ListenerSets",
            rows::listener_sets(&of_kind(Kind::ListenerSet), detail),
        ),
        ("Listeners", rows::listeners(listeners, detail)),
        (
            "Routes",
            rows::routes(&objects_where(objects, is_route), detail),
        ),
        (
            "Load balancers",
            rows::load_balancers(load_balancers, detail),
        ),
        ("Conflicts", rows::conflicts(&conflicts, detail)),
    ];
    let sections: Vec<String> = sections
        .iter()
        .filter(|(_, table)| !table.rows.is_empty())
        .map(|(title, table)| section(title, table))
        .collect();
    if sections.is_empty() {
        return "Nothing to serve: no Gateway of ours was read.\n".to_owned();
    }
    sections.join("\n")
}

fn section(title: &str, table: &Table) -> String {
    format!("{}\n{}", Tone::Heading.paint(title), table.text())
}

fn objects_where(objects: &[ObjectView], wanted: impl Fn(&ObjectView) -> bool) -> Vec<ObjectView> {
    objects
        .iter()
        .filter(|view| wanted(view))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests;
