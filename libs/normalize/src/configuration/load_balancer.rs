//! LoadBalancerConfiguration.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::Meta;
use tributary_model::config::{self as model, ListField, LoadBalancerSettings, ProtocolPort};
use tributary_model::elb;

use super::{SPEC, attributes};
use crate::check;
use crate::crds::{
    AlpnPolicy, IpAddressType, ListenerConfiguration, LoadBalancerConfigurationSpec, MergingMode,
    MutualAuthentication, MutualAuthenticationMode, OnOff, Scheme, SubnetConfiguration,
};
use crate::fault::{Fault, Path};
use crate::lenient::LeftOut;

/// Without one of these it would be another load balancer: the one that serves would be replaced or changed for a typing
/// error.
const IDENTITY: [&str; 4] = ["mergingMode", "loadBalancerName", "scheme", "ipAddressType"];

/// Lists that say who may reach the load balancer. A bad entry lets in fewer; with none left everybody would be let in.
const GUARDS: [&str; 3] = ["securityGroups", "securityGroupPrefixes", "sourceRanges"];

pub(crate) fn load_balancer_configuration(
    meta: Meta,
    mut spec: LoadBalancerConfigurationSpec,
    mut left_out: LeftOut,
) -> Result<model::LoadBalancerConfiguration, Fault> {
    if let Some(name) = &spec.load_balancer_name {
        left_out.unless(load_balancer_name(&SPEC.field("loadBalancerName"), name));
    }
    spec.source_ranges = spec
        .source_ranges
        .map(|ranges| cidrs(&SPEC.field("sourceRanges"), ranges, &mut left_out));
    if let Some(fault) = of_the_whole(&spec, &left_out) {
        return Err(fault.clone());
    }
    let emptied = emptied(&spec);
    let LoadBalancerConfigurationSpec {
        merging_mode,
        load_balancer_name,
        scheme,
        ip_address_type,
        enforce_security_group_inbound_rules_on_private_link_traffic,
        customer_owned_ipv4_pool,
        ipv4_ipam_pool_id,
        load_balancer_subnets,
        load_balancer_subnets_selector,
        listener_configurations,
        disable_security_group,
        security_groups,
        security_group_prefixes,
        source_ranges,
        manage_backend_security_group_rules,
        enable_icmp,
        load_balancer_attributes,
        tags,
        minimum_load_balancer_capacity,
        waf_v2,
        shield_configuration,
        default_target_group_configuration,
    } = spec;
    let capacity_path = SPEC.field("minimumLoadBalancerCapacity");
    let reference_path = SPEC.field("defaultTargetGroupConfiguration");
    let settings = LoadBalancerSettings {
        name: load_balancer_name,
        scheme: scheme.map(|scheme| match scheme {
            Scheme::Internal => elb::Scheme::Internal,
            Scheme::InternetFacing => elb::Scheme::InternetFacing,
        }),
        ip_address_type: ip_address_type.map(|kind| match kind {
            IpAddressType::Ipv4 => elb::IpAddressType::Ipv4,
            IpAddressType::Dualstack => elb::IpAddressType::Dualstack,
            IpAddressType::DualstackWithoutPublicIpv4 => {
                elb::IpAddressType::DualstackWithoutPublicIpv4
            }
        }),
        enforce_private_link_rules: enforce_security_group_inbound_rules_on_private_link_traffic
            .map(on_off),
        customer_owned_ipv4_pool,
        ipv4_ipam_pool: ipv4_ipam_pool_id,
        subnets: load_balancer_subnets
            .unwrap_or_default()
            .into_iter()
            .map(subnet)
            .collect(),
        subnets_selector: load_balancer_subnets_selector.unwrap_or_default(),
        listeners: listeners(
            &SPEC.field("listenerConfigurations"),
            listener_configurations.unwrap_or_default(),
            &mut left_out,
        )?,
        disable_security_group,
        security_groups: security_groups.unwrap_or_default(),
        security_group_prefixes: security_group_prefixes.unwrap_or_default(),
        source_ranges: source_ranges.unwrap_or_default(),
        manage_backend_security_group_rules,
        enable_icmp,
        attributes: attributes(
            &SPEC.field("loadBalancerAttributes"),
            load_balancer_attributes,
            &mut left_out,
        ),
        tags: tags.unwrap_or_default(),
        minimum_capacity_units: minimum_load_balancer_capacity.and_then(|capacity| {
            let units = u32::try_from(capacity.capacity_units);
            let at = capacity_path.field("capacityUnits");
            left_out.unless(units.map_err(|_| at.fault("must not be negative")))
        }),
        web_acl: waf_v2.map(|waf| waf.web_acl),
        shield_advanced: shield_configuration.map(|shield| shield.enabled),
        default_target_group_configuration: default_target_group_configuration.and_then(
            |reference| {
                let at = reference_path.field("name");
                left_out.unless(check::reference_name(&at, reference.name))
            },
        ),
    };
    Ok(model::LoadBalancerConfiguration {
        meta,
        merging_mode: match merging_mode {
            None | Some(MergingMode::PreferGatewayClass) => model::MergingMode::PreferGatewayClass,
            Some(MergingMode::PreferGateway) => model::MergingMode::PreferGateway,
        },
        settings,
        emptied,
        faults: left_out.into_faults(),
    })
}

