//! The other direction: a client that keeps its events flowing to a server.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, Stream, StreamExt};
use tonic::Status;
use tributary_proto::event::EventMessage;
use tributary_runtime::Context;

use crate::attempts::{Attempts, StreamOptions};
use crate::published::Published;

/// After the stop, how long the server may take to answer to the stream's end.
const ANSWER_DEADLINE: Duration = Duration::from_secs(2);

/// The messages of one connection: what the call is given.
pub struct Messages<M>(BoxStream<'static, M>);

impl<M> Stream for Messages<M> {
    type Item = M;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<M>> {
        self.0.poll_next_unpin(context)
    }
}

/// Sends what is published to a server until the context stops: everything at each connection, then every change. The
/// latest of each key wins, and nothing queues up while the server is away.
///
/// `dress` adds to a message what the events do not say (who speaks). `call` makes the call with the stream that it is
/// given, each time anew, and reads the answer.
///
/// ```no_run
/// # use tributary_proto::event::EventMessage;
/// # use tributary_proto::report::{PublishReportsRequest, Publisher};
/// # use tributary_runtime::Context;
/// # use tributary_stream::{clients, publish, Published, StreamOptions, Transport};
/// # async fn example<K, V>(context: &Context, transport: Transport, reports: Published<K, V>, publisher: Publisher)
/// # where
/// #     PublishReportsRequest: EventMessage<Key = K, Item = V>,
/// #     K: Ord + Clone + Send + Sync + 'static,
/// #     V: PartialEq + Send + Sync + 'static,
/// # {
/// let client = clients::report(transport);
/// let dress = move |message| PublishReportsRequest { publisher: Some(publisher.clone()), ..message };
/// publish(context.clone(), StreamOptions::named("report"), reports, dress, move |messages| {
///     let mut client = client.clone();
///     async move {
///         let answer = client.publish_reports(messages).await?.into_inner();
///         tracing::debug!(refused = answer.refused.len(), "reports were taken");
///         Ok(())
///     }
/// })
/// .await;
/// # }
/// ```
pub fn publish<M, K, V, C, F>(
    context: Context,
    options: StreamOptions,
    published: Published<K, V>,
    dress: impl Fn(M) -> M + Clone + Send + 'static,
    call: C,
) -> BoxFuture<'static, ()>
where
    M: EventMessage<Key = K, Item = V>,
    K: Ord + Clone + Send + Sync + 'static,
    V: PartialEq + Send + Sync + 'static,
    C: FnMut(Messages<M>) -> F + Send + 'static,
    F: Future<Output = Result<(), Status>> + Send + 'static,
{
    // Boxed here, where the compiler can still see that it is Send.
    send(context, options, published, dress, call).boxed()
}

async fn send<M, K, V, C, F>(
    context: Context,
    options: StreamOptions,
    published: Published<K, V>,
    dress: impl Fn(M) -> M + Clone + Send + 'static,
    mut call: C,
) where
    M: EventMessage<Key = K, Item = V>,
    K: Ord + Clone + Send + Sync + 'static,
    V: PartialEq + Send + Sync + 'static,
    C: FnMut(Messages<M>) -> F,
    F: Future<Output = Result<(), Status>>,
{
    let mut attempts = Attempts::new(&context, options);
    while attempts.begin().await.is_some() {
        let dress = dress.clone();
        let events = published.subscribe().into_stream();
        let messages = events.map(move |event| dress(M::encode_event::<V, _>(&event)));
        let too_late = async {
            context.shutdown.cancelled().await;
            tokio::time::sleep(ANSWER_DEADLINE).await;
        };
        let ended = tokio::select! {
            ended = call(Messages(messages.boxed())) => ended,
            () = too_late => return,
        };
        if context.shutdown.is_cancelled() {
            // The end was ours.
            return;
        }
        match ended {
            Ok(()) => attempts.over(&Status::unavailable("the server ended the stream")),
            Err(status) => attempts.over(&status),
        }
    }
}
