//! Listeners: one protocol on one port of a load balancer, with a default rule.

mod checks;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::page::{page, page_size};
use crate::resources::actions::Action;
use crate::resources::listeners::{Listener, MutualAuthentication, Security};
use crate::resources::load_balancers::Kind;
use crate::resources::protocols::Protocol;
use crate::resources::rules::{Priority, Rule};
use crate::service::Service;
use crate::state::State;
use crate::tags::{self, Tag, Tags};

use super::action_checks::{self, Entrance};
use super::attributes::{self, Attribute};
use super::authentication::Secret;
use super::certificates::CertificateArg;
use super::{references, source_nat, tls};
use checks::{check_port, check_protocol, default_certificate, port_free};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    load_balancer_arn: String,
    port: Option<i64>,
    protocol: Option<Protocol>,
    ssl_policy: Option<String>,
    #[serde(default)]
    certificates: Vec<CertificateArg>,
    default_actions: Vec<Action>,
    #[serde(default)]
    alpn_policy: Vec<String>,
    mutual_authentication: Option<MutualAuthentication>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Modify {
    listener_arn: String,
    port: Option<i64>,
    protocol: Option<Protocol>,
    ssl_policy: Option<String>,
    #[serde(default)]
    certificates: Vec<CertificateArg>,
    default_actions: Option<Vec<Action>>,
    #[serde(default)]
    alpn_policy: Vec<String>,
    mutual_authentication: Option<MutualAuthentication>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ByArn {
    listener_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    load_balancer_arn: Option<String>,
    #[serde(default)]
    listener_arns: Vec<String>,
    marker: Option<String>,
    page_size: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ModifyAttributes {
    listener_arn: String,
    attributes: Vec<Attribute>,
}

pub(crate) fn create(state: &mut State, request: &Request) -> Answer {
    let asked: Create = request.read()?;
    let load_balancer = state.load_balancer(&asked.load_balancer_arn)?;
    let Some(protocol) = asked.protocol else {
        return Err(ApiError::validation(
            "A listener protocol must be specified",
        ));
    };
    check_protocol(load_balancer.kind, protocol)?;
    let port = check_port(asked.port)?;
    let tags = tags::of_new(Service::Elbv2, &asked.tags, state.quotas.tags_per_resource)?;
    let security = tls::checked(
        state,
        load_balancer.kind,
        protocol,
        Security {
            ssl_policy: asked.ssl_policy,
            default_certificate: default_certificate(asked.certificates)?,
            alpn_policy: tls::one_policy(&asked.alpn_policy)?,
            mutual_authentication: asked.mutual_authentication,
        },
    )?;
    let actions = action_checks::checked(
        state,
        Entrance {
            load_balancer,
            protocol,
            port,
        },
        Secret::Needed,
        asked.default_actions,
    )?;
    source_nat::check_listener(
        load_balancer.kind,
        load_balancer.ip_address_type,
        load_balancer.prefix_for_ipv6_source_nat,
        protocol,
    )?;
    port_free(state, &asked.load_balancer_arn, port, None)?;
    let limit = match load_balancer.kind {
        Kind::Application => state.quotas.listeners_per_application_load_balancer,
        Kind::Network => state.quotas.listeners_per_network_load_balancer,
    };
    if state.listeners_of(&asked.load_balancer_arn).count() >= limit as usize {
        return Err(ApiError::new(
            "TooManyListeners",
            format!(
                "The maximum number of listeners has been reached on load balancer '{}': \
                 '{limit}'",
                asked.load_balancer_arn
            ),
        ));
    }
    let groups = action_checks::target_groups(&actions);
    references::check(state, load_balancer, &[], &groups)?;
    let kind = load_balancer.kind;
    let path = format!(
        "{}/{}/{}",
        super::names::arn_part(kind),
        load_balancer.name,
        load_balancer.id
    );
    let id = state.ids.hex16();
    let arn = state.elb_arn(&format!("listener/{path}/{id}"));
    let rule_id = state.ids.hex16();
    let rule_arn = state.elb_arn(&format!("listener-rule/{path}/{id}/{rule_id}"));
    let listener = Listener {
        arn: arn.clone(),
        id,
        load_balancer_arn: asked.load_balancer_arn.clone(),
        port,
        protocol,
        security,
        certificates: BTreeSet::new(),
        attributes: attributes::defaults(&attributes::of_listener(kind, protocol)),
        tags,
        default_rule: rule_arn.clone(),
        rules: BTreeMap::new(),
    };
    let rule = Rule {
        arn: rule_arn.clone(),
        listener_arn: arn.clone(),
        load_balancer_arn: asked.load_balancer_arn.clone(),
        priority: Priority::Default,
        conditions: Vec::new(),
        actions,
        transforms: Vec::new(),
        tags: Tags::new(),
    };
    references::attach(state, &asked.load_balancer_arn, &groups, request.now);
    state.rules.insert(rule_arn, rule);
    state.listeners.insert(arn.clone(), listener);
    Ok(json!({"Listeners": [shown(state, state.listener(&arn)?)]}))
}

pub(crate) fn modify(state: &mut State, request: &Request) -> Answer {
    let asked: Modify = request.read()?;
    let listener = state.listener(&asked.listener_arn)?;
    let load_balancer = state.load_balancer(&listener.load_balancer_arn)?;
    let protocol = asked.protocol.unwrap_or(listener.protocol);
    check_protocol(load_balancer.kind, protocol)?;
    let port = match asked.port {
        None => listener.port,
        some => check_port(some)?,
    };
    // What TLS had stays when TLS stays, and goes with it.
    let kept = if listener.protocol.is_tls() && protocol.is_tls() {
        listener.security.clone()
    } else {
        Security::default()
    };
    let security = Security {
        ssl_policy: asked.ssl_policy.or(kept.ssl_policy),
        default_certificate: default_certificate(asked.certificates)?.or(kept.default_certificate),
        alpn_policy: tls::one_policy(&asked.alpn_policy)?.or(kept.alpn_policy),
        mutual_authentication: asked.mutual_authentication.or(kept.mutual_authentication),
    };
    let security = tls::checked(state, load_balancer.kind, protocol, security)?;
    port_free(
        state,
        &listener.load_balancer_arn,
        port,
        Some(&listener.arn),
    )?;
    let default_rule = state.rule(&listener.default_rule)?;
    let before = action_checks::target_groups(&default_rule.actions);
    source_nat::check_listener(
        load_balancer.kind,
        load_balancer.ip_address_type,
        load_balancer.prefix_for_ipv6_source_nat,
        protocol,
    )?;
    let entrance = Entrance {
        load_balancer,
        protocol,
        port,
    };
    let actions = action_checks::checked(
        state,
        entrance,
        Secret::MayExist,
        asked
            .default_actions
            .unwrap_or_else(|| default_rule.actions.clone()),
    )?;
    if (protocol, port) != (listener.protocol, listener.port) {
        // The rules of the listener must be possible under the new protocol and port, too.
        for arn in listener.rules.values() {
            let rule = state.rule(arn)?;
            let actions = rule.actions.clone();
            action_checks::checked(state, entrance, Secret::MayExist, actions)?;
        }
    }
    let after = action_checks::target_groups(&actions);
    references::check(state, load_balancer, &before, &after)?;
    let load_balancer_arn = listener.load_balancer_arn.clone();
    let default_rule = listener.default_rule.clone();
    let kind = load_balancer.kind;
    references::attach(state, &load_balancer_arn, &after, request.now);
    references::detach(state, &load_balancer_arn, &before);
    state.rule_mut(&default_rule)?.actions = actions;
    let listener = state.listener_mut(&asked.listener_arn)?;
    listener.security = security;
    listener.port = port;
    if !protocol.is_tls() {
        listener.certificates.clear();
    }
    if protocol != listener.protocol {
        listener.protocol = protocol;
        let mut attributes = attributes::defaults(&attributes::of_listener(kind, protocol));
        for (key, value) in &mut attributes {
            if let Some(present) = listener.attributes.get(key) {
                value.clone_from(present);
            }
        }
        listener.attributes = attributes;
    }
    Ok(json!({"Listeners": [shown(state, state.listener(&asked.listener_arn)?)]}))
}

pub(crate) fn delete(state: &mut State, request: &Request) -> Answer {
    let ByArn { listener_arn } = request.read()?;
    state.listener(&listener_arn)?;
    drop_listener(state, &listener_arn);
    Ok(json!({}))
}

/// Removes a listener with its rules.
pub(crate) fn drop_listener(state: &mut State, arn: &str) {
    let Some(listener) = state.listeners.remove(arn) else {
        return;
    };
    if let Some(load_balancer) = state.load_balancers.get_mut(&listener.load_balancer_arn) {
        load_balancer.rule_count -= listener.rules.len();
    }
    for rule in listener.rules.values().chain([&listener.default_rule]) {
        if let Some(rule) = state.rules.remove(rule) {
            let groups = action_checks::target_groups(&rule.actions);
            references::detach(state, &listener.load_balancer_arn, &groups);
        }
    }
}

pub(crate) fn describe(state: &State, request: &Request) -> Answer {
    let asked: Describe = request.read()?;
    if asked.listener_arns.is_empty() == asked.load_balancer_arn.is_none() {
        return Err(ApiError::validation(
            "You must specify either listener ARNs or a load balancer ARN",
        ));
    }
    if let Some(arn) = &asked.load_balancer_arn {
        state.load_balancer(arn)?;
    }
    for arn in &asked.listener_arns {
        state.listener(arn)?;
    }
    let size = page_size(asked.page_size)?;
    let wanted = state
        .listeners
        .values()
        .filter(|listener| match &asked.load_balancer_arn {
            Some(arn) => &listener.load_balancer_arn == arn,
            None => asked.listener_arns.contains(&listener.arn),
        })
        .map(|listener| (listener.arn.as_str(), listener));
    let page = page(wanted, asked.marker.as_deref(), size);
    let listeners: Vec<Value> = page
        .items
        .into_iter()
        .map(|listener| shown(state, listener))
        .collect();
    Ok(json!({"Listeners": listeners, "NextMarker": page.next}))
}

pub(crate) fn modify_attributes(state: &mut State, request: &Request) -> Answer {
    let asked: ModifyAttributes = request.read()?;
    let listener = state.listener(&asked.listener_arn)?;
    let kind = state.load_balancer(&listener.load_balancer_arn)?.kind;
    let known = attributes::of_listener(kind, listener.protocol);
    let next = attributes::changed(&known, &listener.attributes, &asked.attributes)?;
    let listener = state.listener_mut(&asked.listener_arn)?;
    listener.attributes = next;
    Ok(json!({"Attributes": attributes::listed(&listener.attributes)}))
}

pub(crate) fn describe_attributes(state: &State, request: &Request) -> Answer {
    let ByArn { listener_arn } = request.read()?;
    let listener = state.listener(&listener_arn)?;
    Ok(json!({"Attributes": attributes::listed(&listener.attributes)}))
}

/// A listener as `DescribeListeners` shows it: with the default certificate only.
fn shown(state: &State, listener: &Listener) -> Value {
    let actions = state
        .rules
        .get(&listener.default_rule)
        .map(|rule| &rule.actions);
    let Security {
        ssl_policy,
        default_certificate,
        alpn_policy,
        mutual_authentication,
    } = &listener.security;
    json!({
        "ListenerArn": listener.arn,
        "LoadBalancerArn": listener.load_balancer_arn,
        "Port": listener.port,
        "Protocol": listener.protocol,
        "Certificates": default_certificate
            .as_ref()
            .map(|arn| json!([{"CertificateArn": arn}])),
        "SslPolicy": ssl_policy,
        "DefaultActions": actions,
        "AlpnPolicy": alpn_policy.map(|policy| [policy]),
        "MutualAuthentication": mutual_authentication,
    })
}
