//! Everything in one process: the five services over in-process transports, and the sandbox beside them.
//!
//! ```text
//!  source ─> watcher ═local═> merger ═local═> programmers ──HTTP──> sandbox (or AWS)
//!                       ║          ╚═local═> status writer ─> files, or the source's own status
//!                       ╚═ network interfaces of nodes and pods ──> sandbox, if it is our own
//!                 all contracts on one port ─> get, explain, wait, grpcurl
//! ```

use std::collections::BTreeMap;
use std::io::{IsTerminal, stderr, stdout};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tributary_kubernetes::{Cluster, SourceArg};
use tributary_model::elb::LoadBalancerKind;
use tributary_programmer::{
    ClusterSecrets, Endpoint, EnvironmentArgs, FolderSecrets, SecretSource, sandbox_region,
};
use tributary_proto::access::Caller;
use tributary_proto::call::WaitOutcome;
use tributary_runtime::grpc::{BoundGrpc, Grpc, GrpcError};
use tributary_runtime::{BoxError, CommonArgs, Context, GrpcServices, OnError, Peer, Tasks};
use tributary_sandbox::{Reachability, Sandbox, SeedOptions};
use tributary_status_writer::{Kubernetes, Store};
use tributary_stream::Transport;
use tributary_watcher::{Emptied, OtherLease};

use crate::args::{AwsArg, UpArgs};
use crate::interfaces;
use crate::query::{self, Client};

/// Time that everything has to stop.
const STOP_DEADLINE: Duration = Duration::from_secs(18);
/// The document's own example.
const EXAMPLE: &str = "examples/listenersets";
/// Where `get` and the others ask unless told otherwise.
const DEFAULT_GRPC: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7070);

/// Log lines would tear the live table apart: under one only errors are logged, unless somebody asked for more.
pub(crate) fn common(args: &UpArgs) -> CommonArgs {
    let mut common = args.common.clone();
    if shows_table(args) && common.log == CommonArgs::default().log {
        "error".clone_into(&mut common.log);
    }
    common
}

fn shows_table(args: &UpArgs) -> bool {
    !args.once && stdout().is_terminal()
}

/// Runs the sandbox alone.
pub(crate) async fn sandbox(context: Context, args: tributary_sandbox::Args) -> anyhow::Result<()> {
    let options = args.into_options();
    let address = options.listen;
    let sandbox = Sandbox::new(options).bind(address).await?;
    tracing::info!(endpoint = %format!("http://{}", sandbox.local_addr()), "sandbox listening");
    Ok(sandbox.serve(context.shutdown).await?)
}

/// Runs everything until the context stops, or with `--once` until everything is settled.
pub(crate) async fn up(context: Context, args: UpArgs) -> anyhow::Result<ExitCode> {
    let source = source(&args).await?;
    let tasks = context.tasks();
    let aws = aws(&context, &tasks, &args).await?;
    let transport = start(&context, &tasks, &args, &source, aws).await?;
    let client = Client::over(transport.clone());
    let ended = if args.once {
        once(&client, transport, &args).await
    } else {
        follow(&context, &client, transport, &args)
            .await
            .map(|()| ExitCode::SUCCESS)
    };
    context.shutdown.cancel();
    // Why something stopped says more than that the questions to it failed.
    tasks.join(STOP_DEADLINE).await?;
    ended
}

/// Where objects are read, and where their private keys and statuses are.
enum Source {
    Folder(PathBuf),
    Kubernetes(Cluster),
}

async fn source(args: &UpArgs) -> anyhow::Result<Source> {
    let folder = match &args.source {
        Some(SourceArg::Kubernetes) => {
            if args.status_dir.is_some() {
                bail!(
                    "--status-dir goes with a folder: with --source kubernetes statuses are the objects' own"
                );
            }
            if args.allow_empty_source {
                bail!("--allow-empty-source does not go with --source kubernetes");
            }
            let cluster = Cluster::connect(args.kubeconfig.as_deref()).await?;
            let cluster =
                cluster.of_installation(args.environment.installation.installation.clone());
            return Ok(Source::Kubernetes(cluster));
        }
        Some(SourceArg::Folder(folder)) => folder.clone(),
        None if Path::new(EXAMPLE).exists() => EXAMPLE.into(),
        None => bail!("there is no {EXAMPLE} here: say which folder with --source PATH"),
    };
    if args.kubeconfig.is_some() {
        bail!("--kubeconfig goes with --source kubernetes");
    }
    if args.lbc_lease.is_some() {
        bail!("--lbc-lease goes with --source kubernetes");
    }
    std::fs::metadata(&folder)
        .with_context(|| format!("cannot read --source {}", folder.display()))?;
    Ok(Source::Folder(folder))
}

