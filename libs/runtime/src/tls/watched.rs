//! A service's certificate and its readiness.

use std::path::Path;

use tokio::time::sleep;
use x509_parser::prelude::ASN1Time;

use super::{LOOK, Peer, Tls, TlsError};
use crate::context::Context;
use crate::error::chain;
use crate::names::TLS_RELOAD_FAILURES;
use crate::readiness::Condition;
use crate::tasks::{OnError, Tasks};

/// `SERVICE/certificate`.
struct Told {
    condition: Condition,
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
    let mut told = Told {
        condition: context.condition("certificate"),
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
}

impl Told {
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
