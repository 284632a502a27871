//! The options of a service that has one leader.

use std::path::PathBuf;
use std::time::Duration;

use tributary_model::Installation;

use crate::cluster::{Cluster, ConnectError};
use crate::lease::{Election, Timing, identity};

/// Options of a service whose replicas meet in Leases.
#[derive(Clone, Debug, clap::Args)]
pub struct LeaseArgs {
    /// Namespace of the Leases.
    #[arg(
        long,
        env = "POD_NAMESPACE",
        value_name = "NAMESPACE",
        default_value = DEFAULT_NAMESPACE
    )]
    pub lease_namespace: String,
    /// Seconds after which another takes over from a replica that is gone.
    #[arg(long, value_name = "SECONDS", default_value_t = 4, value_parser = clap::value_parser!(u64).range(2..=600))]
    pub lease_seconds: u64,
}

/// Options of a service with one leader.
#[derive(Clone, Debug, clap::Args)]
pub struct LeaderElection {
    /// Lead or stand by, by a Kubernetes Lease. Without it this is the only replica.
    #[arg(long)]
    pub leader_election: bool,
    /// Name of the Lease; the service's own unless given.
    #[arg(long, value_name = "NAME")]
    pub lease_name: Option<String>,
    /// Of the Lease.
    #[command(flatten)]
    pub leases: LeaseArgs,
}

/// Where Leases are unless something else is said.
pub const DEFAULT_NAMESPACE: &str = "tributary-system";

impl LeaseArgs {
    /// By the seconds.
    pub fn timing(&self) -> Timing {
        Timing::of(Duration::from_secs(self.lease_seconds))
    }
}

impl LeaderElection {
    /// The election of a service (`merger`), if there is to be one.
    ///
    /// # Errors
    /// When there is no way to an API server.
    pub async fn election(
        &self,
        kubeconfig: Option<&PathBuf>,
        installation: &Installation,
        service: &str,
    ) -> Result<Option<Election>, ConnectError> {
        if !self.leader_election {
            return Ok(None);
        }
        let cluster = Cluster::connect(kubeconfig.map(PathBuf::as_path)).await?;
        let name = self.lease_name.clone();
        let name = name.unwrap_or_else(|| installation.service(service));
        Ok(Some(Election::new(
            &cluster,
            &self.leases.lease_namespace,
            &name,
            identity(),
            self.leases.timing(),
        )))
    }
}
