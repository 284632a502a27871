//! What a listener has to do with TLS: policy, default certificate, ALPN, mutual authentication.

use crate::error::ApiError;
use crate::resources::listeners::{
    AlpnPolicy, MutualAuthentication, MutualAuthenticationMode, Security,
};
use crate::resources::load_balancers::Kind;
use crate::resources::protocols::Protocol;
use crate::state::State;

use super::{certificates, ssl_policies, trust_stores};

/// Checks what TLS needs and what only TLS may have, and fills in AWS's defaults.
pub(crate) fn checked(
    state: &State,
    kind: Kind,
    protocol: Protocol,
    asked: Security,
) -> Result<Security, ApiError> {
    let Security {
        ssl_policy,
        default_certificate,
        alpn_policy,
        mutual_authentication,
    } = asked;
    if !protocol.is_tls() {
        if ssl_policy.is_some() || default_certificate.is_some() || mutual_authentication.is_some()
        {
            return Err(ApiError::configuration(format!(
                "A certificate, SSL policy or mutual authentication cannot be specified for \
                     {} listeners",
                protocol.name()
            )));
        }
        no_alpn(alpn_policy)?;
        return Ok(Security {
            ssl_policy,
            default_certificate,
            alpn_policy: None,
            mutual_authentication,
        });
    }
    let Some(certificate) = default_certificate else {
        return Err(ApiError::validation(format!(
            "A certificate must be specified for {} listeners",
            protocol.name()
        )));
    };
    certificates::check_usable(state, &certificate)?;
    let policy = ssl_policy.unwrap_or_else(|| ssl_policies::DEFAULT.to_owned());
    ssl_policies::check(&policy)?;
    let (alpn_policy, mutual_authentication) = match kind {
        Kind::Application => {
            no_alpn(alpn_policy)?;
            let mutual = mutual_authentication.unwrap_or(MutualAuthentication {
                mode: MutualAuthenticationMode::Off,
                trust_store_arn: None,
                ignore_client_certificate_expiry: None,
                advertise_trust_store_ca_names: None,
            });
            (None, Some(trust_stores::checked(state, mutual)?))
        }
        Kind::Network if mutual_authentication.is_some() => {
            return Err(ApiError::configuration(
                "Mutual authentication is for HTTPS listeners only",
            ));
        }
        Kind::Network => (alpn_policy, None),
    };
    Ok(Security {
        ssl_policy: Some(policy),
        default_certificate: Some(certificate),
        alpn_policy,
        mutual_authentication,
    })
}

fn no_alpn(policy: Option<AlpnPolicy>) -> Result<(), ApiError> {
    match policy {
        None => Ok(()),
        Some(_) => Err(ApiError::configuration(
            "An ALPN policy is for TLS listeners only",
        )),
    }
}

/// The one policy of the list that the API takes.
pub(crate) fn one_policy(policies: &[String]) -> Result<Option<AlpnPolicy>, ApiError> {
    match policies {
        [] => Ok(None),
        [only] => match only.as_str() {
            "HTTP1Only" => Ok(Some(AlpnPolicy::Http1Only)),
            "HTTP2Only" => Ok(Some(AlpnPolicy::Http2Only)),
            "HTTP2Optional" => Ok(Some(AlpnPolicy::Http2Optional)),
            "HTTP2Preferred" => Ok(Some(AlpnPolicy::Http2Preferred)),
            "None" => Ok(Some(AlpnPolicy::None)),
            // The page calls the error ALPNPolicyNotSupported; this is the code that travels.
            unknown => Err(ApiError::new(
                "ALPNPolicyNotFound",
                format!("ALPN policy '{unknown}' is not supported"),
            )),
        },
        _ => Err(ApiError::validation(
            "Only one ALPN policy can be specified",
        )),
    }
}
