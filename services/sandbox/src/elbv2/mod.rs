//! Elastic Load Balancing v2: application and network load balancers.

pub(crate) mod action_checks;
mod addresses;
pub(crate) mod attributes;
pub(crate) mod authentication;
pub(crate) mod certificates;
pub(crate) mod conditions;
pub(crate) mod health;
mod interfaces;
pub(crate) mod limits;
pub(crate) mod listeners;
pub(crate) mod load_balancers;
pub(crate) mod names;
mod reachability;
mod redirects;
pub(crate) mod references;
mod regexes;
pub(crate) mod rules;
mod source_nat;
pub(crate) mod ssl_policies;
mod stickiness;
pub(crate) mod subnets;
pub(crate) mod tagging;
pub(crate) mod target_groups;
mod target_health;
pub(crate) mod targets;
pub(crate) mod tls;
pub(crate) mod transforms;
pub(crate) mod trust_stores;

#[cfg(test)]
mod tests;

use crate::operation::Operation::{self, Read, Write};

/// The operation of this name, if it is within the sandbox's scope.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "CreateLoadBalancer" => Write(load_balancers::create),
        "DeleteLoadBalancer" => Write(load_balancers::delete),
        "DescribeLoadBalancers" => Read(load_balancers::describe),
        "ModifyLoadBalancerAttributes" => Write(load_balancers::modify_attributes),
        "DescribeLoadBalancerAttributes" => Read(load_balancers::describe_attributes),
        "SetSubnets" => Write(subnets::set_subnets),
        "SetSecurityGroups" => Write(subnets::set_security_groups),
        "SetIpAddressType" => Write(subnets::set_ip_address_type),
        "ModifyCapacityReservation" => Write(limits::modify_capacity_reservation),
        "DescribeCapacityReservation" => Read(limits::describe_capacity_reservation),
        "CreateListener" => Write(listeners::create),
        "ModifyListener" => Write(listeners::modify),
        "DeleteListener" => Write(listeners::delete),
        "DescribeListeners" => Read(listeners::describe),
        "ModifyListenerAttributes" => Write(listeners::modify_attributes),
        "DescribeListenerAttributes" => Read(listeners::describe_attributes),
        "AddListenerCertificates" => Write(certificates::add),
        "RemoveListenerCertificates" => Write(certificates::remove),
        "DescribeListenerCertificates" => Read(certificates::describe),
        "CreateRule" => Write(rules::create),
        "ModifyRule" => Write(rules::modify),
        "DeleteRule" => Write(rules::delete),
        "DescribeRules" => Read(rules::describe),
        "SetRulePriorities" => Write(rules::set_priorities),
        "CreateTargetGroup" => Write(target_groups::create),
        "ModifyTargetGroup" => Write(target_groups::modify),
        "DeleteTargetGroup" => Write(target_groups::delete),
        "DescribeTargetGroups" => Read(target_groups::describe),
        "ModifyTargetGroupAttributes" => Write(target_groups::modify_attributes),
        "DescribeTargetGroupAttributes" => Read(target_groups::describe_attributes),
        "RegisterTargets" => Write(targets::register),
        "DeregisterTargets" => Write(targets::deregister),
        "DescribeTargetHealth" => Read(target_health::describe_health),
        "AddTags" => Write(tagging::add),
        "RemoveTags" => Write(tagging::remove),
        "DescribeTags" => Read(tagging::describe),
        "DescribeAccountLimits" => Read(limits::describe_account_limits),
        "DescribeSSLPolicies" => Read(ssl_policies::describe),
        "DescribeTrustStores" => Read(trust_stores::describe),
        "DescribeTrustStoreAssociations" => Read(trust_stores::describe_associations),
        "DescribeTrustStoreRevocations" => Read(trust_stores::describe_revocations),
        _ => return None,
    })
}
