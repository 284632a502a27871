//! What an operation is: a pure function over one region's state.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::ApiError;
use crate::service::{Access, Service};
use crate::state::State;
use crate::wire::tree::Tree;

/// The answer's members, before they become XML or JSON.
pub(crate) type Answer = Result<Value, ApiError>;

/// One operation of a service.
#[derive(Clone, Copy)]
pub(crate) enum Operation {
    Read(fn(&State, &Request) -> Answer),
    Write(fn(&mut State, &Request) -> Answer),
}

/// What a caller asks, whichever the protocol.
pub(crate) struct Request {
    pub(crate) service: Service,
    pub(crate) now: jiff::Timestamp,
    pub(crate) parameters: Parameters,
}

/// The parameters of a request, by protocol.
pub(crate) enum Parameters {
    Query(Tree),
    Json(Value),
}

impl Operation {
    pub(crate) fn access(self) -> Access {
        match self {
            Self::Read(_) => Access::Read,
            Self::Write(_) => Access::Write,
        }
    }
}

impl Request {
    /// The parameters as the operation's own type. A parameter that the type does not know is
    /// refused, since to ignore it would be to pretend that it took effect.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        match &self.parameters {
            Parameters::Query(tree) => {
                T::deserialize(tree).map_err(|error| self.service.invalid(&error.to_string()))
            }
            Parameters::Json(value) => {
                T::deserialize(value).map_err(|error| self.service.invalid(&error.to_string()))
            }
        }
    }
}
