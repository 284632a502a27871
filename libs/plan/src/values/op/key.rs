//! The same request, in whatever plan.

use super::{Handle, Op, StepId, handles};

/// What a request is remembered by. Equal keys are equal requests: which step of its plan creates what it refers to is not
/// in it, only the name of that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpKey(Op);

impl Op {
    /// What to remember it by.
    pub fn key(&self) -> OpKey {
        let mut op = self.clone();
        handles::map(&mut op, &mut |handle| {
            if let Handle::Created { step, .. } = handle {
                *step = StepId(0);
            }
        });
        OpKey(op)
    }
}
