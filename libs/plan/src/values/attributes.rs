//! Attributes of load balancers, listeners and target groups.
//!
//! Only what was asked for is compared. A key that was asked for once (a tag remembers it) and is no longer goes
//! back to AWS's default, if that is known; what others set by hand is left alone, deletion protection above all.

use std::collections::BTreeMap;

use tributary_model::elb::LoadBalancerKind;

use crate::values::tags::{self, Tags};

/// The attribute that keeps a load balancer from being deleted.
pub(crate) const DELETION_PROTECTION: &str = "deletion_protection.enabled";

/// AWS's defaults where they are the same on every resource of a kind (ELBv2 API reference,
/// `LoadBalancerAttribute`, `ListenerAttribute`, `TargetGroupAttribute`). Keys that have none, such as buckets
/// for logs, come after their switch is off and may stay.
const DEFAULTS: [(&str, &str); 32] = [
    (DELETION_PROTECTION, "false"),
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.prefix", ""),
    ("connection_logs.s3.enabled", "false"),
    ("connection_logs.s3.bucket", ""),
    ("connection_logs.s3.prefix", ""),
    ("client_keep_alive.seconds", "3600"),
    ("idle_timeout.timeout_seconds", "60"),
    ("routing.http.desync_mitigation_mode", "defensive"),
    ("routing.http.drop_invalid_header_fields.enabled", "false"),
    ("routing.http.preserve_host_header.enabled", "false"),
    (
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
        "false",
    ),
    ("routing.http.xff_client_port.enabled", "false"),
    ("routing.http.xff_header_processing.mode", "append"),
    ("routing.http2.enabled", "true"),
    ("waf.fail_open.enabled", "false"),
    ("zonal_shift.config.enabled", "false"),
    ("dns_record.client_routing_policy", "any_availability_zone"),
    ("tcp.idle_timeout.seconds", "350"),
    ("routing.http.response.server.enabled", "true"),
    ("deregistration_delay.timeout_seconds", "300"),
    (
        "deregistration_delay.connection_termination.enabled",
        "false",
    ),
    ("stickiness.enabled", "false"),
    ("slow_start.duration_seconds", "0"),
    ("load_balancing.algorithm.type", "round_robin"),
    ("load_balancing.algorithm.anomaly_mitigation", "off"),
    ("stickiness.lb_cookie.duration_seconds", "86400"),
    ("stickiness.app_cookie.duration_seconds", "86400"),
    ("proxy_protocol_v2.enabled", "false"),
    (
        "target_group_health.dns_failover.minimum_healthy_targets.count",
        "1",
    ),
    (
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
        "1",
    ),
];

/// The one key whose default depends on where it is set.
const CROSS_ZONE: &str = "load_balancing.cross_zone.enabled";

/// What the attributes belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    LoadBalancer(LoadBalancerKind),
    Listener,
    TargetGroup,
}

/// What to set on something that exists.
pub(crate) fn changes(
    carrier: Carrier,
    asked: &BTreeMap<String, String>,
    observed: &BTreeMap<String, String>,
    observed_tags: &Tags,
) -> BTreeMap<String, String> {
    let mut changes: BTreeMap<String, String> = asked
        .iter()
        .filter(|(key, value)| observed.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    for (key, value) in observed {
        if asked.contains_key(key) || !tags::remembers_attribute(observed_tags, key) {
            continue;
        }
        if let Some(default) = default(carrier, key)
            && value != default
        {
            changes.insert(key.clone(), default.to_owned());
        }
    }
    changes
}

/// What to set on something that was just created: not what it is by default.
pub(crate) fn for_new(
    carrier: Carrier,
    asked: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    asked
        .iter()
        .filter(|(key, value)| default(carrier, key) != Some(value.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// AWS's default for a key, where it is known.
pub(crate) fn default(carrier: Carrier, key: &str) -> Option<&'static str> {
    if key == CROSS_ZONE {
        return match carrier {
            Carrier::LoadBalancer(LoadBalancerKind::Alb) => Some("true"),
            Carrier::LoadBalancer(LoadBalancerKind::Nlb) => Some("false"),
            Carrier::TargetGroup => Some("use_load_balancer_configuration"),
            Carrier::Listener => None,
        };
    }
    DEFAULTS
        .iter()
        .find(|(known, _)| *known == key)
        .map(|(_, default)| *default)
}

/// What something carries when nothing was asked for, as far as it is known.
pub(crate) fn defaults() -> BTreeMap<String, String> {
    DEFAULTS
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests;
