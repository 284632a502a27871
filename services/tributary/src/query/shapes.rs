//! What `-o yaml` and `-o json` print. Field names are a contract; a field that has no value is null, never missing.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use tributary_model::desired::LoadBalancerKey;
use tributary_model::judgement::Judgement;
use tributary_model::key::{ListenerRef, ObjectKey, ObjectRef};
use tributary_model::report::{RuleProblem, RuleState};
use tributary_model::view::{
    DesiredCounts, Explanation, ListenerState, ListenerView, LoadBalancerView, ObjectView,
};
use tributary_model::{Hostname, Kind, Precedence, PrecedenceClass, Rule, Timestamp};
use tributary_normalize::{timestamp_to_rfc3339, versions};
use tributary_status::Next;

use super::rows::phase_word;
use super::state::{attached, rival};

mod timeless;

/// Of what only the query API has: listeners, load balancers, conflicts, explanations.
const OUR_API_VERSION: &str = "tributary.dev/v1";

/// A Kubernetes object with its status, without its spec.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectShape {
    api_version: String,
    kind: &'static str,
    metadata: MetadataShape,
    status: Value,
}

#[derive(Serialize)]
struct MetadataShape {
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    namespace: String,
    generation: i64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListenerShape<'a> {
    api_version: &'static str,
    kind: &'static str,
    owner: ObjectRefShape<'a>,
    /// The owner's.
    labels: BTreeMap<String, String>,
    listener: &'a str,
    gateway: KeyShape<'a>,
    port: u16,
    protocol: &'a str,
    hostname: Option<&'a str>,
    precedence: PrecedenceShape,
    state: &'static str,
    reason: Option<String>,
    rival: Option<ListenerRefShape<'a>>,
    attached_routes: usize,
    load_balancer: LoadBalancerKeyShape<'a>,
    dns_name: Option<&'a str>,
    elb_listener: Option<&'a str>,
    programmed: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConflictShape<'a> {
    api_version: &'static str,
    kind: &'static str,
    owner: ObjectRefShape<'a>,
    listener: &'a str,
    gateway: KeyShape<'a>,
    port: u16,
    protocol: &'a str,
    hostname: Option<&'a str>,
    precedence: PrecedenceShape,
    conflict: Option<&'static str>,
    rival: Option<ListenerRefShape<'a>>,
    decision: &'a str,
    rule: &'a str,
    /// Page and anchor in the repository; none for a rule that this version does not know.
    rule_link: Option<String>,
    because: &'a [String],
    would_change: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoadBalancerShape<'a> {
    api_version: &'static str,
    kind: &'static str,
    r#type: &'static str,
    gateway: KeyShape<'a>,
    phase: &'static str,
    dns_name: Option<&'a str>,
    arn: Option<&'a str>,
    desired: CountsShape,
    desired_generation: u64,
    reported_generation: u64,
    settled: bool,
    problems: &'a [String],
    refused_rules: Vec<RefusedRuleShape<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExplanationShape<'a> {
    api_version: &'static str,
    kind: &'static str,
    subject: &'a str,
    decision: &'a str,
    rule: &'a str,
    /// Page and anchor in the repository; none for a rule that this version does not know.
    rule_link: Option<String>,
    rival: Option<ListenerRefShape<'a>>,
    because: &'a [String],
    would_change: &'a [String],
}

#[derive(Serialize)]
struct KeyShape<'a> {
    namespace: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct ObjectRefShape<'a> {
    kind: &'static str,
    namespace: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct ListenerRefShape<'a> {
    kind: &'static str,
    namespace: &'a str,
    name: &'a str,
    listener: &'a str,
}

#[derive(Serialize)]
struct LoadBalancerKeyShape<'a> {
    r#type: &'static str,
    namespace: &'a str,
    name: &'a str,
}

/// Place 1 is the highest, as Explain counts.
#[derive(Serialize)]
struct PrecedenceShape {
    class: &'static str,
    created: Option<String>,
    /// In the owner's `spec.listeners`, 0 first.
    index: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CountsShape {
    listeners: u32,
    rules: u32,
    certificates: u32,
    target_groups: u32,
    targets: u32,
}

#[derive(Serialize)]
struct RefusedRuleShape<'a> {
    route: ObjectRefShape<'a>,
    rule: usize,
    listener: ListenerRefShape<'a>,
    message: &'a str,
    state: &'static str,
}

