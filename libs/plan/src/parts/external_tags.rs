//! Tags that were asked for and that others set (`--external-managed-tags`): told by who asked.

use std::collections::BTreeSet;

use tributary_model::Kind;

use crate::admission::{Admission, AdmittedRule};
use crate::input::PlanInput;
use crate::parts::findings::Findings;
use crate::values::op::{Blame, RuleOwner};

/// Tells rules and target groups which of their own tags are not set, by those who use them.
pub(crate) fn tell(input: &PlanInput, admission: &Admission, findings: &mut Findings) {
    for group in admission.target_groups.values() {
        let field = format!("{} tags", Kind::TargetGroupConfiguration);
        for text in input.everywhere.refused(&field, &group.desired.tags) {
            findings.tell_users(group, &text);
        }
    }
    let rules = admission.ports.values().flat_map(|port| &port.rules);
    for AdmittedRule { rule, as_is: _ } in rules {
        let Some(origin) = &rule.origin else { continue };
        let field = format!("{} tags", Kind::ListenerRuleConfiguration);
        for text in input.everywhere.refused(&field, &rule.tags) {
            let owner = RuleOwner {
                listener: rule.listener.clone(),
                origin: origin.clone(),
            };
            findings.tell(Blame::Rules(BTreeSet::from([owner])), &text);
        }
    }
}
