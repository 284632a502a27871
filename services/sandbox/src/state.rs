//! Everything that AWS holds of one account in one region.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::clock::later;
use crate::ids::Ids;
use crate::options::Reachability;
use crate::quotas::Quotas;
use crate::resources::certificates::Certificate;
use crate::resources::listeners::Listener;
use crate::resources::load_balancers::LoadBalancer;
use crate::resources::network::Network;
use crate::resources::rules::Rule;
use crate::resources::security_groups::SecurityGroup;
use crate::resources::target_groups::TargetGroup;
use crate::resources::trust_stores::TrustStore;

/// One region. Keys are ARNs, or identifiers where AWS has no ARN in its calls.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct State {
    pub(crate) region: String,
    pub(crate) account: String,
    pub(crate) provisioning: Duration,
    pub(crate) lagging_deletes: Duration,
    pub(crate) reachability: Reachability,
    /// Where logs may be written; anywhere if absent.
    pub(crate) log_buckets: Option<BTreeSet<String>>,
    /// The group of seeded interfaces that name none.
    pub(crate) seed_group: Option<String>,
    pub(crate) quotas: Quotas,
    pub(crate) ids: Ids,
    pub(crate) network: Network,
    pub(crate) security_groups: BTreeMap<String, SecurityGroup>,
    pub(crate) load_balancers: BTreeMap<String, LoadBalancer>,
    pub(crate) listeners: BTreeMap<String, Listener>,
    pub(crate) rules: BTreeMap<String, Rule>,
    pub(crate) target_groups: BTreeMap<String, TargetGroup>,
    /// ARNs of target groups by name.
    pub(crate) target_group_names: BTreeMap<String, String>,
    pub(crate) trust_stores: BTreeMap<String, TrustStore>,
    pub(crate) certificates: BTreeMap<String, Certificate>,
}

impl State {
    /// `now` plus the provisioning time; a time past what can be written is the last moment.
    pub(crate) fn after_provisioning(&self, now: Timestamp) -> Timestamp {
        later(now, self.provisioning)
    }
}
