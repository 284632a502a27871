//! The rules of one ALB listener: matching by identity, modifying in place, moving, creating, deleting.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::DesiredRule;
use tributary_model::report::{RuleProblem, RuleState};

use crate::admission::{AdmittedPort, AdmittedRule, AsIs};
use crate::input::PlanInput;
use crate::parts::actions;
use crate::parts::builder::{PlanBuilder, QuotaBudget, retag};
use crate::parts::health::{self, Moves};
use crate::parts::priorities::{self, Hosts};
use crate::parts::target_groups::TargetGroups;
use crate::values::observed::{ObservedListener, ObservedRule};
use crate::values::op::{Blame, Handle, Op, RuleOwner, RuleSpec, StepId, Taggable};
use crate::values::tags::{self, Tags, identity};

/// The rules of an ELB listener that stays, beside what they are to be.
#[derive(Debug, Default)]
pub(crate) struct Matched<'a> {
    /// By identity tag: the rule that is it already.
    found: BTreeMap<String, (&'a str, &'a ObservedRule)>,
    /// Priorities of rules that are not among `found`: not ours, or on their way out.
    taken: BTreeSet<u32>,
    /// Deletions, with the priorities of what they delete.
    deletions: Vec<(StepId, u32)>,
    /// By identity: rules that wait for healthy targets before they take requests from others.
    parked: BTreeSet<String>,
}

/// The steps for the rules of one ELB listener.
#[derive(Debug, Default)]
pub(crate) struct Planned {
    pub(crate) problems: Vec<RuleProblem>,
    pub(crate) created: Vec<StepId>,
    pub(crate) modified: Vec<StepId>,
    pub(crate) deleted: Vec<StepId>,
}

/// Finds the rules that stay and deletes the others of ours.
pub(crate) fn match_and_delete<'a>(
    input: &PlanInput<'a>,
    port: &AdmittedPort,
    observed: &'a ObservedListener,
    moves: &Moves,
    budget: &mut QuotaBudget,
    builder: &mut PlanBuilder,
) -> Matched<'a> {
    let wanted: BTreeSet<String> = port.rules.iter().map(|it| identity(it.rule)).collect();
    let parked = moves.parked(port, observed);
    let mut matched = Matched::default();
    let mut rules: Vec<(&String, &ObservedRule)> = observed.rules.iter().collect();
    // Of two with one identity, left by a crash, the one that takes effect stays.
    rules.sort_by_key(|(arn, rule)| (rule.priority, *arn));
    for (arn, rule) in rules {
        if !input.ownership.owns(&rule.tags) {
            matched.taken.insert(rule.priority);
            continue;
        }
        let identity = input.ownership.resource(&rule.tags).unwrap_or_default();
        if wanted.contains(identity) && !matched.found.contains_key(identity) {
            matched.found.insert(identity.to_owned(), (arn, rule));
            continue;
        }
        matched.taken.insert(rule.priority);
        if health::meets_any(&rule.conditions, parked.values()) {
            builder.held.extend(rule.action.target_groups().cloned());
            continue;
        }
        let delete = builder.add(Op::DeleteRule { rule: arn.clone() }, Blame::LoadBalancer);
        budget.give_back(delete, 1);
        builder.released.insert(arn.clone(), delete);
        matched.deletions.push((delete, rule.priority));
    }
    matched.parked = parked.into_keys().collect();
    matched
}

