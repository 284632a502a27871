//! Where a load balancer stands: the subnets that were named, else selected by tags, else discovered by role.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::config::SubnetConfiguration;
use tributary_model::elb::{LoadBalancerKind, Scheme};

use crate::input::PlanInput;
use crate::values::observed::ObservedSubnet;
use crate::values::op::SubnetMapping;

/// AWS: an ALB needs eight free addresses in each of its subnets.
const ALB_FREE_ADDRESSES: u32 = 8;
/// AWS: and two zones at least.
const ALB_ZONES: usize = 2;

/// The subnets, by id, or why there are none; nothing to say where they could not be read.
pub(crate) fn choose(input: &PlanInput) -> Result<Vec<SubnetMapping>, Option<String>> {
    let is_unread =
        input.observed.network.subnets.is_empty() && input.observed.unread.subnets.is_some();
    chosen(input).map_err(|why| (!is_unread).then_some(why))
}

fn chosen(input: &PlanInput) -> Result<Vec<SubnetMapping>, String> {
    let settings = &input.desired.settings;
    let unnamed = settings
        .subnets
        .iter()
        .filter(|it| it.identifier.is_empty());
    let mappings = match unnamed.count() {
        0 if settings.subnets.is_empty() => found(input)?,
        0 => named(input, &settings.subnets)?,
        unnamed if unnamed == settings.subnets.len() => {
            in_order(input, found(input)?, &settings.subnets)?
        }
        _ => {
            return Err(
                "of the entries of loadBalancerSubnets either all have an identifier, or none has"
                    .to_owned(),
            );
        }
    };
    let zones: BTreeSet<&str> = mappings
        .iter()
        .filter_map(|mapping| input.observed.network.subnets.get(&mapping.subnet))
        .map(|subnet| subnet.zone.as_str())
        .collect();
    if input.key().kind == LoadBalancerKind::Alb && zones.len() < ALB_ZONES {
        return Err(format!(
            "an ALB needs subnets in {ALB_ZONES} availability zones at least, {} found ({})",
            zones.len(),
            settings_in_words(input),
        ));
    }
    Ok(mappings)
}

/// The VPC of some subnets.
pub(crate) fn vpc<'a>(input: &PlanInput<'a>, mappings: &[SubnetMapping]) -> Option<&'a str> {
    mappings
        .iter()
        .find_map(|mapping| input.observed.network.subnets.get(&mapping.subnet))
        .map(|subnet| subnet.vpc.as_str())
}

/// By tags.
fn found(input: &PlanInput) -> Result<Vec<SubnetMapping>, String> {
    let candidates = if input.desired.settings.subnets_selector.is_empty() {
        discovered(input)
    } else {
        selected(input)
    };
    Ok(one_per_zone(input, candidates?))
}

/// Gives the addresses of entries that name no subnet to those that were found, in the order of their ids.
fn in_order(
    input: &PlanInput,
    found: Vec<SubnetMapping>,
    entries: &[SubnetConfiguration],
) -> Result<Vec<SubnetMapping>, String> {
    if found.len() != entries.len() {
        return Err(format!(
            "loadBalancerSubnets has {} entries without an identifier, and {} subnets are found ({})",
            entries.len(),
            found.len(),
            settings_in_words(input),
        ));
    }
    let mappings = found.into_iter().zip(entries);
    Ok(mappings
        .map(|(mapping, entry)| addressed(mapping.subnet, entry))
        .collect())
}

fn addressed(subnet: String, entry: &SubnetConfiguration) -> SubnetMapping {
    let SubnetConfiguration {
        identifier: _,
        eip_allocation,
        private_ipv4,
        ipv6,
        source_nat_ipv6_prefix,
    } = entry;
    SubnetMapping {
        subnet,
        eip_allocation: eip_allocation.clone(),
        private_ipv4: private_ipv4.clone(),
        ipv6: ipv6.clone(),
        source_nat_ipv6_prefix: source_nat_ipv6_prefix.clone(),
    }
}

type Candidates<'a> = BTreeMap<&'a str, &'a ObservedSubnet>;

