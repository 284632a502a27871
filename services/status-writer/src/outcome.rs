//! What is asked of a place where statuses are kept, and what comes of it.

use std::sync::Arc;

use tributary_model::judgement::JudgedObject;
use tributary_model::status::Status;

use crate::pace::Urgency;

/// What is to be done about one object.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    /// Its status should say this.
    Write(Arc<JudgedObject>),
    /// It is gone.
    Remove,
}

/// Whether a judgement asks for anything, as far as can be told without asking anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The status says so already, or something newer.
    Nothing,
    /// It says as much as it can, and what it cannot say is known.
    StillAside,
    /// An attempt.
    Attempt(Urgency),
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// The status says all that is judged, written or not.
    Done {
        /// What it says now, where somebody else could have a say in it.
        known: Option<Status>,
    },
    /// It says as much as it can.
    SetAside {
        /// Why it cannot say more.
        reason: String,
        /// As in `Done`.
        known: Option<Status>,
    },
    /// The object is not there.
    Gone,
    /// Worth another attempt.
    Failed {
        /// Why it did not work.
        reason: String,
    },
    /// Somebody else leads now.
    NotLeading,
}
