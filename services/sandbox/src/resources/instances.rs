//! Instances, as far as load balancers and their controllers see them.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::clock::later;
use crate::tags::Tags;

/// "Terminated instances remain visible after termination (for approximately one hour)."
pub(crate) const REMEMBERED: Duration = Duration::from_hours(1);

/// An instance. Its addresses and groups are those of its interfaces.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) vpc_id: String,
    pub(crate) subnet_id: String,
    pub(crate) zone: String,
    pub(crate) image_id: String,
    pub(crate) hardware: String,
    pub(crate) launched_at: Timestamp,
    pub(crate) running_at: Timestamp,
    pub(crate) terminated_at: Option<Timestamp>,
    pub(crate) tags: Tags,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InstanceState {
    Pending,
    Running,
    Terminated,
}

impl Instance {
    pub(crate) fn state(&self, now: Timestamp) -> InstanceState {
        if self.terminated_at.is_some() {
            InstanceState::Terminated
        } else if now < self.running_at {
            InstanceState::Pending
        } else {
            InstanceState::Running
        }
    }

    pub(crate) fn is_visible(&self, now: Timestamp) -> bool {
        self.terminated_at
            .is_none_or(|terminated_at| now < later(terminated_at, REMEMBERED))
    }
}

impl InstanceState {
    pub(crate) fn shown(self) -> (u8, &'static str) {
        match self {
            Self::Pending => (0, "pending"),
            Self::Running => (16, "running"),
            Self::Terminated => (48, "terminated"),
        }
    }
}
