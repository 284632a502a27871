//! ELB listeners: creating, changing in place, deleting, and their SNI certificates.

use std::collections::BTreeMap;

use tributary_model::config::{MutualAuthentication, MutualAuthenticationMode};
use tributary_model::elb::ElbProtocol;
use tributary_model::report::RuleProblem;

use crate::admission::{Admission, AdmittedPort};
use crate::input::PlanInput;
use crate::parts::actions;
use crate::parts::builder::{PlanBuilder, QuotaBudget, retag};
use crate::parts::health::Moves;
use crate::parts::rules::{self, Matched};
use crate::parts::sni::{self, Certificates};
use crate::parts::target_groups::TargetGroups;
use crate::values::attributes::{self, Carrier};
use crate::values::observed::ObservedListener;
use crate::values::op::{Blame, Handle, ListenerSpec, Op, StepId, Taggable};
use crate::values::ports::terminates_tls;
use crate::values::tags::Tags;

/// What ELB listeners are made of.
pub(crate) struct Parts<'a> {
    pub(crate) load_balancer: Handle,
    pub(crate) groups: &'a TargetGroups<'a>,
    pub(crate) certificates: &'a Certificates,
    pub(crate) moves: &'a Moves<'a>,
}

/// Places on the load balancer.
struct QuotaBudgets {
    listeners: QuotaBudget,
    rules: QuotaBudget,
    certificates: QuotaBudget,
}

/// An ELB listener that stays.
struct Kept<'a> {
    arn: &'a str,
    matched: Matched<'a>,
    of_sni: sni::Kept<'a>,
}

/// Brings all ELB listeners to what they are to be. What goes is thought of first, so that what comes can wait for
/// its place.
pub(crate) fn plan(
    input: &PlanInput,
    admission: &Admission,
    parts: &Parts,
    builder: &mut PlanBuilder,
) -> Vec<RuleProblem> {
    let mut budgets = budgets(input);
    let mut kept = BTreeMap::new();
    for (arn, observed) in ours(input) {
        match admission.ports.get(&observed.port) {
            Some(port) => {
                let stays = keep(input, port, parts, arn, observed, &mut budgets, builder);
                kept.insert(observed.port, stays);
            }
            None => delete(arn, observed, &mut budgets, builder),
        }
    }
    let mut problems = Vec::new();
    for (number, port) in &admission.ports {
        let kept = kept.get(number);
        let Some(listener) = (match kept {
            Some(kept) => Some(Handle::Existing(kept.arn.to_owned())),
            None => create(input, port, parts, &mut budgets.listeners, builder),
        }) else {
            continue;
        };
        let of_sni = kept.map(|kept| &kept.of_sni);
        let budget = &mut budgets.certificates;
        sni::add(port, parts.certificates, &listener, of_sni, budget, builder);
        let new = Matched::default();
        let planned = rules::plan(
            input,
            port,
            &listener,
            kept.map_or(&new, |kept| &kept.matched),
            (parts.groups, parts.moves),
            &mut budgets.rules,
            builder,
        );
        if let Some(kept) = kept {
            order_protocol_change(port, &kept.of_sni, &planned, builder);
        }
        problems.extend(planned.problems);
    }
    problems
}

/// Some rules only exist under HTTPS (authentication, gRPC target groups): they come after a change to it, and are
/// gone before a change from it.
fn order_protocol_change(
    port: &AdmittedPort,
    kept: &sni::Kept,
    planned: &rules::Planned,
    builder: &mut PlanBuilder,
) {
    let Some(modified) = kept.modified else {
        return;
    };
    match (
        kept.observed.protocol.is_some_and(terminates_tls),
        terminates_tls(port.listener.protocol),
    ) {
        (false, true) => {
            for step in planned.created.iter().chain(&planned.modified) {
                builder.after(*step, modified);
            }
        }
        (true, false) => {
            for step in planned.modified.iter().chain(&planned.deleted) {
                builder.after(modified, *step);
            }
        }
        (false, false) | (true, true) => {}
    }
}

/// Those of ours on the load balancer, by ARN.
fn ours<'a>(
    input: &PlanInput<'a>,
) -> impl Iterator<Item = (&'a str, &'a ObservedListener)> + use<'a> {
    let ownership = input.ownership;
    input
        .current
        .into_iter()
        .flat_map(|current| &current.load_balancer.listeners)
        .filter(move |(_, listener)| listener.is_of(ownership))
        .map(|(arn, listener)| (arn.as_str(), listener))
}

