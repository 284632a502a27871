use super::*;

#[track_caller]
fn check(ports: &[u16], shared: &[(u16, u16)], expected: &[(u16, u16)]) {
    assert_eq!(cover(ports.iter().copied().collect(), shared), expected);
}

#[test]
fn neighbouring_ports_are_one_rule_that_lets_in_nothing_more() {
    check(
        &[80, 8080, 8081, 8082, 9000],
        &[],
        &[(80, 80), (8080, 8082), (9000, 9000)],
    );
}

#[test]
fn what_others_let_in_is_shared_and_the_rest_is_as_narrow_as_before() {
    check(&[80, 81, 82], &[(81, 90)], &[(81, 90), (80, 80)]);
    check(&[80], &[(1, 100), (80, 80)], &[(1, 100)]);
    check(&[80], &[(90, 100)], &[(80, 80)]);
}

#[test]
fn more_rules_than_a_group_can_spare_are_one_range() {
    let most: Vec<u16> = (0..20).map(|n| 30_000 + 2 * n).collect();
    assert_eq!(cover(most.iter().copied().collect(), &[]).len(), 20);
    let more: Vec<u16> = (0..21).map(|n| 30_000 + 2 * n).collect();
    check(&more, &[], &[(30_000, 30_040)]);
}

#[test]
fn the_rules_of_others_count_too() {
    let others: Vec<(u16, u16)> = (0..19).map(|n| (100 + 2 * n, 100 + 2 * n)).collect();
    check(&[80], &others, &[(80, 80)]);
    check(&[80, 90], &others, &[(80, 90)]);
}
