//! A translated rule on one listener: its hostnames, five values a rule, and what only HTTPS can do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::desired::{DesiredRule, Patterns, RuleCondition, RuleId, RuleOrigin};
use tributary_model::elb::MAX_CONDITION_VALUES_PER_RULE;
use tributary_model::hostname::HostRank;
use tributary_model::listener::Protocol;
use tributary_model::route::Route;
use tributary_model::{Hostname, ListenerRef, ObjectRef};

use super::host_header::{self, Form, host_condition};
use super::precedence::RuleOrder;
use super::translate::{HttpsOnly, Translated, TranslatedMatch, no_backend};
use crate::rules::problem::Problem;
use crate::values::order::Age;
use crate::values::target_group::TargetGroupTemplate;

/// A listener that a rule is placed on.
#[derive(Clone, Copy)]
pub(crate) struct AttachedListener<'a> {
    pub(crate) listener: &'a ListenerRef,
    pub(crate) protocol: &'a Protocol,
    /// What the route and the listener share.
    pub(crate) hosts: &'a BTreeSet<Option<Hostname>>,
}

/// An ALB rule with its place among the listener's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlacedRule {
    pub(crate) order: RuleOrder,
    pub(crate) rule: Arc<DesiredRule>,
    /// Of its host-header condition; empty stands for every host.
    pub(crate) hosts: Vec<Hostname>,
    pub(crate) groups: Arc<[Arc<TargetGroupTemplate>]>,
}

/// Places a rule; what it cannot have on this listener goes to `problems`.
pub(crate) fn place(
    route: &Route,
    rule: &Translated,
    attached: AttachedListener<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Arc<PlacedRule>> {
    let closed = match (rule.https_only, attached.protocol) {
        (None, _) | (Some(_), Protocol::Https) => false,
        (Some(HttpsOnly::Version), _) => {
            problems.push(Problem::unsupported(
                format!("rules[{}]", rule.index),
                format!(
                    "not on listener {}: an ELB serves gRPC and HTTP/2 on HTTPS listeners only",
                    attached.listener.name
                ),
            ));
            return Vec::new();
        }
        (Some(HttpsOnly::Authentication), _) => {
            // Left out, its requests would fall to a less specific rule without authentication.
            problems.push(Problem::unsupported(
                format!("rules[{}].filters", rule.index),
                format!(
                    "on listener {} the rule answers with 500: an ELB authenticates on HTTPS listeners only",
                    attached.listener.name
                ),
            ));
            true
        }
    };
    let mut placed = Vec::new();
    for matched in &rule.matches {
        match chunks(attached.hosts, matched) {
            Err(message) => {
                problems.push(Problem::unsupported(
                    format!("rules[{}].matches[{}]", rule.index, matched.index),
                    message,
                ));
                // As a whole or not at all.
                return Vec::new();
            }
            Ok(chunks) => {
                for (chunk, (host, hosts)) in chunks.into_iter().enumerate() {
                    placed.push(Arc::new(placed_rule(
                        route,
                        rule,
                        matched,
                        attached.listener,
                        Chunk {
                            number: chunk,
                            host,
                            hosts,
                            closed,
                        },
                    )));
                }
            }
        }
    }
    placed
}

/// Some hostnames of a match.
struct Chunk {
    number: usize,
    host: HostRank,
    hosts: Vec<Hostname>,
    /// It answers with an error instead of what it was meant to do.
    closed: bool,
}

fn placed_rule(
    route: &Route,
    rule: &Translated,
    matched: &TranslatedMatch,
    listener: &ListenerRef,
    chunk: Chunk,
) -> PlacedRule {
    let Chunk {
        number,
        host,
        hosts,
        closed,
    } = chunk;
    let key = &route.meta.key;
    let id = format!(
        "{}/{}/{}/{}/{}/{}/{}/{}/{}/{number}",
        listener.owner.kind.kind(),
        listener.owner.key.namespace,
        listener.owner.key.name,
        listener.name,
        route.kind.kind(),
        key.namespace,
        key.name,
        rule.index,
        matched.index,
    );
    let mut conditions = Vec::with_capacity(matched.conditions.conditions.len() + 1);
    conditions.extend(host_condition(&hosts));
    conditions.extend(matched.conditions.conditions.iter().cloned());
    if conditions.is_empty() {
        conditions.push(every_path());
    }
    let desired = DesiredRule {
        id: RuleId(id.into()),
        listener: listener.clone(),
        origin: Some(RuleOrigin {
            route: ObjectRef::new(route.kind.kind(), key.clone()),
            rule: rule.index,
            matched: matched.index,
        }),
        conditions,
        authenticate: rule.authenticate.clone().filter(|_| !closed),
        action: if closed {
            no_backend()
        } else {
            matched.action.clone()
        },
        transforms: if closed {
            Vec::new()
        } else {
            matched.transforms.clone()
        },
        tags: rule.tags.clone(),
    };
    PlacedRule {
        order: RuleOrder {
            host,
            matched: matched.rank.clone(),
            age: Age {
                created: route.meta.created,
                key: key.clone(),
            },
            kind: route.kind,
            rule: rule.index,
            index: matched.index,
            chunk: number,
        },
        rule: Arc::new(desired),
        hosts,
        groups: if closed {
            Arc::from([])
        } else {
            Arc::clone(&rule.groups)
        },
    }
}

/// What matches every request. A rule must have a condition; a match has this one only for lack of others, for
/// a path that says so itself is compared by a regular expression.
fn every_path() -> RuleCondition {
    RuleCondition::PathPattern(Patterns::Wildcard(vec!["/*".to_owned()]))
}

/// Splits hostnames so that each rule keeps to five values, and with them to ELB's five wildcards: no value has more than
/// one, a hostname's or a prefix's. Hostnames of different specificity never share a rule: their rules stand at different
/// places in the order. Nor do hostnames of different forms. What an ELB cannot compare at all is left out here and told
/// by the caller.
fn chunks(
    hosts: &BTreeSet<Option<Hostname>>,
    matched: &TranslatedMatch,
) -> Result<Vec<(HostRank, Vec<Hostname>)>, String> {
    let values = matched.conditions.values;
    let mut by_rank: BTreeMap<(HostRank, Form), Vec<Hostname>> = BTreeMap::new();
    let mut any = false;
    for host in hosts {
        let Some(host) = host else {
            any = true;
            continue;
        };
        if let Ok(form) = host_header::form(host) {
            by_rank
                .entry((HostRank::of(Some(host)), form))
                .or_default()
                .push(host.clone());
        }
    }
    let too_many = |values: usize| {
        format!(
            "{values} condition values, its hostname included, where an ELB rule has \
             {MAX_CONDITION_VALUES_PER_RULE}"
        )
    };
    let mut chunks = Vec::new();
    let room = MAX_CONDITION_VALUES_PER_RULE.saturating_sub(values);
    for ((rank, _), hosts) in by_rank {
        if room == 0 {
            return Err(too_many(values + 1));
        }
        chunks.extend(hosts.chunks(room).map(|hosts| (rank, hosts.to_vec())));
    }
    if any {
        if values > MAX_CONDITION_VALUES_PER_RULE {
            return Err(too_many(values));
        }
        chunks.push((HostRank::Any, Vec::new()));
    }
    Ok(chunks)
}
