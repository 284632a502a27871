//! What both programmers do: follow desired load balancers of one kind, and make AWS agree.
//!
//! ```text
//!  WatchLoadBalancers ──> supervisor ──target──> worker, one per load balancer ──> Published reports ──> PublishReports
//!                             ^                    │ observe ─> plan ─> flights ─┐
//!   orphans, by tags ─────────┘                    └────────────<────────────────┘
//! ```
//!
//! **Knows:** when to look at AWS (no knowledge yet, evidence against it, drift), when to try again, when a
//! load balancer nobody wants may be removed: after a complete listing, never before.
//!
//! **Must not know:** what should be there (the merger), which calls lead there (`tributary-plan`), how AWS
//! is called (`tributary-aws`). An event that changes nothing makes no AWS call.
//!
//! **Nobody waits for somebody else's call.** The supervisor's loop awaits neither AWS nor the API server nor the merger: its
//! questions are futures beside it. A worker plans around what is in flight, and what failed is tried again by itself.
//!
//! In a cluster several replicas divide the load balancers: one supervisor for each shard whose Lease is held here, and
//! before each write to AWS the question whether it still is.

mod args;
mod choices;
mod complaint;
mod drift;
mod health;
mod holds;
pub mod metrics;
mod outage;
mod questions;
mod reach;
mod reached;
mod search;
mod secrets;
mod shards;
mod shared;
mod spared;
mod supervisor;
mod target;
mod tries;
mod wait_limits;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use tributary_aws::Aws;
use tributary_kubernetes::{Cluster, ConnectError, SourceArg};
use tributary_model::desired::LoadBalancerKey;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::report::LoadBalancerReport;
use tributary_plan::defaults::Defaults;
use tributary_proto::access::Caller;
use tributary_proto::call::{LoadBalancerShard, Publisher, Shard};
use tributary_runtime::tasks::TaskError;
use tributary_runtime::tls::TlsError;
use tributary_runtime::{BoxError, Condition, Context, OnError, Peer};
use tributary_stream::{Published, StreamOptions, Transport, TransportError, clients, publish};

pub use args::{Args, DefaultsArgs, EnvironmentArgs, NoCluster};
pub use secrets::{ClusterSecrets, FolderSecrets};
pub use shards::Division;
pub use spared::UnwantedAll;
pub use tributary_aws::{Endpoint, Environment, SecretSource, sandbox_region};

/// What a programmer needs.
#[derive(Clone, Debug)]
pub struct Options {
    /// ALB or NLB.
    pub kind: LoadBalancerKind,
    /// The way to the merger.
    pub merger: Transport,
    /// Which AWS.
    pub aws: Endpoint,
    /// Whose things, and where.
    pub environment: Environment,
    /// The platform's.
    pub defaults: Defaults,
    /// How long a load balancer that was replaced stays for its clients.
    pub stay: Duration,
    /// Private keys, by name.
    pub secrets: Arc<dyn SecretSource>,
    /// The cluster whose Gateways stay until nothing is left of their load balancers; none holds those of a folder.
    pub gateways: Option<Cluster>,
    /// What becomes of load balancers that are found at the start while the source wants none of them.
    pub unwanted_all: UnwantedAll,
}

