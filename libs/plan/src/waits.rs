//! What a plan waits for that no step can hurry and that may never come: for a while, then it goes on without.

use std::collections::BTreeSet;

use crate::op::RuleOwner;

/// One such thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wait {
    /// A healthy target in each group that a rule moves to.
    Health {
        /// Of the ELB listener.
        port: u16,
        /// The rule's identity.
        rule: String,
    },
    /// Clients that go on using a load balancer that was replaced.
    Clients {
        /// Its ARN.
        load_balancer: String,
    },
}

/// What is waited for now, as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// For what.
    pub wait: Wait,
    /// What is true meanwhile.
    pub text: String,
    /// Whose status says it; the load balancer's where there is nobody.
    pub owner: Option<RuleOwner>,
}

/// Which waits have been long enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Waited {
    /// All: nothing is waited for.
    #[default]
    Always,
    /// These.
    For(BTreeSet<Wait>),
}

impl Waited {
    /// Whether to go on.
    pub fn is_over(&self, wait: &Wait) -> bool {
        match self {
            Self::Always => true,
            Self::For(over) => over.contains(wait),
        }
    }
}
