//! Content revisions: a short stand-in for "the same desired content".

use crate::shard::{FNV_OFFSET_BASIS, fnv1a_step};

#[cfg(test)]
mod tests;

/// A 64-bit fingerprint of some desired content.
///
/// The merger computes it and the programmers echo it to whoever leads then: another merger, of another build during an
/// update, which must not take every listener for changed. So it is a function of texts and no `derive(Hash)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision of texts: equal ones have equal revisions, in every build. FNV-1a with 64 bits (see
    /// [`shard_of`](crate::shard_of)) of each text's length in bytes, as eight bytes, the highest first, and of the text
    /// in UTF-8: so that `a`, `bc` is not `ab`, `c`.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let hash = texts.into_iter().fold(FNV_OFFSET_BASIS, |hash, text| {
            // No memory holds a longer text.
            let length = u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes();
            length
                .into_iter()
                .chain(text.bytes())
                .fold(hash, fnv1a_step)
        });
        Self(hash)
    }
}
