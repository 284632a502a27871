//! A token in a file that somebody else keeps fresh, as kubelet does in a pod.
//!
//! kube reads such a file about once a minute, which is soon enough for a token that merely ages. One that is good no
//! more at once, because its ServiceAccount was made anew or the API server's keys were, would be sent for as long.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use kube::client::AuthError;

/// Between two reads of a kilobyte from memory; requests that come faster share one.
const AGAIN: Duration = Duration::from_secs(1);

/// The file, and what was last read of it.
#[derive(Clone, Debug)]
pub(crate) struct TokenFile {
    path: PathBuf,
    last: Arc<Mutex<Last>>,
}

#[derive(Debug)]
struct Last {
    header: HeaderValue,
    read: Instant,
}

impl TokenFile {
    pub(crate) fn open(path: &Path) -> Result<Self, AuthError> {
        let last = Last {
            header: read(path)?,
            read: Instant::now(),
        };
        Ok(Self {
            path: path.to_owned(),
            last: Arc::new(Mutex::new(last)),
        })
    }

    /// Says who asks.
    pub(crate) fn authorize<B>(&self, mut request: Request<B>) -> Request<B> {
        request.headers_mut().insert(AUTHORIZATION, self.header());
        request
    }

    fn header(&self) -> HeaderValue {
        // After a panic it is the header that was read before.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.read.elapsed() >= AGAIN {
            last.read = Instant::now();
            // A file that is gone or half written: what was read before may still be good, and the answer tells.
            if let Ok(header) = read(&self.path) {
                last.header = header;
            }
        }
        last.header.clone()
    }
}

fn read(path: &Path) -> Result<HeaderValue, AuthError> {
    let token = std::fs::read_to_string(path)
        .map_err(|source| AuthError::ReadTokenFile(source, path.to_owned()))?;
    let mut header = HeaderValue::try_from(format!("Bearer {}", token.trim()))
        .map_err(AuthError::InvalidBearerToken)?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests;
