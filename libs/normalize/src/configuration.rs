//! The three kinds of `gateway.k8s.aws` into the model.

mod listener_rule;
mod load_balancer;
mod target_group;

pub(crate) use listener_rule::listener_rule_configuration;
pub(crate) use load_balancer::load_balancer_configuration;
pub(crate) use target_group::target_group_configuration;

use std::collections::BTreeMap;

use crate::crds::Attribute;
use crate::fault::Path;
use crate::lenient::LeftOut;

const SPEC: Path<'static> = Path::root("spec");

/// A list of key and value as a map; AWS takes each key once.
fn attributes(
    at: &Path<'_>,
    attributes: Option<Vec<Attribute>>,
    left_out: &mut LeftOut,
) -> BTreeMap<String, String> {
    let mut map = BTreeMap::new();
    for (index, Attribute { key, value }) in left_out.placed(at, attributes.unwrap_or_default()) {
        if map.contains_key(&key) {
            let at = at.index(index);
            left_out.add(
                at.field("key")
                    .fault("an earlier attribute has the same key"),
            );
            continue;
        }
        map.insert(key, value);
    }
    map
}
