use super::*;

/// What others let in, and nothing of our own.
fn shared(ranges: &[(u16, u16)]) -> There {
    There {
        shared: ranges.to_vec(),
        others: ranges.len(),
        ..There::default()
    }
}

fn ranges_of(ports: &[u16], there: &There) -> Vec<(u16, u16)> {
    let chosen = cover(ports.iter().copied().collect(), there, |_| false);
    chosen.into_iter().map(|(range, _)| range).collect()
}

#[track_caller]
fn check(ports: &[u16], there: &There, expected: &[(u16, u16)]) {
    assert_eq!(ranges_of(ports, there), expected);
}

#[test]
fn neighbouring_ports_are_one_rule_that_lets_in_nothing_more() {
    check(
        &[80, 8080, 8081, 8082, 9000],
        &There::default(),
        &[(80, 80), (8080, 8082), (9000, 9000)],
    );
}

#[test]
fn what_others_let_in_is_shared_and_the_rest_is_as_narrow_as_before() {
    check(&[80, 81, 82], &shared(&[(81, 90)]), &[(81, 90), (80, 80)]);
    check(&[80], &shared(&[(1, 100), (80, 80)]), &[(1, 100)]);
    check(&[80], &shared(&[(90, 100)]), &[(80, 80)]);
}

#[test]
fn more_rules_than_a_group_can_spare_are_one_range() {
    let most: Vec<u16> = (0..20).map(|n| 30_000 + 2 * n).collect();
    assert_eq!(ranges_of(&most, &There::default()).len(), 20);
    let more: Vec<u16> = (0..21).map(|n| 30_000 + 2 * n).collect();
    check(&more, &There::default(), &[(30_000, 30_040)]);
}

#[test]
fn the_rules_of_others_count_too() {
    let others: Vec<(u16, u16)> = (0..19).map(|n| (100 + 2 * n, 100 + 2 * n)).collect();
    check(&[80], &shared(&others), &[(80, 80)]);
    check(&[80, 90], &shared(&others), &[(80, 90)]);
}

fn budget(others: usize, own: &[(u16, u16)]) -> There {
    There {
        others,
        own: own.iter().copied().collect(),
        ..There::default()
    }
}

#[test]
fn where_a_group_has_no_room_for_single_rules_they_are_one_range() {
    check(&[80, 90], &budget(43, &[]), &[(80, 80), (90, 90)]);
    check(&[80, 90], &budget(44, &[]), &[(80, 90)]);
    // A range would not be any fewer.
    check(&[80], &budget(60, &[]), &[(80, 80)]);
}

#[test]
fn single_rules_that_are_there_stay_and_so_does_a_range() {
    let single = [(80, 80), (90, 90)];
    check(&[80, 90], &budget(58, &single), &single);
    check(&[80, 90], &budget(58, &single[..1]), &[(80, 90)]);
    check(&[80, 90], &budget(0, &[(80, 90)]), &[(80, 90)]);
    // It is wider than need be.
    check(&[80, 90], &budget(0, &[(80, 100)]), &single);
}

#[test]
fn single_rules_that_are_refused_are_one_range() {
    let chosen = cover([80, 90].into(), &There::default(), |range| {
        range == (90, 90)
    });
    assert_eq!(chosen, [((80, 90), 0)]);
}

#[test]
fn only_single_rules_that_a_range_could_replace_leave_room_for_one() {
    let chosen = |ports: &[u16]| {
        cover(ports.iter().copied().collect(), &There::default(), |_| {
            false
        })
    };
    assert_eq!(chosen(&[80, 90]), [((80, 80), SPARE), ((90, 90), SPARE)]);
    assert_eq!(chosen(&[80, 81]), [((80, 81), 0)]);
}

#[test]
fn a_group_is_full_by_awss_code_or_by_our_own_word() {
    let refused = |why: &str| Failure::Refused(why.to_owned());
    for (failure, expected) in [
        (refused("RulesPerSecurityGroupLimitExceeded: no more"), true),
        (Failure::Impossible(NO_ROOM.to_owned()), true),
        (Failure::Retrying(format!("{RULES_FULL}: soon")), true),
        (refused("InvalidGroup.NotFound: it is gone"), false),
        (Failure::Retrying("Throttling".to_owned()), false),
    ] {
        assert_eq!(is_for_want_of_room(&failure), expected, "{failure:?}");
    }
}
