//! ELBv2 over the SDK.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{
    Certificate, ListenerAttribute, LoadBalancerAttribute, RulePriorityPair, TargetGroupAttribute,
};
use tributary_model::config::HealthCheckSettings;
use tributary_model::desired::DesiredTarget;
use tributary_model::elb::IpAddressType;
use tributary_plan::limits::Limits;
use tributary_plan::observed::{
    ObservedListener, ObservedLoadBalancer, ObservedRule, ObservedTargetGroup, TargetState,
};
use tributary_plan::op::{LoadBalancerSpec, SubnetMapping, TargetGroupSpec};
use tributary_plan::tags::Tags;

use super::required;
use crate::call::Caller;
use crate::elbv2::{Answer, Elbv2, Found, ListenerCertificates, ListenerRequest, RuleRequest};
use crate::operation::Operation;

mod actions;
mod describe;
mod numbers;
mod read;
mod rules;
mod write;

/// Elastic Load Balancing v2.
#[derive(Clone, Debug)]
pub(crate) struct SdkElbv2 {
    pub(crate) client: Client,
    pub(crate) caller: Caller,
}

/// `ModifyLoadBalancerAttributes` takes 20 items; the calls for target groups and listeners name no limit.
const ATTRIBUTES_A_CALL: usize = 20;

/// One request of a fluent builder, built once and sent as often as needed.
macro_rules! send {
    ($self:ident, $operation:expr, $request:expr) => {{
        let request = $request;
        $self
            .caller
            .call($operation, || request.clone().send())
            .await
    }};
}
use send;

#[async_trait]
impl Elbv2 for SdkElbv2 {
    async fn load_balancers(&self, arns: &BTreeSet<String>) -> Answer<Found<ObservedLoadBalancer>> {
        self.describe_load_balancers(arns).await
    }

    async fn load_balancer_attributes(&self, arn: &str) -> Answer<BTreeMap<String, String>> {
        let request = self.client.describe_load_balancer_attributes();
        let answer = send!(
            self,
            Operation::DescribeLoadBalancerAttributes,
            request.load_balancer_arn(arn)
        )?;
        Ok(answer
            .attributes
            .into_iter()
            .flatten()
            .filter_map(|attribute| Some((attribute.key?, attribute.value.unwrap_or_default())))
            .collect())
    }

    async fn listeners(&self, load_balancer: &str) -> Answer<Found<ObservedListener>> {
        self.describe_listeners(load_balancer).await
    }

    async fn listener_attributes(&self, arn: &str) -> Answer<BTreeMap<String, String>> {
        let request = self.client.describe_listener_attributes();
        let answer = send!(
            self,
            Operation::DescribeListenerAttributes,
            request.listener_arn(arn)
        )?;
        Ok(answer
            .attributes
            .into_iter()
            .flatten()
            .filter_map(|attribute| Some((attribute.key?, attribute.value.unwrap_or_default())))
            .collect())
    }

    async fn listener_certificates(&self, arn: &str) -> Answer<ListenerCertificates> {
        self.describe_listener_certificates(arn).await
    }

    async fn rules(&self, of: crate::elbv2::RulesOf<'_>) -> Answer<Found<ObservedRule>> {
        self.describe_rules(of).await
    }

    async fn target_groups(&self, arns: &BTreeSet<String>) -> Answer<Found<ObservedTargetGroup>> {
        self.describe_target_groups(arns).await
    }

    async fn target_group_attributes(&self, arn: &str) -> Answer<BTreeMap<String, String>> {
        let request = self.client.describe_target_group_attributes();
        let answer = send!(
            self,
            Operation::DescribeTargetGroupAttributes,
            request.target_group_arn(arn)
        )?;
        Ok(answer
            .attributes
            .into_iter()
            .flatten()
            .filter_map(|attribute| Some((attribute.key?, attribute.value.unwrap_or_default())))
            .collect())
    }

    async fn targets(&self, target_group: &str) -> Answer<BTreeMap<DesiredTarget, TargetState>> {
        let operation = Operation::DescribeTargetHealth;
        let request = self.client.describe_target_health();
        let answer = send!(self, operation, request.target_group_arn(target_group))?;
        answer
            .target_health_descriptions
            .into_iter()
            .flatten()
            .map(|description| read::target(operation, description))
            .collect()
    }

    async fn tags(&self, arns: &BTreeSet<String>) -> Answer<Found<Tags>> {
        self.describe_tags(arns).await
    }

    async fn account_limits(&self) -> Answer<Limits> {
        self.describe_account_limits().await
    }

