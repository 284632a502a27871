//! Settings that this version does not program: said aloud, since a load balancer without its firewall is not what was
//! asked for. Whoever adds a setting has to say here whether somebody programs it.

use tributary_model::config::{ListenerConfiguration, LoadBalancerSettings, ProtocolPort};

/// A line for each that was asked for.
pub(crate) fn unprogrammed(settings: &LoadBalancerSettings) -> Vec<String> {
    let LoadBalancerSettings {
        name: _,
        scheme: _,
        ip_address_type: _,
        enforce_private_link_rules,
        customer_owned_ipv4_pool: _,
        ipv4_ipam_pool: _,
        subnets: _,
        subnets_selector: _,
        listeners,
        disable_security_group: _,
        security_groups: _,
        security_group_prefixes: _,
        source_ranges: _,
        manage_backend_security_group_rules: _,
        enable_icmp: _,
        attributes: _,
        tags: _,
        minimum_capacity_units,
        web_acl,
        shield_advanced,
        // The merge has made target groups of it.
        default_target_group_configuration: _,
    } = settings;
    let asked = [
        ("wafV2.webACL", web_acl.is_some()),
        (
            "shieldConfiguration.enabled",
            *shield_advanced == Some(true),
        ),
        (
            "minimumLoadBalancerCapacity",
            minimum_capacity_units.is_some(),
        ),
        (
            "enforceSecurityGroupInboundRulesOnPrivateLinkTraffic",
            enforce_private_link_rules.is_some(),
        ),
    ];
    let own = asked.into_iter().filter(|(_, asked)| *asked);
    own.map(|(field, _)| field.to_owned())
        .chain(
            listeners
                .iter()
                .flat_map(|(port, it)| of_listener(port, it)),
        )
        .map(|field| format!("{field} is not programmed by this version"))
        .collect()
}

fn of_listener(port: &ProtocolPort, configuration: &ListenerConfiguration) -> Vec<String> {
    let ListenerConfiguration {
        default_certificate: _,
        certificates: _,
        ssl_policy: _,
        alpn_policy: _,
        target_group_stickiness,
        mutual_authentication: _,
        attributes: _,
        quic_enabled,
    } = configuration;
    let asked = [
        (
            "targetGroupStickiness",
            *target_group_stickiness == Some(true),
        ),
        ("quicEnabled", *quic_enabled == Some(true)),
    ];
    let asked = asked.into_iter().filter(|(_, asked)| *asked);
    asked
        .map(|(field, _)| format!("listenerConfigurations[{port}].{field}"))
        .collect()
}

#[cfg(test)]
mod tests;
