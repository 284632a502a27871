//! `tributary get`.

mod watch;

use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;
use tonic::Code;
use tributary_model::selector::LabelSelector;
use tributary_model::view::{ListenerView, LoadBalancerView, ObjectView};
use tributary_model::{Kind, Labels, Name, ObjectKey, Timestamp};
use tributary_proto::call::{ListenerFilter, ObjectFilter};

use self::watch::{Events, Seen};
use super::choice::{Choice, Chosen, whole};
use super::client::Client;
use super::error::QueryError;
use super::name::{Parts, Wanted, wanted};
use super::output::{Columns, GetOutput, Output};
use super::path::Template;
use super::print::{Detail, Form, Table, document_of, print, tell, text, written};
use super::{rows, shapes, state};
use crate::args::{GetArgs, What};

/// Shows what was resolved. Nothing found is no failure, but an unknown name is.
pub(crate) async fn get(
    client: &Client,
    args: &GetArgs,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let GetArgs {
        what,
        name,
        namespace,
        all_namespaces,
        watch,
        output: _,
        field: _,
        selector: _,
        field_selector: _,
        sort_by: _,
        output_watch_events,
        server: _,
    } = args;
    let parts = match what {
        What::Listeners | What::Conflicts => Parts::Listener,
        What::Gateways | What::Listenersets | What::Routes | What::Loadbalancers => Parts::Object,
    };
    let own = client.namespace();
    // A name alone is in the namespace that kubectl would mean.
    let is_alone = name.as_ref().is_some_and(|name| !name.contains('/'));
    let namespace = match namespace.as_deref() {
        None if is_alone => own,
        given => given,
    };
    let mut wanted = wanted(name.as_deref(), namespace, parts)?;
    let events = if *output_watch_events {
        Events::Told
    } else {
        Events::Hidden
    };
    let mut seen = watch.then(|| Seen::new(events));
    match (one(client, args, &wanted, seen.as_mut(), out).await, own) {
        (Err(error), Some(own))
            if is_denied(&error) && wanted == Wanted::All && !all_namespaces =>
        {
            tell(&format!(
                "namespace {own} alone: not all of them may be seen"
            ));
            wanted = Wanted::Namespace(own.into());
            one(client, args, &wanted, seen.as_mut(), out).await?;
        }
        (shown, _) => shown?,
    }
    if let Some(mut seen) = seen {
        let look = async |seen: &mut Seen, out: &mut dyn Write| {
            one(client, args, &wanted, Some(seen), out).await
        };
        watch::follow(client, &mut seen, out, look).await?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn is_denied(error: &QueryError) -> bool {
    matches!(
        error,
        QueryError::Refused {
            code: Code::PermissionDenied,
            ..
        }
    )
}

async fn one(
    client: &Client,
    args: &GetArgs,
    wanted: &Wanted,
    seen: Option<&mut Seen>,
    out: &mut dyn Write,
) -> Result<(), QueryError> {
    let GetArgs {
        what,
        output,
        field,
        selector: labels,
        field_selector,
        sort_by,
        ..
    } = args;
    let labels = labels.as_ref();
    let page = Page {
        what: *what,
        wanted,
        style: match (field, output) {
            (Some(template), _) => Style::Line(template),
            (None, GetOutput::Of(output)) => Style::Of(*output),
            (None, GetOutput::Filled(template)) => Style::Filled(template),
            (None, GetOutput::Columns(columns)) => Style::Columns(columns),
        },
        choice: Choice {
            selector: field_selector.as_ref(),
            sort_by: sort_by.as_ref(),
        },
    };
    let out = &mut To { seen, out };
    let object = shapes::object;
    match what {
        What::Gateways => {
            let gateways = objects(client, Some(Kind::Gateway), wanted, labels).await?;
            let load_balancers = match page.style {
                Style::Of(Output::Table | Output::Wide) => match client.list_load_balancers().await
                {
                    // Who sees one namespace reads the Gateway's status, and no load balancer.
                    Err(error) if is_denied(&error) => Vec::new(),
                    listed => listed?,
                },
                Style::Of(Output::Yaml | Output::Json)
                | Style::Line(_)
                | Style::Filled(_)
                | Style::Columns(_) => Vec::new(),
            };
            let table =
                |items: &[ObjectView], detail| rows::gateways(items, &load_balancers, detail);
            show(out, page, &gateways, table, object)?;
        }
        What::Listenersets => {
            let sets = objects(client, Some(Kind::ListenerSet), wanted, labels).await?;
            show(out, page, &sets, rows::listener_sets, object)?;
        }
        What::Routes => {
            let mut routes = objects(client, None, wanted, labels).await?;
            routes.retain(is_route);
            show(out, page, &routes, rows::routes, object)?;
        }
        What::Listeners => {
            let listeners = listeners(client, wanted, labels).await?;
            show(out, page, &listeners, rows::listeners, |view| {
                shapes::listener(view)
            })?;
        }
        What::Conflicts => {
            let mut conflicts = listeners(client, wanted, labels).await?;
            conflicts.retain(is_conflict);
            show(out, page, &conflicts, rows::conflicts, |view| {
                shapes::conflict(view)
            })?;
        }
        What::Loadbalancers if labels.is_some() => return Err(QueryError::Unlabelled),
        What::Loadbalancers => {
            let mut load_balancers = client.list_load_balancers().await?;
            load_balancers
                .retain(|view: &LoadBalancerView| selects(wanted, &view.key.gateway, None));
            show(out, page, &load_balancers, rows::load_balancers, |view| {
                shapes::load_balancer(view)
            })?;
        }
    }
    Ok(())
}

/// Whether an object is a route.
pub(crate) fn is_route(view: &ObjectView) -> bool {
    view.judgement.object().kind.route().is_some()
}

/// Whether a listener lost.
pub(crate) fn is_conflict(view: &ListenerView) -> bool {
    state::rival(view).is_some()
}

/// The time, for transitions that no written status dates.
pub(crate) fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_second())
}

