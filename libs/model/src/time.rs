//! Points in time, as Kubernetes keeps and writes them.

use std::fmt;

/// Seconds since 1970-01-01T00:00:00Z. Kubernetes timestamps have one-second resolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// RFC 3339 in UTC: `2026-11-23T06:40:00Z`. Written out here because explanations are, and the crates that could do
/// it have clocks and time zones.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY: i64 = 86_400;
        let (days, second) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

/// Year, month and day of a day since 1970-01-01: <https://howardhinnant.github.io/date_algorithms.html>, whose years
/// begin in March, so that the leap day is the last.
fn civil(days: i64) -> (i64, i64, i64) {
    /// From 0000-03-01, in days.
    const EPOCH: i64 = 719_468;
    /// 400 years, after which the calendar repeats, in days.
    const ERA: i64 = 146_097;
    let (era, day) = (
        (days + EPOCH).div_euclid(ERA),
        (days + EPOCH).rem_euclid(ERA),
    );
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let march = (5 * day + 2) / 153;
    let (month, january) = if march < 10 {
        (march + 3, 0)
    } else {
        (march - 9, 1)
    };
    (
        400 * era + year + january,
        month,
        day - (153 * march + 2) / 5 + 1,
    )
}
