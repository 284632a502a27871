//! Which term a shard is in, for those who hold none and have to know whose word counts.

use std::time::Duration;

use tokio::time::timeout;
use tributary_model::Installation;
use tributary_model::elb::LoadBalancerKind;

use super::api::Leases;
use crate::failure::Failure;

/// One object by name, from a server that answers others meanwhile.
const READ_DEADLINE: Duration = Duration::from_secs(2);

/// The shards' Leases of a namespace, to be read only.
#[derive(Clone, Debug)]
pub struct ShardEpochs(Leases);

/// The group in which an installation's programmers of a kind divide their shards.
pub fn shard_group(installation: &Installation, kind: LoadBalancerKind) -> String {
    installation.service(match kind {
        LoadBalancerKind::Alb => "alb-programmer",
        LoadBalancerKind::Nlb => "nlb-programmer",
    })
}

/// Of a shard of a group.
pub(super) fn shard_lease(group: &str, index: u32) -> String {
    format!("{group}-shard-{index}")
}

impl ShardEpochs {
    pub(super) fn of(leases: Leases) -> Self {
        Self(leases)
    }

    /// The epoch by which a shard of a group is held, or was held last; nothing if it has no Lease.
    ///
    /// # Errors
    /// When the API server does not say, in a bounded time.
    pub async fn read(&self, group: &str, index: u32) -> Result<Option<u64>, Failure> {
        let name = shard_lease(group, index);
        let answer = timeout(READ_DEADLINE, self.0.get(&name)).await;
        let lease = answer.unwrap_or_else(|_| Err(Failure::timed_out("reading a Lease")))?;
        Ok(lease.map(|lease| lease.transitions))
    }
}
