//! Target groups: matching those that are there, creating, adjusting, and their targets.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::config::HealthCheckSettings;
use tributary_model::desired::{DesiredTarget, DesiredTargetGroup, TargetGroupId};
use tributary_model::elb::{LoadBalancerKind, ProtocolVersion, TargetProtocol};

use crate::admission::{Admission, AdmittedTargetGroup};
use crate::input::PlanInput;
use crate::input::ours::target_groups;
use crate::input::target_group::{derived_name, is_named_for, is_same};
use crate::parts::builder::{PlanBuilder, retag};
use crate::parts::registered;
use crate::values::attributes::{self, Carrier};
use crate::values::observed::{ObservedTargetGroup, TargetState};
use crate::values::op::{Blame, Handle, Op, StepId, TARGETS_PER_CALL, Taggable, TargetGroupSpec};
use crate::values::tags;

/// The target groups of a plan.
#[derive(Debug, Default)]
pub(crate) struct TargetGroups<'a> {
    /// What each used target group is called.
    pub(crate) handles: BTreeMap<&'a TargetGroupId, Handle>,
    /// Those that stay, by ARN.
    pub(crate) kept: BTreeMap<&'a str, &'a DesiredTargetGroup>,
    /// Registrations with groups that have no target yet, by group: traffic that moves to one waits for them.
    pub(crate) registrations: BTreeMap<Handle, Vec<StepId>>,
    /// Deregistrations of targets that do not fit: whoever takes their group up waits for them.
    pub(crate) cleared: BTreeMap<Handle, Vec<StepId>>,
}

/// Creates and adjusts all that are used.
pub(crate) fn plan<'a>(
    input: &PlanInput<'a>,
    admission: &Admission<'a>,
    vpc: &str,
    builder: &mut PlanBuilder,
) -> TargetGroups<'a> {
    let mut groups = TargetGroups::default();
    let matched = matched(input, admission, vpc);
    let mut names: BTreeSet<&str> = target_groups(input.observed, input.ownership)
        .map(|(_, observed)| observed.name.as_str())
        .collect();
    for (id, group) in &admission.target_groups {
        let desired = group.desired;
        let handle = if let Some((arn, observed)) = matched.get(id) {
            let (registrations, deregistered) = adjust(input, group, arn, observed, builder);
            groups.kept.insert(arn, desired);
            let handle = Handle::Existing((*arn).to_owned());
            let mut states = observed.targets.values();
            if !states.any(TargetState::is_registered) {
                groups.registrations.insert(handle.clone(), registrations);
            }
            if !group.left_out.is_empty() {
                groups.cleared.insert(handle.clone(), deregistered);
            }
            handle
        } else {
            let name = match &desired.name {
                Some(asked) if names.insert(asked) => asked.clone(),
                Some(_) | None => derived_name(input, desired),
            };
            let blame = group.blame();
            let handle = create(input, group, name, vpc, &blame, builder);
            let targets: Vec<&DesiredTarget> = group.targets().collect();
            let registrations = register(&handle, vpc, &targets, &blame, builder);
            groups.registrations.insert(handle.clone(), registrations);
            handle
        };
        groups.handles.insert(id, handle);
    }
    groups
}

/// Each used target group with the observed one that it is: the same identity, nothing different that
/// cannot be changed in place, and attached to this load balancer or free and made for it (AWS: one group serves one).
fn matched<'a>(
    input: &PlanInput<'a>,
    admission: &Admission<'a>,
    vpc: &str,
) -> BTreeMap<&'a TargetGroupId, (&'a str, &'a ObservedTargetGroup)> {
    let mut by_resource: BTreeMap<&str, Vec<(&str, &ObservedTargetGroup)>> = BTreeMap::new();
    for (arn, observed) in target_groups(input.observed, input.ownership) {
        if let Some(resource) = input.ownership.resource(&observed.tags) {
            by_resource
                .entry(resource)
                .or_default()
                .push((arn, observed));
        }
    }
    let current = input.current.map(|current| current.arn);
    let mut matched = BTreeMap::new();
    for (id, AdmittedTargetGroup { desired, .. }) in &admission.target_groups {
        let resource = tags::tag_value(&id.0);
        let found = by_resource
            .get(resource.as_str())
            .into_iter()
            .flatten()
            .filter(|(_, it)| {
                it.vpc == vpc
                    && is_same(input, desired, it)
                    && it
                        .load_balancers
                        .iter()
                        .all(|arn| Some(arn.as_str()) == current)
                    && (!it.load_balancers.is_empty() || is_named_for(input, desired, it))
            })
            .min_by_key(|(arn, it)| (it.load_balancers.is_empty(), *arn));
        if let Some(found) = found {
            matched.insert(*id, *found);
        }
    }
    matched
}

