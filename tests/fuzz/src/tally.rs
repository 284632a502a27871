//! How many inputs got how far, said on stderr now and then: a target that refuses everything proves nothing.

use std::sync::atomic::{AtomicU64, Ordering};

/// Said after so many inputs, and at each power of two before.
const EVERY: u64 = 1 << 20;

/// Counts of the inputs of one target.
pub struct Tally<const STAGES: usize> {
    inputs: AtomicU64,
    names: [&'static str; STAGES],
    reached: [AtomicU64; STAGES],
}

impl<const STAGES: usize> Tally<STAGES> {
    pub const fn new(names: [&'static str; STAGES]) -> Self {
        Self {
            inputs: AtomicU64::new(0),
            names,
            reached: [const { AtomicU64::new(0) }; STAGES],
        }
    }

    /// One more input, and which stages it reached.
    pub fn note(&self, reached: [bool; STAGES]) {
        for (count, reached) in self.reached.iter().zip(reached) {
            count.fetch_add(u64::from(reached), Ordering::Relaxed);
        }
        let inputs = self.inputs.fetch_add(1, Ordering::Relaxed) + 1;
        if inputs.is_multiple_of(EVERY) || (inputs < EVERY && inputs.is_power_of_two()) {
            self.say(inputs);
        }
    }

    fn say(&self, inputs: u64) {
        let shares: Vec<String> = self
            .names
            .iter()
            .zip(&self.reached)
            .map(|(name, count)| {
                let tenths = count.load(Ordering::Relaxed) * 1_000 / inputs;
                format!("{name} {}.{} %", tenths / 10, tenths % 10)
            })
            .collect();
        eprintln!("tally: {inputs} inputs, {}", shares.join(", "));
    }
}