/// Why a programmer ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The merger's address.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The API server's address.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Our certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Whose load balancers.
    #[error(transparent)]
    Environment(#[from] NoCluster),
    /// A task.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The work on a shard.
    #[error("the work on a shard failed")]
    Shard(#[source] BoxError),
}

/// Time that tasks have to stop: a call in flight ends, nothing new begins.
const STOP_DEADLINE: Duration = Duration::from_secs(15);

/// Programs as a command line says, until the context stops.
///
/// # Errors
/// When an address is none, or a task fails that cannot be started again.
pub async fn run_args(context: Context, kind: LoadBalancerKind, args: Args) -> Result<(), Error> {
    let Args {
        merger,
        aws,
        source,
        kubeconfig,
        shards,
        leases,
        environment,
        defaults,
        common,
    } = args;
    let us = match kind {
        LoadBalancerKind::Alb => Caller::AlbProgrammer,
        LoadBalancerKind::Nlb => Caller::NlbProgrammer,
    };
    let us = Peer::new(us.name(), environment.installation.installation.name());
    let tasks = context.tasks();
    let tls = common.tls(&context, &tasks, us).await?;
    let aws = aws.in_region(environment.region.clone());
    let defaults = defaults.defaults();
    let unwanted_all = environment.unwanted_all();
    let installation = environment.installation.installation.clone();
    let stay = environment.stay(&aws);
    let environment = environment.environment(&aws)?;
    let options = |secrets, gateways| {
        Ok::<_, Error>(Options {
            kind,
            merger: Transport::between(&merger, tls.as_ref(), Caller::Merger.name())?,
            aws,
            environment,
            defaults,
            stay,
            secrets,
            gateways,
            unwanted_all,
        })
    };
    let ended = match source {
        SourceArg::Folder(folder) => {
            let options = options(Arc::new(FolderSecrets::new(folder)), None)?;
            Box::pin(run(context, options)).await
        }
        SourceArg::Kubernetes => {
            let cluster = Cluster::connect(kubeconfig.as_deref()).await?;
            let cluster = cluster.of_installation(installation);
            let secrets = Arc::new(ClusterSecrets(cluster.clone()));
            let options = options(secrets, Some(cluster.clone()))?;
            let division = Division {
                cluster,
                timing: leases.timing(),
                namespace: leases.lease_namespace,
                shards,
            };
            Box::pin(shards::run(context, options, division)).await
        }
    };
    // It ends on its own account only with an error, and then its certificate is nobody's.
    tasks.shutdown().cancel();
    ended.and(tasks.join(STOP_DEADLINE).await.map_err(Error::from))
}

/// Programs all load balancers of one kind until the context stops: the only replica.
///
/// # Errors
/// When a task fails that cannot be started again.
pub async fn run(context: Context, options: Options) -> Result<(), Error> {
    let (aws, reached) = connect(&context, &options.aws).await;
    let share = Share {
        load_balancers: LoadBalancerShard {
            kind: options.kind,
            shard: Shard::WHOLE,
        },
        epoch: 0,
        instance: std::process::id().to_string(),
    };
    let synced = context.part(DESIRED);
    tokio::select! {
        ended = program(context.clone(), options, aws.clone(), share, synced) => ended,
        () = outage::tell(&context, &aws, &reached) => Ok(()),
    }
}

pub use shards::run as run_shards;

/// The condition that what is desired has been listed once: of each share.
const DESIRED: &str = "desired";

/// What one supervisor looks after.
struct Share {
    load_balancers: LoadBalancerShard,
    epoch: u64,
    instance: String,
}

async fn connect(context: &Context, endpoint: &Endpoint) -> (Aws, reached::Reached) {
    let reached = reached::Reached::default();
    let meter = Arc::new(metrics::AwsMeter::new(&context.metrics, reached.clone()));
    let aws = Aws::connect(endpoint, &endpoint.pacing(), meter).await;
    (aws, reached)
}

/// Programs one share until the context stops.
async fn program(
    context: Context,
    options: Options,
    aws: Aws,
    share: Share,
    synced: Condition,
) -> Result<(), Error> {
    let Options {
        kind,
        merger,
        aws: _,
        environment,
        defaults,
        stay,
        secrets,
        gateways,
        unwanted_all,
    } = options;
    let Share {
        load_balancers,
        epoch,
        instance,
    } = share;
    let holds = gateways.map(|cluster| holds::Holds::new(cluster, kind));
    let reports = Published::new(&context, "report");
    let tasks = context.tasks();
    tasks.spawn("reports", OnError::ShutDown, {
        let publisher = Publisher {
            instance,
            load_balancers,
            shard_epoch: epoch,
        };
        let sending = send(context.clone(), publisher, reports.clone(), merger.clone());
        async {
            sending.await;
            Ok::<_, Error>(())
        }
    });
    tasks.spawn(
        "load-balancers",
        OnError::ShutDown,
        supervisor::supervise(
            context.clone(),
            supervisor::Setup {
                share: load_balancers,
                merger,
                aws,
                environment,
                defaults,
                stay,
                secrets,
                holds,
                reports,
                unwanted_all,
                synced: Arc::new(synced),
            },
        ),
    );
    Ok(tasks.join(STOP_DEADLINE).await?)
}

async fn send(
    context: Context,
    publisher: Publisher,
    reports: Published<LoadBalancerKey, LoadBalancerReport>,
    merger: Transport,
) {
    let publisher = tributary_proto::report::Publisher::from(&publisher);
    let client = clients::report(merger);
    let dress = move |message| tributary_proto::report::PublishReportsRequest {
        publisher: Some(publisher.clone()),
        ..message
    };
    publish(
        context,
        StreamOptions::named("report"),
        reports,
        dress,
        move |messages| {
            let mut client = client.clone();
            async move {
                let answer = client.publish_reports(messages).await?.into_inner();
                for refused in answer.refused {
                    tracing::warn!(
                        field = refused.field,
                        reason = refused.reason,
                        "the merger refused a report"
                    );
                }
                Ok(())
            }
        },
    )
    .await;
}
