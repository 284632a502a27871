//! Finalizers: whose keeps a Gateway from going before what was made for it is gone, and which keeps a class.

use crate::controller;
use crate::elb::LoadBalancerKind;

/// On a GatewayClass that a Gateway uses: it stays as long as one does (Gateway API, GatewayClass).
pub const CLASS_IN_USE: &str = "gateway-exists-finalizer.gateway.networking.k8s.io";

/// A program that made a load balancer for a Gateway, or may have, by its finalizer on the Gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// We. Each kind has its own: a Gateway whose class changes has one of each for a while, and who programs the one
    /// knows nothing of the other.
    Us(LoadBalancerKind),
    /// The AWS Load Balancer Controller, whose `controllerName`s ours are, too.
    AwsLoadBalancerController(LoadBalancerKind),
}

impl Holder {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self::Us(LoadBalancerKind::Alb),
        Self::Us(LoadBalancerKind::Nlb),
        Self::AwsLoadBalancerController(LoadBalancerKind::Alb),
        Self::AwsLoadBalancerController(LoadBalancerKind::Nlb),
    ];

    /// In `metadata.finalizers`.
    pub fn finalizer(self) -> &'static str {
        match self {
            Self::Us(LoadBalancerKind::Alb) => "gateway.tributary.dev/load-balancer-alb",
            Self::Us(LoadBalancerKind::Nlb) => "gateway.tributary.dev/load-balancer-nlb",
            // That controller uses its `controllerName`s for both.
            Self::AwsLoadBalancerController(LoadBalancerKind::Alb) => controller::ALB,
            Self::AwsLoadBalancerController(LoadBalancerKind::Nlb) => controller::NLB,
        }
    }

    /// Whose finalizer this is; nothing for one of no interest.
    pub fn of(finalizer: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|holder| holder.finalizer() == finalizer)
    }

    /// Whether it is us.
    pub fn is_us(self) -> bool {
        match self {
            Self::Us(_) => true,
            Self::AwsLoadBalancerController(_) => false,
        }
    }
}
