use std::time::Duration;

use tokio::time::advance;

use super::*;

const SPARE: usize = 15;

#[tokio::test(start_paused = true)]
async fn those_who_begin_at_once_see_the_same_and_take_no_more_than_there_is() {
    let slots = RuleSlots::default();
    let looked = Instant::now();
    let places: Vec<_> = (0..84)
        .filter_map(|_| slots.take("sg", 1, looked, SPARE))
        .collect();
    assert_eq!(places.len(), QUOTA - SPARE - 1);
    // Ended since the look, so not in it.
    drop(places);
    assert!(slots.take("sg", 1, looked, SPARE).is_none());
    assert!(slots.take("other", 1, looked, SPARE).is_some());
    advance(Duration::from_millis(1)).await;
    assert!(slots.take("sg", 1, Instant::now(), SPARE).is_some());
    assert!(slots.take("sg", 45, Instant::now(), SPARE).is_none());
}

/// AWS knows its quota, which may be another one.
#[tokio::test(start_paused = true)]
async fn what_leaves_no_room_is_asked_for_all_the_same() {
    let slots = RuleSlots::default();
    assert!(slots.take("sg", 200, Instant::now(), 0).is_some());
}
