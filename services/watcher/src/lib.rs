//! The watcher: reads what users asked for, normalized, and streams it.
//!
//! ```text
//!  folder ──notify, debounce──> Folder::read ──> Published<ObjectRef, SourceObject> ──> WatchSnapshot
//!     ^                              └────────> rejections ──────────────────────────> ListRejections
//!     └── Sync, and every half minute
//! ```
//!
//! **Knows:** when to read again, and that a snapshot is complete only when everything was read.
//!
//! **Must not know:** what the objects mean together. It is the only service that reads user objects.

mod follow;
mod rpc;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::{mpsc, oneshot};
use tributary_folder::Folder;
use tributary_folder::memory::MemoryError;
use tributary_model::ObjectRef;
use tributary_model::resource::SourceObject;
use tributary_model::view::Rejection;
use tributary_proto::snapshot::snapshot_service_server::SnapshotServiceServer;
use tributary_runtime::grpc::GrpcError;
use tributary_runtime::tasks::TaskError;
use tributary_runtime::{CommonArgs, Context, GrpcServices, OnError};
use tributary_stream::{Position, Published};

/// The watcher's command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder (or file) of manifests.
    #[arg(long, value_name = "PATH")]
    pub source: PathBuf,
    /// What must survive a restart: first-seen times and last good versions. Without it nothing does.
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Where the status writer writes: what it holds is the status that objects carry.
    #[arg(long, value_name = "DIR")]
    pub status_dir: Option<PathBuf>,
    /// gRPC address.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7071")]
    pub grpc_listen: SocketAddr,
    /// Of every service.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// What a watcher needs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder of manifests.
    pub source: PathBuf,
    /// Where first-seen times and last good versions are kept.
    pub state_dir: Option<PathBuf>,
    /// Where the status writer writes.
    pub status_dir: Option<PathBuf>,
}

/// Why a watcher ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What must survive a restart cannot be read or written.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The folder cannot be watched.
    #[error(transparent)]
    Watch(#[from] tributary_folder::watch::WatchError),
    /// Reading panicked or was cancelled.
    #[error("reading the folder was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
    /// The port.
    #[error(transparent)]
    Grpc(#[from] GrpcError),
    /// A task.
    #[error(transparent)]
    Task(#[from] TaskError),
}

/// A watcher, ready to be served and run.
#[derive(Debug)]
pub struct Service {
    context: Context,
    folder: Folder,
    shared: Shared,
    requests: mpsc::Receiver<oneshot::Sender<Position>>,
}

/// What the RPCs see.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) published: Published<ObjectRef, SourceObject>,
    pub(crate) rejections: Arc<RwLock<Arc<Vec<Rejection>>>>,
    /// Asks for a reading; answered with the position that includes it.
    pub(crate) sync: mpsc::Sender<oneshot::Sender<Position>>,
}

/// Callers of `Sync` that may wait for one reading; more get `RESOURCE_EXHAUSTED`.
const MAX_SYNC_REQUESTS: usize = 64;

/// Time that tasks have to stop.
const STOP_DEADLINE: std::time::Duration = std::time::Duration::from_secs(5);

impl Service {
    /// Opens the folder's memory; reads nothing else yet.
    ///
    /// # Errors
    /// When there is a memory and it cannot be read.
    pub fn new(context: Context, options: Options) -> Result<Self, Error> {
        let Options {
            source,
            state_dir,
            status_dir,
        } = options;
        let folder = Folder::open(
            source,
            state_dir.map(|folder| folder.join("watcher.json")),
            status_dir,
        )?;
        let published = Published::new(&context, "snapshot");
        // Generations begin anew with each start; the time of the start keeps two lives apart.
        published
            .set_epoch(u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default());
        let (sync, requests) = mpsc::channel(MAX_SYNC_REQUESTS);
        let shared = Shared {
            published,
            rejections: Arc::default(),
            sync,
        };
        Ok(Self {
            context,
            folder,
            shared,
            requests,
        })
    }

    /// Adds this service's contract to a server.
    #[must_use]
    pub fn contracts(&self, services: GrpcServices) -> GrpcServices {
        let limit = tributary_proto::MAX_MESSAGE_BYTES;
        services.add_service(
            SnapshotServiceServer::new(rpc::Rpc(self.shared.clone()))
                .max_decoding_message_size(limit)
                .max_encoding_message_size(limit),
        )
    }

    /// Follows the folder until the context stops.
    ///
    /// # Errors
    /// When the folder cannot be watched, or its memory cannot be written at the first reading.
    pub async fn run(self) -> Result<(), Error> {
        let Self {
            context,
            folder,
            shared,
            requests,
        } = self;
        follow::follow(&context, folder, &shared, requests).await
    }
}

impl Shared {
    pub(crate) fn rejections(&self) -> Arc<Vec<Rejection>> {
        Arc::clone(
            &self
                .rejections
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

/// Runs the watcher as a process of its own: contract on a port, until the context stops.
///
/// # Errors
/// When the port is taken, or as [`Service::run`].
pub async fn run(context: Context, args: Args) -> Result<(), Error> {
    let Args {
        source,
        state_dir,
        status_dir,
        grpc_listen,
        common: _,
    } = args;
    let service = Service::new(
        context.clone(),
        Options {
            source,
            state_dir,
            status_dir,
        },
    )?;
    let grpc = service
        .contracts(GrpcServices::default())
        .describe(tributary_proto::FILE_DESCRIPTOR_SET)
        .build()?
        .bind(grpc_listen)?;
    tracing::info!(address = %grpc.local_addr(), "gRPC");
    let tasks = context.tasks();
    tasks.spawn("watcher", OnError::ShutDown, service.run());
    tasks.spawn(
        "grpc",
        OnError::ShutDown,
        grpc.serve(context.readiness.clone(), context.shutdown.clone()),
    );
    Ok(tasks.join(STOP_DEADLINE).await?)
}
