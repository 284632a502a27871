//! `tributary status`: how an installation is, in one screen and by an exit code.

mod faults;
mod paper;

use std::io::Write;
use std::process::ExitCode;

use tributary_model::health::Health;
use tributary_proto::installation::GetHealthRequest;

use super::client::Client;
use super::error::QueryError;
use super::get::now;
use super::output::Output;
use super::print::{Form, document_of, tell, text};
use crate::args::StatusArgs;
use faults::faults;

#[cfg(test)]
mod tests;

/// Something is not as it should be.
const DEGRADED: u8 = 1;
/// Nobody could be asked.
const NOT_REACHED: u8 = 2;

/// Shows how the installation is. 0: well; 1: degraded; 2: not reached.
pub(crate) async fn health(
    client: Result<Client, QueryError>,
    args: &StatusArgs,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let asked = async { client?.health().await };
    let health = match asked.await {
        Ok(health) => health,
        Err(error) => {
            tell(&format!("Error: {:#}", anyhow::Error::from(error)));
            return Ok(ExitCode::from(NOT_REACHED));
        }
    };
    let now = now();
    let faults = faults(&health, now);
    let code = if faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DEGRADED)
    };
    match args.output {
        Output::Table | Output::Wide => text(out, &paper::screen(&health, &faults, now))?,
        Output::Yaml | Output::Json => {
            let all = [(health, faults)];
            document_of(out, args.output, Form::Single, &all, |(health, faults)| {
                paper::shape(health, faults)
            })?;
        }
    }
    Ok(code)
}

impl Client {
    async fn health(&self) -> Result<Health, QueryError> {
        self.answer(async {
            let asked =
                self.call(async || self.installation().get_health(GetHealthRequest {}).await);
            let response = asked.await?;
            Health::try_from(response.into_inner()).map_err(|error| self.unreadable(error))
        })
        .await
    }
}
