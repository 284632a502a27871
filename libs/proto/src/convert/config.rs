//! `config.proto`: the three configuration kinds.

use std::collections::BTreeMap;

use tributary_model::config::{
    AuthenticateAction, HealthCheckSettings, JwtClaim, ListField, ListenerConfiguration,
    ListenerRuleConfiguration, LoadBalancerConfiguration, LoadBalancerSettings, MergingMode,
    MutualAuthentication, MutualAuthenticationMode, ProtocolPort, RouteTargetGroupSettings,
    RoutingAction, SourceIpCondition, SubnetConfiguration, TargetGroupConfiguration,
    TargetGroupSettings, TargetReference,
};

use super::ConvertError;
use super::codec::{
    absent, each_of, enumeration, index_list, list, message, number16, one_of, optional,
    optional_name, optional_one_of, port_number, required, same, spec, text,
};
use crate::types;
use crate::types::authenticate_action::Action as Authenticate;
use crate::types::routing_action::Action as Routing;

enumeration!(
    MergingMode = types::MergingMode {
        PreferGateway,
        PreferGatewayClass
    }
);
enumeration!(
    MutualAuthenticationMode = types::MutualAuthenticationMode {
        Off,
        Passthrough,
        Verify,
    }
);

enumeration!(
    ListField = types::ListField {
        Subnets,
        SubnetsSelector,
        SecurityGroups,
        SecurityGroupPrefixes,
        SourceRanges,
    }
);

spec!(
    LoadBalancerConfiguration = types::LoadBalancerConfigurationSpec {
        merging_mode: one_of,
        settings: required,
        emptied: each_of,
        faults: list,
    }
);
message!(
    LoadBalancerSettings = types::LoadBalancerSettings {
        name: same,
        scheme: optional_one_of,
        ip_address_type: optional_one_of,
        enforce_private_link_rules: same,
        customer_owned_ipv4_pool: same,
        ipv4_ipam_pool: same,
        subnets: list,
        subnets_selector: tag_values,
        listeners: listener_configurations,
        disable_security_group: same,
        security_groups: same,
        security_group_prefixes: same,
        source_ranges: same,
        manage_backend_security_group_rules: same,
        enable_icmp: same,
        attributes: same,
        tags: same,
        minimum_capacity_units: same,
        web_acl: same,
        shield_advanced: same,
        default_target_group_configuration: optional_name,
    }
);
message!(
    SubnetConfiguration = types::SubnetConfiguration {
        identifier: same,
        eip_allocation: same,
        private_ipv4: same,
        ipv6: same,
        source_nat_ipv6_prefix: same,
    }
);
message!(
    MutualAuthentication = types::MutualAuthentication {
        mode: one_of,
        trust_store: same,
        advertise_ca_names: same,
        ignore_client_certificate_expiry: same,
    }
);
spec!(
    TargetGroupConfiguration = types::TargetGroupConfigurationSpec {
        target_reference: optional,
        default: required,
        routes: list,
        faults: list,
    }
);
message!(
    TargetReference = types::TargetReference {
        group: same,
        kind: text,
        name: text
    }
);
message!(
    RouteTargetGroupSettings = types::RouteTargetGroupSettings {
        kind: one_of,
        namespace: optional_name,
        name: optional_name,
        settings: required,
    }
);
message!(
    TargetGroupSettings = types::TargetGroupSettings {
        name: same,
        ip_address_type: optional_one_of,
        health_check: required,
        node_selector: optional,
        attributes: same,
        target_type: optional_one_of,
        protocol: optional_one_of,
        protocol_version: optional_one_of,
        multi_cluster: same,
        tags: same,
    }
);
message!(
    HealthCheckSettings = types::HealthCheckSettings {
        healthy_threshold: same,
        interval_seconds: same,
        path: same,
        port: same,
        protocol: optional_one_of,
        timeout_seconds: same,
        unhealthy_threshold: same,
        http_codes: same,
        grpc_codes: same,
    }
);
spec!(
    ListenerRuleConfiguration = types::ListenerRuleConfigurationSpec {
        authenticate: optional,
        routing: optional,
        source_ip: list,
        tags: same,
        incomplete: same,
        faults: list,
    }
);
message!(
    JwtClaim = types::JwtClaim {
        name: same,
        format: same,
        values: same
    }
);
message!(
    SourceIpCondition = types::SourceIpCondition {
        values: same,
        match_indexes: index_list
    }
);

/// `subnets_selector`: protobuf maps have no repeated values.
pub(super) mod tag_values {
    use super::{BTreeMap, ConvertError, types};

    pub(in crate::convert) fn write(
        tags: &BTreeMap<String, Vec<String>>,
    ) -> BTreeMap<String, types::TagValues> {
        tags.iter()
            .map(|(tag, values)| {
                let values = values.clone();
                (tag.clone(), types::TagValues { values })
            })
            .collect()
    }

    #[allow(clippy::unnecessary_wraps)] // one signature for all codecs
    pub(in crate::convert) fn read(
        _field: &str,
        tags: BTreeMap<String, types::TagValues>,
    ) -> Result<BTreeMap<String, Vec<String>>, ConvertError> {
        Ok(tags
            .into_iter()
            .map(|(tag, values)| (tag, values.values))
            .collect())
    }
}

/// `listeners` of the settings: one entry a protocol and port.
pub(super) mod listener_configurations {
    use super::{
        BTreeMap, ConvertError, ListenerConfiguration, ProtocolPort, absent, optional, port_number,
        types,
    };

