use std::time::Duration;

use tokio::time::advance;

use super::*;

fn taken(rate: &Rate<&'static str>, key: &'static str) -> usize {
    (0..1000).filter(|_| rate.take(key)).count()
}

#[tokio::test(start_paused = true)]
async fn a_burst_and_then_so_many_a_second() {
    let rate = Rate::new(10, 2, 4);
    assert_eq!(taken(&rate, "a"), 10);
    advance(Duration::from_secs(3)).await;
    assert_eq!(taken(&rate, "a"), 6);
    advance(Duration::from_hours(1)).await;
    assert_eq!(taken(&rate, "a"), 10);
}

#[tokio::test(start_paused = true)]
async fn what_one_takes_another_does_not_miss() {
    let rate = Rate::new(10, 2, 4);
    assert_eq!(taken(&rate, "a"), 10);
    assert_eq!(taken(&rate, "b"), 10);
}

#[tokio::test(start_paused = true)]
async fn no_more_keys_are_remembered_than_said() {
    let rate = Rate::new(1, 1, 2);
    assert!(rate.take("a") && rate.take("b"));
    assert!(!rate.take("c"), "all that are remembered are in use");
    advance(Duration::from_secs(1)).await;
    assert!(rate.take("c"), "the others have their burst again");
}