impl Source {
    fn watched(&self, args: &UpArgs) -> tributary_watcher::Source {
        match self {
            Self::Folder(root) => tributary_watcher::Source::Folder {
                root: root.clone(),
                state_dir: Some(args.state_dir.clone()),
                status_dir: args.status_dir.clone(),
                emptied: if args.allow_empty_source {
                    Emptied::Believed
                } else {
                    Emptied::Waits
                },
            },
            Self::Kubernetes(cluster) => tributary_watcher::Source::Kubernetes {
                cluster: cluster.clone(),
                other_lease: OtherLease::of(args.lbc_lease.clone()),
            },
        }
    }

    fn store(&self, args: &UpArgs) -> anyhow::Result<Store> {
        Ok(match (self, &args.status_dir) {
            (Self::Kubernetes(cluster), _) => Store::Kubernetes(Kubernetes::new(cluster.clone())),
            (Self::Folder(_), Some(folder)) => Store::folder(folder.clone())?,
            (Self::Folder(_), None) => Store::Memory(BTreeMap::new()),
        })
    }

    fn secrets(&self) -> Arc<dyn SecretSource> {
        match self {
            Self::Folder(root) => Arc::new(FolderSecrets::new(root.clone())),
            Self::Kubernetes(cluster) => Arc::new(ClusterSecrets(cluster.clone())),
        }
    }

    /// Whose Gateways are held by a finalizer.
    fn gateways(&self) -> Option<Cluster> {
        match self {
            Self::Folder(_) => None,
            Self::Kubernetes(cluster) => Some(cluster.clone()),
        }
    }
}

/// Where load balancers are programmed.
struct Aws {
    endpoint: Endpoint,
    /// If it is our own, the network interfaces of nodes and pods in it are ours to make.
    sandbox: Option<Sandbox>,
}

async fn aws(context: &Context, tasks: &Tasks, args: &UpArgs) -> anyhow::Result<Aws> {
    let region = args.environment.region.clone();
    match &args.aws {
        AwsArg::Elsewhere(endpoint) => Ok(Aws {
            endpoint: endpoint.clone().in_region(region),
            sandbox: None,
        }),
        AwsArg::Sandbox => {
            let region = sandbox_region(region).await;
            let sandbox = Sandbox::new(tributary_sandbox::Options {
                listen: args.sandbox_listen,
                default_region: region.clone(),
                seed: SeedOptions {
                    cluster: Some(args.environment.cluster_in_sandbox().to_owned()),
                    ..SeedOptions::default()
                },
                reachability: Reachability::BySecurityGroups,
                ..tributary_sandbox::Options::default()
            });
            let bound = sandbox.clone().bind(args.sandbox_listen).await?;
            let url = format!("http://{}", bound.local_addr());
            tracing::info!(endpoint = url, "sandbox listening");
            tasks.spawn(
                "sandbox",
                OnError::ShutDown,
                bound.serve(context.shutdown.clone()),
            );
            Ok(Aws {
                endpoint: Endpoint::url(url).in_region(Some(region)),
                sandbox: Some(sandbox),
            })
        }
    }
}

/// Targets in our own sandbox have network interfaces, so they are let in there as in AWS.
fn environment(args: &UpArgs, sandbox: Option<&Sandbox>) -> EnvironmentArgs {
    let mut environment = args.environment.clone();
    if sandbox.is_some() {
        environment
            .manage_backend_security_groups
            .get_or_insert(true);
    }
    environment
}

