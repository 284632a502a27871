//! Everything that AWS holds of one account in one region.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::acm::Certificate;
use crate::ec2::network::Network;
use crate::ec2::security_groups::SecurityGroup;
use crate::elbv2::listeners::Listener;
use crate::elbv2::load_balancers::LoadBalancer;
use crate::elbv2::rules::Rule;
use crate::elbv2::target_groups::TargetGroup;
use crate::elbv2::trust_stores::TrustStore;
use crate::ids::Ids;
use crate::options::{Options, Reachability};
use crate::quotas::Quotas;

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
    /// The world before the first request.
    pub(crate) fn seeded(region: &str, options: &Options, quotas: Quotas, now: Timestamp) -> Self {
        let mut ids = Ids::new(region);
        let network = Network::seeded(region, &options.seed, &mut ids);
        let mut state = Self {
            region: region.to_owned(),
            account: options.account.clone(),
            provisioning: options.provisioning,
            lagging_deletes: options.lagging_deletes,
            reachability: options.reachability,
            log_buckets: options.seed.log_buckets.clone(),
            seed_group: None,
            quotas,
            ids,
            network,
            security_groups: BTreeMap::new(),
            load_balancers: BTreeMap::new(),
            listeners: BTreeMap::new(),
            rules: BTreeMap::new(),
            target_groups: BTreeMap::new(),
            target_group_names: BTreeMap::new(),
            trust_stores: BTreeMap::new(),
            certificates: BTreeMap::new(),
        };
        crate::ec2::security_groups::seed(&mut state);
        crate::ec2::prefix_lists::seed(&mut state);
        crate::ec2::seeding::seed(&mut state, &options.seed, now);
        crate::elbv2::trust_stores::seed(&mut state, &options.seed.trust_stores);
        crate::acm::seed(&mut state, &options.seed.issued_certificates, now);
        state
    }

    /// `now` plus the provisioning time; a time past what can be written is the last moment.
    pub(crate) fn after_provisioning(&self, now: Timestamp) -> Timestamp {
        later(now, self.provisioning)
    }
}

/// A moment later, at most the last that can be written.
pub(crate) fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}
