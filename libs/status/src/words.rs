//! Pieces of messages.

/// Joins with `; `. What is past the first few is only counted: a message is read by a person.
pub(crate) fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    let shown = items.len().min(MAX_LISTED);
    let text = items[..shown].join("; ");
    match items.len() - shown {
        0 => text,
        more => format!("{text}; and {more} more"),
    }
}

/// As many as one still reads.
const MAX_LISTED: usize = 8;

/// A text from elsewhere (lower case, no full stop by rule, but AWS keeps none) as part of a sentence.
pub(crate) fn clause(text: &str) -> &str {
    text.trim().trim_end_matches('.')
}

/// `opening: why.` and an advice that brings its own space.
pub(crate) fn sentence(opening: &str, why: &str, advice: &str) -> String {
    match clause(why) {
        "" => format!("{opening}.{advice}"),
        why => format!("{opening}: {why}.{advice}"),
    }
}

/// The inverse of [`sentence`].
pub(crate) fn told(message: &str, opening: &str, advice: &str) -> Option<String> {
    let rest = message
        .strip_prefix(opening)?
        .strip_suffix(advice)?
        .strip_suffix('.')?;
    Some(rest.strip_prefix(": ").unwrap_or(rest).to_owned())
}
