use std::collections::{BTreeMap, BTreeSet};

use tributary_model::ObjectKey;
use tributary_model::config::LoadBalancerSettings;
use tributary_model::desired::{LoadBalancerKey, OrdMap};
use tributary_model::elb::LoadBalancerKind;

use super::*;

#[test]
fn what_was_packed_is_what_was_wanted() {
    let desired = Arc::new(DesiredLoadBalancer {
        key: LoadBalancerKey {
            kind: LoadBalancerKind::Alb,
            gateway: ObjectKey::new("infra", "web"),
        },
        settings: LoadBalancerSettings::default(),
        listeners: BTreeMap::new(),
        target_groups: OrdMap::new_sync(),
        unread: BTreeSet::new(),
    });
    let wanted = Wanted::new(Arc::clone(&desired));
    for _ in 0..2 {
        assert_eq!(wanted.whole(), Ok(Arc::clone(&desired)));
        wanted.pack();
    }
    // Nobody else holds it: that is what packing is for.
    assert_eq!(Arc::strong_count(&desired), 1);
}
