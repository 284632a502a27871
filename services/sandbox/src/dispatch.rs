//! Which operation a call means.

use crate::operation::Operation;
use crate::service::Service;
use crate::{acm, ec2, elbv2, sts, tagging};

/// The operation of this name, if it is within the sandbox's scope.
pub(crate) fn operation(service: Service, name: &str) -> Option<Operation> {
    match service {
        Service::Elbv2 => elbv2::operation(name),
        Service::Ec2 => ec2::operation(name),
        Service::Acm => acm::operation(name),
        Service::Tagging => tagging::operation(name),
        Service::Sts => sts::operation(name),
    }
}
