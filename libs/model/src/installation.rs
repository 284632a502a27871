//! Which Tributary of a cluster one is: every name by which two of them tell each other's things apart.
//!
//! Names follow from the installation's name by the two rules here ([`Installation::qualified`] and
//! [`Installation::service`]); the default installation has the names without it: controllerNames, finalizers, Leases,
//! the status writer's field manager, the reporter of Events, and the mark in AWS.
//!
//! Shared by name is what Gateway API itself names: [`CLASS_IN_USE`](crate::holder::CLASS_IN_USE). A class has one
//! `controllerName`, which cannot change, so one installation alone writes it.

use std::fmt;
use std::str::FromStr;

use crate::Name;
use crate::elb::LoadBalancerKind;

#[cfg(test)]
mod tests;

/// Of what Kubernetes wants qualified.
pub(crate) const DOMAIN: &str = "gateway.tributary.dev/";
/// Kubernetes admits 63 bytes as a label's value and as the name of a finalizer behind its domain. The longest label is
/// `tributary-NAME-alb-programmer`: 25 beside the name, the longest finalizer `NAME.load-balancer-alb`: 18.
const LONGEST: usize = 32;

/// The name of an installation: a DNS label of at most 32 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Installation(Name);

/// A text that names no installation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names no installation: it takes 1 to {LONGEST} lower case letters, digits and hyphens, no hyphen first or last"
)]
pub struct NoInstallation(String);

impl Installation {
    /// The name of the one whose names do not say which.
    pub const DEFAULT: &'static str = "tributary";

    /// Its name: the mark of what it made in AWS.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Whether it is the one whose names do not say which.
    pub fn is_default(&self) -> bool {
        *self.0 == *Self::DEFAULT
    }

    /// A qualified name: `gateway.tributary.dev/WHAT`, or `gateway.tributary.dev/NAME.WHAT`.
    ///
    /// A dot, because no name has one: what stands before the first dot is the whole name, whatever it begins or ends
    /// with. A `controllerName` and a finalizer may both have it.
    pub fn qualified(&self, what: &str) -> String {
        if self.is_default() {
            format!("{DOMAIN}{what}")
        } else {
            format!("{DOMAIN}{}.{what}", self.0)
        }
    }

    /// The name of one of its services, for Leases and managed fields: `tributary-SERVICE`, or `tributary-NAME-SERVICE`.
    pub fn service(&self, service: &str) -> String {
        if self.is_default() {
            format!("tributary-{service}")
        } else {
            format!("tributary-{}-{service}", self.0)
        }
    }

    /// On a Gateway that has a load balancer of the kind by this installation, or may have. Each kind has its own: a
    /// Gateway whose class changes has one of each for a while, and who programs the one knows nothing of the other.
    pub fn finalizer(&self, kind: LoadBalancerKind) -> String {
        self.qualified(match kind {
            LoadBalancerKind::Alb => FINALIZER_ALB,
            LoadBalancerKind::Nlb => FINALIZER_NLB,
        })
    }

    /// Whose finalizer this is, if it is of an installation.
    pub(crate) fn of_finalizer(finalizer: &str) -> Option<(Self, LoadBalancerKind)> {
        let (name, what) = unqualified(finalizer)?;
        let kind = match what {
            FINALIZER_ALB => LoadBalancerKind::Alb,
            FINALIZER_NLB => LoadBalancerKind::Nlb,
            _ => return None,
        };
        Some((Self(name.into()), kind))
    }
}

const FINALIZER_ALB: &str = "load-balancer-alb";
const FINALIZER_NLB: &str = "load-balancer-nlb";

/// The name of the installation, and of what, in a qualified name.
pub(crate) fn unqualified(qualified: &str) -> Option<(&str, &str)> {
    let local = qualified.strip_prefix(DOMAIN)?;
    match local.split_once('.') {
        None => Some((Installation::DEFAULT, local)),
        // The default one's names do not have it.
        Some((name, what)) => {
            (is_name(name) && name != Installation::DEFAULT).then_some((name, what))
        }
    }
}

fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

impl Default for Installation {
    fn default() -> Self {
        Self(Self::DEFAULT.into())
    }
}

impl FromStr for Installation {
    type Err = NoInstallation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_name(text) {
            Ok(Self(text.into()))
        } else {
            Err(NoInstallation(text.to_owned()))
        }
    }
}

impl fmt::Display for Installation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
