//! Describes of many: pages, parts of twenty, and resources that are gone.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use futures::future::try_join_all;
use tributary_plan::limits::{Limits, LoadBalancerLimits};
use tributary_plan::observed::{
    ObservedListener, ObservedLoadBalancer, ObservedRule, ObservedTargetGroup,
};
use tributary_plan::tags::Tags;

use super::super::{parts, required};
use super::{SdkElbv2, read, send};
use crate::elbv2::{Answer, Found, ListenerCertificates, RulesOf};
use crate::operation::Operation;

/// AWS: resources named in one `DescribeTags`, load balancers or target groups in one describe.
const NAMED_AT_ONCE: usize = 20;

impl SdkElbv2 {
    pub(super) async fn describe_load_balancers(
        &self,
        arns: &BTreeSet<String>,
    ) -> Answer<Found<ObservedLoadBalancer>> {
        let operation = Operation::DescribeLoadBalancers;
        present(arns, |part| async move {
            let request = self.client.describe_load_balancers();
            let request = request.set_load_balancer_arns(Some(part));
            let answer = send!(self, operation, request)?;
            answer
                .load_balancers
                .into_iter()
                .flatten()
                .filter_map(|found| read::load_balancer(operation, found).transpose())
                .collect()
        })
        .await
    }

    pub(super) async fn describe_target_groups(
        &self,
        arns: &BTreeSet<String>,
    ) -> Answer<Found<ObservedTargetGroup>> {
        let operation = Operation::DescribeTargetGroups;
        present(arns, |part| async move {
            let request = self.client.describe_target_groups();
            let request = request.set_target_group_arns(Some(part));
            let answer = send!(self, operation, request)?;
            answer
                .target_groups
                .into_iter()
                .flatten()
                .filter_map(|found| read::target_group(operation, found).transpose())
                .collect()
        })
        .await
    }

    pub(super) async fn describe_tags(&self, arns: &BTreeSet<String>) -> Answer<Found<Tags>> {
        let operation = Operation::DescribeTags;
        present(arns, |part| async move {
            let request = self.client.describe_tags();
            let request = request.set_resource_arns(Some(part));
            let answer = send!(self, operation, request)?;
            answer
                .tag_descriptions
                .into_iter()
                .flatten()
                .map(|description| {
                    let arn = required(operation, "ResourceArn", description.resource_arn)?;
                    let tags = description.tags.into_iter().flatten();
                    let tags = tags
                        .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
                        .collect();
                    Ok((arn, tags))
                })
                .collect()
        })
        .await
    }

    pub(super) async fn describe_listeners(
        &self,
        load_balancer: &str,
    ) -> Answer<Found<ObservedListener>> {
        let operation = Operation::DescribeListeners;
        paged(|marker| async move {
            let request = self
                .client
                .describe_listeners()
                .load_balancer_arn(load_balancer)
                .set_marker(marker);
            let answer = send!(self, operation, request)?;
            let page: Answer<Vec<_>> = answer
                .listeners
                .into_iter()
                .flatten()
                .map(|found| read::listener(operation, found))
                .collect();
            Ok((page?, answer.next_marker))
        })
        .await
    }

    pub(super) async fn describe_rules(&self, of: RulesOf<'_>) -> Answer<Found<ObservedRule>> {
        let operation = Operation::DescribeRules;
        paged(|marker| async move {
            let request = self.client.describe_rules().set_marker(marker);
            let request = match of {
                RulesOf::Listener(listener) => request.listener_arn(listener),
                RulesOf::Named(rules) => {
                    request.set_rule_arns(Some(rules.iter().cloned().collect()))
                }
            };
            let answer = send!(self, operation, request)?;
            let page: Answer<Vec<_>> = answer
                .rules
                .into_iter()
                .flatten()
                .filter_map(|found| read::rule(operation, found).transpose())
                .collect();
            Ok((page?, answer.next_marker))
        })
        .await
    }

