//! A whole plan: of a load balancer, of one that replaces another, of one that is taken over, of one that goes.

use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};

use crate::input::load_balancer::{current, predecessor};
use crate::input::{Others, Role};
use crate::parts::backend::View;
use crate::program::load_balancer::{Inputs, on};
use crate::values::limits::Context;
use crate::values::observed::Observed;
use crate::values::plan::Plan;
use crate::values::tags::{Ownership, Unmarked};

mod configured;
mod failures;
mod finish;
mod load_balancer;
mod narrow;
mod pending;
mod removal;
mod report;
mod served;
mod succession;
mod takeover;
mod unread;
mod unseen;

/// The steps from what is observed to what is desired (nothing: the load balancer must be gone), and what is true
/// before they are taken.
///
/// `key` says whose load balancer it is, also when nothing is desired any more.
pub fn plan(
    desired: Option<&DesiredLoadBalancer>,
    key: &LoadBalancerKey,
    observed: &Observed,
    context: &Context,
) -> Plan {
    let ownership = Ownership {
        cluster: &context.cluster,
        installation: &context.installation,
        key,
        unmarked: Unmarked::Foreign,
    };
    let Some(desired) = desired else {
        return removal::plan(View {
            observed,
            ownership,
            context,
        });
    };
    let inputs = Inputs {
        desired,
        observed,
        context,
        ownership,
    };
    let mut plan = takeover::plan(inputs).unwrap_or_else(|| {
        let current = current(desired, observed, context, ownership);
        match predecessor(observed, ownership, current) {
            Some(predecessor) => succession::plan(inputs, current, predecessor),
            None => on(inputs, current, Role::Target(Others::Go)),
        }
    });
    configured::tell(&mut plan.report, desired);
    plan
}

#[cfg(test)]
mod tests;
