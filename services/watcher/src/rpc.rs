//! `tributary.snapshot.v1`.

use std::sync::Arc;

use futures::stream::{self, BoxStream, StreamExt};
use tokio::sync::{mpsc, oneshot};
use tonic::metadata::BinaryMetadataValue;
use tonic::{Request, Response, Status};
use tributary_proto::part::{parts, parts_of_messages};
use tributary_proto::snapshot::snapshot_service_server::SnapshotService;
use tributary_proto::snapshot::{
    GetSnapshotRequest, GetSnapshotResponse, ListRejectionsRequest, ListRejectionsResponse,
    SyncRequest, SyncResponse, WatchSnapshotRequest, WatchSnapshotResponse,
};
use tributary_runtime::Concerns;
use tributary_runtime::names::HEADER_CONCERNS;
use tributary_stream::{EventStream, events};

use crate::Shared;

#[derive(Debug)]
pub(crate) struct Rpc(pub(crate) Shared, pub(crate) Concerns);

type PartStream<M> = BoxStream<'static, Result<M, Status>>;

#[tonic::async_trait]
impl SnapshotService for Rpc {
    type WatchSnapshotStream = EventStream<WatchSnapshotResponse>;
    type GetSnapshotStream = PartStream<GetSnapshotResponse>;
    type ListRejectionsStream = PartStream<ListRejectionsResponse>;

    async fn watch_snapshot(
        &self,
        _: Request<WatchSnapshotRequest>,
    ) -> Result<Response<Self::WatchSnapshotStream>, Status> {
        let mut concerns = self.1.clone();
        let values = concerns.seen();
        let values = values.iter().map(String::as_bytes);
        let values: Vec<_> = values.map(BinaryMetadataValue::from_bytes).collect();
        let events = events(self.0.published.subscribe());
        // Who is called again tells what has become of them.
        let events = events.take_until(async move { concerns.changed().await });
        let mut response = Response::new(events.boxed());
        for value in values {
            response.metadata_mut().append_bin(HEADER_CONCERNS, value);
        }
        Ok(response)
    }

    async fn get_snapshot(
        &self,
        _: Request<GetSnapshotRequest>,
    ) -> Result<Response<Self::GetSnapshotStream>, Status> {
        if !self.0.published.is_complete() {
            return Err(Status::unavailable("the source has not been read yet"));
        }
        let (position, objects) = self.0.published.snapshot();
        let messages = objects.into_values().map(|packed| packed.message());
        Ok(Response::new(
            stream::iter(parts_of_messages(position, messages).map(Ok)).boxed(),
        ))
    }

    async fn sync(&self, _: Request<SyncRequest>) -> Result<Response<SyncResponse>, Status> {
        let (answer, answered) = oneshot::channel();
        self.0.sync.try_send(answer).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                Status::resource_exhausted("too many callers wait for a reading")
            }
            mpsc::error::TrySendError::Closed(_) => stopping(),
        })?;
        let position = answered
            .await
            .map_err(|_| stopping())?
            .map_err(Status::unavailable)?;
        Ok(Response::new(SyncResponse::from(&position)))
    }

    async fn list_rejections(
        &self,
        _: Request<ListRejectionsRequest>,
    ) -> Result<Response<Self::ListRejectionsStream>, Status> {
        let rejections = Arc::unwrap_or_clone(self.0.rejections());
        let position = self.0.published.position();
        Ok(Response::new(
            stream::iter(parts(position, rejections).map(Ok)).boxed(),
        ))
    }
}

fn stopping() -> Status {
    Status::unavailable("the watcher is stopping")
}