/// What was asked for.
#[derive(Clone, Copy)]
struct Page<'a> {
    what: What,
    wanted: &'a Wanted,
    style: Style<'a>,
    choice: Choice<'a>,
}

/// How it is printed.
#[derive(Clone, Copy)]
enum Style<'a> {
    Of(Output),
    /// With a line end behind it.
    Line(&'a Template),
    Filled(&'a Template),
    Columns(&'a Columns),
}

/// Where to, and what went there before, if it is for following.
struct To<'a> {
    seen: Option<&'a mut Seen>,
    out: &'a mut dyn Write,
}

fn show<'a, T: Clone, S: Serialize>(
    to: &mut To<'_>,
    page: Page<'_>,
    items: &'a [T],
    table: impl Fn(&[T], Detail) -> Table,
    shape: impl Fn(&'a T) -> S,
) -> Result<(), QueryError> {
    let Page {
        what: _,
        wanted,
        style,
        choice,
    } = page;
    let To { seen, out } = to;
    if items.is_empty() && seen.as_ref().is_none_or(|seen| seen.is_new()) {
        nothing(page)?;
    }
    let Chosen {
        items: chosen,
        documents,
    } = choice.of(items, &shape)?;
    let detail = match style {
        Style::Of(Output::Wide) => Detail::Wide,
        Style::Of(Output::Table | Output::Yaml | Output::Json)
        | Style::Line(_)
        | Style::Filled(_)
        | Style::Columns(_) => Detail::Usual,
    };
    if let Some(seen) = seen {
        let news = seen.news(&table(&chosen, detail), documents);
        return seen.print(*out, style, news);
    }
    let form = match wanted {
        Wanted::All | Wanted::Namespace(_) => Form::List,
        Wanted::Object(_) | Wanted::Listener(..) => Form::Single,
    };
    match style {
        // As the server ordered them, in the order of their fields.
        Style::Of(output) if choice.is_everything() => {
            print(*out, output, form, items, table, shape)
        }
        Style::Of(output @ (Output::Table | Output::Wide)) => {
            print(*out, output, form, &chosen, table, |_| ())
        }
        Style::Of(output @ (Output::Yaml | Output::Json)) => {
            document_of(*out, output, form, &documents, |document| document)
        }
        Style::Line(template) => {
            let text = template.fill(&whole(form, &documents));
            written(*out, &format!("{text}\n"))
        }
        Style::Filled(template) => written(*out, &template.fill(&whole(form, &documents))),
        Style::Columns(columns) => text(*out, &lines(&columns.table(&documents).rows_under(&[]))),
    }
}

/// Each ended.
fn lines(lines: &[String]) -> String {
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// Nothing found is told, and an error where it was asked for by name.
fn nothing(page: Page<'_>) -> Result<(), QueryError> {
    let Page { what, wanted, .. } = page;
    let not_found = |name: String| QueryError::NotFound {
        kind: singular(what).to_owned(),
        name,
    };
    match (wanted, what) {
        // Having no conflicts is no mistake in the name.
        (_, What::Conflicts) | (Wanted::All, _) => tell("No resources found"),
        (Wanted::Namespace(namespace), _) => {
            tell(&format!("No resources found in {namespace} namespace."));
        }
        (Wanted::Object(key), _) => return Err(not_found(key.to_string())),
        (Wanted::Listener(key, name), _) => return Err(not_found(format!("{key}/{name}"))),
    }
    Ok(())
}

async fn objects(
    client: &Client,
    kind: Option<Kind>,
    wanted: &Wanted,
    labels: Option<&LabelSelector>,
) -> Result<Vec<ObjectView>, QueryError> {
    let filter = ObjectFilter {
        kind,
        namespace: namespace(wanted),
        labels: labels.cloned(),
    };
    let mut objects = client.list_objects(&filter).await?;
    are_selected(client, labels, objects.iter().map(|view| &view.labels))?;
    objects.retain(|view| selects(wanted, &view.judgement.object().key, None));
    Ok(objects)
}

async fn listeners(
    client: &Client,
    wanted: &Wanted,
    labels: Option<&LabelSelector>,
) -> Result<Vec<ListenerView>, QueryError> {
    let filter = ListenerFilter {
        namespace: namespace(wanted),
        labels: labels.cloned(),
        ..ListenerFilter::default()
    };
    let mut listeners = client.list_listeners(&filter).await?;
    are_selected(client, labels, listeners.iter().map(|view| &view.labels))?;
    listeners.retain(|view| {
        let listener = &view.resolved.listener;
        selects(wanted, &listener.owner.key, Some(&listener.name))
    });
    Ok(listeners)
}

/// A server that does not know the filter lets all pass, and shows no labels: nothing of that is an answer.
fn are_selected<'a>(
    client: &Client,
    selector: Option<&LabelSelector>,
    mut labels: impl Iterator<Item = &'a Labels>,
) -> Result<(), QueryError> {
    match selector {
        Some(selector) if !labels.all(|own| selector.selects(own)) => {
            let server = client.server().to_owned();
            Err(QueryError::LabelsIgnored { server })
        }
        Some(_) | None => Ok(()),
    }
}

fn namespace(wanted: &Wanted) -> Option<Name> {
    match wanted {
        Wanted::All => None,
        Wanted::Namespace(namespace) => Some(namespace.clone()),
        Wanted::Object(key) | Wanted::Listener(key, _) => Some(key.namespace.clone()),
    }
}

fn selects(wanted: &Wanted, key: &ObjectKey, listener: Option<&Name>) -> bool {
    match wanted {
        Wanted::All => true,
        Wanted::Namespace(namespace) => *namespace == key.namespace,
        Wanted::Object(object) => object == key,
        Wanted::Listener(object, name) => object == key && listener == Some(name),
    }
}

fn singular(what: What) -> &'static str {
    match what {
        What::Gateways => "gateway",
        What::Listenersets => "listenerset",
        What::Listeners => "listener",
        What::Routes => "route",
        What::Loadbalancers => "loadbalancer",
        What::Conflicts => "conflict",
    }
}

#[cfg(test)]
mod tests;
