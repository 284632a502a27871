//! Whether one request may match two rules.

use tributary_model::desired::{Patterns, RuleCondition};

use crate::values::observed::ObservedRule;

/// A host that is nobody's (RFC 6761), and that a client would have to ask for on purpose.
const NOBODY: &str = "waiting.tributary.invalid";

/// The conditions of a rule that waits.
pub(crate) fn parked() -> Vec<RuleCondition> {
    let nobody = vec![NOBODY.to_owned()];
    vec![RuleCondition::HostHeader(Patterns::Wildcard(nobody))]
}

/// Whether the rule waits.
pub(crate) fn is_parked(observed: &ObservedRule) -> bool {
    observed.conditions == parked()
}

/// False only where no request matches both.
pub(super) fn may_meet(one: &[RuleCondition], other: &[RuleCondition]) -> bool {
    one.iter()
        .all(|one| other.iter().all(|other| may_both_hold(one, other)))
}

fn may_both_hold(one: &RuleCondition, other: &RuleCondition) -> bool {
    use RuleCondition::{HostHeader, HttpHeader, Method, PathPattern, QueryString, SourceIp};
    match (one, other) {
        (HostHeader(one), HostHeader(other)) => may_match_same(one, other, str::to_ascii_lowercase),
        (PathPattern(one), PathPattern(other)) => may_match_same(one, other, str::to_owned),
        (Method(one), Method(other)) => one.iter().any(|it| other.contains(it)),
        // Of the others a request may have several values, or they are of different things.
        (
            HostHeader(_)
            | PathPattern(_)
            | Method(_)
            | HttpHeader { .. }
            | QueryString(_)
            | SourceIp(_),
            _,
        ) => true,
    }
}

fn may_match_same(one: &Patterns, other: &Patterns, fold: impl Fn(&str) -> String) -> bool {
    match (one, other) {
        (Patterns::Wildcard(one), Patterns::Wildcard(other)) => one.iter().any(|one| {
            let one = fold(one);
            other.iter().any(|other| globs_meet(&one, &fold(other)))
        }),
        (Patterns::Regex(_), _) | (_, Patterns::Regex(_)) => true,
    }
}

/// Whether some text matches both of two patterns with `*` and `?`.
fn globs_meet(one: &str, other: &str) -> bool {
    if one.contains('\\') || other.contains('\\') {
        // An escaped wildcard.
        return true;
    }
    let (one, other) = (one.as_bytes(), other.as_bytes());
    // Whether what is left of the one, from here on, meets what is left of the other, by the place in the other.
    let mut rest: Vec<bool> = Vec::new();
    for at in (0..=one.len()).rev() {
        let next = std::mem::replace(&mut rest, vec![false; other.len() + 1]);
        for beside in (0..=other.len()).rev() {
            let (left, right) = (one.get(at), other.get(beside));
            let below = |place: usize| next.get(place).copied().unwrap_or(false);
            let meets = match (left, right) {
                (None, None) => true,
                (Some(b'*'), Some(b'*')) => below(beside) || rest[beside + 1],
                (Some(b'*'), _) => below(beside) || right.is_some() && rest[beside + 1],
                (_, Some(b'*')) => rest[beside + 1] || left.is_some() && below(beside),
                (Some(left), Some(right)) => {
                    (left == right || *left == b'?' || *right == b'?') && below(beside + 1)
                }
                (None, Some(_)) | (Some(_), None) => false,
            };
            rest[beside] = meets;
        }
    }
    rest.first().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests;
