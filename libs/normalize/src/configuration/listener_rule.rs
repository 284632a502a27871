//! ListenerRuleConfiguration.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use tributary_model::Meta;
use tributary_model::config::{
    self as model, AuthenticateAction, RoutingAction, SourceIpCondition,
};

use super::SPEC;
use crate::check;
use crate::crds::{
    Action, ActionType, AuthenticateCognitoConfig, AuthenticateOidcConfig, ContentType,
    FixedResponseConfig, ForwardConfig, JwtClaim, JwtClaimFormat, JwtValidationConfig,
    ListenerRuleConfigurationSpec, OnUnauthenticated, RuleCondition, RuleConditionField,
};
use crate::fault::{Fault, Path};
use crate::lenient::LeftOut;

/// An action as the model parts them.
enum Converted {
    Authenticate(AuthenticateAction),
    Routing(RoutingAction),
}

/// Seven days, ELBv2's longest session and stickiness.
const LONGEST: i64 = 604_800;

pub(crate) fn listener_rule_configuration(
    meta: Meta,
    spec: ListenerRuleConfigurationSpec,
    mut left_out: LeftOut,
) -> model::ListenerRuleConfiguration {
    let ListenerRuleConfigurationSpec {
        actions,
        conditions,
        tags,
    } = spec;
    let actions_path = SPEC.field("actions");
    let actions = counted(&actions_path, actions, 1..=2, &mut left_out);
    let (mut authenticate, mut routing) = (None, None);
    for (index, entry) in left_out.placed(&actions_path, actions) {
        let at = actions_path.index(index);
        let taken = match left_out.unless(action(&at, entry)) {
            Some(Converted::Authenticate(action)) => authenticate.replace(action).is_some(),
            Some(Converted::Routing(action)) => routing.replace(action).is_some(),
            None => false,
        };
        if taken {
            left_out.add(at.fault(
                "there may be one authenticating action and one of forward, redirect and fixed-response",
            ));
        }
    }
    let conditions_path = SPEC.field("conditions");
    let conditions = counted(&conditions_path, conditions, 1..=100, &mut left_out);
    let mut source_ip = Vec::new();
    for (index, entry) in left_out.placed(&conditions_path, conditions) {
        source_ip.extend(left_out.unless(condition(&conditions_path.index(index), entry)));
    }
    model::ListenerRuleConfiguration {
        meta,
        authenticate,
        routing,
        source_ip,
        tags: tags.unwrap_or_default(),
        incomplete: [&actions_path, &conditions_path]
            .into_iter()
            .any(|at| left_out.fault(at).is_some()),
        faults: left_out.into_faults(),
    }
}

/// A list of this many entries, if it is given; none of it where it has another number, unless some were taken out.
fn counted<T>(
    at: &Path<'_>,
    entries: Option<Vec<T>>,
    allowed: RangeInclusive<usize>,
    left_out: &mut LeftOut,
) -> Vec<T> {
    let Some(entries) = entries else {
        return Vec::new();
    };
    if left_out.fault(at).is_some() {
        return entries;
    }
    match left_out.unless(check::count(at, entries.len(), allowed)) {
        Some(()) => entries,
        None => Vec::new(),
    }
}

fn action(at: &Path<'_>, entry: Action) -> Result<Converted, Fault> {
    check_union(at, &entry)?;
    let Action {
        r#type: _,
        forward_config,
        redirect_config,
        fixed_response_config,
        authenticate_cognito_config,
        authenticate_oidc_config,
        jwt_validation_config,
    } = entry;
    if let Some(config) = forward_config {
        return forward(&at.field("forwardConfig"), &config).map(Converted::Routing);
    }
    if let Some(config) = redirect_config {
        return Ok(Converted::Routing(RoutingAction::Redirect {
            query: config.query,
        }));
    }
    if let Some(config) = fixed_response_config {
        return fixed_response(&at.field("fixedResponseConfig"), config).map(Converted::Routing);
    }
    if let Some(config) = authenticate_cognito_config {
        return cognito(&at.field("authenticateCognitoConfig"), config)
            .map(Converted::Authenticate);
    }
    if let Some(config) = authenticate_oidc_config {
        return oidc(&at.field("authenticateOIDCConfig"), config).map(Converted::Authenticate);
    }
    if let Some(config) = jwt_validation_config {
        return jwt(&at.field("jwtValidationConfig"), config).map(Converted::Authenticate);
    }
    Err(at.fault("has no config"))
}

