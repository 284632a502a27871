//! Finalizers: whose keeps a Gateway from going before what was made for it is gone, and which keeps a class.

use std::borrow::Cow;

use crate::controller;
use crate::elb::LoadBalancerKind;
use crate::installation::Installation;

/// On a GatewayClass that a Gateway uses: it stays as long as one does (Gateway API, GatewayClass). Every installation
/// writes the same, but each to its own classes: whose a class is its `controllerName` says, which cannot change.
pub const CLASS_IN_USE: &str = "gateway-exists-finalizer.gateway.networking.k8s.io";

/// A program that made a load balancer for a Gateway, or may have, by its finalizer on the Gateway.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A Tributary: we, or another installation.
    Tributary(Installation, LoadBalancerKind),
    /// The AWS Load Balancer Controller, whose `controllerName`s those of our default installation are, too.
    AwsLoadBalancerController(LoadBalancerKind),
}

impl Holder {
    /// In `metadata.finalizers`.
    pub fn finalizer(&self) -> Cow<'static, str> {
        match self {
            Self::Tributary(installation, kind) => Cow::Owned(installation.finalizer(*kind)),
            // That controller uses its `controllerName`s for both.
            Self::AwsLoadBalancerController(LoadBalancerKind::Alb) => controller::ALB.into(),
            Self::AwsLoadBalancerController(LoadBalancerKind::Nlb) => controller::NLB.into(),
        }
    }

    /// Whose finalizer this is; nothing for one of no interest.
    pub fn of(finalizer: &str) -> Option<Self> {
        match finalizer {
            controller::ALB => Some(Self::AwsLoadBalancerController(LoadBalancerKind::Alb)),
            controller::NLB => Some(Self::AwsLoadBalancerController(LoadBalancerKind::Nlb)),
            other => Installation::of_finalizer(other)
                .map(|(installation, kind)| Self::Tributary(installation, kind)),
        }
    }

    /// Whether it is this installation.
    pub fn is(&self, installation: &Installation) -> bool {
        match self {
            Self::Tributary(it, _) => it == installation,
            Self::AwsLoadBalancerController(_) => false,
        }
    }
}
