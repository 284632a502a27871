//! Which priority each rule gets: as they are where they can stay, spaced so that an insertion moves nothing.
//!
//! Sets come in some order, mostly that of their names, so one rule after the other comes at the same place. Halving the
//! room each time would use it up in nine steps, and `SetRulePriorities` moves everybody's rules. So the room is halved once.
//! The next rule on the same side of the last one says which way they come, and from then on each takes a little of
//! the room that is left:
//!
//! ```text
//! a . . . . . . . . . . . . . . . b      room
//! a . . . . . . . 1 . . . . . . . b      in the middle: nothing is known
//! a . . . . . . . 1 2 3 4 . . . . b      each behind the last one: they ascend
//! ```
//!
//! Where there is no room left, a rule may still stand elsewhere: rules of different hosts never match one request, so
//! their order among themselves says nothing. One team's host then moves nobody's rules.

use std::collections::BTreeSet;

use tributary_model::elb::MAX_RULE_PRIORITY;

pub(crate) use self::hosts::Hosts;

mod hosts;

/// The part of the room that one rule takes of those that come in order: 495 are enough for about a hundred.
const PART: usize = 32;
/// Rules that are reckoned with at the least: as many as AWS's default quota allows.
const FEWEST: u32 = 100;

/// The priorities of rules in their order of precedence.
///
/// `current` holds each rule's priority, or nothing for a new rule, and `hosts` which requests may match it. `taken` are
/// the priorities of other rules of the ELB listener.
///
/// Rules that already stand in order keep their priorities; the others go between them. Only where there is no space left
/// is everything spread anew. The answer may be shorter than `current` when the priorities themselves run out: then
/// the rules at the end get none.
pub(crate) fn assign(current: &[Option<u32>], hosts: &[Hosts], taken: &BTreeSet<u32>) -> Vec<u32> {
    let run = longest_increasing(current);
    let kept = hosts::kept(current, hosts, &run);
    let mut avoided = taken.clone();
    // In case of a move, the place left behind is not used: so a creation need not wait for the move.
    avoided.extend(current.iter().flatten());
    let spacing = spacing(current.len());
    let in_a_row = (kept == run)
        .then(|| between_kept(current, &kept, &avoided, spacing))
        .flatten();
    in_a_row
        .or_else(|| hosts::anywhere(current, hosts, &kept, &avoided))
        .or_else(|| anew(current, taken, spacing))
        .unwrap_or_else(|| {
            let all = Gap::of_everything(spacing);
            all.place(current.len(), taken)
        })
}

/// 50,000 priorities over twice the rules that there are: with 50 rules or fewer 495 apart.
fn spacing(rules: usize) -> u32 {
    let rules = u32::try_from(rules).unwrap_or(MAX_RULE_PRIORITY);
    (MAX_RULE_PRIORITY / (rules.saturating_mul(2).max(FEWEST).saturating_add(1))).max(1)
}

fn between_kept(
    current: &[Option<u32>],
    kept: &BTreeSet<usize>,
    avoided: &BTreeSet<u32>,
    spacing: u32,
) -> Option<Vec<u32>> {
    let stay: Vec<u32> = kept
        .iter()
        .filter_map(|index| current.get(*index).copied().flatten())
        .collect();
    let mut assigned = Vec::with_capacity(current.len());
    let mut gap = Gap::before(&stay, 0, spacing);
    let mut passed = 0;
    let mut pending = 0;
    for (index, priority) in current.iter().enumerate() {
        match priority {
            Some(priority) if kept.contains(&index) => {
                assigned.extend(gap.filled(pending, avoided)?);
                assigned.push(*priority);
                passed += 1;
                gap = Gap::before(&stay, passed, spacing);
                pending = 0;
            }
            Some(_) | None => pending += 1,
        }
    }
    assigned.extend(gap.filled(pending, avoided)?);
    Some(assigned)
}

/// Everything spread anew: where rules come, more will come, so half of what is left is room before and behind them.
/// Nothing where that is not enough.
fn anew(current: &[Option<u32>], taken: &BTreeSet<u32>, spacing: u32) -> Option<Vec<u32>> {
    let is_new = |index: usize| current.get(index).map(Option::is_none);
    // Where new rules begin or end; behind the last one is room anyhow.
    let is_edge = |index: usize| {
        let before = index.checked_sub(1).and_then(is_new).unwrap_or(false);
        is_new(index) != Some(before)
    };
    let edges = (0..current.len()).filter(|index| is_edge(*index)).count();
    let used = u32::try_from(current.len()).ok()?.checked_mul(spacing)?;
    let rest = MAX_RULE_PRIORITY.checked_sub(used)?;
    let budget = rest / 2 / u32::try_from(edges.max(1)).ok()?;
    let mut last = 0;
    let mut assigned = Vec::with_capacity(current.len());
    for index in 0..current.len() {
        let wanted = last + spacing + if is_edge(index) { budget } else { 0 };
        last = (wanted..=MAX_RULE_PRIORITY).find(|priority| !taken.contains(priority))?;
        assigned.push(last);
    }
    Some(assigned)
}

