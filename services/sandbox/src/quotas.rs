//! The limits of an account, by the names that `DescribeAccountLimits` gives them.

use serde::{Deserialize, Serialize};

/// How many of each thing an account may have. The defaults are AWS's; a real account may have
/// had its own raised, so all of them can be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Quotas {
    /// ALBs in a region.
    pub application_load_balancers: u32,
    /// NLBs in a region.
    pub network_load_balancers: u32,
    /// Target groups in a region.
    pub target_groups: u32,
    /// Listeners of one ALB.
    pub listeners_per_application_load_balancer: u32,
    /// Listeners of one NLB.
    pub listeners_per_network_load_balancer: u32,
    /// Rules of all listeners of one ALB, default rules not counted.
    pub rules_per_application_load_balancer: u32,
    /// Values of all conditions of one rule together.
    pub condition_values_per_alb_rule: u32,
    /// `*` and `?` in all conditions of one rule together.
    pub condition_wildcards_per_alb_rule: u32,
    /// Distinct target groups that one ALB's actions name.
    pub target_groups_per_application_load_balancer: u32,
    /// Target groups in one forward action of an ALB.
    pub target_groups_per_action_on_application_load_balancer: u32,
    /// Target groups in one forward action of an NLB.
    pub target_groups_per_action_on_network_load_balancer: u32,
    /// Targets behind one ALB.
    pub targets_per_application_load_balancer: u32,
    /// Targets behind one NLB.
    pub targets_per_network_load_balancer: u32,
    /// Targets in one target group.
    pub targets_per_target_group: u32,
    /// Certificates of all listeners of one ALB, default certificates not counted.
    pub certificates_per_application_load_balancer: u32,
    /// Certificates of all listeners of one NLB, default certificates not counted.
    pub certificates_per_network_load_balancer: u32,
    /// Tags on one resource.
    pub tags_per_resource: u32,
    /// Security groups in one VPC.
    pub security_groups_per_vpc: u32,
    /// Inbound rules of one security group, of each address family.
    pub rules_per_security_group: u32,
    /// Security groups on one network interface, and so on one load balancer.
    pub security_groups_per_interface: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            application_load_balancers: 50,
            network_load_balancers: 50,
            target_groups: 3000,
            listeners_per_application_load_balancer: 50,
            listeners_per_network_load_balancer: 50,
            rules_per_application_load_balancer: 100,
            condition_values_per_alb_rule: 5,
            condition_wildcards_per_alb_rule: 5,
            target_groups_per_application_load_balancer: 100,
            target_groups_per_action_on_application_load_balancer: 5,
            target_groups_per_action_on_network_load_balancer: 5,
            targets_per_application_load_balancer: 1000,
            targets_per_network_load_balancer: 3000,
            targets_per_target_group: 1000,
            certificates_per_application_load_balancer: 25,
            certificates_per_network_load_balancer: 25,
            tags_per_resource: 50,
            security_groups_per_vpc: 2500,
            rules_per_security_group: 60,
            security_groups_per_interface: 5,
        }
    }
}

impl Quotas {
    /// Every limit that `DescribeAccountLimits` tells, by its AWS name. The limits of tags and of
    /// EC2 are not among them: AWS tells those elsewhere.
    pub(crate) fn account_limits(&self) -> Vec<(&'static str, u32)> {
        let Self {
            application_load_balancers,
            network_load_balancers,
            target_groups,
            listeners_per_application_load_balancer,
            listeners_per_network_load_balancer,
            rules_per_application_load_balancer,
            condition_values_per_alb_rule,
            condition_wildcards_per_alb_rule,
            target_groups_per_application_load_balancer,
            target_groups_per_action_on_application_load_balancer,
            target_groups_per_action_on_network_load_balancer,
            targets_per_application_load_balancer,
            targets_per_network_load_balancer,
            targets_per_target_group,
            certificates_per_application_load_balancer,
            certificates_per_network_load_balancer,
            tags_per_resource: _,
            security_groups_per_vpc: _,
            rules_per_security_group: _,
            security_groups_per_interface: _,
        } = *self;
        vec![
            ("application-load-balancers", application_load_balancers),
            ("network-load-balancers", network_load_balancers),
            ("target-groups", target_groups),
            (
                "listeners-per-application-load-balancer",
                listeners_per_application_load_balancer,
            ),
            (
                "listeners-per-network-load-balancer",
                listeners_per_network_load_balancer,
            ),
            (
                "rules-per-application-load-balancer",
                rules_per_application_load_balancer,
            ),
            (
                "condition-values-per-alb-rule",
                condition_values_per_alb_rule,
            ),
            (
                "condition-wildcards-per-alb-rule",
                condition_wildcards_per_alb_rule,
            ),
            (
                "target-groups-per-application-load-balancer",
                target_groups_per_application_load_balancer,
            ),
            (
                "target-groups-per-action-on-application-load-balancer",
                target_groups_per_action_on_application_load_balancer,
            ),
            (
                "target-groups-per-action-on-network-load-balancer",
                target_groups_per_action_on_network_load_balancer,
            ),
            (
                "targets-per-application-load-balancer",
                targets_per_application_load_balancer,
            ),
            (
                "targets-per-network-load-balancer",
                targets_per_network_load_balancer,
            ),
            ("targets-per-target-group", targets_per_target_group),
            (
                "certificates-per-application-load-balancer",
                certificates_per_application_load_balancer,
            ),
            (
                "certificates-per-network-load-balancer",
                certificates_per_network_load_balancer,
            ),
        ]
    }
}