/// An object with the status that its judgement comes to, but for the times of transitions: only the written status knows
/// those.
pub(crate) fn object(view: &ObjectView) -> ObjectShape {
    let ObjectRef { kind, key } = view.judgement.object();
    let status = match tributary_status::next(&view.judgement, None, Timestamp(0)) {
        Next::Write(status) | Next::WritePart { status, .. } => timeless::json(&status),
        Next::Unchanged | Next::Outdated | Next::SetAside { .. } => Value::Null,
    };
    ObjectShape {
        api_version: api_version(kind),
        kind: kind.as_str(),
        metadata: MetadataShape {
            name: key.name.to_string(),
            namespace: key.namespace.to_string(),
            generation: generation(&view.judgement),
            labels: view.labels.to_map(),
        },
        status,
    }
}

/// The same, to be read.
pub(crate) fn document(view: &ObjectView) -> Value {
    let ObjectShape {
        api_version,
        kind,
        metadata:
            MetadataShape {
                name,
                namespace,
                generation,
                labels,
            },
        status,
    } = object(view);
    let mut metadata = json!({"name": name, "namespace": namespace, "generation": generation});
    if !labels.is_empty() {
        metadata["labels"] = json!(labels);
    }
    json!({
        "apiVersion": api_version,
        "kind": kind,
        "metadata": metadata,
        "status": status,
    })
}

/// One listener.
pub(crate) fn listener(view: &ListenerView) -> ListenerShape<'_> {
    let resolved = &view.resolved;
    let (state, reason) = view.state();
    ListenerShape {
        api_version: OUR_API_VERSION,
        kind: "Listener",
        owner: owner(&resolved.listener),
        labels: view.labels.to_map(),
        listener: &resolved.listener.name,
        gateway: key(&resolved.gateway),
        port: resolved.port,
        protocol: resolved.protocol.as_str(),
        hostname: resolved.hostname.as_ref().map(Hostname::as_str),
        precedence: precedence(view),
        state: state.as_str(),
        reason,
        rival: rival(view).and_then(|(_, rival)| rival).map(listener_ref),
        attached_routes: attached(view),
        load_balancer: load_balancer_key(&view.load_balancer),
        dns_name: view.dns_name.as_deref(),
        elb_listener: view.elb_listener.as_deref(),
        programmed: state == ListenerState::Programmed,
    }
}

/// One listener that lost.
pub(crate) fn conflict(view: &ListenerView) -> ConflictShape<'_> {
    let resolved = &view.resolved;
    let rival = rival(view);
    let Explanation {
        subject: _,
        decision,
        rule,
        rival: _,
        because,
        would_change,
    } = &view.explanation;
    ConflictShape {
        api_version: OUR_API_VERSION,
        kind: "Conflict",
        owner: owner(&resolved.listener),
        listener: &resolved.listener.name,
        gateway: key(&resolved.gateway),
        port: resolved.port,
        protocol: resolved.protocol.as_str(),
        hostname: resolved.hostname.as_ref().map(Hostname::as_str),
        precedence: precedence(view),
        conflict: rival.map(|(conflict, _)| conflict.reason()),
        rival: rival.and_then(|(_, rival)| rival).map(listener_ref),
        decision,
        rule,
        rule_link: rule_link(rule),
        because,
        would_change,
    }
}

