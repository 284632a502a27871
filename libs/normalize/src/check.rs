//! The lexical rules of the CRDs' schemas: lengths, ranges and patterns that many kinds share.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use ipnet::IpNet;
use tributary_model::{Hostname, Name};

use crate::fault::{Fault, Path};

/// Longest DNS subdomain (RFC 1123).
const SUBDOMAIN: usize = 253;
/// Longest DNS label (RFC 1123).
const LABEL: usize = 63;

/// Number of characters.
pub(crate) fn length(
    at: &Path<'_>,
    value: &str,
    allowed: RangeInclusive<usize>,
) -> Result<(), Fault> {
    let length = value.chars().count();
    if allowed.contains(&length) {
        return Ok(());
    }
    if length == 0 {
        return Err(at.fault("must not be empty"));
    }
    Err(at.fault(format!(
        "must have {} characters, it has {length}",
        Bounds(&allowed)
    )))
}

/// Number of entries.
pub(crate) fn count(
    at: &Path<'_>,
    entries: usize,
    allowed: RangeInclusive<usize>,
) -> Result<(), Fault> {
    if allowed.contains(&entries) {
        return Ok(());
    }
    Err(at.fault(format!(
        "must have {} entries, it has {entries}",
        Bounds(&allowed)
    )))
}

/// A number.
pub(crate) fn range<T: PartialOrd + Display>(
    at: &Path<'_>,
    value: T,
    allowed: &RangeInclusive<T>,
) -> Result<T, Fault> {
    if allowed.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (allowed.start(), allowed.end());
    Err(at.fault(format!("must be {least} to {most}, it is {value}")))
}

/// 1..65535.
pub(crate) fn port(at: &Path<'_>, value: i32) -> Result<u16, Fault> {
    let port = range(at, value, &(1..=65_535))?;
    u16::try_from(port).map_err(|_| at.fault("must be a port"))
}

/// A port that may be absent.
pub(crate) fn optional_port(at: &Path<'_>, value: Option<i32>) -> Result<Option<u16>, Fault> {
    value.map(|value| port(at, value)).transpose()
}

/// The name of another object: the schema knows its length only.
pub(crate) fn reference_name(at: &Path<'_>, value: String) -> Result<Name, Fault> {
    length(at, &value, 1..=SUBDOMAIN)?;
    Ok(value.into())
}

/// A namespace: an RFC 1123 label.
pub(crate) fn namespace(at: &Path<'_>, value: &str) -> Result<Name, Fault> {
    length(at, value, 1..=LABEL)?;
    if is_label(value) {
        return Ok(value.into());
    }
    Err(at.fault(format!(
        "{value:?} is not a DNS label: lower-case letters, digits and '-', alphanumeric at both ends"
    )))
}

/// A namespace that may be absent.
pub(crate) fn optional_namespace(
    at: &Path<'_>,
    value: Option<String>,
) -> Result<Option<Name>, Fault> {
    value.map(|value| namespace(at, &value)).transpose()
}

/// An RFC 1123 subdomain: object names, listener and rule names.
pub(crate) fn subdomain(at: &Path<'_>, value: &str) -> Result<Name, Fault> {
    length(at, value, 1..=SUBDOMAIN)?;
    if is_subdomain(value) {
        return Ok(value.into());
    }
    Err(at.fault(format!(
        "{value:?} is not a DNS name: lower-case letters, digits, '-' and '.', alphanumeric at both ends of each part"
    )))
}

/// A subdomain that may be absent.
pub(crate) fn optional_subdomain(
    at: &Path<'_>,
    value: Option<String>,
) -> Result<Option<Name>, Fault> {
    value.map(|value| subdomain(at, &value)).transpose()
}

/// An API group; empty for core.
pub(crate) fn group(at: &Path<'_>, value: String) -> Result<String, Fault> {
    length(at, &value, 0..=SUBDOMAIN)?;
    if value.is_empty() || is_subdomain(&value) {
        return Ok(value);
    }
    Err(at.fault(format!("{value:?} is not an API group")))
}

/// A kind.
pub(crate) fn kind(at: &Path<'_>, value: String) -> Result<String, Fault> {
    length(at, &value, 1..=LABEL)?;
    let inner = value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if inner
        && value.starts_with(|first: char| first.is_ascii_alphabetic())
        && !value.ends_with('-')
    {
        return Ok(value);
    }
    Err(at.fault(format!("{value:?} is not a kind")))
}

