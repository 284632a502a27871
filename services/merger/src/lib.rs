//! The merger: keeps the whole snapshot, runs the merge, and tells everybody what follows from it.
//!
//! ```text
//!  WatchSnapshot ──> MergerState { Merge, statuses, reports } ──┬──> Published desired   ──> programmers
//!                        ^                                ├──> Published judgement ──> status writer
//!  PublishReports ───────┘       │                        └──> Published listeners ──> people, WaitSettled
//!                                └── /pods, a gate or none <── API server
//! ```
//!
//! **Knows:** which part of the merge's outcome goes where, and what has been answered to it.
//!
//! **Must not know:** how objects are read, AWS is called or status is written. It decides nothing: rules
//! are in `tributary-merge`. Nothing is published as complete before the snapshot is, and what others act on by the
//! leader alone.

mod callers;
mod census;
mod engine;
mod gates;
mod guests;
mod health;
mod latency;
mod leadership;
mod load_balancers;
mod metrics;
mod people;
mod progress;
mod reports;
mod rpc;
mod shared;
mod silence;
mod state;
mod views;
mod written;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tributary_kubernetes::lease::{Election, LeaderElection};
use tributary_kubernetes::{Cluster, ConnectError, InstallationArgs};
use tributary_model::Installation;
use tributary_model::elb::{LoadBalancerKind, TargetType};
use tributary_proto::access::Caller;
use tributary_proto::desired::desired_service_server::DesiredServiceServer;
use tributary_proto::installation::installation_service_server::InstallationServiceServer;
use tributary_proto::judgement::judgement_service_server::JudgementServiceServer;
use tributary_proto::listeners::listeners_service_server::ListenersServiceServer;
use tributary_proto::report::report_service_server::ReportServiceServer;
use tributary_runtime::grpc::{GrpcError, Tokens};
use tributary_runtime::tasks::TaskError;
use tributary_runtime::tls::TlsError;
use tributary_runtime::{CommonArgs, Context, GrpcServices, Https, HttpsError, OnError, Peer};
use tributary_stream::{Transport, TransportError};

pub use tributary_merge::Options as MergeOptions;

pub use crate::gates::GatesArgs;
pub use crate::metrics::{METRICS, Tenants};

use crate::gates::Gates;
use crate::leadership::{MergerElection, MergerLeadership};
use crate::people::{Limits, People};
use crate::reports::{Desk, Holders};
use crate::shared::Shared;
pub use crate::shared::Torn;

/// The merger's command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// gRPC address of the watcher; of several, separated by commas, the next when one is gone.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7071")]
    pub watcher: String,
    /// gRPC address.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7070")]
    pub grpc_listen: SocketAddr,
    /// Whether there are others.
    #[command(flatten)]
    pub leader: LeaderElection,
    /// The way to Kubernetes, for the Lease; otherwise as kubectl finds it.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Let people in by token where calls go over TLS: the API server says whose it is, and which namespaces' listeners that one
    /// may see.
    #[arg(long)]
    pub token_review: bool,
    /// Seconds for which counts what the API server has said of a token or a right; then a watch is asked about again.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub token_review_seconds: u64,
    /// Have metrics of each namespace, too: as many series as there are namespaces, kinds and states.
    #[arg(long)]
    pub tenant_metrics: bool,
    /// Of every service.
    #[command(flatten)]
    pub installation: InstallationArgs,
    /// Of all load balancers.
    #[command(flatten)]
    pub targets: TargetArgs,
    /// Whether new pods get readiness gates.
    #[command(flatten)]
    pub gates: GatesArgs,
    /// Of every service.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// What a merger needs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The way to the watcher.
    pub watcher: Transport,
    /// Whose classes are decided on, and the platform's choices.
    pub merge: MergeOptions,
    /// Whether there are metrics of each namespace.
    pub tenants: Tenants,
}

/// What holds for every load balancer where no configuration says otherwise.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct TargetArgs {
    /// Target type of Services for which none is asked: `ip`, pods' addresses, or `instance`, node ports. It is the
    /// merger's, since it decides which targets there are.
    #[arg(long, value_name = "ip|instance", default_value = "ip", value_parser = target_type)]
    pub default_target_type: TargetType,
}

impl TargetArgs {
    /// As a merge takes them.
    pub fn merge(self, installation: Installation) -> MergeOptions {
        let Self {
            default_target_type,
        } = self;
        MergeOptions {
            installation,
            default_target_type,
        }
    }
}

