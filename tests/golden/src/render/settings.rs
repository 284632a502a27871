//! What a LoadBalancerConfiguration asks for.

use serde_json::Value;
use tributary_model::config::{
    ListenerConfiguration, LoadBalancerSettings, MutualAuthentication, SubnetConfiguration,
};

use super::{Fields, pairs, texts};

/// Of a whole load balancer.
pub(crate) fn settings(wanted: &LoadBalancerSettings) -> Fields {
    let LoadBalancerSettings {
        name,
        scheme,
        ip_address_type,
        enforce_private_link_rules,
        customer_owned_ipv4_pool,
        ipv4_ipam_pool,
        subnets,
        subnets_selector,
        listeners,
        disable_security_group,
        security_groups,
        security_group_prefixes,
        source_ranges,
        manage_backend_security_group_rules,
        enable_icmp,
        attributes,
        tags,
        minimum_capacity_units,
        web_acl,
        shield_advanced,
        default_target_group_configuration,
    } = wanted;
    let selector = subnets_selector
        .iter()
        .fold(Fields::default(), |fields, (tag, values)| {
            fields.put(tag, texts(values))
        });
    let by_port = listeners
        .iter()
        .fold(Fields::default(), |fields, (port, one)| {
            fields.put(port.to_string(), listener_settings(one))
        });
    Fields::default()
        .put("name", name.as_deref())
        .put_name("scheme", scheme.as_ref())
        .put_name("ipAddressType", ip_address_type.as_ref())
        .put(
            "enforcePrivateLinkRules",
            enforce_private_link_rules.as_deref(),
        )
        .put("customerOwnedIpv4Pool", customer_owned_ipv4_pool.as_deref())
        .put("ipv4IpamPool", ipv4_ipam_pool.as_deref())
        .put("subnets", subnets.iter().map(subnet).collect::<Value>())
        .put("subnetsSelector", selector)
        .put("listeners", by_port)
        .put("disableSecurityGroup", *disable_security_group)
        .put("securityGroups", texts(security_groups))
        .put("securityGroupPrefixes", texts(security_group_prefixes))
        .put("sourceRanges", texts(source_ranges))
        .put(
            "manageBackendSecurityGroupRules",
            *manage_backend_security_group_rules,
        )
        .put("enableIcmp", *enable_icmp)
        .put("attributes", pairs(attributes))
        .put("tags", pairs(tags))
        .put("minimumCapacityUnits", *minimum_capacity_units)
        .put("webAcl", web_acl.as_deref())
        .put("shieldAdvanced", *shield_advanced)
        .put(
            "defaultTargetGroupConfiguration",
            default_target_group_configuration.as_deref(),
        )
}

fn listener_settings(wanted: &ListenerConfiguration) -> Fields {
    let ListenerConfiguration {
        default_certificate,
        certificates,
        ssl_policy,
        alpn_policy,
        target_group_stickiness,
        mutual_authentication,
        attributes,
        quic_enabled,
    } = wanted;
    Fields::default()
        .put("defaultCertificate", default_certificate.as_deref())
        .put("certificates", texts(certificates))
        .put("sslPolicy", ssl_policy.as_deref())
        .put("alpnPolicy", alpn_policy.as_deref())
        .put("targetGroupStickiness", *target_group_stickiness)
        .put(
            "mutualAuthentication",
            mutual_authentication.as_ref().map(client_certificates),
        )
        .put("attributes", pairs(attributes))
        .put("quicEnabled", *quic_enabled)
}

fn subnet(wanted: &SubnetConfiguration) -> Value {
    let SubnetConfiguration {
        identifier,
        eip_allocation,
        private_ipv4,
        ipv6,
        source_nat_ipv6_prefix,
    } = wanted;
    Fields::default()
        .put("identifier", identifier.clone())
        .put("eipAllocation", eip_allocation.as_deref())
        .put("privateIpv4", private_ipv4.as_deref())
        .put("ipv6", ipv6.as_deref())
        .put("sourceNatIpv6Prefix", source_nat_ipv6_prefix.as_deref())
        .into()
}

/// Of one listener's clients.
pub(crate) fn client_certificates(wanted: &MutualAuthentication) -> Value {
    let MutualAuthentication {
        mode,
        trust_store,
        advertise_ca_names,
        ignore_client_certificate_expiry,
    } = wanted;
    Fields::default()
        .put_name("mode", Some(mode))
        .put("trustStore", trust_store.as_deref())
        .put("advertiseCaNames", advertise_ca_names.as_deref())
        .put(
            "ignoreClientCertificateExpiry",
            *ignore_client_certificate_expiry,
        )
        .into()
}
