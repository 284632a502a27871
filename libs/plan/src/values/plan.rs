//! The outcome of a plan.

use std::fmt::{self, Display, Formatter};

use tributary_model::report::LoadBalancerReport;

use crate::values::op::Step;
use crate::values::waits::Waiting;

/// What to do, and what is true before it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// A directed acyclic graph, in one valid order: a step only names steps before it.
    pub steps: Vec<Step>,
    /// True as of the observation, given that the steps are still to come.
    pub report: LoadBalancerReport,
    /// What no step can hurry: provisioning, deletion protection, a partial observation. Look again later.
    pub waiting: Vec<String>,
    /// What is waited for as long as the context says.
    pub waits: Vec<Waiting>,
}

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        for waiting in &self.waiting {
            writeln!(f, "waiting: {waiting}")?;
        }
        Ok(())
    }
}
