use proptest::prelude::*;

use super::*;

const QUOTA: u32 = 100;
/// 50,000 / 101.
const STEP: u32 = 495;

#[track_caller]
fn check(current: &[Option<u32>], taken: &[u32], expected: &[u32]) {
    let taken = taken.iter().copied().collect();
    assert_eq!(assign(current, &taken, QUOTA), expected);
}

#[test]
fn new_rules_are_spaced() {
    check(&[None, None, None], &[], &[STEP, 2 * STEP, 3 * STEP]);
}

#[test]
fn an_insertion_moves_nothing() {
    check(&[Some(100), None, Some(200)], &[], &[100, 150, 200]);
}

#[test]
fn an_insertion_at_the_front_moves_nothing() {
    check(&[None, Some(100)], &[], &[50, 100]);
}

#[test]
fn an_addition_at_the_end_is_spaced() {
    check(&[Some(100), None], &[], &[100, 100 + STEP]);
}

#[test]
fn others_priorities_are_left_alone() {
    check(&[Some(1), None, Some(4)], &[2], &[1, 3, 4]);
    check(&[None], &[STEP], &[STEP + 1]);
}

#[test]
fn one_rule_out_of_order_moves_alone() {
    check(&[Some(300), Some(100), Some(200)], &[], &[50, 100, 200]);
}

#[test]
fn a_full_gap_spreads_everything() {
    check(&[Some(1), None, Some(2)], &[], &[STEP, 2 * STEP, 3 * STEP]);
}

#[test]
fn the_end_of_the_range_is_filled_evenly() {
    check(&[Some(49_998), None], &[], &[49_998, 50_000]);
}

proptest! {
    #[test]
    fn strictly_increasing_in_range_apart_from_others_and_stable(
        mut current in proptest::collection::vec(proptest::option::of(1..400_u32), 0..60),
        taken in proptest::collection::btree_set(1..400_u32, 0..60),
    ) {
        let mut seen = taken.clone();
        for priority in &mut current {
            if priority.is_some_and(|priority| !seen.insert(priority)) {
                *priority = None;
            }
        }
        let assigned = assign(&current, &taken, QUOTA);
        prop_assert_eq!(assigned.len(), current.len());
        prop_assert!(assigned.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(assigned.iter().all(|p| (1..=MAX_RULE_PRIORITY).contains(p) && !taken.contains(p)));
        let again: Vec<Option<u32>> = assigned.iter().copied().map(Some).collect();
        prop_assert_eq!(assign(&again, &taken, QUOTA), assigned);
    }
}
