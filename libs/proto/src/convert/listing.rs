//! Lists of listeners by pages, and watches that go on where they were.

use std::num::NonZeroU32;

use prost::Message;

use super::ConvertError;
use super::codec::{optional, required};
use crate::call::{ListenerFilter, ListenerListing, ListenerPlace, ListenerWatch};
use crate::event::Position;
use crate::{listeners, types};

#[cfg(test)]
mod tests;

/// What is in a page's token. No contract has it: nobody but the server reads it.
#[derive(Clone, PartialEq, Message)]
struct Token {
    #[prost(message, optional, tag = "1")]
    gateway: Option<types::ObjectKey>,
    #[prost(message, optional, tag = "2")]
    precedence: Option<types::Precedence>,
}

impl ListenerPlace {
    /// As a page's token.
    pub fn token(&self) -> Vec<u8> {
        let Self {
            gateway,
            precedence,
        } = self;
        let token = Token {
            gateway: required::write(gateway),
            precedence: required::write(precedence),
        };
        token.encode_to_vec()
    }

    /// Nothing where no token is given.
    fn of_token(field: &str, token: &[u8]) -> Result<Option<Self>, ConvertError> {
        if token.is_empty() {
            return Ok(None);
        }
        let unreadable = || ConvertError::at(field, "is no token of this server");
        let token = Token::decode(token).map_err(|_| unreadable())?;
        let Token {
            gateway,
            precedence,
        } = token;
        Ok(Some(Self {
            gateway: required::read("gateway", gateway).map_err(|_: ConvertError| unreadable())?,
            precedence: required::read("precedence", precedence)
                .map_err(|_: ConvertError| unreadable())?,
        }))
    }
}

/// All listeners that pass, in one list.
impl From<&ListenerFilter> for listeners::ListListenersRequest {
    fn from(filter: &ListenerFilter) -> Self {
        Self {
            filter: Some(filter.into()),
            ..Self::default()
        }
    }
}

impl From<&ListenerListing> for listeners::ListListenersRequest {
    fn from(listing: &ListenerListing) -> Self {
        let ListenerListing {
            filter,
            page_size,
            after,
        } = listing;
        Self {
            filter: Some(filter.into()),
            page_size: page_size.map_or(0, NonZeroU32::get),
            page_token: after.as_ref().map(ListenerPlace::token).unwrap_or_default(),
        }
    }
}

impl TryFrom<listeners::ListListenersRequest> for ListenerListing {
    type Error = ConvertError;

    fn try_from(message: listeners::ListListenersRequest) -> Result<Self, Self::Error> {
        let listeners::ListListenersRequest {
            filter,
            page_size,
            page_token,
        } = message;
        Ok(Self {
            filter: filter_or_all(filter)?,
            page_size: NonZeroU32::new(page_size),
            after: ListenerPlace::of_token("page_token", &page_token)?,
        })
    }
}

/// From the beginning.
impl From<&ListenerFilter> for listeners::WatchListenersRequest {
    fn from(filter: &ListenerFilter) -> Self {
        Self {
            filter: Some(filter.into()),
            ..Self::default()
        }
    }
}

impl From<&ListenerWatch> for listeners::WatchListenersRequest {
    fn from(watch: &ListenerWatch) -> Self {
        let ListenerWatch {
            filter,
            resume_after,
        } = watch;
        Self {
            filter: Some(filter.into()),
            resume_after: resume_after.as_ref().map(types::Position::from),
        }
    }
}

impl TryFrom<listeners::WatchListenersRequest> for ListenerWatch {
    type Error = ConvertError;

    fn try_from(message: listeners::WatchListenersRequest) -> Result<Self, Self::Error> {
        let listeners::WatchListenersRequest {
            filter,
            resume_after,
        } = message;
        Ok(Self {
            filter: filter_or_all(filter)?,
            resume_after: resume_after.map(Position::from),
        })
    }
}

/// No filter at all lets everything pass.
fn filter_or_all(
    filter: Option<listeners::ListenerFilter>,
) -> Result<ListenerFilter, ConvertError> {
    let filter = optional::read("filter", filter)?;
    Ok(filter.unwrap_or_default())
}
