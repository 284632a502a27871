//! The AWS Load Balancer Controller beside us: `controllerName`s of ours are its own, too.

use crate::controller;
use crate::key::ObjectKey;
use crate::meta::Meta;
use crate::time::Timestamp;

/// Says that the AWS Load Balancer Controller runs: its Lease is renewed. No object: stands in the snapshot as a
/// GatewayClass with a name that Kubernetes gives to none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OtherController {
    lease: ObjectKey,
    pub(crate) meta: Meta,
}

impl OtherController {
    /// Whose leader renews this Lease.
    pub fn by(lease: ObjectKey) -> Self {
        Self {
            lease,
            meta: Meta {
                key: ObjectKey::cluster("*other"),
                generation: 1,
                created: Timestamp::default(),
                deleting: false,
            },
        }
    }

    /// The Lease that is renewed.
    pub fn lease(&self) -> &ObjectKey {
        &self.lease
    }

    /// Whether it serves classes with this `controllerName`.
    pub fn serves(controller_name: &str) -> bool {
        [controller::ALB, controller::NLB].contains(&controller_name)
    }
}