/// A fault without whose field the rest would be something else.
fn of_the_whole<'a>(
    spec: &LoadBalancerConfigurationSpec,
    left_out: &'a LeftOut,
) -> Option<&'a Fault> {
    let identity = IDENTITY
        .into_iter()
        .find_map(|field| left_out.fault(&SPEC.field(field)));
    let entries = [
        &spec.security_groups,
        &spec.security_group_prefixes,
        &spec.source_ranges,
    ];
    let mut guards = GUARDS.into_iter().zip(entries);
    identity.or_else(|| {
        guards.find_map(|(field, entries)| {
            let none_is_left = entries.as_ref().is_none_or(Vec::is_empty);
            left_out.fault(&SPEC.field(field)).filter(|_| none_is_left)
        })
    })
}

/// Lists that are given and empty.
fn emptied(spec: &LoadBalancerConfigurationSpec) -> BTreeSet<ListField> {
    let is_empty = |list: &Option<Vec<String>>| list.as_ref().is_some_and(Vec::is_empty);
    let subnets = spec.load_balancer_subnets.as_ref();
    let selector = spec.load_balancer_subnets_selector.as_ref();
    let lists = [
        (ListField::Subnets, subnets.is_some_and(Vec::is_empty)),
        (
            ListField::SubnetsSelector,
            selector.is_some_and(BTreeMap::is_empty),
        ),
        (ListField::SecurityGroups, is_empty(&spec.security_groups)),
        (
            ListField::SecurityGroupPrefixes,
            is_empty(&spec.security_group_prefixes),
        ),
        (ListField::SourceRanges, is_empty(&spec.source_ranges)),
    ];
    lists
        .into_iter()
        .filter_map(|(field, is_empty)| is_empty.then_some(field))
        .collect()
}

fn load_balancer_name(at: &Path<'_>, name: &str) -> Result<(), Fault> {
    check::elb_name(at, name)?;
    if name.starts_with("internal-") {
        return Err(at.fault("must not begin with \"internal-\""));
    }
    Ok(())
}

/// As EC2 keeps them, without bits of hosts (`IpRange`, `CidrIp`): of another form it would be asked for ever again.
fn cidrs(at: &Path<'_>, entries: Vec<String>, left_out: &mut LeftOut) -> Vec<String> {
    let entries = left_out.placed(at, entries).into_iter();
    entries
        .filter_map(|(index, entry)| left_out.unless(check::cidr(&at.index(index), &entry)))
        .map(|range| range.trunc().to_string())
        .collect()
}

fn subnet(subnet: SubnetConfiguration) -> model::SubnetConfiguration {
    let SubnetConfiguration {
        identifier,
        eip_allocation,
        private_ipv4_allocation,
        ipv6_allocation,
        source_nat_ipv6_prefix,
    } = subnet;
    model::SubnetConfiguration {
        identifier,
        eip_allocation,
        private_ipv4: private_ipv4_allocation,
        ipv6: ipv6_allocation,
        source_nat_ipv6_prefix,
    }
}

