//! Which priority each rule gets: as they are where they can stay, spaced so that an insertion moves nothing.

use std::collections::BTreeSet;

use tributary_model::elb::MAX_RULE_PRIORITY;

/// The priorities of rules in their order of precedence.
///
/// `current` holds each rule's priority, or nothing for a new rule. `taken` are the priorities of other
/// rules of the ELB listener. `quota` is how many rules there may be: it decides the spacing.
///
/// The longest run of rules that already stand in order keeps its priorities; the others go between
/// them. Only where there is no space left is everything spread anew. The answer may be shorter than `current` when
/// the priorities themselves run out: then the rules at the end get none.
pub(crate) fn assign(current: &[Option<u32>], taken: &BTreeSet<u32>, quota: u32) -> Vec<u32> {
    let kept = longest_increasing(current);
    let mut avoided = taken.clone();
    // In case of a move, the place left behind is not used: so a creation need not wait for the move.
    avoided.extend(current.iter().flatten());
    let spacing = spacing(quota, current.len());
    between_kept(current, &kept, &avoided, spacing)
        .unwrap_or_else(|| spread(current.len(), 0, MAX_RULE_PRIORITY + 1, taken, spacing))
}

/// 50,000 priorities over the quota of rules: with 100 rules 495 apart, so that even at the same spot eight or
/// nine insertions in a row find a gap.
fn spacing(quota: u32, rules: usize) -> u32 {
    let rules = u32::try_from(rules).unwrap_or(MAX_RULE_PRIORITY);
    (MAX_RULE_PRIORITY / (quota.max(rules).saturating_add(1))).max(1)
}

fn between_kept(
    current: &[Option<u32>],
    kept: &BTreeSet<usize>,
    avoided: &BTreeSet<u32>,
    spacing: u32,
) -> Option<Vec<u32>> {
    let mut assigned = Vec::with_capacity(current.len());
    let mut low = 0;
    let mut pending = 0;
    for (index, priority) in current.iter().enumerate() {
        match priority {
            Some(priority) if kept.contains(&index) => {
                let placed = spread(pending, low, *priority, avoided, spacing);
                if placed.len() < pending {
                    return None;
                }
                assigned.extend(placed);
                assigned.push(*priority);
                (low, pending) = (*priority, 0);
            }
            Some(_) | None => pending += 1,
        }
    }
    let placed = spread(pending, low, MAX_RULE_PRIORITY + 1, avoided, spacing);
    if placed.len() < pending {
        return None;
    }
    assigned.extend(placed);
    Some(assigned)
}

/// Up to `count` free priorities strictly between two others: at the open end one spacing apart, else evenly.
fn spread(count: usize, low: u32, high: u32, avoided: &BTreeSet<u32>, spacing: u32) -> Vec<u32> {
    if count == 0 {
        return Vec::new();
    }
    if high > MAX_RULE_PRIORITY
        && let Some(placed) = append(count, low, avoided, spacing)
    {
        return placed;
    }
    let free: Vec<u32> = (low + 1..high)
        .filter(|priority| !avoided.contains(priority))
        .collect();
    if free.len() <= count {
        return free;
    }
    (1..=count)
        .filter_map(|nth| free.get(nth * free.len() / (count + 1)).copied())
        .collect()
}

fn append(count: usize, low: u32, avoided: &BTreeSet<u32>, spacing: u32) -> Option<Vec<u32>> {
    let mut placed = Vec::with_capacity(count);
    let mut last = low;
    for _ in 0..count {
        let wanted = last.checked_add(spacing)?;
        last = (wanted..=MAX_RULE_PRIORITY).find(|priority| !avoided.contains(priority))?;
        placed.push(last);
    }
    Some(placed)
}

/// Indices of a longest strictly increasing subsequence of the priorities that are there.
fn longest_increasing(current: &[Option<u32>]) -> BTreeSet<usize> {
    // tails[n] is the index with the smallest priority that ends a run of n + 1.
    let mut tails: Vec<(u32, usize)> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; current.len()];
    for (index, priority) in current.iter().enumerate() {
        let Some(priority) = *priority else { continue };
        let length = tails.partition_point(|(tail, _)| *tail < priority);
        if let (Some((_, before)), Some(slot)) = (
            length.checked_sub(1).and_then(|at| tails.get(at)),
            previous.get_mut(index),
        ) {
            *slot = Some(*before);
        }
        match tails.get_mut(length) {
            Some(tail) => *tail = (priority, index),
            None => tails.push((priority, index)),
        }
    }
    let mut kept = BTreeSet::new();
    let mut next = tails.last().map(|(_, index)| *index);
    while let Some(index) = next {
        kept.insert(index);
        next = previous.get(index).copied().flatten();
    }
    kept
}

#[cfg(test)]
mod tests;
