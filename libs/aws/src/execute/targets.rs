//! Steps on the targets of a target group.

use std::collections::BTreeSet;

use ipnet::IpNet;
use tributary_model::desired::{DesiredTarget, TargetId};
use tributary_plan::effect::Effect;

use crate::Aws;
use crate::elbv2::{Answer, Elbv2, Found};

/// The addresses that no block of the VPC holds: AWS wants to hear that they are in no zone of it
/// (`TargetDescription.AvailabilityZone`). Of a VPC that AWS does not show nothing is said.
pub(super) async fn outside(
    aws: &Aws,
    vpc: &str,
    targets: &BTreeSet<DesiredTarget>,
) -> Answer<BTreeSet<DesiredTarget>> {
    let outside =
        |blocks: &Found<Vec<IpNet>>| blocks.get(vpc).map(|blocks| outside_of(blocks, targets));
    let known = aws.index.known_vpc_blocks().await;
    if let Some(none) = known
        .and_then(|blocks| outside(&blocks))
        .filter(BTreeSet::is_empty)
    {
        return Ok(none);
    }
    let blocks = aws.index.vpc_blocks(aws).await?;
    Ok(outside(&blocks).unwrap_or_default())
}

fn outside_of(blocks: &[IpNet], targets: &BTreeSet<DesiredTarget>) -> BTreeSet<DesiredTarget> {
    let is_outside = |target: &&DesiredTarget| match &target.id {
        TargetId::Ip(address) => !blocks.iter().any(|block| block.contains(address)),
        TargetId::Instance(_) => false,
    };
    targets.iter().filter(is_outside).cloned().collect()
}

pub(super) async fn register(
    elbv2: &dyn Elbv2,
    arn: String,
    targets: &BTreeSet<DesiredTarget>,
    outside: &BTreeSet<DesiredTarget>,
) -> Answer<Effect> {
    elbv2.register_targets(&arn, targets, outside).await?;
    Ok(Effect::RegisteredTargets(arn, targets.clone()))
}

pub(super) async fn deregister(
    elbv2: &dyn Elbv2,
    arn: &str,
    targets: &BTreeSet<DesiredTarget>,
) -> Answer<Effect> {
    elbv2.deregister_targets(arn, targets).await?;
    Ok(Effect::DeregisteredTargets(arn.to_owned(), targets.clone()))
}
