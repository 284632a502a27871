//! Rules that are on their way. A listener that is Programmed keeps that while new rules of its routes come, so the routes
//! say it.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::report::{ProgrammedState, RuleProblem, RuleState};

use crate::values::limits::Failure;
use crate::values::op::{Blame, Op, OpKey, RuleOwner};
use crate::values::plan::Plan;

impl Plan {
    /// What is true of route rules until the plan is done, on listeners that are Programmed or could be, were these not their
    /// first: the others say it themselves.
    /// `failures` is what became of earlier requests.
    pub fn pending_rules(&self, failures: &BTreeMap<OpKey, Failure>) -> Vec<RuleProblem> {
        let listeners = self.report.listeners.iter();
        let programmed: BTreeSet<_> = listeners
            .filter(|it| it.state == ProgrammedState::Programmed || it.awaits_rules)
            .map(|it| &it.listener)
            .collect();
        let mut texts: BTreeMap<&RuleOwner, String> = BTreeMap::new();
        for step in &self.steps {
            let text = match &step.op {
                Op::CreateRule { .. } => "the rule is being created",
                Op::ModifyRule { .. } => "the rule is being changed",
                _ => continue,
            };
            // Usually nothing has failed.
            let failure = (!failures.is_empty())
                .then(|| failures.get(&step.op.key()))
                .flatten();
            let text = match failure {
                Some(Failure::Retrying(why)) => format!("{text}: {why}"),
                Some(Failure::Refused(_) | Failure::Impossible(_)) | None => text.to_owned(),
            };
            match &step.blame {
                Blame::LoadBalancer | Blame::Listeners(_) => {}
                Blame::Rules(owners) => texts.extend(owners.iter().map(|it| (it, text.clone()))),
            }
        }
        for waiting in &self.waits {
            texts.extend(waiting.owner.iter().map(|it| (it, waiting.text.clone())));
        }
        let refused = |owner: &RuleOwner| {
            self.report.rules.iter().any(|it| {
                (&it.origin, &it.listener, it.state)
                    == (&owner.origin, &owner.listener, RuleState::NotServed)
            })
        };
        texts
            .into_iter()
            .filter(|(owner, _)| programmed.contains(&owner.listener) && !refused(owner))
            .map(|(owner, message)| RuleProblem {
                origin: owner.origin.clone(),
                listener: owner.listener.clone(),
                message,
                state: RuleState::Pending,
            })
            .collect()
    }
}
