//! backendRefs: what they resolve to, and what becomes of those that do not (rule backend-refs).

use std::sync::Arc;

use tributary_model::desired::{DesiredAction, WeightedTargetGroup};
use tributary_model::elb::{
    MAX_TARGET_GROUPS_PER_ACTION, MAX_WEIGHT, ProtocolVersion, TargetProtocol, TargetType,
};
use tributary_model::resolved::{RefCause, UnresolvedRef};
use tributary_model::route::{BackendRef, Route, RouteRule};
use tributary_model::workload::{L4Protocol, Service, ServicePort, ServiceType};
use tributary_model::{Kind, Name, ObjectKey};

use crate::read::reader::Reader;
use crate::rules::grants::{self, Referrer};
use crate::rules::problem::Problem;
use crate::rules::target_groups::{self, Family};
use crate::values::facts::GatewayFacts;
use crate::values::target_group::TargetGroupTemplate;
use crate::values::words;

/// What one rule's backendRefs come to.
#[derive(Default)]
pub(crate) struct Backends {
    /// Distinct groups with their weights; empty when nothing can take traffic.
    pub(crate) targets: Vec<(Arc<TargetGroupTemplate>, u32)>,
    pub(crate) unresolved: Vec<UnresolvedRef>,
    /// What no ELB can do; the rule is left out.
    pub(crate) problems: Vec<Problem>,
    /// What of the groups is not as it was asked for.
    pub(crate) degraded: Vec<String>,
    /// A group speaks HTTP/2 or gRPC, which only HTTPS listeners forward.
    pub(crate) https_only: bool,
}

/// What the lookup of target groups depends on besides the route.
#[derive(Clone, Copy)]
pub(crate) struct BackendContext<'a> {
    pub(crate) key: &'a ObjectKey,
    pub(crate) gateway: &'a GatewayFacts,
    pub(crate) family: Family,
    pub(crate) default_type: TargetType,
}

/// Resolves a rule's backends.
pub(crate) fn resolve(
    reader: &mut Reader<'_>,
    context: BackendContext<'_>,
    route: &Route,
    index: usize,
    rule: &RouteRule,
) -> Backends {
    let mut backends = Backends::default();
    let mut valid: Vec<(Arc<TargetGroupTemplate>, u32)> = Vec::new();
    let mut invalid_weight: u32 = 0;
    for (place, backend) in rule.backend_refs.iter().enumerate() {
        let field = format!("rules[{index}].backendRefs[{place}]");
        if let Some(problem) = problem(&field, backend) {
            backends.problems.push(problem);
            continue;
        }
        match target_group(reader, context, route, backend) {
            Ok((spec, degraded)) => {
                add(&mut valid, spec, backend.weight);
                backends.degraded.extend(degraded);
            }
            Err((cause, message)) => {
                invalid_weight = invalid_weight.saturating_add(backend.weight);
                backends.unresolved.push(UnresolvedRef {
                    field,
                    cause,
                    message,
                });
            }
        }
    }
    // Nothing but invalid backends, or no weight at all, is a fixed answer and needs no target group.
    if !valid.iter().any(|(_, weight)| *weight > 0) {
        return backends;
    }
    if invalid_weight > 0 {
        let protocol = valid
            .first()
            .map_or(TargetProtocol::Http, |(spec, _)| spec.group.protocol);
        // An ELB cannot mix a fixed answer with forwarding. An empty group answers its share with 503: the
        // share fails as it must, though not by Gateway API's 500.
        add(
            &mut valid,
            Arc::new(target_groups::empty(protocol)),
            invalid_weight,
        );
    }
    backends.problems.extend(limits(index, &valid));
    backends.https_only = valid.iter().any(|(spec, _)| {
        matches!(
            spec.group.protocol_version,
            Some(ProtocolVersion::Http2 | ProtocolVersion::Grpc)
        )
    });
    backends.targets = valid;
    backends
}

/// The action for resolved backends; nothing when there is nobody to forward to.
pub(crate) fn forward(
    backends: &Backends,
    stickiness_seconds: Option<u32>,
) -> Option<DesiredAction> {
    if backends.targets.is_empty() {
        return None;
    }
    Some(DesiredAction::Forward {
        targets: backends
            .targets
            .iter()
            .map(|(spec, weight)| WeightedTargetGroup {
                target_group: spec.group.id.clone(),
                weight: *weight,
            })
            .collect(),
        stickiness_seconds,
    })
}

