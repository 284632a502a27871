//! What a region holds before the first request.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::ids::Ids;
use crate::options::Options;
use crate::quotas::Quotas;
use crate::resources::network::Network;
use crate::state::State;
use crate::{acm, ec2, elbv2};

/// The world before the first request.
pub(crate) fn region(region: &str, options: &Options, quotas: Quotas, now: Timestamp) -> State {
    let mut ids = Ids::new(region);
    let network = Network::seeded(region, &options.seed, &mut ids);
    let mut state = State {
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
    ec2::security_groups::seed(&mut state);
    ec2::prefix_lists::seed(&mut state);
    ec2::seeding::seed(&mut state, &options.seed, now);
    elbv2::trust_stores::seed(&mut state, &options.seed.trust_stores);
    acm::issue::seed(&mut state, &options.seed.issued_certificates, now);
    state
}
