//! When what nobody wants is searched for.

use std::time::Duration;

use prometheus_client::metrics::family::Family;
use tokio::time::{Instant, sleep_until};
use tributary_runtime::Backoff;
use tributary_runtime::backoff::Delays;
use tributary_runtime::names::SecondsCounter;

use crate::metrics::WaitLabels;

/// Everything of ours that nobody wants is searched for after the first listing and then this often: it is
/// found at once unless it was removed while nothing ran, so the search only backs that up.
const SEARCH: Backoff = Backoff {
    first: Duration::from_mins(5),
    most: Duration::from_mins(20),
};
/// After a search that failed.
const SEARCH_AGAIN: Backoff = Backoff {
    first: Duration::from_secs(1),
    most: Duration::from_mins(1),
};

/// One search after the other, and none before the first complete listing.
#[derive(Debug)]
pub(crate) struct Search {
    state: State,
    regular: Delays,
    again: Delays,
}

#[derive(Debug)]
enum State {
    /// The listing is not complete.
    Unready,
    Due(Instant),
    /// So many answers are awaited.
    Running {
        answers: usize,
        outcome: Heard,
    },
}

/// What an answer to a search says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nothing of what is searched for.
    Aside,
    /// All that is ours.
    Whole,
    /// The search failed.
    Nothing,
}

impl Search {
    pub(crate) fn new(waits: &Family<WaitLabels, SecondsCounter>) -> Self {
        let delays = |policy: Backoff, reason| {
            policy.delays(waits.get_or_create_owned(&WaitLabels { reason }))
        };
        Self {
            state: State::Unready,
            regular: delays(SEARCH, "search"),
            again: delays(SEARCH_AGAIN, "search_again"),
        }
    }

    /// Waits until it is time, for ever while one runs.
    pub(crate) async fn is_due(&self) {
        match self.state {
            State::Due(due) => sleep_until(due).await,
            State::Unready | State::Running { .. } => std::future::pending().await,
        }
    }

    /// A listing is complete.
    pub(crate) fn may_begin(&mut self) {
        match self.state {
            State::Unready => self.state = State::Due(Instant::now()),
            State::Due(_) | State::Running { .. } => {}
        }
    }

    /// So many answers will come.
    pub(crate) fn begin(&mut self, answers: usize) {
        self.state = State::Running {
            answers,
            outcome: Heard::Aside,
        };
    }

    /// One of them came; with the last one the next search has its time.
    pub(crate) fn heard(&mut self, heard: Heard) {
        let State::Running { answers, outcome } = &mut self.state else {
            return;
        };
        *answers = answers.saturating_sub(1);
        match heard {
            Heard::Aside => {}
            Heard::Whole | Heard::Nothing => *outcome = heard,
        }
        if *answers > 0 {
            return;
        }
        let delay = match outcome {
            Heard::Whole => {
                self.again.reset();
                self.regular.next_delay()
            }
            Heard::Aside | Heard::Nothing => self.again.next_delay(),
        };
        self.state = State::Due(Instant::now() + delay);
    }
}
