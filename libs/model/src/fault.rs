//! What of an object is not taken over, and why.

use std::fmt;

/// A field, or an entry of a list, that is refused while the rest of its object holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldFault {
    /// Path from the root of the object, for example `spec.listenerConfigurations[1].protocolPort`; empty for the whole
    /// document.
    pub field: String,
    /// Lower case, no full stop.
    pub reason: String,
}

impl fmt::Display for FieldFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, reason } = self;
        if field.is_empty() {
            return f.write_str(reason);
        }
        write!(f, "{field}: {reason}")
    }
}