/// The syntax of label keys and values, which selectors rely on.
pub(crate) fn labels(at: &Path<'_>, labels: &BTreeMap<String, String>) -> Result<(), Fault> {
    for (key, value) in labels {
        if !is_label_key(key) {
            return Err(at.key(key).fault("is not a label key"));
        }
        if !value.is_empty() && !is_label_word(value) {
            return Err(at.key(key).fault(format!("{value:?} is not a label value")));
        }
    }
    Ok(())
}

/// A name, or a DNS subdomain, '/' and a name.
pub(crate) fn is_label_key(key: &str) -> bool {
    match key.split_once('/') {
        None => is_label_word(key),
        Some((prefix, name)) => is_subdomain(prefix) && is_label_word(name),
    }
}

fn is_label_word(value: &str) -> bool {
    let alphanumeric = |end: char| end.is_ascii_alphanumeric();
    (1..=63).contains(&value.len())
        && value.starts_with(alphanumeric)
        && value.ends_with(alphanumeric)
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// As for labels, though nobody selects by them.
pub(crate) fn annotation_keys<'a>(
    at: &Path<'_>,
    keys: impl IntoIterator<Item = &'a String>,
) -> Result<(), Fault> {
    match keys.into_iter().find(|key| !is_label_key(key)) {
        None => Ok(()),
        Some(key) => Err(at.key(key).fault("is not an annotation's key")),
    }
}

/// The most characters of a value in a map of the Gateway API.
pub(crate) fn annotation_values(
    at: &Path<'_>,
    values: &BTreeMap<String, String>,
) -> Result<(), Fault> {
    for (key, value) in values {
        length(&at.key(key), value, 0..=4096)?;
    }
    Ok(())
}

/// A hostname, with or without a leading wildcard label.
/// The name of a load balancer or a target group (ELBv2 `CreateLoadBalancer`, `CreateTargetGroup`: `Name`).
pub(crate) fn elb_name(at: &Path<'_>, name: &str) -> Result<(), Fault> {
    length(at, name, 1..=32)?;
    let is_inside = !name.starts_with('-') && !name.ends_with('-');
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    if is_inside && name.chars().all(is_plain) {
        return Ok(());
    }
    Err(at.fault(format!(
        "{name:?} has other characters than letters, digits and, inside, hyphens"
    )))
}

/// A block of addresses, as `10.0.0.0/8`.
pub(crate) fn cidr(at: &Path<'_>, value: &str) -> Result<IpNet, Fault> {
    let parsed = value.parse();
    parsed.map_err(|_| at.fault(format!("{value:?} is not a CIDR")))
}

pub(crate) fn hostname(at: &Path<'_>, value: &str) -> Result<Hostname, Fault> {
    if value.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(at.fault(format!(
            "{value:?} is not a hostname: it must be lower case"
        )));
    }
    Hostname::parse(value).map_err(|invalid| at.fault(invalid.to_string()))
}

/// A hostname without a wildcard.
pub(crate) fn precise_hostname(at: &Path<'_>, value: &str) -> Result<Hostname, Fault> {
    let hostname = hostname(at, value)?;
    if hostname.wildcard_suffix().is_some() {
        return Err(at.fault("a wildcard is not allowed here"));
    }
    Ok(hostname)
}

/// The first entry whose key was there before, as `(index, key)`.
pub(crate) fn first_duplicate<K: Ord>(keys: impl IntoIterator<Item = K>) -> Option<usize> {
    let mut seen = std::collections::BTreeSet::new();
    keys.into_iter().position(|key| !seen.insert(key))
}

pub(crate) fn is_label(value: &str) -> bool {
    value.len() <= LABEL && is_word(value)
}

/// Whether it is one or more words joined by dots. As in the schemas, a word may be longer than a DNS label.
pub(crate) fn is_subdomain(value: &str) -> bool {
    value.len() <= SUBDOMAIN && value.split('.').all(is_word)
}

fn is_word(value: &str) -> bool {
    !value.is_empty()
        && !value.starts_with('-')
        && !value.ends_with('-')
        && value
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// `1 to 64`, `at most 16`, `exactly 1`.
struct Bounds<'a, T>(&'a RangeInclusive<T>);

impl<T: Display + PartialEq> Display for Bounds<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (least, most) = (self.0.start(), self.0.end());
        if least == most {
            return write!(f, "exactly {least}");
        }
        if least.to_string() == "0" {
            return write!(f, "at most {most}");
        }
        write!(f, "{least} to {most}")
    }
}
