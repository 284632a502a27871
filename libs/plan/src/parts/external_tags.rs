//! Tags that were asked for and that others set, or the platform: told by who asked.

use std::collections::BTreeSet;

use tributary_model::Kind;

use crate::fit::{Fit, FitRule};
use crate::parts::told::Told;
use crate::scope::Scope;
use crate::values::op::{Blame, RuleOwner};

/// Tells rules and target groups which of their own tags are not set, by those who use them.
pub(crate) fn tell(scope: &Scope, fit: &Fit, told: &mut Told) {
    for group in fit.target_groups.values() {
        let field = format!("{} tags", Kind::TargetGroupConfiguration);
        for text in scope.everywhere.refused(&field, &group.desired.tags) {
            told.tell_users(group, &text);
        }
    }
    let rules = fit.ports.values().flat_map(|port| &port.rules);
    for FitRule { rule, as_is: _ } in rules {
        let Some(origin) = &rule.origin else { continue };
        let field = format!("{} tags", Kind::ListenerRuleConfiguration);
        for text in scope.everywhere.refused(&field, &rule.tags) {
            let owner = RuleOwner {
                listener: rule.listener.clone(),
                origin: origin.clone(),
            };
            told.tell(Blame::Rules(BTreeSet::from([owner])), &text);
        }
    }
}
