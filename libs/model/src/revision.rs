//! Content revisions: a short stand-in for "the same desired content".

use std::hash::{Hash, Hasher};

/// A 64-bit fingerprint of some desired content.
///
/// The merger computes it and the programmers only echo it, so it need not be stable across
/// compilers; two processes never compare revisions that they both computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision of a value: equal values have equal revisions, in every run of one build.
    pub fn of(content: &impl Hash) -> Self {
        let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
        content.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// FNV-1a. Not `DefaultHasher`, whose algorithm std leaves open.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