/// `type` and the one config that is given must agree.
fn check_union(at: &Path<'_>, entry: &Action) -> Result<(), Fault> {
    let members = [
        (
            ActionType::Forward,
            "forwardConfig",
            entry.forward_config.is_some(),
        ),
        (
            ActionType::Redirect,
            "redirectConfig",
            entry.redirect_config.is_some(),
        ),
        (
            ActionType::FixedResponse,
            "fixedResponseConfig",
            entry.fixed_response_config.is_some(),
        ),
        (
            ActionType::AuthenticateCognito,
            "authenticateCognitoConfig",
            entry.authenticate_cognito_config.is_some(),
        ),
        (
            ActionType::AuthenticateOidc,
            "authenticateOIDCConfig",
            entry.authenticate_oidc_config.is_some(),
        ),
        (
            ActionType::JwtValidation,
            "jwtValidationConfig",
            entry.jwt_validation_config.is_some(),
        ),
    ];
    for (member, field, given) in members {
        if given && member != entry.r#type {
            return Err(at
                .field(field)
                .fault("does not belong to the action's type"));
        }
        if !given && member == entry.r#type {
            return Err(at.field(field).fault("is required for the action's type"));
        }
    }
    Ok(())
}

fn forward(at: &Path<'_>, config: &ForwardConfig) -> Result<RoutingAction, Fault> {
    let Some(stickiness) = &config.target_group_stickiness_config else {
        return Ok(RoutingAction::Forward {
            stickiness_seconds: None,
        });
    };
    let at = at.field("targetGroupStickinessConfig");
    let seconds = check::range(
        &at.field("durationSeconds"),
        i64::from(stickiness.duration_seconds.unwrap_or(3600)),
        &(1..=LONGEST),
    )?;
    Ok(RoutingAction::Forward {
        stickiness_seconds: stickiness
            .enabled
            .unwrap_or(false)
            .then(|| u32::try_from(seconds).ok())
            .flatten(),
    })
}

fn fixed_response(at: &Path<'_>, config: FixedResponseConfig) -> Result<RoutingAction, Fault> {
    let FixedResponseConfig {
        status_code,
        content_type,
        message_body,
    } = config;
    let status_code = u16::try_from(status_code)
        .ok()
        .filter(|code| matches!(code, 200..=299 | 400..=599))
        .ok_or_else(|| at.field("statusCode").fault("must be 2XX, 4XX or 5XX"))?;
    if let Some(body) = &message_body {
        check::length(&at.field("messageBody"), body, 0..=1024)?;
    }
    let content_type = match content_type.unwrap_or(ContentType::Plain) {
        ContentType::Plain => "text/plain",
        ContentType::Css => "text/css",
        ContentType::Html => "text/html",
        ContentType::JavaScript => "application/javascript",
        ContentType::Json => "application/json",
    };
    Ok(RoutingAction::FixedResponse {
        status_code,
        content_type: Some(content_type.to_owned()),
        message_body,
    })
}

/// What both ways of signing in have.
struct Session {
    scope: Option<String>,
    extra_params: Option<BTreeMap<String, String>>,
    on_unauthenticated: Option<OnUnauthenticated>,
    cookie_name: Option<String>,
    timeout: Option<i64>,
}

