//! Health of targets: traffic that is served moves to targets that are healthy, and unhealthy ones are told.
//!
//! AWS checks targets only once a rule names their group. So a rule that moves to another group takes it in first with a
//! weight of 0, and a new rule in front of one that serves is created first for a host that nobody asks for:
//!
//! ```text
//! rule:      forward {old: 1} ──> forward {old: 1, new: 0} ── a target of new is healthy ──> forward {new: 1}
//! new rule:  nothing ──────────> for a host that nobody has ── a target is healthy ────────> for its own requests
//! ```
//!
//! What would go meanwhile stays until then. That is waited for as long as the [`Context`](crate::values::limits::Context) says; without
//! room for both under the quotas not at all. The listener of an NLB has only its default action, so a new group is
//! attached by the move itself; until its first check the NLB takes all of its targets for healthy (it fails open).
//!
//! Checks of groups in rules: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html>.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::{DesiredAction, DesiredRule, RuleCondition, TargetGroupId};
use tributary_model::elb::{LoadBalancerKind, MAX_TARGET_GROUPS_PER_ACTION};

use crate::admission::{Admission, AdmittedPort, AdmittedRule, AsIs};
use crate::input::ours::load_balancers;
use crate::input::{Others, PlanInput, Role};
use crate::parts::builder::PlanBuilder;
use crate::parts::target_groups::TargetGroups;
use crate::values::observed::{Health, ObservedListener, ObservedRule, TargetState};
use crate::values::op::{Action, Handle, RuleOwner, RuleSpec};
use crate::values::tags::identity;
use crate::values::waits::{Wait, Waiting};

mod conditions;
mod findings;

pub(crate) use conditions::{is_parked, parked};
pub(crate) use findings::{healthy, tell};

/// Which rules may move now.
pub(crate) struct Moves<'a> {
    input: PlanInput<'a>,
    admission: &'a Admission<'a>,
    groups: &'a TargetGroups<'a>,
    waits: Waits,
}

/// Whether traffic waits for health at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Yes,
    /// Nothing is served here, or the quotas leave no room for what serves beside what comes.
    No,
}

impl<'a> Moves<'a> {
    pub(crate) fn new(
        input: &PlanInput<'a>,
        admission: &'a Admission<'a>,
        groups: &'a TargetGroups<'a>,
    ) -> Self {
        let waits = if serves(input) && has_room(input, admission, groups) {
            Waits::Yes
        } else {
            Waits::No
        };
        Self {
            input: *input,
            admission,
            groups,
            waits,
        }
    }

