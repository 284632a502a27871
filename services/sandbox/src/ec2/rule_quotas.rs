//! How many rules a security group may have ("Amazon VPC quotas", Security groups).

use crate::error::ApiError;
use crate::resources::prefix_lists::Family;
use crate::resources::security_groups::{Peer, Permission};
use crate::state::State;

/// The quota is enforced apart for the rules of each address family. A rule for another security
/// group counts in both, one for a prefix list by the list's largest size, or its weight if it is
/// AWS's own, in the list's family.
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
