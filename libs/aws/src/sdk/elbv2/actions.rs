//! Actions, both ways.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_elasticloadbalancingv2::types as aws;
use tributary_model::config::{AuthenticateAction, JwtClaim};
use tributary_plan::op::Action;

use super::numbers::{number, unsigned};
use crate::elbv2::AuthenticateRequest;

/// The one default action. Several are somebody else's doing.
pub(super) fn read_default(found: Vec<aws::Action>) -> Action<String> {
    match read(found) {
        (None, action) => action,
        (Some(_), _) => Action::Foreign("authenticate".to_owned()),
    }
}

/// The authentication, if there is one, and where the request goes.
pub(super) fn read(mut found: Vec<aws::Action>) -> (Option<AuthenticateAction>, Action<String>) {
    found.sort_by_key(|action| action.order);
    let Some(last) = found.pop() else {
        return (None, Action::Foreign("none".to_owned()));
    };
    let authenticate = match found.as_slice() {
        [] => None,
        [one] => match read_authenticate(one) {
            Some(authenticate) => Some(authenticate),
            None => return (None, foreign(one)),
        },
        [one, ..] => return (None, foreign(one)),
    };
    let action = read_routing(&last).unwrap_or_else(|| foreign(&last));
    (authenticate, action)
}

fn foreign(action: &aws::Action) -> Action<String> {
    let kind = action.r#type.as_ref().map(|kind| kind.as_str().to_owned());
    Action::Foreign(kind.unwrap_or_default())
}

fn read_routing(found: &aws::Action) -> Option<Action<String>> {
    match found.r#type.as_ref()? {
        aws::ActionTypeEnum::Forward => Some(read_forward(found)),
        aws::ActionTypeEnum::Redirect => {
            let config = found.redirect_config.as_ref()?;
            Some(Action::Redirect {
                protocol: config.protocol.clone(),
                host: config.host.clone(),
                path: config.path.clone(),
                // `#{port}` is no number: the request's.
                port: config.port.as_ref().and_then(|port| port.parse().ok()),
                query: config.query.clone(),
                status_code: match config.status_code.as_ref()? {
                    aws::RedirectActionStatusCodeEnum::Http302 => 302,
                    _ => 301,
                },
            })
        }
        aws::ActionTypeEnum::FixedResponse => {
            let config = found.fixed_response_config.as_ref()?;
            Some(Action::FixedResponse {
                status_code: config.status_code.as_ref()?.parse().ok()?,
                content_type: config.content_type.clone(),
                body: config.message_body.clone(),
            })
        }
        _ => None,
    }
}

fn read_forward(found: &aws::Action) -> Action<String> {
    let Some(config) = &found.forward_config else {
        return Action::Forward {
            targets: found
                .target_group_arn
                .iter()
                .map(|arn| (arn.clone(), 1))
                .collect(),
            stickiness_seconds: None,
        };
    };
    let targets = config.target_groups.iter().flatten().filter_map(|target| {
        let weight = unsigned(target.weight).unwrap_or(1);
        Some((target.target_group_arn.clone()?, weight))
    });
    let stickiness = config.target_group_stickiness_config.as_ref();
    Action::Forward {
        targets: targets.collect(),
        stickiness_seconds: stickiness
            .filter(|stickiness| stickiness.enabled == Some(true))
            .and_then(|stickiness| unsigned(stickiness.duration_seconds)),
    }
}

