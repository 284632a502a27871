//! `health.proto`: how an installation is.

use tributary_model::health::{Health, LoadBalancerHealth, SeenShard, ServiceSeen, StandingCount};

use super::ConvertError;
use super::codec::{absent, list, message, one_of, optional, required, same};
use crate::{installation, types};

message!(
    Health = types::Health {
        complete: same,
        services: list,
        standings: list,
        load_balancers: list,
        unwritten_judgements: same,
        failed_statuses: same,
    }
);
message!(
    ServiceSeen = types::ServiceSeen {
        service: same,
        address: same,
        version: same,
        shards: list,
        concerns: same,
        leads: same,
    }
);
message!(
    SeenShard = types::SeenShard {
        index: same,
        count: same
    }
);
message!(
    StandingCount = types::StandingCount {
        what: same,
        state: same,
        reason: same,
        count: same,
    }
);
message!(
    LoadBalancerHealth = types::LoadBalancerHealth {
        key: required,
        phase: one_of,
        unheard: same,
        pending: same,
        problems: same,
        quotas: optional,
        first_certificate: optional,
    }
);

impl From<&Health> for installation::GetHealthResponse {
    fn from(health: &Health) -> Self {
        Self {
            health: Some(health.into()),
        }
    }
}

impl TryFrom<installation::GetHealthResponse> for Health {
    type Error = ConvertError;

    fn try_from(message: installation::GetHealthResponse) -> Result<Self, Self::Error> {
        let health = message.health.ok_or_else(|| absent().under("health"))?;
        Self::try_from(health).map_err(|error| error.under("health"))
    }
}
