use proptest::prelude::*;

use super::*;

/// 50,000 / 101.
const STEP: u32 = 495;

#[track_caller]
fn check(current: &[Option<u32>], taken: &[u32], expected: &[u32]) {
    let taken = taken.iter().copied().collect();
    assert_eq!(assign(current, &all(current.len()), &taken), expected);
}

/// Rules of which a request may match any two.
fn all(rules: usize) -> Vec<Hosts> {
    vec![Hosts::Any; rules]
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
    check(&[Some(300), Some(100), Some(200)], &[], &[97, 100, 200]);
}

/// 50,000 less 3 * 495, half of it, in two parts: where one came more come.
#[test]
fn a_full_gap_spreads_everything_with_room_where_it_was_full() {
    const ROOM: u32 = 12_128;
    check(
        &[Some(1), None, Some(2)],
        &[],
        &[STEP, 2 * STEP + ROOM, 3 * STEP + 2 * ROOM],
    );
}

#[test]
fn the_last_priorities_are_used_one_after_the_other() {
    check(&[Some(49_998), None], &[], &[49_998, 49_999]);
    check(&[Some(49_999), None], &[], &[49_999, 50_000]);
}

#[test]
fn who_comes_behind_the_one_in_the_middle_leaves_room_behind() {
    check(
        &[Some(100), Some(600), Some(850), None, Some(1_100)],
        &[],
        &[100, 600, 850, 857, 1_100],
    );
}

#[test]
fn who_comes_before_the_one_in_the_middle_leaves_room_before() {
    check(
        &[Some(100), None, Some(350), Some(600), Some(1_100)],
        &[],
        &[100, 343, 350, 600, 1_100],
    );
}

/// A rule at each place in turn, one call each; returns how often others were moved for it.
fn moves(rules: usize, place: impl Fn(usize) -> usize) -> usize {
    let mut current: Vec<Option<u32>> = Vec::new();
    let mut moves = 0;
    for number in 0..rules {
        current.insert(place(number), None);
        let assigned = assign(&current, &all(current.len()), &BTreeSet::new());
        assert_eq!(assigned.len(), current.len());
        let mut both = current.iter().zip(&assigned);
        moves += usize::from(both.any(|(old, new)| old.is_some_and(|old| old != *new)));
        current = assigned.into_iter().map(Some).collect();
    }
    moves
}

#[track_caller]
fn check_order(place: impl Fn(usize) -> usize) {
    for rules in [30, 60, 100, 200, 500] {
        let moves = moves(rules, &place);
        assert!(moves <= rules / 30, "{moves} moves for {rules} rules");
    }
}

#[test]
fn rules_that_come_in_order_move_others_once_in_thirty() {
    check_order(|number| number);
}

/// The Gateway's own rule, for every host, is the last.
#[test]
fn rules_that_come_in_order_before_the_last_one_move_others_once_in_thirty() {
    check_order(|number| number.saturating_sub(1));
}

#[test]
fn rules_that_come_in_order_behind_twenty_others_move_others_once_in_thirty() {
    check_order(|number| if number < 40 { number } else { number - 20 });
}

#[test]
fn rules_that_come_in_reverse_order_move_others_once_in_thirty() {
    check_order(|_| 0);
    check_order(|number| number.min(1));
}

/// set-1 to set-9, then set-10 to set-99, whose longer hostnames come first, then set-100 and so on.
#[test]
fn rules_in_the_order_of_names_with_numbers_move_others_once_in_thirty() {
    check_order(|number| {
        let begins = [0, 10, 100, 1_000];
        let begin = begins.iter().rfind(|begin| **begin <= number).unwrap_or(&0);
        number - begin
    });
}

/// By text set-10 stands between set-1 and set-2.
#[test]
fn rules_that_come_by_number_and_stand_by_text_move_others_once_in_ten() {
    for rules in [100, 200, 500] {
        let name = |number: usize| number.to_string();
        let place = |number: usize| (0..number).filter(|it| name(*it) < name(number)).count();
        let moves = moves(rules, place);
        assert!(moves <= rules / 10, "{moves} moves for {rules} rules");
    }
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
        let hosts = all(current.len());
        let assigned = assign(&current, &hosts, &taken);
        prop_assert_eq!(assigned.len(), current.len());
        prop_assert!(assigned.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(assigned.iter().all(|p| (1..=MAX_RULE_PRIORITY).contains(p) && !taken.contains(p)));
        let again: Vec<Option<u32>> = assigned.iter().copied().map(Some).collect();
        prop_assert_eq!(assign(&again, &hosts, &taken), assigned);
    }
}
