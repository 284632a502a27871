//! A service's certificate and its readiness.

use std::path::Path;
use std::sync::PoisonError;

use tokio::time::sleep;
use x509_parser::prelude::ASN1Time;

use super::{LOOK, Peer, Tls, TlsError};
use crate::context::Context;
use crate::error::chain;
use crate::names::TLS_RELOAD_FAILURES;
use crate::readiness::{Concern, Condition};
use crate::tasks::{OnError, Tasks};

/// `SERVICE/certificate`.
struct FileStatus {
    condition: Condition,
    /// What is there is good, and what was to follow it cannot be used.
    unused: Concern,
    /// Said once.
    fault: Option<String>,
}

/// Waits for files that can be used, and says from then on whether they are good, so that a service without connections
/// sees, too, that they are renewed or have ended.
///
/// # Errors
/// Names the file that cannot be used, if the context stops before it can.
pub(crate) async fn watched(
    context: &Context,
    tasks: &Tasks,
    folder: &Path,
    us: Peer,
) -> Result<Tls, TlsError> {
    let mut told = FileStatus {
        condition: context.condition("certificate"),
        unused: context.concern("certificate"),
        fault: None,
    };
    let failures = context.metrics.get(&TLS_RELOAD_FAILURES);
    let tls = loop {
        let error = match Tls::load(&context.metrics, folder, &us.installation) {
            Ok(tls) => break tls,
            Err(error) => error,
        };
        failures.inc();
        told.tell(Some(chain(&error)));
        let waited = context.shutdown.run_until_cancelled(sleep(LOOK)).await;
        if waited.is_none() {
            return Err(error);
        }
    };
    told.tell(tls.fault(&us));
    let (watched, shutdown) = (tls.clone(), context.shutdown.clone());
    tasks.spawn("certificate", OnError::ShutDown, async move {
        while shutdown.run_until_cancelled(sleep(LOOK)).await.is_some() {
            told.tell(watched.fault(&us));
            told.tell_unused(watched.unused());
        }
        Ok::<_, TlsError>(())
    });
    Ok(tls)
}

impl Tls {
    /// What is wrong at this moment with what counts at this moment.
    fn fault(&self, us: &Peer) -> Option<String> {
        let fault = self.current().fault(us, ASN1Time::now())?;
        Some(format!("{}/{fault}", self.0.folder.display()))
    }

    /// Why the files that are there now are not what counts.
    fn unused(&self) -> Option<String> {
        let state = self.0.state.lock();
        // Whole after any panic, as in `current`.
        state
            .unwrap_or_else(PoisonError::into_inner)
            .refused
            .clone()
    }
}

impl FileStatus {
    /// No reason to be unready: peers believe the former certificate until it ends.
    fn tell_unused(&self, why: Option<String>) {
        match why {
            None => self.unused.clear(),
            Some(why) => {
                let why = format!("{why}: the one that was there counts on");
                self.unused.raise_because(why);
            }
        }
    }

    fn tell(&mut self, fault: Option<String>) {
        match &fault {
            None => self.condition.met(),
            Some(why) => self.condition.unmet_because(why),
        }
        if self.fault == fault {
            return;
        }
        match &fault {
            None => tracing::info!("the certificate is good"),
            Some(error) => tracing::warn!(error, "the certificate is not good"),
        }
        self.fault = fault;
    }
}
