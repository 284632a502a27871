//! What goes wrong on purpose, and when: seeded, so that a run can be had again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::ApiError;
use crate::service::{Access, Service};

/// Faults to inject; none by default. The same seed and the same calls give the same faults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultOptions {
    /// Start of the pseudo-random sequence.
    pub seed: u64,
    /// Milliseconds that every call takes at least.
    pub latency_ms: u64,
    /// Tried in this order for every call; the first failure ends it.
    pub rules: Vec<FaultRule>,
}

/// One thing that goes wrong for some operations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultRule {
    /// `CreateRule`, `elbv2:CreateRule`, `Describe*`, `ec2:*` or `*`. The services are `elbv2`,
    /// `ec2`, `acm`, `tagging` and `sts`.
    pub operation: String,
    /// What happens.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// How likely it is for each call, 0 to 1.
    #[serde(default = "certain")]
    pub probability: f64,
    /// How often it happens before the rule is spent; without it, for ever.
    #[serde(default)]
    pub times: Option<u32>,
}

/// What happens to a call that a fault hits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FaultKind {
    /// The service's own throttling error: `Throttling`, `RequestLimitExceeded` or
    /// `ThrottlingException`.
    Throttle,
    /// The call takes this much longer, and then goes on.
    Latency {
        /// Milliseconds.
        millis: u64,
    },
    /// A 5xx answer; the call has no effect.
    ServerError {
        /// HTTP status, 500 when absent.
        #[serde(default = "internal_error")]
        status: u16,
    },
    /// The connection is closed without an answer; the call has no effect.
    Reset,
    /// A write takes effect, then the connection is closed without an answer.
    LostAnswer,
    /// A read answers with the state as it was.
    Stale {
        /// As it was so many milliseconds ago.
        #[serde(default)]
        millis: Option<u64>,
        /// As it was before the last so many writes of that region.
        #[serde(default)]
        writes: Option<u32>,
    },
    /// An error of this code, such as `AccessDenied`; the call has no effect.
    Error {
        /// AWS's error code.
        code: String,
        /// Text beside it.
        #[serde(default)]
        message: Option<String>,
        /// HTTP status, 400 when absent.
        #[serde(default)]
        status: Option<u16>,
    },
}

/// What the faults decided for one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FaultAction {
    pub(crate) latency: Duration,
    pub(crate) stale: Option<Staleness>,
    pub(crate) end: End,
}

/// How a call ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum End {
    #[default]
    Normal,
    Fail(ApiError),
    Reset,
    LoseAnswer,
}

/// How old the state is that a stale read sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Staleness {
    Age(Duration),
    Writes(usize),
}

/// The faults in force, with what is left of each.
#[derive(Debug)]
pub(crate) struct Faults {
    options: FaultOptions,
    random: fastrand::Rng,
}

impl Faults {
    pub(crate) fn new(options: FaultOptions) -> Self {
        let random = fastrand::Rng::with_seed(options.seed);
        Self { options, random }
    }

    /// The faults with the `times` that are left; spent rules have 0.
    pub(crate) fn remaining(&self) -> &FaultOptions {
        &self.options
    }

    /// Whether old states must be kept for reads to come.
    pub(crate) fn want_history(&self) -> bool {
        self.options
            .rules
            .iter()
            .any(|rule| matches!(rule.kind, FaultKind::Stale { .. }))
    }

    pub(crate) fn decide(
        &mut self,
        service: Service,
        operation: &str,
        access: Access,
    ) -> FaultAction {
        let mut action = FaultAction {
            latency: Duration::from_millis(self.options.latency_ms),
            ..FaultAction::default()
        };
        for rule in &mut self.options.rules {
            if rule.times == Some(0)
                || !applies(&rule.kind, access)
                || !matches_operation(&rule.operation, service, operation)
                || !(rule.probability >= 1.0 || self.random.f64() < rule.probability)
            {
                continue;
            }
            if let Some(times) = &mut rule.times {
                *times -= 1;
            }
            match &rule.kind {
                FaultKind::Latency { millis } => action.latency += Duration::from_millis(*millis),
                FaultKind::Stale { millis, writes } => action.stale = staleness(*millis, *writes),
                FaultKind::Throttle => action.end = End::Fail(service.throttled()),
                FaultKind::ServerError { status } => {
                    action.end = End::Fail(service.broken().with_status(*status));
                }
                FaultKind::Reset => action.end = End::Reset,
                FaultKind::LostAnswer => action.end = End::LoseAnswer,
                FaultKind::Error {
                    code,
                    message,
                    status,
                } => {
                    let message = message
                        .clone()
                        .unwrap_or_else(|| format!("injected failure of {operation}"));
                    let error = ApiError::new(code.clone(), message);
                    action.end = End::Fail(error.with_status(status.unwrap_or(400)));
                }
            }
            if action.end != End::Normal {
                break;
            }
        }
        action
    }
}

fn applies(kind: &FaultKind, access: Access) -> bool {
    match kind {
        FaultKind::LostAnswer => access == Access::Write,
        FaultKind::Stale { .. } => access == Access::Read,
        FaultKind::Throttle
        | FaultKind::Latency { .. }
        | FaultKind::ServerError { .. }
        | FaultKind::Reset
        | FaultKind::Error { .. } => true,
    }
}

fn staleness(millis: Option<u64>, writes: Option<u32>) -> Option<Staleness> {
    match (millis, writes) {
        (_, Some(writes)) => Some(Staleness::Writes(writes as usize)),
        (Some(millis), None) => Some(Staleness::Age(Duration::from_millis(millis))),
        (None, None) => None,
    }
}

fn matches_operation(pattern: &str, service: Service, operation: &str) -> bool {
    let pattern = match pattern.split_once(':') {
        Some((name, _)) if name != service.name() => return false,
        Some((_, rest)) => rest,
        None => pattern,
    };
    match pattern.strip_suffix('*') {
        Some(start) => operation.starts_with(start),
        None => operation == pattern,
    }
}

fn certain() -> f64 {
    1.0
}

fn internal_error() -> u16 {
    500
}

#[cfg(test)]
mod tests;