/// Starts the five services and returns the way to all that they serve.
async fn start(
    context: &Context,
    tasks: &Tasks,
    args: &UpArgs,
    source: &Source,
    aws: Aws,
) -> anyhow::Result<Transport> {
    let Aws { endpoint, sandbox } = aws;
    let environment = environment(args, sandbox.as_ref()).environment(&endpoint)?;
    let store = source.store(args)?;
    let watcher = tributary_watcher::Service::new(context.child("watcher"), source.watched(args))?;
    let to_watcher = Transport::local(watcher.contracts(GrpcServices::default()).build()?.routes());
    let to_watcher = match sandbox {
        Some(sandbox) => interfaces::ahead(context, to_watcher, sandbox)?,
        None => to_watcher,
    };
    let merger = tributary_merger::Service::new(
        context.child("merger"),
        tributary_merger::Options {
            watcher: to_watcher,
            merge: args
                .targets
                .merge(args.environment.installation.installation.clone()),
            tenants: tributary_merger::Tenants::Hidden,
        },
    );
    let services = merger.contracts(watcher.contracts(GrpcServices::default()));
    let grpc = services
        .describe(tributary_proto::FILE_DESCRIPTOR_SET)
        .build()?;
    let to_merger = Transport::local(grpc.routes());
    // Whom `get` asks.
    let us = Peer::new(
        Caller::Merger.name(),
        args.environment.installation.installation.name(),
    );
    let tls = args.common.tls(context, tasks, us).await?;
    let bound = bind(grpc, args.grpc_listen)?.secured(tls, tributary_stream::access);
    tracing::info!(address = %bound.local_addr(), "gRPC");

    tasks.spawn("watcher", OnError::ShutDown, watcher.run());
    tasks.spawn("merger", OnError::ShutDown, merger.run());
    tasks.spawn("grpc", OnError::ShutDown, bound.serve(context.clone()));
    for (name, kind) in [
        ("alb-programmer", LoadBalancerKind::Alb),
        ("nlb-programmer", LoadBalancerKind::Nlb),
    ] {
        let options = tributary_programmer::Options {
            kind,
            merger: to_merger.clone(),
            aws: endpoint.clone(),
            environment: environment.clone(),
            defaults: args.defaults.clone().defaults(),
            stay: args.environment.stay(&endpoint),
            secrets: source.secrets(),
            gateways: source.gateways(),
            unwanted_all: args.environment.unwanted_all(),
        };
        tasks.spawn(
            name,
            OnError::ShutDown,
            tributary_programmer::run(context.child(name), options),
        );
    }
    let options = tributary_status_writer::Options {
        merger: to_merger.clone(),
        store,
    };
    let writing = tributary_status_writer::write(context.child("status-writer"), options);
    tasks.spawn("status-writer", OnError::ShutDown, async {
        writing.await;
        Ok::<_, BoxError>(())
    });
    Ok(to_merger)
}

/// An address that was asked for must be had; the usual one may be another `up`'s.
fn bind(grpc: Grpc, address: Option<SocketAddr>) -> Result<BoundGrpc, GrpcError> {
    if let Some(address) = address {
        return grpc.bind(address);
    }
    match grpc.clone().bind(DEFAULT_GRPC) {
        Err(GrpcError::Bind { .. }) => {
            tracing::warn!(address = %DEFAULT_GRPC, "taken, so another port is used: give get, explain and wait its --server");
            grpc.bind(SocketAddr::new(DEFAULT_GRPC.ip(), 0))
        }
        bound => bound,
    }
}

async fn once(client: &Client, transport: Transport, args: &UpArgs) -> anyhow::Result<ExitCode> {
    let wait_outcome = client.wait_outcome(args.timeout).await?;
    query::everything(client, args.output, &mut stdout()).await?;
    if let WaitOutcome::Pending(pending) = &wait_outcome {
        for line in pending {
            eprintln!("pending: {line}");
        }
    }
    let rejections = query::rejections(transport).await?;
    for rejection in &rejections {
        eprintln!("refused: {}", query::refusal(rejection));
    }
    let judged = wait_outcome == WaitOutcome::Settled && rejections.is_empty();
    Ok(if judged {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn follow(
    context: &Context,
    client: &Client,
    transport: Transport,
    args: &UpArgs,
) -> anyhow::Result<()> {
    if shows_table(args) {
        return query::live(context, client, transport, &mut stdout()).await;
    }
    if stderr().is_terminal() {
        eprintln!("Following; stop with Ctrl-C.");
    }
    query::lines(context, client, &mut stdout()).await
}
