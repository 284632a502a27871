//! TCP, UDP and TLS routes → the default action of an NLB listener.
//!
//! An NLB listener has no rules: one port has one default action, so one route. Of the routes on one
//! listener the oldest is served (rule oldest-l4-route); of the listeners on one port the highest in
//! precedence that has a route. The others are accepted, counted, and told that they are shadowed.
//!
//! TCP and UDP on one port are one `TCP_UDP` listener with one default action for both. So both are served
//! exactly when their routes want the same `TCP_UDP` target groups (see `target_groups`), or there is one
//! such route or none. Where they do not, the higher listener keeps the port to itself as a plain TCP or UDP
//! listener, whether or not a route has come to it yet (rule tcp-and-udp): a tenant who adds the other
//! protocol with another Service changes nothing for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use tributary_model::desired::{DesiredAction, WeightedTargetGroup};
use tributary_model::elb::{ElbProtocol, TargetProtocol};
use tributary_model::listener::{Protocol, TlsMode};
use tributary_model::resolved::{DroppedRule, UnresolvedRef};
use tributary_model::route::Route;
use tributary_model::{ListenerRef, ObjectRef, RouteKind};

use crate::read::reader::Reader;
use crate::rules::backends::{self, BackendContext};
use crate::rules::problem::Problem;
use crate::rules::target_groups::{self, Family};
use crate::values::facts::{ListenerFacts, Member};
use crate::values::order::Age;
use crate::values::target_group::TargetGroupTemplate;
use crate::values::wire::WireClass;

/// What one route wants of an NLB listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Forward {
    pub(crate) route: ObjectRef,
    pub(crate) order: ForwardOrder,
    /// Nothing when no backend can take traffic.
    pub(crate) action: Option<DesiredAction>,
    pub(crate) groups: Arc<[Arc<TargetGroupTemplate>]>,
}

/// Which of two routes on one listener is served; lower is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ForwardOrder {
    age: Age,
    kind: RouteKind,
}

/// What became of a route on one kind of listener.
pub(crate) struct Translation {
    /// Nothing when no rule can be served.
    pub(crate) forward: Option<Forward>,
    pub(crate) dropped: Vec<DroppedRule>,
    /// What of the rule that is served is not as it was asked for.
    pub(crate) degraded: Vec<(usize, String)>,
    pub(crate) unresolved: Vec<UnresolvedRef>,
}

/// The decision for one port.
pub(crate) struct Decision<'a> {
    pub(crate) protocol: ElbProtocol,
    pub(crate) action: DesiredAction,
    pub(crate) groups: Vec<Arc<TargetGroupTemplate>>,
    /// Members that the ELB listener serves.
    pub(crate) members: Vec<&'a Member>,
    /// The route that has the traffic, if any.
    pub(crate) served: Option<&'a Forward>,
}

/// What stands in front of the target groups of this listener.
pub(crate) fn family(entry: &ListenerFacts) -> Family {
    let passes_through = entry
        .listener
        .tls
        .as_ref()
        .is_some_and(|tls| tls.mode == TlsMode::Passthrough);
    match entry.listener.protocol {
        Protocol::Http | Protocol::Https => Family::Http,
        Protocol::Udp => Family::Udp,
        Protocol::Tls if !passes_through => Family::Tls,
        Protocol::Tls => Family::Passthrough,
        Protocol::Tcp | Protocol::Other(_) => Family::Tcp,
    }
}

/// Translates a route. Without matches there is nothing to choose by: the first rule counts.
pub(crate) fn translate(
    reader: &mut Reader<'_>,
    context: BackendContext<'_>,
    route: &Route,
) -> Translation {
    let mut dropped: Vec<DroppedRule> = (1..route.rules.len())
        .map(|index| {
            Problem::unsupported(
                format!("rules[{index}]"),
                "an NLB listener takes one rule, the route's first",
            )
            .dropping(index)
        })
        .collect();
    let Some(rule) = route.rules.first() else {
        return Translation {
            forward: None,
            dropped,
            degraded: Vec::new(),
            unresolved: Vec::new(),
        };
    };
    let backends = backends::resolve(reader, context, route, 0, rule);
    let unsupported = rule.unsupported.iter().map(|feature| {
        Problem::unsupported(
            format!("rules[0].{feature}"),
            format!("an NLB has no {feature} for a rule"),
        )
    });
    let problems: Vec<DroppedRule> = unsupported
        .chain(backends.problems.iter().cloned())
        .map(|problem| problem.dropping(0))
        .collect();
    let forward = problems.is_empty().then(|| Forward {
        route: ObjectRef::new(route.kind.kind(), route.meta.key.clone()),
        order: ForwardOrder {
            age: Age {
                created: route.meta.created,
                key: route.meta.key.clone(),
            },
            kind: route.kind,
        },
        action: backends::forward(&backends, None),
        groups: backends
            .targets
            .iter()
            .map(|(spec, _)| Arc::clone(spec))
            .collect(),
    });
    dropped.splice(0..0, problems);
    let degraded = backends.degraded.into_iter().filter(|_| forward.is_some());
    Translation {
        degraded: degraded.map(|what| (0, what)).collect(),
        forward,
        dropped,
        unresolved: backends.unresolved,
    }
}

