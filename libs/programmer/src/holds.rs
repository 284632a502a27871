//! What keeps a Gateway from going before its load balancer is gone. Only a cluster has it: files go when they go.

use tributary_kubernetes::{Cluster, Finalizer};
use tributary_model::ObjectKey;
use tributary_model::desired::LoadBalancerKey;
use tributary_model::elb::LoadBalancerKind;

use crate::complaint::Complaint;

/// Why a Gateway could not be held or let go: lower case, for logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct HoldError(pub(crate) String);

/// Holds Gateways by our finalizer.
#[derive(Clone, Debug)]
pub(crate) struct Holds {
    cluster: Cluster,
    kind: LoadBalancerKind,
}

impl Holds {
    pub(crate) fn new(cluster: Cluster, kind: LoadBalancerKind) -> Self {
        Self { cluster, kind }
    }

    /// Before the first thing is created for a Gateway: from now on it stays until it is let go.
    pub(crate) async fn hold(&self, gateway: &ObjectKey) -> Result<(), HoldError> {
        match self.cluster.add_finalizer(gateway, self.kind).await {
            Ok(Finalizer::Written) => {
                tracing::info!(%gateway, "finalizer added");
                Ok(())
            }
            Ok(Finalizer::Unchanged) => Ok(()),
            Ok(Finalizer::Gone) => Err(HoldError(format!("Gateway {gateway} is gone"))),
            Err(failure) => Err(HoldError(failure.to_string())),
        }
    }

    /// The load balancers whose Gateways wait to be let go: those of which nothing is left in AWS among them, if whoever
    /// saw to that ended before it could say so.
    pub(crate) async fn leaving(&self) -> Result<Vec<LoadBalancerKey>, HoldError> {
        let leaving = self.cluster.leaving(self.kind).await;
        let gateways = leaving.map_err(|failure| HoldError(failure.to_string()))?;
        let kind = self.kind;
        let keys = gateways.into_iter();
        Ok(keys
            .map(|gateway| LoadBalancerKey { kind, gateway })
            .collect())
    }

    /// Nothing is left of what was created for it.
    pub(crate) async fn let_go(&self, gateway: &ObjectKey) -> Result<(), HoldError> {
        match self.cluster.remove_finalizer(gateway, self.kind).await {
            Ok(Finalizer::Written) => {
                tracing::info!(%gateway, "finalizer removed");
                Ok(())
            }
            Ok(Finalizer::Unchanged | Finalizer::Gone) => Ok(()),
            Err(failure) => Err(HoldError(failure.to_string())),
        }
    }
}

/// One Gateway, held or not; without a cluster it always is.
#[derive(Debug)]
pub(crate) struct HeldGateway {
    holds: Option<Holds>,
    gateway: ObjectKey,
    /// It stays until we let it go.
    is_held: bool,
    hold: Complaint,
    let_go: Complaint,
}

impl HeldGateway {
    pub(crate) fn new(holds: Option<Holds>, gateway: ObjectKey) -> Self {
        Self {
            holds,
            gateway,
            is_held: false,
            hold: Complaint::new("nothing is created before the Gateway is held"),
            let_go: Complaint::new("the Gateway cannot be let go yet"),
        }
    }

    /// Makes sure that the Gateway stays as long as anything of its load balancer may.
    pub(crate) async fn hold(&mut self) -> bool {
        let Some(holds) = &self.holds else {
            return true;
        };
        if !self.is_held {
            let held = holds.hold(&self.gateway).await;
            self.is_held = self.hold.heard(held).is_some();
        }
        self.is_held
    }

    /// Nothing is left: the Gateway may go.
    pub(crate) async fn let_go(&mut self) -> bool {
        let Some(holds) = &self.holds else {
            return true;
        };
        self.is_held = false;
        let let_go = holds.let_go(&self.gateway).await;
        self.let_go.heard(let_go).is_some()
    }
}
