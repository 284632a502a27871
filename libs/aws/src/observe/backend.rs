//! The way from a load balancer to its targets.
//!
//! ```text
//! backend groups (by tags, or the one that is named) ┐
//! rules of ours, by their tags ──────────────────────┼──> Backend
//! targets ──> network interfaces ──> their groups ───┘
//! ```
//!
//! What cannot be read here concerns the targets that it is about. It is remembered as such, and no gap of the observation.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use tributary_model::desired::{DesiredLoadBalancer, TargetId};
use tributary_plan::backend::is_wanted;
use tributary_plan::limits::BackendGroups;
use tributary_plan::observed::{
    Backend, BackendGroup, Door, ObservedInterface, ObservedSecurityGroup, ObservedTargetGroup,
    Opening, Seen,
};
use tributary_plan::op::{IngressRule, IngressSource};
use tributary_plan::tags::{self, Tags};

use super::{Environment, Gaps};

mod again;

pub(crate) use again::openings;
pub use again::{Wanting, look_again, timed_out, wanting};

use crate::Aws;
use crate::ec2::{Interface, InterfaceFilter, RuleFilter, SecurityGroupFilter, SharedRule};
use crate::elbv2::{Answer, Found};
use crate::error::{AwsError, Class};
use crate::known::Known;

/// What load balancers share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    groups: Seen<BTreeMap<String, BackendGroup>>,
    rules: Seen<Found<SharedRule>>,
}

/// Backend groups, and the rules that this installation made. A removal must know the rules: for it, what may be read the next
/// time is a gap.
pub(super) async fn shared(
    aws: &Aws,
    environment: &Environment,
    desired: Option<&DesiredLoadBalancer>,
    gaps: &Gaps,
) -> Shared {
    let Some(filter) = group_filter(environment) else {
        return Shared::default();
    };
    let (groups, rules) = tokio::join!(shared_groups(aws, &filter), our_rules(aws, environment));
    if let (Err(error), None) = (&rules, desired)
        && error.class != Class::Permanent
    {
        gaps.note("rules of targets' security groups", rules.clone());
    }
    Shared {
        groups,
        rules: seen(rules),
    }
}

/// How the backend groups are found; none where there are to be none.
fn group_filter(environment: &Environment) -> Option<SecurityGroupFilter> {
    match &environment.backend {
        BackendGroups::Off => None,
        BackendGroups::Shared => {
            let tags = tags::backend_group(&environment.cluster);
            Some(SecurityGroupFilter::Tags(tags))
        }
        BackendGroups::Named(id) => Some(SecurityGroupFilter::Ids(BTreeSet::from([id.clone()]))),
    }
}

async fn shared_groups(
    aws: &Aws,
    filter: &SecurityGroupFilter,
) -> Seen<BTreeMap<String, BackendGroup>> {
    let groups = aws.ec2.security_groups(filter).await.map(|groups| {
        let groups = groups.into_iter();
        let shared = groups.map(|(id, group)| {
            let ObservedSecurityGroup { vpc, tags, .. } = group;
            (id, BackendGroup { vpc, tags })
        });
        shared.collect()
    });
    seen(groups)
}

async fn our_rules(aws: &Aws, environment: &Environment) -> Answer<Found<SharedRule>> {
    let tags = tags::shared_rule(&environment.cluster, &environment.installation);
    aws.ec2.shared_rules(&RuleFilter::Tags(tags)).await
}

/// All of it, from what is shared and for the targets that are wanted or there.
pub(super) async fn look(
    aws: &Aws,
    environment: &Environment,
    desired: Option<&DesiredLoadBalancer>,
    target_groups: &Found<ObservedTargetGroup>,
    shared: Shared,
) -> Backend {
    let Shared { groups, rules } = shared;
    let mut backend = Backend {
        groups,
        ..Backend::default()
    };
    let wanted = wanted(environment, desired);
    let mut looked_for = wanted.clone();
    if !wanted.is_empty() {
        let there = target_groups.values().flat_map(|it| it.targets.keys());
        looked_for.extend(there.map(|target| target.id.clone()));
    }
    reach(aws, environment, looked_for, BTreeSet::new(), &mut backend).await;
    backend
        .interfaces
        .retain(|target, found| stays(target, found, &wanted));
    overlay(rules, &mut backend);
    backend
}

