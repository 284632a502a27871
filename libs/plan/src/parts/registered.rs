//! Which targets of a shared target group we registered (`enableMultiCluster`): others register theirs, and those stay.
//!
//! AWS does not say who registered a target, and a programmer forgets when it restarts. So tags of the group remember ours, as
//! short hashes: written before the target is registered, taken out when it is gone. A target that was not remembered, for
//! want of room, stays registered when its pod goes; its health check then fails.

use std::collections::BTreeSet;

use tributary_model::desired::DesiredTarget;

use crate::admission::AdmittedTargetGroup;
use crate::values::names::hash;
use crate::values::observed::ObservedTargetGroup;
use crate::values::tags::{OUR_TARGETS, Tags};

/// Hexadecimal digits of a mark: 800 targets of ours and 100 of others meet by chance once in 50,000 groups.
const DIGITS: usize = 8;
/// 256 characters hold 28 marks with a space between (28 · 9 − 1 = 251).
const MARKS: usize = 28;
/// AWS allows 50 tags; ours and those that were asked for need some.
const TAGS: usize = 30;

/// Whether we may deregister a target.
pub(crate) fn is_ours(
    group: &AdmittedTargetGroup,
    observed: &Tags,
    target: &DesiredTarget,
) -> bool {
    !group.desired.multi_cluster || memory(observed).contains(mark(target).as_str())
}

/// The tags that remember what is ours, or about to be.
pub(crate) fn tags(group: &AdmittedTargetGroup, observed: Option<&ObservedTargetGroup>) -> Tags {
    if !group.desired.multi_cluster {
        return Tags::new();
    }
    let mut marks: BTreeSet<String> = group.targets().map(mark).collect();
    if let Some(observed) = observed {
        let memory = memory(&observed.tags);
        let targets = observed.targets.iter();
        let registered = targets.filter(|(_, state)| state.is_registered());
        let still = registered.map(|(target, _)| mark(target));
        marks.extend(still.filter(|mark| memory.contains(mark.as_str())));
    }
    let marks: Vec<String> = marks.into_iter().collect();
    let tags = marks.chunks(MARKS).take(TAGS).enumerate();
    tags.map(|(index, marks)| (format!("{OUR_TARGETS}{index}"), marks.join(" ")))
        .collect()
}

fn memory(tags: &Tags) -> BTreeSet<&str> {
    let ours = tags.iter().filter(|(key, _)| key.starts_with(OUR_TARGETS));
    ours.flat_map(|(_, marks)| marks.split(' ')).collect()
}

fn mark(target: &DesiredTarget) -> String {
    hash(&["target", &target.to_string()], DIGITS)
}
