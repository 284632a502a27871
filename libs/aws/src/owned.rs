//! Every Gateway that has something in the account: what was deleted while nothing ran is found this way.

use std::collections::BTreeSet;

use tributary_model::desired::LoadBalancerKey;
use tributary_model::elb::LoadBalancerKind;
use tributary_plan::tags::{CLUSTER, INSTALLATION, Tags, owner, stack_key, tag_value};

use crate::Aws;
use crate::elbv2::Answer;
use crate::observe::Environment;
use crate::tagging::{ResourceType, TagFilter};

/// The load balancers of a kind that anything belongs to which this installation made or took over: whole ones and what is
/// left of them. What carries the cluster's tag alone is another controller's.
///
/// The tagging API lags behind: a Gateway whose last thing was deleted a minute ago may still be named (looking at it finds
/// nothing to do).
pub async fn owned(
    aws: &Aws,
    environment: &Environment,
    kind: LoadBalancerKind,
) -> Answer<BTreeSet<LoadBalancerKey>> {
    let filter = TagFilter {
        tags: Tags::from_iter([
            (CLUSTER.to_owned(), tag_value(&environment.cluster)),
            (
                INSTALLATION.to_owned(),
                tag_value(&environment.installation),
            ),
        ]),
        keys: BTreeSet::from([stack_key(kind)]),
        types: BTreeSet::from(ResourceType::ALL),
    };
    let found = aws.tagging.resources(&filter).await?;
    Ok(found
        .values()
        .filter_map(|tags| owner(&environment.cluster, &environment.installation, tags))
        .filter(|key| key.kind == kind)
        .collect())
}
