//! The embedded sandbox has the network interfaces that the source's cluster would have.
//!
//! ```text
//!  watcher ═ WatchSnapshot ═> here ═ the same messages ═> merger ─> programmers
//!                              └─ Nodes, EndpointSlices ─> Seeds ─> sandbox: instances, interfaces
//! ```
//!
//! What AWS would have by itself must not come later than what asks for it, so this stands in the merger's way: a message goes
//! on once the sandbox has what it says. Nothing here waits: seeding is a change in memory.

mod seeds;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::{StreamExt, TryStreamExt};
use tonic::{Request, Response, Status, Streaming};
use tributary_proto::snapshot::snapshot_service_client::SnapshotServiceClient;
use tributary_proto::snapshot::snapshot_service_server::{SnapshotService, SnapshotServiceServer};
use tributary_proto::snapshot::watch_snapshot_response::Event;
use tributary_proto::snapshot::{
    GetSnapshotRequest, GetSnapshotResponse, ListRejectionsRequest, ListRejectionsResponse,
    SyncRequest, SyncResponse, WatchSnapshotRequest, WatchSnapshotResponse,
};
use tributary_proto::types;
use tributary_runtime::grpc::GrpcError;
use tributary_runtime::{Context, GrpcServices};
use tributary_sandbox::{Sandbox, SeedInterface};
use tributary_stream::{EventStream, Receiver, Transport, Update, clients};

use self::seeds::{Difference, Seeds};

/// The watcher's contract, whose snapshot stream the sandbox's interfaces follow. One reader's: the merger's.
struct Interfaces {
    watcher: SnapshotServiceClient<Transport>,
    following: Arc<Mutex<Following>>,
}

/// What was heard so far, across reconnects.
struct Following {
    receiver: Receiver<WatchSnapshotResponse>,
    seeds: Seeds,
    sandbox: Sandbox,
}

/// The watcher, as the merger should hear it.
pub(crate) fn ahead(
    context: &Context,
    watcher: Transport,
    sandbox: Sandbox,
) -> Result<Transport, GrpcError> {
    let interfaces = Interfaces {
        watcher: clients::snapshot(watcher),
        following: Arc::new(Mutex::new(Following {
            receiver: Receiver::new(context, "interfaces"),
            seeds: Seeds::default(),
            sandbox,
        })),
    };
    let server = SnapshotServiceServer::new(interfaces)
        .max_decoding_message_size(tributary_proto::MAX_QUESTION_BYTES)
        .max_encoding_message_size(tributary_proto::MAX_MESSAGE_BYTES);
    let grpc = GrpcServices::default().add_service(server).build()?;
    Ok(Transport::local(grpc.routes()))
}

#[tonic::async_trait]
impl SnapshotService for Interfaces {
    type WatchSnapshotStream = EventStream<WatchSnapshotResponse>;
    type GetSnapshotStream = Streaming<GetSnapshotResponse>;
    type ListRejectionsStream = Streaming<ListRejectionsResponse>;

    async fn watch_snapshot(
        &self,
        request: Request<WatchSnapshotRequest>,
    ) -> Result<Response<Self::WatchSnapshotStream>, Status> {
        let messages = self.watcher.clone().watch_snapshot(request).await?;
        let following = Arc::clone(&self.following);
        lock(&following).receiver.disconnect();
        let heard = messages
            .into_inner()
            .inspect_ok(move |message| lock(&following).hear(message));
        Ok(Response::new(heard.boxed()))
    }

    async fn get_snapshot(
        &self,
        request: Request<GetSnapshotRequest>,
    ) -> Result<Response<Self::GetSnapshotStream>, Status> {
        self.watcher.clone().get_snapshot(request).await
    }

    async fn sync(&self, request: Request<SyncRequest>) -> Result<Response<SyncResponse>, Status> {
        self.watcher.clone().sync(request).await
    }

    async fn list_rejections(
        &self,
        request: Request<ListRejectionsRequest>,
    ) -> Result<Response<Self::ListRejectionsStream>, Status> {
        self.watcher.clone().list_rejections(request).await
    }
}

impl Following {
    fn hear(&mut self, message: &WatchSnapshotResponse) {
        if !is_of_interest(message) {
            return;
        }
        for received in self.receiver.accept(message.clone()) {
            match received.item {
                Update::Reset(objects) => {
                    for object in objects.into_values() {
                        self.seeds.apply(&object.item.resource);
                    }
                }
                Update::Apply(_, object) => self.seeds.apply(&object.resource),
                Update::Delete(object) => self.seeds.delete(&object),
                // What a message could not say keeps its last good version; the receiver has logged it.
                Update::Repositioned(_) | Update::Refused(_) | Update::Synced => {}
            }
        }
        let Difference { gone, come } = self.seeds.difference();
        if !gone.is_empty() {
            self.sandbox.remove_interfaces(None, &gone);
        }
        self.seed(&come);
    }

    fn seed(&self, come: &[SeedInterface]) {
        // All or nothing, so that one that cannot be is found only alone.
        if come.is_empty() || self.sandbox.seed_interfaces(None, come).is_ok() {
            return;
        }
        for interface in come {
            let alone = std::slice::from_ref(interface);
            if let Err(error) = self.sandbox.seed_interfaces(None, alone) {
                tracing::warn!(
                    address = %interface.address,
                    %error,
                    "the sandbox has no network interface for an address of the source"
                );
            }
        }
    }
}

/// Most of a snapshot is routes, which need not be decoded twice.
fn is_of_interest(message: &WatchSnapshotResponse) -> bool {
    let object = match &message.event {
        None | Some(Event::Init(_) | Event::InitDone(_)) => return true,
        Some(Event::InitApply(object) | Event::Apply(object)) => object.object.as_ref(),
        Some(Event::Delete(object)) => Some(object),
    };
    object.is_none_or(|object| match object.kind() {
        types::Kind::EndpointSlice | types::Kind::Node => true,
        types::Kind::Unspecified
        | types::Kind::GatewayClass
        | types::Kind::Gateway
        | types::Kind::ListenerSet
        | types::Kind::HttpRoute
        | types::Kind::GrpcRoute
        | types::Kind::TcpRoute
        | types::Kind::UdpRoute
        | types::Kind::TlsRoute
        | types::Kind::ReferenceGrant
        | types::Kind::BackendTlsPolicy
        | types::Kind::Namespace
        | types::Kind::Service
        | types::Kind::Secret
        | types::Kind::LoadBalancerConfiguration
        | types::Kind::TargetGroupConfiguration
        | types::Kind::ListenerRuleConfiguration
        | types::Kind::Pod => false,
    })
}

/// A panic in the middle leaves addresses that are seeded with a later message, or again: each step is whole.
fn lock(following: &Mutex<Following>) -> MutexGuard<'_, Following> {
    following.lock().unwrap_or_else(PoisonError::into_inner)
}
