//! How what users ask for stands, counted by state and reason.
//!
//! A reason is the condition's reason where the status has one. There are as many as these matches have, whatever users
//! write: they are labels of metrics.

use std::collections::BTreeMap;

use tributary_model::judgement::{
    GatewayJudgement, JudgedOutcome, Judgement, ListenerJudgement, ListenerSetJudgement,
    LoadBalancerJudgement, ParentJudgement, RouteJudgement, Standing as Counts,
};
use tributary_model::report::ProgrammedState;
use tributary_model::resolved::{
    Conflict, GatewayAcceptance, ListenerSetAcceptance, RouteAcceptance, SecretCertificate,
};
use tributary_model::{Kind, Name, ObjectKey, ObjectRef};

#[cfg(test)]
mod tests;

/// What becomes of one object or listener; best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ObjectState {
    /// As it was asked for.
    Served,
    /// Another program's.
    LeftAlone,
    /// On its way.
    Pending,
    /// Not all of it, or not as it was asked for.
    Degraded,
    /// Not at all.
    Refused,
}

impl ObjectState {
    /// As a label has it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Served => "served",
            Self::LeftAlone => "left_alone",
            Self::Pending => "pending",
            Self::Degraded => "degraded",
            Self::Refused => "refused",
        }
    }
}

/// A state and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Standing {
    pub(crate) state: ObjectState,
    pub(crate) reason: &'static str,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Counted {
    /// A Gateway, a ListenerSet or a route.
    Object(Kind),
    /// A listener of either owner.
    Listener,
}

impl Counted {
    /// The API's own spelling.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Object(kind) => kind.as_str(),
            Self::Listener => "Listener",
        }
    }
}

/// How everything stands that has a judgement.
#[derive(Debug, Default)]
pub(crate) struct Census {
    /// Routes are many, so theirs are small.
    routes: BTreeMap<ObjectRef, Standing>,
    owners: BTreeMap<ObjectRef, Owner>,
}

/// A Gateway or a ListenerSet.
#[derive(Debug)]
struct Owner {
    standing: Standing,
    listeners: Box<[Standing]>,
    /// Whose load balancer serves its listeners.
    gateway: Option<ObjectKey>,
    /// Of its listeners' certificates the one that ends first.
    first: Option<SecretCertificate>,
}

/// Sums over all objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) standings: BTreeMap<(Counted, Standing), u64>,
    /// By namespace.
    pub(crate) tenants: BTreeMap<(Name, Counted, ObjectState), u64>,
    /// Of the certificates in Secrets that a Gateway's listeners serve with, or are to, the one that ends first.
    pub(crate) first_certificates: BTreeMap<ObjectKey, SecretCertificate>,
}

impl Census {
    /// Takes in how an object is judged now; `gateway` is the one whose listeners it has.
    pub(crate) fn take(
        &mut self,
        object: &ObjectRef,
        judgement: Option<&Judgement>,
        gateway: Option<ObjectKey>,
    ) {
        let owner = match judgement {
            Some(Judgement::Route(judged)) => {
                match route(judged) {
                    Some(standing) => self.routes.insert(object.clone(), standing),
                    None => self.routes.remove(object),
                };
                return;
            }
            Some(Judgement::Gateway(judged)) => {
                owner(self::gateway(judged), &judged.listeners, gateway)
            }
            Some(Judgement::ListenerSet(judged)) => {
                owner(listener_set(judged), &judged.listeners, gateway)
            }
            Some(Judgement::GatewayClass(_) | Judgement::Pod(_)) => return,
            None => {
                self.routes.remove(object);
                self.owners.remove(object);
                return;
            }
        };
        self.owners.insert(object.clone(), owner);
    }

    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for (route, standing) in &self.routes {
            tally.count(&route.key.namespace, Counted::Object(route.kind), *standing);
        }
        for (object, owner) in &self.owners {
            let namespace = &object.key.namespace;
            tally.count(namespace, Counted::Object(object.kind), owner.standing);
            for listener in &owner.listeners {
                tally.count(namespace, Counted::Listener, *listener);
            }
            if let (Some(gateway), Some(certificate)) = (&owner.gateway, &owner.first) {
                let first = tally.first_certificates.entry(gateway.clone());
                let first = first.or_insert_with(|| certificate.clone());
                if order(certificate) < order(first) {
                    *first = certificate.clone();
                }
            }
        }
        tally
    }
}