    pub(super) async fn describe_listener_certificates(
        &self,
        listener: &str,
    ) -> Answer<ListenerCertificates> {
        let operation = Operation::DescribeListenerCertificates;
        // The default certificate may be listed twice, so the key has both.
        let all: BTreeSet<(String, bool)> = paged(|marker| async move {
            let request = self
                .client
                .describe_listener_certificates()
                .listener_arn(listener)
                .set_marker(marker);
            let answer = send!(self, operation, request)?;
            let certificates = answer.certificates.into_iter().flatten();
            let page = certificates
                .filter_map(|it| Some((it.certificate_arn?, it.is_default == Some(true))))
                .collect();
            Ok((page, answer.next_marker))
        })
        .await?;
        let mut certificates = ListenerCertificates::default();
        for (arn, is_default) in all {
            if is_default {
                certificates.default = Some(arn);
            } else {
                certificates.others.insert(arn);
            }
        }
        Ok(certificates)
    }

    pub(super) async fn describe_account_limits(&self) -> Answer<Limits> {
        let operation = Operation::DescribeAccountLimits;
        let told: BTreeMap<String, u32> = paged(|marker| async move {
            let request = self.client.describe_account_limits().set_marker(marker);
            let answer = send!(self, operation, request)?;
            let limits = answer.limits.into_iter().flatten();
            let page = limits
                .filter_map(|limit| Some((limit.name?, limit.max?.parse().ok()?)))
                .collect();
            Ok((page, answer.next_marker))
        })
        .await?;
        let mut limits = Limits::default();
        apply(&told, "application", &mut limits.alb);
        apply(&told, "network", &mut limits.nlb.0);
        Ok(limits)
    }
}

fn apply(told: &BTreeMap<String, u32>, kind: &str, limits: &mut LoadBalancerLimits) {
    let LoadBalancerLimits {
        listeners,
        rules,
        certificates,
        target_groups,
        targets,
    } = limits;
    for (what, limit) in [
        ("listeners", listeners),
        ("rules", rules),
        ("certificates", certificates),
        ("target-groups", target_groups),
        ("targets", targets),
    ] {
        if let Some(max) = told.get(&format!("{what}-per-{kind}-load-balancer")) {
            *limit = *max;
        }
    }
}

/// Everything on all pages.
async fn paged<I, C, F>(page: impl Fn(Option<String>) -> F) -> Answer<C>
where
    C: Default + Extend<I>,
    F: Future<Output = Answer<(Vec<I>, Option<String>)>>,
{
    let mut found = C::default();
    let mut marker = None;
    loop {
        let (items, next) = page(marker).await?;
        found.extend(items);
        marker = next.filter(|next| !next.is_empty());
        if marker.is_none() {
            return Ok(found);
        }
    }
}

/// What exists of the named. AWS refuses the whole call when one of them does not, and the tagging API still names what
/// was deleted a while ago; so a part with a stranger in it is asked for one by one.
async fn present<T, F>(
    arns: &BTreeSet<String>,
    describe: impl Fn(Vec<String>) -> F,
) -> Answer<Found<T>>
where
    F: Future<Output = Answer<Vec<(String, T)>>>,
{
    let describe = &describe;
    let all = parts(arns, NAMED_AT_ONCE)
        .into_iter()
        .map(|part| present_part(part, describe));
    let all: Vec<_> = all.collect();
    Ok(try_join_all(all).await?.into_iter().flatten().collect())
}

async fn present_part<T, F>(
    part: Vec<String>,
    describe: &impl Fn(Vec<String>) -> F,
) -> Answer<Vec<(String, T)>>
where
    F: Future<Output = Answer<Vec<(String, T)>>>,
{
    match describe(part.clone()).await {
        Err(error) if error.is_not_found() && part.len() > 1 => {}
        Err(error) if error.is_not_found() => return Ok(Vec::new()),
        answer => return answer,
    }
    let mut found = Vec::new();
    for arn in part {
        match describe(vec![arn]).await {
            Ok(some) => found.extend(some),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}
