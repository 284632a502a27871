//! Which ports of which security groups a load balancer has to be let in by.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::ListenerRef;
use tributary_model::desired::DesiredTarget;
use tributary_model::elb::TargetProtocol;

use super::View;
use super::way::door_of;
use crate::admission::{Admission, AdmittedTargetGroup};
use crate::input::ours::target_groups;
use crate::parts::builder::PlanBuilder;
use crate::parts::findings::Findings;
use crate::parts::target_groups::TargetGroups;
use crate::values::observed::ObservedTargetGroup;
use crate::values::op::{Blame, IngressTraffic, Op, RuleOwner, StepId};

/// Different reasons that are told of one target group; the rest is counted.
const MOST_REASONS: usize = 4;
/// Targets that one reason names; the rest is counted.
const MOST_TARGETS: usize = 3;

/// A port as a security group knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Port {
    pub(super) protocol: Protocol,
    pub(super) number: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Protocol {
    Tcp,
    Udp,
}

/// What is needed, and what no longer is.
#[derive(Debug, Default)]
pub(super) struct Needs {
    pub(super) by_group: BTreeMap<String, Users>,
    /// Steps after which something is needed no longer.
    pub(super) ends: BTreeMap<(String, Port), BTreeSet<StepId>>,
    /// Somewhere something may be needed that nobody can name.
    pub(super) is_uncertain: bool,
}

/// Who needs which port of a group.
#[derive(Debug, Default)]
pub(super) struct Users(BTreeMap<Port, Payers>);

#[derive(Clone, Debug, Default)]
struct Payers {
    listeners: BTreeSet<ListenerRef>,
    rules: BTreeSet<RuleOwner>,
}

/// What the targets that are registered, or are to be, need; and what of it cannot be had.
pub(super) fn of_fit(view: View, admission: &Admission, vpc: &str) -> (Needs, Findings) {
    let mut needs = Needs::default();
    let mut findings = Findings::default();
    for group in admission.target_groups.values() {
        let AdmittedTargetGroup {
            desired,
            listeners,
            rules,
            routes: _,
            left_out: _,
        } = group;
        let mut reasons: BTreeMap<String, Vec<&DesiredTarget>> = BTreeMap::new();
        for target in group.targets() {
            let door = match door_of(view.way(), vpc, &target.id) {
                Ok(door) => door,
                Err(reason) => {
                    reasons.entry(reason).or_default().push(target);
                    continue;
                }
            };
            let check = desired.health_check.port.as_deref();
            for port in ports(desired.protocol, target.port, check) {
                let users = needs.by_group.entry(door.to_owned()).or_default();
                let payers = users.0.entry(port).or_default();
                payers.listeners.extend(listeners.iter().cloned());
                payers.rules.extend(rules.iter().cloned());
            }
        }
        needs.is_uncertain |= !reasons.is_empty();
        tell(group, &reasons, &mut findings);
    }
    (needs, findings)
}

fn tell(
    group: &AdmittedTargetGroup,
    reasons: &BTreeMap<String, Vec<&DesiredTarget>>,
    findings: &mut Findings,
) {
    for (reason, targets) in reasons.iter().take(MOST_REASONS) {
        let some: Vec<String> = targets
            .iter()
            .take(MOST_TARGETS)
            .map(ToString::to_string)
            .collect();
        let more = targets.len() - some.len();
        let more = if more == 0 {
            String::new()
        } else {
            format!(" and {more} more")
        };
        let text = format!(
            "targets {}{more} are not opened for the load balancer: {reason}",
            some.join(", ")
        );
        findings.tell_users(group, &text);
    }
    let rest = reasons.iter().skip(MOST_REASONS);
    let rest: usize = rest.map(|(_, targets)| targets.len()).sum();
    if rest > 0 {
        let text =
            format!("{rest} more targets are not opened for the load balancer, for other reasons");
        findings.tell_users(group, &text);
    }
}

