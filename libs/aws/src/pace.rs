//! How fast we ask, in one place: the SDK's own retries are off.
//!
//! ```text
//! call ─> in-flight limit ─> rate of its group ─> request ─┬─ success ──> rate grows a little
//!             (FIFO)        (FIFO, governor, AIMD)  ^      ├─ throttled ─> rate halves ─┐
//!                                                   │      ├─ broken, no answer ────────┤
//!                                                   │      └─ anything else ─> the end  │
//!                                                   └── backoff, jittered, bounded <────┘
//! ```
//!
//! AWS throttles per account, region and group of operations, and other clients of the account use up the same
//! buckets: a fixed rate is either too low or too high. So each group starts at its ceiling, halves when
//! AWS says so and grows back step by step (additive increase, multiplicative decrease).

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use governor::{DefaultDirectRateLimiter, Jitter, Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{AwsError, Class};

#[cfg(test)]
mod tests;

/// Operations that share a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// ELBv2 describes.
    ElbRead,
    /// ELBv2 changes.
    ElbWrite,
    /// `RegisterTargets`, `DeregisterTargets`.
    ElbTargets,
    /// EC2 describes.
    Ec2Read,
    /// EC2 changes.
    Ec2Write,
    /// ACM lists and describes.
    AcmRead,
    /// ACM changes.
    AcmWrite,
    /// Resource Groups Tagging.
    Tagging,
    /// STS.
    Sts,
}

impl Group {
    /// Whether these calls change something.
    pub(crate) fn is_write(self) -> bool {
        match self {
            Self::ElbWrite | Self::ElbTargets | Self::Ec2Write | Self::AcmWrite => true,
            Self::ElbRead | Self::Ec2Read | Self::AcmRead | Self::Tagging | Self::Sts => false,
        }
    }
}

/// Limits of every group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// ELBv2 describes.
    pub elb_read: Limit,
    /// ELBv2 changes.
    pub elb_write: Limit,
    /// Registering and deregistering targets.
    pub elb_targets: Limit,
    /// EC2 describes.
    pub ec2_read: Limit,
    /// EC2 changes.
    pub ec2_write: Limit,
    /// ACM lists and describes.
    pub acm_read: Limit,
    /// ACM changes.
    pub acm_write: Limit,
    /// Resource Groups Tagging.
    pub tagging: Limit,
    /// STS.
    pub sts: Limit,
    /// Load balancers that do not serve yet are looked at this often, all of them in one call.
    pub states: Duration,
}

/// Limit of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Calls a second that we never pass for long; also where we start.
    pub per_second: NonZeroU32,
    /// Calls that may go out at once after a rest. The rate falls to `per_second / burst` at the lowest.
    pub burst: NonZeroU32,
    /// Calls without an answer yet.
    pub in_flight: usize,
}

/// No call waits longer for its turn.
pub(crate) const LONGEST_TURN: Duration = Duration::from_secs(30);

/// Whether sending a request twice does no more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Reads, and writes whose second try AWS refuses or ignores: a name, port or priority is taken once.
    Safe,
    /// An answer that was lost may stand for something that exists: look before trying again.
    Unsafe,
}

/// The turns of every group.
#[derive(Debug)]
pub(crate) struct Pace {
    turns: [Turns; 9],
}

#[derive(Debug)]
struct Turns {
    in_flight: Semaphore,
    /// Held by who is next: the limiter alone gives cells to whoever asks at the right moment, and some wait for ever.
    next: tokio::sync::Mutex<()>,
    /// Counts cells, not calls: a call costs more cells the lower the rate is, so that the rate can change without a
    /// new limiter (which would begin with a full burst).
    cells: DefaultDirectRateLimiter,
    rate: Mutex<Rate>,
}

/// Additive increase, multiplicative decrease.
#[derive(Debug, PartialEq)]
pub(crate) struct Rate {
    ceiling: f64,
    floor: f64,
    now: f64,
    changed: Instant,
}

/// Throttled answers within this time are one event: calls in flight were sent at the same rate. Growing takes a step
/// no more often either.
const RATE_STEP: Duration = Duration::from_secs(1);
/// Part of the ceiling that the rate grows by: back from half to whole takes ten seconds.
const GROWTH: f64 = 0.05;
/// Spreads calls that wait for the same cells.
const TURN_JITTER: Duration = Duration::from_millis(20);