fn read_authenticate(found: &aws::Action) -> Option<AuthenticateAction> {
    match found.r#type.as_ref()? {
        aws::ActionTypeEnum::AuthenticateOidc => {
            let config = found.authenticate_oidc_config.as_ref()?;
            let on_unauthenticated = config.on_unauthenticated_request.as_ref();
            Some(AuthenticateAction::Oidc {
                fields: fields([
                    ("Issuer", config.issuer.clone()),
                    (
                        "AuthorizationEndpoint",
                        config.authorization_endpoint.clone(),
                    ),
                    ("TokenEndpoint", config.token_endpoint.clone()),
                    ("UserInfoEndpoint", config.user_info_endpoint.clone()),
                    ("ClientId", config.client_id.clone()),
                    ("SessionCookieName", config.session_cookie_name.clone()),
                    ("Scope", config.scope.clone()),
                    (
                        "SessionTimeout",
                        config.session_timeout.map(|it| it.to_string()),
                    ),
                    (
                        "OnUnauthenticatedRequest",
                        on_unauthenticated.map(|it| it.as_str().to_owned()),
                    ),
                ]),
                extra_params: extra(config.authentication_request_extra_params.as_ref()),
                secret: "".into(),
            })
        }
        aws::ActionTypeEnum::AuthenticateCognito => {
            let config = found.authenticate_cognito_config.as_ref()?;
            let on_unauthenticated = config.on_unauthenticated_request.as_ref();
            Some(AuthenticateAction::Cognito {
                fields: fields([
                    ("UserPoolArn", config.user_pool_arn.clone()),
                    ("UserPoolClientId", config.user_pool_client_id.clone()),
                    ("UserPoolDomain", config.user_pool_domain.clone()),
                    ("SessionCookieName", config.session_cookie_name.clone()),
                    ("Scope", config.scope.clone()),
                    (
                        "SessionTimeout",
                        config.session_timeout.map(|it| it.to_string()),
                    ),
                    (
                        "OnUnauthenticatedRequest",
                        on_unauthenticated.map(|it| it.as_str().to_owned()),
                    ),
                ]),
                extra_params: extra(config.authentication_request_extra_params.as_ref()),
            })
        }
        aws::ActionTypeEnum::JwtValidation => {
            let config = found.jwt_validation_config.as_ref()?;
            let claims = config
                .additional_claims
                .iter()
                .flatten()
                .map(|claim| JwtClaim {
                    name: claim.name.clone().unwrap_or_default(),
                    format: claim
                        .format
                        .as_ref()
                        .map(|format| format.as_str().to_owned())
                        .unwrap_or_default(),
                    values: claim.values.clone().unwrap_or_default(),
                });
            Some(AuthenticateAction::Jwt {
                jwks_endpoint: config.jwks_endpoint.clone().unwrap_or_default(),
                issuer: config.issuer.clone().unwrap_or_default(),
                claims: claims.collect(),
            })
        }
        _ => None,
    }
}