/// That nothing was found is remembered as long as the target is wanted, so that not every change asks for it. One that drains
/// may have lost its interface already, and its address be another pod's tomorrow.
fn stays(
    target: &TargetId,
    found: &Seen<Vec<ObservedInterface>>,
    wanted: &BTreeSet<TargetId>,
) -> bool {
    wanted.contains(target) || !found.known().is_some_and(Vec::is_empty)
}

/// Looks for the network interfaces of targets that are new since the last look: a few calls for all of them, none where
/// there are none. A target whose interface was not found is for [`look_again`].
pub(super) async fn refresh_targets(
    aws: &Aws,
    environment: &Environment,
    known: &mut Known,
    desired: Option<&DesiredLoadBalancer>,
) {
    let mut new = wanted(environment, desired);
    let interfaces = &mut known.observed_mut().backend.interfaces;
    interfaces.retain(|target, found| stays(target, found, &new));
    new.retain(|target| !interfaces.contains_key(target));
    if new.is_empty() {
        return;
    }
    let mut backend = known.observed().backend.clone();
    let before: BTreeSet<String> = backend.doors.keys().cloned().collect();
    reach(aws, environment, new, BTreeSet::new(), &mut backend).await;
    if backend.doors.keys().any(|group| !before.contains(group)) {
        overlay(seen(our_rules(aws, environment).await), &mut backend);
    }
    known.observed_mut().backend = backend;
}

fn wanted(environment: &Environment, desired: Option<&DesiredLoadBalancer>) -> BTreeSet<TargetId> {
    let is_on = match environment.backend {
        BackendGroups::Off => false,
        BackendGroups::Shared | BackendGroups::Named(_) => true,
    };
    let desired = desired.filter(|desired| is_on && is_wanted(desired));
    let groups = desired.into_iter().flat_map(|it| it.target_groups.values());
    groups
        .flat_map(|group| group.targets.iter())
        .map(|target| target.id.clone())
        .collect()
}

/// Interfaces of these targets, and their security groups, those `doors` among them.
async fn reach(
    aws: &Aws,
    environment: &Environment,
    targets: BTreeSet<TargetId>,
    mut doors: BTreeSet<String>,
    backend: &mut Backend,
) {
    let vpc = environment.vpc.as_deref();
    let mut addresses = BTreeSet::new();
    let mut instances = BTreeSet::new();
    for target in &targets {
        match target {
            TargetId::Ip(address) => {
                addresses.insert(*address);
            }
            TargetId::Instance(id) => {
                instances.insert(id.clone());
            }
        }
    }
    let by_address = async {
        if addresses.is_empty() {
            return Ok(ByAddress::default());
        }
        let filter = InterfaceFilter::Addresses(addresses.clone());
        let mut found = aws.ec2.interfaces(&filter, vpc).await?;
        let there: BTreeSet<&IpAddr> = found.iter().flat_map(|it| &it.addresses).collect();
        let rest = addresses.iter().filter(|it| !there.contains(it));
        let rest: BTreeSet<IpAddr> = rest.copied().collect();
        let mut unread = None;
        if !rest.is_empty() {
            match aws.index.prefixed_interfaces(aws, vpc, &rest).await {
                Ok(prefixed) => found.extend(prefixed.iter().cloned()),
                Err(error) => unread = Some(error),
            }
        }
        Ok(ByAddress { found, unread })
    };
    let by_instance = async {
        if instances.is_empty() {
            return Ok(Vec::new());
        }
        let filter = InterfaceFilter::Instances(instances.clone());
        aws.ec2.interfaces(&filter, vpc).await
    };
    let (by_address, by_instance) = tokio::join!(by_address, by_instance);
    for target in targets {
        let of_target = |found: &Vec<Interface>| -> Vec<ObservedInterface> {
            let of_target = found.iter().filter(|it| is_of(it, &target));
            of_target.map(|it| it.observed.clone()).collect()
        };
        let found = match &target {
            TargetId::Instance(_) => by_instance.as_ref().map(of_target),
            TargetId::Ip(_) => by_address.as_ref().and_then(|ByAddress { found, unread }| {
                match (of_target(found), unread) {
                    (none, Some(error)) if none.is_empty() => Err(error),
                    (found, _) => Ok(found),
                }
            }),
        };
        let found = seen(found.map_err(Clone::clone));
        backend.interfaces.insert(target, found);
    }
    let interfaces = backend.interfaces.values().filter_map(Seen::known);
    let groups = interfaces.flatten().flat_map(|it| &it.groups);
    let new = groups.filter(|group| !backend.doors.contains_key(*group));
    doors.extend(new.cloned());
    read_doors(aws, doors, backend).await;
}

