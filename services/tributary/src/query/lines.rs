//! What `up` says when nobody sits at a terminal: one line for each change of a listener's state.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use futures::StreamExt;
use tributary_model::ListenerRef;
use tributary_model::view::{ListenerState, ListenerView};
use tributary_runtime::Context;
use tributary_stream::Update;

use super::client::Client;
use super::error::QueryError;
use super::live::watch_listeners;
use super::print::table::one_line;
use super::state::asks;

/// Writes a line whenever a listener's state, address or wish changes, until the context stops.
pub(crate) async fn lines(
    context: &Context,
    client: &Client,
    out: &mut (dyn Write + Send),
) -> anyhow::Result<()> {
    let mut updates = watch_listeners(context, client);
    let mut said = ConditionText::default();
    while let Some(received) = updates.next().await {
        for line in said.lines(received.item) {
            writeln!(out, "{line}").map_err(QueryError::Write)?;
        }
        out.flush().map_err(QueryError::Write)?;
    }
    Ok(())
}

/// What was said of each listener.
#[derive(Debug, Default)]
struct ConditionText(BTreeMap<ListenerRef, Fact>);

/// What makes a new line worth it. The text of a pending state is not: it changes with every step.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fact {
    asks: String,
    state: ListenerState,
    lasting_reason: Option<String>,
    dns_name: Option<String>,
}

impl ConditionText {
    fn lines(&mut self, update: Update<ListenerRef, ListenerView>) -> Vec<String> {
        match update {
            Update::Reset(listeners) => {
                let mut views: Vec<&Arc<ListenerView>> =
                    listeners.values().map(|held| &held.item).collect();
                views.sort_by_key(|view| (&view.resolved.gateway, &view.resolved.precedence));
                views
                    .into_iter()
                    .filter_map(|view| self.line(view))
                    .collect()
            }
            Update::Apply(_, view) => self.line(&view).into_iter().collect(),
            Update::Delete(listener) => {
                self.0.remove(&listener);
                vec![format!("{listener}  Removed")]
            }
            Update::Repositioned(_) | Update::Refused(_) | Update::Synced => Vec::new(),
        }
    }

    fn line(&mut self, view: &ListenerView) -> Option<String> {
        let fact = fact(view);
        let listener = &view.resolved.listener;
        if self.0.get(listener) == Some(&fact) {
            return None;
        }
        self.0.insert(listener.clone(), fact);
        Some(line(view))
    }
}

fn fact(view: &ListenerView) -> Fact {
    let (state, reason) = view.state();
    Fact {
        asks: asks(view),
        state,
        lasting_reason: reason.filter(|_| state != ListenerState::Pending),
        dns_name: view.dns_name.clone(),
    }
}

/// `ListenerSet team-a/app/https  443 HTTPS app.example.com  Programmed  k8s-….elb.amazonaws.com`: two spaces between
/// the parts; behind the state comes the address of what is served, else the reason.
fn line(view: &ListenerView) -> String {
    let (state, reason) = view.state();
    let last = match state {
        ListenerState::Programmed => view.dns_name.clone(),
        ListenerState::Pending
        | ListenerState::Conflicted
        | ListenerState::UnresolvedRefs
        | ListenerState::NotServed
        | ListenerState::NoCertificate
        | ListenerState::TooManyListeners
        | ListenerState::Refused
        | ListenerState::UnsupportedProtocol
        | ListenerState::Invalid => reason,
    };
    let parts = [
        Some(view.resolved.listener.to_string()),
        Some(asks(view)),
        Some(state.as_str().to_owned()),
        last,
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    one_line(&parts.join("  "))
}

#[cfg(test)]
mod tests;