fn budgets(input: &PlanInput) -> QuotaBudgets {
    let limits = input.limits();
    let listeners = input
        .current
        .map(|current| &current.load_balancer.listeners);
    let all = || listeners.into_iter().flat_map(BTreeMap::values);
    QuotaBudgets {
        listeners: QuotaBudget::new(limits.listeners, all().count()),
        rules: QuotaBudget::new(limits.rules, all().map(|it| it.rules.len()).sum()),
        certificates: QuotaBudget::new(
            limits.certificates,
            all().map(|it| it.certificates.len()).sum(),
        ),
    }
}

fn delete(
    arn: &str,
    observed: &ObservedListener,
    budgets: &mut QuotaBudgets,
    builder: &mut PlanBuilder,
) {
    let op = Op::DeleteListener {
        listener: arn.to_owned(),
    };
    let step = builder.add(op, Blame::LoadBalancer);
    budgets.listeners.give_back(step, 1);
    budgets.rules.give_back(step, observed.rules.len());
    budgets
        .certificates
        .give_back(step, observed.certificates.len());
    builder.released.insert(arn.to_owned(), step);
    for rule in observed.rules.keys() {
        builder.released.insert(rule.clone(), step);
    }
    for certificate in observed
        .certificates
        .iter()
        .chain(&observed.default_certificate)
    {
        builder
            .parted
            .insert((arn.to_owned(), certificate.clone()), step);
    }
}

fn keep<'a>(
    input: &PlanInput<'a>,
    port: &AdmittedPort,
    parts: &Parts,
    arn: &'a str,
    observed: &'a ObservedListener,
    budgets: &mut QuotaBudgets,
    builder: &mut PlanBuilder,
) -> Kept<'a> {
    let blame = blame(port);
    let modified = modify(input, port, parts, arn, observed, builder);
    let changes = attributes::changes(
        Carrier::Listener,
        &port.listener.attributes,
        &observed.attributes,
        &observed.tags,
    );
    set_attributes(Handle::Existing(arn.to_owned()), changes, &blame, builder);
    retag(
        Taggable::Elb(arn.to_owned()),
        &wanted_tags(input, port, Some(&observed.tags)),
        &observed.tags,
        &blame,
        builder,
    );
    let budget = &mut budgets.certificates;
    let removals = sni::remove(
        port,
        parts.certificates,
        arn,
        observed,
        modified,
        budget,
        builder,
    );
    Kept {
        arn,
        matched: rules::match_and_delete(
            input,
            port,
            observed,
            parts.moves,
            &mut budgets.rules,
            builder,
        ),
        of_sni: sni::Kept {
            observed,
            modified,
            removals,
        },
    }
}

fn modify(
    input: &PlanInput,
    port: &AdmittedPort,
    parts: &Parts,
    arn: &str,
    observed: &ObservedListener,
    builder: &mut PlanBuilder,
) -> Option<StepId> {
    let spec = spec(input, port, parts)?;
    if is_same(&spec, observed) {
        return None;
    }
    let targets: Vec<Handle> = spec.default_action.target_groups().cloned().collect();
    let op = Op::ModifyListener {
        listener: arn.to_owned(),
        spec: Box::new(spec),
    };
    let step = builder.add(op, blame(port));
    builder.released.insert(arn.to_owned(), step);
    if let Some(former) = &observed.default_certificate {
        builder
            .parted
            .insert((arn.to_owned(), former.clone()), step);
    }
    rules::wait_for_targets(step, &targets, parts.groups, builder);
    Some(step)
}

fn create(
    input: &PlanInput,
    port: &AdmittedPort,
    parts: &Parts,
    budget: &mut QuotaBudget,
    builder: &mut PlanBuilder,
) -> Option<Handle> {
    let spec = spec(input, port, parts)?;
    let name = format!("{}:{}", spec.protocol.as_str(), spec.port);
    let targets: Vec<Handle> = spec.default_action.target_groups().cloned().collect();
    let op = Op::CreateListener {
        load_balancer: parts.load_balancer.clone(),
        spec: Box::new(spec),
        tags: wanted_tags(input, port, None),
    };
    let step = builder.add(op, blame(port));
    rules::wait_for(step, &targets, &parts.groups.cleared, builder);
    for earlier in budget.take() {
        builder.after(step, earlier);
    }
    let handle = Handle::Created { step, name };
    let attributes = attributes::for_new(Carrier::Listener, &port.listener.attributes);
    set_attributes(handle.clone(), attributes, &blame(port), builder);
    Some(handle)
}

