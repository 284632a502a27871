//! The ALB programmer: makes AWS's ALB load balancers what the merger says they should be.
//!
//! **Knows:** which kind it programs. Everything else is in `tributary-programmer`, which the two
//! programmers share, and in `tributary-plan`, where the kinds differ.
//!
//! **Must not know:** the other kind: it is deployed and scaled on its own.

use tributary_model::elb::LoadBalancerKind;
use tributary_runtime::Context;

pub use tributary_programmer::{Args, Error, Options};

/// What this programmer programs.
pub const KIND: LoadBalancerKind = LoadBalancerKind::Alb;

/// Runs the ALB programmer as a process of its own, until the context stops.
///
/// # Errors
/// When an address is none, or a task fails that cannot be started again.
pub async fn run(context: Context, args: Args) -> Result<(), Error> {
    tributary_programmer::run_args(context, KIND, args).await
}
