//! Which of the observed load balancers the desired one is, and what it is called.

use tributary_model::desired::DesiredLoadBalancer;

use crate::input::ours::{Current, load_balancers};
use crate::input::{PlanInput, scheme};
use crate::values::limits::Context;
use crate::values::names;
use crate::values::observed::Observed;
use crate::values::tags::Ownership;

/// The observed load balancer that can become what is desired.
///
/// Scheme and name cannot be changed in place. A name only counts when one was asked for: a load balancer that
/// another controller named, with the same tags, is taken over as it is. While a predecessor has the name that was asked
/// for, one of another name stands in.
pub(crate) fn current<'a>(
    desired: &DesiredLoadBalancer,
    observed: &'a Observed,
    context: &Context,
    ownership: Ownership<'a>,
) -> Option<Current<'a>> {
    let asked = desired.settings.name.as_ref();
    let derived = derived_name(desired, context);
    let wanted = asked.unwrap_or(&derived);
    let scheme = scheme(desired, context);
    let is_taken = is_taken(observed, ownership, wanted);
    load_balancers(observed, ownership)
        .filter(|it| it.load_balancer.scheme == scheme)
        .filter(|it| {
            let name = &it.load_balancer.name;
            asked.is_none_or(|asked| asked == name) || is_taken && *name == derived
        })
        .min_by_key(|it| (it.load_balancer.name != *wanted, it.arn))
}

/// The one that serves while its successor, which is this one or none yet, does not.
pub(crate) fn predecessor<'a>(
    observed: &'a Observed,
    ownership: Ownership<'a>,
    successor: Option<Current<'a>>,
) -> Option<Current<'a>> {
    let successor = successor.map(|it| it.arn);
    load_balancers(observed, ownership)
        .filter(|it| Some(it.arn) != successor)
        .find(|it| it.load_balancer.state.serves())
}

fn is_taken(observed: &Observed, ownership: Ownership, name: &str) -> bool {
    load_balancers(observed, ownership).any(|it| it.load_balancer.name == name)
}

fn derived_name(desired: &DesiredLoadBalancer, context: &Context) -> String {
    names::load_balancer(&context.cluster, &desired.key, scheme(desired, context))
}

/// The name it has or gets.
pub(crate) fn name(input: &PlanInput) -> String {
    if let Some(current) = input.current {
        return current.load_balancer.name.clone();
    }
    let asked = input.desired.settings.name.as_ref();
    asked
        .filter(|asked| !is_taken(input.observed, input.ownership, asked))
        .cloned()
        .unwrap_or_else(|| derived_name(input.desired, input.context))
}