/// One load balancer.
pub(crate) fn load_balancer(view: &LoadBalancerView) -> LoadBalancerShape<'_> {
    let LoadBalancerKey { kind, gateway } = &view.key;
    let report = view.report.as_ref();
    let DesiredCounts {
        listeners,
        rules,
        certificates,
        target_groups,
        targets,
    } = view.desired_counts;
    LoadBalancerShape {
        api_version: OUR_API_VERSION,
        kind: "LoadBalancer",
        r#type: kind.as_str(),
        gateway: key(gateway),
        phase: phase_word(view.phase),
        dns_name: report.and_then(|report| report.dns_name.as_deref()),
        arn: report.and_then(|report| report.arn.as_deref()),
        desired: CountsShape {
            listeners,
            rules,
            certificates,
            target_groups,
            targets,
        },
        desired_generation: view.desired_generation,
        reported_generation: view.reported_generation,
        settled: report.is_some_and(|report| report.settled),
        problems: report.map_or(&[], |report| &report.problems),
        refused_rules: report
            .map_or(&[][..], |report| &report.rules)
            .iter()
            .map(refused_rule)
            .collect(),
    }
}

/// One decision in words.
pub(crate) fn explanation(explanation: &Explanation) -> ExplanationShape<'_> {
    let Explanation {
        subject,
        decision,
        rule,
        rival,
        because,
        would_change,
    } = explanation;
    ExplanationShape {
        api_version: OUR_API_VERSION,
        kind: "Explanation",
        subject,
        decision,
        rule,
        rule_link: rule_link(rule),
        rival: rival.as_ref().map(listener_ref),
        because,
        would_change,
    }
}

fn rule_link(anchor: &str) -> Option<String> {
    Rule::of_anchor(anchor).map(Rule::link)
}

/// The version that Gateway API 1.6 serves, which is the first that is read.
fn api_version(kind: Kind) -> String {
    let version = versions(kind).first().unwrap_or(&"v1");
    match kind.group() {
        "" => (*version).to_owned(),
        group => format!("{group}/{version}"),
    }
}

fn generation(judgement: &Judgement) -> i64 {
    match judgement {
        Judgement::GatewayClass(judged) => judged.generation,
        Judgement::Gateway(judged) => judged.generation,
        Judgement::ListenerSet(judged) => judged.generation,
        Judgement::Route(judged) => judged.generation,
        Judgement::Pod(judged) => judged.generation,
    }
}

fn precedence(view: &ListenerView) -> PrecedenceShape {
    let Precedence {
        class,
        owner: _,
        index,
    } = &view.resolved.precedence;
    let (class, created) = match *class {
        PrecedenceClass::Gateway => ("Gateway", None),
        PrecedenceClass::ListenerSet { created } => {
            ("ListenerSet", Some(timestamp_to_rfc3339(created)))
        }
    };
    PrecedenceShape {
        class,
        created,
        index: *index,
    }
}

fn key(key: &ObjectKey) -> KeyShape<'_> {
    KeyShape {
        namespace: &key.namespace,
        name: &key.name,
    }
}

fn owner(listener: &ListenerRef) -> ObjectRefShape<'_> {
    ObjectRefShape {
        kind: listener.owner.kind.kind().as_str(),
        namespace: &listener.owner.key.namespace,
        name: &listener.owner.key.name,
    }
}

fn listener_ref(listener: &ListenerRef) -> ListenerRefShape<'_> {
    ListenerRefShape {
        kind: listener.owner.kind.kind().as_str(),
        namespace: &listener.owner.key.namespace,
        name: &listener.owner.key.name,
        listener: &listener.name,
    }
}

fn load_balancer_key(load_balancer: &LoadBalancerKey) -> LoadBalancerKeyShape<'_> {
    LoadBalancerKeyShape {
        r#type: load_balancer.kind.as_str(),
        namespace: &load_balancer.gateway.namespace,
        name: &load_balancer.gateway.name,
    }
}

fn refused_rule(problem: &RuleProblem) -> RefusedRuleShape<'_> {
    let RuleProblem {
        origin,
        listener,
        message,
        state,
    } = problem;
    RefusedRuleShape {
        route: ObjectRefShape {
            kind: origin.route.kind.as_str(),
            namespace: &origin.route.key.namespace,
            name: &origin.route.key.name,
        },
        rule: origin.rule,
        listener: listener_ref(listener),
        message,
        state: rule_state_word(*state),
    }
}

pub(crate) fn rule_state_word(state: RuleState) -> &'static str {
    match state {
        RuleState::NotServed => "NotServed",
        RuleState::Degraded => "Degraded",
        RuleState::Pending => "Pending",
    }
}

#[cfg(test)]
mod tests;
