//! What is wrong with a message, and where.

use std::borrow::Cow;

/// A message that cannot become a domain type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct ConvertError {
    /// Field path within the message, in proto names: `gateway.listeners[2].allowed_routes.kinds[0].kind`.
    pub path: String,
    /// Lower case, no full stop; what it quotes of the message is cut off after [`ConvertError::LONGEST_REASON`].
    pub reason: Cow<'static, str>,
}

impl ConvertError {
    /// About a field of the message at hand.
    pub fn at(field: impl Into<String>, reason: impl Into<Cow<'static, str>>) -> Self {
        let mut reason = reason.into();
        if reason.len() > Self::LONGEST_REASON {
            let end = reason.floor_char_boundary(Self::LONGEST_REASON);
            reason = format!("{}…", &reason[..end]).into();
        }
        Self {
            path: field.into(),
            reason,
        }
    }

    /// In bytes: room for three names of Kubernetes and some words. It goes into logs and answers, and what is quoted is
    /// as long as its sender likes.
    pub const LONGEST_REASON: usize = 1024;

    /// The same, seen from the message that holds this one in `field`.
    #[must_use]
    pub fn under(mut self, field: &str) -> Self {
        if self.path.is_empty() {
            self.path.push_str(field);
        } else {
            self.path.insert(0, '.');
            self.path.insert_str(0, field);
        }
        self
    }

    /// The same, seen from the message that holds this one as `field[index]`.
    #[must_use]
    pub fn under_index(self, field: &str, index: usize) -> Self {
        self.under(&format!("{field}[{index}]"))
    }
}

/// A request that cannot be read is the caller's mistake.
impl From<ConvertError> for tonic::Status {
    fn from(error: ConvertError) -> Self {
        Self::invalid_argument(error.to_string())
    }
}
