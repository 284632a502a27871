//! The status writer: turns judgements into `.status`, and writes only what is different.
//!
//! ```text
//!  WatchJudgements ─┬─> queue: latest per object, its pace, its retries ─┬─> sink ─┬─ files, memory
//!        ^          └─> expiry: certificates that end, by the clock ─────┘         └─ Kubernetes: next, PATCH; Events
//!        └── how far everything is written ──> AcknowledgeJudgements
//! ```
//!
//! **Knows:** what waits to be written, what could not be, when to try that again, and who of several replicas writes.
//!
//! **Must not know:** how a judgement becomes conditions (`tributary-status`), how a request to Kubernetes looks
//! (`tributary-kubernetes`), nor anything about AWS. It is the only service that writes status. An object that cannot
//! be written delays no other.

mod acknowledge;
mod expiry;
mod kubernetes;
mod leadership;
mod names;
mod outcome;
mod pace;
mod queue;
mod sink;
mod store;
mod write;

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tributary_folder::status::StatusDirError;
use tributary_kubernetes::lease::LeaderElection;
use tributary_kubernetes::{Cluster, ConnectError, InstallationArgs};
use tributary_model::Timestamp;
use tributary_model::judgement::Judgement;
use tributary_proto::access::Caller;
use tributary_runtime::tasks::TaskError;
use tributary_runtime::tls::TlsError;
use tributary_runtime::{CommonArgs, Context, OnError, Peer};
use tributary_stream::{Transport, TransportError};

pub use crate::names::METRICS;
pub use kubernetes::{Kubernetes, WRITES_PER_SECOND};
pub use leadership::{AlwaysLeading, Leadership};
pub use store::Store;

/// The status writer's command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// gRPC address of the merger.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7070")]
    pub merger: String,
    /// One of them.
    #[command(flatten)]
    pub sink: SinkArgs,
    /// As whom to ask which API server: without it $KUBECONFIG, ~/.kube/config, or the pod's service account.
    #[arg(long, value_name = "FILE", conflicts_with = "status_dir")]
    pub kubeconfig: Option<PathBuf>,
    /// Statuses written to Kubernetes a second, at most.
    #[arg(
        long,
        value_name = "N",
        default_value_t = WRITES_PER_SECOND,
        conflicts_with = "status_dir"
    )]
    pub writes_per_second: NonZeroU32,
    /// Whether there are others.
    #[command(flatten)]
    pub leader: LeaderElection,
    /// Of every service.
    #[command(flatten)]
    pub installation: InstallationArgs,
    /// Of every service.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Where statuses go.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct SinkArgs {
    /// Write every object that gets a status to DIR/KIND/NAMESPACE/NAME.yaml.
    #[arg(long, value_name = "DIR")]
    pub status_dir: Option<PathBuf>,
    /// Write the status of the objects in Kubernetes.
    #[arg(long)]
    pub kubernetes: bool,
}

/// What a status writer needs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The way to the merger.
    pub merger: Transport,
    /// Where statuses are kept.
    pub store: Store,
}

/// Why a status writer did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The merger's address is none.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// There is no folder to write to.
    #[error(transparent)]
    StatusDir(#[from] StatusDirError),
    /// There is no way to an API server.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Files have one writer.
    #[error("--leader-election goes with --kubernetes, not with --status-dir")]
    Misplaced,
    /// Our certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A task.
    #[error(transparent)]
    Task(#[from] TaskError),
}

/// After it the Lease is named.
const SERVICE: &str = "status-writer";
/// Time that the election has to give the Lease up.
const STOP_DEADLINE: Duration = Duration::from_secs(5);

/// Writes statuses until the context stops.
pub async fn write(context: Context, options: Options) {
    let Options { merger, store } = options;
    write::write(&context, merger, store).await;
}

/// Runs the status writer as a process of its own, until the context stops.
///
/// # Errors
/// When the merger's address is none, the folder cannot be made, or the kubeconfig cannot be used.
pub async fn run(context: Context, args: Args) -> Result<(), Error> {
    let Args {
        merger,
        sink,
        kubeconfig,
        writes_per_second,
        leader,
        installation: InstallationArgs { installation },
        common,
    } = args;
    let tasks = context.tasks();
    let us = Peer::new(Caller::StatusWriter.name(), installation.name());
    let tls = common.tls(&context, &tasks, us).await?;
    let SinkArgs {
        status_dir,
        // The only one that is left: clap requires one of them.
        kubernetes: _,
    } = sink;
    let merger = Transport::between(&merger, tls.as_ref(), Caller::Merger.name())?;
    let store = if let Some(folder) = status_dir {
        if leader.leader_election {
            return Err(Error::Misplaced);
        }
        Store::folder(folder)?
    } else {
        let cluster = Cluster::connect(kubeconfig.as_deref()).await?;
        let mut kubernetes = Kubernetes::new(cluster.of_installation(installation.clone()));
        kubernetes.writes_per_second = writes_per_second;
        let election = leader.election(kubeconfig.as_ref(), &installation, SERVICE);
        if let Some(election) = election.await? {
            kubernetes.leadership = Arc::new(election.leadership());
            let duplicates = election.duplicates();
            let watching = context.clone();
            tasks.spawn("duplicates", OnError::ShutDown, async move {
                duplicates.watch(&watching).await;
                Ok::<_, Error>(())
            });
            let context = context.clone();
            tasks.spawn("election", OnError::ShutDown, async move {
                election.run(&context).await;
                Ok::<_, Error>(())
            });
        }
        Store::Kubernetes(kubernetes)
    };
    write(context, Options { merger, store }).await;
    Ok(tasks.join(STOP_DEADLINE).await?)
}

fn generation(judgement: &Judgement) -> i64 {
    match judgement {
        Judgement::GatewayClass(judged) => judged.generation,
        Judgement::Gateway(judged) => judged.generation,
        Judgement::ListenerSet(judged) => judged.generation,
        Judgement::Route(judged) => judged.generation,
        Judgement::Pod(judged) => judged.generation,
    }
}

fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_second())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use clap::error::ErrorKind;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    fn parse(args: &str) -> Result<Args, ErrorKind> {
        let words = std::iter::once("status-writer").chain(args.split_whitespace());
        Cli::try_parse_from(words)
            .map(|cli| cli.args)
            .map_err(|error| error.kind())
    }

    #[test]
    fn exactly_one_sink_is_named() {
        assert!(parse("--status-dir d").is_ok());
        assert!(parse("--kubernetes --kubeconfig f --writes-per-second 5").is_ok());
        for none in ["", "--kubeconfig f"] {
            let error = parse(none).unwrap_err();
            assert_eq!(error, ErrorKind::MissingRequiredArgument, "{none}");
        }
        for both in ["--kubernetes", "--kubeconfig f", "--writes-per-second 5"] {
            let error = parse(&format!("--status-dir d {both}")).unwrap_err();
            assert_eq!(error, ErrorKind::ArgumentConflict, "{both}");
        }
    }
}
