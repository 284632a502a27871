//! The watcher: reads what users asked for, normalized, and streams it.
//!
//! ```text
//!  folder ──notify, debounce──> Folder::read ──┬──> Published<ObjectRef, SourceObject> ──> WatchSnapshot
//!     ^── Sync, a look at what is not watched  │
//!  API server ──discovery──> one watch a kind ─┴──> rejections ──────────────────────────> ListRejections
//! ```
//!
//! **Knows:** when to read again, which kinds there are, and that a snapshot is complete only when everything was
//! read.
//!
//! **Must not know:** what the objects mean together. It is the only service that reads user objects.

mod folder;
mod kubernetes;
mod metrics;
mod rpc;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

pub use crate::metrics::METRICS;
use tokio::sync::{mpsc, oneshot};
pub use tributary_folder::Emptied;
use tributary_folder::Folder;
use tributary_folder::memory::MemoryError;
use tributary_kubernetes::{Cluster, ConnectError, InstallationArgs, LbcLease, SourceArg};
use tributary_model::view::Rejection;
use tributary_model::{ObjectKey, ObjectRef};
use tributary_proto::access::Caller;
use tributary_proto::packed::Packed;
use tributary_proto::snapshot::snapshot_service_server::SnapshotServiceServer;
use tributary_proto::types;
use tributary_runtime::grpc::GrpcError;
use tributary_runtime::tasks::TaskError;
use tributary_runtime::tls::TlsError;
use tributary_runtime::{CommonArgs, Context, GrpcServices, OnError, Peer};
use tributary_stream::{Position, Published};

/// The watcher's command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// `kubernetes`, or a folder (or file) of manifests.
    #[arg(long, value_name = "PATH|kubernetes")]
    pub source: SourceArg,
    /// For `--source kubernetes`; without it as kubectl does it, or the pod's service account.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// For `--source kubernetes`, the Lease of the AWS Load Balancer Controller, or `none`: while it is renewed, Gateways of
    /// that program's classes that are not ours yet are left alone.
    #[arg(long, value_name = "NAMESPACE/NAME|none")]
    pub lbc_lease: Option<LbcLease>,
    /// For a folder, what must survive a restart: first-seen times and last good versions. Without it nothing does.
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// For a folder, where the status writer writes: what it holds is the status that objects carry.
    #[arg(long, value_name = "DIR")]
    pub status_dir: Option<PathBuf>,
    /// For a folder, believe that it is meant when all its manifests are gone at once; else what they held counts on until
    /// there are manifests again. A folder that is not there, or cannot be read, deletes nothing either way.
    #[arg(long)]
    pub allow_empty_source: bool,
    /// gRPC address.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7071")]
    pub grpc_listen: SocketAddr,
    /// Of every service.
    #[command(flatten)]
    pub installation: InstallationArgs,
    /// Of every service.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Where objects are read.
#[derive(Clone, Debug)]
pub enum Source {
    /// A folder of manifests.
    Folder {
        /// Which.
        root: PathBuf,
        /// Where first-seen times and last good versions are kept.
        state_dir: Option<PathBuf>,
        /// Where the status writer writes.
        status_dir: Option<PathBuf>,
        /// What is believed when all manifests are gone at once.
        emptied: Emptied,
    },
    /// An API server.
    Kubernetes {
        /// Which.
        cluster: Cluster,
        /// What shows that another program serves classes that could be ours; without it none does.
        other_lease: Option<OtherLease>,
    },
}

/// The Lease of the AWS Load Balancer Controller.
#[derive(Clone, Debug)]
pub struct OtherLease {
    /// Which.
    pub lease: ObjectKey,
    /// How long a renewal counts at least and at most.
    pub bounds: RangeInclusive<Duration>,
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
    /// The way to the API server.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// An option that belongs to the other source.
    #[error("{option} does not go with --source {source_arg}")]
    Misplaced {
        /// Its name.
        option: &'static str,
        /// The source that was asked for.
        source_arg: SourceArg,
    },
    /// Our certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A task.
    #[error(transparent)]
    Task(#[from] TaskError),
}

/// A watcher, ready to be served and run.
#[derive(Debug)]
pub struct Service {
    context: Context,
    reader: Reader,
    shared: Shared,
    requests: mpsc::Receiver<SyncRequest>,
}

/// A [`Source`], opened.
#[derive(Debug)]
enum Reader {
    Folder(Box<Folder>),
    Kubernetes(Cluster, Option<OtherLease>),
}

/// A caller of `Sync` who waits for the position, or for the reason why there is none.
pub(crate) type SyncRequest = oneshot::Sender<Result<Position, String>>;

/// Span of one reading: where every trace begins.
pub(crate) const SPAN_READ: &str = "read";

/// What the RPCs see.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    /// Packed: they are as many as the cluster's, and sent once.
    pub(crate) published: Published<ObjectRef, Packed<types::SourceObject>>,
    pub(crate) rejections: Arc<RwLock<Arc<Vec<Rejection>>>>,
    /// Asks for a reading; answered with the position that includes it.
    pub(crate) sync: mpsc::Sender<SyncRequest>,
}

/// Callers of `Sync` that may wait for one reading; more get `RESOURCE_EXHAUSTED`.
const MAX_SYNC_REQUESTS: usize = 64;

