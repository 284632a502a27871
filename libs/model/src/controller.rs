//! The `controllerName`s that are ours: of GatewayClasses, and of our entries in a route's `status.parents`.
//!
//! What a name means for a Gateway's load balancer is the merge's one decision; here are only the names.

/// Gateways of this controller get an ALB. The name is that of the AWS Load Balancer Controller, whose
/// users move without editing YAML.
pub const ALB: &str = "gateway.k8s.aws/alb";
/// Gateways of this controller get an NLB. The name is that of the AWS Load Balancer Controller.
pub const NLB: &str = "gateway.k8s.aws/nlb";
/// Gateways of this controller get whichever fits their listeners.
pub const ELB: &str = "gateway.tributary.dev/elb";

/// Whether classes and status entries with this `controllerName` are ours.
pub fn is_ours(controller_name: &str) -> bool {
    [ALB, NLB, ELB].contains(&controller_name)
}