fn fields<const N: usize>(all: [(&str, Option<String>); N]) -> BTreeMap<String, String> {
    all.into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

fn extra(params: Option<&HashMap<String, String>>) -> BTreeMap<String, String> {
    params
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Authentication first, if there is one.
pub(super) fn write(
    authenticate: Option<&AuthenticateRequest>,
    action: &Action<String>,
) -> Vec<aws::Action> {
    let routing = write_routing(action);
    let Some(authenticate) = authenticate else {
        return vec![routing.build()];
    };
    vec![
        write_authenticate(authenticate).order(1).build(),
        routing.order(2).build(),
    ]
}

fn write_routing(action: &Action<String>) -> aws::builders::ActionBuilder {
    let builder = aws::Action::builder();
    match action {
        Action::Forward {
            targets,
            stickiness_seconds,
        } => {
            let targets = targets.iter().map(|(arn, weight)| {
                aws::TargetGroupTuple::builder()
                    .target_group_arn(arn)
                    .weight(number(*weight))
                    .build()
            });
            let config = aws::ForwardActionConfig::builder();
            let mut config = config.set_target_groups(Some(targets.collect()));
            if let Some(seconds) = stickiness_seconds {
                let stickiness = aws::TargetGroupStickinessConfig::builder()
                    .enabled(true)
                    .duration_seconds(number(*seconds));
                config = config.target_group_stickiness_config(stickiness.build());
            }
            builder
                .r#type(aws::ActionTypeEnum::Forward)
                .forward_config(config.build())
        }
        Action::Redirect {
            protocol,
            host,
            path,
            port,
            query,
            status_code,
        } => {
            let status_code = match status_code {
                302 => aws::RedirectActionStatusCodeEnum::Http302,
                _ => aws::RedirectActionStatusCodeEnum::Http301,
            };
            let config = aws::RedirectActionConfig::builder()
                .set_protocol(protocol.clone())
                .set_host(host.clone())
                .set_path(path.clone())
                .set_port(port.map(|port| port.to_string()))
                .set_query(query.clone())
                .status_code(status_code);
            builder
                .r#type(aws::ActionTypeEnum::Redirect)
                .redirect_config(config.build())
        }
        Action::FixedResponse {
            status_code,
            content_type,
            body,
        } => {
            let config = aws::FixedResponseActionConfig::builder()
                .status_code(status_code.to_string())
                .set_content_type(content_type.clone())
                .set_message_body(body.clone());
            builder
                .r#type(aws::ActionTypeEnum::FixedResponse)
                .fixed_response_config(config.build())
        }
        // Only observed, never asked for; AWS refuses an action without configuration.
        Action::Foreign(kind) => builder.r#type(aws::ActionTypeEnum::from(kind.as_str())),
    }
}

fn write_authenticate(request: &AuthenticateRequest) -> aws::builders::ActionBuilder {
    let builder = aws::Action::builder();
    match &request.action {
        AuthenticateAction::Oidc {
            fields,
            extra_params,
            secret: _,
        } => {
            let field = |name: &str| fields.get(name).cloned();
            let client = request.client.as_ref();
            let config = aws::AuthenticateOidcActionConfig::builder()
                .set_issuer(field("Issuer"))
                .set_authorization_endpoint(field("AuthorizationEndpoint"))
                .set_token_endpoint(field("TokenEndpoint"))
                .set_user_info_endpoint(field("UserInfoEndpoint"))
                .set_client_id(client.map(|client| client.client_id.clone()))
                .set_client_secret(client.map(|client| client.client_secret.clone()))
                .set_session_cookie_name(field("SessionCookieName"))
                .set_scope(field("Scope"))
                .set_session_timeout(field("SessionTimeout").and_then(|it| it.parse().ok()))
                .set_on_unauthenticated_request(
                    field("OnUnauthenticatedRequest").map(|it| it.as_str().into()),
                )
                .set_authentication_request_extra_params(sent(extra_params));
            builder
                .r#type(aws::ActionTypeEnum::AuthenticateOidc)
                .authenticate_oidc_config(config.build())
        }
        AuthenticateAction::Cognito {
            fields,
            extra_params,
        } => {
            let field = |name: &str| fields.get(name).cloned();
            let config = aws::AuthenticateCognitoActionConfig::builder()
                .set_user_pool_arn(field("UserPoolArn"))
                .set_user_pool_client_id(field("UserPoolClientId"))
                .set_user_pool_domain(field("UserPoolDomain"))
                .set_session_cookie_name(field("SessionCookieName"))
                .set_scope(field("Scope"))
                .set_session_timeout(field("SessionTimeout").and_then(|it| it.parse().ok()))
                .set_on_unauthenticated_request(
                    field("OnUnauthenticatedRequest").map(|it| it.as_str().into()),
                )
                .set_authentication_request_extra_params(sent(extra_params));
            builder
                .r#type(aws::ActionTypeEnum::AuthenticateCognito)
                .authenticate_cognito_config(config.build())
        }
        AuthenticateAction::Jwt {
            jwks_endpoint,
            issuer,
            claims,
        } => {
            let claims = claims.iter().map(|claim| {
                aws::JwtValidationActionAdditionalClaim::builder()
                    .name(&claim.name)
                    .format(claim.format.as_str().into())
                    .set_values(Some(claim.values.clone()))
                    .build()
            });
            let config = aws::JwtValidationActionConfig::builder()
                .jwks_endpoint(jwks_endpoint)
                .issuer(issuer)
                .set_additional_claims((claims.len() > 0).then(|| claims.collect()));
            builder
                .r#type(aws::ActionTypeEnum::JwtValidation)
                .jwt_validation_config(config.build())
        }
    }
}

fn sent(params: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    let params: HashMap<String, String> = params
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    (!params.is_empty()).then_some(params)
}
