//! HTTPRoute and GRPCRoute rules → ALB rules.
//!
//! A rule is translated once per Gateway (`translate`: matches, filters, backends), then placed on each
//! listener that the route is attached to (`place`: hostnames, what only HTTPS can do). Several ALB rules
//! come of one match when its hostnames do not fit into one, since a rule has five condition values.

mod conditions;
mod filters;
mod host_header;
mod paths;
mod place;
mod precedence;
mod translate;

#[cfg(test)]
mod tests;

pub(crate) use host_header::{form, host_condition};
pub(crate) use place::{PlacedRule, Site, every_path, place};
pub(crate) use translate::{Translated, translate};

use tributary_model::resolved::DroppedRule;

/// Something in a rule that keeps it from being served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// From the route's spec.
    pub(crate) field: String,
    /// Filters exclude each other, rather than: no ELB can do it.
    pub(crate) incompatible: bool,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn unsupported(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            incompatible: false,
            message: message.into(),
        }
    }

    pub(crate) fn incompatible(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            incompatible: true,
            ..Self::unsupported(field, message)
        }
    }

    pub(crate) fn dropping(self, rule: usize) -> DroppedRule {
        let Self {
            field,
            incompatible,
            message,
        } = self;
        DroppedRule {
            rule,
            field,
            incompatible,
            message,
        }
    }
}
