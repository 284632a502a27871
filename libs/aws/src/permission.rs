//! What a refusal for want of permission says besides AWS's words: the policy statement that would grant it.
//!
//! Messages: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>.

use std::collections::BTreeSet;

use tributary_model::report::{LoadBalancerPhase, LoadBalancerReport, ProgrammedState};

use crate::operation::Operation;

#[cfg(test)]
mod tests;

/// The services' several ways to say it.
const DENIED: [&str; 3] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
];

/// Between AWS's words and the statement of a single call.
const GRANTS_IT: &str = "; this grants it: ";
/// Of AWS's words where many calls are denied: who asked, for what, and by which policy.
const MOST_WORDS: usize = 400;
/// The longest action of today has 60 characters.
const MOST_OF_AN_ACTION: usize = 80;

/// AWS's message, with the statement that is missing where a statement would help.
pub(crate) fn explained(code: Option<&str>, operation: Operation, message: String) -> String {
    // What a policy forbids no other one grants.
    if !code.is_some_and(|code| DENIED.contains(&code)) || message.contains("explicit deny") {
        return message;
    }
    let action = named(&message).map_or_else(|| operation.action(), str::to_owned);
    let message = message.trim_end().trim_end_matches('.');
    format!("{message}{GRANTS_IT}{}", statement(&quoted(&action)))
}

/// Whoever runs the programmer can grant what is missing, and a tenant cannot: on a load balancer that serves, the statement
/// of what is denied to rules and listeners is the Gateway's to tell, once for all of them.
pub fn tell_the_gateway(report: &mut LoadBalancerReport) {
    let mut denied = Vec::new();
    if report.phase == LoadBalancerPhase::Active {
        let rules = report.rules.iter_mut().map(|rule| &mut rule.message);
        let listeners = report.listeners.iter_mut().flat_map(|listener| {
            let state = match &mut listener.state {
                ProgrammedState::Pending(text) | ProgrammedState::Refused(text) => Some(text),
                ProgrammedState::Programmed
                | ProgrammedState::TooManyListeners(_)
                | ProgrammedState::NoCertificate(_)
                | ProgrammedState::Impossible(_)
                | ProgrammedState::PortUnavailable(_) => None,
            };
            listener.notes.iter_mut().chain(state)
        });
        for text in rules.chain(listeners) {
            if let Some((words, _)) = granted(text) {
                let words = shortened(words);
                denied.push(std::mem::replace(text, words));
            }
        }
    }
    for text in denied {
        if !report.problems.contains(&text) {
            report.problems.push(text);
        }
    }
    in_one_statement(&mut report.problems);
}

/// Of several problems for want of permission one is left, in AWS's words about the first call, with one statement that
/// grants all that is missing: a role without any right would else be told of in kilobytes, and granted in a dozen pieces.
/// Each call's own words are in the programmer's log, at `debug`.
fn in_one_statement(problems: &mut Vec<String>) {
    let denied: Vec<(&str, &str)> = problems.iter().filter_map(|it| granted(it)).collect();
    let [(words, _), others @ ..] = &*denied else {
        return;
    };
    let others = match others.len() {
        0 => return,
        1 => "one other call is".to_owned(),
        count => format!("{count} other calls are"),
    };
    let actions: BTreeSet<String> = denied.iter().map(|(_, action)| quoted(action)).collect();
    let actions: Vec<String> = actions.into_iter().collect();
    let mut together = Some(format!(
        "{}; {others} denied, too; this grants all of them: {}",
        shortened(words),
        statement(&format!("[{}]", actions.join(", "))),
    ));
    // In the place of the first.
    problems.retain_mut(|problem| {
        if granted(problem).is_none() {
            return true;
        }
        let first = together.take();
        first.map(|together| *problem = together).is_some()
    });
}

/// Every resource: what a describe reads has none of its own, and least policies are in deploy/iam.
fn statement(action: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Action": {action}, "Resource": "*"}}"#)
}

fn quoted(action: &str) -> String {
    format!("\"{action}\"")
}

/// What a problem says before the statement of its one call, and the action that the statement grants.
fn granted(problem: &str) -> Option<(&str, &str)> {
    let (words, granting) = problem.rsplit_once(GRANTS_IT)?;
    let (_, rest) = granting.split_once(r#""Action": ""#)?;
    let (action, _) = rest.split_once('"')?;
    Some((words, action))
}

fn shortened(words: &str) -> String {
    match words.char_indices().nth(MOST_WORDS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}

/// The action that AWS names: a call may need others besides its own.
fn named(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    let action = rest.split_whitespace().next()?.trim_end_matches('.');
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, ':' | '-');
    let is_one = action.contains(':') && action.len() <= MOST_OF_AN_ACTION;
    (is_one && action.chars().all(is_plain)).then_some(action)
}
