//! A load balancer of a Gateway of ours that somebody else made, the AWS Load Balancer Controller as a rule: it is marked
//! as ours before anything of it is changed. What is never desired is never marked, and so never deleted.

use tributary_model::report::LoadBalancerReport;

use crate::input::ours::load_balancers;
use crate::input::{Others, Role, load_balancer};
use crate::parts::builder::PlanBuilder;
use crate::program::load_balancer::{Inputs, on};
use crate::values::op::{Blame, Op, StepId, Taggable};
use crate::values::plan::Plan;
use crate::values::tags::{self, INSTALLATION, Ownership, Tags, Unmarked};

/// The marks that a take-over begins with; nothing when there is nothing to take over.
pub(crate) fn plan(inputs: Inputs) -> Option<Plan> {
    let Inputs {
        desired,
        observed,
        context,
        ownership,
    } = inputs;
    if load_balancers(observed, ownership).next().is_some() {
        return None;
    }
    let taking = Ownership {
        unmarked: Unmarked::Ours,
        ..ownership
    };
    let current = load_balancer::current(desired, observed, context, taking)?;
    let mut builder = PlanBuilder::default();
    let mut mark = |resource: Taggable| {
        let mark = tags::tag_value(&context.installation);
        let op = Op::AddTags {
            resource,
            tags: Tags::from_iter([(INSTALLATION.to_owned(), mark)]),
        };
        builder.add(op, Blame::LoadBalancer)
    };
    let parts: Vec<StepId> = parts(inputs, taking).into_iter().map(&mut mark).collect();
    let wholes = load_balancers(observed, taking).map(|it| Taggable::Elb(it.arn.to_owned()));
    let wholes: Vec<StepId> = wholes.map(mark).collect();
    // Until the load balancer itself is marked, a take-over that was interrupted begins again.
    for whole in wholes {
        for part in &parts {
            builder.after(whole, *part);
        }
    }
    if !observed.is_whole() {
        // A part that was not seen would stay without the mark, and so another's, for ever.
        builder.retain(|_| false);
    }
    let taken = Inputs {
        ownership: taking,
        ..inputs
    };
    // As it is, it may serve some of what is desired already.
    let Plan {
        report,
        waiting,
        waits,
        steps: _,
    } = on(taken, Some(current), Role::Target(Others::Stay));
    let steps = builder.finish();
    let report = LoadBalancerReport {
        healthy: [].into(),
        settled: false,
        ..report
    };
    let plan = Plan {
        steps,
        report,
        waiting,
        waits,
    };
    Some(plan.with_setbacks(&context.failures))
}

/// Everything of this Gateway but its load balancer that nobody has marked.
fn parts(inputs: Inputs, taking: Ownership) -> Vec<Taggable> {
    let observed = inputs.observed;
    let is_unmarked = |tags: &Tags| taking.owns(tags) && !inputs.ownership.owns(tags);
    let mut found = Vec::new();
    for (arn, group) in &observed.target_groups {
        if is_unmarked(&group.tags) {
            found.push(Taggable::Elb(arn.clone()));
        }
    }
    for (id, group) in &observed.security_groups {
        if is_unmarked(&group.tags) {
            found.push(Taggable::SecurityGroup(id.clone()));
        }
    }
    for (arn, certificate) in &observed.certificates {
        if is_unmarked(&certificate.tags) {
            found.push(Taggable::Certificate(arn.clone()));
        }
    }
    for it in load_balancers(observed, taking) {
        for (arn, listener) in &it.load_balancer.listeners {
            for (arn, rule) in &listener.rules {
                if is_unmarked(&rule.tags) {
                    found.push(Taggable::Elb(arn.clone()));
                }
            }
            if is_unmarked(&listener.tags) {
                found.push(Taggable::Elb(arn.clone()));
            }
        }
    }
    found
}