/// Nothing if a part of it is missing: a target group that was not planned.
fn spec(input: &PlanInput, port: &AdmittedPort, parts: &Parts) -> Option<ListenerSpec> {
    let listener = port.listener;
    let with_tls = terminates_tls(listener.protocol);
    let certificate = port
        .certificates
        .first()
        .and_then(|id| parts.certificates.get(id))
        .cloned();
    let ssl_policy = listener
        .ssl_policy
        .clone()
        .unwrap_or_else(|| input.context.defaults.ssl_policy.clone());
    Some(ListenerSpec {
        port: listener.port,
        protocol: listener.protocol,
        default_action: actions::resolve(&listener.default_action, &parts.groups.handles)?,
        certificate,
        ssl_policy: with_tls.then_some(ssl_policy),
        // ALPN is an NLB's, on TLS listeners; AWS writes its absence as a policy.
        alpn_policy: (listener.protocol == ElbProtocol::Tls).then(|| {
            listener
                .alpn_policy
                .clone()
                .unwrap_or_else(|| "None".to_owned())
        }),
        mutual_authentication: (listener.protocol == ElbProtocol::Https)
            .then(|| listener.mutual_authentication.clone())
            .flatten(),
    })
}

fn is_same(spec: &ListenerSpec, observed: &ObservedListener) -> bool {
    let ListenerSpec {
        port,
        protocol,
        default_action,
        certificate,
        ssl_policy,
        alpn_policy,
        mutual_authentication,
    } = spec;
    let observed_certificate = observed.default_certificate.clone().map(Handle::Existing);
    let alpn = |policy: Option<&String>| policy.filter(|policy| *policy != "None").cloned();
    *port == observed.port
        && Some(*protocol) == observed.protocol
        && actions::is_same(default_action, &observed.default_action)
        && *certificate == observed_certificate
        && (ssl_policy.is_none() || *ssl_policy == observed.ssl_policy)
        && alpn(alpn_policy.as_ref()) == alpn(observed.alpn_policy.as_ref())
        && is_same_mutual_authentication(
            mutual_authentication.as_ref(),
            observed.mutual_authentication.as_ref(),
        )
}

fn is_same_mutual_authentication(
    desired: Option<&MutualAuthentication>,
    observed: Option<&MutualAuthentication>,
) -> bool {
    let mode =
        |it: Option<&MutualAuthentication>| it.map_or(MutualAuthenticationMode::Off, |it| it.mode);
    if mode(desired) != mode(observed) {
        return false;
    }
    let (Some(desired), Some(observed)) = (desired, observed) else {
        return true;
    };
    if desired.mode != MutualAuthenticationMode::Verify {
        return true;
    }
    is_same_trust_store(
        desired.trust_store.as_deref(),
        observed.trust_store.as_deref(),
    ) && desired.advertise_ca_names.as_deref().unwrap_or("off")
        == observed.advertise_ca_names.as_deref().unwrap_or("off")
        && desired.ignore_client_certificate_expiry.unwrap_or(false)
            == observed.ignore_client_certificate_expiry.unwrap_or(false)
}

/// A trust store is asked for by name or ARN and shown by ARN: `…:truststore/<name>/<id>`.
fn is_same_trust_store(desired: Option<&str>, observed: Option<&str>) -> bool {
    let name = observed.and_then(|arn| arn.split('/').nth(1));
    desired == observed || desired == name
}

fn set_attributes(
    listener: Handle,
    attributes: BTreeMap<String, String>,
    blame: &Blame,
    builder: &mut PlanBuilder,
) {
    if attributes.is_empty() {
        return;
    }
    let op = Op::ModifyListenerAttributes {
        listener,
        attributes,
    };
    builder.add(op, blame.clone());
}

fn wanted_tags(input: &PlanInput, port: &AdmittedPort, observed: Option<&Tags>) -> Tags {
    input.tags(
        &port.listener.port.to_string(),
        &port.listener.tags,
        &port.listener.attributes,
        observed,
    )
}

fn blame(port: &AdmittedPort) -> Blame {
    let members = port.members.iter();
    Blame::Listeners(members.map(|member| member.listener.clone()).collect())
}

#[cfg(test)]
mod tests;
