//! Steps on load balancers, listeners, rules and target groups.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::config::{HealthCheckSettings, MutualAuthentication};
use tributary_model::elb::{ElbProtocol, IpAddressType};
use tributary_plan::op::{
    Action, Authentication, Handle, ListenerSpec, LoadBalancerSpec, RuleSpec, SubnetMapping,
    TargetGroupSpec,
};
use tributary_plan::tags::Tags;

use super::{Created, Done, edit};
use crate::elbv2::{Answer, AuthenticateRequest, Elbv2, ListenerRequest, RuleRequest};
use crate::error::{AwsError, Class};
use crate::operation::Operation;
use crate::secrets::SecretSource;

pub(super) async fn create_target_group(elbv2: &dyn Elbv2, spec: &TargetGroupSpec) -> Answer<Done> {
    let (arn, mut group) = elbv2.create_target_group(spec).await?;
    group.tags = spec.tags.clone();
    Ok(Done::created(arn, |known, arn| {
        known.observed_mut().target_groups.insert(arn, group);
    }))
}

pub(super) async fn modify_target_group(
    elbv2: &dyn Elbv2,
    arn: &str,
    health_check: &HealthCheckSettings,
) -> Answer<Done> {
    let health_check = elbv2.modify_target_group(arn, health_check).await?;
    let arn = arn.to_owned();
    Ok(Done::changed(move |known| {
        if let Some(group) = known.observed_mut().target_groups.get_mut(&arn) {
            group.health_check = health_check;
        }
    }))
}

pub(super) async fn target_group_attributes(
    elbv2: &dyn Elbv2,
    arn: String,
    attributes: &BTreeMap<String, String>,
) -> Answer<Done> {
    elbv2
        .modify_target_group_attributes(&arn, attributes)
        .await?;
    let attributes = attributes.clone();
    Ok(Done::changed(move |known| {
        if let Some(group) = known.observed_mut().target_groups.get_mut(&arn) {
            group.attributes.extend(attributes);
        }
    }))
}

pub(super) async fn create_load_balancer(
    elbv2: &dyn Elbv2,
    spec: &LoadBalancerSpec,
    security_groups: BTreeSet<String>,
) -> Answer<Done> {
    let (arn, mut load_balancer) = elbv2.create_load_balancer(spec, &security_groups).await?;
    load_balancer.tags = spec.tags.clone();
    Ok(Done::created(arn, |known, arn| {
        let load_balancers = &mut known.observed_mut().load_balancers;
        load_balancers.insert(arn, load_balancer);
    }))
}

pub(super) async fn set_subnets(
    elbv2: &dyn Elbv2,
    arn: &str,
    subnets: &[SubnetMapping],
) -> Answer<Done> {
    elbv2.set_subnets(arn, subnets).await?;
    let arn = arn.to_owned();
    let subnets = subnets.to_vec();
    Ok(Done::changed(move |known| {
        if let Some(load_balancer) = known.observed_mut().load_balancers.get_mut(&arn) {
            let by_id = subnets.into_iter().map(|it| (it.subnet.clone(), it));
            load_balancer.subnets = by_id.collect();
        }
    }))
}

pub(super) async fn set_security_groups(
    elbv2: &dyn Elbv2,
    arn: &str,
    groups: BTreeSet<String>,
) -> Answer<Done> {
    elbv2.set_security_groups(arn, &groups).await?;
    let arn = arn.to_owned();
    Ok(Done::changed(move |known| {
        if let Some(load_balancer) = known.observed_mut().load_balancers.get_mut(&arn) {
            load_balancer.security_groups = groups;
        }
    }))
}

pub(super) async fn set_ip_address_type(
    elbv2: &dyn Elbv2,
    arn: &str,
    to: IpAddressType,
) -> Answer<Done> {
    elbv2.set_ip_address_type(arn, to).await?;
    let arn = arn.to_owned();
    Ok(Done::changed(move |known| {
        if let Some(load_balancer) = known.observed_mut().load_balancers.get_mut(&arn) {
            load_balancer.ip_address_type = to;
        }
    }))
}

