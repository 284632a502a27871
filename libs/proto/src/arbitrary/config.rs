//! The configuration kinds.

use tributary_model::config::{
    AuthenticateAction, ListenerConfiguration, ProtocolPort, RoutingAction,
};

use super::{fields, structs, variants};

structs! {
    ListenerConfiguration {
        default_certificate, certificates, ssl_policy, alpn_policy, target_group_stickiness,
        mutual_authentication, attributes, quic_enabled,
    }
}

variants!(ProtocolPort: |source|
    Self { protocol: Some(source.any()), port: Some(source.any()) },
    Self { protocol: None, port: Some(source.any()) },
    Self { protocol: Some(source.any()), port: None });
variants!(AuthenticateAction: |source|
    fields!(source, Self::Oidc { fields, extra_params, secret }),
    fields!(source, Self::Cognito { fields, extra_params }),
    fields!(source, Self::Jwt { jwks_endpoint, issuer, claims }));
variants!(RoutingAction: |source|
    fields!(source, Self::Forward { stickiness_seconds }),
    fields!(source, Self::Redirect { query }),
    fields!(source, Self::FixedResponse { status_code, content_type, message_body }));
