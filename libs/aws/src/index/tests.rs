use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::{OLDEST, Shared};
use crate::error::{AwsError, Class};

async fn ask(shared: &Shared<&'static str, u32>, subject: &'static str, looks: &AtomicU32) -> u32 {
    let look = || async { Ok(looks.fetch_add(1, Ordering::SeqCst)) };
    *shared.get(subject, look).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_young_look_is_shared() {
    let (shared, looks) = (Shared::default(), AtomicU32::new(0));
    let (one, other) = tokio::join!(ask(&shared, "a", &looks), ask(&shared, "a", &looks));
    assert_eq!((one, other), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_old_look_is_not_used() {
    let (shared, looks) = (Shared::default(), AtomicU32::new(0));
    ask(&shared, "a", &looks).await;
    tokio::time::advance(OLDEST + Duration::from_millis(1)).await;
    assert_eq!(ask(&shared, "a", &looks).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_look_at_something_else_is_not_used() {
    let (shared, looks) = (Shared::default(), AtomicU32::new(0));
    ask(&shared, "a", &looks).await;
    assert_eq!(ask(&shared, "b", &looks).await, 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_forgotten_is_looked_at_again() {
    let (shared, looks) = (Shared::default(), AtomicU32::new(0));
    ask(&shared, "a", &looks).await;
    shared.forget().await;
    assert_eq!(ask(&shared, "a", &looks).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_look_is_not_kept() {
    let (shared, looks) = (Shared::<_, u32>::default(), AtomicU32::new(0));
    let failing = || async { Err(AwsError::new(Class::Retryable, "Look", "broken")) };
    shared.get("a", failing).await.unwrap_err();
    assert_eq!(ask(&shared, "a", &looks).await, 0);
}

#[tokio::test(start_paused = true)]
async fn the_last_look_stays_known_however_old_it_is() {
    let (shared, looks) = (Shared::default(), AtomicU32::new(0));
    assert_eq!(shared.last().await, None);
    ask(&shared, "a", &looks).await;
    tokio::time::advance(OLDEST * 9).await;
    assert_eq!(shared.last().await.as_deref(), Some(&0));
}