impl Tally {
    fn count(&mut self, namespace: &Name, counted: Counted, standing: Standing) {
        *self.standings.entry((counted, standing)).or_default() += 1;
        let tenant = (namespace.clone(), counted, standing.state);
        *self.tenants.entry(tenant).or_default() += 1;
    }
}

fn owner(standing: Standing, listeners: &[ListenerJudgement], gateway: Option<ObjectKey>) -> Owner {
    let certificates = listeners.iter().flat_map(|it| &it.certificates);
    Owner {
        standing,
        listeners: listeners.iter().map(listener).collect(),
        gateway,
        first: certificates.min_by_key(|it| order(it)).cloned(),
    }
}

/// The same one of several that end together, whatever came first.
fn order(certificate: &SecretCertificate) -> (i64, &ObjectKey) {
    (certificate.not_after.0, &certificate.secret)
}

const fn served(reason: &'static str) -> Standing {
    let state = ObjectState::Served;
    Standing { state, reason }
}

const fn pending(reason: &'static str) -> Standing {
    let state = ObjectState::Pending;
    Standing { state, reason }
}

const fn degraded(reason: &'static str) -> Standing {
    let state = ObjectState::Degraded;
    Standing { state, reason }
}

const fn refused(reason: &'static str) -> Standing {
    let state = ObjectState::Refused;
    Standing { state, reason }
}

const LEFT_ALONE: Standing = Standing {
    state: ObjectState::LeftAlone,
    reason: "LeftAlone",
};

fn gateway(judged: &GatewayJudgement) -> Standing {
    match &judged.acceptance {
        GatewayAcceptance::Accepted => {}
        GatewayAcceptance::InvalidParameters(_) => return refused("InvalidParameters"),
        GatewayAcceptance::UnsupportedAddress => return refused("UnsupportedAddress"),
        GatewayAcceptance::ClassMissing(_) => return refused("ClassMissing"),
        GatewayAcceptance::LeftAlone(_) | GatewayAcceptance::ClassServed(_) => return LEFT_ALONE,
    }
    match &judged.load_balancer {
        LoadBalancerJudgement::Unknown => pending("Unreported"),
        LoadBalancerJudgement::Pending(_) => pending("Pending"),
        LoadBalancerJudgement::Leaving(_) => pending("Leaving"),
        LoadBalancerJudgement::Failed(_) => refused("LoadBalancerFailed"),
        LoadBalancerJudgement::Ready if judged.unheard => degraded("Unheard"),
        LoadBalancerJudgement::Ready if !judged.problems.is_empty() => degraded("Degraded"),
        // Without own listeners, all that is served is of sets.
        LoadBalancerJudgement::Ready if judged.listeners.is_empty() => served("Programmed"),
        LoadBalancerJudgement::Ready => listeners(&judged.listeners),
    }
}

fn listener_set(judged: &ListenerSetJudgement) -> Standing {
    match judged.acceptance {
        ListenerSetAcceptance::Admitted => listeners(&judged.listeners),
        ListenerSetAcceptance::NotAllowed(_) => refused("NotAllowed"),
        ListenerSetAcceptance::ParentNotAccepted => refused("ParentNotAccepted"),
        ListenerSetAcceptance::ParentGone => refused("ParentGone"),
        ListenerSetAcceptance::LeftAlone => LEFT_ALONE,
    }
}

