//! `tributary describe`: one object with all that is known of it, as `kubectl describe` shows its.
//!
//! Made of the same answers as `get` and `explain`; what a reader may not see is left out, as there.

mod paper;

#[cfg(test)]
mod tests;

use std::io::Write;
use std::process::ExitCode;

use tributary_model::key::{ListenerOwner, OwnerKind};
use tributary_model::view::{Explanation, ListenerView, LoadBalancerView, ObjectView};
use tributary_model::{Kind, ObjectKey, ObjectRef};
use tributary_proto::call::{ExplainQuery, ListenerFilter, ObjectFilter};

use super::client::Client;
use super::error::QueryError;
use super::get::is_denied;
use super::name;
use super::print::{Progress, text};
use crate::args::DescribeArgs;

/// All that is known of an object.
struct Described {
    view: ObjectView,
    /// Its own; of a Gateway those of its sets too, of a route those that it is attached to.
    listeners: Vec<ListenerView>,
    load_balancers: Vec<LoadBalancerView>,
    explanations: Vec<Explanation>,
}

pub(crate) async fn describe(
    client: &Client,
    args: &DescribeArgs,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let DescribeArgs {
        kind,
        name,
        namespace,
        server: _,
    } = args;
    let kind = name::kind(kind)?;
    let namespace = namespace.as_deref().or(client.namespace());
    let object = ObjectRef::new(kind, name::key_in(kind, name, namespace)?);
    let described = ask(client, &object).await?;
    text(out, &paper::page(&described))?;
    Ok(ExitCode::SUCCESS)
}

async fn ask(client: &Client, object: &ObjectRef) -> Result<Described, QueryError> {
    let ObjectRef { kind, key } = object;
    let mut progress = Progress::new();
    progress.show(&format!("asking for {object}"));
    let filter = ObjectFilter {
        kind: Some(*kind),
        namespace: (!kind.is_cluster_scoped()).then(|| key.namespace.clone()),
        labels: None,
    };
    let objects = client.list_objects(&filter).await?;
    let view = objects
        .into_iter()
        .find(|view| view.judgement.object() == *object);
    let view = view.ok_or_else(|| QueryError::NotFound {
        kind: name::singular(*kind),
        name: key.to_string(),
    })?;
    progress.show(&format!("asking for the listeners of {object}"));
    let listeners = listeners(client, object, &view.gateways).await?;
    progress.show(&format!("asking why {object} is as it is"));
    let question = ExplainQuery {
        object: object.clone(),
        listener: None,
    };
    let explanations = client.ask(&question).await?;
    // Who sees one namespace sees no load balancer.
    let mut load_balancers = match client.list_load_balancers().await {
        Err(error) if is_denied(&error) => Vec::new(),
        listed => listed?,
    };
    load_balancers.retain(|load_balancer| view.gateways.contains(&load_balancer.key.gateway));
    Ok(Described {
        view,
        listeners,
        load_balancers,
        explanations,
    })
}

async fn listeners(
    client: &Client,
    object: &ObjectRef,
    gateways: &[ObjectKey],
) -> Result<Vec<ListenerView>, QueryError> {
    let ObjectRef { kind, key } = object;
    let own = |kind| ListenerFilter {
        owner: Some(ListenerOwner {
            kind,
            key: key.clone(),
        }),
        namespace: Some(key.namespace.clone()),
        ..ListenerFilter::default()
    };
    let on = |gateway: &ObjectKey| ListenerFilter {
        gateway: Some(gateway.clone()),
        ..ListenerFilter::default()
    };
    // What is asked for, and what instead where that is more than may be seen.
    let (filters, seen) = if *kind == Kind::Gateway {
        (vec![on(key)], own(OwnerKind::Gateway))
    } else if *kind == Kind::ListenerSet {
        let own = own(OwnerKind::ListenerSet);
        (vec![own.clone()], own)
    } else if kind.route().is_some() {
        let seen = ListenerFilter {
            namespace: Some(key.namespace.clone()),
            ..ListenerFilter::default()
        };
        (gateways.iter().map(on).collect(), seen)
    } else {
        // Nothing else has listeners.
        return Ok(Vec::new());
    };
    let mut listed = Vec::new();
    for filter in filters {
        match client.list_listeners(&filter).await {
            Err(error) if is_denied(&error) => {
                listed = client.list_listeners(&seen).await?;
                break;
            }
            answered => listed.extend(answered?),
        }
    }
    if kind.route().is_some() {
        listed.retain(|view| view.resolved.attached_routes.contains(object));
    }
    Ok(listed)
}
