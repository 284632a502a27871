//! Readers that take nothing: of a client that opens a stream and does not read it only what is under way is kept, and not for
//! long.
//!
//! ```text
//!  a service's stream ── read ahead by one frame ──> the connection, whose windows the client opens by reading
//!                    └─ nobody takes that frame for 30 s: the stream ends here, and what it held is free
//! ```
//!
//! A store queues nothing for a reader (`libs/stream`); this is about the reader itself: its place, its filter, its share of what
//! one identity may have open.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::HeaderMap;
use http_body::Frame;
use http_body_util::BodyExt;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::Status;

use crate::Metrics;
use crate::names::{RpcLabels, SLOW_READERS};

#[cfg(test)]
mod tests;

/// Our own clients take what comes at once: one that does not for so long is stopped, or means harm. A stopped one is told
/// everything anew when it goes on.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Those of one server.
#[derive(Clone, Debug)]
pub(super) struct Readers {
    dropped: Family<RpcLabels, Counter>,
}

impl Readers {
    pub(super) fn new(metrics: &Metrics) -> Self {
        Self {
            dropped: metrics.get(&SLOW_READERS),
        }
    }

    fn hurried(&self, rpc: &str, body: Body) -> Body {
        if body.is_end_stream() {
            return body;
        }
        let (sender, frames) = mpsc::channel(1);
        let mut reading = JoinSet::new();
        let (rpc, dropped) = (rpc.to_owned(), self.dropped.clone());
        reading.spawn(async move {
            let ended = read(body, sender).await;
            match ended {
                Ended::Whole => {}
                Ended::Slow => {
                    tracing::info!(rpc, "a reader is dropped: it took nothing for {PATIENCE:?}");
                    dropped.get_or_create(&RpcLabels { rpc }).inc();
                }
            }
            ended
        });
        Body::new(Hurried { frames, reading })
    }
}

/// Around every call of a server.
pub(super) async fn hurry(
    State(readers): State<Readers>,
    request: Request,
    next: Next,
) -> Response {
    // Of a path that nobody serves the answer is empty: only ours become labels.
    let rpc = request.uri().path().to_owned();
    let (parts, body) = next.run(request).await.into_parts();
    Response::from_parts(parts, readers.hurried(&rpc, body))
}

enum Ended {
    /// All of it was taken, or nobody is left to take it.
    Whole,
    Slow,
}

type Read = Result<Frame<Bytes>, axum::Error>;

/// What the service holds for the stream is let go when this returns.
async fn read(mut body: Body, sender: mpsc::Sender<Read>) -> Ended {
    while let Some(frame) = body.frame().await {
        match timeout(PATIENCE, sender.send(frame)).await {
            Ok(Ok(())) => {}
            Ok(Err(_closed)) => return Ended::Whole,
            Err(_elapsed) => return Ended::Slow,
        }
    }
    Ended::Whole
}

/// A body that is read ahead of its reader.
struct Hurried {
    frames: mpsc::Receiver<Read>,
    /// The one task, which ends with this.
    reading: JoinSet<Ended>,
}

impl HttpBody for Hurried {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Some(frame) = ready!(self.frames.poll_recv(context)) {
            return Poll::Ready(Some(frame));
        }
        Poll::Ready(match ready!(self.reading.poll_join_next(context)) {
            Some(Ok(Ended::Slow)) => Some(too_slow()),
            Some(Ok(Ended::Whole)) | None => None,
            // It panicked: the stream is cut, and does not pass for whole.
            Some(Err(error)) => Some(Err(axum::Error::new(error))),
        })
    }
}

/// The stream's end, for a client that reads again.
fn too_slow() -> Read {
    let why = format!("nothing of the stream was read for {PATIENCE:?}: ask again");
    let mut trailers = HeaderMap::new();
    Status::resource_exhausted(why)
        .add_header(&mut trailers)
        .map_err(axum::Error::new)?;
    Ok(Frame::trailers(trailers))
}
