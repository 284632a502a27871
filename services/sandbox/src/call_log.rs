//! Who called what: counts that a benchmark can compare, and the last calls for a person.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::service::{Access, Service};

/// Calls that are kept one by one; older ones live on in the counts.
const KEPT: usize = 10_000;

/// How many calls there were since the last reset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallCounts {
    /// All calls, refused ones included.
    pub total: u64,
    /// Calls that change nothing.
    pub reads: u64,
    /// Calls that may change something.
    pub writes: u64,
    /// Calls that were answered with an error or not at all.
    pub failed: u64,
    /// By `service:Operation`.
    pub operations: BTreeMap<String, u64>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallRecord {
    /// Counts up from 1, over resets.
    pub sequence: u64,
    /// When it arrived, RFC 3339.
    pub time: String,
    /// `elbv2`, `ec2`, `acm`, `tagging` or `sts`.
    pub service: String,
    /// As AWS names it.
    pub operation: String,
    /// As the signature names it.
    pub region: String,
    /// Whether it may change something.
    pub write: bool,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was answered with success.
    Ok,
    /// It was answered with an error of this code.
    Error(String),
    /// The connection was closed before it took effect.
    Reset,
    /// The connection was closed after it took effect.
    LostAnswer,
}

/// The calls since the last reset.
#[derive(Debug, Default)]
pub(crate) struct CallLog {
    sequence: u64,
    counts: CallCounts,
    records: VecDeque<CallRecord>,
}

impl CallLog {
    pub(crate) fn record(
        &mut self,
        time: jiff::Timestamp,
        (service, operation): (Service, &str),
        region: &str,
        access: Access,
        outcome: Outcome,
    ) {
        let counts = &mut self.counts;
        counts.total += 1;
        match access {
            Access::Read => counts.reads += 1,
            Access::Write => counts.writes += 1,
        }
        if outcome != Outcome::Ok {
            counts.failed += 1;
        }
        let name = format!("{}:{operation}", service.name());
        *counts.operations.entry(name).or_default() += 1;
        self.sequence += 1;
        if self.records.len() == KEPT {
            self.records.pop_front();
        }
        self.records.push_back(CallRecord {
            sequence: self.sequence,
            time: time.to_string(),
            service: service.name().to_owned(),
            operation: operation.to_owned(),
            region: region.to_owned(),
            write: access == Access::Write,
            outcome,
        });
    }

    pub(crate) fn counts(&self) -> CallCounts {
        self.counts.clone()
    }

    /// The last `limit` calls after the one of number `after`, oldest first.
    pub(crate) fn records(&self, after: u64, limit: usize) -> Vec<CallRecord> {
        let wanted = self.records.iter().filter(|record| record.sequence > after);
        let skipped = wanted.clone().count().saturating_sub(limit);
        wanted.skip(skipped).cloned().collect()
    }

    pub(crate) fn reset(&mut self) {
        self.counts = CallCounts::default();
        self.records.clear();
    }
}
