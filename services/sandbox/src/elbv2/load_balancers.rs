//! Load balancers themselves: create, delete, describe, attributes.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::page::{page, page_size};
use crate::resources::load_balancers::{
    IpAddressType, IpamPools, Kind, LoadBalancer, Scheme, SubnetMapping, Switch,
};
use crate::service::Service;
use crate::state::State;
use crate::tags::{self, Tag};

use super::attributes::{self, Attribute};
use super::{addresses, interfaces, names, source_nat, subnets};

/// Attributes in one `ModifyLoadBalancerAttributes` call; an ALB has more.
const MAX_ATTRIBUTES: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    name: String,
    #[serde(default)]
    subnets: Vec<String>,
    #[serde(default)]
    subnet_mappings: Vec<SubnetMapping>,
    #[serde(default)]
    security_groups: Vec<String>,
    scheme: Option<Scheme>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(rename = "Type")]
    kind: Option<Kind>,
    ip_address_type: Option<IpAddressType>,
    customer_owned_ipv4_pool: Option<String>,
    enable_prefix_for_ipv6_source_nat: Option<Switch>,
    ipam_pools: Option<IpamPools>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ByArn {
    pub(super) load_balancer_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    #[serde(default)]
    load_balancer_arns: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    marker: Option<String>,
    page_size: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ModifyAttributes {
    load_balancer_arn: String,
    attributes: Vec<Attribute>,
}

pub(crate) fn create(state: &mut State, request: &Request) -> Answer {
    let asked: Create = request.read()?;
    names::check("load balancer", &asked.name)?;
    let kind = asked.kind.unwrap_or(Kind::Application);
    let scheme = asked.scheme.unwrap_or(Scheme::InternetFacing);
    let ip_address_type = asked.ip_address_type.unwrap_or(IpAddressType::Ipv4);
    let tags = tags::of_new(Service::Elbv2, &asked.tags, state.quotas.tags_per_resource)?;
    let mappings = subnets::mappings(asked.subnets, asked.subnet_mappings)?;
    let placed = subnets::place(state, kind, scheme, ip_address_type, &mappings, None)?;
    let security_groups =
        subnets::security_groups(state, kind, &placed.vpc_id, asked.security_groups)?;
    if asked.customer_owned_ipv4_pool.is_some() && kind == Kind::Network {
        return Err(ApiError::configuration(
            "Customer owned IPv4 pools are for application load balancers on Outposts only",
        ));
    }
    if asked.enable_prefix_for_ipv6_source_nat.is_some() && kind == Kind::Application {
        return Err(ApiError::configuration(
            "Source NAT with IPv6 prefixes is for network load balancers only",
        ));
    }
    let switch = asked
        .enable_prefix_for_ipv6_source_nat
        .unwrap_or(Switch::Off);
    let source_nat_prefixes =
        source_nat::prefixes(state, switch, ip_address_type, &mappings, None)?;
    let same_name = state
        .load_balancers
        .values()
        .find(|present| present.name == asked.name);
    if let Some(present) = same_name {
        let mut groups = security_groups.clone();
        let mut present_groups = present.security_groups.clone();
        groups.sort();
        present_groups.sort();
        let same = present.kind == kind
            && present.scheme == scheme
            && present.ip_address_type == ip_address_type
            && present.zones == placed.zones
            && present.tags == tags
            && groups == present_groups
            && present.customer_owned_ipv4_pool == asked.customer_owned_ipv4_pool
            && present.ipam_pools == asked.ipam_pools
            && present.prefix_for_ipv6_source_nat.unwrap_or(Switch::Off) == switch;
        if same {
            return Ok(json!({"LoadBalancers": [shown(present, request.now)]}));
        }
        return Err(ApiError::new(
            "DuplicateLoadBalancerName",
            format!(
                "A load balancer with the same name '{}' exists, but with different settings",
                asked.name
            ),
        ));
    }
    addresses::room(state, kind, &mappings, &[])?;
    addresses::free(state, &mappings)?;
    let limit = match kind {
        Kind::Application => state.quotas.application_load_balancers,
        Kind::Network => state.quotas.network_load_balancers,
    };
    let present = state.load_balancers.values();
    if present.filter(|present| present.kind == kind).count() >= limit as usize {
        return Err(ApiError::new(
            "TooManyLoadBalancers",
            format!("The maximum number of load balancers has been reached: '{limit}'"),
        ));
    }
    let id = state.ids.hex16();
    let part = names::arn_part(kind);
    let arn = state.elb_arn(&format!("loadbalancer/{part}/{}/{id}", asked.name));
    let load_balancer = LoadBalancer {
        dns_name: dns_name(state, kind, scheme, &asked.name, &id),
        arn: arn.clone(),
        name: asked.name,
        id,
        kind,
        scheme,
        vpc_id: placed.vpc_id,
        created_at: request.now,
        active_at: state.after_provisioning(request.now),
        zones: placed.zones,
        enforce_private_link_rules: (kind == Kind::Network && !security_groups.is_empty())
            .then_some(Switch::On),
        security_groups,
        ip_address_type,
        customer_owned_ipv4_pool: asked.customer_owned_ipv4_pool,
        prefix_for_ipv6_source_nat: match kind {
            Kind::Application => None,
            Kind::Network => Some(switch),
        },
        source_nat_prefixes,
        ipam_pools: asked.ipam_pools,
        attributes: attributes::defaults(&attributes::of_load_balancer(kind, scheme)),
        capacity_units: None,
        capacity_modified_at: None,
        tags,
        target_groups: BTreeMap::new(),
        rule_count: 0,
        target_count: 0,
    };
    let answer = json!({"LoadBalancers": [shown(&load_balancer, request.now)]});
    state.load_balancers.insert(arn.clone(), load_balancer);
    interfaces::follow(state, &arn, request.now);
    Ok(answer)
}

/// Deleting one that is gone is no error: AWS's delete is idempotent for load balancers.
pub(crate) fn delete(state: &mut State, request: &Request) -> Answer {
    let ByArn { load_balancer_arn } = request.read()?;
    let load_balancer = match state.load_balancer(&load_balancer_arn) {
        Ok(load_balancer) => load_balancer,
        Err(error) if error.code == "LoadBalancerNotFound" => return Ok(json!({})),
        Err(error) => return Err(error),
    };
    if load_balancer
        .attributes
        .get("deletion_protection.enabled")
        .is_some_and(|value| value == "true")
    {
        return Err(ApiError::new(
            "OperationNotPermitted",
            format!(
                "Load balancer '{load_balancer_arn}' cannot be deleted because deletion \
                 protection is enabled"
            ),
        ));
    }
    if let Some(group) = super::references::alb_target_of(state, &load_balancer_arn) {
        return Err(ApiError::new(
            "ResourceInUse",
            format!("Load balancer '{load_balancer_arn}' is registered as a target of '{group}'"),
        ));
    }
    let leaving = load_balancer.clone();
    interfaces::leave(state, &leaving, request.now);
    let listeners: Vec<String> = state
        .listeners
        .values()
        .filter(|listener| listener.load_balancer_arn == load_balancer_arn)
        .map(|listener| listener.arn.clone())
        .collect();
    for listener in listeners {
        super::listeners::drop_listener(state, &listener);
    }
    state.load_balancers.remove(&load_balancer_arn);
    Ok(json!({}))
}

pub(crate) fn describe(state: &State, request: &Request) -> Answer {
    let asked: Describe = request.read()?;
    if asked.load_balancer_arns.len() > 20 || asked.names.len() > 20 {
        return Err(ApiError::validation(
            "At most 20 load balancers can be described in one call",
        ));
    }
    if !asked.load_balancer_arns.is_empty() && !asked.names.is_empty() {
        return Err(ApiError::validation(
            "Load balancer names and ARNs cannot be specified at the same time",
        ));
    }
    for name in &asked.names {
        if !state.load_balancers.values().any(|lb| &lb.name == name) {
            return Err(names::no_load_balancer(name));
        }
    }
    for arn in &asked.load_balancer_arns {
        state.load_balancer(arn)?;
    }
    let size = page_size(asked.page_size)?;
    let wanted = state
        .load_balancers
        .values()
        .filter(|lb| asked.names.is_empty() || asked.names.contains(&lb.name))
        .filter(|lb| {
            asked.load_balancer_arns.is_empty() || asked.load_balancer_arns.contains(&lb.arn)
        })
        .map(|lb| (lb.arn.as_str(), lb));
    let page = page(wanted, asked.marker.as_deref(), size);
    let load_balancers: Vec<Value> = page
        .items
        .into_iter()
        .map(|lb| shown(lb, request.now))
        .collect();
    Ok(json!({"LoadBalancers": load_balancers, "NextMarker": page.next}))
}

pub(crate) fn modify_attributes(state: &mut State, request: &Request) -> Answer {
    let asked: ModifyAttributes = request.read()?;
    if asked.attributes.len() > MAX_ATTRIBUTES {
        return Err(ApiError::validation(format!(
            "At most {MAX_ATTRIBUTES} attributes can be modified in one call"
        )));
    }
    let buckets = state.log_buckets.clone();
    let load_balancer = state.load_balancer_mut(&asked.load_balancer_arn)?;
    let known = attributes::of_load_balancer(load_balancer.kind, load_balancer.scheme);
    let next = attributes::changed(&known, &load_balancer.attributes, &asked.attributes)?;
    attributes::check_logs(&next, buckets.as_ref())?;
    attributes::check_secondary_addresses(&load_balancer.attributes, &next)?;
    load_balancer.attributes = next;
    Ok(json!({"Attributes": attributes::listed(&load_balancer.attributes)}))
}

pub(crate) fn describe_attributes(state: &State, request: &Request) -> Answer {
    let ByArn { load_balancer_arn } = request.read()?;
    let load_balancer = state.load_balancer(&load_balancer_arn)?;
    Ok(json!({"Attributes": attributes::listed(&load_balancer.attributes)}))
}

/// A load balancer as `DescribeLoadBalancers` shows it.
pub(crate) fn shown(load_balancer: &LoadBalancer, now: Timestamp) -> Value {
    let code = if now < load_balancer.active_at {
        "provisioning"
    } else {
        "active"
    };
    let zones: Vec<Value> = addresses::shown(load_balancer);
    json!({
        "LoadBalancerArn": load_balancer.arn,
        "DNSName": load_balancer.dns_name,
        // The hosted zones of ALBs and NLBs in us-west-2; other regions have others, which
        // nobody resolves here.
        "CanonicalHostedZoneId": match load_balancer.kind {
            Kind::Application => "Z1H1FL5HABSF5",
            Kind::Network => "Z18D5FSROUN65G",
        },
        "CreatedTime": load_balancer.created_at.to_string(),
        "LoadBalancerName": load_balancer.name,
        "Scheme": load_balancer.scheme,
        "VpcId": load_balancer.vpc_id,
        "State": {"Code": code},
        "Type": load_balancer.kind,
        "AvailabilityZones": zones,
        "SecurityGroups": (!load_balancer.security_groups.is_empty())
            .then_some(&load_balancer.security_groups),
        "IpAddressType": load_balancer.ip_address_type,
        "CustomerOwnedIpv4Pool": load_balancer.customer_owned_ipv4_pool,
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic":
            load_balancer.enforce_private_link_rules,
        "EnablePrefixForIpv6SourceNat": load_balancer.prefix_for_ipv6_source_nat,
        "IpamPools": load_balancer.ipam_pools,
    })
}

/// `NAME-DIGITS.REGION.elb.amazonaws.com` for an ALB, `internal-` before it when it is internal;
/// `NAME-ID.elb.REGION.amazonaws.com` for an NLB.
fn dns_name(state: &mut State, kind: Kind, scheme: Scheme, name: &str, id: &str) -> String {
    match (kind, scheme) {
        (Kind::Network, Scheme::Internal | Scheme::InternetFacing) => {
            format!("{name}-{id}.elb.{}.amazonaws.com", state.region)
        }
        (Kind::Application, Scheme::InternetFacing) => {
            let digits = state.ids.digits();
            format!("{name}-{digits}.{}.elb.amazonaws.com", state.region)
        }
        (Kind::Application, Scheme::Internal) => {
            let digits = state.ids.digits();
            format!(
                "internal-{name}-{digits}.{}.elb.amazonaws.com",
                state.region
            )
        }
    }
}
