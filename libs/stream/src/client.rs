//! The one client that keeps watching, whatever happens to the connection.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tokio::time::timeout;
use tonic::{Response, Status, Streaming};
use tributary_proto::event::EventMessage;
use tributary_runtime::{CancellationToken, Concerns, Condition, Context};

use crate::attempts::{Attempts, StreamOptions, cause};
use crate::receiver::{Received, Receiver};
use crate::view::Update;

/// How long a server may take to accept a stream. Its messages may take for ever: keep-alive finds dead peers.
const CALL_DEADLINE: Duration = Duration::from_secs(15);

/// What of its service a stream is tied to.
#[derive(Clone, Debug, Default)]
pub struct Ties {
    /// Told why nothing has arrived yet. Whoever follows the stream says that it has.
    pub arrival: Option<Arc<Condition>>,
    /// What the call says of its service: it is made anew when that changes, and what is there is listed once more.
    pub concerns: Option<Concerns>,
}

/// Watches until the context stops; the returned stream ends then, and never before.
///
/// `call` makes the call, each time anew. A sender whose epoch is lower than one seen before was deposed and is left,
/// unless the options say that there is no leader among the senders.
///
/// ```no_run
/// # use futures::StreamExt;
/// # use tributary_proto::snapshot::WatchSnapshotRequest;
/// # use tributary_runtime::Context;
/// # use tributary_stream::{clients, watch, StreamOptions, Transport, Update};
/// # async fn example(context: &Context, transport: Transport) {
/// let client = clients::snapshot(transport);
/// let mut updates = watch(context, StreamOptions::named("snapshot"), move || {
///     let mut client = client.clone();
///     async move { client.watch_snapshot(WatchSnapshotRequest {}).await }
/// });
/// while let Some(received) = updates.next().await {
///     let span = tributary_stream::span(&received).entered();
///     match received.item {
///         Update::Reset(items) => drop(items),
///         Update::Apply(key, item) => drop((key, item)),
///         Update::Delete(key) => drop(key),
///         Update::Repositioned(_) | Update::Refused(_) | Update::Synced => {}
///     }
/// }
/// # }
/// ```
pub fn watch<M, C, F>(
    context: &Context,
    options: StreamOptions,
    call: C,
) -> BoxStream<'static, Received<M>>
where
    M: EventMessage,
    C: FnMut() -> F + Send + 'static,
    F: Future<Output = Result<Response<Streaming<M>>, Status>> + Send + 'static,
{
    watch_tied(context, options, Ties::default(), call)
}

/// The same for a stream on which its service's readiness depends, or whose call tells its concerns.
pub fn watch_tied<M, C, F>(
    context: &Context,
    options: StreamOptions,
    ties: Ties,
    call: C,
) -> BoxStream<'static, Received<M>>
where
    M: EventMessage,
    C: FnMut() -> F + Send + 'static,
    F: Future<Output = Result<Response<Streaming<M>>, Status>> + Send + 'static,
{
    let watching = Watching {
        call,
        receiver: Receiver::fenced(context, options.stream, options.fencing),
        told: VecDeque::new(),
        messages: None,
        attempts: Attempts::new(context, options),
        ties,
        shutdown: context.shutdown.clone(),
    };
    stream::unfold(watching, |mut watching| async move {
        let update = watching.next().await?;
        Some((update, watching))
    })
    // Who takes what is there already meets the end, and asks once more.
    .fuse()
    .boxed()
}

struct Watching<M: EventMessage, C> {
    call: C,
    receiver: Receiver<M>,
    /// Told by the last message and not taken yet. The next message is read only when it is empty.
    told: VecDeque<Received<M>>,
    messages: Option<Streaming<M>>,
    attempts: Attempts,
    ties: Ties,
    shutdown: CancellationToken,
}

impl<M, C, F> Watching<M, C>
where
    M: EventMessage,
    C: FnMut() -> F,
    F: Future<Output = Result<Response<Streaming<M>>, Status>>,
{
    /// None when the context has stopped.
    async fn next(&mut self) -> Option<Received<M>> {
        loop {
            if let Some(update) = self.told.pop_front() {
                return Some(update);
            }
            match &mut self.messages {
                None => self.connect().await?,
                Some(messages) => {
                    let message = tokio::select! {
                        () = self.shutdown.cancelled() => return None,
                        message = messages.message() => message,
                        () = changed(&mut self.ties.concerns) => {
                            self.messages = None;
                            self.receiver.disconnect();
                            continue;
                        }
                    };
                    self.receive(message);
                }
            }
        }
    }

    async fn connect(&mut self) -> Option<()> {
        self.attempts.begin().await?;
        if let Some(concerns) = &mut self.ties.concerns {
            concerns.seen();
        }
        let called = timeout(CALL_DEADLINE, (self.call)());
        match self.shutdown.run_until_cancelled(called).await? {
            Ok(Ok(response)) => self.messages = Some(response.into_inner()),
            Ok(Err(status)) => self.lose(&status),
            Err(_elapsed) => self.lose(&Status::deadline_exceeded("no answer to the call")),
        }
        Some(())
    }

    fn receive(&mut self, message: Result<Option<M>, Status>) {
        let message = match message {
            Ok(Some(message)) => message,
            Ok(None) => return self.lose(&Status::unavailable("the server ended the stream")),
            Err(status) => return self.lose(&status),
        };
        let Some(updates) = self.receiver.accept_fenced(message.decode_event()) else {
            return self.lose(&Status::failed_precondition("the server was deposed"));
        };
        if updates
            .iter()
            .any(|update| matches!(update.item, Update::Synced))
        {
            self.attempts.works();
        }
        self.told.extend(updates);
    }

    fn lose(&mut self, why: &Status) {
        self.messages = None;
        self.receiver.disconnect();
        self.attempts.over(why);
        if let Some(arrival) = &self.ties.arrival {
            arrival.still_unmet_because(cause(why));
        }
    }
}

async fn changed(concerns: &mut Option<Concerns>) {
    match concerns {
        Some(concerns) => concerns.changed().await,
        None => std::future::pending().await,
    }
}
