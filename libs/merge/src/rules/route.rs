//! One route: what each parentRef gets, and what it brings to the ports it is served on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::elb::TargetType;
use tributary_model::resolved::{
    DroppedRule, Resolved, ResolvedParent, ResolvedRoute, RouteAcceptance, UnresolvedRef,
};
use tributary_model::route::Route;
use tributary_model::{Hostname, ListenerRef, ObjectKey, ObjectRef, RouteKind};

use crate::read::reader::Reader;
use crate::rules::alb::{self, PlacedRule, Translated};
use crate::rules::attachment::{self, Attachment, Parent};
use crate::rules::backends::BackendContext;
use crate::rules::nlb::{self, Forward};
use crate::rules::problem::Problem;
use crate::rules::target_groups::Family;

/// What is remembered of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RouteFacts {
    /// A [`Resolved::Route`] without `shadowed_by`, which the ports decide. Published as it is unless they do.
    pub(crate) resolved: Arc<Resolved>,
    /// By Gateway, port and listener, in that order. Usually one: a map would weigh a kilobyte.
    pub(crate) contributions: Vec<(Placement, Contribution)>,
}

/// Where a route is served.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Placement {
    pub(crate) gateway: ObjectKey,
    pub(crate) port: u16,
    pub(crate) listener: ListenerRef,
}

/// What a route brings to one listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Contribution {
    /// ALB rules.
    Rules {
        /// The listener's own.
        hostname: Option<Hostname>,
        rules: Vec<Arc<PlacedRule>>,
    },
    /// An NLB default action. Boxed: rules are what there are many of.
    Forward(Box<Forward>),
}

impl Contribution {
    /// Indexes of the route's rules in it.
    pub(crate) fn rules(&self) -> BTreeSet<usize> {
        match self {
            Self::Rules { rules, .. } => rules
                .iter()
                .filter_map(|placed| placed.rule.origin.as_ref())
                .map(|origin| origin.rule)
                .collect(),
            // Gateway API allows an L4 route one rule.
            Self::Forward(_) => BTreeSet::from([0]),
        }
    }
}

/// The facts of a route; nothing unless a parent is ours.
pub(crate) fn facts(
    reader: &mut Reader<'_>,
    route: &ObjectRef,
    default_type: TargetType,
) -> Option<RouteFacts> {
    let object = reader.route(route)?;
    let mut resolved = ResolvedRoute {
        route: route.clone(),
        generation: object.meta.generation,
        parents: Vec::with_capacity(object.parent_refs.len()),
        left_alone: Vec::new(),
    };
    let mut contributions = BTreeMap::new();
    for parent_ref in &object.parent_refs {
        let Some(parent) = attachment::attach(reader, object, parent_ref) else {
            if attachment::is_left_alone(reader, object, parent_ref) {
                resolved.left_alone.push(Arc::clone(parent_ref));
            }
            continue;
        };
        let judged = judge(reader, object, &parent, default_type);
        let attachments = match judged.acceptance {
            RouteAcceptance::Accepted => parent.attachments.as_slice(),
            _ => &[],
        };
        resolved.parents.push(ResolvedParent {
            parent_ref: Arc::clone(parent_ref),
            controller_name: parent.facts.controller_name.clone(),
            listeners: attachments
                .iter()
                .map(|attachment| attachment.listener.clone())
                .collect(),
            acceptance: judged.acceptance,
            unresolved_refs: judged.unresolved.into_iter().collect(),
            dropped_rules: judged.dropped.into_iter().collect(),
            degraded_rules: judged.degraded.into_iter().collect(),
            shadowed_by: None,
        });
        // Two parentRefs may reach one listener; it is served once.
        contributions.extend(judged.contributions);
    }
    (!resolved.parents.is_empty()).then(|| RouteFacts {
        resolved: Arc::new(Resolved::Route(resolved)),
        contributions: contributions.into_iter().collect(),
    })
}

/// One parentRef's part.
struct Judged {
    acceptance: RouteAcceptance,
    unresolved: BTreeSet<UnresolvedRef>,
    dropped: BTreeSet<DroppedRule>,
    degraded: BTreeSet<(usize, String)>,
    contributions: BTreeMap<Placement, Contribution>,
}

fn judge(
    reader: &mut Reader<'_>,
    route: &Route,
    parent: &Parent<'_>,
    default_type: TargetType,
) -> Judged {
    let mut judged = Judged {
        acceptance: parent.acceptance.clone(),
        unresolved: BTreeSet::new(),
        dropped: BTreeSet::new(),
        degraded: BTreeSet::new(),
        contributions: BTreeMap::new(),
    };
    let is_http = matches!(route.kind, RouteKind::Http | RouteKind::Grpc);
    let any_usable = if is_http {
        judge_http(reader, route, parent, default_type, &mut judged)
    } else {
        judge_l4(reader, route, parent, default_type, &mut judged)
    };
    if judged.acceptance == RouteAcceptance::Accepted && !any_usable && !judged.dropped.is_empty() {
        let incompatible = judged.dropped.iter().all(|dropped| dropped.incompatible);
        judged.acceptance = if incompatible {
            RouteAcceptance::IncompatibleFilters
        } else {
            RouteAcceptance::UnsupportedValue
        };
        judged.contributions.clear();
    }
    judged
}

