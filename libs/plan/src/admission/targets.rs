//! Which target groups are used, and which targets they get.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::{
    DesiredRule, DesiredTarget, RuleOrigin, ServedRoute, TargetGroupId,
};
use tributary_model::report::{RuleProblem, RuleState};
use tributary_model::{ListenerRef, Precedence};

use super::incumbents::Incumbents;
use super::{Admission, AdmittedRule, AdmittedTargetGroup, has_room, quota, target_groups_of};
use crate::input::PlanInput;
use crate::input::target_group::is_same;
use crate::values::observed::ObservedTargetGroup;
use crate::values::op::RuleOwner;
use crate::values::tags::{self, identity};

/// Target groups that are used so far.
#[derive(Clone)]
pub(super) struct Groups<'s, 'a> {
    input: &'s PlanInput<'a>,
    incumbents: &'s Incumbents<'a>,
    used: BTreeSet<&'a TargetGroupId>,
    /// Those of them that are in use now and go on being used.
    kept: BTreeSet<&'a TargetGroupId>,
    /// Identity tags of those that are used only because a rule stays as it is.
    held: BTreeSet<&'a str>,
}

impl<'s, 'a> Groups<'s, 'a> {
    pub(super) fn new(input: &'s PlanInput<'a>, incumbents: &'s Incumbents<'a>) -> Self {
        Self {
            input,
            incumbents,
            used: BTreeSet::new(),
            kept: BTreeSet::new(),
            held: BTreeSet::new(),
        }
    }

    /// Those of them that are in use stay.
    pub(super) fn keep(&mut self, groups: &BTreeSet<&'a TargetGroupId>) {
        for group in groups {
            let identity = tags::tag_value(&group.0);
            let Some(desired) = self.input.desired.target_groups.get(*group) else {
                continue;
            };
            // One that cannot be changed in place is another: it takes a place of its own.
            let is_same = |it: &&ObservedTargetGroup| is_same(self.input, desired, it);
            let incumbents = self.incumbents.groups.get(identity.as_str());
            if incumbents.into_iter().flatten().any(is_same) {
                self.kept.insert(group);
                self.used.insert(group);
            }
        }
    }

    /// All of them or none, and then why.
    pub(super) fn admit(&mut self, groups: &BTreeSet<&'a TargetGroupId>) -> Result<(), String> {
        let limit = self.input.limits().target_groups;
        let more = groups.iter().filter(|it| !self.used.contains(*it)).count();
        let used = self.used.len() + self.held_alone();
        if more > 0 && !has_room(limit, used + more - 1) {
            return Err(self.full());
        }
        self.used.extend(groups);
        Ok(())
    }

    /// A rule stays as it is, and so do the groups that it forwards to.
    pub(super) fn hold(&mut self, port: u16, rule: &DesiredRule) {
        for group in self.incumbents.groups_of_rule(port, &identity(rule)) {
            let id = TargetGroupId(group.into());
            if let Some((id, _)) = self.input.desired.target_groups.get_key_value(&id) {
                self.keep(&BTreeSet::from([id]));
            }
            self.held.insert(group);
        }
    }

    /// Those that are held and not used otherwise.
    fn held_alone(&self) -> usize {
        let is_alone = |held: &&&str| !self.used.iter().any(|it| tags::tag_value(&it.0) == ***held);
        self.held.iter().filter(is_alone).count()
    }

    pub(super) fn full(&self) -> String {
        quota(self.input.limits().target_groups, "target groups")
    }

    /// What is used in the end, and by whom; the targets that fit.
    pub(super) fn finish(self, admission: &mut Admission<'a>) {
        for port in admission.ports.values() {
            let members = port.members.iter().map(|member| &member.listener);
            for group in target_groups_of(&port.listener.default_action) {
                if let Some(group) = entry(self.input, &mut admission.target_groups, group) {
                    group.listeners.extend(members.clone().cloned());
                    group.routes.extend(port.listener.routes.iter().map(owner));
                }
            }
            for rule in port.rules.iter().map(|it| it.rule) {
                let groups = target_groups_of(&rule.action).filter(|it| self.used.contains(it));
                for group in groups {
                    let Some(group) = entry(self.input, &mut admission.target_groups, group) else {
                        continue;
                    };
                    match &rule.origin {
                        Some(origin) => {
                            group.rules.insert(RuleOwner {
                                listener: rule.listener.clone(),
                                origin: origin.clone(),
                            });
                        }
                        None => {
                            group.listeners.insert(rule.listener.clone());
                        }
                    }
                }
            }
        }
        self.leave_out_targets(admission);
    }

