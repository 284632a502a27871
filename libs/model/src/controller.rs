//! `controllerName`s: of GatewayClasses, and of our entries in a route's `status.parents`.
//!
//! What a name means for a Gateway's load balancer is the merge's one decision; here are only the names. Which of them an
//! installation has is said in [`installation`](crate::installation).

use crate::installation::{Installation, unqualified};

/// Gateways of this controller get an ALB. The name is that of the AWS Load Balancer Controller, whose
/// users move without editing YAML. As all three, it is the default installation's.
pub const ALB: &str = "gateway.k8s.aws/alb";
/// Gateways of this controller get an NLB. The name is that of the AWS Load Balancer Controller.
pub const NLB: &str = "gateway.k8s.aws/nlb";
/// Gateways of this controller get whichever fits their listeners.
pub const ELB: &str = "gateway.tributary.dev/elb";

/// The controllers of every installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Controller {
    /// Its Gateways get an ALB.
    Alb,
    /// Its Gateways get an NLB.
    Nlb,
    /// Its Gateways get whichever fits their listeners.
    Elb,
}

impl Controller {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Alb, Self::Nlb, Self::Elb];

    /// Within a qualified name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Alb => "alb",
            Self::Nlb => "nlb",
            Self::Elb => "elb",
        }
    }
}

/// The installation whose `controllerName` this is, by its name, and which of its controllers; nothing for one that no
/// installation has.
pub fn of(controller_name: &str) -> Option<(&str, Controller)> {
    match controller_name {
        ALB => return Some((Installation::DEFAULT, Controller::Alb)),
        NLB => return Some((Installation::DEFAULT, Controller::Nlb)),
        _ => {}
    }
    let (name, word) = unqualified(controller_name)?;
    let controller = Controller::ALL
        .into_iter()
        .find(|controller| controller.word() == word)?;
    // The default one's have names of their own, two of them another's.
    (name != Installation::DEFAULT || controller == Controller::Elb).then_some((name, controller))
}
