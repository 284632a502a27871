//! From a target to the security group that has to let the load balancer in; and for which targets nobody can say it.

use std::collections::BTreeSet;

use tributary_model::desired::TargetId;

use crate::values::observed::{Backend, Observed, ObservedInterface, Seen};

/// What leads from a target to its security group.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) backend: &'a Backend,
    pub(super) cluster: &'a str,
}

/// Those of the targets that statuses tell as not opened, since their network interface or its security group is not known, is
/// not there, or is one of several. Of a load balancer that is not there yet nothing is told.
pub fn unopened<'t>(
    observed: &Observed,
    cluster: &str,
    targets: impl Iterator<Item = &'t TargetId>,
) -> BTreeSet<TargetId> {
    let load_balancers = observed.load_balancers.values();
    let vpcs: BTreeSet<&str> = load_balancers.map(|it| it.vpc.as_str()).collect();
    let way = Way {
        backend: &observed.backend,
        cluster,
    };
    // One that replaces another may be in another VPC.
    let is_open = |target: &TargetId| vpcs.iter().any(|vpc| door_of(way, vpc, target).is_ok());
    let targets = targets.filter(|target| !vpcs.is_empty() && !is_open(target));
    targets.cloned().collect()
}

/// The security group that has to let the load balancer in to a target, or why there is none.
pub(super) fn door_of<'a>(way: Way<'a>, vpc: &str, target: &TargetId) -> Result<&'a str, String> {
    let interfaces = match way.backend.interfaces.get(target) {
        Some(Seen::Known(interfaces)) => interfaces,
        Some(Seen::Unknown(why)) => {
            return Err(format!(
                "the network interface could not be looked for: {why}"
            ));
        }
        None => return Err("the network interface was not looked for yet".to_owned()),
    };
    let Some(interface) = interfaces.iter().find(|it| it.vpc == vpc) else {
        return Err(match target {
            TargetId::Ip(_) => format!("no network interface in {vpc} has the address"),
            TargetId::Instance(_) => {
                format!("the instance has no first network interface in {vpc}")
            }
        });
    };
    let group = group_of(way, interface)?;
    match way.backend.doors.get(group) {
        Some(Seen::Known(_)) => Ok(group),
        Some(Seen::Unknown(why)) => Err(format!("security group {group} could not be read: {why}")),
        None => Err(format!("security group {group} was not found")),
    }
}

/// Of several groups the one with the cluster's tag, as the AWS Load Balancer Controller has it: all of an interface's groups
/// let in together, and a guess would put rules where nobody looks for them.
fn group_of<'a>(way: Way<'a>, interface: &'a ObservedInterface) -> Result<&'a str, String> {
    let ObservedInterface { id, vpc: _, groups } = interface;
    let mut all = groups.iter();
    match (all.next(), all.next()) {
        (None, _) => return Err(format!("network interface {id} has no security group")),
        (Some(group), None) => return Ok(group),
        (Some(_), Some(_)) => {}
    }
    let tag = format!("kubernetes.io/cluster/{}", way.cluster);
    let mut tagged = Vec::new();
    for group in groups {
        match way.backend.doors.get(group) {
            Some(Seen::Known(door)) if door.tags.contains_key(&tag) => tagged.push(group.as_str()),
            Some(Seen::Known(_)) | None => {}
            Some(Seen::Unknown(why)) => {
                return Err(format!("security group {group} could not be read: {why}"));
            }
        }
    }
    match tagged.as_slice() {
        [group] => Ok(group),
        [] => Err(format!(
            "none of the {} security groups of network interface {id} has the tag {tag}",
            groups.len()
        )),
        several => Err(format!(
            "security groups {} of network interface {id} all have the tag {tag}",
            several.join(", ")
        )),
    }
}