/// Two backendRefs to one group are one target with both weights: ELB refuses a group twice in an action.
fn add(
    targets: &mut Vec<(Arc<TargetGroupTemplate>, u32)>,
    spec: Arc<TargetGroupTemplate>,
    weight: u32,
) {
    match targets
        .iter_mut()
        .find(|(known, _)| known.group.id == spec.group.id)
    {
        Some((_, sum)) => *sum = sum.saturating_add(weight),
        None => targets.push((spec, weight)),
    }
}

fn problem(field: &str, backend: &BackendRef) -> Option<Problem> {
    if backend.weight > MAX_WEIGHT {
        return Some(Problem::unsupported(
            format!("{field}.weight"),
            format!("an ELB takes weights up to {MAX_WEIGHT}"),
        ));
    }
    (!backend.filters.is_empty()).then(|| {
        Problem::unsupported(
            format!("{field}.filters"),
            "an ELB has no filters for a single backend",
        )
    })
}

fn limits(index: usize, targets: &[(Arc<TargetGroupTemplate>, u32)]) -> Option<Problem> {
    let field = format!("rules[{index}].backendRefs");
    if targets.len() > MAX_TARGET_GROUPS_PER_ACTION {
        return Some(Problem::unsupported(
            field,
            format!("an ELB forwards to at most {MAX_TARGET_GROUPS_PER_ACTION} backends"),
        ));
    }
    targets
        .iter()
        .any(|(_, weight)| *weight > MAX_WEIGHT)
        .then(|| {
            Problem::unsupported(
                field,
                format!("the weights of one backend add up to more than {MAX_WEIGHT}"),
            )
        })
}

fn target_group(
    reader: &mut Reader<'_>,
    context: BackendContext<'_>,
    route: &Route,
    backend: &BackendRef,
) -> Result<(Arc<TargetGroupTemplate>, Vec<String>), (RefCause, String)> {
    let BackendRef {
        group,
        kind,
        namespace,
        name,
        port,
        weight: _,
        filters: _,
    } = backend;
    let home = &route.meta.key.namespace;
    let key = ObjectKey::new(
        Name::clone(namespace.as_ref().unwrap_or(home)),
        Name::clone(name),
    );
    let referrer = Referrer {
        kind: route.kind.kind(),
        namespace: home,
    };
    if !grants::permits(reader, referrer, group, kind, &key) {
        let message = format!(
            "no ReferenceGrant in namespace {} lets {} of namespace {home} refer to {kind} {name}",
            key.namespace,
            words::one(route.kind.kind()),
        );
        let message = reader.missing(Kind::ReferenceGrant, message);
        return Err((RefCause::RefNotPermitted, message));
    }
    if !group.is_empty() || kind != Kind::Service.as_str() {
        return Err((RefCause::InvalidKind, format!("{kind} {key} is no Service")));
    }
    let not_found = |message| Err((RefCause::BackendNotFound, message));
    let Some(service) = reader.service(&key) else {
        return not_found(reader.not_there(Kind::Service, &key));
    };
    if service.service_type == ServiceType::ExternalName {
        return not_found(format!(
            "Service {key} is of type ExternalName and has no endpoints"
        ));
    }
    let port = service_port(context.family, service, *port)?;
    let (spec, degraded) = target_groups::spec(
        reader,
        context.gateway,
        route,
        context.family,
        (service, port),
        context.default_type,
    );
    if target_groups::lacks_node_port(&spec) {
        return not_found(format!(
            "Service {key} has no node port for port {}, which target type instance needs",
            port.port
        ));
    }
    if target_groups::is_out_of_reach(&spec, context.gateway) {
        return not_found(format!(
            "the targets of Service {key} have IPv6 addresses, which need a load balancer of ipAddressType dualstack"
        ));
    }
    Ok((reader.shared(context.key, spec), degraded))
}

fn service_port(
    family: Family,
    service: &Service,
    number: Option<u16>,
) -> Result<&ServicePort, (RefCause, String)> {
    let key = &service.meta.key;
    let Some(number) = number else {
        return Err((
            RefCause::BackendNotFound,
            format!("a backendRef to Service {key} needs a port"),
        ));
    };
    let mut ports = service
        .ports
        .iter()
        .filter(|port| port.port == number)
        .peekable();
    if ports.peek().is_none() {
        return Err((
            RefCause::BackendNotFound,
            format!("Service {key} has no port {number}"),
        ));
    }
    let transport = family.transport();
    ports
        .find(|port| port.protocol == transport)
        .ok_or_else(|| {
            (
                RefCause::UnsupportedProtocol,
                format!(
                    "port {number} of Service {key} is not {}",
                    match family.transport() {
                        L4Protocol::Tcp => "TCP",
                        L4Protocol::Udp => "UDP",
                        L4Protocol::Sctp => "SCTP",
                    }
                ),
            )
        })
}