impl Group {
    /// Every group, in a fixed order.
    pub const ALL: [Self; 9] = [
        Self::ElbRead,
        Self::ElbWrite,
        Self::ElbTargets,
        Self::Ec2Read,
        Self::Ec2Write,
        Self::AcmRead,
        Self::AcmWrite,
        Self::Tagging,
        Self::Sts,
    ];

    /// For labels: `elb_read` and so on.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ElbRead => "elb_read",
            Self::ElbWrite => "elb_write",
            Self::ElbTargets => "elb_targets",
            Self::Ec2Read => "ec2_read",
            Self::Ec2Write => "ec2_write",
            Self::AcmRead => "acm_read",
            Self::AcmWrite => "acm_write",
            Self::Tagging => "tagging",
            Self::Sts => "sts",
        }
    }

    fn index(self) -> usize {
        match self {
            Self::ElbRead => 0,
            Self::ElbWrite => 1,
            Self::ElbTargets => 2,
            Self::Ec2Read => 3,
            Self::Ec2Write => 4,
            Self::AcmRead => 5,
            Self::AcmWrite => 6,
            Self::Tagging => 7,
            Self::Sts => 8,
        }
    }
}

impl Limit {
    /// Of a rate and a burst (0 counts as 1), with the default in-flight limit.
    pub const fn new(per_second: u32, burst: u32) -> Self {
        Self {
            per_second: at_least_one(per_second),
            burst: at_least_one(burst),
            // At 50 ms a call 64 in flight are 1,280 calls a second: this bounds memory and sockets, not speed.
            in_flight: 64,
        }
    }
}

const fn at_least_one(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

impl Pacing {
    /// For AWS. ELBv2 does not publish its buckets; the AWS Load Balancer Controller gets along with 10 a second and bursts
    /// of 40, 4 and 20 for targets. EC2 allows non-mutating actions 20 a second and bursts of 100, security
    /// groups 5 and 20 ("Request throttling for the Amazon EC2 API"). ACM allows 8 lists, 10 describes and 1 import a
    /// second ("ACM quotas: API rate quotas"), tagging 15 ("Resource Groups Tagging API quotas").
    pub const REAL: Self = Self {
        elb_read: Limit::new(20, 40),
        elb_write: Limit::new(10, 40),
        elb_targets: Limit::new(4, 20),
        ec2_read: Limit::new(20, 100),
        ec2_write: Limit::new(5, 20),
        acm_read: Limit::new(8, 8),
        acm_write: Limit::new(2, 4),
        tagging: Limit::new(10, 15),
        sts: Limit::new(5, 5),
        // Told within five seconds; of twenty reads a second that is a fortieth.
        states: Duration::from_secs(2),
    };

    /// For a sandbox: as fast as it answers, and adaptive all the same.
    pub const LOCAL: Self = {
        let limit = Limit::new(10_000, 10_000);
        Self {
            elb_read: limit,
            elb_write: limit,
            elb_targets: limit,
            ec2_read: limit,
            ec2_write: limit,
            acm_read: limit,
            acm_write: limit,
            tagging: limit,
            sts: limit,
            states: Duration::from_millis(200),
        }
    };

    fn limit(&self, group: Group) -> Limit {
        match group {
            Group::ElbRead => self.elb_read,
            Group::ElbWrite => self.elb_write,
            Group::ElbTargets => self.elb_targets,
            Group::Ec2Read => self.ec2_read,
            Group::Ec2Write => self.ec2_write,
            Group::AcmRead => self.acm_read,
            Group::AcmWrite => self.acm_write,
            Group::Tagging => self.tagging,
            Group::Sts => self.sts,
        }
    }
}

impl Pace {
    pub(crate) fn new(pacing: &Pacing) -> Self {
        Self {
            turns: Group::ALL.map(|group| Turns::new(pacing.limit(group))),
        }
    }

    /// Waits for a turn of the group; the call is in flight while the permit lives.
    pub(crate) async fn turn(
        &self,
        group: Group,
        operation: &'static str,
    ) -> Result<SemaphorePermit<'_>, AwsError> {
        let turns = &self.turns[group.index()];
        match tokio::time::timeout(LONGEST_TURN, turns.take()).await {
            Ok(Some(permit)) => Ok(permit),
            Ok(None) | Err(_) => Err(AwsError::new(
                Class::Throttled,
                operation,
                format!(
                    "no turn within {} s at our own rate limit for {}",
                    LONGEST_TURN.as_secs(),
                    group.as_str()
                ),
            )),
        }
    }

    /// Whether the group's rate is below its ceiling.
    pub(crate) fn is_slowed(&self, group: Group) -> bool {
        let rate = &self.turns[group.index()].rate;
        let rate = rate.lock().unwrap_or_else(PoisonError::into_inner);
        rate.now < rate.ceiling
    }

    /// Learns from an answer. Returns the group's new rate if it changed.
    pub(crate) fn learn(&self, group: Group, failure: Option<Class>) -> Option<f64> {
        let turns = &self.turns[group.index()];
        // Some numbers, none of which makes another one wrong.
        let mut rate = turns.rate.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = match failure {
            Some(Class::Throttled) => rate.throttled(Instant::now()),
            None => rate.succeeded(Instant::now()),
            Some(Class::Retryable | Class::Permanent | Class::NeedsReobserve) => false,
        };
        changed.then_some(rate.now)
    }
}

