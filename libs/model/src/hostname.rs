//! DNS hostnames as Gateway API uses them: lower case, optionally with one leading `*.` label.

use std::cmp::Reverse;
use std::fmt;
use std::sync::Arc;

/// A hostname of a listener or route: RFC 1123 subdomain, or `*.` followed by one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hostname(Arc<str>);

/// Specificity of a hostname; lower is more specific: exact ones, then wildcards by length, then none.
///
/// Two different hostnames of equal rank never match one host, so their order does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostRank {
    /// One host.
    Exact,
    /// By the length of what stands behind `*`.
    Wildcard(Reverse<usize>),
    /// Every host.
    Any,
}

/// The hostname of a listener, or none: in the order in which the rules of one port are asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostOrder {
    /// The most specific first.
    rank: HostRank,
    hostname: Option<Hostname>,
}

/// Why a string is no hostname.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not a hostname: {reason}")]
pub struct InvalidHostname {
    /// The string as given.
    pub value: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Hostname {
    /// Parses and checks; upper case is folded, since DNS ignores it.
    ///
    /// # Errors
    /// When the string breaks the CRD's pattern or length (1..253 characters, RFC 1123 labels of at
    /// most 63), or is an IP address.
    pub fn parse(value: &str) -> Result<Self, InvalidHostname> {
        let invalid = |reason| InvalidHostname {
            value: value.to_owned(),
            reason,
        };
        if value.is_empty() || value.len() > 253 {
            return Err(invalid("it must have 1 to 253 characters"));
        }
        let domain = value.strip_prefix("*.").unwrap_or(value);
        if domain.parse::<std::net::IpAddr>().is_ok() {
            return Err(invalid("an IP address is not allowed"));
        }
        for label in domain.split('.') {
            if label.is_empty() || label.len() > 63 {
                return Err(invalid("each label must have 1 to 63 characters"));
            }
            if !label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            {
                return Err(invalid(
                    "a label may only have letters, digits and '-', a wildcard only as the first label",
                ));
            }
            if label.starts_with('-') || label.ends_with('-') {
                return Err(invalid("a label may not start or end with '-'"));
            }
        }
        Ok(Self(value.to_ascii_lowercase().into()))
    }

    /// As a string.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The suffix behind `*` (`.x.com` of `*.x.com`), if it is a wildcard.
    pub fn wildcard_suffix(&self) -> Option<&str> {
        self.0.strip_prefix('*')
    }

    /// Whether every host that `other` matches is matched by `self` too.
    ///
    /// A Gateway API wildcard stands for one or more labels: `*.x.com` covers `a.b.x.com`, not `x.com`.
    pub fn covers(&self, other: &Self) -> bool {
        match self.wildcard_suffix() {
            None => self == other,
            Some(suffix) => {
                let other = other.wildcard_suffix().unwrap_or(other.as_str());
                other.len() >= suffix.len()
                    && other.ends_with(suffix)
                    && (other.len() > suffix.len() || other.starts_with('.'))
            }
        }
    }

    /// The hosts that both match: the narrower of the two, if they meet at all.
    pub fn intersection<'a>(&'a self, other: &'a Self) -> Option<&'a Self> {
        if self.covers(other) {
            Some(other)
        } else if other.covers(self) {
            Some(self)
        } else {
            None
        }
    }
}

impl HostRank {
    /// The rank of a hostname; of every host without one.
    pub fn of(hostname: Option<&Hostname>) -> Self {
        match hostname.map(|hostname| (hostname, hostname.wildcard_suffix())) {
            None => Self::Any,
            Some((_, None)) => Self::Exact,
            Some((_, Some(suffix))) => Self::Wildcard(Reverse(suffix.len())),
        }
    }
}

impl HostOrder {
    /// Behind everything else.
    pub const ANY: Self = Self {
        rank: HostRank::Any,
        hostname: None,
    };

    /// In front of all wildcards, behind all exact hostnames.
    pub const WILDCARDS: Self = Self {
        rank: HostRank::Wildcard(Reverse(usize::MAX)),
        hostname: None,
    };

    /// Where a hostname stands.
    pub fn of(hostname: Option<&Hostname>) -> Self {
        Self {
            rank: HostRank::of(hostname),
            hostname: hostname.cloned(),
        }
    }

    /// Its specificity.
    pub fn rank(&self) -> HostRank {
        self.rank
    }

    /// The hostname itself.
    pub fn hostname(&self) -> Option<&Hostname> {
        self.hostname.as_ref()
    }
}

impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
