//! A load balancer that replaces another, since scheme, name and kind of addresses cannot be changed in place.
//!
//! ```text
//! the predecessor serves: its listeners, rules, certificates and targets are kept up to date
//!   └─ then the successor is made and filled ── serves all that the predecessor serves? ── yes ─> the predecessor goes
//!                └─ cannot be had: told, and the predecessor serves on                  └─ no ──> told, both stay
//! ```
//!
//! Until the last step the report speaks of the predecessor, which is what clients reach.

use std::collections::BTreeSet;

use tributary_model::ListenerRef;
use tributary_model::report::{LoadBalancerReport, ProgrammedState};

use crate::input::ours::{Current, target_groups};
use crate::input::{Others, Role};
use crate::parts::backend::{self, View};
use crate::program::load_balancer::{Inputs, on};
use crate::values::observed::{Health, ObservedTargetGroup, TargetState};
use crate::values::plan::Plan;
use crate::values::tags::{identity, tag_value};
use crate::values::waits::{Wait, Waiting};

/// The next steps while `predecessor` serves; `successor` is what was made of its successor so far.
pub(crate) fn plan<'a>(
    inputs: Inputs<'a>,
    successor: Option<Current<'a>>,
    predecessor: Current<'a>,
) -> Plan {
    let serving = on(inputs, Some(predecessor), Role::Predecessor);
    let next = on(inputs, successor, Role::Target(Others::Stay));
    let name = &predecessor.load_balancer.name;
    let is_active = successor.is_some_and(|it| it.load_balancer.state.serves());
    let is_named = is_active && inputs.context.waited.are_leaving(predecessor.arn);
    let mut findings = next.report.problems.clone();
    let mut waiting = serving.waiting.clone();
    let is_done = next.steps.is_empty();
    let needs_none = successor.is_none() && inputs.desired.listeners.is_empty();
    if is_done && (is_active || needs_none) {
        let mut missing = missing(&serving.report, &next.report);
        let mut is_checked = true;
        if let Some(successor) = successor {
            missing.extend(without_rules(inputs, predecessor, successor));
            missing.extend(without_targets(inputs, predecessor, successor));
            is_checked = is_checked_alike(inputs, predecessor, successor);
        }
        if missing.is_empty() && is_checked {
            let wait = leaving(predecessor).wait;
            if successor.is_none() || inputs.context.waited.is_over(&wait) {
                return on(inputs, successor, Role::Target(Others::Go));
            }
            return leave(serving, next, predecessor, findings);
        }
        if missing.is_empty() {
            waiting.push(format!(
                "load balancer {name} goes once targets of its successor are healthy"
            ));
        } else {
            findings.push(format!(
                "load balancer {name} goes on serving: its successor does not serve {}",
                missing.join(", ")
            ));
        }
    } else if !is_done || successor.is_some() {
        waiting.push(format!(
            "load balancer {name} goes once its successor serves"
        ));
    }
    if is_named {
        // What changes meanwhile does not bring the former name back.
        return leave(serving, next, predecessor, findings);
    }
    let mut report = serving.report;
    let mut steps = serving.steps;
    // What serves comes first.
    if steps.is_empty() {
        steps = next.steps;
    }
    for problem in findings {
        if !report.problems.contains(&problem) {
            report.problems.push(problem);
        }
    }
    for reason in next.waiting {
        if !waiting.contains(&reason) {
            waiting.push(reason);
        }
    }
    let mut waits = serving.waits;
    waits.extend(next.waits);
    report.settled = steps.is_empty() && waiting.is_empty() && waits.is_empty();
    Plan {
        steps,
        report,
        waiting,
        waits,
    }
}

/// The successor serves, and its name is told. The predecessor goes when clients have had time to come over, since names are
/// remembered and connections last; until then it is kept up to date.
fn leave(serving: Plan, next: Plan, predecessor: Current, problems: Vec<String>) -> Plan {
    let mut plan = next;
    if plan.steps.is_empty() {
        plan.steps = serving.steps;
    }
    plan.report.problems = problems;
    plan.waits.extend(serving.waits);
    plan.waits.push(leaving(predecessor));
    plan.report.settled = false;
    plan
}

fn leaving(predecessor: Current) -> Waiting {
    Waiting {
        wait: Wait::Clients {
            load_balancer: predecessor.arn.to_owned(),
        },
        text: format!(
            "load balancer {} goes when its clients have had time to leave it",
            predecessor.load_balancer.name
        ),
        owner: None,
    }
}

