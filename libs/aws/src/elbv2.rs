//! Elastic Load Balancing v2, as far as load balancers of ours need it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use async_trait::async_trait;
use tributary_model::config::{AuthenticateAction, HealthCheckSettings, MutualAuthentication};
use tributary_model::desired::{DesiredTarget, RuleCondition, RuleTransform};
use tributary_model::elb::{ElbProtocol, IpAddressType};
use tributary_plan::limits::Limits;
use tributary_plan::observed::{
    ObservedListener, ObservedLoadBalancer, ObservedRule, ObservedTargetGroup, TargetState,
};
use tributary_plan::op::{Action, LoadBalancerSpec, SubnetMapping, TargetGroupSpec};
use tributary_plan::tags::Tags;

use crate::error::AwsError;
use crate::secrets::ClientCredentials;

/// The answer to a call.
pub type Answer<T> = Result<T, AwsError>;
/// Resources by ARN or id.
pub type Found<T> = BTreeMap<String, T>;

/// The calls. Describes page through everything; what was asked for by ARN and does not exist is absent from the answer.
///
/// What a describe call does not tell is empty in its answer: attributes, tags, targets, SNI certificates and what hangs
/// below have calls of their own.
#[async_trait]
pub trait Elbv2: Debug + Send + Sync {
    /// `DescribeLoadBalancers`, twenty at a time.
    async fn load_balancers(&self, arns: &BTreeSet<String>) -> Answer<Found<ObservedLoadBalancer>>;
    /// `DescribeLoadBalancerAttributes`.
    async fn load_balancer_attributes(&self, arn: &str) -> Answer<BTreeMap<String, String>>;
    /// `DescribeListeners` of one load balancer, the default certificate included.
    async fn listeners(&self, load_balancer: &str) -> Answer<Found<ObservedListener>>;
    /// `DescribeListenerAttributes`.
    async fn listener_attributes(&self, arn: &str) -> Answer<BTreeMap<String, String>>;
    /// `DescribeListenerCertificates`.
    async fn listener_certificates(&self, arn: &str) -> Answer<ListenerCertificates>;
    /// `DescribeRules`, the default rule left out. Of named ones that are not all there nothing is told.
    async fn rules(&self, of: RulesOf<'_>) -> Answer<Found<ObservedRule>>;
    /// `DescribeTargetGroups`, twenty at a time.
    async fn target_groups(&self, arns: &BTreeSet<String>) -> Answer<Found<ObservedTargetGroup>>;
    /// `DescribeTargetGroupAttributes`.
    async fn target_group_attributes(&self, arn: &str) -> Answer<BTreeMap<String, String>>;
    /// `DescribeTargetHealth`.
    async fn targets(&self, target_group: &str) -> Answer<BTreeMap<DesiredTarget, TargetState>>;
    /// `DescribeTags`, twenty at a time.
    async fn tags(&self, arns: &BTreeSet<String>) -> Answer<Found<Tags>>;
    /// `DescribeAccountLimits`; what AWS does not name keeps the documented default.
    async fn account_limits(&self) -> Answer<Limits>;
    /// `DescribeTrustStores` by name: its ARN.
    async fn trust_store(&self, name: &str) -> Answer<Option<String>>;

    /// `CreateLoadBalancer`.
    async fn create_load_balancer(
        &self,
        spec: &LoadBalancerSpec,
        security_groups: &BTreeSet<String>,
    ) -> Answer<(String, ObservedLoadBalancer)>;
    /// `SetSubnets`.
    async fn set_subnets(&self, load_balancer: &str, subnets: &[SubnetMapping]) -> Answer<()>;
    /// `SetSecurityGroups`.
    async fn set_security_groups(&self, load_balancer: &str, ids: &BTreeSet<String>) -> Answer<()>;
    /// `SetIpAddressType`.
    async fn set_ip_address_type(&self, load_balancer: &str, to: IpAddressType) -> Answer<()>;
    /// `ModifyLoadBalancerAttributes`.
    async fn modify_load_balancer_attributes(
        &self,
        load_balancer: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Answer<()>;
    /// `DeleteLoadBalancer`.
    async fn delete_load_balancer(&self, arn: &str) -> Answer<()>;

    /// `CreateTargetGroup`.
    async fn create_target_group(
        &self,
        spec: &TargetGroupSpec,
    ) -> Answer<(String, ObservedTargetGroup)>;
    /// `ModifyTargetGroup`: the health check afterwards.
    async fn modify_target_group(
        &self,
        arn: &str,
        health_check: &HealthCheckSettings,
    ) -> Answer<HealthCheckSettings>;
    /// `ModifyTargetGroupAttributes`.
    async fn modify_target_group_attributes(
        &self,
        arn: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Answer<()>;
    /// `RegisterTargets`.
    /// Those of `outside` with the zone `all`.
    async fn register_targets(
        &self,
        arn: &str,
        targets: &BTreeSet<DesiredTarget>,
        outside: &BTreeSet<DesiredTarget>,
    ) -> Answer<()>;
    /// `DeregisterTargets`.
    async fn deregister_targets(&self, arn: &str, targets: &BTreeSet<DesiredTarget>) -> Answer<()>;
    /// `DeleteTargetGroup`.
    async fn delete_target_group(&self, arn: &str) -> Answer<()>;

    /// `CreateListener`.
    async fn create_listener(
        &self,
        load_balancer: &str,
        request: &ListenerRequest,
        tags: &Tags,
    ) -> Answer<(String, ObservedListener)>;
    /// `ModifyListener`: the listener afterwards.
    async fn modify_listener(
        &self,
        arn: &str,
        request: &ListenerRequest,
    ) -> Answer<ObservedListener>;
    /// `ModifyListenerAttributes`.
    async fn modify_listener_attributes(
        &self,
        arn: &str,
        attributes: &BTreeMap<String, String>,
    ) -> Answer<()>;
    /// `DeleteListener`.
    async fn delete_listener(&self, arn: &str) -> Answer<()>;
    /// `AddListenerCertificates` with one.
    async fn add_listener_certificate(&self, listener: &str, certificate: &str) -> Answer<()>;
    /// `RemoveListenerCertificates` with one.
    async fn remove_listener_certificate(&self, listener: &str, certificate: &str) -> Answer<()>;

    /// `CreateRule`.
    async fn create_rule(
        &self,
        listener: &str,
        priority: u32,
        request: &RuleRequest,
        tags: &Tags,
    ) -> Answer<(String, ObservedRule)>;
    /// `ModifyRule`: the rule afterwards. No transforms: those that are there go.
    async fn modify_rule(&self, arn: &str, request: &RuleRequest) -> Answer<ObservedRule>;
    /// `SetRulePriorities`.
    async fn set_rule_priorities(&self, priorities: &BTreeMap<String, u32>) -> Answer<()>;
    /// `DeleteRule`.
    async fn delete_rule(&self, arn: &str) -> Answer<()>;

    /// `AddTags`.
    async fn add_tags(&self, arn: &str, tags: &Tags) -> Answer<()>;
    /// `RemoveTags`.
    async fn remove_tags(&self, arn: &str, keys: &BTreeSet<String>) -> Answer<()>;
}

/// Which rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesOf<'a> {
    /// All of one ELB listener.
    Listener(&'a str),
    /// By ARN, of any listeners.
    Named(&'a BTreeSet<String>),
}

/// Certificates of one ELB listener.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenerCertificates {
    /// The one with `IsDefault`.
    pub default: Option<String>,
    /// Those without.
    pub others: BTreeSet<String>,
}

/// An ELB listener as it is asked for, every reference resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerRequest {
    /// `Port`; only used by create.
    pub port: u16,
    /// `Protocol`.
    pub protocol: ElbProtocol,
    /// `DefaultActions`, target groups by ARN.
    pub default_action: Action<String>,
    /// `Certificates`: ARN of the default one.
    pub certificate: Option<String>,
    /// `SslPolicy`.
    pub ssl_policy: Option<String>,
    /// `AlpnPolicy`.
    pub alpn_policy: Option<String>,
    /// `MutualAuthentication`, trust store by ARN.
    pub mutual_authentication: Option<MutualAuthentication>,
}

/// A rule as it is asked for, every reference resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRequest {
    /// Conditions.
    pub conditions: Vec<RuleCondition>,
    /// Authentication before the action.
    pub authenticate: Option<AuthenticateRequest>,
    /// What happens, target groups by ARN.
    pub action: Action<String>,
    /// Transforms.
    pub transforms: Vec<RuleTransform>,
}

/// An authenticating action with what only the Secret knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticateRequest {
    /// The action.
    pub action: AuthenticateAction,
    /// For OIDC.
    pub client: Option<ClientCredentials>,
}
