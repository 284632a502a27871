//! An error as AWS answers it.

use std::borrow::Cow;

/// A refusal: the code and text that AWS gives, and the HTTP status they travel with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub(crate) struct ApiError {
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) status: u16,
}

impl ApiError {
    /// A refusal with HTTP status 400, as nearly all of them have.
    pub(crate) fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            status: 400,
        }
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The error that ELBv2 gives for what is possible by itself, but not together or not here.
    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new("InvalidConfigurationRequest", message)
    }

    /// The error that query services give for a parameter out of its range.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationError", message)
    }
}