/// Brings all rules of one ELB listener to what they are to be.
pub(crate) fn plan(
    input: &PlanInput,
    port: &AdmittedPort,
    listener: &Handle,
    matched: &Matched,
    (groups, moves): (&TargetGroups, &Moves),
    budget: &mut QuotaBudget,
    builder: &mut PlanBuilder,
) -> Planned {
    let current: Vec<Option<u32>> = port
        .rules
        .iter()
        .map(|it| {
            let (_, observed) = matched.found.get(&identity(it.rule))?;
            Some(observed.priority)
        })
        .collect();
    let rules = port.rules.iter();
    let hosts: Vec<Hosts> = rules.map(|it| Hosts::of(&it.rule.conditions)).collect();
    let assigned = priorities::assign(&current, &hosts, &matched.taken);
    let shifted = move_rules(port, listener, matched, &current, &assigned, builder);
    let mut problems = Vec::new();
    let mut unserved = BTreeSet::new();
    let mut created = Vec::new();
    let mut modified = Vec::new();
    for (index, AdmittedRule { rule, as_is }) in port.rules.iter().enumerate() {
        if *as_is == AsIs::Yes {
            continue;
        }
        let Some(priority) = assigned.get(index) else {
            problems.extend(no_priority(rule));
            continue;
        };
        let Some(mut spec) = actions::rule(input, rule, &groups.handles) else {
            continue;
        };
        let own = identity(rule);
        if matched.parked.contains(&own) {
            spec.conditions = health::parked();
            moves.wait(port, rule, builder);
        }
        if let Some((arn, observed)) = matched.found.get(&own) {
            if let Some(interim) = moves.interim(port, rule, observed, &spec) {
                spec = interim;
                let former = observed.action.target_groups();
                builder.held.extend(former.cloned());
                moves.wait(port, rule, builder);
            }
            let step = modify(input, rule, arn, observed, spec, groups, builder);
            if health::is_parked(observed) {
                // As good as new.
                created.extend(step);
                if rule.origin.is_some() {
                    unserved.insert(&rule.listener);
                }
            } else {
                modified.extend(step);
            }
            continue;
        }
        let tags = wanted_tags(input, rule, &spec, None);
        let targets: Vec<Handle> = spec.action.target_groups().cloned().collect();
        let op = Op::CreateRule {
            listener: listener.clone(),
            priority: *priority,
            spec: Box::new(spec),
            tags,
        };
        let create = builder.add(op, blame(rule));
        wait_for(create, &targets, &groups.cleared, builder);
        for earlier in budget.take() {
            builder.after(create, earlier);
        }
        if let Some((step, left)) = &shifted
            && left.contains(priority)
        {
            builder.after(create, *step);
        }
        if !input.desired.unread.is_empty() {
            wait_for_those_behind(create, *priority, shifted.as_ref(), matched, builder);
        }
        created.push(create);
        if rule.origin.is_some() {
            unserved.insert(&rule.listener);
        }
    }
    if !unserved.is_empty() {
        for AdmittedRule { rule, .. } in &port.rules {
            let found = matched.found.get(&identity(rule));
            if found.is_some_and(|(_, observed)| !health::is_parked(observed)) {
                unserved.remove(&rule.listener);
            }
        }
        builder.unserved.extend(unserved.into_iter().cloned());
    }
    let deleted: Vec<StepId> = matched.deletions.iter().map(|(step, _)| *step).collect();
    for deletion in &deleted {
        if budget.needs(*deletion) {
            continue;
        }
        // The new rule first: a request in between meets the one or the other.
        for created in &created {
            builder.following(*deletion, *created);
        }
    }
    Planned {
        problems,
        created,
        modified,
        deleted,
    }
}

/// A rule that is only not known to be wanted, while a kind cannot be read, keeps its traffic: a new one that would stand
/// in front of it is withheld as its deletion is, and one whose place hangs on a move as the move is.
fn wait_for_those_behind(
    create: StepId,
    priority: u32,
    moved: Option<&(StepId, BTreeSet<u32>)>,
    matched: &Matched,
    builder: &mut PlanBuilder,
) {
    let behind = matched.deletions.iter().filter(|(_, of)| *of > priority);
    for (earlier, _) in behind {
        builder.after(create, *earlier);
    }
    if let Some((earlier, _)) = moved {
        builder.after(create, *earlier);
    }
}

