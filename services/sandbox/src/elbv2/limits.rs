//! Account limits and reserved capacity.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::page::{page, page_size};
use crate::resources::load_balancers::{Kind, LoadBalancer};
use crate::state::State;

use super::load_balancers::ByArn;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeLimits {
    marker: Option<String>,
    page_size: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ModifyCapacity {
    load_balancer_arn: String,
    minimum_load_balancer_capacity: Option<Capacity>,
    reset_capacity_reservation: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Capacity {
    capacity_units: u32,
}

pub(crate) fn describe_account_limits(state: &State, request: &Request) -> Answer {
    let asked: DescribeLimits = request.read()?;
    let size = page_size(asked.page_size)?;
    let mut limits = state.quotas.account_limits();
    limits.sort_unstable();
    let wanted = limits
        .into_iter()
        .map(|(name, max)| (name, json!({"Name": name, "Max": max.to_string()})));
    let page = page(wanted, asked.marker.as_deref(), size);
    Ok(json!({"Limits": page.items, "NextMarker": page.next}))
}

pub(crate) fn modify_capacity_reservation(state: &mut State, request: &Request) -> Answer {
    let asked: ModifyCapacity = request.read()?;
    let load_balancer = state.load_balancer_mut(&asked.load_balancer_arn)?;
    let units = match (
        asked.minimum_load_balancer_capacity,
        asked.reset_capacity_reservation,
    ) {
        (Some(_), Some(true)) | (None, None | Some(false)) => {
            return Err(ApiError::validation(
                "You must specify either a minimum capacity or to reset the reservation",
            ));
        }
        (None, Some(true)) => None,
        (Some(capacity), None | Some(false)) => Some(capacity.capacity_units),
    };
    // "LCU reservations": an ALB reserves 100 units at least; an NLB 2,750 per zone.
    let least = match load_balancer.kind {
        Kind::Application => 100,
        Kind::Network => u32::try_from(load_balancer.zones.len())
            .unwrap_or(u32::MAX)
            .saturating_mul(2_750),
    };
    if units.is_some_and(|units| units < least) {
        return Err(ApiError::configuration(format!(
            "The minimum capacity must be at least {least} units"
        )));
    }
    load_balancer.capacity_units = units;
    load_balancer.capacity_modified_at = Some(request.now);
    Ok(capacity(load_balancer))
}

pub(crate) fn describe_capacity_reservation(state: &State, request: &Request) -> Answer {
    let ByArn { load_balancer_arn } = request.read()?;
    Ok(capacity(state.load_balancer(&load_balancer_arn)?))
}

fn capacity(load_balancer: &LoadBalancer) -> Value {
    let Some(units) = load_balancer.capacity_units else {
        return json!({"LastModifiedTime": load_balancer.capacity_modified_at});
    };
    let zones: Vec<Value> = load_balancer
        .zones
        .iter()
        .map(|zone| {
            json!({
                "State": {"Code": "provisioned"},
                "AvailabilityZone": zone.name,
                "EffectiveCapacityUnits": units,
            })
        })
        .collect();
    json!({
        "LastModifiedTime": load_balancer.capacity_modified_at,
        "DecreaseRequestsRemaining": 2,
        "MinimumLoadBalancerCapacity": {"CapacityUnits": units},
        "CapacityReservationState": zones,
    })
}
