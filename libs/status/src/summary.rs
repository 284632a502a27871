//! A judgement in two words, for tables.

use tributary_model::judgement::{Judgement, RouteJudgement};
use tributary_model::status::{ConditionStatus, GatewayStatus, ListenerSetStatus};

use crate::listener::tally;
use crate::reasons::ConditionRow;
use crate::{gateway, gateway_class, listener_set, route};

/// What the two conditions that every table shows will say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// `Accepted`; of a route the first parent's that is not accepted, else the first's. Absent for a
    /// route without parents of ours.
    pub accepted: Option<ConditionText>,
    /// `Programmed`; absent for kinds that have none, and before the first report.
    pub programmed: Option<ConditionText>,
    /// What the other conditions will say is not as it was asked for; of a route by parent.
    pub others: Vec<ConditionText>,
}

/// Status, reason and message of one condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionText {
    /// True or False.
    pub status: ConditionStatus,
    /// CamelCase.
    pub reason: &'static str,
    /// One or two sentences.
    pub message: String,
}

/// What a judgement comes to, whatever the status says now.
pub fn summary(judgement: &Judgement) -> Summary {
    match judgement {
        Judgement::GatewayClass(judged) => Summary {
            accepted: Some(gateway_class::accepted(judged).into()),
            programmed: None,
            others: gateway_class::degraded(judged)
                .into_iter()
                .map(ConditionText::from)
                .collect(),
        },
        Judgement::Gateway(judged) => {
            let none = GatewayStatus::default();
            let tally = tally(&gateway::own_listeners(judged, &none));
            let known = !gateway::rests_on_report(judged, tally);
            Summary {
                accepted: Some(gateway::accepted(judged, tally).into()),
                programmed: known.then(|| gateway::programmed(judged, tally).into()),
                others: gateway::degraded(judged)
                    .into_iter()
                    .map(ConditionText::from)
                    .collect(),
            }
        }
        Judgement::ListenerSet(judged) => {
            let none = ListenerSetStatus::default();
            let tally = tally(&listener_set::listeners(judged, &none));
            let known = !listener_set::rests_on_report(judged, tally);
            Summary {
                accepted: Some(listener_set::accepted(judged, tally).into()),
                programmed: known.then(|| listener_set::programmed(judged, tally).into()),
                others: Vec::new(),
            }
        }
        Judgement::Route(judged) => Summary {
            accepted: worst_parent(judged),
            programmed: None,
            others: (judged.parents.iter())
                .flat_map(|parent| route::shortcomings(parent).map(ConditionText::from))
                .collect(),
        },
        Judgement::Pod(_) => Summary::default(),
    }
}

fn worst_parent(judged: &RouteJudgement) -> Option<ConditionText> {
    let mut verdicts = judged.parents.iter().map(route::accepted);
    let first = verdicts.next()?;
    let worst = match first.status {
        ConditionStatus::True => verdicts
            .find(|condition_row| condition_row.status != ConditionStatus::True)
            .unwrap_or(first),
        ConditionStatus::False | ConditionStatus::Unknown => first,
    };
    Some(worst.into())
}

impl From<ConditionRow> for ConditionText {
    fn from(condition_row: ConditionRow) -> Self {
        let ConditionRow {
            condition_type: _,
            status,
            reason,
            message,
        } = condition_row;
        Self {
            status,
            reason,
            message,
        }
    }
}

#[cfg(test)]
mod tests;
