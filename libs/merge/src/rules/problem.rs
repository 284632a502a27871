//! What keeps a route's rule from being served.

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