/// Returns whether any rule is served anywhere, whether or not the listeners are.
fn judge_http(
    reader: &mut Reader<'_>,
    route: &Route,
    parent: &Parent<'_>,
    default_type: TargetType,
    judged: &mut Judged,
) -> bool {
    let family = match route.kind {
        RouteKind::Grpc => Family::Grpc,
        RouteKind::Http | RouteKind::Tcp | RouteKind::Udp | RouteKind::Tls => Family::Http,
    };
    let context = backend_context(parent, family, default_type);
    let mut translated = Vec::with_capacity(route.rules.len());
    for (index, rule) in route.rules.iter().enumerate() {
        let translation = alb::translate(reader, context, route, index, rule);
        // References are judged even where nothing is attached: the parent's ResolvedRefs says so.
        judged.unresolved.extend(translation.unresolved);
        judged.dropped.extend(translation.dropped);
        for what in translation.degraded {
            // What several rules have in common, a Service's settings, is told once, at the first.
            if !judged.degraded.iter().any(|(_, known)| *known == what) {
                judged.degraded.insert((index, what));
            }
        }
        translated.extend(translation.rule);
    }
    let mut any_usable = false;
    for attachment in &parent.attachments {
        let rules = place_all(route, &translated, attachment, &mut judged.dropped);
        any_usable |= !rules.is_empty();
        if attachment.served && !rules.is_empty() {
            judged.contributions.insert(
                placement(parent, attachment),
                Contribution::Rules {
                    hostname: attachment.entry.listener.hostname.clone(),
                    rules,
                },
            );
        }
    }
    any_usable
}

fn place_all(
    route: &Route,
    translated: &[Translated],
    attachment: &Attachment<'_>,
    dropped: &mut BTreeSet<DroppedRule>,
) -> Vec<Arc<PlacedRule>> {
    let attached = alb::AttachedListener {
        listener: &attachment.listener,
        protocol: &attachment.entry.listener.protocol,
        hosts: &attachment.hosts,
    };
    for (index, host) in route.hostnames.iter().enumerate() {
        let reached = attachment.hosts.contains(&Some(host.clone()));
        if let (true, Err(message)) = (reached, alb::form(host)) {
            // Told once, at the first rule; with the other hostnames every rule is served.
            let problem = Problem::unsupported(format!("hostnames[{index}]"), message);
            dropped.insert(problem.dropping(0));
        }
    }
    let mut placed = Vec::new();
    for rule in translated {
        let mut problems = Vec::new();
        placed.extend(alb::place(route, rule, attached, &mut problems));
        dropped.extend(
            problems
                .into_iter()
                .map(|problem| problem.dropping(rule.index)),
        );
    }
    placed
}

fn judge_l4(
    reader: &mut Reader<'_>,
    route: &Route,
    parent: &Parent<'_>,
    default_type: TargetType,
    judged: &mut Judged,
) -> bool {
    let mut by_family: BTreeMap<Family, Option<Forward>> = BTreeMap::new();
    // A route that reached nothing is judged for its references all the same.
    let own = match route.kind {
        RouteKind::Udp => Family::Udp,
        RouteKind::Http | RouteKind::Grpc | RouteKind::Tcp | RouteKind::Tls => Family::Tcp,
    };
    let families: BTreeSet<Family> = parent
        .attachments
        .iter()
        .map(|attachment| nlb::family(attachment.entry))
        .collect();
    let families = if families.is_empty() {
        BTreeSet::from([own])
    } else {
        families
    };
    for family in families {
        let translation =
            nlb::translate(reader, backend_context(parent, family, default_type), route);
        judged.unresolved.extend(translation.unresolved);
        judged.dropped.extend(translation.dropped);
        judged.degraded.extend(translation.degraded);
        by_family.insert(family, translation.forward);
    }
    let mut any_usable = false;
    for attachment in &parent.attachments {
        let Some(Some(forward)) = by_family.get(&nlb::family(attachment.entry)) else {
            continue;
        };
        any_usable = true;
        if attachment.served {
            judged.contributions.insert(
                placement(parent, attachment),
                Contribution::Forward(Box::new(forward.clone())),
            );
        }
    }
    any_usable
}

fn backend_context<'a>(
    parent: &'a Parent<'_>,
    family: Family,
    default_type: TargetType,
) -> BackendContext<'a> {
    BackendContext {
        key: parent.gateway,
        gateway: parent.facts,
        family,
        default_type,
    }
}

fn placement(parent: &Parent<'_>, attachment: &Attachment<'_>) -> Placement {
    Placement {
        gateway: parent.gateway.clone(),
        port: attachment.entry.listener.port,
        listener: attachment.listener.clone(),
    }
}

impl RouteFacts {
    /// The judgements of its parentRefs.
    pub(crate) fn parents(&self) -> &[ResolvedParent] {
        match self.resolved.as_ref() {
            Resolved::Route(route) => &route.parents,
            Resolved::GatewayClass(_) | Resolved::Gateway(_) | Resolved::ListenerSet(_) => &[],
        }
    }

    /// The listeners that it is attached to; facts may be absent.
    pub(crate) fn attached(facts: Option<&Arc<Self>>) -> BTreeSet<&ListenerRef> {
        facts
            .into_iter()
            .flat_map(|facts| facts.parents())
            .flat_map(|parent| &parent.listeners)
            .collect()
    }

    /// What it brings to ports; facts may be absent.
    pub(crate) fn brings(facts: Option<&Arc<Self>>) -> &[(Placement, Contribution)] {
        facts
            .map(|facts| facts.contributions.as_slice())
            .unwrap_or_default()
    }
}

/// What `these` brings to a placement.
pub(crate) fn brought<'a>(
    these: &'a [(Placement, Contribution)],
    placement: &Placement,
) -> Option<&'a Contribution> {
    these
        .binary_search_by(|(known, _)| known.cmp(placement))
        .ok()
        .and_then(|place| these.get(place))
        .map(|(_, contribution)| contribution)
}
