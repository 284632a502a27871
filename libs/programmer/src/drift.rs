//! Somebody else may change what is ours: when that is looked for, and how little of AWS's time that takes.
//!
//! Wanted: mended within five minutes, at most 15 calls per load balancer and hour. A look at everything costs a dozen calls
//! for two target groups and 73 for fifty, so it cannot be the one that finds things soon:
//!
//! | | how often | calls an hour |
//! |---|---|---|
//! | one question of [`questions`] | every 270 to 290 s | 12.4 to 13.3 |
//! | everything, of `n` calls | after `n / 1.5` hours | 1.5 |
//!
//! The question is what people and programs are most likely to undo: rules, and with them listeners and the load balancer
//! itself; and where targets' security groups let the load balancer in, the rules of those. There are several where there are
//! more than a hundred rules, and they take turns: with two, what one finds is found within ten minutes, not five, since
//! two within five are 25 calls an hour. An answer about security groups is everybody's: who was given one lately asks his next
//! question at once. What a question finds is looked into at once, whole.

use std::time::Duration;

use tokio::time::Instant;
use tributary_aws::{Ask, AwsError, Class, Environment, Question, questions};
use tributary_model::desired::LoadBalancerKey;
use tributary_plan::observed::Observed;
use tributary_plan::op::{Blame, Step};
use tributary_runtime::names::SecondsCounter;

#[cfg(test)]
mod tests;

/// No two questions are further apart, so what one finds is mended within five minutes.
const LONGEST: Duration = Duration::from_secs(290);
/// They are nearer by up to this, so that load balancers that began together do not stay together.
const JITTER: Duration = Duration::from_secs(20);
/// What a call of a look at everything is away from the next look: 1.5 calls an hour.
const PER_CALL: Duration = Duration::from_mins(40);
/// Steps that are named where drift is told.
const NAMED: usize = 5;

/// Of one load balancer.
#[derive(Debug)]
pub(crate) struct Drift {
    /// The next question.
    due: Instant,
    /// The next look at everything.
    whole: Instant,
    /// Questions that were answered.
    asked: usize,
    ask: Ask,
    waited: SecondsCounter,
}

impl Drift {
    pub(crate) fn new(waited: SecondsCounter) -> Self {
        let now = Instant::now();
        Self {
            due: now,
            whole: now,
            asked: 0,
            ask: Ask::ByName,
            waited,
        }
    }

    /// When to ask.
    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    /// Whether it is time for everything, which needs no question before it.
    pub(crate) fn wants_everything(&self, now: Instant) -> bool {
        self.whole <= now
    }

    /// What to ask; nothing where there is nothing to ask about.
    pub(crate) fn question(
        &self,
        observed: &Observed,
        environment: &Environment,
        key: &LoadBalancerKey,
    ) -> Option<Question> {
        let mut questions = questions(observed, self.ask, environment, key);
        if questions.is_empty() {
            return None;
        }
        Some(questions.swap_remove(self.asked % questions.len()))
    }

    /// A question needed no call: the next one is asked at once.
    pub(crate) fn answered_by_others(&mut self) {
        self.asked = self.asked.wrapping_add(1);
    }

    /// A question was answered, or there was none. `random` is between 0 and 1.
    pub(crate) fn answered(&mut self, now: Instant, random: f64) {
        self.asked = self.asked.wrapping_add(1);
        self.wait(now, random);
    }

    /// AWS did not answer.
    pub(crate) fn failed(&mut self, error: &AwsError, now: Instant, random: f64) {
        if (error.class, self.ask) == (Class::Permanent, Ask::ByName) {
            // It may be the many names.
            self.ask = Ask::ByListener;
        }
        self.wait(now, random);
    }

    /// Everything was looked at, with so many calls.
    pub(crate) fn looked(&mut self, calls: u32, now: Instant, random: f64) {
        self.whole = now + PER_CALL * calls;
        self.wait(now, random);
    }

    fn wait(&mut self, now: Instant, random: f64) {
        let delay = LONGEST.saturating_sub(JITTER.mul_f64(random));
        self.waited.inc_by(delay.as_secs_f64());
        self.due = now + delay;
    }
}

/// What somebody else undid, by what is done about it: in a status, so in few words and with the names of those whose it is.
pub(crate) fn told(steps: &[Step]) -> String {
    let mut named: Vec<String> = Vec::new();
    for step in steps {
        let verb = step.op.verb();
        let text = match &step.blame {
            Blame::LoadBalancer => verb,
            Blame::Listeners(listeners) => match listeners.first() {
                Some(first) => format!("{verb} of {first}"),
                None => verb,
            },
            Blame::Rules(rules) => match rules.first() {
                Some(first) => format!("{verb} of {}", first.origin.route),
                None => verb,
            },
        };
        if !named.contains(&text) {
            named.push(text);
        }
    }
    let more = named.len().saturating_sub(NAMED);
    named.truncate(NAMED);
    let more = match more {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    format!(
        "somebody else changed or removed what is programmed; it is mended: {}{more}",
        named.join(", ")
    )
}
