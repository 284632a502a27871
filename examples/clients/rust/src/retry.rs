//! When to ask again.

use std::time::Duration;

use tonic::{Code, Status};

const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// Before the next attempt, after so many that failed in a row.
pub(crate) fn delay(failures: u32) -> Duration {
    let delay = LONGEST_DELAY.min(FIRST_DELAY * (1 << failures.min(10)));
    // Half to all of it: clients that were cut off together do not come back together.
    delay.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// Whether it would be the same the next time.
pub(crate) fn is_final(status: &Status) -> bool {
    matches!(
        status.code(),
        Code::InvalidArgument
            | Code::Unauthenticated
            | Code::PermissionDenied
            | Code::Unimplemented
    )
}