fn target_type(text: &str) -> Result<TargetType, String> {
    [TargetType::Ip, TargetType::Instance]
        .into_iter()
        .find(|it| it.as_str() == text)
        .ok_or_else(|| "expected ip or instance".to_owned())
}

/// Why a merger ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The watcher's address.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Our certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The API server's address.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The port.
    #[error(transparent)]
    Grpc(#[from] GrpcError),
    /// The port of readiness gates.
    #[error(transparent)]
    Https(#[from] HttpsError),
    /// API servers ask over TLS alone.
    #[error("--gates-listen needs --tls-dir: the API server asks over TLS alone")]
    GatesWithoutTls,
    /// A task.
    #[error(transparent)]
    Task(#[from] TaskError),
}

/// A merger, ready to be served and run.
#[derive(Debug)]
pub struct Service {
    context: Context,
    options: Options,
    shared: Arc<Shared>,
    leadership: MergerLeadership,
    election: Option<MergerElection>,
    desk: Desk,
    people: Option<Arc<People>>,
}

/// After it the Lease is named.
const SERVICE: &str = "merger";

/// Time that tasks have to stop.
const STOP_DEADLINE: std::time::Duration = std::time::Duration::from_secs(5);

impl Service {
    /// The only merger, which knows nothing yet.
    pub fn new(context: Context, options: Options) -> Self {
        let shared = Arc::new(Shared::new(&context, options.merge.clone()));
        // Without a Lease the epoch is the time of the start: generations begin anew with each start, and
        // a report on an earlier life's generation 57 must not pass for one on this life's 3.
        let epoch = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default();
        if let Ok(mut state) = shared.lock() {
            state.lead(epoch);
        }
        Self {
            context,
            options,
            shared,
            leadership: MergerLeadership::always(epoch),
            election: None,
            desk: Desk::new(Holders::Latest),
            people: None,
        }
    }

    /// One of several: it follows the watcher and answers questions, and the rest when it is elected.
    /// A report counts if its publisher has the shard by the Leases of the same namespace.
    pub fn elected(context: Context, options: Options, election: Election) -> Self {
        let desk = Desk::new(Holders::by_leases(
            election.shards(),
            options.merge.installation.clone(),
        ));
        let (leadership, election) = MergerLeadership::elected(election);
        Self {
            shared: Arc::new(Shared::new(&context, options.merge.clone())),
            context,
            options,
            leadership,
            election: Some(election),
            desk,
            people: None,
        }
    }

    /// Adds this service's five contracts to a server.
    #[must_use]
    pub fn contracts(&self, services: GrpcServices) -> GrpcServices {
        let answer = tributary_proto::MAX_MESSAGE_BYTES;
        let question = tributary_proto::MAX_QUESTION_BYTES;
        let rpc = rpc::Rpc {
            shared: Arc::clone(&self.shared),
            leadership: self.leadership.clone(),
            watcher: self.options.watcher.clone(),
            context: self.context.clone(),
            desk: self.desk.clone(),
            people: self.people.clone(),
            limits: Limits::new(&self.context.metrics),
        };
        services
            .add_service(
                InstallationServiceServer::new(rpc.clone())
                    .max_decoding_message_size(question)
                    .max_encoding_message_size(answer),
            )
            .add_service(
                DesiredServiceServer::new(rpc.clone())
                    .max_decoding_message_size(question)
                    .max_encoding_message_size(answer),
            )
            .add_service(
                JudgementServiceServer::new(rpc.clone())
                    .max_decoding_message_size(tributary_proto::MAX_ACKNOWLEDGEMENT_BYTES)
                    .max_encoding_message_size(answer),
            )
            .add_service(
                ListenersServiceServer::new(rpc.clone())
                    .max_decoding_message_size(question)
                    .max_encoding_message_size(answer),
            )
            .add_service(
                ReportServiceServer::new(rpc)
                    .max_decoding_message_size(tributary_proto::MAX_REPORT_BYTES),
            )
    }

    /// What the API server asks about new pods, as pages.
    fn gates(&self, programmed: BTreeSet<LoadBalancerKind>) -> Router {
        let gate = self.options.merge.installation.gate();
        let shared = Arc::clone(&self.shared);
        Gates::new(shared, &self.context.metrics, gate, programmed).routes()
    }

    /// Follows the watcher until the context stops, and gives up the lead then.
    ///
    /// # Errors
    /// When the state is torn: the context stops, and whoever runs this has to end with it.
    pub async fn run(self) -> Result<(), Torn> {
        let Self {
            context,
            options:
                Options {
                    watcher,
                    merge: _,
                    tenants,
                },
            shared,
            leadership,
            election,
            desk: _,
            people: _,
        } = self;
        let leading = async {
            match election {
                Some(election) => election.follow(&context, &shared).await,
                None => Ok(()),
            }
        };
        let stopping = async {
            let torn = shared.torn().cancelled();
            if context.shutdown.run_until_cancelled(torn).await.is_some() {
                // The others end in their own way: a Lease is released.
                context.shutdown.cancel();
                return Err(Torn);
            }
            Ok(())
        };
        let (followed, led, listened, published, stopped) = tokio::join!(
            engine::follow(&context, watcher, &shared),
            leading,
            silence::listen(&context, &shared, &leadership),
            metrics::publish(&context, &shared, &leadership, tenants),
            stopping,
        );
        followed.and(led).and(listened).and(published).and(stopped)
    }
}

/// What a token may be for besides the API server: the merger's name in its certificate.
fn audience(installation: &Installation) -> String {
    let peer = Peer {
        service: Caller::Merger.name().to_owned(),
        installation: installation.name().to_owned(),
    };
    peer.to_string()
}

/// Runs the merger as a process of its own: contracts on a port, until the context stops.
///
/// # Errors
/// When the watcher's address is none, or the port is taken.
pub async fn run(context: Context, args: Args) -> Result<(), Error> {
    let Args {
        watcher,
        grpc_listen,
        leader,
        kubeconfig,
        token_review,
        token_review_seconds,
        tenant_metrics,
        installation: InstallationArgs { installation },
        targets,
        gates: GatesArgs {
            gates_listen,
            gates_for,
        },
        common,
    } = args;
    let tasks = context.tasks();
    let us = Peer::new(Caller::Merger.name(), installation.name());
    let tls = common.tls(&context, &tasks, us).await?;
    let https = match (gates_listen, &tls) {
        (None, _) => None,
        (Some(address), Some(tls)) => Some((Https::bind(address).await?, tls.clone())),
        (Some(_), None) => return Err(Error::GatesWithoutTls),
    };
    let options = Options {
        watcher: Transport::between(&watcher, tls.as_ref(), Caller::Watcher.name())?,
        merge: targets.merge(installation),
        tenants: if tenant_metrics {
            Tenants::Shown
        } else {
            Tenants::Hidden
        },
    };
    let us = &options.merge.installation;
    let election = leader.election(kubeconfig.as_ref(), us, SERVICE).await?;
    let people = if token_review {
        let cluster = Cluster::connect(kubeconfig.as_deref()).await?;
        let audience = audience(us);
        let counts = Duration::from_secs(token_review_seconds);
        let people = People::new(&context.metrics, cluster, audience, counts);
        Some(Arc::new(people))
    } else {
        None
    };
    let tokens = people.clone().map(|people| people as Arc<dyn Tokens>);
    let service = match election {
        Some(election) => Service::elected(context.clone(), options, election),
        None => Service::new(context.clone(), options),
    };
    let service = Service { people, ..service };
    let grpc = service
        .contracts(GrpcServices::default())
        .describe(tributary_proto::FILE_DESCRIPTOR_SET)
        .build()?
        .bind(grpc_listen)?
        .with_tokens(tokens)
        .secured(tls, tributary_stream::access);
    tracing::info!(address = %grpc.local_addr(), "gRPC");
    if let Some((https, tls)) = https {
        tracing::info!(address = %https.local_addr(), "readiness gates of new pods");
        let routes = service.gates(gates_for.into_iter().collect());
        let serving = https.serve(tls, routes, context.shutdown.clone());
        tasks.spawn("gates", OnError::ShutDown, async move {
            serving.await;
            Ok::<_, HttpsError>(())
        });
    }
    tasks.spawn("merger", OnError::ShutDown, service.run());
    tasks.spawn("grpc", OnError::ShutDown, grpc.serve(context.clone()));
    Ok(tasks.join(STOP_DEADLINE).await?)
}

#[cfg(test)]
mod tests;
