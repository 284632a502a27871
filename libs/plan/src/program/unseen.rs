//! What is not done while AWS could not be looked at. What was not seen may be there, and may be wanted: so nothing is made
//! twice, and nothing is taken for unused.
//!
//! Certificates, subnets and security groups are missed by those alone who need them: see `certificates`, `subnets` and
//! `security_group`.

use crate::parts::builder::PlanBuilder;
use crate::values::observed::{Completeness, Observed};
use crate::values::op::Op;

/// Leaves out what must not be done without a look.
pub(crate) fn withhold(observed: &Observed, builder: &mut PlanBuilder) {
    if let Completeness::Partial(gaps) = &observed.completeness {
        builder.retain(|op| !op.removes() && !op.creates());
        builder
            .waiting
            .push(format!("observation is partial: {}", gaps.join("; ")));
    }
    if observed.unread.lines().next().is_some() {
        builder.withhold(Op::removes);
        builder.waiting.extend(observed.unread.lines().cloned());
    }
}

/// Says why.
pub(crate) fn tell(observed: &Observed, problems: &mut Vec<String>) {
    if let Completeness::Partial(gaps) = &observed.completeness {
        // What seems to be missing may only not have been seen.
        problems.clone_from(gaps);
    }
    problems.extend(observed.unread.lines().cloned());
}
