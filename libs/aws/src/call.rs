//! The one way by which a request goes out: its turn, its tries, its numbers, its error.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tracing::Instrument;

use crate::error::{AwsError, Class, Failure, classify};
use crate::meter::{Call, Meter, Wait, WaitReason};
use crate::operation::Operation;
use crate::pace::{Pace, Repeat, delays};
use crate::permission;

/// Span of one request to AWS.
const SPAN_CALL: &str = "aws";

/// Shared by all clients of one endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) pace: Arc<Pace>,
    pub(crate) meter: Arc<dyn Meter>,
    /// Asked right before each write is sent; none: everything may be.
    pub(crate) permit: Option<Arc<dyn Permit>>,
}

/// Whether something may be changed, now: as long as somebody holds what it belongs to.
pub trait Permit: fmt::Debug + Send + Sync {
    /// Answers by the clock, without waiting.
    fn may_write(&self) -> bool;
}

impl Caller {
    /// Sends until it succeeds, is refused, or was tried often enough. A write is sent once: whoever carries out the plan
    /// tries it again, and does everything else meanwhile.
    pub(crate) async fn call<T, E, F>(
        &self,
        operation: Operation,
        send: impl Fn() -> F,
    ) -> Result<T, AwsError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        // One series for each class: a throttled call that then meets a broken service still gets its tries.
        let mut throttled = delays(Class::Throttled);
        let mut broken = delays(Class::Retryable);
        loop {
            let error = match self.attempt(operation, &send).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if operation.group().is_write() {
                return Err(error);
            }
            let delay = match error.class {
                Class::Throttled => throttled.next(),
                Class::Retryable => broken.next(),
                Class::Permanent | Class::NeedsReobserve => None,
            };
            let Some(delay) = delay else {
                return Err(error);
            };
            tracing::debug!(operation = operation.name(), %error, ?delay, "trying again");
            tokio::time::sleep(delay).await;
            self.waited(operation, WaitReason::Backoff, delay);
        }
    }

    async fn attempt<T, E, F>(
        &self,
        operation: Operation,
        send: impl Fn() -> F,
    ) -> Result<T, AwsError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (name, group) = (operation.name(), operation.group());
        let asked = Instant::now();
        let turn = self.pace.turn(group, name).await?;
        self.waited(operation, WaitReason::Turn, asked.elapsed());
        if group.is_write() && self.permit.as_ref().is_some_and(|it| !it.may_write()) {
            // Whoever may now has changed things, or will.
            let message = "not sent: this process may not write any more";
            return Err(AwsError::new(Class::NeedsReobserve, name, message));
        }
        let began = Instant::now();
        let span = tracing::info_span!(SPAN_CALL, operation = name);
        let result = send().instrument(span).await;
        let result = result.map_err(|error| convert(operation, &error));
        drop(turn);
        let failure = result.as_ref().err().map(|error| error.class);
        if let Some(rate) = self.pace.learn(group, failure) {
            self.meter.paced(group, rate);
        }
        self.meter.called(Call {
            operation: name,
            group,
            failure,
            took: began.elapsed(),
        });
        result
    }

    fn waited(&self, operation: Operation, reason: WaitReason, time: Duration) {
        self.meter.waited(Wait {
            operation: operation.name(),
            group: operation.group(),
            reason,
            time,
        });
    }
}

fn convert<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> AwsError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let failure = match error {
        SdkError::ConstructionFailure(_) => Failure::NotSent,
        SdkError::ServiceError(answer) => Failure::Answered {
            status: answer.raw().status().as_u16(),
            code: answer.err().code(),
        },
        // An answer that cannot be read is as good as none.
        SdkError::ResponseError(_) | SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => {
            Failure::NoAnswer
        }
        // The enum is not exhaustive; what is new is no answer that we understand.
        _ => Failure::NoAnswer,
    };
    let class = match (classify(failure), operation.repeat()) {
        // It may have taken effect, and a second one would too. (The SDK does not tell a refused connection from
        // a lost one, so both mean: look first.)
        (Class::Retryable, Repeat::Unsafe) => Class::NeedsReobserve,
        (class, _) => class,
    };
    let message = match error.message() {
        Some(message) => lasting(message).to_owned(),
        None => chain(error),
    };
    AwsError {
        class,
        operation: operation.name().into(),
        code: error.code().map(str::to_owned),
        message: permission::explained(error.code(), operation, message),
        request_id: error.request_id().map(str::to_owned),
    }
}

/// The part of AWS's text that is the same for every try: EC2 ends a missing permission with a new cipher each time.
fn lasting(message: &str) -> &str {
    match message.split_once("Encoded authorization failure message") {
        Some((lasting, _)) => lasting.trim_end(),
        None => message,
    }
}

/// The error and what it comes from, in one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !texts.iter().any(|before| before.contains(&text)) {
            texts.push(text);
        }
        next = error.source();
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests;
