//! Decisions in words, with what programmers say: an explanation says no less than a status.

use tributary_model::judgement::{
    JudgedOutcome, Judgement, ListenerJudgement, ParentJudgement, Standing,
};
use tributary_model::report::ProgrammedState;
use tributary_model::resolved::{GatewayAcceptance, ListenerSetAcceptance};
use tributary_model::view::{Explanation, Sight};
use tributary_model::{ObjectRef, Rule};

use super::judge;
use super::reports::Reports;
use crate::engine::merge::Merge;

/// Explains an object and all of its listeners, or one listener of it. Empty when nothing is known of it.
pub fn explain(
    merge: &Merge,
    object: &ObjectRef,
    listener: Option<&str>,
    reports: &Reports,
    sight: &Sight,
) -> Vec<Explanation> {
    let mut explanations = merge.explain(object, listener, sight);
    let (mut own, listeners) = match judge(merge, object, reports) {
        Some(Judgement::Gateway(judged)) => {
            if judged.acceptance == GatewayAcceptance::Accepted && none_is_valid(&judged.listeners)
            {
                refuse(explanations.first_mut(), listener, Rule::GatewayStatus);
            }
            (judged.problems, judged.listeners)
        }
        Some(Judgement::ListenerSet(judged)) => {
            if judged.acceptance == ListenerSetAcceptance::Admitted
                && none_is_valid(&judged.listeners)
            {
                refuse(explanations.first_mut(), listener, Rule::ListenerSetStatus);
            }
            (Vec::new(), judged.listeners)
        }
        Some(Judgement::Route(judged)) => {
            // One for each parent, in their order.
            for (explanation, parent) in explanations.iter_mut().zip(&judged.parents) {
                add(explanation, of_rules(parent));
            }
            return explanations;
        }
        Some(Judgement::GatewayClass(_) | Judgement::Pod(_)) | None => return explanations,
    };
    let mut rest = explanations.iter_mut();
    if listener.is_none()
        && let Some(explanation) = rest.next()
    {
        add(explanation, std::mem::take(&mut own));
    }
    let of_listeners = listeners
        .iter()
        .filter(|judged| listener.is_none_or(|name| *judged.name == *name));
    for (explanation, judged) in rest.zip(of_listeners) {
        add(explanation, of_listener(judged));
    }
    explanations
}

fn none_is_valid(listeners: &[ListenerJudgement]) -> bool {
    let mut standings = listeners.iter().map(ListenerJudgement::standing);
    !listeners.is_empty() && standings.all(|it| it == Standing::NotValid)
}

/// Says of an owner, unless one listener is asked about, that it is not accepted for want of a valid listener.
fn refuse(own: Option<&mut Explanation>, listener: Option<&str>, rule: Rule) {
    if let (Some(explanation), None) = (own, listener) {
        "not accepted: ListenersNotValid".clone_into(&mut explanation.decision);
        explanation.rule = rule.to_string();
        add(explanation, ["none of its listeners is valid".to_owned()]);
        let change = "a valid listener: see what each needs".to_owned();
        explanation.would_change.push(change);
    }
}

fn add(explanation: &mut Explanation, facts: impl IntoIterator<Item = String>) {
    for fact in facts {
        if !explanation.because.contains(&fact) {
            explanation.because.push(fact);
        }
    }
}

fn of_rules(parent: &ParentJudgement) -> Vec<String> {
    let of = |what: &'static str, rules: &[(usize, String)]| -> Vec<String> {
        let rules = rules.iter();
        rules
            .map(|(rule, text)| format!("rules[{rule}]{what}: {text}"))
            .collect()
    };
    let mut facts = of(" is not served", &parent.refused_rules);
    facts.extend(of("", &parent.degraded_rules));
    facts.extend(of(" is not in place yet", &parent.pending_rules));
    facts
}

fn of_listener(judged: &ListenerJudgement) -> Vec<String> {
    let mut facts = Vec::new();
    if let JudgedOutcome::Won(state) = &judged.outcome {
        facts.push(match state {
            None => "no programmer has reported on its load balancer yet".to_owned(),
            Some(ProgrammedState::Programmed) => "it is programmed".to_owned(),
            Some(ProgrammedState::Pending(why)) => format!("it is not programmed yet: {why}"),
            Some(
                ProgrammedState::TooManyListeners(why)
                | ProgrammedState::NoCertificate(why)
                | ProgrammedState::Refused(why)
                | ProgrammedState::Impossible(why)
                | ProgrammedState::PortUnavailable(why),
            ) => format!("it is not programmed: {why}"),
        });
    }
    facts.extend(judged.notes.iter().cloned());
    facts
}