    /// New rules of a listener that wait: their requests are served by rules that are there.
    pub(crate) fn parked(
        &self,
        port: &'a AdmittedPort<'a>,
        observed: &ObservedListener,
    ) -> BTreeMap<String, &'a DesiredRule> {
        let mut parked = BTreeMap::new();
        if self.waits == Waits::No {
            return parked;
        }
        let there = there(&self.input, observed);
        for (index, AdmittedRule { rule, as_is }) in port.rules.iter().enumerate() {
            let own = identity(rule);
            let is_waited_for = match there.get(own.as_str()) {
                Some(found) => is_parked(found),
                None => is_in_front(port, index, rule, observed, &there),
            };
            if *as_is == AsIs::No && is_waited_for && self.is_awaited(port, rule, None) {
                parked.insert(own, *rule);
            }
        }
        parked
    }

    /// What a rule is until it may move, if that is not yet what it is to be.
    pub(crate) fn interim(
        &self,
        port: &AdmittedPort,
        rule: &DesiredRule,
        observed: &ObservedRule,
        spec: &RuleSpec,
    ) -> Option<RuleSpec> {
        let (
            Action::Forward { targets, .. },
            Action::Forward {
                targets: former,
                stickiness_seconds,
            },
        ) = (&spec.action, &observed.action)
        else {
            return None;
        };
        // What guards the former targets goes on to do so, and a client secret is not to be had from AWS.
        let is_guarded_alike = spec.authenticate.is_some() == observed.authenticate.is_some();
        if self.waits == Waits::No || !is_guarded_alike || is_parked(observed) {
            return None;
        }
        if !self.is_awaited(port, rule, Some(observed)) {
            return None;
        }
        let former = former.iter();
        let mut both: litemap::LiteMap<Handle, u32> = former
            .map(|(arn, weight)| (Handle::Existing(arn.clone()), *weight))
            .collect();
        for (group, _) in targets.iter() {
            both.entry(group.clone()).or_insert(0);
        }
        (both.len() <= MAX_TARGET_GROUPS_PER_ACTION).then(|| RuleSpec {
            conditions: observed.conditions.clone(),
            authenticate: spec.authenticate.clone(),
            action: Action::Forward {
                targets: both,
                stickiness_seconds: *stickiness_seconds,
            },
            transforms: observed.transforms.clone(),
        })
    }

    /// Whether a target of every group that the rule newly sends requests to is still to become healthy, within the time
    /// that is given.
    fn is_awaited(
        &self,
        port: &AdmittedPort,
        rule: &DesiredRule,
        observed: Option<&ObservedRule>,
    ) -> bool {
        !self.input.context.waited.is_over(&wait(port, rule))
            && self.unready(rule, observed).next().is_some()
    }

    /// The groups that are waited for.
    fn unready(
        &self,
        rule: &'a DesiredRule,
        observed: Option<&'a ObservedRule>,
    ) -> impl Iterator<Item = &'a TargetGroupId> {
        let targets = match &rule.action {
            DesiredAction::Forward { targets, .. } => targets.as_slice(),
            DesiredAction::Redirect { .. } | DesiredAction::FixedResponse { .. } => &[],
        };
        let weighted = targets.iter().filter(|it| it.weight > 0);
        weighted
            .map(|it| &it.target_group)
            .filter(move |id| match self.groups.handles.get(id) {
                Some(Handle::Existing(arn)) => {
                    !observed.is_some_and(|it| serves_from(it, arn)) && !self.is_ready(id, arn)
                }
                Some(Handle::Created { .. }) => self.has_targets(id),
                None => false,
            })
    }

    fn is_ready(&self, id: &TargetGroupId, arn: &str) -> bool {
        let observed = self.input.observed.target_groups.get(arn);
        let mut health = observed
            .into_iter()
            .flat_map(|it| it.targets.values().filter_map(TargetState::health));
        !self.has_targets(id) || health.any(|it| *it == Health::Healthy)
    }

    fn has_targets(&self, id: &TargetGroupId) -> bool {
        let group = self.admission.target_groups.get(id);
        group.is_some_and(|it| it.targets().next().is_some())
    }

    /// Says what is waited for, and until when what it takes the place of stays.
    pub(crate) fn wait(&self, port: &AdmittedPort, rule: &DesiredRule, builder: &mut PlanBuilder) {
        let groups: BTreeSet<String> = self
            .unready(rule, None)
            .map(|id| {
                self.admission
                    .target_groups
                    .get(id)
                    .map_or_else(|| id.0.to_string(), findings::name)
            })
            .collect();
        let groups: Vec<String> = groups.into_iter().collect();
        builder.waits.push(Waiting {
            wait: wait(port, rule),
            text: format!(
                "requests go on as before until a target of {} is healthy",
                groups.join(", ")
            ),
            owner: rule.origin.clone().map(|origin| RuleOwner {
                listener: rule.listener.clone(),
                origin,
            }),
        });
    }
}

fn wait(port: &AdmittedPort, rule: &DesiredRule) -> Wait {
    Wait::Health {
        port: port.listener.port,
        rule: identity(rule),
    }
}

/// Whether the rule sends requests to the group already.
fn serves_from(observed: &ObservedRule, arn: &str) -> bool {
    match &observed.action {
        Action::Forward { targets, .. } => targets.get(arn).is_some_and(|weight| *weight > 0),
        Action::Redirect { .. } | Action::FixedResponse { .. } | Action::Foreign(_) => false,
    }
}