/// Time that tasks have to stop.
const STOP_DEADLINE: Duration = Duration::from_secs(5);

impl Service {
    /// Opens a folder's memory; reads nothing else yet.
    ///
    /// # Errors
    /// When there is a memory and it cannot be read.
    pub fn new(context: Context, source: Source) -> Result<Self, Error> {
        let reader = match source {
            Source::Folder {
                root,
                state_dir,
                status_dir,
                emptied,
            } => {
                let memory = state_dir.map(|folder| folder.join("watcher.json"));
                let folder = Folder::open(root, memory, status_dir)?;
                Reader::Folder(Box::new(folder.emptied(emptied)))
            }
            Source::Kubernetes {
                cluster,
                other_lease,
            } => Reader::Kubernetes(cluster, other_lease),
        };
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
            reader,
            shared,
            requests,
        })
    }

    /// Adds this service's contract to a server.
    #[must_use]
    pub fn contracts(&self, services: GrpcServices) -> GrpcServices {
        services.add_service(
            SnapshotServiceServer::new(rpc::Rpc(self.shared.clone(), self.context.concerns()))
                .max_decoding_message_size(tributary_proto::MAX_QUESTION_BYTES)
                .max_encoding_message_size(tributary_proto::MAX_MESSAGE_BYTES),
        )
    }

    /// Follows the source until the context stops.
    ///
    /// # Errors
    /// When a folder cannot be watched, or its memory cannot be written at the first reading.
    pub async fn run(self) -> Result<(), Error> {
        let Self {
            context,
            reader,
            shared,
            requests,
        } = self;
        match reader {
            Reader::Folder(folder) => folder::follow(&context, *folder, &shared, requests).await,
            Reader::Kubernetes(cluster, lease) => {
                kubernetes::follow(&context, &cluster, lease, shared, requests).await;
                Ok(())
            }
        }
    }
}

impl OtherLease {
    /// Neither a blink nor an afternoon.
    const BOUNDS: RangeInclusive<Duration> = Duration::from_mins(1)..=Duration::from_mins(10);

    /// What is asked for; without it where that program's chart has it.
    pub fn of(asked: Option<LbcLease>) -> Option<Self> {
        match asked.unwrap_or_default() {
            LbcLease::None => None,
            LbcLease::Named(lease) => Some(Self {
                lease,
                bounds: Self::BOUNDS,
            }),
        }
    }
}

impl Shared {
    /// Replaces what is refused.
    pub(crate) fn reject(&self, rejections: Vec<Rejection>) {
        // A list is replaced as a whole, whatever panics.
        *self
            .rejections
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(rejections);
    }

    pub(crate) fn rejections(&self) -> Arc<Vec<Rejection>> {
        Arc::clone(
            &self
                .rejections
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

impl Args {
    /// The source that is meant. Asks no API server yet.
    ///
    /// # Errors
    /// When a kubeconfig cannot be used, or an option belongs to the other source.
    async fn source(&self) -> Result<Source, Error> {
        let misplaced = |option| Error::Misplaced {
            option,
            source_arg: self.source.clone(),
        };
        match &self.source {
            SourceArg::Folder(root) => {
                if self.kubeconfig.is_some() {
                    return Err(misplaced("--kubeconfig"));
                }
                if self.lbc_lease.is_some() {
                    return Err(misplaced("--lbc-lease"));
                }
                Ok(Source::Folder {
                    root: root.clone(),
                    state_dir: self.state_dir.clone(),
                    status_dir: self.status_dir.clone(),
                    emptied: if self.allow_empty_source {
                        Emptied::Believed
                    } else {
                        Emptied::Waits
                    },
                })
            }
            SourceArg::Kubernetes => {
                if self.state_dir.is_some() {
                    return Err(misplaced("--state-dir"));
                }
                if self.status_dir.is_some() {
                    return Err(misplaced("--status-dir"));
                }
                if self.allow_empty_source {
                    return Err(misplaced("--allow-empty-source"));
                }
                let cluster = Cluster::connect(self.kubeconfig.as_deref()).await?;
                Ok(Source::Kubernetes {
                    cluster: cluster.of_installation(self.installation.installation.clone()),
                    other_lease: OtherLease::of(self.lbc_lease.clone()),
                })
            }
        }
    }
}

/// Runs the watcher as a process of its own: contract on a port, until the context stops.
///
/// # Errors
/// When the port is taken, or as [`Service::run`].
pub async fn run(context: Context, args: Args) -> Result<(), Error> {
    let tasks = context.tasks();
    let us = Peer::new(
        Caller::Watcher.name(),
        args.installation.installation.name(),
    );
    let tls = args.common.tls(&context, &tasks, us).await?;
    let service = Service::new(context.clone(), args.source().await?)?;
    let grpc = service
        .contracts(GrpcServices::default())
        .describe(tributary_proto::FILE_DESCRIPTOR_SET)
        .build()?
        .bind(args.grpc_listen)?
        .secured(tls, tributary_stream::access);
    tracing::info!(address = %grpc.local_addr(), "gRPC");
    tasks.spawn("watcher", OnError::ShutDown, service.run());
    tasks.spawn("grpc", OnError::ShutDown, grpc.serve(context.clone()));
    Ok(tasks.join(STOP_DEADLINE).await?)
}