    async fn trust_store(&self, name: &str) -> Answer<Option<String>> {
        let request = self.client.describe_trust_stores().names(name);
        match send!(self, Operation::DescribeTrustStores, request) {
            Ok(answer) => Ok(answer
                .trust_stores
                .into_iter()
                .flatten()
                .find_map(|store| store.trust_store_arn)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn create_load_balancer(
        &self,
        spec: &LoadBalancerSpec,
        security_groups: &BTreeSet<String>,
    ) -> Answer<(String, ObservedLoadBalancer)> {
        let operation = Operation::CreateLoadBalancer;
        let request = write::load_balancer(&self.client, spec, security_groups);
        let answer = send!(self, operation, request)?;
        let created = answer.load_balancers;
        read::first(operation, "LoadBalancers", created, read::load_balancer)
    }

    async fn set_subnets(&self, load_balancer: &str, subnets: &[SubnetMapping]) -> Answer<()> {
        let request = write::set_subnets(&self.client, load_balancer, subnets);
        send!(self, Operation::SetSubnets, request)?;
        Ok(())
    }

    async fn set_security_groups(&self, load_balancer: &str, ids: &BTreeSet<String>) -> Answer<()> {
        let request = self
            .client
            .set_security_groups()
            .load_balancer_arn(load_balancer)
            .set_security_groups(Some(ids.iter().cloned().collect()));
        send!(self, Operation::SetSecurityGroups, request)?;
        Ok(())
    }

    async fn set_ip_address_type(&self, load_balancer: &str, to: IpAddressType) -> Answer<()> {
        let request = self
            .client
            .set_ip_address_type()
            .load_balancer_arn(load_balancer)
            .ip_address_type(write::ip_address_type(to));
        send!(self, Operation::SetIpAddressType, request)?;
        Ok(())
    }

    async fn modify_load_balancer_attributes(
        &self,
        load_balancer: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Answer<()> {
        let attribute = |(key, value)| {
            LoadBalancerAttribute::builder()
                .key(key)
                .value(value)
                .build()
        };
        let attributes: Vec<LoadBalancerAttribute> = attributes.iter().map(attribute).collect();
        for batch in attributes.chunks(ATTRIBUTES_A_CALL) {
            let request = self
                .client
                .modify_load_balancer_attributes()
                .load_balancer_arn(load_balancer)
                .set_attributes(Some(batch.to_vec()));
            send!(self, Operation::ModifyLoadBalancerAttributes, request)?;
        }
        Ok(())
    }

    async fn delete_load_balancer(&self, arn: &str) -> Answer<()> {
        let request = self.client.delete_load_balancer().load_balancer_arn(arn);
        send!(self, Operation::DeleteLoadBalancer, request)?;
        Ok(())
    }

    async fn create_target_group(
        &self,
        spec: &TargetGroupSpec,
    ) -> Answer<(String, ObservedTargetGroup)> {
        let operation = Operation::CreateTargetGroup;
        let request = write::target_group(&self.client, spec);
        let answer = send!(self, operation, request)?;
        let created = answer.target_groups;
        read::first(operation, "TargetGroups", created, read::target_group)
    }

    async fn modify_target_group(
        &self,
        arn: &str,
        health_check: &HealthCheckSettings,
    ) -> Answer<HealthCheckSettings> {
        let operation = Operation::ModifyTargetGroup;
        let request = write::health_check(&self.client, arn, health_check);
        let answer = send!(self, operation, request)?;
        let modified = answer.target_groups;
        let (_, modified) = read::first(operation, "TargetGroups", modified, read::target_group)?;
        Ok(modified.health_check)
    }

    async fn modify_target_group_attributes(
        &self,
        arn: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Answer<()> {
        let attribute = |(key, value)| {
            TargetGroupAttribute::builder()
                .key(key)
                .value(value)
                .build()
        };
        let attributes = attributes.iter().map(attribute).collect();
        let request = self
            .client
            .modify_target_group_attributes()
            .target_group_arn(arn)
            .set_attributes(Some(attributes));
        send!(self, Operation::ModifyTargetGroupAttributes, request)?;
        Ok(())
    }

    async fn register_targets(
        &self,
        arn: &str,
        added: &BTreeSet<DesiredTarget>,
        outside: &BTreeSet<DesiredTarget>,
    ) -> Answer<()> {
        let descriptions = added.iter().map(|target| {
            if outside.contains(target) {
                write::target_outside(target)
            } else {
                write::target(target)
            }
        });
        let request = self
            .client
            .register_targets()
            .target_group_arn(arn)
            .set_targets(Some(descriptions.collect()));
        send!(self, Operation::RegisterTargets, request)?;
        Ok(())
    }

    async fn deregister_targets(&self, arn: &str, removed: &BTreeSet<DesiredTarget>) -> Answer<()> {
        let request = self
            .client
            .deregister_targets()
            .target_group_arn(arn)
            .set_targets(Some(removed.iter().map(write::target).collect()));
        send!(self, Operation::DeregisterTargets, request)?;
        Ok(())
    }

    async fn delete_target_group(&self, arn: &str) -> Answer<()> {
        let request = self.client.delete_target_group().target_group_arn(arn);
        send!(self, Operation::DeleteTargetGroup, request)?;
        Ok(())
    }

    async fn create_listener(
        &self,
        load_balancer: &str,
        request: &ListenerRequest,
        tags: &Tags,
    ) -> Answer<(String, ObservedListener)> {
        let operation = Operation::CreateListener;
        let request = write::create_listener(&self.client, load_balancer, request, tags);
        let answer = send!(self, operation, request)?;
        let created = answer.listeners.into_iter().flatten().next();
        read::listener(operation, required(operation, "Listeners", created)?)
    }

    async fn modify_listener(
        &self,
        arn: &str,
        request: &ListenerRequest,
    ) -> Answer<ObservedListener> {
        let operation = Operation::ModifyListener;
        let request = write::modify_listener(&self.client, arn, request);
        let answer = send!(self, operation, request)?;
        let modified = answer.listeners.into_iter().flatten().next();
        let modified = required(operation, "Listeners", modified)?;
        Ok(read::listener(operation, modified)?.1)
    }

    async fn modify_listener_attributes(
        &self,
        arn: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Answer<()> {
        let attributes = attributes
            .iter()
            .map(|(key, value)| ListenerAttribute::builder().key(key).value(value).build())
            .collect();
        let request = self
            .client
            .modify_listener_attributes()
            .listener_arn(arn)
            .set_attributes(Some(attributes));
        send!(self, Operation::ModifyListenerAttributes, request)?;
        Ok(())
    }

    async fn delete_listener(&self, arn: &str) -> Answer<()> {
        let request = self.client.delete_listener().listener_arn(arn);
        send!(self, Operation::DeleteListener, request)?;
        Ok(())
    }

    async fn add_listener_certificate(&self, listener: &str, certificate: &str) -> Answer<()> {
        let certificate = Certificate::builder().certificate_arn(certificate).build();
        let request = self.client.add_listener_certificates();
        let request = request.listener_arn(listener).certificates(certificate);
        send!(self, Operation::AddListenerCertificates, request)?;
        Ok(())
    }

    async fn remove_listener_certificate(&self, listener: &str, certificate: &str) -> Answer<()> {
        let certificate = Certificate::builder().certificate_arn(certificate).build();
        let request = self.client.remove_listener_certificates();
        let request = request.listener_arn(listener).certificates(certificate);
        send!(self, Operation::RemoveListenerCertificates, request)?;
        Ok(())
    }

    async fn create_rule(
        &self,
        listener: &str,
        priority: u32,
        request: &RuleRequest,
        tags: &Tags,
    ) -> Answer<(String, ObservedRule)> {
        let operation = Operation::CreateRule;
        let request = write::create_rule(&self.client, listener, priority, request, tags);
        let answer = send!(self, operation, request)?;
        let created = answer.rules.into_iter().flatten().next();
        let created = required(operation, "Rules", created)?;
        required(operation, "Priority", read::rule(operation, created)?)
    }

    async fn modify_rule(&self, arn: &str, request: &RuleRequest) -> Answer<ObservedRule> {
        let operation = Operation::ModifyRule;
        let request = write::modify_rule(&self.client, arn, request);
        let answer = send!(self, operation, request)?;
        let modified = answer.rules.into_iter().flatten().next();
        let modified = required(operation, "Rules", modified)?;
        Ok(required(operation, "Priority", read::rule(operation, modified)?)?.1)
    }

    async fn set_rule_priorities(&self, priorities: &BTreeMap<String, u32>) -> Answer<()> {
        let pairs = priorities
            .iter()
            .map(|(rule, priority)| {
                RulePriorityPair::builder()
                    .rule_arn(rule)
                    .priority(numbers::number(*priority))
                    .build()
            })
            .collect();
        let request = self
            .client
            .set_rule_priorities()
            .set_rule_priorities(Some(pairs));
        send!(self, Operation::SetRulePriorities, request)?;
        Ok(())
    }

    async fn delete_rule(&self, arn: &str) -> Answer<()> {
        let request = self.client.delete_rule().rule_arn(arn);
        send!(self, Operation::DeleteRule, request)?;
        Ok(())
    }

    async fn add_tags(&self, arn: &str, tags: &Tags) -> Answer<()> {
        let request = self.client.add_tags().resource_arns(arn);
        let request = request.set_tags(Some(write::tags(tags)));
        send!(self, Operation::AddTags, request)?;
        Ok(())
    }

    async fn remove_tags(&self, arn: &str, keys: &BTreeSet<String>) -> Answer<()> {
        let request = self.client.remove_tags().resource_arns(arn);
        let request = request.set_tag_keys(Some(keys.iter().cloned().collect()));
        send!(self, Operation::RemoveTags, request)?;
        Ok(())
    }
}
