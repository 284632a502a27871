//! Which entries of `status.parents` are ours.

/// Gateways of this controller get an ALB. The name is that of the AWS Load Balancer Controller, whose
/// users move without editing YAML.
pub const ALB_CONTROLLER: &str = "gateway.k8s.aws/alb";
/// Gateways of this controller get an NLB. The name is that of the AWS Load Balancer Controller.
pub const NLB_CONTROLLER: &str = "gateway.k8s.aws/nlb";
/// Gateways of this controller get whichever fits their listeners.
pub const ELB_CONTROLLER: &str = "gateway.tributary.dev/elb";

/// Whether entries with this `controllerName` are ours to write and to remove.
pub fn is_ours(controller_name: &str) -> bool {
    [ALB_CONTROLLER, NLB_CONTROLLER, ELB_CONTROLLER].contains(&controller_name)
}
