//! What a plan waits for that no step can hurry and that may never come: for a while, then it goes on without.

use std::collections::BTreeMap;

use crate::values::op::RuleOwner;

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

/// How long each thing has been waited for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Waited {
    /// Always long enough: nothing is waited for.
    #[default]
    Enough,
    /// For these; for others not yet.
    For(BTreeMap<Wait, Elapsed>),
}

/// The time that one thing was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elapsed {
    /// It goes on being waited for.
    Some,
    /// Long enough.
    Enough,
}

impl Waited {
    /// Whether to go on.
    pub fn is_over(&self, wait: &Wait) -> bool {
        match self {
            Self::Enough => true,
            Self::For(waits) => waits.get(wait) == Some(&Elapsed::Enough),
        }
    }

    /// Whether the clients of a load balancer are leaving it, so that its successor has been named to them.
    pub fn are_leaving(&self, load_balancer: &str) -> bool {
        let leaving = Wait::Clients {
            load_balancer: load_balancer.to_owned(),
        };
        match self {
            Self::Enough => false,
            Self::For(waits) => waits.contains_key(&leaving),
        }
    }
}
