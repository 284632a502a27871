//! Timestamps as Kubernetes writes them: RFC 3339, whole seconds, UTC.

use tributary_model::Timestamp;

/// A string that is no RFC 3339 timestamp.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not an RFC 3339 timestamp")]
pub struct InvalidTimestamp {
    /// The string as given.
    pub value: String,
}

/// `2026-11-23T06:40:00Z`. What lies outside the years -9999 to 9999 becomes the nearest that can be written.
pub fn timestamp_to_rfc3339(timestamp: Timestamp) -> String {
    let seconds = timestamp.0.clamp(
        jiff::Timestamp::MIN.as_second(),
        jiff::Timestamp::MAX.as_second(),
    );
    jiff::Timestamp::from_second(seconds)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_string()
}

/// Reads RFC 3339 with any offset; fractions of a second are cut off, as `metav1.Time` has none.
pub fn timestamp_from_rfc3339(value: &str) -> Result<Timestamp, InvalidTimestamp> {
    let parsed: jiff::Timestamp = value.parse().map_err(|_| InvalidTimestamp {
        value: value.to_owned(),
    })?;
    Ok(Timestamp(parsed.as_second()))
}
