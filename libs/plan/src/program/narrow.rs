//! A request for many things that AWS refused whole, as requests for fewer: the smallest unit that is bad pays.
//!
//! ```text
//! register 1 2 3 4 ─ refused ─> register 1 2 │ register 3 4 ─ refused ─> register 3 │ register 4 ─ refused: 4 is told
//! ```
//!
//! Each plan goes one step further, so one bad element among n costs about log n refused calls. Once it is known alone, later
//! requests leave it out from the start.

use std::collections::{BTreeMap, BTreeSet};

use crate::values::op::Op;
use crate::values::tags::{self, Tags};

/// What is worth sending of a request, and what is not.
#[derive(Debug, Default)]
pub(crate) struct Narrowed {
    pub(crate) ops: Vec<Op>,
    /// What AWS said, by element: empty text when the request cannot be divided.
    pub(crate) refused: Vec<(String, String)>,
}

/// Narrows a request by what AWS refused so far: `refused` answers with its words.
pub(crate) fn narrow<'t>(op: Op, refused: &impl Fn(&Op) -> Option<&'t str>) -> Narrowed {
    let mut narrowed = Narrowed::default();
    let Some(elements) = elements(&op) else {
        match refused(&op) {
            None => narrowed.ops.push(op),
            Some(text) => match without_asked_tags(&op).filter(|bare| refused(bare).is_none()) {
                // The tags that were asked for are added afterwards, one by one if need be.
                Some(bare) => narrowed.ops.push(bare),
                None => narrowed.refused.push((String::new(), text.to_owned())),
            },
        }
        return narrowed;
    };
    let mut good = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        match refused(&only(&op, &[index])) {
            Some(text) => {
                let refused = (element.name.clone(), text.to_owned());
                narrowed.refused.push(refused);
            }
            None => good.push(index),
        }
    }
    let mut rest = vec![good];
    while let Some(indices) = rest.pop() {
        if indices.is_empty() {
            continue;
        }
        let part = only(&op, &indices);
        if refused(&part).is_none() {
            narrowed.ops.push(part);
        } else {
            // One that is alone was looked at above, so there are two at least.
            let cut = cut(&elements, &indices);
            rest.push(indices[cut..].to_vec());
            rest.push(indices[..cut].to_vec());
        }
    }
    narrowed
}

/// One of the things that a request is about.
struct Element {
    name: String,
    /// AWS judges some together: a log's switch is refused without its bucket.
    family: String,
}

fn elements(op: &Op) -> Option<Vec<Element>> {
    let alone = |name: String| Element {
        family: name.clone(),
        name,
    };
    Some(match op {
        Op::RegisterTargets { targets, .. } | Op::DeregisterTargets { targets, .. } => targets
            .iter()
            .map(|target| alone(format!("target {target}")))
            .collect(),
        Op::ModifyTargetGroupAttributes { attributes, .. }
        | Op::ModifyLoadBalancerAttributes { attributes, .. }
        | Op::ModifyListenerAttributes { attributes, .. } => attributes
            .iter()
            .map(|(key, value)| Element {
                name: format!("attribute {key}={value}"),
                family: family(key).to_owned(),
            })
            .collect(),
        Op::AddTags { tags, .. } | Op::RemoveTags { tags, .. } => tags
            .iter()
            .map(|(key, value)| alone(format!("tag {key}={value}")))
            .collect(),
        Op::AuthorizeIngress { rules, .. } | Op::RevokeIngress { rules, .. } => rules
            .iter()
            .map(|rule| alone(format!("ingress {rule}")))
            .collect(),
        Op::OpenTargets { group, traffic, .. } => vec![alone(format!(
            "ingress {traffic} of security group {group}"
        ))],
        _ => return None,
    })
}

/// The part of an attribute's key that it shares with those that AWS judges together with it.
fn family(key: &str) -> &str {
    let segments = match key.split('.').next() {
        Some("routing") => return key,
        Some("load_balancing") => 2,
        Some(_) | None => 1,
    };
    let end = key.match_indices('.').nth(segments - 1);
    end.map_or(key, |(at, _)| &key[..at])
}

/// Where to divide: about the middle, between families if there are several.
fn cut(elements: &[Element], indices: &[usize]) -> usize {
    let middle = indices.len() / 2;
    let family = |at: usize| {
        let index = indices.get(at)?;
        elements.get(*index).map(|it| &it.family)
    };
    let borders = (1..indices.len()).filter(|at| family(*at) != family(at - 1));
    borders
        .min_by_key(|at| at.abs_diff(middle))
        .unwrap_or(middle.max(1))
}

/// The same request for the elements with these indices, which are in ascending order.
fn only(op: &Op, indices: &[usize]) -> Op {
    fn set<T: Ord + Clone>(all: &BTreeSet<T>, indices: &[usize]) -> BTreeSet<T> {
        picked(all.iter(), indices).cloned().collect()
    }
    fn map(all: &BTreeMap<String, String>, indices: &[usize]) -> BTreeMap<String, String> {
        picked(all.iter(), indices)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
    let mut op = op.clone();
    match &mut op {
        Op::RegisterTargets { targets, .. } | Op::DeregisterTargets { targets, .. } => {
            *targets = set(targets, indices);
        }
        Op::ModifyTargetGroupAttributes { attributes, .. }
        | Op::ModifyLoadBalancerAttributes { attributes, .. }
        | Op::ModifyListenerAttributes { attributes, .. } => *attributes = map(attributes, indices),
        Op::AddTags { tags, .. } | Op::RemoveTags { tags, .. } => {
            *tags = picked(tags.iter(), indices)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
        }
        Op::AuthorizeIngress { rules, .. } | Op::RevokeIngress { rules, .. } => {
            *rules = set(rules, indices);
        }
        _ => {}
    }
    op
}

fn picked<T>(all: impl Iterator<Item = T>, indices: &[usize]) -> impl Iterator<Item = T> {
    all.enumerate()
        .filter(|(index, _)| indices.binary_search(index).is_ok())
        .map(|(_, element)| element)
}

/// A creation with our own tags alone, if others were asked for: AWS refuses the whole resource for one of them.
fn without_asked_tags(op: &Op) -> Option<Op> {
    let mut bare = op.clone();
    let tags: &mut Tags = match &mut bare {
        Op::CreateSecurityGroup(spec) => &mut spec.tags,
        Op::CreateTargetGroup(spec) => &mut spec.tags,
        Op::CreateLoadBalancer(spec) => &mut spec.tags,
        Op::CreateListener { tags, .. } | Op::CreateRule { tags, .. } => tags,
        _ => return None,
    };
    let before = tags.len();
    *tags = std::mem::take(tags)
        .into_iter()
        .filter(|(key, _)| tags::is_ours(key))
        .collect();
    (tags.len() < before).then_some(bare)
}

#[cfg(test)]
mod tests;
