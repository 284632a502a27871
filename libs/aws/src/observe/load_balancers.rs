//! A load balancer with everything below it.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{join_all, try_join_all};
use tributary_model::elb::ElbProtocol;
use tributary_plan::observed::{ObservedListener, ObservedLoadBalancer};
use tributary_plan::tags::{Ownership, Tags};

use super::{Gaps, has_asked};
use crate::Aws;
use crate::elbv2::{Answer, Found, ListenerCertificates, RulesOf};

pub(super) async fn read(
    aws: &Aws,
    ownership: Ownership<'_>,
    arns: BTreeSet<String>,
    gaps: &Gaps,
) -> Found<ObservedLoadBalancer> {
    if arns.is_empty() {
        return BTreeMap::new();
    }
    let found = aws.elbv2.load_balancers(&arns).await;
    let found = gaps.note("load balancers", found).unwrap_or_default();
    let read: Vec<_> = found
        .into_iter()
        .map(|(arn, load_balancer)| read_one(aws, arn, load_balancer, gaps))
        .collect();
    let mut found: Found<ObservedLoadBalancer> =
        join_all(read).await.into_iter().flatten().collect();
    found.retain(|_, load_balancer| ownership.owns(&load_balancer.tags));
    found
}

async fn read_one(
    aws: &Aws,
    arn: String,
    load_balancer: ObservedLoadBalancer,
    gaps: &Gaps,
) -> Option<(String, ObservedLoadBalancer)> {
    let whole = read_whole(aws, &arn, load_balancer).await;
    let load_balancer = gaps.note(&arn, whole)?;
    Some((arn, load_balancer))
}

async fn read_whole(
    aws: &Aws,
    arn: &str,
    mut load_balancer: ObservedLoadBalancer,
) -> Answer<ObservedLoadBalancer> {
    let (attributes, listeners) = tokio::try_join!(
        aws.elbv2.load_balancer_attributes(arn),
        read_listeners(aws, arn)
    )?;
    load_balancer.attributes = attributes;
    load_balancer.listeners = listeners;
    let mut tags = aws.elbv2.tags(&every_arn(arn, &load_balancer)).await?;
    let mut take = |arn: &str| -> Tags { tags.remove(arn).unwrap_or_default() };
    load_balancer.tags = take(arn);
    for (arn, listener) in &mut load_balancer.listeners {
        listener.tags = take(arn);
        for (arn, rule) in &mut listener.rules {
            rule.tags = take(arn);
        }
    }
    let asked: Vec<_> = load_balancer
        .listeners
        .iter_mut()
        .filter(|(_, listener)| has_asked(&listener.tags))
        .map(|(arn, listener)| read_attributes(aws, arn, listener))
        .collect();
    try_join_all(asked).await?;
    Ok(load_balancer)
}

fn every_arn(arn: &str, load_balancer: &ObservedLoadBalancer) -> BTreeSet<String> {
    let below = load_balancer.listeners.iter().flat_map(|(arn, listener)| {
        let rules = listener.rules.keys().cloned();
        rules.chain([arn.clone()])
    });
    below.chain([arn.to_owned()]).collect()
}

async fn read_attributes(aws: &Aws, arn: &str, listener: &mut ObservedListener) -> Answer<()> {
    listener.attributes = aws.elbv2.listener_attributes(arn).await?;
    Ok(())
}

async fn read_listeners(aws: &Aws, load_balancer: &str) -> Answer<Found<ObservedListener>> {
    let found = aws.elbv2.listeners(load_balancer).await?;
    let read: Vec<_> = found
        .into_iter()
        .map(|(arn, listener)| read_listener(aws, arn, listener))
        .collect();
    Ok(try_join_all(read).await?.into_iter().collect())
}

async fn read_listener(
    aws: &Aws,
    arn: String,
    mut listener: ObservedListener,
) -> Answer<(String, ObservedListener)> {
    let (has_rules, has_certificates) = match listener.protocol {
        Some(ElbProtocol::Http) => (true, false),
        Some(ElbProtocol::Https) => (true, true),
        Some(ElbProtocol::Tls) => (false, true),
        Some(ElbProtocol::Tcp | ElbProtocol::Udp | ElbProtocol::TcpUdp) | None => (false, false),
    };
    let rules = async {
        if !has_rules {
            return Ok(BTreeMap::new());
        }
        aws.elbv2.rules(RulesOf::Listener(&arn)).await
    };
    let certificates = async {
        if !has_certificates {
            return Ok(ListenerCertificates::default());
        }
        aws.elbv2.listener_certificates(&arn).await
    };
    let (rules, certificates) = tokio::try_join!(rules, certificates)?;
    listener.rules = rules;
    listener.default_certificate = certificates.default;
    listener.certificates = certificates.others;
    Ok((arn, listener))
}
