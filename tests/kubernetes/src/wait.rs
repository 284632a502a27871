//! Waiting for what others do.

use std::time::Duration;

use tokio::time::{Instant, interval};

/// What takes longer hangs: the slowest thing here, a deleted namespace, takes 5 s on an idle machine.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// How often it is looked.
const PERIOD: Duration = Duration::from_millis(25);

/// Looks until there is something to see, and returns that. `what` is said when it never comes.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    let mut ticks = interval(PERIOD);
    loop {
        ticks.tick().await;
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
    }
}
