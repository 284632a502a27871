//! Readiness gates of pods that wait for the health of their target.
//!
//! Such a pod is not Ready before somebody sets the gate's condition, so its endpoint is not ready, and whoever registers
//! ready endpoints only waits for ever. The names are here; what follows from them is the merge's decision.

use std::collections::{BTreeMap, BTreeSet};

use crate::installation::{Installation, unqualified};
use crate::key::Name;
use crate::other_controller::OtherController;
use crate::workload::{L4Protocol, Pod};

/// A gate that opens when the pod's target is healthy, by who sets its condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gate {
    /// A Tributary, by its installation's name: `gateway.tributary.dev/target-health`, or with a suffix after a hyphen.
    Tributary(String),
    /// The AWS Load Balancer Controller, whose webhook puts it into pods.
    AwsLoadBalancerController,
}

/// That controller's; behind it stands the name of a TargetGroupBinding.
const AWS_LOAD_BALANCER_CONTROLLER: &str = "target-health.elbv2.k8s.aws/";
/// Ours, within a qualified name.
const TARGET_HEALTH: &str = "target-health";

impl Pod {
    /// The gates that are for us to open ([`Gate::is_for`]).
    pub fn gates_to_open(
        &self,
        us: &Installation,
        other: Option<&OtherController>,
    ) -> BTreeSet<&str> {
        let gates = self.closed_gates.iter().map(String::as_str);
        gates
            .filter(|gate| Gate::of(gate).is_some_and(|gate| gate.is_for(us, other)))
            .collect()
    }
}

impl Gate {
    /// Whose gate this `conditionType` is; nothing for one that waits for something else.
    pub fn of(condition_type: &str) -> Option<Self> {
        if let Some(binding) = condition_type.strip_prefix(AWS_LOAD_BALANCER_CONTROLLER) {
            return (!binding.is_empty()).then_some(Self::AwsLoadBalancerController);
        }
        let (name, what) = unqualified(condition_type)?;
        let rest = what.strip_prefix(TARGET_HEALTH)?;
        let is_ours =
            rest.is_empty() || rest.strip_prefix('-').is_some_and(|rest| !rest.is_empty());
        is_ours.then(|| Self::Tributary(name.to_owned()))
    }

    /// Whether it is for this installation to open: its own, and the AWS Load Balancer Controller's while that does not run.
    /// While it does they speak of its own target groups.
    pub fn is_for(&self, us: &Installation, other: Option<&OtherController>) -> bool {
        match self {
            Self::Tributary(name) => name == us.name(),
            Self::AwsLoadBalancerController => other.is_none(),
        }
    }
}

/// core/v1 Pod that is about to be made, as far as its gates go.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NewPod {
    /// Where it will be.
    pub namespace: Name,
    /// `metadata.labels`.
    pub labels: BTreeMap<String, String>,
    /// Ports of its containers that have a name.
    pub named_ports: BTreeSet<(Name, L4Protocol)>,
    /// `conditionType` of each gate that it has already.
    pub gates: BTreeSet<String>,
}

/// Whether a pod that is about to be made gets a gate of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gating {
    /// It will be a target, and the gate will be opened by that target's health.
    Added,
    /// It has a gate that is opened by the same.
    Carried,
    /// It will be no target of a load balancer, so nobody would open a gate.
    NoTarget,
    /// What has to be known to open a gate cannot be read.
    Unread,
}

impl Installation {
    /// `conditionType` of its readiness gate.
    pub fn gate(&self) -> String {
        self.qualified(TARGET_HEALTH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_is_ours_or_the_other_controllers() {
        let west: Installation = "west".parse().unwrap();
        for (condition_type, gate) in [
            ("gateway.tributary.dev/target-health", Some("tributary")),
            ("gateway.tributary.dev/target-health-web", Some("tributary")),
            ("gateway.tributary.dev/west.target-health", Some("west")),
            ("gateway.tributary.dev/target-health-", None),
            ("gateway.tributary.dev/target-healthy", None),
            ("gateway.tributary.dev/load-balancer-alb", None),
            ("example.com/target-health", None),
            ("target-health.elbv2.k8s.aws/", None),
            ("target-health.elbv2.k8s.aws", None),
            ("Ready", None),
        ] {
            let gate = gate.map(|name| Gate::Tributary(name.to_owned()));
            assert_eq!(Gate::of(condition_type), gate, "{condition_type}");
        }
        assert_eq!(
            Gate::of("target-health.elbv2.k8s.aws/k8s-shop-web-0123456789"),
            Some(Gate::AwsLoadBalancerController)
        );
        for installation in [Installation::default(), west] {
            let gate = Gate::Tributary(installation.name().to_owned());
            assert_eq!(Gate::of(&installation.gate()), Some(gate));
        }
    }
}
