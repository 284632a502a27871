//! Steps on load balancers, listeners, rules and target groups.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::config::{HealthCheckSettings, MutualAuthentication};
use tributary_model::elb::IpAddressType;
use tributary_plan::effect::Effect;
use tributary_plan::op::{
    Authentication, ListenerSpec, LoadBalancerSpec, RuleSpec, SubnetMapping, TargetGroupSpec,
};
use tributary_plan::tags::Tags;

use super::Created;
use crate::elbv2::{Answer, AuthenticateRequest, Elbv2, ListenerRequest, RuleRequest};
use crate::error::{AwsError, Class};
use crate::operation::Operation;
use crate::secrets::SecretSource;

pub(super) async fn create_target_group(
    elbv2: &dyn Elbv2,
    spec: &TargetGroupSpec,
) -> Answer<Effect> {
    let (arn, mut group) = elbv2.create_target_group(spec).await?;
    group.tags = spec.tags.clone();
    Ok(Effect::CreatedTargetGroup(arn, Box::new(group)))
}

pub(super) async fn modify_target_group(
    elbv2: &dyn Elbv2,
    arn: &str,
    health_check: &HealthCheckSettings,
) -> Answer<Effect> {
    let health_check = elbv2.modify_target_group(arn, health_check).await?;
    Ok(Effect::HealthCheck(arn.to_owned(), Box::new(health_check)))
}

pub(super) async fn target_group_attributes(
    elbv2: &dyn Elbv2,
    arn: String,
    attributes: &BTreeMap<String, String>,
) -> Answer<Effect> {
    elbv2
        .modify_target_group_attributes(&arn, attributes)
        .await?;
    Ok(Effect::TargetGroupAttributes(arn, attributes.clone()))
}

pub(super) async fn create_load_balancer(
    elbv2: &dyn Elbv2,
    spec: &LoadBalancerSpec,
    security_groups: BTreeSet<String>,
) -> Answer<Effect> {
    let (arn, mut load_balancer) = elbv2.create_load_balancer(spec, &security_groups).await?;
    load_balancer.tags = spec.tags.clone();
    Ok(Effect::CreatedLoadBalancer(arn, Box::new(load_balancer)))
}

pub(super) async fn set_subnets(
    elbv2: &dyn Elbv2,
    arn: &str,
    subnets: &[SubnetMapping],
) -> Answer<Effect> {
    elbv2.set_subnets(arn, subnets).await?;
    Ok(Effect::Subnets(arn.to_owned(), subnets.to_vec()))
}

pub(super) async fn set_security_groups(
    elbv2: &dyn Elbv2,
    arn: &str,
    groups: BTreeSet<String>,
) -> Answer<Effect> {
    elbv2.set_security_groups(arn, &groups).await?;
    Ok(Effect::SecurityGroups(arn.to_owned(), groups))
}

pub(super) async fn set_ip_address_type(
    elbv2: &dyn Elbv2,
    arn: &str,
    to: IpAddressType,
) -> Answer<Effect> {
    elbv2.set_ip_address_type(arn, to).await?;
    Ok(Effect::IpAddressType(arn.to_owned(), to))
}

pub(super) async fn load_balancer_attributes(
    elbv2: &dyn Elbv2,
    arn: String,
    attributes: &BTreeMap<String, String>,
) -> Answer<Effect> {
    elbv2
        .modify_load_balancer_attributes(&arn, attributes)
        .await?;
    Ok(Effect::LoadBalancerAttributes(arn, attributes.clone()))
}

/// The listener as it is asked for, with every reference resolved: a trust store by name costs a look.
pub(super) async fn listener_request(
    elbv2: &dyn Elbv2,
    spec: &ListenerSpec,
    created: &Created,
) -> Answer<ListenerRequest> {
    let ListenerSpec {
        port,
        protocol,
        default_action,
        certificate,
        ssl_policy,
        alpn_policy,
        mutual_authentication,
    } = spec;
    let mutual_authentication = match mutual_authentication {
        None => None,
        Some(wanted) => Some(with_trust_store(elbv2, wanted).await?),
    };
    Ok(ListenerRequest {
        port: *port,
        protocol: *protocol,
        default_action: created.action(default_action)?,
        certificate: certificate
            .as_ref()
            .map(|handle| created.id(handle))
            .transpose()?,
        ssl_policy: ssl_policy.clone(),
        alpn_policy: alpn_policy.clone(),
        mutual_authentication,
    })
}

