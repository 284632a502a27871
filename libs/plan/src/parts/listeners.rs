//! ELB listeners: creating, changing in place, deleting, and their SNI certificates.

use std::collections::BTreeMap;

use tributary_model::config::{MutualAuthentication, MutualAuthenticationMode};
use tributary_model::elb::ElbProtocol;
use tributary_model::report::RuleProblem;

use crate::fit::{Fit, FitPort};
use crate::parts::actions;
use crate::parts::draft::{Draft, Room, retag};
use crate::parts::health::Moves;
use crate::parts::rules::{self, Matched};
use crate::parts::sni::{self, Certificates};
use crate::parts::target_groups::TargetGroups;
use crate::scope::Scope;
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
struct Rooms {
    listeners: Room,
    rules: Room,
    certificates: Room,
}

/// An ELB listener that stays.
struct Kept<'a> {
    arn: &'a str,
    matched: Matched<'a>,
    of_sni: sni::Kept<'a>,
}

/// Brings all ELB listeners to what they are to be. What goes is thought of first, so that what comes can wait for
/// its place.
pub(crate) fn plan(scope: &Scope, fit: &Fit, parts: &Parts, draft: &mut Draft) -> Vec<RuleProblem> {
    let mut rooms = rooms(scope);
    let mut kept = BTreeMap::new();
    for (arn, observed) in ours(scope) {
        match fit.ports.get(&observed.port) {
            Some(port) => {
                let stays = keep(scope, port, parts, arn, observed, &mut rooms, draft);
                kept.insert(observed.port, stays);
            }
            None => delete(arn, observed, &mut rooms, draft),
        }
    }
    let mut problems = Vec::new();
    for (number, port) in &fit.ports {
        let kept = kept.get(number);
        let Some(listener) = (match kept {
            Some(kept) => Some(Handle::Existing(kept.arn.to_owned())),
            None => create(scope, port, parts, &mut rooms.listeners, draft),
        }) else {
            continue;
        };
        let of_sni = kept.map(|kept| &kept.of_sni);
        let room = &mut rooms.certificates;
        sni::add(port, parts.certificates, &listener, of_sni, room, draft);
        let new = Matched::default();
        let planned = rules::plan(
            scope,
            port,
            &listener,
            kept.map_or(&new, |kept| &kept.matched),
            (parts.groups, parts.moves),
            &mut rooms.rules,
            draft,
        );
        if let Some(kept) = kept {
            order_protocol_change(port, &kept.of_sni, &planned, draft);
        }
        problems.extend(planned.problems);
    }
    problems
}

/// Some rules only exist under HTTPS (authentication, gRPC target groups): they come after a change to it, and are
/// gone before a change from it.
fn order_protocol_change(
    port: &FitPort,
    kept: &sni::Kept,
    planned: &rules::Planned,
    draft: &mut Draft,
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
                draft.after(*step, modified);
            }
        }
        (true, false) => {
            for step in planned.modified.iter().chain(&planned.deleted) {
                draft.after(modified, *step);
            }
        }
        (false, false) | (true, true) => {}
    }
}

/// Those of ours on the load balancer, by ARN.
fn ours<'a>(scope: &Scope<'a>) -> impl Iterator<Item = (&'a str, &'a ObservedListener)> + use<'a> {
    let ownership = scope.ownership;
    scope
        .current
        .into_iter()
        .flat_map(|current| &current.load_balancer.listeners)
        .filter(move |(_, listener)| listener.is_of(ownership))
        .map(|(arn, listener)| (arn.as_str(), listener))
}

fn rooms(scope: &Scope) -> Rooms {
    let limits = scope.limits();
    let listeners = scope
        .current
        .map(|current| &current.load_balancer.listeners);
    let all = || listeners.into_iter().flat_map(BTreeMap::values);
    Rooms {
        listeners: Room::new(limits.listeners, all().count()),
        rules: Room::new(limits.rules, all().map(|it| it.rules.len()).sum()),
        certificates: Room::new(
            limits.certificates,
            all().map(|it| it.certificates.len()).sum(),
        ),
    }
}