/// How an owner stands by its listeners.
fn listeners(listeners: &[ListenerJudgement]) -> Standing {
    let has = |standing| listeners.iter().any(|it| it.standing() == standing);
    let is_failing = has(Counts::NotValid) || has(Counts::PortUnavailable) || has(Counts::Refused);
    match (has(Counts::Served), is_failing, has(Counts::Awaited)) {
        (true, true, _) => degraded("ListenersNotValid"),
        (_, _, true) => pending("Pending"),
        (true, false, false) => served("Programmed"),
        (false, _, false) => refused("ListenersNotValid"),
    }
}

fn listener(judged: &ListenerJudgement) -> Standing {
    let programmed = match &judged.outcome {
        JudgedOutcome::Won(_) if judged.unusable_refs => return refused("UnresolvedRefs"),
        JudgedOutcome::Won(programmed) => programmed,
        JudgedOutcome::Conflicted(Conflict::Hostname, _) => return refused("HostnameConflict"),
        JudgedOutcome::Conflicted(Conflict::Protocol, _) => return refused("ProtocolConflict"),
        JudgedOutcome::UnsupportedProtocol => return refused("UnsupportedProtocol"),
        JudgedOutcome::Invalid { .. } => return refused("Invalid"),
    };
    match programmed {
        None => pending("Unreported"),
        Some(ProgrammedState::Pending(_)) => pending("Pending"),
        Some(ProgrammedState::Programmed) if !judged.unresolved_refs.is_empty() => {
            degraded("UnresolvedRefs")
        }
        Some(ProgrammedState::Programmed) if !judged.notes.is_empty() => degraded("Degraded"),
        Some(ProgrammedState::Programmed) => served("Programmed"),
        Some(ProgrammedState::TooManyListeners(_)) => refused("TooManyListeners"),
        Some(ProgrammedState::NoCertificate(_)) => refused("NoCertificate"),
        Some(ProgrammedState::Refused(_)) => refused("RefusedByAws"),
        Some(ProgrammedState::Impossible(_)) => refused("Impossible"),
        Some(ProgrammedState::PortUnavailable(_)) => refused("PortUnavailable"),
    }
}

/// Nothing of a route that has no parent of ours any more.
fn route(judged: &RouteJudgement) -> Option<Standing> {
    let parents = judged.parents.iter().map(parent);
    let (best, worst) = (parents.clone().min(), parents.max()?);
    // One that is served by a parent is served.
    if worst.state == ObjectState::Refused
        && best.is_some_and(|best| best.state != ObjectState::Refused)
    {
        return Some(degraded(worst.reason));
    }
    Some(worst)
}

fn parent(judged: &ParentJudgement) -> Standing {
    match judged.acceptance {
        RouteAcceptance::Accepted => {}
        RouteAcceptance::NoMatchingParent => return refused("NoMatchingParent"),
        RouteAcceptance::NotAllowedByListeners => return refused("NotAllowedByListeners"),
        RouteAcceptance::NoMatchingListenerHostname => {
            return refused("NoMatchingListenerHostname");
        }
        RouteAcceptance::UnsupportedValue => return refused("UnsupportedValue"),
        RouteAcceptance::IncompatibleFilters => return refused("IncompatibleFilters"),
    }
    if judged.serves_nothing {
        return refused("RulesRefused");
    }
    if !judged.unresolved_refs.is_empty() {
        return degraded("UnresolvedRefs");
    }
    if !judged.refused_rules.is_empty() {
        return degraded("RulesRefused");
    }
    if !judged.dropped_rules.is_empty() {
        return degraded("PartiallyInvalid");
    }
    if judged.shadowed {
        return degraded("Shadowed");
    }
    if !judged.degraded_rules.is_empty() {
        return degraded("Degraded");
    }
    if !judged.pending_rules.is_empty() {
        return pending("Pending");
    }
    served("Accepted")
}