fn create(
    input: &PlanInput,
    group: &AdmittedTargetGroup,
    name: String,
    vpc: &str,
    blame: &Blame,
    builder: &mut PlanBuilder,
) -> Handle {
    let desired = group.desired;
    let spec = TargetGroupSpec {
        name: name.clone(),
        vpc: vpc.to_owned(),
        protocol: desired.protocol,
        protocol_version: desired.protocol_version,
        port: desired.port,
        target_type: desired.target_type,
        ip_address_type: desired.ip_address_type,
        health_check: health_check(input.key().kind, desired),
        tags: wanted_tags(input, group, None),
    };
    let op = Op::CreateTargetGroup(Box::new(spec));
    let handle = builder.create(op, name, blame.clone());
    let attributes = attributes::for_new(Carrier::TargetGroup, &desired.attributes);
    set_attributes(handle.clone(), attributes, blame, builder);
    handle
}

fn adjust(
    input: &PlanInput,
    group: &AdmittedTargetGroup,
    arn: &str,
    observed: &ObservedTargetGroup,
    builder: &mut PlanBuilder,
) -> (Vec<StepId>, Vec<StepId>) {
    let desired = group.desired;
    let blame = &group.blame();
    let handle = Handle::Existing(arn.to_owned());
    let wanted = health_check(input.key().kind, desired);
    if !covers(&wanted, &observed.health_check) {
        let op = Op::ModifyTargetGroup {
            target_group: arn.to_owned(),
            health_check: wanted,
        };
        builder.add(op, blame.clone());
    }
    let attributes = attributes::changes(
        Carrier::TargetGroup,
        &desired.attributes,
        &observed.attributes,
        &observed.tags,
    );
    set_attributes(handle.clone(), attributes, blame, builder);
    let tags = wanted_tags(input, group, Some(observed));
    let remembered = retag(
        Taggable::Elb(arn.to_owned()),
        &tags,
        &observed.tags,
        blame,
        builder,
    );
    let is_registered = |target: &&DesiredTarget| observed.has_registered(target);
    let missing: Vec<&DesiredTarget> = group
        .targets()
        .filter(|target| !is_registered(target))
        .collect();
    let registrations = register(&handle, &observed.vpc, &missing, blame, builder);
    if desired.multi_cluster {
        // A target that is ours and not remembered would never go.
        for registration in &registrations {
            for step in &remembered {
                builder.following(*registration, *step);
            }
        }
    }
    let surplus: Vec<&DesiredTarget> = observed
        .targets
        .keys()
        .filter(|target| is_registered(target) && !group.has(target))
        .filter(|target| registered::is_ours(group, &observed.tags, target))
        .collect();
    let mut deregistered = Vec::new();
    for batch in surplus.chunks(TARGETS_PER_CALL) {
        let op = Op::DeregisterTargets {
            target_group: arn.to_owned(),
            targets: batch.iter().copied().cloned().collect(),
        };
        let step = builder.add(op, blame.clone());
        // Those that come first: a group is never empty because its successors were refused.
        for registration in &registrations {
            builder.after(step, *registration);
        }
        deregistered.push(step);
    }
    (registrations, deregistered)
}

fn register(
    target_group: &Handle,
    vpc: &str,
    missing: &[&DesiredTarget],
    blame: &Blame,
    builder: &mut PlanBuilder,
) -> Vec<StepId> {
    missing
        .chunks(TARGETS_PER_CALL)
        .map(|batch| {
            let op = Op::RegisterTargets {
                target_group: target_group.clone(),
                vpc: vpc.to_owned(),
                targets: batch.iter().copied().cloned().collect(),
            };
            builder.add(op, blame.clone())
        })
        .collect()
}