/// Interfaces with some of the addresses; and why those with prefixes could not be looked through for the rest.
#[derive(Default)]
struct ByAddress {
    found: Vec<Interface>,
    unread: Option<AwsError>,
}

fn is_of(interface: &Interface, target: &TargetId) -> bool {
    match target {
        TargetId::Ip(address) => {
            interface.addresses.contains(address)
                || interface.prefixes.iter().any(|it| it.contains(address))
        }
        TargetId::Instance(id) => interface.instance.as_ref() == Some(id),
    }
}

async fn read_doors(aws: &Aws, groups: BTreeSet<String>, backend: &mut Backend) {
    if groups.is_empty() {
        return;
    }
    let filter = SecurityGroupFilter::Ids(groups.clone());
    match aws.ec2.security_groups(&filter).await {
        Ok(found) => {
            let doors = found.into_iter();
            let doors = doors.map(|(id, group)| (id, Seen::Known(door(group))));
            backend.doors.extend(doors);
        }
        Err(error) => {
            let unknown = groups.into_iter();
            let unknown = unknown.map(|id| (id, Seen::Unknown(error.to_string())));
            backend.doors.extend(unknown);
        }
    }
}

/// Its rules as if all were somebody else's.
fn door(group: ObservedSecurityGroup) -> Door {
    let rules = group.ingress.into_iter();
    let rules = rules.filter_map(|IngressRule { source, traffic }| match source {
        IngressSource::Group(source) => Some(Opening { source, traffic }),
        IngressSource::Ipv4(_) | IngressSource::Ipv6(_) | IngressSource::PrefixList(_) => None,
    });
    Door {
        tags: group.tags,
        rules: rules.map(|opening| (opening, Tags::new())).collect(),
    }
}

/// Whose which rule is; and rules of ours in groups that no target has any more. Those that were ours before and are not
/// among these are gone.
fn overlay(rules: Seen<Found<SharedRule>>, backend: &mut Backend) {
    let rules = match rules {
        Seen::Known(rules) => rules,
        Seen::Unknown(why) => {
            backend.unread_rules = Some(why);
            return;
        }
    };
    backend.unread_rules = None;
    for door in backend.doors.values_mut().filter_map(Seen::known_mut) {
        door.rules.retain(|_, tags| tags.is_empty());
    }
    for rule in rules.into_values() {
        let SharedRule {
            group,
            opening,
            tags,
        } = rule;
        let door = backend.doors.entry(group).or_default();
        if let Some(door) = door.known_mut() {
            door.rules.insert(opening, tags);
        }
    }
}

fn seen<T>(answer: Answer<T>) -> Seen<T> {
    match answer {
        Ok(value) => Seen::Known(value),
        Err(error) => Seen::Unknown(error.to_string()),
    }
}
