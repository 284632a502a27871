//! What another controller made for the same cluster and Gateway, and carries no mark of ours.

use std::collections::BTreeSet;

use tributary_aws::{Known, owned};
use tributary_model::elb::LoadBalancerKind;
use tributary_plan::tags::INSTALLATION;

use crate::desired::two_teams;
use crate::world::World;

/// Programmed, and then as if somebody else had: the Gateway's tags, and no mark.
async fn unmarked(world: &World) {
    let desired = two_teams();
    let known = world.programmed(&desired).await;
    let observed = known.observed();
    let elb = world.aws.elbv2.as_ref();
    let keys = BTreeSet::from([INSTALLATION.to_owned()]);
    for (arn, load_balancer) in &observed.load_balancers {
        elb.remove_tags(arn, &keys).await.unwrap();
        for (arn, listener) in &load_balancer.listeners {
            elb.remove_tags(arn, &keys).await.unwrap();
            for arn in listener.rules.keys() {
                elb.remove_tags(arn, &keys).await.unwrap();
            }
        }
    }
    for arn in observed.target_groups.keys() {
        elb.remove_tags(arn, &keys).await.unwrap();
    }
    for (id, group) in &observed.security_groups {
        let mark = group.tags.iter().filter(|(key, _)| *key == INSTALLATION);
        let mark = mark
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        world.aws.ec2.remove_tags(id, &mark).await.unwrap();
    }
}

#[tokio::test]
async fn no_search_finds_it_and_nothing_of_it_is_removed() {
    let world = World::new().await;
    unmarked(&world).await;
    let before = world.ours();
    let found = owned(&world.aws, &world.environment, LoadBalancerKind::Alb)
        .await
        .unwrap();
    assert_eq!(found, BTreeSet::new());
    let gone = two_teams().gone();
    let mut known = Known::new(world.look(&gone).await);
    assert_eq!(world.plan(&gone, &known).to_string(), "");
    world.converge(&gone, &mut known).await;
    assert_eq!(world.ours(), before);
}

#[tokio::test]
async fn a_gateway_that_is_wanted_takes_it_over() {
    let world = World::new().await;
    unmarked(&world).await;
    let before = world.ours();
    world.programmed(&two_teams()).await;
    assert_eq!(world.ours(), before);
    let found = owned(&world.aws, &world.environment, LoadBalancerKind::Alb)
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
}
