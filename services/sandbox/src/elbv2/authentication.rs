//! Actions that let in only who has signed in or holds a token.

use crate::error::ApiError;
use crate::resources::actions::{Action, ActionKind, OidcConfig};

/// Whether an OIDC action may lean on a secret given earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secret {
    Needed,
    MayExist,
}

/// Refuses what AWS would not accept in an action of such a kind.
pub(crate) fn check(action: &Action, secret: Secret) -> Result<(), ApiError> {
    let missing = |what: &str| ApiError::validation(format!("{what} must be specified"));
    match action.kind {
        ActionKind::AuthenticateOidc => {
            let config = action
                .authenticate_oidc_config
                .as_ref()
                .ok_or_else(|| missing("An OIDC configuration"))?;
            check_secret(config, secret)?;
            for url in [
                &config.issuer,
                &config.authorization_endpoint,
                &config.token_endpoint,
                &config.user_info_endpoint,
            ] {
                check_https(url)?;
            }
            check_session(
                config.session_timeout,
                config.authentication_request_extra_params.len(),
            )
        }
        ActionKind::AuthenticateCognito => {
            let config = action
                .authenticate_cognito_config
                .as_ref()
                .ok_or_else(|| missing("A Cognito configuration"))?;
            check_session(
                config.session_timeout,
                config.authentication_request_extra_params.len(),
            )
        }
        ActionKind::JwtValidation => {
            let config = action
                .jwt_validation_config
                .as_ref()
                .ok_or_else(|| missing("A JWT validation configuration"))?;
            check_https(&config.jwks_endpoint)?;
            if config.additional_claims.len() > 10 {
                return Err(ApiError::validation(
                    "At most 10 additional claims can be specified",
                ));
            }
            Ok(())
        }
        ActionKind::Forward | ActionKind::Redirect | ActionKind::FixedResponse => Ok(()),
    }
}

fn check_secret(config: &OidcConfig, secret: Secret) -> Result<(), ApiError> {
    let leans = config.use_existing_client_secret == Some(true);
    match (&config.client_secret, leans, secret) {
        (Some(_), true, _) => Err(ApiError::validation(
            "You cannot specify a client secret and use the existing one",
        )),
        (None, true, Secret::MayExist) | (Some(_), false, _) => Ok(()),
        (None, true, Secret::Needed) | (None, false, _) => Err(ApiError::validation(
            "A client secret must be specified for an authenticate-oidc action",
        )),
    }
}

fn check_https(url: &str) -> Result<(), ApiError> {
    if url.starts_with("https://") {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "'{url}' must be a URL that begins with https://"
    )))
}

fn check_session(timeout: i64, extra_parameters: usize) -> Result<(), ApiError> {
    if !(1..=604_800).contains(&timeout) {
        return Err(ApiError::validation(
            "The session timeout must be between 1 and 604800 seconds",
        ));
    }
    if extra_parameters > 10 {
        return Err(ApiError::validation(
            "At most 10 extra parameters of authentication requests can be specified",
        ));
    }
    Ok(())
}