/// Decides a port. Members come highest precedence first, each with its strongest route.
pub(crate) fn decide<'a>(members: &[(&'a Member, Option<&'a Forward>)]) -> Option<Decision<'a>> {
    let classes: BTreeSet<WireClass> = members.iter().map(|(member, _)| member.class).collect();
    let mixed = classes.contains(&WireClass::Tcp) && classes.contains(&WireClass::Udp);
    let shared = mixed && serve_both(members.iter().filter_map(|(_, forward)| *forward));
    let class = members.first()?.0.class;
    let protocol = if shared {
        ElbProtocol::TcpUdp
    } else {
        elb_protocol(class)
    };
    let served = || {
        members
            .iter()
            .filter(|(member, _)| shared || member.class == class)
    };
    let winner = served().find_map(|(_, forward)| *forward);
    let (action, groups) = match winner.and_then(|forward| {
        forward
            .action
            .clone()
            .map(|action| (action, forward.groups.to_vec()))
    }) {
        Some(decided) => decided,
        None => nowhere(protocol),
    };
    Some(Decision {
        protocol,
        action,
        groups,
        members: served().map(|(member, _)| *member).collect(),
        served: winner,
    })
}

/// Whether one default action for TCP and UDP does what all of these want.
fn serve_both<'a>(mut forwards: impl Iterator<Item = &'a Forward>) -> bool {
    let Some(first) = forwards.next() else {
        return true;
    };
    let for_both = first
        .groups
        .iter()
        .all(|spec| spec.group.protocol == TargetProtocol::TcpUdp);
    for_both && forwards.all(|forward| forward.action == first.action)
}

/// Whether a route has its listener's traffic: it is the served one, or wants the very same on the other
/// protocol of a shared port.
pub(crate) fn is_served(
    decision: &Decision<'_>,
    listener: &ListenerRef,
    strongest: bool,
    forward: &Forward,
) -> bool {
    let Some(served) = decision.served else {
        return false;
    };
    let reached = decision
        .members
        .iter()
        .any(|member| member.core.listener == *listener);
    reached && (served.route == forward.route || (strongest && served.action == forward.action))
}

/// The default action without a route: an NLB listener must forward somewhere.
fn nowhere(protocol: ElbProtocol) -> (DesiredAction, Vec<Arc<TargetGroupTemplate>>) {
    let spec = target_groups::empty(match protocol {
        ElbProtocol::Http => TargetProtocol::Http,
        ElbProtocol::Https => TargetProtocol::Https,
        ElbProtocol::Tcp | ElbProtocol::Tls => TargetProtocol::Tcp,
        ElbProtocol::Udp => TargetProtocol::Udp,
        ElbProtocol::TcpUdp => TargetProtocol::TcpUdp,
    });
    let action = DesiredAction::Forward {
        targets: vec![WeightedTargetGroup {
            target_group: spec.group.id.clone(),
            weight: 1,
        }],
        stickiness_seconds: None,
    };
    (action, vec![Arc::new(spec)])
}

/// The ELB protocol of one class alone.
pub(crate) fn elb_protocol(class: WireClass) -> ElbProtocol {
    match class {
        WireClass::Http => ElbProtocol::Http,
        WireClass::Https => ElbProtocol::Https,
        WireClass::TlsTerminate => ElbProtocol::Tls,
        WireClass::TlsPassthrough | WireClass::Tcp => ElbProtocol::Tcp,
        WireClass::Udp => ElbProtocol::Udp,
    }
}