fn set_attributes(
    target_group: Handle,
    attributes: BTreeMap<String, String>,
    blame: &Blame,
    builder: &mut PlanBuilder,
) {
    if attributes.is_empty() {
        return;
    }
    let op = Op::ModifyTargetGroupAttributes {
        target_group,
        attributes,
    };
    builder.add(op, blame.clone());
}

fn wanted_tags(
    input: &PlanInput,
    group: &AdmittedTargetGroup,
    observed: Option<&ObservedTargetGroup>,
) -> crate::values::tags::Tags {
    let desired = group.desired;
    let tags = observed.map(|it| &it.tags);
    let mut wanted = input.tags(&desired.id.0, &desired.tags, &desired.attributes, tags);
    wanted.extend(registered::tags(group, observed));
    wanted
}

/// What was asked for, the rest as the AWS Load Balancer Controller has it by default: every 15 s, 5 s to answer, 3 times,
/// the protocol of an ALB's target group. The defaults are sent, so that a field that is no longer asked for goes back.
fn health_check(kind: LoadBalancerKind, desired: &DesiredTargetGroup) -> HealthCheckSettings {
    let asked = &desired.health_check;
    let is_grpc = desired.protocol_version == Some(ProtocolVersion::Grpc);
    let protocol = asked.protocol.unwrap_or(match kind {
        LoadBalancerKind::Alb => desired.protocol,
        LoadBalancerKind::Nlb => TargetProtocol::Tcp,
    });
    let is_http = matches!(protocol, TargetProtocol::Http | TargetProtocol::Https);
    let path = if is_grpc { "/AWS.ALB/healthcheck" } else { "/" };
    let interval = asked.interval_seconds.unwrap_or(15);
    // AWS: the answer has to come within the interval.
    let timeout = interval.saturating_sub(1).clamp(2, 5);
    let default_codes = |wanted: bool, codes: &str| wanted.then(|| codes.to_owned());
    HealthCheckSettings {
        healthy_threshold: Some(asked.healthy_threshold.unwrap_or(3)),
        interval_seconds: Some(interval),
        path: is_http.then(|| asked.path.clone().unwrap_or_else(|| path.to_owned())),
        port: Some(
            asked
                .port
                .clone()
                .unwrap_or_else(|| "traffic-port".to_owned()),
        ),
        protocol: Some(protocol),
        timeout_seconds: Some(asked.timeout_seconds.unwrap_or(timeout)),
        unhealthy_threshold: Some(asked.unhealthy_threshold.unwrap_or(3)),
        http_codes: match &asked.http_codes {
            Some(codes) if !is_grpc && is_http => Some(codes.clone()),
            Some(_) | None => default_codes(is_http && !is_grpc, "200-399"),
        },
        grpc_codes: match &asked.grpc_codes {
            Some(codes) if is_grpc => Some(codes.clone()),
            Some(_) | None => default_codes(is_grpc, "12"),
        },
    }
}

/// Whether every given field is as observed.
fn covers(wanted: &HealthCheckSettings, observed: &HealthCheckSettings) -> bool {
    fn same<T: PartialEq>(wanted: Option<&T>, observed: Option<&T>) -> bool {
        wanted.is_none() || wanted == observed
    }
    let HealthCheckSettings {
        healthy_threshold,
        interval_seconds,
        path,
        port,
        protocol,
        timeout_seconds,
        unhealthy_threshold,
        http_codes,
        grpc_codes,
    } = wanted;
    same(
        healthy_threshold.as_ref(),
        observed.healthy_threshold.as_ref(),
    ) && same(
        interval_seconds.as_ref(),
        observed.interval_seconds.as_ref(),
    ) && same(path.as_ref(), observed.path.as_ref())
        && same(port.as_ref(), observed.port.as_ref())
        && same(protocol.as_ref(), observed.protocol.as_ref())
        && same(timeout_seconds.as_ref(), observed.timeout_seconds.as_ref())
        && same(
            unhealthy_threshold.as_ref(),
            observed.unhealthy_threshold.as_ref(),
        )
        && same(http_codes.as_ref(), observed.http_codes.as_ref())
        && same(grpc_codes.as_ref(), observed.grpc_codes.as_ref())
}

#[cfg(test)]
mod tests;