    pub(in crate::convert) fn write(
        listeners: &BTreeMap<ProtocolPort, ListenerConfiguration>,
    ) -> Vec<types::ListenerConfiguration> {
        listeners
            .iter()
            .map(|(place, listener)| {
                let listener = listener.clone();
                types::ListenerConfiguration {
                    protocol: place.protocol.clone().unwrap_or_default(),
                    port: place.port.as_ref().map_or(0, port_number::write),
                    default_certificate: listener.default_certificate,
                    certificates: listener.certificates,
                    ssl_policy: listener.ssl_policy,
                    alpn_policy: listener.alpn_policy,
                    target_group_stickiness: listener.target_group_stickiness,
                    mutual_authentication: optional::write(&listener.mutual_authentication),
                    attributes: listener.attributes,
                    quic_enabled: listener.quic_enabled,
                }
            })
            .collect()
    }

    pub(in crate::convert) fn read(
        field: &str,
        messages: Vec<types::ListenerConfiguration>,
    ) -> Result<BTreeMap<ProtocolPort, ListenerConfiguration>, ConvertError> {
        let mut listeners = BTreeMap::new();
        for (index, message) in messages.into_iter().enumerate() {
            let (place, listener) =
                read_one(message).map_err(|error| error.under_index(field, index))?;
            if listeners.insert(place, listener).is_some() {
                return Err(ConvertError::at("port", "is given twice for one protocol")
                    .under_index(field, index));
            }
        }
        Ok(listeners)
    }

    fn read_one(
        message: types::ListenerConfiguration,
    ) -> Result<(ProtocolPort, ListenerConfiguration), ConvertError> {
        let place = ProtocolPort {
            protocol: Some(message.protocol).filter(|protocol| !protocol.is_empty()),
            port: match message.port {
                0 => None,
                port => Some(port_number::read("port", port)?),
            },
        };
        if place.protocol.is_none() && place.port.is_none() {
            return Err(absent().under("protocol"));
        }
        let listener = ListenerConfiguration {
            default_certificate: message.default_certificate,
            certificates: message.certificates,
            ssl_policy: message.ssl_policy,
            alpn_policy: message.alpn_policy,
            target_group_stickiness: message.target_group_stickiness,
            mutual_authentication: optional::read(
                "mutual_authentication",
                message.mutual_authentication,
            )?,
            attributes: message.attributes,
            quic_enabled: message.quic_enabled,
        };
        Ok((place, listener))
    }
}

impl From<&AuthenticateAction> for types::AuthenticateAction {
    fn from(value: &AuthenticateAction) -> Self {
        let action = match value {
            AuthenticateAction::Oidc {
                fields,
                extra_params,
                secret,
            } => Authenticate::Oidc(types::AuthenticateOidc {
                fields: fields.clone(),
                extra_params: extra_params.clone(),
                secret: text::write(secret),
            }),
            AuthenticateAction::Cognito {
                fields,
                extra_params,
            } => Authenticate::Cognito(types::AuthenticateCognito {
                fields: fields.clone(),
                extra_params: extra_params.clone(),
            }),
            AuthenticateAction::Jwt {
                jwks_endpoint,
                issuer,
                claims,
            } => Authenticate::Jwt(types::ValidateJwt {
                jwks_endpoint: jwks_endpoint.clone(),
                issuer: issuer.clone(),
                claims: list::write(claims),
            }),
        };
        Self {
            action: Some(action),
        }
    }
}

impl TryFrom<types::AuthenticateAction> for AuthenticateAction {
    type Error = ConvertError;

    fn try_from(message: types::AuthenticateAction) -> Result<Self, Self::Error> {
        Ok(match message.action.ok_or_else(absent)? {
            Authenticate::Oidc(types::AuthenticateOidc {
                fields,
                extra_params,
                secret,
            }) => Self::Oidc {
                fields,
                extra_params,
                secret: text::read("oidc.secret", secret)?,
            },
            Authenticate::Cognito(types::AuthenticateCognito {
                fields,
                extra_params,
            }) => Self::Cognito {
                fields,
                extra_params,
            },
            Authenticate::Jwt(types::ValidateJwt {
                jwks_endpoint,
                issuer,
                claims,
            }) => Self::Jwt {
                jwks_endpoint,
                issuer,
                claims: list::read("jwt.claims", claims)?,
            },
        })
    }
}

impl From<&RoutingAction> for types::RoutingAction {
    fn from(value: &RoutingAction) -> Self {
        let action = match value.clone() {
            RoutingAction::Forward { stickiness_seconds } => {
                Routing::Forward(types::ForwardOptions { stickiness_seconds })
            }
            RoutingAction::Redirect { query } => {
                Routing::Redirect(types::RedirectOptions { query })
            }
            RoutingAction::FixedResponse {
                status_code,
                content_type,
                message_body,
            } => Routing::FixedResponse(types::FixedResponse {
                status_code: number16::write(&status_code),
                content_type,
                body: message_body,
            }),
        };
        Self {
            action: Some(action),
        }
    }
}

impl TryFrom<types::RoutingAction> for RoutingAction {
    type Error = ConvertError;

    fn try_from(message: types::RoutingAction) -> Result<Self, Self::Error> {
        Ok(match message.action.ok_or_else(absent)? {
            Routing::Forward(types::ForwardOptions { stickiness_seconds }) => {
                Self::Forward { stickiness_seconds }
            }
            Routing::Redirect(types::RedirectOptions { query }) => Self::Redirect { query },
            Routing::FixedResponse(types::FixedResponse {
                status_code,
                content_type,
                body,
            }) => Self::FixedResponse {
                status_code: number16::read("fixed_response.status_code", status_code)?,
                content_type,
                message_body: body,
            },
        })
    }
}
