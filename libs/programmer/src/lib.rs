//! What both programmers do: follow desired load balancers of one kind, and make AWS agree.
//!
//! ```text
//!  WatchLoadBalancers ──> supervisor ──target──> worker, one per load balancer ──> Published reports ──> PublishReports
//!                             ^                    │ observe ─> plan ─> execute ─┐
//!   orphans, by tags ─────────┘                    └────────────<────────────────┘
//! ```
//!
//! **Knows:** when to look at AWS (no knowledge yet, evidence against it, drift), when to try again, when a
//! load balancer nobody wants may be removed: after a complete listing, never before.
//!
//! **Must not know:** what should be there (the merger), which calls lead there (`tributary-plan`), how AWS
//! is called (`tributary-aws`). An event that changes nothing makes no AWS call.

pub mod metrics;
mod secrets;
mod supervisor;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use tributary_aws::{Aws, SecretSource};
use tributary_model::elb::LoadBalancerKind;
use tributary_proto::call::{LoadBalancerShard, Publisher, Shard};
use tributary_runtime::tasks::TaskError;
use tributary_runtime::{CommonArgs, Context, OnError};
use tributary_stream::{Published, StreamOptions, Transport, TransportError, clients, publish};

pub use secrets::FolderSecrets;
pub use tributary_aws::{Endpoint, Site};

/// A programmer's command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// gRPC address of the merger.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7070")]
    pub merger: String,
    /// AWS: `real`, or the endpoint URL of a sandbox.
    #[arg(long, value_name = "real|URL", default_value = "http://127.0.0.1:4566")]
    pub aws: Endpoint,
    /// Folder of manifests, for the private keys of the certificates that are imported.
    #[arg(long, value_name = "PATH")]
    pub source: PathBuf,
    /// Name of this installation: in tags and names of everything that is created.
    #[arg(long, value_name = "NAME", default_value = DEFAULT_CLUSTER)]
    pub cluster: String,
    /// VPC, if subnets of others must not be looked at.
    #[arg(long, value_name = "ID")]
    pub vpc: Option<String>,
    /// Of every service.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Name of an installation that was given none.
pub const DEFAULT_CLUSTER: &str = "tributary";

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
    pub site: Site,
    /// Private keys, by name.
    pub secrets: Arc<dyn SecretSource>,
}

/// Why a programmer ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The merger's address.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// A task.
    #[error(transparent)]
    Task(#[from] TaskError),
}

/// Time that tasks have to stop: a call in flight ends, nothing new begins.
const STOP_DEADLINE: std::time::Duration = std::time::Duration::from_secs(15);

impl Options {
    /// From a command line.
    ///
    /// # Errors
    /// When the merger's address is none.
    pub fn from_args(kind: LoadBalancerKind, args: Args) -> Result<Self, Error> {
        let Args {
            merger,
            aws,
            source,
            cluster,
            vpc,
            common: _,
        } = args;
        Ok(Self {
            kind,
            merger: Transport::remote(&merger)?,
            aws,
            site: Site { cluster, vpc },
            secrets: Arc::new(FolderSecrets::new(source)),
        })
    }
}

/// Programs load balancers of one kind until the context stops.
///
/// # Errors
/// When a task fails that cannot be started again.
pub async fn run(context: Context, options: Options) -> Result<(), Error> {
    let Options {
        kind,
        merger,
        aws,
        site,
        secrets,
    } = options;
    let reports = Published::new(&context, "report");
    let meter = Arc::new(metrics::AwsMeter::new(&context.metrics));
    let aws = Aws::connect(&aws, &aws.pacing(), meter).await;
    let tasks = context.tasks();
    tasks.spawn("reports", OnError::ShutDown, {
        let sending = send(context.clone(), kind, reports.clone(), merger.clone());
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
                kind,
                merger,
                aws,
                site,
                secrets,
                reports,
            },
        ),
    );
    Ok(tasks.join(STOP_DEADLINE).await?)
}

async fn send(
    context: Context,
    kind: LoadBalancerKind,
    reports: Published<
        tributary_model::desired::LoadBalancerKey,
        tributary_model::report::LoadBalancerReport,
    >,
    merger: Transport,
) {
    let publisher = Publisher {
        instance: std::process::id().to_string(),
        load_balancers: LoadBalancerShard {
            kind,
            shard: Shard::WHOLE,
        },
        shard_epoch: 0,
    };
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