async fn with_trust_store(
    elbv2: &dyn Elbv2,
    wanted: &MutualAuthentication,
) -> Answer<MutualAuthentication> {
    let mut resolved = wanted.clone();
    let name = wanted.trust_store.as_deref();
    let Some(name) = name.filter(|name| !name.starts_with("arn:")) else {
        return Ok(resolved);
    };
    let arn = elbv2.trust_store(name).await?;
    let arn = arn.ok_or_else(|| {
        let message = format!("there is no trust store {name:?}");
        AwsError::new(
            Class::Permanent,
            Operation::DescribeTrustStores.name(),
            message,
        )
    })?;
    resolved.trust_store = Some(arn);
    Ok(resolved)
}

pub(super) async fn create_listener(
    elbv2: &dyn Elbv2,
    load_balancer: String,
    request: ListenerRequest,
    tags: &Tags,
) -> Answer<Effect> {
    let (arn, mut listener) = elbv2
        .create_listener(&load_balancer, &request, tags)
        .await?;
    listener.tags = tags.clone();
    Ok(Effect::CreatedListener {
        load_balancer,
        arn,
        listener: Box::new(listener),
    })
}

pub(super) async fn modify_listener(
    elbv2: &dyn Elbv2,
    arn: &str,
    request: ListenerRequest,
) -> Answer<Effect> {
    let modified = elbv2.modify_listener(arn, &request).await?;
    Ok(Effect::ModifiedListener(arn.to_owned(), Box::new(modified)))
}

pub(super) async fn listener_attributes(
    elbv2: &dyn Elbv2,
    arn: String,
    attributes: &BTreeMap<String, String>,
) -> Answer<Effect> {
    elbv2.modify_listener_attributes(&arn, attributes).await?;
    Ok(Effect::ListenerAttributes(arn, attributes.clone()))
}

pub(super) async fn add_certificate(
    elbv2: &dyn Elbv2,
    listener: String,
    certificate: String,
) -> Answer<Effect> {
    elbv2
        .add_listener_certificate(&listener, &certificate)
        .await?;
    Ok(Effect::AddedCertificate {
        listener,
        certificate,
    })
}

pub(super) async fn remove_certificate(
    elbv2: &dyn Elbv2,
    listener: &str,
    certificate: &str,
) -> Answer<Effect> {
    elbv2
        .remove_listener_certificate(listener, certificate)
        .await?;
    Ok(Effect::RemovedCertificate {
        listener: listener.to_owned(),
        certificate: certificate.to_owned(),
    })
}

/// The rule as it is asked for, with the client secret read from its Secret.
pub(super) async fn rule_request(
    secrets: &dyn SecretSource,
    spec: &RuleSpec,
    created: &Created,
) -> Answer<RuleRequest> {
    let RuleSpec {
        conditions,
        authenticate,
        action: wanted,
        transforms,
    } = spec;
    let authenticate = match authenticate {
        None => None,
        Some(wanted) => Some(authenticate_request(secrets, wanted).await?),
    };
    Ok(RuleRequest {
        conditions: conditions.clone(),
        authenticate,
        action: created.action(wanted)?,
        transforms: transforms.clone(),
    })
}

async fn authenticate_request(
    secrets: &dyn SecretSource,
    wanted: &Authentication,
) -> Answer<AuthenticateRequest> {
    let Authentication {
        action,
        client_secret,
        client_secret_fingerprint: _,
    } = wanted;
    let mut client = None;
    if let Some(secret) = client_secret {
        let failed = |message: String| {
            AwsError::new(Class::Retryable, format!("read Secret {secret}"), message)
        };
        let read = secrets.client_credentials(secret).await;
        let read = read.map_err(|error| failed(error.to_string()))?;
        client = Some(read.ok_or_else(|| failed("there is no such Secret".to_owned()))?);
    }
    Ok(AuthenticateRequest {
        action: action.clone(),
        client,
    })
}

pub(super) async fn create_rule(
    elbv2: &dyn Elbv2,
    listener: String,
    priority: u32,
    request: RuleRequest,
    tags: &Tags,
) -> Answer<Effect> {
    let (arn, mut rule) = elbv2
        .create_rule(&listener, priority, &request, tags)
        .await?;
    rule.tags = tags.clone();
    Ok(Effect::CreatedRule {
        listener,
        arn,
        rule: Box::new(rule),
    })
}

pub(super) async fn modify_rule(
    elbv2: &dyn Elbv2,
    arn: &str,
    request: RuleRequest,
) -> Answer<Effect> {
    let modified = elbv2.modify_rule(arn, &request).await?;
    Ok(Effect::ModifiedRule(arn.to_owned(), Box::new(modified)))
}

pub(super) async fn set_priorities(
    elbv2: &dyn Elbv2,
    priorities: &BTreeMap<String, u32>,
) -> Answer<Effect> {
    elbv2.set_rule_priorities(priorities).await?;
    Ok(Effect::Priorities(priorities.clone()))
}
