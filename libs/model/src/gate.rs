//! Readiness gates of pods that wait for the health of their target.
//!
//! Such a pod is not Ready before somebody sets the gate's condition, so its endpoint is not ready, and whoever registers
//! ready endpoints only waits for ever. The names are here; what follows from them is the merge's decision.

use crate::installation::{Installation, unqualified};

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
