//! The smallest snapshot service, and servers of it that can be killed.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use futures::stream::BoxStream;
use tonic::{Request, Response, Status};
use tributary_model::Meta;
use tributary_model::resource::{Resource, SourceObject};
use tributary_model::workload::Namespace;
use tributary_model::{Labels, ObjectKey, ObjectRef, Timestamp};
use tributary_proto::MAX_MESSAGE_BYTES;
use tributary_proto::snapshot::snapshot_service_server::{SnapshotService, SnapshotServiceServer};
use tributary_proto::snapshot::{
    GetSnapshotRequest, GetSnapshotResponse, ListRejectionsRequest, ListRejectionsResponse,
    SyncRequest, SyncResponse, WatchSnapshotRequest, WatchSnapshotResponse,
};
use tributary_runtime::telemetry::traceparent;
use tributary_runtime::{Context, Grpc, GrpcServices};
use tributary_stream::{EventStream, Published, events};

pub(crate) type Objects = Published<ObjectRef, SourceObject>;

pub(crate) struct Snapshots(pub(crate) Objects);

#[tonic::async_trait]
impl SnapshotService for Snapshots {
    type WatchSnapshotStream = EventStream<WatchSnapshotResponse>;
    type GetSnapshotStream = BoxStream<'static, Result<GetSnapshotResponse, Status>>;
    type ListRejectionsStream = BoxStream<'static, Result<ListRejectionsResponse, Status>>;

    async fn watch_snapshot(
        &self,
        _: Request<WatchSnapshotRequest>,
    ) -> Result<Response<Self::WatchSnapshotStream>, Status> {
        Ok(Response::new(events(self.0.subscribe())))
    }

    async fn get_snapshot(
        &self,
        _: Request<GetSnapshotRequest>,
    ) -> Result<Response<Self::GetSnapshotStream>, Status> {
        Err(Status::unimplemented("not of this test"))
    }

    async fn sync(&self, _: Request<SyncRequest>) -> Result<Response<SyncResponse>, Status> {
        // Says in which trace it was called.
        Err(Status::unimplemented(traceparent()))
    }

    async fn list_rejections(
        &self,
        _: Request<ListRejectionsRequest>,
    ) -> Result<Response<Self::ListRejectionsStream>, Status> {
        Err(Status::unimplemented("not of this test"))
    }
}

pub(crate) fn grpc(objects: &Objects) -> Grpc {
    let service = SnapshotServiceServer::new(Snapshots(objects.clone()))
        .max_encoding_message_size(MAX_MESSAGE_BYTES);
    GrpcServices::default()
        .add_service(service)
        .describe(tributary_proto::FILE_DESCRIPTOR_SET)
        .build()
        .unwrap()
}

pub(crate) fn namespace(name: &str, label: &str) -> (ObjectRef, Arc<SourceObject>) {
    let namespace = Namespace {
        meta: Meta {
            key: ObjectKey::cluster(name),
            generation: 1,
            created: Timestamp(0),
            deleting: false,
        },
        labels: [("team".to_owned(), label.to_owned())].into(),
    };
    let resource = Resource::Namespace(namespace);
    let key = resource.object_ref();
    let object = SourceObject {
        resource: Arc::new(resource),
        status: None,
        resource_version: None,
        labels: Labels::default(),
    };
    (key, Arc::new(object))
}

pub(crate) fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// A server in a runtime of its own, so that killing it leaves nothing of it: no connection says goodbye.
pub(crate) struct Server {
    runtime: Option<tokio::runtime::Runtime>,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(address: SocketAddr, grpc: Grpc) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let _inside = runtime.enter();
        let bound = grpc.bind(address).unwrap();
        let address = bound.local_addr();
        // The context of a process that is never told to stop.
        let context = Context::new("killed");
        runtime.spawn(bound.serve(context));
        Self {
            runtime: Some(runtime),
            address,
        }
    }

    /// Returns when its port is free again.
    pub(crate) async fn kill(mut self) {
        let runtime = self.runtime.take().unwrap();
        let deadline = std::time::Duration::from_secs(10);
        tokio::task::spawn_blocking(move || runtime.shutdown_timeout(deadline))
            .await
            .unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
