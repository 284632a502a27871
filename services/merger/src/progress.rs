//! How far everybody has come: what `WaitSettled` waits for.

use tokio::sync::watch;
use tributary_stream::Position;

use crate::state::MergerState;

/// Wakes whoever waits, at every change of the state or of an answer to it.
#[derive(Debug)]
pub(crate) struct Progress(watch::Sender<()>);

impl Default for Progress {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl Progress {
    pub(crate) fn changed(&self) {
        self.0.send_replace(());
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}

/// What is still awaited, one a line; empty when everything up to `read` is judged, programmed or refused,
/// and written.
pub(crate) fn pending(state: &MergerState, read: Position) -> Vec<String> {
    let mut pending = Vec::new();
    if !state.is_complete() || state.position() < read {
        pending.push(format!(
            "the merger has read up to {}, the watcher {read}",
            state.position()
        ));
    }
    for report in state.reports().iter().filter(|report| {
        !state.is_desired(&report.key) && state.kept(&report.key.gateway).is_none()
    }) {
        pending.push(format!(
            "load balancer {} is being removed, phase {:?}{}",
            report.key,
            report.phase,
            in_brackets(&report.problems)
        ));
    }
    for stray in state.strays() {
        pending.push(format!(
            "load balancer {stray} is there by the word of a programmer, and nobody wants it"
        ));
    }
    for key in state.desired_keys() {
        if let Err(why) = state.settled_report(key) {
            pending.push(format!("load balancer {key}: {why}"));
        }
    }
    let judged = state.judged_position();
    match state.written.position {
        Some(written) if written >= judged => {}
        Some(written) => pending.push(format!("status is written up to {written} of {judged}")),
        None => pending.push("the status writer has not reported yet".to_owned()),
    }
    pending.extend(
        state
            .written
            .failed
            .iter()
            .map(|(object, reason)| format!("status of {object}: {reason}")),
    );
    pending
}

/// What is wrong, behind what it is wrong with.
fn in_brackets(problems: &[String]) -> String {
    if problems.is_empty() {
        return String::new();
    }
    format!(" ({})", problems.join("; "))
}