pub(super) async fn load_balancer_attributes(
    elbv2: &dyn Elbv2,
    arn: String,
    attributes: &BTreeMap<String, String>,
) -> Answer<Done> {
    elbv2
        .modify_load_balancer_attributes(&arn, attributes)
        .await?;
    let attributes = attributes.clone();
    Ok(Done::changed(move |known| {
        if let Some(load_balancer) = known.observed_mut().load_balancers.get_mut(&arn) {
            load_balancer.attributes.extend(attributes);
        }
    }))
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
        default_action: action(default_action, created)?,
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

fn action(action: &Action<Handle>, created: &Created) -> Answer<Action<String>> {
    Ok(match action {
        Action::Forward {
            targets,
            stickiness_seconds,
        } => Action::Forward {
            targets: targets
                .iter()
                .map(|(handle, weight)| Ok((created.id(handle)?, *weight)))
                .collect::<Answer<_>>()?,
            stickiness_seconds: *stickiness_seconds,
        },
        Action::Redirect {
            protocol,
            host,
            path,
            port,
            query,
            status_code,
        } => Action::Redirect {
            protocol: protocol.clone(),
            host: host.clone(),
            path: path.clone(),
            port: *port,
            query: query.clone(),
            status_code: *status_code,
        },
        Action::FixedResponse {
            status_code,
            content_type,
            body,
        } => Action::FixedResponse {
            status_code: *status_code,
            content_type: content_type.clone(),
            body: body.clone(),
        },
        Action::Foreign(kind) => Action::Foreign(kind.clone()),
    })
}

pub(super) async fn create_listener(
    elbv2: &dyn Elbv2,
    load_balancer: String,
    request: ListenerRequest,
    tags: &Tags,
) -> Answer<Done> {
    let (arn, mut listener) = elbv2
        .create_listener(&load_balancer, &request, tags)
        .await?;
    listener.tags = tags.clone();
    Ok(Done::created(arn, move |known, arn| {
        let load_balancers = &mut known.observed_mut().load_balancers;
        if let Some(load_balancer) = load_balancers.get_mut(&load_balancer) {
            load_balancer.listeners.insert(arn, listener);
        }
    }))
}

pub(super) async fn modify_listener(
    elbv2: &dyn Elbv2,
    arn: &str,
    request: ListenerRequest,
) -> Answer<Done> {
    let modified = elbv2.modify_listener(arn, &request).await?;
    let arn = arn.to_owned();
    Ok(Done::changed(move |known| {
        if let Some(listener) = edit::listener_mut(known.observed_mut(), &arn) {
            listener.protocol = modified.protocol;
            listener.default_action = modified.default_action;
            listener.default_certificate = modified.default_certificate;
            listener.ssl_policy = modified.ssl_policy;
            listener.alpn_policy = modified.alpn_policy;
            listener.mutual_authentication = modified.mutual_authentication;
            match listener.protocol {
                Some(ElbProtocol::Https | ElbProtocol::Tls) | None => {}
                // AWS drops what a listener without TLS cannot have.
                Some(
                    ElbProtocol::Http | ElbProtocol::Tcp | ElbProtocol::Udp | ElbProtocol::TcpUdp,
                ) => listener.certificates.clear(),
            }
        }
    }))
}

pub(super) async fn listener_attributes(
    elbv2: &dyn Elbv2,
    arn: String,
    attributes: &BTreeMap<String, String>,
) -> Answer<Done> {
    elbv2.modify_listener_attributes(&arn, attributes).await?;
    let attributes = attributes.clone();
    Ok(Done::changed(move |known| {
        if let Some(listener) = edit::listener_mut(known.observed_mut(), &arn) {
            listener.attributes.extend(attributes);
        }
    }))
}

pub(super) async fn add_certificate(
    elbv2: &dyn Elbv2,
    listener: String,
    certificate: String,
) -> Answer<Done> {
    elbv2
        .add_listener_certificate(&listener, &certificate)
        .await?;
    Ok(Done::changed(move |known| {
        if let Some(listener) = edit::listener_mut(known.observed_mut(), &listener) {
            listener.certificates.insert(certificate);
        }
    }))
}

pub(super) async fn remove_certificate(
    elbv2: &dyn Elbv2,
    listener: &str,
    certificate: &str,
) -> Answer<Done> {
    elbv2
        .remove_listener_certificate(listener, certificate)
        .await?;
    let listener = listener.to_owned();
    let certificate = certificate.to_owned();
    Ok(Done::changed(move |known| {
        if let Some(listener) = edit::listener_mut(known.observed_mut(), &listener) {
            listener.certificates.remove(&certificate);
        }
    }))
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
        action: action(wanted, created)?,
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
) -> Answer<Done> {
    let (arn, mut rule) = elbv2
        .create_rule(&listener, priority, &request, tags)
        .await?;
    rule.tags = tags.clone();
    Ok(Done::created(arn, move |known, arn| {
        if let Some(listener) = edit::listener_mut(known.observed_mut(), &listener) {
            listener.rules.insert(arn, rule);
        }
    }))
}

pub(super) async fn modify_rule(
    elbv2: &dyn Elbv2,
    arn: &str,
    request: RuleRequest,
) -> Answer<Done> {
    let modified = elbv2.modify_rule(arn, &request).await?;
    let arn = arn.to_owned();
    Ok(Done::changed(move |known| {
        if let Some(rule) = edit::rule_mut(known.observed_mut(), &arn) {
            rule.conditions = modified.conditions;
            rule.authenticate = modified.authenticate;
            rule.action = modified.action;
            rule.transforms = modified.transforms;
        }
    }))
}

pub(super) async fn set_priorities(
    elbv2: &dyn Elbv2,
    priorities: &BTreeMap<String, u32>,
) -> Answer<Done> {
    elbv2.set_rule_priorities(priorities).await?;
    let priorities = priorities.clone();
    Ok(Done::changed(move |known| {
        for (arn, priority) in priorities {
            if let Some(rule) = edit::rule_mut(known.observed_mut(), &arn) {
                rule.priority = priority;
            }
        }
    }))
}