/// One call for all moves; the step and the priorities that are free after it.
fn move_rules(
    port: &AdmittedPort,
    listener: &Handle,
    matched: &Matched,
    current: &[Option<u32>],
    assigned: &[u32],
    builder: &mut PlanBuilder,
) -> Option<(StepId, BTreeSet<u32>)> {
    let mut moves = BTreeMap::new();
    let mut left = BTreeSet::new();
    for ((AdmittedRule { rule, .. }, current), assigned) in
        port.rules.iter().zip(current).zip(assigned)
    {
        if let Some(current) = current
            && current != assigned
            && let Some((arn, _)) = matched.found.get(&identity(rule))
        {
            moves.insert((*arn).to_owned(), *assigned);
            left.insert(*current);
        }
    }
    let Handle::Existing(listener) = listener else {
        return None;
    };
    if moves.is_empty() {
        return None;
    }
    let owners = port.members.iter().map(|member| member.listener.clone());
    let op = Op::SetRulePriorities {
        listener: listener.clone(),
        priorities: moves,
    };
    Some((builder.add(op, Blame::Listeners(owners.collect())), left))
}

fn modify(
    input: &PlanInput,
    rule: &DesiredRule,
    arn: &str,
    observed: &ObservedRule,
    spec: RuleSpec,
    groups: &TargetGroups,
    builder: &mut PlanBuilder,
) -> Option<StepId> {
    let tags = wanted_tags(input, rule, &spec, Some(&observed.tags));
    let is_same = actions::is_same_rule(&spec, observed);
    let targets: Vec<Handle> = spec.action.target_groups().cloned().collect();
    let modified = (!is_same).then(|| {
        let op = Op::ModifyRule {
            rule: arn.to_owned(),
            spec: Box::new(spec),
        };
        let step = builder.add(op, blame(rule));
        builder.released.insert(arn.to_owned(), step);
        wait_for_targets(step, &targets, groups, builder);
        step
    });
    let retagged = retag(
        Taggable::Elb(arn.to_owned()),
        &tags,
        &observed.tags,
        &blame(rule),
        builder,
    );
    // A tag remembers the client secret, so it must not be there before the secret is.
    if let Some(modified) = modified {
        for step in retagged {
            builder.after(step, modified);
        }
    }
    modified
}

/// Traffic that is served moves to a new target group only when its targets are registered.
pub(crate) fn wait_for_targets(
    step: StepId,
    targets: &[Handle],
    groups: &TargetGroups,
    builder: &mut PlanBuilder,
) {
    wait_for(step, targets, &groups.registrations, builder);
    wait_for(step, targets, &groups.cleared, builder);
}

/// Who takes up these target groups comes after what is done to them before.
pub(crate) fn wait_for(
    step: StepId,
    targets: &[Handle],
    before: &BTreeMap<Handle, Vec<StepId>>,
    builder: &mut PlanBuilder,
) {
    let steps = targets.iter().filter_map(|target| before.get(target));
    for earlier in steps.flatten() {
        builder.after(step, *earlier);
    }
}

fn wanted_tags(
    input: &PlanInput,
    rule: &DesiredRule,
    spec: &RuleSpec,
    observed: Option<&Tags>,
) -> Tags {
    let mut wanted = input.tags(&rule.id.0, &rule.tags, &BTreeMap::new(), observed);
    if let Some(client_secret) = actions::client_secret_tag(spec, observed) {
        wanted.insert(tags::CLIENT_SECRET.to_owned(), client_secret);
    }
    wanted
}

fn blame(rule: &DesiredRule) -> Blame {
    match &rule.origin {
        Some(origin) => Blame::Rules(BTreeSet::from([RuleOwner {
            listener: rule.listener.clone(),
            origin: origin.clone(),
        }])),
        None => Blame::Listeners(BTreeSet::from([rule.listener.clone()])),
    }
}

fn no_priority(rule: &DesiredRule) -> Option<RuleProblem> {
    Some(RuleProblem {
        origin: rule.origin.clone()?,
        listener: rule.listener.clone(),
        message: "no rule priority is left on this port".to_owned(),
        state: RuleState::NotServed,
    })
}