    /// Those that are registered stay, then the others come, by the precedence of who uses their groups.
    fn leave_out_targets(&self, admission: &mut Admission<'a>) {
        let limit = self.input.limits().targets;
        let targets = |it: &AdmittedTargetGroup| it.desired.targets.len();
        let all: usize = admission.target_groups.values().map(targets).sum();
        if u32::try_from(all).is_ok_and(|all| all <= limit) {
            return;
        }
        let mut used = 0;
        let mut queue: Vec<(&TargetGroupId, &DesiredTarget)> = Vec::new();
        for group in by_precedence(admission) {
            let Some(of) = admission.target_groups.get(group) else {
                continue;
            };
            let identity = tags::tag_value(&group.0);
            for target in &of.desired.targets {
                let is_kept = self.kept.contains(group);
                if is_kept && self.incumbents.is_registered(&identity, target) {
                    used += 1;
                } else {
                    queue.push((group, target));
                }
            }
        }
        for (group, target) in queue {
            if has_room(limit, used) {
                used += 1;
            } else if let Some(group) = admission.target_groups.get_mut(group) {
                group.left_out.insert(target);
            }
        }
        tell(limit, admission);
    }
}

/// The target groups in the order of their first users.
fn by_precedence<'a>(admission: &Admission<'a>) -> Vec<&'a TargetGroupId> {
    let mut users = Vec::new();
    for (number, port) in &admission.ports {
        let members = port.members.iter();
        let members: BTreeMap<&ListenerRef, &Precedence> = members
            .map(|member| (&member.listener, &member.precedence))
            .collect();
        let default = target_groups_of(&port.listener.default_action);
        users.extend(default.map(|group| (members.values().min().copied(), *number, 0, group)));
        for (index, AdmittedRule { rule, .. }) in port.rules.iter().enumerate() {
            let precedence = members.get(&rule.listener).copied();
            let groups = target_groups_of(&rule.action);
            users.extend(groups.map(|group| (precedence, *number, index, group)));
        }
    }
    users.sort();
    let mut seen = BTreeSet::new();
    let groups = users.into_iter().map(|(_, _, _, group)| group);
    groups.filter(|group| seen.insert(*group)).collect()
}

fn entry<'f, 'a>(
    input: &PlanInput<'a>,
    groups: &'f mut BTreeMap<&'a TargetGroupId, AdmittedTargetGroup<'a>>,
    id: &'a TargetGroupId,
) -> Option<&'f mut AdmittedTargetGroup<'a>> {
    let desired = input.desired.target_groups.get(id)?;
    let new = || AdmittedTargetGroup {
        desired,
        listeners: BTreeSet::new(),
        rules: BTreeSet::new(),
        routes: BTreeSet::new(),
        left_out: BTreeSet::new(),
    };
    Some(groups.entry(id).or_insert_with(new))
}

/// Of a route on an NLB the first rule counts.
fn owner(served: &ServedRoute) -> RuleOwner {
    let ServedRoute { listener, route } = served;
    RuleOwner {
        listener: listener.clone(),
        origin: RuleOrigin {
            route: route.clone(),
            rule: 0,
            matched: 0,
        },
    }
}

/// The routes, and the listeners of a default action, learn which of their targets get no traffic.
fn tell(limit: u32, admission: &mut Admission) {
    let why = quota(limit, "targets");
    for group in admission.target_groups.values() {
        if group.left_out.is_empty() {
            continue;
        }
        let names: Vec<String> = group.left_out.iter().map(ToString::to_string).collect();
        let message = format!("target {} gets no traffic: {why}", names.join(", "));
        let owners = group.rules.iter().chain(&group.routes);
        let problems = owners.map(|rule| RuleProblem {
            origin: rule.origin.clone(),
            listener: rule.listener.clone(),
            message: message.clone(),
            state: RuleState::Degraded,
        });
        admission.rule_problems.extend(problems);
        for port in admission.ports.values() {
            for member in &port.members {
                if group.listeners.contains(&member.listener) {
                    admission
                        .notes
                        .entry(&member.listener)
                        .or_default()
                        .push(message.clone());
                }
            }
        }
    }
}
