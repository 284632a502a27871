//! A programmer's command line.

use std::path::PathBuf;
use std::time::Duration;

use tributary_aws::{Endpoint, Environment};
use tributary_kubernetes::lease::LeaseArgs;
use tributary_kubernetes::{InstallationArgs, SourceArg};
use tributary_model::elb::Scheme;
use tributary_plan::defaults::Defaults;
use tributary_plan::limits::BackendGroups;
use tributary_proto::call::Shard;
use tributary_runtime::CommonArgs;

use crate::UnwantedAll;

/// Name of a cluster that was given none.
const DEFAULT_CLUSTER: &str = "tributary";

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
    /// Whose load balancers.
    #[command(flatten)]
    pub environment: EnvironmentArgs,
    /// Of all load balancers.
    #[command(flatten)]
    pub defaults: DefaultsArgs,
    /// Of every service.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Whose load balancers, and where.
#[derive(Clone, Debug, clap::Args)]
pub struct EnvironmentArgs {
    /// Name of the cluster, in tags and names of everything that is created. Required with the real AWS: load balancers of
    /// another cluster must never look like ours. `tributary` otherwise.
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// Of every service.
    #[command(flatten)]
    pub installation: InstallationArgs,
    /// VPC, if subnets of others must not be looked at.
    #[arg(long, value_name = "ID")]
    pub vpc: Option<String>,
    /// AWS region; else as the AWS SDK finds it.
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Whether load balancers carry a backend security group, and the targets' security groups let that in. In a sandbox that
    /// runs by itself only if it is said, since pods have no network interfaces there unless somebody seeds them; `up` does
    /// that in its own. Switched off, what is there stays.
    #[arg(long, value_name = "true|false")]
    pub manage_backend_security_groups: Option<bool>,
    /// A backend security group of your own, by id, in place of the one that the load balancers of the cluster share.
    #[arg(long, value_name = "ID")]
    pub backend_security_group: Option<String>,
    /// How long a load balancer that was replaced stays, in seconds, after the Gateway's status names its successor: names are
    /// remembered, and connections last. 300 (AWS's default of what a target has to drain); 1 in a sandbox.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub replaced_load_balancer_stay: Option<u64>,
    /// Also remove load balancers that a start finds while the source wants none of those found. Without it they stay, since
    /// it may be the wrong source.
    #[arg(long)]
    pub allow_removing_all: bool,
}

/// What holds for every load balancer where no configuration says otherwise.
#[derive(Clone, Debug, clap::Args)]
pub struct DefaultsArgs {
    /// Scheme of load balancers for which none is asked. A change of it replaces those.
    #[arg(long, value_name = "internal|internet-facing", default_value = "internal", value_parser = scheme)]
    pub default_load_balancer_scheme: Scheme,
    /// Security policy of HTTPS and TLS listeners for which none is asked.
    #[arg(long, value_name = "NAME", default_value_t = Defaults::default().ssl_policy)]
    pub default_ssl_policy: String,
    /// Tags of everything that is made, before those that objects ask for.
    #[arg(long, value_name = "KEY=VALUE,...", value_delimiter = ',', value_parser = tag)]
    pub default_tags: Vec<(String, String)>,
    /// Keys of tags that others set: they are never added, changed or removed.
    #[arg(long, value_name = "KEY,...", value_delimiter = ',')]
    pub external_managed_tags: Vec<String>,
}

impl DefaultsArgs {
    /// As a plan takes them.
    pub fn defaults(self) -> Defaults {
        let Self {
            default_load_balancer_scheme,
            default_ssl_policy,
            default_tags,
            external_managed_tags,
        } = self;
        Defaults {
            scheme: default_load_balancer_scheme,
            ssl_policy: default_ssl_policy,
            tags: default_tags.into_iter().collect(),
            external_tags: external_managed_tags.into_iter().collect(),
        }
    }
}

fn scheme(text: &str) -> Result<Scheme, String> {
    [Scheme::Internal, Scheme::InternetFacing]
        .into_iter()
        .find(|scheme| scheme.as_str() == text)
        .ok_or_else(|| "expected internal or internet-facing".to_owned())
}

/// AWS: a key has 1 to 128 characters, a value up to 256, and no key begins with `aws:`.
fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    if key.is_empty() || key.chars().count() > 128 || key.starts_with("aws:") {
        return Err(format!("{key:?} cannot be the key of a tag"));
    }
    if value.chars().count() > 256 {
        return Err(format!("the value of {key} has more than 256 characters"));
    }
    Ok((key.to_owned(), value.to_owned()))
}

/// A programmer of the real AWS that does not know whose load balancers it programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "--cluster is required with the real AWS: its value tells this cluster's load balancers from others'"
)]
pub struct NoCluster;

impl EnvironmentArgs {
    /// Whether a source is believed that wants nothing of what is found.
    pub fn unwanted_all(&self) -> UnwantedAll {
        if self.allow_removing_all {
            UnwantedAll::Remove
        } else {
            UnwantedAll::Spare
        }
    }

    /// How long a load balancer that was replaced stays.
    pub fn stay(&self, aws: &Endpoint) -> Duration {
        let usual = match aws {
            Endpoint::Real { .. } => 300,
            Endpoint::Url { .. } => 1,
        };
        Duration::from_secs(self.replaced_load_balancer_stay.unwrap_or(usual))
    }

    /// Name of the cluster as a sandbox has it.
    pub fn cluster_in_sandbox(&self) -> &str {
        self.cluster.as_deref().unwrap_or(DEFAULT_CLUSTER)
    }

    /// The environment on this AWS.
    ///
    /// # Errors
    /// When the real AWS is meant and no cluster is named.
    pub fn environment(self, aws: &Endpoint) -> Result<Environment, NoCluster> {
        let Self {
            cluster,
            installation: InstallationArgs { installation },
            vpc,
            region: _,
            manage_backend_security_groups,
            backend_security_group,
            replaced_load_balancer_stay: _,
            allow_removing_all: _,
        } = self;
        let manages = manage_backend_security_groups.unwrap_or(match aws {
            Endpoint::Real { .. } => true,
            Endpoint::Url { .. } => backend_security_group.is_some(),
        });
        let backend = match (manages, backend_security_group) {
            (false, _) => BackendGroups::Off,
            (true, None) => BackendGroups::Shared,
            (true, Some(id)) => BackendGroups::Named(id),
        };
        let cluster = match (cluster, aws) {
            (Some(cluster), _) => cluster,
            (None, Endpoint::Url { .. }) => DEFAULT_CLUSTER.to_owned(),
            (None, Endpoint::Real { .. }) => return Err(NoCluster),
        };
        Ok(Environment {
            cluster,
            installation: installation.to_string(),
            vpc,
            backend,
        })
    }
}

#[cfg(test)]
mod tests;
