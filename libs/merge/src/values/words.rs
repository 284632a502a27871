//! Grammar of the texts that name an object's kind or a listener's protocol.

use std::fmt::Display;

#[cfg(test)]
mod tests;

/// A name after its indefinite article.
///
/// `HTTP` is spelled out, so that it starts with a vowel's sound; the other names of ours start with a
/// consonant's (`Gateway`, `GRPCRoute`, `UDP`).
pub(crate) fn one(name: impl Display) -> String {
    let name = name.to_string();
    let article = if name.starts_with("HTTP") { "an" } else { "a" };
    format!("{article} {name}")
}
