//! Attributes of load balancers, target groups and listeners: which exist is in [`known`]; here is how
//! they are changed.

mod known;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;

use known::Takes::{Boolean, Fixed, OffOrRange, OneOf, Range, Text, ZeroOrRange};

pub(crate) use known::{Known, of_listener, of_load_balancer, of_target_group};

/// A key and a value to set.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Attribute {
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) value: String,
}

/// All attributes at their defaults.
pub(crate) fn defaults(known: &[Known]) -> BTreeMap<String, String> {
    known
        .iter()
        .map(|known| (known.key.to_owned(), known.default.to_owned()))
        .collect()
}

/// The attributes after a change, if all of the change is allowed.
pub(crate) fn changed(
    known: &[Known],
    present: &BTreeMap<String, String>,
    asked: &[Attribute],
) -> Result<BTreeMap<String, String>, ApiError> {
    let mut next = present.clone();
    let mut seen = Vec::new();
    for Attribute { key, value } in asked {
        let Some(known) = known.iter().find(|known| known.key == key) else {
            return Err(ApiError::validation(format!(
                "Attribute key '{key}' is not recognized"
            )));
        };
        if seen.contains(&key) {
            return Err(ApiError::validation(format!(
                "Attribute key '{key}' is specified more than once"
            )));
        }
        if !accepts(*known, value) {
            return Err(ApiError::configuration(format!(
                "The value of '{key}' cannot be '{value}'"
            )));
        }
        seen.push(key);
        next.insert(key.clone(), value.clone());
    }
    Ok(next)
}

fn accepts(known: Known, value: &str) -> bool {
    let within = |low: u32, high: u32| {
        value
            .parse::<u32>()
            .is_ok_and(|number| (low..=high).contains(&number))
    };
    match known.takes {
        Boolean => value == "true" || value == "false",
        OneOf(values) => values.contains(&value),
        Range(low, high) => within(low, high),
        ZeroOrRange(low, high) => value == "0" || within(low, high),
        OffOrRange(low, high) => value == "off" || within(low, high),
        Fixed => value == known.default,
        Text => value.len() <= 1024,
    }
}

/// Logs that are on need a bucket, which "must have a bucket policy that grants Elastic Load
/// Balancing permission to write" ("Enable access logs"): those that have one are given.
pub(crate) fn check_logs(
    attributes: &BTreeMap<String, String>,
    buckets: Option<&BTreeSet<String>>,
) -> Result<(), ApiError> {
    for logs in ["access_logs", "connection_logs", "health_check_logs"] {
        let value = |name: &str| attributes.get(&format!("{logs}.s3.{name}"));
        if value("enabled").is_none_or(|enabled| enabled != "true") {
            continue;
        }
        let Some(bucket) = value("bucket").filter(|bucket| !bucket.is_empty()) else {
            return Err(ApiError::configuration(format!(
                "The value of '{logs}.s3.bucket' cannot be empty"
            )));
        };
        if buckets.is_some_and(|buckets| !buckets.contains(bucket)) {
            return Err(ApiError::configuration(format!(
                "Access Denied for bucket: {bucket}. Please check S3bucket permission"
            )));
        }
    }
    Ok(())
}

/// "After you set this value, you can't decrease it" (`LoadBalancerAttribute`).
pub(crate) fn check_secondary_addresses(
    present: &BTreeMap<String, String>,
    next: &BTreeMap<String, String>,
) -> Result<(), ApiError> {
    let key = "secondary_ips.auto_assigned.per_subnet";
    // One digit each, so that the texts are ordered as the numbers are.
    if next.get(key) < present.get(key) {
        return Err(ApiError::configuration(format!(
            "The value of '{key}' cannot be decreased"
        )));
    }
    Ok(())
}

/// Attributes as a list of `Key` and `Value`.
pub(crate) fn listed(attributes: &BTreeMap<String, String>) -> Value {
    attributes
        .iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}

/// What one attribute of a target group asks of another.
pub(crate) fn check_target_group(attributes: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let is = |key: &str, value: &str| attributes.get(key).is_some_and(|found| found == value);
    let wrong = if is("load_balancing.algorithm.anomaly_mitigation", "on")
        && !is("load_balancing.algorithm.type", "weighted_random")
    {
        "Anomaly mitigation needs the load balancing algorithm weighted_random"
    } else if !is("slow_start.duration_seconds", "0")
        && attributes.contains_key("slow_start.duration_seconds")
        && !is("load_balancing.algorithm.type", "round_robin")
    {
        "Slow start needs the load balancing algorithm round_robin"
    } else if is("stickiness.type", "app_cookie")
        && is("stickiness.enabled", "true")
        && is("stickiness.app_cookie.cookie_name", "")
    {
        "Stickiness by an application's cookie needs the name of the cookie"
    } else if attributes
        .get("stickiness.app_cookie.cookie_name")
        .is_some_and(|name| name.starts_with("AWSALB"))
    {
        "Cookie names that begin with AWSALB are reserved for the load balancer"
    } else if is(
        "target_health_state.unhealthy.connection_termination.enabled",
        "true",
    ) && !is(
        "target_health_state.unhealthy.draining_interval_seconds",
        "0",
    ) {
        "Unhealthy targets drain only where their connections are not terminated"
    } else {
        return Ok(());
    };
    Err(ApiError::configuration(wrong))
}
