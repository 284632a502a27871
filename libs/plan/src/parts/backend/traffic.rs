//! Targets get traffic once they are open, and what serves goes on until they are.
//!
//! Where AWS refuses to open targets they are registered all the same: somebody else may have opened them. But nothing that is
//! let in by a rule that we see gives way to something that could not be opened.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::DesiredTarget;

use super::needs::ports;
use super::way::door_of;
use super::{Opened, View};
use crate::admission::{Admission, AdmittedTargetGroup};
use crate::input::PlanInput;
use crate::parts::builder::PlanBuilder;
use crate::parts::target_groups::TargetGroups;
use crate::values::observed::ObservedTargetGroup;
use crate::values::op::{Action, Handle, IngressTraffic, Op, StepId};

/// The groups of a plan, and what opens their targets.
struct Opening<'a> {
    view: View<'a>,
    opened: &'a Opened,
    by_handle: BTreeMap<&'a Handle, &'a AdmittedTargetGroup<'a>>,
}

/// Orders what gives traffic to targets behind what opens them.
pub(super) fn wait(
    input: &PlanInput,
    admission: &Admission,
    groups: &TargetGroups,
    opened: &Opened,
    builder: &mut PlanBuilder,
) {
    if opened.steps.is_empty() {
        return;
    }
    let handles = groups.handles.iter();
    let opening = Opening {
        view: View::of(input),
        opened,
        by_handle: handles
            .filter_map(|(id, handle)| Some((handle, admission.target_groups.get(id)?)))
            .collect(),
    };
    let mut following: Vec<(StepId, BTreeSet<StepId>)> = Vec::new();
    let mut after: Vec<(StepId, BTreeSet<StepId>)> = Vec::new();
    for step in builder.steps() {
        match &step.op {
            Op::RegisterTargets {
                target_group,
                vpc,
                targets,
            } => following.push((step.id, opening.of(target_group, vpc, targets.iter()))),
            Op::DeregisterTargets { target_group, .. } => {
                let handle = Handle::Existing(target_group.clone());
                if opening.serves(target_group) {
                    after.push((step.id, opening.of_all(&handle)));
                }
            }
            Op::ModifyRule { rule, spec } => {
                let former = former_rule(input, rule);
                after.push((step.id, opening.of_move(former, &spec.action)));
            }
            Op::ModifyListener { listener, spec } => {
                let former = former_listener(input, listener);
                after.push((step.id, opening.of_move(former, &spec.default_action)));
            }
            _ => {}
        }
    }
    for (step, earlier) in following {
        for earlier in earlier {
            builder.following(step, earlier);
        }
    }
    for (step, earlier) in after {
        for earlier in earlier {
            builder.after(step, earlier);
        }
    }
}

fn former_rule<'a>(input: &PlanInput<'a>, rule: &str) -> Option<&'a Action<String>> {
    let mut listeners = input.current?.load_balancer.listeners.values();
    listeners.find_map(|it| it.rules.get(rule).map(|rule| &rule.action))
}

fn former_listener<'a>(input: &PlanInput<'a>, listener: &str) -> Option<&'a Action<String>> {
    let listener = input.current?.load_balancer.listeners.get(listener)?;
    Some(&listener.default_action)
}

impl Opening<'_> {
    /// The steps that open what an action newly forwards to, if what it forwards to now is open.
    fn of_move(&self, former: Option<&Action<String>>, next: &Action<Handle>) -> BTreeSet<StepId> {
        let Some(former) = former else {
            return BTreeSet::new();
        };
        if !former.target_groups().any(|group| self.serves(group)) {
            return BTreeSet::new();
        }
        let is_new = |handle: &&Handle| match handle {
            Handle::Existing(arn) => !former.target_groups().any(|group| group == arn),
            Handle::Created { .. } => true,
        };
        let new = next.target_groups().filter(is_new);
        new.flat_map(|handle| self.of_all(handle)).collect()
    }

    fn of_all(&self, handle: &Handle) -> BTreeSet<StepId> {
        let Some(group) = self.by_handle.get(handle) else {
            return BTreeSet::new();
        };
        let vpcs = match handle {
            Handle::Existing(arn) => self.observed(arn).map(|it| it.vpc.as_str()),
            Handle::Created { .. } => None,
        };
        // A new one is where its load balancer is, and so are the interfaces that were found.
        let vpc = vpcs.or_else(|| self.vpc());
        vpc.map(|vpc| self.of(handle, vpc, group.targets()))
            .unwrap_or_default()
    }

    fn of<'t>(
        &self,
        handle: &Handle,
        vpc: &str,
        targets: impl Iterator<Item = &'t DesiredTarget>,
    ) -> BTreeSet<StepId> {
        let Some(group) = self.by_handle.get(handle) else {
            return BTreeSet::new();
        };
        let check = group.desired.health_check.port.as_deref();
        let mut steps = BTreeSet::new();
        for target in targets {
            let Ok(door) = door_of(self.view.way(), vpc, &target.id) else {
                continue;
            };
            let needed = ports(group.desired.protocol, target.port, check);
            let opens = self.opened.steps.get(door).into_iter().flatten();
            let opens = opens.filter(|(traffic, _)| needed.iter().any(|it| it.is_in(*traffic)));
            steps.extend(opens.map(|(_, step)| *step));
        }
        steps
    }

    fn vpc(&self) -> Option<&str> {
        self.opened.vpc.as_deref()
    }

    fn observed(&self, arn: &str) -> Option<&ObservedTargetGroup> {
        self.view.observed.target_groups.get(arn)
    }

    /// Whether some target of it is let in by a rule.
    fn serves(&self, arn: &str) -> bool {
        self.observed(arn)
            .is_some_and(|group| lets_in(self.view, group))
    }
}

/// Whether a backend group is let in to some target that is registered.
pub(crate) fn lets_in(view: View, group: &ObservedTargetGroup) -> bool {
    let registered = group
        .targets
        .iter()
        .filter(|(_, state)| state.is_registered());
    let mut targets = registered.map(|(target, _)| target);
    targets.any(|target| is_open(view, group, target))
}

fn is_open(view: View, group: &ObservedTargetGroup, target: &DesiredTarget) -> bool {
    let Ok(door) = door_of(view.way(), &group.vpc, &target.id) else {
        return false;
    };
    let (Some(door), Some(sources)) = (view.door(door), view.observed.backend.groups.known())
    else {
        return false;
    };
    let check = group.health_check.port.as_deref();
    let let_in: Vec<IngressTraffic> = door
        .rules
        .keys()
        .filter(|opening| sources.contains_key(&opening.source))
        .map(|opening| opening.traffic)
        .collect();
    let needed = ports(group.protocol, target.port, check);
    needed
        .iter()
        .all(|port| let_in.iter().any(|traffic| port.is_in(*traffic)))
}
