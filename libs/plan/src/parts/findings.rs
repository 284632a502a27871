//! What routes and listeners are told of a load balancer besides what does not fit.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::ListenerRef;
use tributary_model::desired::GatedPod;
use tributary_model::report::{RuleProblem, RuleState};

use crate::admission::AdmittedTargetGroup;
use crate::values::op::{Blame, RuleOwner};

/// What did not work, where it is told.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) rules: Vec<RuleProblem>,
    pub(crate) notes: BTreeMap<ListenerRef, Vec<String>>,
    /// Pods that wait to hear that they are healthy, and are.
    pub(crate) healthy: BTreeSet<GatedPod>,
}

impl Findings {
    /// What concerns everybody who has a target group's traffic.
    pub(crate) fn tell_users(&mut self, group: &AdmittedTargetGroup, text: &str) {
        self.tell(group.blame(), text);
        self.tell(Blame::Rules(group.routes.clone()), text);
    }

    /// What concerns these users of a target group.
    pub(crate) fn tell(&mut self, blame: Blame, text: &str) {
        match blame {
            Blame::LoadBalancer => {}
            Blame::Listeners(listeners) => {
                for listener in listeners {
                    self.notes
                        .entry(listener)
                        .or_default()
                        .push(text.to_owned());
                }
            }
            Blame::Rules(rules) => {
                for RuleOwner { listener, origin } in rules {
                    self.rules.push(RuleProblem {
                        origin,
                        listener,
                        message: text.to_owned(),
                        state: RuleState::Degraded,
                    });
                }
            }
        }
    }
}
