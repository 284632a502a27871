//! Target groups, their health checks and their targets.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use crate::tags::Tags;

use super::protocols::{Protocol, ProtocolVersion};

/// What a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TargetType {
    Instance,
    Ip,
    Alb,
}

/// Which addresses targets have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TargetAddressType {
    Ipv4,
    Ipv6,
}

/// A target group.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TargetGroup {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) protocol: Protocol,
    pub(crate) protocol_version: Option<ProtocolVersion>,
    pub(crate) port: u16,
    /// Where targets say how much they can take (target optimizer).
    pub(crate) control_port: Option<u16>,
    pub(crate) vpc_id: String,
    pub(crate) target_type: TargetType,
    pub(crate) ip_address_type: TargetAddressType,
    pub(crate) health_check: HealthCheck,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) tags: Tags,
    /// The one load balancer whose listeners or rules name it.
    pub(crate) load_balancer_arn: Option<String>,
    pub(crate) attached_at: Option<Timestamp>,
    /// Its load balancer is deleted, and lets go of it at this moment.
    pub(crate) in_use_until: Option<Timestamp>,
    #[serde(serialize_with = "as_list")]
    pub(crate) targets: BTreeMap<TargetKey, Target>,
}

/// How targets are asked whether they are well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct HealthCheck {
    pub(crate) protocol: Protocol,
    /// `traffic-port` or a number.
    pub(crate) port: String,
    pub(crate) enabled: bool,
    pub(crate) path: Option<String>,
    pub(crate) interval_seconds: i64,
    pub(crate) timeout_seconds: i64,
    pub(crate) healthy_threshold: i64,
    pub(crate) unhealthy_threshold: i64,
    pub(crate) matcher: Option<Matcher>,
}

impl HealthCheck {
    /// The port at which a target is asked.
    pub(crate) fn port_of(&self, target: &TargetKey) -> u16 {
        // Whatever is no number is `traffic-port`.
        self.port.parse().unwrap_or(target.port)
    }
}

/// Which codes mean that a target is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Matcher {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) http_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grpc_code: Option<String>,
}

/// What makes a target another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct TargetKey {
    pub(crate) id: String,
    pub(crate) port: u16,
}

/// What is known of a target.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Target {
    pub(crate) zone: Option<String>,
    pub(crate) registered_at: Timestamp,
    /// Deregistered, and gone at this moment.
    pub(crate) draining_until: Option<Timestamp>,
}

/// Targets that count against quotas: those that drain do not.
pub(crate) fn serving(targets: &BTreeMap<TargetKey, Target>) -> usize {
    targets
        .values()
        .filter(|target| target.draining_until.is_none())
        .count()
}

/// As a list, since JSON's keys are text.
pub(crate) fn as_list<S: Serializer>(
    targets: &BTreeMap<TargetKey, Target>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(targets.iter())
}