fn listeners(
    at: &Path<'_>,
    entries: Vec<ListenerConfiguration>,
    left_out: &mut LeftOut,
) -> Result<BTreeMap<ProtocolPort, model::ListenerConfiguration>, Fault> {
    // Whose listener it was meant for nobody knows, so that every one would go without it.
    let lost = left_out.lost(at, |entry| !entry["mutualAuthentication"].is_null());
    if let Some(fault) = lost {
        return Err(fault.clone());
    }
    let mut listeners = BTreeMap::new();
    for (index, entry) in left_out.placed(at, entries) {
        let at = at.index(index);
        let ListenerConfiguration {
            protocol_port,
            default_certificate,
            certificates,
            ssl_policy,
            alpn_policy,
            target_group_stickiness,
            mutual_authentication,
            listener_attributes,
            quic_enabled,
        } = entry;
        let key_path = at.field("protocolPort");
        let key = match self::protocol_port(&key_path, &protocol_port) {
            Ok(key) if listeners.contains_key(&key) => {
                Err(key_path.fault("an earlier entry is for the same protocol and port"))
            }
            key => key,
        };
        let key = match key {
            Ok(key) => key,
            Err(fault) if mutual_authentication.is_some() => return Err(fault),
            Err(fault) => {
                left_out.add(fault);
                continue;
            }
        };
        let listener = model::ListenerConfiguration {
            default_certificate,
            certificates: certificates.unwrap_or_default(),
            ssl_policy,
            alpn_policy: alpn_policy.map(|policy| {
                match policy {
                    AlpnPolicy::None => "None",
                    AlpnPolicy::Http1Only => "HTTP1Only",
                    AlpnPolicy::Http2Only => "HTTP2Only",
                    AlpnPolicy::Http2Optional => "HTTP2Optional",
                    AlpnPolicy::Http2Preferred => "HTTP2Preferred",
                }
                .to_owned()
            }),
            target_group_stickiness,
            mutual_authentication: self::mutual_authentication(
                &at.field("mutualAuthentication"),
                mutual_authentication,
                left_out,
            ),
            attributes: attributes(
                &at.field("listenerAttributes"),
                listener_attributes,
                left_out,
            ),
            quic_enabled,
        };
        listeners.insert(key, listener);
    }
    Ok(listeners)
}

/// `HTTPS:443`, or either of the two alone: `:443`, `HTTPS:`.
fn protocol_port(at: &Path<'_>, value: &str) -> Result<ProtocolPort, Fault> {
    const PROTOCOLS: [&str; 6] = ["HTTP", "HTTPS", "TLS", "TCP", "UDP", "TCP_UDP"];
    let parsed = value.split_once(':').and_then(|(protocol, port)| {
        let protocol = match protocol {
            "" => None,
            protocol => Some(PROTOCOLS.contains(&protocol).then(|| protocol.to_owned())?),
        };
        let port = match port {
            "" => None,
            port => Some(port.parse().ok().filter(|port: &u16| *port != 0)?),
        };
        (protocol.is_some() || port.is_some()).then_some(ProtocolPort { protocol, port })
    });
    parsed.ok_or_else(|| {
        at.fault(format!(
            "{value:?} is not a protocol and a port like HTTPS:443, nor one of them like :443 or HTTPS:"
        ))
    })
}

/// Where a part of it is bad, client certificates are asked for and none is good enough: without it everybody would be let
/// in.
fn mutual_authentication(
    at: &Path<'_>,
    mutual: Option<MutualAuthentication>,
    left_out: &mut LeftOut,
) -> Option<model::MutualAuthentication> {
    let closed = model::MutualAuthentication {
        mode: model::MutualAuthenticationMode::Verify,
        trust_store: None,
        advertise_ca_names: None,
        ignore_client_certificate_expiry: None,
    };
    if left_out.fault(at).is_some() {
        return Some(closed);
    }
    let checked = checked_mutual_authentication(at, mutual?);
    Some(left_out.unless(checked).unwrap_or(closed))
}

fn checked_mutual_authentication(
    at: &Path<'_>,
    mutual: MutualAuthentication,
) -> Result<model::MutualAuthentication, Fault> {
    let MutualAuthentication {
        mode,
        trust_store,
        advertise_trust_store_ca_names,
        ignore_client_certificate_expiry,
    } = mutual;
    let mode = match mode {
        MutualAuthenticationMode::Off => model::MutualAuthenticationMode::Off,
        MutualAuthenticationMode::Passthrough => model::MutualAuthenticationMode::Passthrough,
        MutualAuthenticationMode::Verify => model::MutualAuthenticationMode::Verify,
    };
    if mode == model::MutualAuthenticationMode::Verify {
        if trust_store.is_none() {
            return Err(at.field("trustStore").fault("is required for mode verify"));
        }
    } else {
        let verify_only = [
            ("trustStore", trust_store.is_some()),
            (
                "advertiseTrustStoreCaNames",
                advertise_trust_store_ca_names.is_some(),
            ),
            (
                "ignoreClientCertificateExpiry",
                ignore_client_certificate_expiry.is_some(),
            ),
        ];
        for (field, given) in verify_only {
            if given {
                return Err(at.field(field).fault("is for mode verify only"));
            }
        }
    }
    Ok(model::MutualAuthentication {
        mode,
        trust_store,
        advertise_ca_names: advertise_trust_store_ca_names.map(on_off),
        ignore_client_certificate_expiry,
    })
}

fn on_off(switch: OnOff) -> String {
    match switch {
        OnOff::On => "on",
        OnOff::Off => "off",
    }
    .to_owned()
}