/// Our rules of a listener by identity.
fn there<'o>(
    input: &PlanInput,
    observed: &'o ObservedListener,
) -> BTreeMap<&'o str, &'o ObservedRule> {
    let ownership = input.ownership;
    let rules = observed.rules.values();
    let ours = rules.filter(|it| ownership.owns(&it.tags));
    let mut there: BTreeMap<&str, &ObservedRule> = BTreeMap::new();
    for rule in ours {
        let identity = ownership.resource(&rule.tags).unwrap_or_default();
        let first = there.entry(identity).or_insert(rule);
        // Of two with one identity the one that takes effect.
        if rule.priority < first.priority {
            *first = rule;
        }
    }
    there
}

/// Whether a new rule would take requests from one that is there: behind it, or on its way out.
fn is_in_front(
    port: &AdmittedPort,
    index: usize,
    rule: &DesiredRule,
    observed: &ObservedListener,
    there: &BTreeMap<&str, &ObservedRule>,
) -> bool {
    let stays_in_front: BTreeSet<u32> = port
        .rules
        .iter()
        .take(index)
        .filter_map(|it| there.get(identity(it.rule).as_str()))
        .map(|it| it.priority)
        .collect();
    observed.rules.values().any(|it| {
        !is_parked(it)
            && !stays_in_front.contains(&it.priority)
            && conditions::may_meet(&rule.conditions, &it.conditions)
    })
}

/// Whether requests are served here.
fn serves(input: &PlanInput) -> bool {
    let is_reached = match input.role {
        Role::Target(Others::Go) | Role::Predecessor => true,
        // Its name may have been told to the clients of another.
        Role::Target(Others::Stay) => load_balancers(input.observed, input.ownership)
            .any(|it| input.context.waited.are_leaving(it.arn)),
    };
    let current = input.current.map(|it| it.load_balancer);
    let is_active = current.is_some_and(|it| it.state.serves());
    // A rule that is waiting would be changed later, and while a kind cannot be read nothing is.
    let changes = input.desired.unread.is_empty();
    is_reached && is_active && changes && input.key().kind == LoadBalancerKind::Alb
}

/// Whether all that is there and all that comes are within the quotas together.
fn has_room(input: &PlanInput, admission: &Admission, groups: &TargetGroups) -> bool {
    let Some(current) = input.current else {
        return false;
    };
    let listeners = &current.load_balancer.listeners;
    let mut rules: usize = listeners.values().map(|it| it.rules.len()).sum();
    for (number, port) in &admission.ports {
        let observed = listeners.values().find(|it| it.port == *number);
        let there = observed.map(|it| there(input, it)).unwrap_or_default();
        let is_new = |it: &&AdmittedRule| !there.contains_key(identity(it.rule).as_str());
        rules += port.rules.iter().filter(is_new).count();
    }
    let actions = listeners.values().flat_map(|it| {
        let rules = it.rules.values().map(|it| &it.action);
        rules.chain([&it.default_action])
    });
    let mut used: BTreeSet<Handle> = actions
        .flat_map(Action::target_groups)
        .cloned()
        .map(Handle::Existing)
        .collect();
    used.extend(groups.handles.values().cloned());
    let registered = |it: &Handle| match it {
        Handle::Existing(arn) => input.observed.target_groups.get(arn),
        Handle::Created { .. } => None,
    };
    let there = used.iter().filter_map(registered);
    let mut targets: usize = there
        .map(|it| it.targets.values().filter(|it| it.is_registered()).count())
        .sum();
    for (id, group) in &admission.target_groups {
        let observed = groups.handles.get(id).and_then(registered);
        let is_new = |it: &&_| !observed.is_some_and(|group| group.has_registered(it));
        targets += group.targets().filter(is_new).count();
    }
    let limits = input.limits();
    let fits = |limit: u32, count: usize| u32::try_from(count).is_ok_and(|it| it <= limit);
    fits(limits.rules, rules)
        && fits(limits.target_groups, used.len())
        && fits(limits.targets, targets)
}

/// Whether the rule would take requests of another that waits.
pub(crate) fn meets_any<'a>(
    conditions: &[RuleCondition],
    mut parked: impl Iterator<Item = &'a &'a DesiredRule>,
) -> bool {
    parked.any(|it| conditions::may_meet(&it.conditions, conditions))
}
