//! What went wrong between us and the API server, by what can be done about it.

use std::fmt;

/// What a failure calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// 401: the token or client certificate is no good, or no good any more.
    Unauthorized,
    /// 403: a role lacks a rule.
    Forbidden,
    /// 404: the object, or its kind.
    NotFound,
    /// 409: somebody else wrote meanwhile; read again.
    Conflict,
    /// 410: the resource version is too old; list again.
    Expired,
    /// 400, 413 and 422: the same request will be refused again.
    Invalid,
    /// 429, 5xx, no connection, an answer that breaks off: the same request may succeed later.
    Unavailable,
}

/// A request that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{class}: {message}")]
pub struct Failure {
    /// What it calls for.
    pub class: Class,
    /// The API server's words, or the transport's.
    pub message: String,
}

/// What a person should look at.
const REFUSED: &str =
    "the token or client certificate is not accepted: expired, revoked, or of another cluster";

impl Class {
    /// In metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Expired => "expired",
            Self::Invalid => "invalid",
            Self::Unavailable => "unavailable",
        }
    }

    fn of(code: u16) -> Self {
        match code {
            401 => Self::Unauthorized,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            409 => Self::Conflict,
            410 => Self::Expired,
            400 | 405 | 413 | 415 | 422 => Self::Invalid,
            _ => Self::Unavailable,
        }
    }
}

impl Failure {
    /// No answer came in time.
    pub fn timed_out(what: &str) -> Self {
        Self {
            class: Class::Unavailable,
            message: format!("{what}: no answer in time"),
        }
    }

    /// An answer that cannot be gone on with.
    pub(crate) fn broken(message: &str) -> Self {
        Self {
            class: Class::Unavailable,
            message: message.to_owned(),
        }
    }
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => (*status).into(),
            kube::Error::Auth(error) => Self {
                class: Class::Unauthorized,
                message: error.to_string(),
            },
            other => Self {
                class: Class::Unavailable,
                message: tributary_runtime::chain(&other),
            },
        }
    }
}

impl From<kube::core::Status> for Failure {
    fn from(status: kube::core::Status) -> Self {
        let class = Class::of(status.code);
        let message = match (class, &*status.message) {
            // The server does not tell strangers what is wrong with them.
            (Class::Unauthorized, "" | "Unauthorized") => REFUSED.to_owned(),
            (_, "") => format!("{} {}", status.code, status.reason),
            _ => status.message,
        };
        Self { class, message }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
