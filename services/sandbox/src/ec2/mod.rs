//! EC2: networks, security groups and what else a controller of load balancers looks at.

pub(crate) mod around;
pub(crate) mod describe;
pub(crate) mod filters;
pub(crate) mod network;
pub(crate) mod permission_args;
pub(crate) mod permissions;
pub(crate) mod security_groups;
pub(crate) mod tagging;

#[cfg(test)]
mod tests;

use crate::operation::Operation::{self, Read, Write};

/// The operation of this name, if it is within the sandbox's scope.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "DescribeVpcs" => Read(describe::vpcs),
        "DescribeSubnets" => Read(describe::subnets),
        "DescribeAvailabilityZones" => Read(describe::availability_zones),
        "DescribeRouteTables" => Read(describe::route_tables),
        "DescribeInternetGateways" => Read(describe::internet_gateways),
        "DescribeAddresses" => Read(describe::addresses),
        "DescribeInstances" => Read(describe::instances),
        "DescribeNetworkInterfaces" => Read(around::network_interfaces),
        "DescribeNetworkAcls" => Read(around::network_acls),
        "DescribeNatGateways" => Read(around::nat_gateways),
        "DescribeVpcEndpoints" => Read(around::vpc_endpoints),
        "DescribeVpcPeeringConnections" => Read(around::vpc_peering_connections),
        "DescribeEgressOnlyInternetGateways" => Read(around::egress_only_internet_gateways),
        "DescribeVpcAttribute" => Read(around::vpc_attribute),
        "DescribeRegions" => Read(around::regions),
        "DescribeAccountAttributes" => Read(around::account_attributes),
        "DescribeTags" => Read(around::tags),
        "DescribeSecurityGroups" => Read(security_groups::describe),
        "GetSecurityGroupsForVpc" => Read(security_groups::of_vpc),
        "CreateSecurityGroup" => Write(security_groups::create),
        "DeleteSecurityGroup" => Write(security_groups::delete),
        "AuthorizeSecurityGroupIngress" => Write(permissions::authorize),
        "RevokeSecurityGroupIngress" => Write(permissions::revoke),
        "DescribeSecurityGroupRules" => Read(permissions::describe),
        "CreateTags" => Write(tagging::create),
        "DeleteTags" => Write(tagging::delete),
        _ => return None,
    })
}
