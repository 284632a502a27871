//! `tributary wait`.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tonic::{Code, Status};
use tributary_proto::call::WaitOutcome;
use tributary_runtime::Backoff;
use tributary_runtime::names::SecondsCounter;

use super::client::Client;
use super::error::QueryError;
use super::print::{Progress, tell, text};
use crate::args::WaitArgs;

/// How long to be silent about a server that is not there: `up` opens its port within this.
const WORTH_A_LINE: Duration = Duration::from_secs(2);

/// Between questions. A person or a script waits: a second late is late.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(50),
    most: Duration::from_secs(1),
};

/// What the server has beyond the patience that it was told, so that its own answer of what is pending arrives.
const GRACE: Duration = Duration::from_secs(1);

/// How often a person at a terminal is told what is waited for.
const BETWEEN_LINES: Duration = Duration::from_secs(1);

/// How waiting ended.
#[derive(Debug)]
enum Ended {
    Settled,
    /// The time is up: what was still awaited, as last heard.
    TimedOut(Vec<String>),
}

/// Waits until everything read so far is judged and programmed or refused, and reported: 0 then, 1 when the time is up.
/// A server that is not there yet is waited for, too, since scripts call this right after they started one.
pub(crate) async fn wait(
    client: &Client,
    args: &WaitArgs,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let WaitArgs { server: _, timeout } = args;
    let mut progress = Progress::new();
    let ask = async |left: Duration| {
        // Who watches is told what is waited for, and the server answers before it is settled only when it is asked to.
        let left = if progress.is_seen() {
            left.min(BETWEEN_LINES)
        } else {
            left
        };
        let answered = client.wait_outcome(left).await;
        if let Ok(WaitOutcome::Pending(pending)) = &answered {
            progress.show(&waited_for(pending));
        }
        answered
    };
    let ended = until_settled(client, *timeout, ask).await?;
    progress.clear();
    match ended {
        Ended::Settled => {
            text(out, "settled\n")?;
            Ok(ExitCode::SUCCESS)
        }
        Ended::TimedOut(pending) => {
            tell(&format!("not settled after {timeout:?}"));
            if pending.is_empty() {
                tell(&format!("  {} has not answered", client.server()));
            }
            for line in pending {
                tell(&format!("  {line}"));
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

/// In one line.
fn waited_for(pending: &[String]) -> String {
    match pending {
        [] => "waiting".to_owned(),
        [only] => format!("waiting for {only}"),
        [first, others @ ..] => format!("waiting for {first} and {} more", others.len()),
    }
}

/// `ask` waits on the server's side, for as long as it is told.
async fn until_settled(
    client: &Client,
    patience: Duration,
    mut ask: impl AsyncFnMut(Duration) -> Result<WaitOutcome, Status>,
) -> Result<Ended, QueryError> {
    let begun = Instant::now();
    // A patience beyond the clock's end has no end.
    let deadline = begun.checked_add(patience);
    // A command that lives for one wait has no metrics port: nobody reads the counter.
    let mut delays = BACKOFF.delays(SecondsCounter::default());
    let mut pending = Vec::new();
    let mut told = false;
    loop {
        let left = deadline.map_or(patience, |deadline| {
            deadline.saturating_duration_since(Instant::now())
        });
        match bounded(deadline, ask(left)).await {
            None => return Ok(Ended::TimedOut(pending)),
            Some(Ok(WaitOutcome::Settled)) => return Ok(Ended::Settled),
            Some(Ok(WaitOutcome::Pending(lines))) => pending = lines,
            Some(Err(status)) if passes(status.code()) => {
                pending = vec![client.failed(&status).to_string()];
                if !told && begun.elapsed() > WORTH_A_LINE {
                    tell(&format!("waiting for {}", client.server()));
                    told = true;
                }
            }
            Some(Err(status)) => return Err(client.failed(&status)),
        }
        // The server may cut a wait short: ask again while there is time, but never in a tight loop.
        let delay = tokio::time::sleep(delays.next_delay());
        if bounded_exactly(deadline, delay).await.is_none() {
            return Ok(Ended::TimedOut(pending));
        }
    }
}

/// None when the time and the grace are over.
async fn bounded(
    deadline: Option<Instant>,
    call: impl Future<Output = Result<WaitOutcome, Status>>,
) -> Option<Result<WaitOutcome, Status>> {
    bounded_exactly(
        deadline.and_then(|deadline| deadline.checked_add(GRACE)),
        call,
    )
    .await
}

async fn bounded_exactly<T>(
    deadline: Option<Instant>,
    future: impl Future<Output = T>,
) -> Option<T> {
    match deadline {
        None => Some(future.await),
        Some(deadline) => timeout_at(deadline, future).await.ok(),
    }
}

/// Whether a failure may be over in a moment: a server that starts, stops or is killed and started again.
fn passes(code: Code) -> bool {
    match code {
        Code::Unavailable
        | Code::Unknown
        | Code::Internal
        | Code::Cancelled
        | Code::Aborted
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::NotFound => true,
        Code::Ok
        | Code::InvalidArgument
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::DataLoss
        | Code::Unauthenticated => false,
    }
}

#[cfg(test)]
mod tests;
