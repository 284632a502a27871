//! What the supervisor hands on to its workers and its questions.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tributary_aws::{Aws, Environment, SecretSource};
use tributary_model::desired::LoadBalancerKey;
use tributary_model::report::LoadBalancerReport;
use tributary_plan::defaults::Defaults;
use tributary_plan::limits::Limits;
use tributary_proto::desired::desired_service_client::DesiredServiceClient;
use tributary_runtime::Context;
use tributary_stream::{Published, Transport};

use crate::holds::Holds;

/// What all workers share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) context: Context,
    pub(crate) aws: Aws,
    pub(crate) environment: Environment,
    pub(crate) defaults: Defaults,
    /// How long a load balancer that was replaced stays for its clients.
    pub(crate) stay: Duration,
    pub(crate) secrets: Arc<dyn SecretSource>,
    pub(crate) holds: Option<Holds>,
    pub(crate) merger: DesiredServiceClient<Transport>,
    pub(crate) reports: Published<LoadBalancerKey, LoadBalancerReport>,
    pub(crate) limits: watch::Receiver<Limits>,
    /// Load balancers that are worked on at once; AWS's own limits are paced by `tributary-aws`.
    pub(crate) turns: Arc<Semaphore>,
}
