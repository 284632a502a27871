//! Cells that several tables share.

use tributary_model::ObjectKey;
use tributary_model::judgement::{ListenerJudgement, Standing};
use tributary_model::report::{LoadBalancerPhase, LoadBalancerReport};
use tributary_model::status::ConditionStatus;
use tributary_status::{ConditionText, Summary};

use crate::query::print::{Cell, Tone};

/// What stands where nothing is known or nothing is meant.
pub(crate) const NONE: &str = "<none>";

/// The phase in one word, a contract like the states of listeners.
pub(crate) fn phase_word(phase: LoadBalancerPhase) -> &'static str {
    match phase {
        LoadBalancerPhase::Absent => "Absent",
        LoadBalancerPhase::Provisioning => "Provisioning",
        LoadBalancerPhase::Active => "Active",
        LoadBalancerPhase::Failed => "Failed",
        LoadBalancerPhase::Deleting => "Deleting",
        LoadBalancerPhase::Deleted => "Deleted",
    }
}

pub(super) fn good_of_all(listeners: &[ListenerJudgement]) -> Cell {
    let good = listeners
        .iter()
        .filter(|listener| match listener.standing() {
            Standing::Awaited | Standing::Served => true,
            Standing::NotValid | Standing::PortUnavailable | Standing::Refused => false,
        })
        .count();
    let tone = if good == listeners.len() {
        Tone::Plain
    } else {
        Tone::Bad
    };
    Cell::toned(format!("{good}/{}", listeners.len()), tone)
}

pub(super) fn condition(said: Option<&ConditionText>) -> Cell {
    truth(said.map_or(ConditionStatus::Unknown, |said| said.status))
}

pub(super) fn truth(status: ConditionStatus) -> Cell {
    match status {
        ConditionStatus::True => Cell::toned("True", Tone::Good),
        ConditionStatus::False => Cell::toned("False", Tone::Bad),
        ConditionStatus::Unknown => Cell::toned("Unknown", Tone::Waiting),
    }
}

pub(super) fn reason(said: Option<&ConditionText>) -> Cell {
    or_none(said.map(|said| said.reason))
}

/// The message of the first condition that is not as it should be.
pub(super) fn message(summary: &Summary) -> Cell {
    let said = summary.accepted.iter().chain(&summary.programmed);
    let mut bad = said
        .filter(|said| said.status != ConditionStatus::True)
        .chain(&summary.others);
    or_none(bad.next().map(|said| &said.message))
}

pub(super) fn settled(report: Option<&LoadBalancerReport>) -> Cell {
    match report.map(|report| report.settled) {
        Some(true) => truth(ConditionStatus::True),
        Some(false) => Cell::toned("False", Tone::Waiting),
        None => truth(ConditionStatus::Unknown),
    }
}

pub(super) fn phase_tone(phase: LoadBalancerPhase) -> Tone {
    match phase {
        LoadBalancerPhase::Active => Tone::Good,
        LoadBalancerPhase::Provisioning | LoadBalancerPhase::Deleting => Tone::Waiting,
        LoadBalancerPhase::Failed => Tone::Bad,
        LoadBalancerPhase::Absent | LoadBalancerPhase::Deleted => Tone::Plain,
    }
}

pub(super) fn joined(gateways: &[ObjectKey]) -> Cell {
    if gateways.is_empty() {
        return NONE.into();
    }
    let gateways: Vec<String> = gateways.iter().map(ToString::to_string).collect();
    gateways.join(",").into()
}

pub(super) fn sentences(lines: &[String]) -> Cell {
    lines.join("; ").into()
}

pub(super) fn or_none(text: Option<impl AsRef<str>>) -> Cell {
    match text {
        Some(text) => Cell::toned(text, Tone::Plain),
        None => NONE.into(),
    }
}