impl Needs {
    /// What target groups need that the load balancer has besides: those that stay though nobody wants them, targets that drain;
    /// and when the rest of what is there needs it no longer.
    pub(super) fn add_observed(&mut self, view: View, kept: &TargetGroups, builder: &PlanBuilder) {
        let mut deleted: BTreeMap<&str, StepId> = BTreeMap::new();
        let mut deregistered: BTreeMap<(&str, &DesiredTarget), StepId> = BTreeMap::new();
        for step in builder.steps() {
            match &step.op {
                Op::DeleteTargetGroup { target_group } => {
                    deleted.insert(target_group, step.id);
                }
                Op::DeregisterTargets {
                    target_group,
                    targets,
                } => {
                    let targets = targets.iter();
                    deregistered
                        .extend(targets.map(|target| ((target_group.as_str(), target), step.id)));
                }
                _ => {}
            }
        }
        for (arn, group) in target_groups(view.observed, view.ownership) {
            let deletion = deleted.get(arn);
            for (target, state) in &group.targets {
                let end = deletion.or_else(|| deregistered.get(&(arn, target)));
                let is_others = kept.kept.contains_key(arn) && state.is_registered();
                // Of a group that is wanted: ours are among the wanted ones. One that drains still serves what it began.
                if end.is_some() || !is_others {
                    self.add_target(view, group, target, end);
                }
            }
        }
    }

    fn add_target(
        &mut self,
        view: View,
        group: &ObservedTargetGroup,
        target: &DesiredTarget,
        end: Option<&StepId>,
    ) {
        let Ok(door) = door_of(view.way(), &group.vpc, &target.id) else {
            return;
        };
        let check = group.health_check.port.as_deref();
        for port in ports(group.protocol, target.port, check) {
            if let Some(step) = end {
                let ends = self.ends.entry((door.to_owned(), port)).or_default();
                ends.insert(*step);
            } else {
                let users = self.by_group.entry(door.to_owned()).or_default();
                users.0.entry(port).or_default();
            }
        }
    }
}

impl Users {
    pub(super) fn ports(&self) -> BTreeSet<Port> {
        self.0.keys().copied().collect()
    }

    /// Who pays when these ports cannot be opened.
    pub(super) fn blame(&self, traffic: IngressTraffic) -> Blame {
        let mut all = Payers::default();
        for (port, payers) in &self.0 {
            if port.is_in(traffic) {
                all.listeners.extend(payers.listeners.iter().cloned());
                all.rules.extend(payers.rules.iter().cloned());
            }
        }
        let Payers { listeners, rules } = all;
        if !rules.is_empty() {
            Blame::Rules(rules)
        } else if !listeners.is_empty() {
            Blame::Listeners(listeners)
        } else {
            Blame::LoadBalancer
        }
    }
}

impl Port {
    pub(super) fn is_in(self, traffic: IngressTraffic) -> bool {
        let (protocol, from, to) = match traffic {
            IngressTraffic::Tcp(from, to) => (Protocol::Tcp, from, to),
            IngressTraffic::Udp(from, to) => (Protocol::Udp, from, to),
            IngressTraffic::Icmp | IngressTraffic::Icmpv6 | IngressTraffic::Other(_) => {
                return false;
            }
        };
        self.protocol == protocol && (from..=to).contains(&self.number)
    }
}

/// Where traffic and health checks go. AWS checks targets of UDP groups by TCP, HTTP or HTTPS.
pub(super) fn ports(protocol: TargetProtocol, number: u16, check: Option<&str>) -> BTreeSet<Port> {
    let tcp = |number| Port {
        protocol: Protocol::Tcp,
        number,
    };
    let udp = Port {
        protocol: Protocol::Udp,
        number,
    };
    // `traffic-port` is no number.
    let check = check
        .and_then(|port| port.parse().ok())
        .map_or(tcp(number), tcp);
    let traffic = match protocol {
        TargetProtocol::Http
        | TargetProtocol::Https
        | TargetProtocol::Tcp
        | TargetProtocol::Tls => vec![tcp(number)],
        TargetProtocol::Udp => vec![udp],
        TargetProtocol::TcpUdp => vec![tcp(number), udp],
    };
    traffic.into_iter().chain([check]).collect()
}