fn named(input: &PlanInput, wanted: &[SubnetConfiguration]) -> Result<Vec<SubnetMapping>, String> {
    let mut mappings = BTreeMap::new();
    for configuration in wanted {
        let identifier = &configuration.identifier;
        let id = by_identifier(input, identifier)
            .ok_or_else(|| format!("there is no subnet with id or Name tag {identifier:?}"))?;
        mappings.insert(id, addressed(id.to_owned(), configuration));
    }
    Ok(mappings.into_values().collect())
}

fn by_identifier<'a>(input: &PlanInput<'a>, identifier: &str) -> Option<&'a str> {
    let subnets = &input.observed.network.subnets;
    if let Some((id, _)) = subnets.get_key_value(identifier) {
        return Some(id);
    }
    subnets
        .iter()
        .find(|(_, subnet)| subnet.tags.get("Name").map(String::as_str) == Some(identifier))
        .map(|(id, _)| id.as_str())
}

fn selected<'a>(input: &PlanInput<'a>) -> Result<Candidates<'a>, String> {
    let selector = &input.desired.settings.subnets_selector;
    some(input, |subnet| {
        selector.iter().all(|(key, values)| {
            subnet
                .tags
                .get(key)
                .is_some_and(|value| values.is_empty() || values.contains(value))
        })
    })
}

fn discovered<'a>(input: &PlanInput<'a>) -> Result<Candidates<'a>, String> {
    let role = role_tag(input.scheme());
    some(input, |subnet| {
        subnet
            .tags
            .get(role)
            .is_some_and(|value| value == "1" || value.is_empty())
    })
}

fn role_tag(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Internal => "kubernetes.io/role/internal-elb",
        Scheme::InternetFacing => "kubernetes.io/role/elb",
    }
}

fn some<'a>(
    input: &PlanInput<'a>,
    wanted: impl Fn(&ObservedSubnet) -> bool,
) -> Result<Candidates<'a>, String> {
    let network = &input.observed.network;
    // A load balancer never leaves its VPC.
    let vpc = input
        .current
        .map(|current| &current.load_balancer.vpc)
        .or(network.vpc.as_ref());
    let candidates: Candidates = network
        .subnets
        .iter()
        .filter(|(_, subnet)| vpc.is_none_or(|vpc| subnet.vpc == *vpc) && wanted(subnet))
        .map(|(id, subnet)| (id.as_str(), subnet))
        .collect();
    if candidates.is_empty() {
        let place = vpc.map_or_else(String::new, |vpc| format!(" in {vpc}"));
        return Err(format!(
            "no subnet found{place} ({})",
            settings_in_words(input)
        ));
    }
    Ok(candidates)
}

/// In each zone the subnet that is used already, else the one whose id sorts first: so a subnet that
/// appears later moves nothing.
fn one_per_zone(input: &PlanInput, candidates: Candidates) -> Vec<SubnetMapping> {
    let used = |id: &str| {
        input
            .current
            .is_some_and(|current| current.load_balancer.subnets.contains_key(id))
    };
    let mut chosen: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, subnet) in candidates {
        let full = input.key().kind == LoadBalancerKind::Alb
            && subnet.available_addresses < ALB_FREE_ADDRESSES;
        if full && !used(id) {
            continue;
        }
        let kept = chosen.entry(&subnet.zone).or_insert(id);
        if !used(kept) && used(id) {
            *kept = id;
        }
    }
    let mut mappings: Vec<SubnetMapping> = chosen
        .into_values()
        .map(|id| SubnetMapping {
            subnet: id.to_owned(),
            ..SubnetMapping::default()
        })
        .collect();
    mappings.sort();
    mappings
}

fn settings_in_words(input: &PlanInput) -> String {
    let settings = &input.desired.settings;
    if settings.subnets.iter().any(|it| !it.identifier.is_empty()) {
        return "as named by loadBalancerSubnets".to_owned();
    }
    if !settings.subnets_selector.is_empty() {
        return "as selected by loadBalancerSubnetsSelector".to_owned();
    }
    let role = role_tag(input.scheme());
    match input.key().kind {
        LoadBalancerKind::Alb => {
            format!("discovered by tag {role}, with {ALB_FREE_ADDRESSES} free addresses each")
        }
        LoadBalancerKind::Nlb => format!("discovered by tag {role}"),
    }
}
