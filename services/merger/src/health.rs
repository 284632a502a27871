//! How the installation is: what `tributary status` shows.

use std::collections::BTreeSet;

use tonic::{Request, Response, Status};
use tributary_kubernetes::Verb;
use tributary_model::desired::LoadBalancerKey;
use tributary_model::health::{Health, LoadBalancerHealth, ServiceSeen, StandingCount};
use tributary_model::report::LoadBalancerPhase;
use tributary_proto::access::Caller;
use tributary_proto::installation::installation_service_server::InstallationService;
use tributary_proto::installation::{GetHealthRequest, GetHealthResponse};

use crate::census::Tally;
use crate::rpc::Rpc;
use crate::state::MergerState;

#[cfg(test)]
mod tests;

#[tonic::async_trait]
impl InstallationService for Rpc {
    async fn get_health(
        &self,
        request: Request<GetHealthRequest>,
    ) -> Result<Response<GetHealthResponse>, Status> {
        // Of every namespace, or refused.
        self.sight(request.extensions(), Verb::Get, None).await?;
        let mut services = self.shared.guests.seen();
        services.insert(0, this());
        let state = self.shared.lock()?;
        let health = Health {
            services,
            ..health(&state)
        };
        drop(state);
        Ok(Response::new(GetHealthResponse::from(&health)))
    }
}

fn this() -> ServiceSeen {
    ServiceSeen {
        service: Caller::Merger.name().to_owned(),
        address: String::new(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        shards: Vec::new(),
        // Whom it misses is told by what they do not do.
        concerns: Vec::new(),
    }
}

/// All but the services.
fn health(state: &MergerState) -> Health {
    let tally = state.standings();
    let standings = tally.standings.iter();
    Health {
        complete: state.is_complete(),
        services: Vec::new(),
        standings: standings
            .map(|((counted, standing), count)| StandingCount {
                what: counted.as_str().to_owned(),
                state: standing.state.as_str().to_owned(),
                reason: standing.reason.to_owned(),
                count: *count,
            })
            .collect(),
        load_balancers: load_balancers(state, &tally),
        unwritten_judgements: state.written.behind(state.judged_position()),
        failed_statuses: u64::try_from(state.written.failures()).unwrap_or(u64::MAX),
    }
}

fn load_balancers(state: &MergerState, tally: &Tally) -> Vec<LoadBalancerHealth> {
    let reported = state.reports().iter().map(|report| &report.key);
    let keys: BTreeSet<&LoadBalancerKey> = state.desired_keys().chain(reported).collect();
    let unheard: BTreeSet<&LoadBalancerKey> = state.unheard().collect();
    keys.into_iter()
        .map(|key| {
            let report = state.reports().get(key);
            let pending = if state.is_desired(key) {
                state.settled_report(key).err().unwrap_or_default()
            } else {
                "it is being removed".to_owned()
            };
            LoadBalancerHealth {
                key: key.clone(),
                phase: report.map_or(LoadBalancerPhase::Absent, |report| report.phase),
                unheard: unheard.contains(key),
                pending,
                problems: report.map_or_else(Vec::new, |report| report.problems.clone()),
                quotas: report.and_then(|report| report.quotas),
                first_certificate: tally.first_certificates.get(&key.gateway).cloned(),
            }
        })
        .collect()
}
