//! What is not done while a kind cannot be read (docs/decisions/0025-unread-kinds.md): something may be missing from the desired state
//! that is wanted, so nothing that exists is changed or removed. What only adds is done.

use tributary_model::desired::DesiredLoadBalancer;
use tributary_model::report::{LoadBalancerReport, ProgrammedState};
use tributary_model::resource::cannot_be_read;

use crate::input::ours::load_balancers;
use crate::parts::builder::PlanBuilder;
use crate::values::observed::Observed;
use crate::values::op::Op;
use crate::values::tags::Ownership;

/// Leaves out what does not only add, and all that cannot be done without it. Returns what is to be said of that, if
/// there was any.
pub(crate) fn withhold(
    desired: &DesiredLoadBalancer,
    observed: &Observed,
    ownership: Ownership,
    builder: &mut PlanBuilder,
) -> Option<String> {
    if desired.unread.is_empty() {
        return None;
    }
    // A successor draws the traffic of all, and may lack what is not known.
    let is_first = load_balancers(observed, ownership).next().is_none();
    let before = builder.steps().len();
    builder.retain(|op| op.only_adds() && (is_first || !matches!(op, Op::CreateLoadBalancer(_))));
    let withheld = before - builder.steps().len();
    let steps = if withheld == 1 {
        "step is"
    } else {
        "steps are"
    };
    (withheld > 0).then(|| {
        format!(
            "{}, so nothing that exists is changed or removed: {withheld} {steps} withheld",
            cannot_be_read(&desired.unread)
        )
    })
}

/// Says so in the report. With all the rest done, it is also what every listener waits for that waits.
pub(crate) fn tell(report: &mut LoadBalancerReport, withheld: String) {
    if report.settled {
        for listener in &mut report.listeners {
            if let ProgrammedState::Pending(reason) = &mut listener.state {
                reason.clone_from(&withheld);
            }
        }
    }
    report.problems.push(withheld);
}
