//! What the whole merge says, rule by rule of docs/rules. Each test is data; what they share is here.

mod attachment;
mod classes;
mod configuration;
mod conflicts;
mod gates;
mod gating;
mod handshake;
mod incremental;
mod isolation;
mod l4;
mod other_controller;
mod others_bugs;
mod reach;
mod slice;
mod steps;
mod target_groups;
mod tls;
mod unmet;
mod unread;

use tributary_model::desired::{
    DesiredAction, DesiredLoadBalancer, DesiredRule, LoadBalancerKey, Patterns, RuleCondition,
};
use tributary_model::elb::LoadBalancerKind;
use tributary_model::resolved::{
    Conflict, ListenerOutcome, Resolved, ResolvedListener, RivalClass,
};
use tributary_model::view::listener_words;
use tributary_model::{Kind, ObjectRef, Resource, Snapshot};
use tributary_testkit::objects::key;

use crate::Merged;
use crate::Options;
use crate::merge;

/// The merge of some objects.
pub(crate) fn merged(objects: impl IntoIterator<Item = Resource>) -> Merged {
    merge(&Snapshot::from_iter(objects), Options::default())
}

/// The load balancer of a Gateway; panics without one.
pub(crate) fn load_balancer<'a>(merged: &'a Merged, gateway: &str) -> &'a DesiredLoadBalancer {
    let gateway = key(gateway);
    [LoadBalancerKind::Alb, LoadBalancerKind::Nlb]
        .into_iter()
        .find_map(|kind| {
            merged.merge.load_balancers().get(&LoadBalancerKey {
                kind,
                gateway: gateway.clone(),
            })
        })
        .expect("the Gateway has a load balancer")
}

/// The resolved listeners of a Gateway or ListenerSet.
fn listeners(merged: &Merged, kind: Kind, name: &str) -> Vec<ResolvedListener> {
    match merged
        .merge
        .resolved(&ObjectRef::new(kind, key(name)))
        .map(AsRef::as_ref)
    {
        Some(Resolved::Gateway(gateway)) => gateway.listeners.clone(),
        Some(Resolved::ListenerSet(set)) => set.listeners.clone(),
        other => panic!("{kind} {name} is {other:?}"),
    }
}

/// What became of each listener, in a word.
fn outcomes(merged: &Merged, kind: Kind, name: &str) -> Vec<String> {
    listeners(merged, kind, name)
        .iter()
        .map(|listener| format!("{}: {}", listener.listener.name, outcome(&listener.outcome)))
        .collect()
}

fn outcome(outcome: &ListenerOutcome) -> String {
    match outcome {
        ListenerOutcome::Won => "won".to_owned(),
        ListenerOutcome::Conflicted {
            conflict,
            rival,
            rival_class,
        } => format!(
            "{} with {} {}",
            match conflict {
                Conflict::Protocol => "protocol",
                Conflict::Hostname => "hostname",
            },
            match rival_class {
                RivalClass::ParentGateway => "the parent's",
                RivalClass::SameResource => "its own",
                RivalClass::OlderListenerSet => "an older set's",
                RivalClass::EarlierByName => "a set's of the same second",
            },
            listener_words(rival.as_ref()),
        ),
        ListenerOutcome::UnsupportedProtocol => "unsupported protocol".to_owned(),
        ListenerOutcome::Invalid { field, .. } => format!("invalid {field}"),
    }
}

/// The rules of a port, one a line: conditions -> action.
pub(crate) fn rules(load_balancer: &DesiredLoadBalancer, port: u16) -> Vec<String> {
    load_balancer.listeners[&port]
        .rules
        .iter()
        .map(|rule| rule_line(rule))
        .collect()
}

fn rule_line(rule: &DesiredRule) -> String {
    let conditions: Vec<String> = rule.conditions.iter().map(condition).collect();
    let mut line = format!("{} -> {}", conditions.join(" & "), action(&rule.action));
    if let Some(authenticate) = &rule.authenticate {
        line = format!("{line} after {authenticate:?}");
    }
    for transform in &rule.transforms {
        line = format!("{line} with {transform:?}");
    }
    line
}

fn condition(condition: &RuleCondition) -> String {
    fn patterns(patterns: &Patterns) -> String {
        match patterns {
            Patterns::Wildcard(values) => values.join("|"),
            Patterns::Regex(values) => format!("~{}", values.join("|")),
        }
    }
    match condition {
        RuleCondition::HostHeader(values) => format!("host {}", patterns(values)),
        RuleCondition::PathPattern(values) => format!("path {}", patterns(values)),
        RuleCondition::HttpHeader { name, patterns: of } => {
            format!("header {name}={}", patterns(of))
        }
        RuleCondition::QueryString(values) => format!("query {values:?}"),
        RuleCondition::Method(values) => format!("method {}", values.join("|")),
        RuleCondition::SourceIp(values) => format!("from {}", values.join("|")),
    }
}

fn action(action: &DesiredAction) -> String {
    match action {
        DesiredAction::Forward { targets, .. } => targets
            .iter()
            .map(|target| format!("{}*{}", target.target_group, target.weight))
            .collect::<Vec<_>>()
            .join(" + "),
        DesiredAction::Redirect {
            protocol,
            host,
            path,
            port,
            query,
            status_code,
        } => format!(
            "{status_code} {}://{}:{}{}?{}",
            protocol.as_deref().unwrap_or("#"),
            host.as_deref().unwrap_or("#"),
            port.map_or_else(|| "#".to_owned(), |port| port.to_string()),
            path.as_deref().unwrap_or("/#"),
            query.as_deref().unwrap_or("#"),
        ),
        DesiredAction::FixedResponse { status_code, .. } => status_code.to_string(),
    }
}
