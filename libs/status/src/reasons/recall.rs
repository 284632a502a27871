//! Reading the table backwards: what a condition of ours was written for.

use tributary_model::report::ProgrammedState;
use tributary_model::status::{Condition, ConditionStatus};

use super::phrases::{
    IMPOSSIBLE, NO_CERTIFICATE, NO_CERTIFICATE_ADVICE, NOTHING_TO_SERVE_WITH, REFUSED, TOO_MANY,
    TOO_MANY_ADVICE, UNAVAILABLE,
};
use super::{PENDING, PORT_UNAVAILABLE, PROGRAMMED, RESOLVED_REFS, TOO_MANY_LISTENERS};
use crate::words::told;

/// The conditions of a listener that was served, refused or waiting when it was last reported on, as the
/// state that they were written for; nothing when something else was said.
///
/// Used only until the first report after a start of the merger (see [`crate::next`]).
pub(crate) fn recall(conditions: &[Condition]) -> Option<ProgrammedState> {
    let own = |condition_type: &str, status: ConditionStatus| {
        conditions.iter().find(|condition| {
            condition.condition_type == condition_type
                && condition.status == status
                && condition.observed_generation.is_some()
        })
    };
    if own(PROGRAMMED, ConditionStatus::True).is_some() {
        return Some(ProgrammedState::Programmed);
    }
    let programmed = own(PROGRAMMED, ConditionStatus::False)?;
    if programmed.reason == PENDING {
        return Some(ProgrammedState::Pending(String::new()));
    }
    if programmed.reason == TOO_MANY_LISTENERS {
        let quota = told(&programmed.message, TOO_MANY, TOO_MANY_ADVICE)?;
        return Some(ProgrammedState::TooManyListeners(quota));
    }
    if programmed.reason == PORT_UNAVAILABLE {
        let why = told(&programmed.message, UNAVAILABLE, "")?;
        return Some(ProgrammedState::PortUnavailable(why));
    }
    if let Some(why) = told(&programmed.message, IMPOSSIBLE, "") {
        return Some(ProgrammedState::Impossible(why));
    }
    if let Some(why) = told(&programmed.message, REFUSED, "") {
        return Some(ProgrammedState::Refused(why));
    }
    (programmed.message == NOTHING_TO_SERVE_WITH).then(|| {
        // Not there when ResolvedRefs had a reference to speak of, which comes first.
        let why = own(RESOLVED_REFS, ConditionStatus::False)
            .and_then(|refs| told(&refs.message, NO_CERTIFICATE, NO_CERTIFICATE_ADVICE));
        ProgrammedState::NoCertificate(why.unwrap_or_default())
    })
}

/// Whether a top-level `Programmed` is one that reports lead to, as against refusals by the merge.
pub(crate) fn is_report_based(programmed: &Condition) -> bool {
    programmed.observed_generation.is_some()
        && ["Programmed", PENDING, "ParentNotProgrammed", "NoResources"]
            .contains(&programmed.reason.as_str())
}
