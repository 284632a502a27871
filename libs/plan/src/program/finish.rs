//! From what the builder holds to a plan.

use tributary_model::report::LoadBalancerReport;

use crate::parts::builder::PlanBuilder;
use crate::program::{served, unread, unseen};
use crate::values::limits::Context;
use crate::values::observed::Observed;
use crate::values::plan::Plan;

/// What can be done of it now, and what is true meanwhile.
pub(crate) fn finish(
    mut builder: PlanBuilder,
    mut report: LoadBalancerReport,
    observed: &Observed,
    context: &Context,
    withheld: Option<String>,
) -> Plan {
    served::hold_back(&mut report, &builder.unserved);
    unseen::withhold(observed, &mut builder);
    let waiting = std::mem::take(&mut builder.waiting);
    let waits = std::mem::take(&mut builder.waits);
    let steps = builder.finish();
    report.settled = steps.is_empty() && waiting.is_empty() && waits.is_empty();
    if let Some(withheld) = withheld {
        unread::tell(&mut report, withheld);
    }
    let plan = Plan {
        steps,
        report,
        waiting,
        waits,
    };
    plan.with_setbacks(&context.failures)
}
