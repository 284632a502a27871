//! How many rules a security group may have ("Amazon VPC quotas", Security groups).

use crate::error::ApiError;
use crate::state::State;

use super::permissions::{Peer, Permission};
use super::prefix_lists::Family;

/// "This quota is enforced separately for IPv4 rules and IPv6 rules … A rule that references a
/// security group or AWS-managed prefix list ID counts as one rule each for IPv4 and IPv6"; a
/// prefix list counts by its size, in its own family.
pub(super) fn check<'a>(
    state: &State,
    permissions: impl Iterator<Item = &'a Permission>,
) -> Result<(), ApiError> {
    let (mut v4, mut v6) = (0, 0);
    for permission in permissions {
        match &permission.peer {
            Peer::Ipv4(_) => v4 += 1,
            Peer::Ipv6(_) => v6 += 1,
            Peer::Group(_) => {
                v4 += 1;
                v6 += 1;
            }
            Peer::PrefixList(id) => {
                let Some(list) = state.network.prefix_lists.get(id) else {
                    continue;
                };
                match list.family {
                    Family::Ipv4 => v4 += list.max_entries,
                    Family::Ipv6 => v6 += list.max_entries,
                }
            }
        }
    }
    if v4.max(v6) <= state.quotas.rules_per_security_group {
        return Ok(());
    }
    Err(ApiError::new(
        "RulesPerSecurityGroupLimitExceeded",
        "The maximum number of rules per security group has been reached.",
    ))
}
