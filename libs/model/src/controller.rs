//! `controllerName`s: of GatewayClasses, and of our entries in a route's `status.parents`.
//!
//! What a name means for a Gateway's load balancer is the merge's one decision; here are only the names, and which of them
//! an installation has.

use std::borrow::Cow;

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
    fn word(self) -> &'static str {
        match self {
            Self::Alb => "alb",
            Self::Nlb => "nlb",
            Self::Elb => "elb",
        }
    }
}

impl Installation {
    /// `spec.controllerName` of its classes, and of its entries in a route's `status.parents`.
    ///
    /// Those of the default installation are the AWS Load Balancer Controller's, where that has one.
    pub fn controller_name(&self, controller: Controller) -> Cow<'static, str> {
        if self.is_default() {
            return Cow::Borrowed(match controller {
                Controller::Alb => ALB,
                Controller::Nlb => NLB,
                Controller::Elb => ELB,
            });
        }
        Cow::Owned(self.qualified(controller.word()))
    }

    /// What a `controllerName` means to this installation; nothing when it is another's.
    pub fn controller(&self, controller_name: &str) -> Option<Controller> {
        let (name, controller) = of(controller_name)?;
        (name == self.name()).then_some(controller)
    }

    /// Whether classes and status entries with this `controllerName` are this installation's.
    pub fn has_controller(&self, controller_name: &str) -> bool {
        self.controller(controller_name).is_some()
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