fn delete(arn: &str, observed: &ObservedListener, rooms: &mut Rooms, draft: &mut Draft) {
    let op = Op::DeleteListener {
        listener: arn.to_owned(),
    };
    let step = draft.add(op, Blame::LoadBalancer);
    rooms.listeners.give_back(step, 1);
    rooms.rules.give_back(step, observed.rules.len());
    rooms
        .certificates
        .give_back(step, observed.certificates.len());
    draft.released.insert(arn.to_owned(), step);
    for rule in observed.rules.keys() {
        draft.released.insert(rule.clone(), step);
    }
    for certificate in observed
        .certificates
        .iter()
        .chain(&observed.default_certificate)
    {
        draft
            .parted
            .insert((arn.to_owned(), certificate.clone()), step);
    }
}

fn keep<'a>(
    scope: &Scope<'a>,
    port: &FitPort,
    parts: &Parts,
    arn: &'a str,
    observed: &'a ObservedListener,
    rooms: &mut Rooms,
    draft: &mut Draft,
) -> Kept<'a> {
    let blame = blame(port);
    let modified = modify(scope, port, parts, arn, observed, draft);
    let changes = attributes::changes(
        Carrier::Listener,
        &port.listener.attributes,
        &observed.attributes,
        &observed.tags,
    );
    set_attributes(Handle::Existing(arn.to_owned()), changes, &blame, draft);
    retag(
        Taggable::Elb(arn.to_owned()),
        &wanted_tags(scope, port, Some(&observed.tags)),
        &observed.tags,
        &blame,
        draft,
    );
    let room = &mut rooms.certificates;
    let removals = sni::remove(
        port,
        parts.certificates,
        arn,
        observed,
        modified,
        room,
        draft,
    );
    Kept {
        arn,
        matched: rules::match_and_delete(
            scope,
            port,
            observed,
            parts.moves,
            &mut rooms.rules,
            draft,
        ),
        of_sni: sni::Kept {
            observed,
            modified,
            removals,
        },
    }
}

fn modify(
    scope: &Scope,
    port: &FitPort,
    parts: &Parts,
    arn: &str,
    observed: &ObservedListener,
    draft: &mut Draft,
) -> Option<StepId> {
    let spec = spec(scope, port, parts)?;
    if is_same(&spec, observed) {
        return None;
    }
    let targets: Vec<Handle> = spec.default_action.target_groups().cloned().collect();
    let op = Op::ModifyListener {
        listener: arn.to_owned(),
        spec: Box::new(spec),
    };
    let step = draft.add(op, blame(port));
    draft.released.insert(arn.to_owned(), step);
    if let Some(former) = &observed.default_certificate {
        draft.parted.insert((arn.to_owned(), former.clone()), step);
    }
    rules::wait_for_targets(step, &targets, parts.groups, draft);
    Some(step)
}

fn create(
    scope: &Scope,
    port: &FitPort,
    parts: &Parts,
    room: &mut Room,
    draft: &mut Draft,
) -> Option<Handle> {
    let spec = spec(scope, port, parts)?;
    let name = format!("{}:{}", spec.protocol.as_str(), spec.port);
    let targets: Vec<Handle> = spec.default_action.target_groups().cloned().collect();
    let op = Op::CreateListener {
        load_balancer: parts.load_balancer.clone(),
        spec: Box::new(spec),
        tags: wanted_tags(scope, port, None),
    };
    let step = draft.add(op, blame(port));
    rules::wait_for(step, &targets, &parts.groups.cleared, draft);
    for earlier in room.take() {
        draft.after(step, earlier);
    }
    let handle = Handle::Created { step, name };
    let attributes = attributes::for_new(Carrier::Listener, &port.listener.attributes);
    set_attributes(handle.clone(), attributes, &blame(port), draft);
    Some(handle)
}

/// Nothing if a part of it is missing: a target group that was not planned.
fn spec(scope: &Scope, port: &FitPort, parts: &Parts) -> Option<ListenerSpec> {
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
        .unwrap_or_else(|| scope.context.defaults.ssl_policy.clone());
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
    draft: &mut Draft,
) {
    if attributes.is_empty() {
        return;
    }
    let op = Op::ModifyListenerAttributes {
        listener,
        attributes,
    };
    draft.add(op, blame.clone());
}

fn wanted_tags(scope: &Scope, port: &FitPort, observed: Option<&Tags>) -> Tags {
    scope.tags(
        &port.listener.port.to_string(),
        &port.listener.tags,
        &port.listener.attributes,
        observed,
    )
}

fn blame(port: &FitPort) -> Blame {
    let members = port.members.iter();
    Blame::Listeners(members.map(|member| member.listener.clone()).collect())
}

#[cfg(test)]
mod tests;