/// The room between two rules that stay, and what is around it.
#[derive(Clone, Copy, Debug)]
struct Gap {
    /// Of the rule before it; 0 where there is none.
    low: u32,
    /// Of the rule behind it; one more than there is where there is none.
    high: u32,
    /// From the rule before the rule before it.
    before: u32,
    /// To the rule behind the rule behind it.
    behind: u32,
    spacing: u32,
}

/// Where new rules are to leave room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Come {
    /// Each behind the last one: the room is left behind.
    Ascending,
    /// Each before the last one.
    Descending,
    /// Nobody knows.
    Anyhow,
}

impl Gap {
    /// Before the rule that stays at that place, or behind the last one.
    fn before(stay: &[u32], place: usize, spacing: u32) -> Self {
        let at = |place: Option<usize>| place.and_then(|place| stay.get(place).copied());
        let low = at(place.checked_sub(1));
        let high = at(Some(place));
        let distance = |from: Option<u32>, to: Option<u32>| match (from, to) {
            (Some(from), Some(to)) => to - from,
            // As if the rules went on.
            (None, _) | (_, None) => spacing,
        };
        Self {
            low: low.unwrap_or(0),
            high: high.unwrap_or(MAX_RULE_PRIORITY + 1),
            before: distance(at(place.checked_sub(2)), low),
            behind: distance(high, at(place.checked_add(1))),
            spacing,
        }
    }

    fn of_everything(spacing: u32) -> Self {
        Self::before(&[], 0, spacing)
    }

    /// So many priorities, or nothing.
    fn filled(self, count: usize, avoided: &BTreeSet<u32>) -> Option<Vec<u32>> {
        let placed = self.place(count, avoided);
        (placed.len() == count).then_some(placed)
    }

    /// Up to `count` free priorities.
    fn place(self, count: usize, avoided: &BTreeSet<u32>) -> Vec<u32> {
        if count == 0 {
            return Vec::new();
        }
        let between = self.low + 1..self.high;
        let occupied = avoided.range(between.clone()).count();
        let free = between.filter(|priority| !avoided.contains(priority));
        let number = usize::try_from(self.high - self.low - 1).unwrap_or(usize::MAX) - occupied;
        if number <= count {
            return free.collect();
        }
        let (first, step) = self.steps(count, number);
        free.skip(first).step_by(step).take(count).collect()
    }

    /// The index of the first of `count` among `free` ones, and how far each is from the next.
    fn steps(self, count: usize, free: usize) -> (usize, usize) {
        let spacing = usize::try_from(self.spacing).unwrap_or(usize::MAX);
        // Room for one more step at the end.
        let most = free / (count + 1);
        let is_open = self.high > MAX_RULE_PRIORITY;
        match self.come() {
            _ if is_open => {
                let step = spacing.min(most).min(free / PART).max(1);
                (step - 1, step)
            }
            // Closer than the rules around it, which shows in which order they came.
            Come::Ascending => {
                let step = (spacing / 4).min(most).min(free / PART).max(1);
                (step - 1, step)
            }
            Come::Descending => {
                let step = (spacing / 4).min(most).min(free / PART).max(1);
                (free - count * step, step)
            }
            // Together, with as much room around them as they take.
            Come::Anyhow => {
                let step = (free / (2 * count)).min(most).max(1);
                ((free - (count - 1) * step) / 2, step)
            }
        }
    }

    /// In which order the rules around came.
    fn come(self) -> Come {
        let Self {
            low,
            high,
            before,
            behind,
            spacing: _,
        } = self;
        let size = high - low;
        // One was put in the middle.
        let is_half = |distance: u32| distance.abs_diff(size) <= 1 + size / 16;
        match (is_half(before), is_half(behind)) {
            (true, false) => Come::Ascending,
            (false, true) => Come::Descending,
            (false, false) if before < behind / 2 && before <= size => Come::Ascending,
            (false, false) if behind < before / 2 && behind <= size => Come::Descending,
            (true, true) | (false, false) => Come::Anyhow,
        }
    }
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
