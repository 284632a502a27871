//! How far statuses are written.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use tributary_model::ObjectRef;
use tributary_proto::call::Acknowledgement;
use tributary_stream::Position;

/// What the status writer has acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Written {
    pub(crate) position: Option<Position>,
    /// Why each could not be written; tried again.
    pub(crate) failed: BTreeMap<ObjectRef, String>,
}

impl Written {
    pub(crate) fn acknowledge(&mut self, acknowledgement: Acknowledgement) {
        let Acknowledgement {
            position,
            // Trying again is of no use, and so is waiting.
            set_aside: _,
            failed,
            // Of the one who says it, whom `Guests` knows.
            concerns: _,
            instance: _,
        } = acknowledgement;
        self.position = Some(position);
        self.failed = failed
            .into_iter()
            .map(|failed| (failed.object, failed.reason))
            .collect();
    }

    /// Judgements up to `judged` that are not acknowledged; nothing before any is.
    pub(crate) fn behind(&self, judged: Position) -> Option<u64> {
        let written = self.position?;
        Some(match written.epoch.cmp(&judged.epoch) {
            Ordering::Less => judged.generation,
            Ordering::Equal | Ordering::Greater => {
                judged.generation.saturating_sub(written.generation)
            }
        })
    }

    /// Objects whose status could not be written.
    pub(crate) fn failures(&self) -> usize {
        self.failed.len()
    }
}
