//! A programmer's command line.

use std::path::PathBuf;

use tributary_aws::Endpoint;
use tributary_kubernetes::SourceArg;
use tributary_kubernetes::lease::LeaseArgs;
use tributary_proto::call::Shard;
use tributary_runtime::CommonArgs;

/// Name of an installation that was given none.
pub const DEFAULT_CLUSTER: &str = "tributary";

/// A programmer's command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// gRPC address of the merger; of several, separated by commas, the next when one is gone or does not lead.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7070")]
    pub merger: String,
    /// AWS: `real`, or the endpoint URL of a sandbox.
    #[arg(long, value_name = "real|URL", default_value = "http://127.0.0.1:4566")]
    pub aws: Endpoint,
    /// Where the private keys of the certificates are that are imported: a folder of manifests, or `kubernetes`. There
    /// replicas share the load balancers by Leases, and Gateways stay until theirs are gone.
    #[arg(long, value_name = "PATH|kubernetes")]
    pub source: SourceArg,
    /// The way to Kubernetes; otherwise as kubectl finds it.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Shares that the load balancers are in, in Kubernetes; the same for all replicas.
    #[arg(long, value_name = "COUNT", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=i64::from(Shard::MOST)))]
    pub shards: u32,
    /// Of the shares.
    #[command(flatten)]
    pub leases: LeaseArgs,
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