/// Adds the session's fields, ELBv2's defaults filled in, and gives the extra parameters.
fn session(
    at: &Path<'_>,
    session: Session,
    fields: &mut BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Fault> {
    let Session {
        scope,
        extra_params,
        on_unauthenticated,
        cookie_name,
        timeout,
    } = session;
    let timeout = check::range(
        &at.field("sessionTimeout"),
        timeout.unwrap_or(LONGEST),
        &(1..=LONGEST),
    )?;
    let extra_params = extra_params.unwrap_or_default();
    check::count(
        &at.field("authenticationRequestExtraParams"),
        extra_params.len(),
        0..=10,
    )?;
    let on_unauthenticated = match on_unauthenticated.unwrap_or(OnUnauthenticated::Authenticate) {
        OnUnauthenticated::Deny => "deny",
        OnUnauthenticated::Allow => "allow",
        OnUnauthenticated::Authenticate => "authenticate",
    };
    let values = [
        ("Scope", scope.unwrap_or_else(|| "openid".to_owned())),
        ("OnUnauthenticatedRequest", on_unauthenticated.to_owned()),
        (
            "SessionCookieName",
            cookie_name.unwrap_or_else(|| "AWSELBAuthSessionCookie".to_owned()),
        ),
        ("SessionTimeout", timeout.to_string()),
    ];
    for (field, value) in values {
        fields.insert(field.to_owned(), value);
    }
    Ok(extra_params)
}

fn cognito(at: &Path<'_>, config: AuthenticateCognitoConfig) -> Result<AuthenticateAction, Fault> {
    let AuthenticateCognitoConfig {
        user_pool_arn,
        user_pool_client_id,
        user_pool_domain,
        scope,
        authentication_request_extra_params,
        on_unauthenticated_request,
        session_cookie_name,
        session_timeout,
    } = config;
    let mut fields = BTreeMap::from([
        ("UserPoolArn".to_owned(), user_pool_arn),
        ("UserPoolClientId".to_owned(), user_pool_client_id),
        ("UserPoolDomain".to_owned(), user_pool_domain),
    ]);
    let session = Session {
        scope,
        extra_params: authentication_request_extra_params,
        on_unauthenticated: on_unauthenticated_request,
        cookie_name: session_cookie_name,
        timeout: session_timeout,
    };
    let extra_params = self::session(at, session, &mut fields)?;
    Ok(AuthenticateAction::Cognito {
        fields,
        extra_params,
    })
}

fn oidc(at: &Path<'_>, config: AuthenticateOidcConfig) -> Result<AuthenticateAction, Fault> {
    let AuthenticateOidcConfig {
        issuer,
        authorization_endpoint,
        token_endpoint,
        user_info_endpoint,
        secret,
        scope,
        authentication_request_extra_params,
        on_unauthenticated_request,
        session_cookie_name,
        session_timeout,
        // Whether a rule already has the secret is seen on the rule.
        use_existing_client_secret: _,
    } = config;
    let mut fields = BTreeMap::from([
        ("Issuer".to_owned(), issuer),
        ("AuthorizationEndpoint".to_owned(), authorization_endpoint),
        ("TokenEndpoint".to_owned(), token_endpoint),
        ("UserInfoEndpoint".to_owned(), user_info_endpoint),
    ]);
    let session = Session {
        scope,
        extra_params: authentication_request_extra_params,
        on_unauthenticated: on_unauthenticated_request,
        cookie_name: session_cookie_name,
        timeout: session_timeout,
    };
    let extra_params = self::session(at, session, &mut fields)?;
    let secret_path = at.field("secret");
    Ok(AuthenticateAction::Oidc {
        fields,
        extra_params,
        secret: check::reference_name(&secret_path.field("name"), secret.name)?,
    })
}

fn jwt(at: &Path<'_>, config: JwtValidationConfig) -> Result<AuthenticateAction, Fault> {
    let JwtValidationConfig {
        issuer,
        jwks_endpoint,
        additional_claims,
    } = config;
    check::length(&at.field("issuer"), &issuer, 1..=256)?;
    check::length(&at.field("jwksEndpoint"), &jwks_endpoint, 1..=256)?;
    let claims_path = at.field("additionalClaims");
    let claims = additional_claims
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .map(|(index, entry)| claim(&claims_path.index(index), entry))
        .collect::<Result<_, _>>()?;
    Ok(AuthenticateAction::Jwt {
        jwks_endpoint,
        issuer,
        claims,
    })
}

fn claim(at: &Path<'_>, entry: JwtClaim) -> Result<model::JwtClaim, Fault> {
    let JwtClaim {
        format,
        name,
        values,
    } = entry;
    check::length(&at.field("name"), &name, 1..=256)?;
    let values_path = at.field("values");
    check::count(&values_path, values.len(), 1..=10)?;
    for (index, value) in values.iter().enumerate() {
        check::length(&values_path.index(index), value, 1..=256)?;
    }
    let format = match format {
        JwtClaimFormat::SingleString => "single-string",
        JwtClaimFormat::StringArray => "string-array",
        JwtClaimFormat::SpaceSeparatedValues => "space-separated-values",
    };
    Ok(model::JwtClaim {
        name,
        format: format.to_owned(),
        values,
    })
}

fn condition(at: &Path<'_>, entry: RuleCondition) -> Result<SourceIpCondition, Fault> {
    let RuleCondition {
        field,
        source_ip_config,
        match_indexes,
    } = entry;
    let RuleConditionField::SourceIp = field;
    let config_path = at.field("sourceIPConfig");
    let Some(config) = source_ip_config else {
        return Err(config_path.fault("is required for field source-ip"));
    };
    let values_path = config_path.field("values");
    if config.values.is_empty() {
        return Err(values_path.fault("must not be empty"));
    }
    for (index, value) in config.values.iter().enumerate() {
        check::cidr(&values_path.index(index), value)?;
    }
    let indexes_path = at.field("matchIndexes");
    let match_indexes = match_indexes
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .map(|(index, value)| {
            usize::try_from(value)
                .map_err(|_| indexes_path.index(index).fault("must not be negative"))
        })
        .collect::<Result<_, _>>()?;
    Ok(SourceIpCondition {
        values: config.values,
        match_indexes,
    })
}
