//! So many at once and so many a second, for each of many: whoever asks too much is told so, and nobody else waits.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

#[cfg(test)]
mod tests;

/// A bucket for each key, of which a bounded number is remembered. Clones would be others: share it.
pub struct Rate<K> {
    burst: f64,
    per_second: f64,
    most_keys: usize,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl<K: Eq + Hash> Rate<K> {
    /// `burst` at once after a rest, `per_second` in the long run.
    pub fn new(burst: u32, per_second: u32, most_keys: usize) -> Self {
        Self {
            burst: f64::from(burst),
            per_second: f64::from(per_second),
            most_keys,
            buckets: Mutex::default(),
        }
    }

    /// Takes one, if there is one. A key that is new while all that are remembered are in use gets none.
    pub fn take(&self, key: K) -> bool {
        let now = Instant::now();
        // Whole after any panic: a bucket is set in one step.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains_key(&key) && buckets.len() >= self.most_keys {
            // Who has not asked for so long that the bucket is full again is as good as new.
            buckets.retain(|_, bucket| self.left(*bucket, now) < self.burst);
            if buckets.len() >= self.most_keys {
                return false;
            }
        }
        let bucket = buckets.entry(key).or_insert(Bucket {
            left: self.burst,
            at: now,
        });
        let left = self.left(*bucket, now);
        let takes = left >= 1.0;
        *bucket = Bucket {
            left: if takes { left - 1.0 } else { left },
            at: now,
        };
        takes
    }

    fn left(&self, bucket: Bucket, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        passed.mul_add(self.per_second, bucket.left).min(self.burst)
    }
}

impl<K> fmt::Debug for Rate<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Rate")
            .field("burst", &self.burst)
            .field("per_second", &self.per_second)
            .finish_non_exhaustive()
    }
}
