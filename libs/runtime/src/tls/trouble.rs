//! Why a client and a server do not agree on TLS, for a person who has to know which of the two to look at.

use std::error::Error;
use std::io;

/// What is wrong between the two.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The server takes the connection and says nothing.
    #[error("the handshake of TLS is not answered")]
    Hangs,
    /// We do not believe the server's certificate.
    #[error("{0}")]
    NotBelieved(String),
    /// The server does not believe ours, or wants one.
    #[error("{0}")]
    Refused(String),
    /// The server speaks no TLS.
    #[error("{0}")]
    Plain(String),
}

impl Trouble {
    /// What of it is among the causes of a failure; nothing where it is about something else.
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            // What is in an error of I/O is no source of it, but the same.
            let inner = error
                .downcast_ref::<io::Error>()
                .and_then(io::Error::get_ref);
            if let Some(inner) = inner {
                if let Some(trouble) = inner.downcast_ref::<Self>() {
                    return Some(trouble.clone());
                }
                if let Some(trouble) = inner.downcast_ref().and_then(Self::of_rustls) {
                    return Some(trouble);
                }
                if let Some(trouble) = Self::of(inner) {
                    return Some(trouble);
                }
            }
            cause = error.source();
        }
        None
    }

    fn of_rustls(error: &rustls::Error) -> Option<Self> {
        let said = error.to_string();
        match error {
            rustls::Error::InvalidCertificate(_) => Some(Self::NotBelieved(said)),
            rustls::Error::AlertReceived(_) => Some(Self::Refused(said)),
            rustls::Error::InvalidMessage(_) => Some(Self::Plain(said)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
