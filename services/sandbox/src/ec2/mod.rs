//! EC2: networks, security groups and what else a controller of load balancers looks at.

pub(crate) mod arguments;
pub(crate) mod around;
pub(crate) mod describe;
pub(crate) mod filters;
mod group_names;
pub(crate) mod groups;
pub(crate) mod instance_shape;
pub(crate) mod instances;
pub(crate) mod interface_calls;
pub(crate) mod interface_shape;
pub(crate) mod permission_args;
pub(crate) mod permissions;
pub(crate) mod prefix_lists;
mod rule_quotas;
pub(crate) mod security_groups;
pub(crate) mod seeding;
pub(crate) mod tagging;
mod zones;

#[cfg(test)]
mod tests;

use crate::operation::Operation::{self, Read, Write};

/// The operation of this name, if it is within the sandbox's scope.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "DescribeVpcs" => Read(describe::vpcs),
        "DescribeSubnets" => Read(describe::subnets),
        "DescribeAvailabilityZones" => Read(zones::availability_zones),
        "DescribeRouteTables" => Read(describe::route_tables),
        "DescribeInternetGateways" => Read(describe::internet_gateways),
        "DescribeAddresses" => Read(describe::addresses),
        "DescribeInstances" => Read(instance_shape::describe_instances),
        "DescribeNetworkInterfaces" => Read(interface_shape::describe_interfaces),
        "DescribeNetworkAcls" => Read(around::network_acls),
        "DescribeNatGateways" => Read(around::nat_gateways),
        "DescribeVpcEndpoints" => Read(around::vpc_endpoints),
        "DescribeVpcPeeringConnections" => Read(around::vpc_peering_connections),
        "DescribeEgressOnlyInternetGateways" => Read(around::egress_only_internet_gateways),
        "DescribeVpcAttribute" => Read(around::vpc_attribute),
        "DescribeRegions" => Read(zones::regions),
        "DescribeAccountAttributes" => Read(around::account_attributes),
        "DescribeTags" => Read(around::tags),
        "DescribeSecurityGroups" => Read(security_groups::describe),
        "GetSecurityGroupsForVpc" => Read(security_groups::of_vpc),
        "CreateSecurityGroup" => Write(security_groups::create),
        "DeleteSecurityGroup" => Write(security_groups::delete),
        "AuthorizeSecurityGroupIngress" => Write(permissions::authorize),
        "RevokeSecurityGroupIngress" => Write(permissions::revoke),
        "DescribeSecurityGroupRules" => Read(permissions::describe),
        "RunInstances" => Write(instances::run),
        "TerminateInstances" => Write(instances::terminate),
        "CreateNetworkInterface" => Write(interface_calls::create),
        "DeleteNetworkInterface" => Write(interface_calls::delete),
        "ModifyNetworkInterfaceAttribute" => Write(interface_calls::modify),
        "DescribeManagedPrefixLists" => Read(prefix_lists::describe_lists),
        "GetManagedPrefixListEntries" => Read(prefix_lists::entries),
        "CreateManagedPrefixList" => Write(prefix_lists::create),
        "DeleteManagedPrefixList" => Write(prefix_lists::delete),
        "CreateTags" => Write(tagging::create),
        "DeleteTags" => Write(tagging::delete),
        _ => return None,
    })
}
