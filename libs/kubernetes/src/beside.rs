//! Which Lease shows that the AWS Load Balancer Controller runs.

use std::fmt;
use std::str::FromStr;

use tributary_model::ObjectKey;

/// `--lbc-lease`, of the command and of the watcher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LbcLease {
    /// The word `none`: that program leaves Gateways alone, or is not there.
    None,
    /// `NAMESPACE/NAME`.
    Named(ObjectKey),
}

/// Neither `none` nor a namespace and a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither NAMESPACE/NAME nor none")]
pub struct NoLease;

impl Default for LbcLease {
    /// Where that controller's Helm chart has it.
    fn default() -> Self {
        Self::Named(ObjectKey::new(
            "kube-system",
            "aws-load-balancer-controller-leader",
        ))
    }
}

impl FromStr for LbcLease {
    type Err = NoLease;

    fn from_str(value: &str) -> Result<Self, NoLease> {
        if value == "none" {
            return Ok(Self::None);
        }
        match value.split_once('/') {
            Some((namespace, name))
                if !namespace.is_empty() && !name.is_empty() && !name.contains('/') =>
            {
                Ok(Self::Named(ObjectKey::new(namespace, name)))
            }
            Some(_) | None => Err(NoLease),
        }
    }
}

impl fmt::Display for LbcLease {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => formatter.write_str("none"),
            Self::Named(lease) => lease.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_a_namespace_and_a_name_or_none() {
        let named = |lease: &str| Ok(LbcLease::Named(ObjectKey::new("a", lease)));
        assert_eq!("a/b".parse(), named("b"));
        assert_eq!("none".parse(), Ok(LbcLease::None));
        for other in ["", "a", "/b", "a/", "a/b/c"] {
            assert_eq!(other.parse::<LbcLease>(), Err(NoLease), "{other}");
        }
        let default = LbcLease::default();
        assert_eq!(default.to_string().parse(), Ok(default));
    }
}
