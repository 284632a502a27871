//! What AWS takes when a load balancer, or a subnet of it, is new, and never changes afterwards.

use crate::input::PlanInput;
use crate::input::ours::Current;
use crate::values::op::SubnetMapping;

/// AWS's word for any prefix.
const AUTO_ASSIGNED: &str = "auto_assigned";

/// A line for each thing that is asked for now and stays as it is.
pub(crate) fn unchangeable(
    input: &PlanInput,
    current: Current,
    mappings: Option<&[SubnetMapping]>,
) -> Vec<String> {
    let settings = &input.desired.settings;
    let observed = current.load_balancer;
    let pools = [
        (
            "customerOwnedIpv4Pool",
            &settings.customer_owned_ipv4_pool,
            &observed.customer_owned_ipv4_pool,
        ),
        (
            "ipv4IPAMPoolId",
            &settings.ipv4_ipam_pool,
            &observed.ipv4_ipam_pool,
        ),
    ];
    let pools = pools.into_iter().filter(|(_, asked, there)| asked != there);
    let pools = pools.map(|(field, _, there)| stays(field, there.as_deref()));
    let addresses = mappings.into_iter().flatten().flat_map(|asked| {
        let there = observed.subnets.get(&asked.subnet);
        there.into_iter().flat_map(|there| of_subnet(asked, there))
    });
    pools.chain(addresses).collect()
}

/// A subnet that is not used yet takes what is asked for.
fn of_subnet(asked: &SubnetMapping, there: &SubnetMapping) -> Vec<String> {
    let SubnetMapping {
        subnet,
        eip_allocation,
        private_ipv4,
        ipv6,
        source_nat_ipv6_prefix,
    } = asked;
    let any_prefix = there.source_nat_ipv6_prefix.is_some()
        && source_nat_ipv6_prefix.as_deref() == Some(AUTO_ASSIGNED);
    let prefix = source_nat_ipv6_prefix.as_ref().filter(|_| !any_prefix);
    let fields = [
        (
            "eipAllocation",
            eip_allocation.as_ref(),
            &there.eip_allocation,
        ),
        (
            "privateIPv4Allocation",
            private_ipv4.as_ref(),
            &there.private_ipv4,
        ),
        ("ipv6Allocation", ipv6.as_ref(), &there.ipv6),
        ("sourceNatIPv6Prefix", prefix, &there.source_nat_ipv6_prefix),
    ];
    fields
        .into_iter()
        .filter(|(_, asked, there)| asked.is_some() && *asked != there.as_ref())
        .map(|(field, _, there)| {
            let field = format!("loadBalancerSubnets[{subnet}].{field}");
            stays(&field, there.as_deref())
        })
        .collect()
}

fn stays(field: &str, there: Option<&str>) -> String {
    let there = there.unwrap_or("not set");
    format!("{field} cannot be changed on a load balancer that is there, and stays {there}")
}

#[cfg(test)]
mod tests;
