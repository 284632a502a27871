//! What keeps a Gateway from going before its load balancer is gone. Only a cluster has it: files go when they go.

use tributary_kubernetes::{Cluster, Finalizer};
use tributary_model::ObjectKey;

/// Why a Gateway could not be held or let go: lower case, for logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct HoldError(pub(crate) String);

/// Holds Gateways by our finalizer.
#[derive(Clone, Debug)]
pub(crate) struct Holds(Cluster);

impl Holds {
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self(cluster)
    }

    /// Before the first thing is created for a Gateway: from now on it stays until it is let go.
    pub(crate) async fn hold(&self, gateway: &ObjectKey) -> Result<(), HoldError> {
        match self.0.add_finalizer(gateway).await {
            Ok(Finalizer::Written) => {
                tracing::info!(%gateway, "finalizer added");
                Ok(())
            }
            Ok(Finalizer::Unchanged) => Ok(()),
            Ok(Finalizer::Gone) => Err(HoldError(format!("Gateway {gateway} is gone"))),
            Err(failure) => Err(HoldError(failure.to_string())),
        }
    }

    /// Nothing is left of what was created for it.
    pub(crate) async fn let_go(&self, gateway: &ObjectKey) -> Result<(), HoldError> {
        match self.0.remove_finalizer(gateway).await {
            Ok(Finalizer::Written) => {
                tracing::info!(%gateway, "finalizer removed");
                Ok(())
            }
            Ok(Finalizer::Unchanged | Finalizer::Gone) => Ok(()),
            Err(failure) => Err(HoldError(failure.to_string())),
        }
    }
}