/// Target groups that have targets on the one and none on the other, or none that is healthy or lets it in, by what they
/// stand for.
fn without_targets(inputs: Inputs, predecessor: Current, successor: Current) -> Vec<String> {
    let view = View {
        observed: inputs.observed,
        ownership: inputs.ownership,
        context: inputs.context,
    };
    let lets_in = |identity: &str, of: Current| {
        let groups = groups(inputs, identity, of);
        groups.iter().any(|group| backend::lets_in(view, group))
    };
    wanted(inputs)
        .filter(|identity| {
            let before = Seen::of(inputs, identity, predecessor);
            let after = Seen::of(inputs, identity, successor);
            before.registered && !after.registered
                || before.healthy && !after.healthy && !after.initial
                || lets_in(identity, predecessor) && !lets_in(identity, successor)
        })
        .map(|identity| format!("any target of {identity}"))
        .collect()
}

/// Whether no target group that has healthy targets on the one still waits for the first checks on the other.
fn is_checked_alike(inputs: Inputs, predecessor: Current, successor: Current) -> bool {
    wanted(inputs).all(|identity| {
        let after = Seen::of(inputs, &identity, successor);
        after.healthy || !after.initial || !Seen::of(inputs, &identity, predecessor).healthy
    })
}

/// What there is among the targets of a group on a load balancer.
#[derive(Default)]
struct Seen {
    registered: bool,
    initial: bool,
    healthy: bool,
}

impl Seen {
    fn of(inputs: Inputs, identity: &str, of: Current) -> Self {
        let mut seen = Self::default();
        let groups = groups(inputs, identity, of);
        for health in groups
            .iter()
            .flat_map(|it| it.targets.values().filter_map(TargetState::health))
        {
            seen.registered = true;
            match health {
                Health::Healthy => seen.healthy = true,
                Health::Initial => seen.initial = true,
                Health::Unhealthy(_) | Health::Unused(_) => {}
            }
        }
        seen
    }
}

/// Groups that are to have targets, by what they stand for.
fn wanted(inputs: Inputs<'_>) -> impl Iterator<Item = String> {
    let desired = inputs.desired.target_groups.values();
    let wanted = desired.filter(|group| !group.targets.is_empty());
    wanted.map(|group| tag_value(&group.id.0))
}

fn groups<'a>(inputs: Inputs<'a>, identity: &str, of: Current) -> Vec<&'a ObservedTargetGroup> {
    let ours = target_groups(inputs.observed, inputs.ownership);
    let found = ours.filter(|(_, group)| {
        inputs.ownership.resource(&group.tags) == Some(identity)
            && group.load_balancers.contains(of.arn)
    });
    found.map(|(_, group)| group).collect()
}

/// The listeners that the one serves and the other does not, by name.
fn missing(before: &LoadBalancerReport, after: &LoadBalancerReport) -> Vec<String> {
    let served = |report: &LoadBalancerReport| -> BTreeSet<ListenerRef> {
        let listeners = report.listeners.iter();
        let served = listeners.filter(|it| it.state == ProgrammedState::Programmed);
        served.map(|it| it.listener.clone()).collect()
    };
    let after_too = served(after);
    let mut gone = served(before);
    gone.retain(|listener| !after_too.contains(listener));
    gone.iter().map(ToString::to_string).collect()
}

/// The rules that the one has and the other has not, by their routes.
fn without_rules(inputs: Inputs, predecessor: Current, successor: Current) -> Vec<String> {
    let ownership = inputs.ownership;
    let rules = |of: Current, port: u16| -> BTreeSet<String> {
        let listeners = of.load_balancer.listeners.values();
        let of_port = listeners.filter(|it| it.port == port && it.is_of(ownership));
        let rules = of_port.flat_map(|it| it.rules.values());
        let ours = rules.filter(|it| ownership.owns(&it.tags));
        ours.filter_map(|it| ownership.resource(&it.tags))
            .map(str::to_owned)
            .collect()
    };
    let mut missing = Vec::new();
    for (port, listener) in &inputs.desired.listeners {
        let (before, after) = (rules(predecessor, *port), rules(successor, *port));
        for rule in listener.rules.iter() {
            let identity = identity(rule);
            if before.contains(&identity) && !after.contains(&identity) {
                missing.push(match &rule.origin {
                    Some(origin) => format!("rules[{}] of {}", origin.rule, origin.route),
                    None => format!("a rule of {}", rule.listener),
                });
            }
        }
    }
    missing.dedup();
    missing
}
