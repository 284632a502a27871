//! LoadBalancerConfiguration of class and Gateway, merged (rule parameters-ref).

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::config::{
    ListField, LoadBalancerConfiguration, LoadBalancerSettings, MergingMode,
};
use tributary_model::resource::ParametersRef;
use tributary_model::{Kind, Name, ObjectKey};

use crate::read::reader::Reader;

/// The configuration that a reference names, or why it does not resolve.
pub(crate) fn configuration<'a>(
    reader: &mut Reader<'a>,
    reference: &ParametersRef,
    namespace: Option<&Name>,
) -> Result<&'a LoadBalancerConfiguration, String> {
    let wanted = Kind::LoadBalancerConfiguration;
    if reference.group != wanted.group() || reference.kind != wanted.as_str() {
        return Err(format!(
            "{} of group {} is no LoadBalancerConfiguration of {}",
            reference.kind,
            reference.group,
            wanted.group()
        ));
    }
    let namespace = namespace.ok_or("namespace is required: a class has none of its own")?;
    let key = ObjectKey::new(Name::clone(namespace), Name::clone(&reference.name));
    let Some(configuration) = reader.load_balancer_configuration(&key) else {
        return Err(reader.not_there(wanted, &key));
    };
    match default_target_groups(configuration).map(|key| default_problem(reader, &key)) {
        Some(Some(problem)) => Err(format!(
            "{wanted} {key}: spec.defaultTargetGroupConfiguration: {problem}"
        )),
        Some(None) | None => Ok(configuration),
    }
}

/// Why a TargetGroupConfiguration can be nobody's default.
fn default_problem(reader: &mut Reader<'_>, key: &ObjectKey) -> Option<String> {
    let kind = Kind::TargetGroupConfiguration;
    match reader.target_group_configuration(key) {
        None => Some(reader.not_there(kind, key)),
        Some(default) if default.target_reference.is_some() => Some(format!(
            "{kind} {key} has a targetReference, so it is for that Service only"
        )),
        Some(_) => None,
    }
}

/// Settings, and the TargetGroupConfigurations that they make the default, the weakest first.
pub(crate) struct Effective {
    pub(crate) settings: LoadBalancerSettings,
    pub(crate) default_target_groups: Vec<ObjectKey>,
}

/// Both configurations in one. `mergingMode` is read from the class's object only; without one, the
/// Gateway's stands alone.
pub(crate) fn effective(
    class: Option<&LoadBalancerConfiguration>,
    gateway: Option<&LoadBalancerConfiguration>,
) -> Effective {
    let mode = class.map(|class| class.merging_mode).unwrap_or_default();
    let (preferred, other) = match mode {
        MergingMode::PreferGateway => (gateway, class),
        MergingMode::PreferGatewayClass => (class, gateway),
    };
    let default_target_groups = [other, preferred]
        .into_iter()
        .flatten()
        .filter_map(default_target_groups)
        .collect();
    let emptied = preferred
        .map(|preferred| preferred.emptied.clone())
        .unwrap_or_default();
    let settings = |configuration: Option<&LoadBalancerConfiguration>| {
        configuration
            .map(|configuration| configuration.settings.clone())
            .unwrap_or_default()
    };
    Effective {
        settings: merge(settings(preferred), settings(other), &emptied),
        default_target_groups,
    }
}

/// The TargetGroupConfiguration that it makes the default.
pub(crate) fn default_target_groups(
    configuration: &LoadBalancerConfiguration,
) -> Option<ObjectKey> {
    let name = configuration
        .settings
        .default_target_group_configuration
        .as_ref()?;
    Some(ObjectKey::new(
        Name::clone(&configuration.meta.key.namespace),
        Name::clone(name),
    ))
}

/// Tags and attributes by key, listener configurations by protocolPort, everything else takes one. A list that is given
/// and empty is taken, too.
fn merge(
    preferred: LoadBalancerSettings,
    other: LoadBalancerSettings,
    emptied: &BTreeSet<ListField>,
) -> LoadBalancerSettings {
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
    } = preferred;
    LoadBalancerSettings {
        name: name.or(other.name),
        scheme: scheme.or(other.scheme),
        ip_address_type: ip_address_type.or(other.ip_address_type),
        enforce_private_link_rules: enforce_private_link_rules.or(other.enforce_private_link_rules),
        customer_owned_ipv4_pool: customer_owned_ipv4_pool.or(other.customer_owned_ipv4_pool),
        ipv4_ipam_pool: ipv4_ipam_pool.or(other.ipv4_ipam_pool),
        subnets: list(emptied, ListField::Subnets, subnets, other.subnets),
        subnets_selector: if subnets_selector.is_empty()
            && !emptied.contains(&ListField::SubnetsSelector)
        {
            other.subnets_selector
        } else {
            subnets_selector
        },
        listeners: by_key(listeners, other.listeners),
        disable_security_group: disable_security_group.or(other.disable_security_group),
        security_groups: list(
            emptied,
            ListField::SecurityGroups,
            security_groups,
            other.security_groups,
        ),
        security_group_prefixes: list(
            emptied,
            ListField::SecurityGroupPrefixes,
            security_group_prefixes,
            other.security_group_prefixes,
        ),
        source_ranges: list(
            emptied,
            ListField::SourceRanges,
            source_ranges,
            other.source_ranges,
        ),
        manage_backend_security_group_rules: manage_backend_security_group_rules
            .or(other.manage_backend_security_group_rules),
        enable_icmp: enable_icmp.or(other.enable_icmp),
        attributes: by_key(attributes, other.attributes),
        tags: by_key(tags, other.tags),
        minimum_capacity_units: minimum_capacity_units.or(other.minimum_capacity_units),
        web_acl: web_acl.or(other.web_acl),
        shield_advanced: shield_advanced.or(other.shield_advanced),
        default_target_group_configuration: default_target_group_configuration
            .or(other.default_target_group_configuration),
    }
}

fn by_key<K: Ord, V>(preferred: BTreeMap<K, V>, mut other: BTreeMap<K, V>) -> BTreeMap<K, V> {
    other.extend(preferred);
    other
}

fn list<T>(
    emptied: &BTreeSet<ListField>,
    field: ListField,
    preferred: Vec<T>,
    other: Vec<T>,
) -> Vec<T> {
    if preferred.is_empty() && !emptied.contains(&field) {
        other
    } else {
        preferred
    }
}