impl Turns {
    fn new(limit: Limit) -> Self {
        let quota = Quota::per_second(limit.per_second).allow_burst(limit.burst);
        Self {
            in_flight: Semaphore::new(limit.in_flight.max(1)),
            next: tokio::sync::Mutex::new(()),
            cells: RateLimiter::direct(quota),
            rate: Mutex::new(Rate::new(limit, Instant::now())),
        }
    }

    async fn take(&self) -> Option<SemaphorePermit<'_>> {
        let permit = self.in_flight.acquire().await.ok()?;
        let _next = self.next.lock().await;
        let cost = self
            .rate
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .cost();
        // The floor of the rate keeps every cost within the burst, so there is always enough capacity.
        self.cells
            .until_n_ready_with_jitter(cost, Jitter::up_to(TURN_JITTER))
            .await
            .ok()?;
        Some(permit)
    }
}

impl Rate {
    pub(crate) fn new(limit: Limit, now: Instant) -> Self {
        let ceiling = f64::from(limit.per_second.get());
        Self {
            ceiling,
            floor: ceiling / f64::from(limit.burst.get()),
            now: ceiling,
            changed: now,
        }
    }

    /// Cells that a call costs at this rate: between 1 and the burst.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and the burst, which is a u32"
    )]
    pub(crate) fn cost(&self) -> NonZeroU32 {
        at_least_one((self.ceiling / self.now).floor() as u32)
    }

    fn throttled(&mut self, now: Instant) -> bool {
        if self.now < self.ceiling && now.duration_since(self.changed) < RATE_STEP {
            return false;
        }
        self.changed = now;
        let before = self.now;
        self.now = (self.now / 2.0).max(self.floor);
        self.now < before
    }

    fn succeeded(&mut self, now: Instant) -> bool {
        if self.now >= self.ceiling || now.duration_since(self.changed) < RATE_STEP {
            return false;
        }
        self.changed = now;
        self.now = (self.now + self.ceiling * GROWTH).min(self.ceiling);
        true
    }
}

/// How long to wait before the tries after the first; ends when it is enough.
pub(crate) fn delays(class: Class) -> impl Iterator<Item = Duration> {
    let builder = ExponentialBuilder::new().with_jitter();
    match class {
        // Jitter adds up to as much again: at most 0.2 + 0.4 + 0.8 + 1.6 + 3.2 + 4 + 4 = 14 s, and the rate has fallen meanwhile.
        Class::Throttled => builder
            .with_min_delay(Duration::from_millis(100))
            .with_max_delay(Duration::from_secs(2))
            .with_max_times(7),
        // 3 more tries within 2 s bridge a lost connection; an outage is for the caller, who has a slower clock.
        Class::Retryable => builder
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(Duration::from_millis(500))
            .with_max_times(3),
        Class::Permanent | Class::NeedsReobserve => builder.with_max_times(0),
    }
    .build()
}
