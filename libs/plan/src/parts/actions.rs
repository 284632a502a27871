//! Desired actions in AWS's shape, and whether what AWS shows is the same.

use std::collections::BTreeMap;

use litemap::LiteMap;
use tributary_model::ObjectKey;
use tributary_model::config::AuthenticateAction;
use tributary_model::desired::{
    DesiredAction, DesiredRule, Patterns, RuleCondition, TargetGroupId, WeightedTargetGroup,
};
use tributary_model::elb::MAX_WEIGHT;

use crate::input::PlanInput;
use crate::values::observed::ObservedRule;
use crate::values::op::{Action, Authentication, Handle, RuleSpec};
use crate::values::tags::{self, Tags};

/// The action with target groups by handle; nothing if one of them is unknown.
pub(crate) fn resolve(
    action: &DesiredAction,
    handles: &BTreeMap<&TargetGroupId, Handle>,
) -> Option<Action<Handle>> {
    Some(match action {
        DesiredAction::Forward {
            targets,
            stickiness_seconds,
        } => Action::Forward {
            targets: weights(targets, handles)?,
            stickiness_seconds: *stickiness_seconds,
        },
        DesiredAction::Redirect {
            protocol,
            host,
            path,
            port,
            query,
            status_code,
        } => Action::Redirect {
            protocol: protocol.clone(),
            host: host.clone(),
            path: path.clone(),
            port: *port,
            query: query.clone(),
            status_code: *status_code,
        },
        DesiredAction::FixedResponse {
            status_code,
            content_type,
            body,
        } => Action::FixedResponse {
            status_code: *status_code,
            content_type: content_type.clone(),
            body: body.clone(),
        },
    })
}

/// AWS takes each target group once: two backends that share one add up.
fn weights(
    targets: &[WeightedTargetGroup],
    handles: &BTreeMap<&TargetGroupId, Handle>,
) -> Option<LiteMap<Handle, u32>> {
    let mut weights: LiteMap<Handle, u32> = LiteMap::new();
    for target in targets {
        let weight = weights
            .entry(handles.get(&target.target_group)?.clone())
            .or_insert(0);
        *weight = weight.saturating_add(target.weight).min(MAX_WEIGHT);
    }
    Some(weights)
}

/// A desired rule in AWS's shape.
pub(crate) fn rule(
    input: &PlanInput,
    rule: &DesiredRule,
    handles: &BTreeMap<&TargetGroupId, Handle>,
) -> Option<RuleSpec> {
    Some(RuleSpec {
        conditions: rule.conditions.clone(),
        authenticate: rule
            .authenticate
            .as_ref()
            .map(|action| authentication(input, rule, action)),
        action: resolve(&rule.action, handles)?,
        transforms: rule.transforms.clone(),
    })
}

fn authentication(
    input: &PlanInput,
    rule: &DesiredRule,
    action: &AuthenticateAction,
) -> Authentication {
    let client_secret = match action {
        // The Secret is in the route's namespace, as the ListenerRuleConfiguration is.
        AuthenticateAction::Oidc { secret, .. } => rule
            .origin
            .as_ref()
            .map(|origin| ObjectKey::new(origin.route.key.namespace.clone(), secret.clone())),
        AuthenticateAction::Cognito { .. } | AuthenticateAction::Jwt { .. } => None,
    };
    let client_secret_fingerprint = client_secret
        .as_ref()
        .and_then(|secret| input.context.client_secrets.get(secret).cloned());
    Authentication {
        action: action.clone(),
        client_secret,
        client_secret_fingerprint,
    }
}

/// The tag that remembers which client secret a rule carries.
pub(crate) fn client_secret_tag(spec: &RuleSpec, observed: Option<&Tags>) -> Option<String> {
    let authentication = spec.authenticate.as_ref()?;
    let secret = authentication.client_secret.as_ref()?;
    let known = observed.and_then(|tags| tags.get(tags::CLIENT_SECRET));
    let prefix = format!("{secret}:");
    Some(match &authentication.client_secret_fingerprint {
        Some(fingerprint) => tags::tag_value(&format!("{prefix}{fingerprint}")),
        // Not read this time: as far as we know it is what it was.
        None => match known {
            Some(known) if known.starts_with(&prefix) => known.clone(),
            Some(_) | None => tags::tag_value(&prefix),
        },
    })
}

/// Whether an observed rule does what is desired, its priority aside.
pub(crate) fn is_same_rule(spec: &RuleSpec, observed: &ObservedRule) -> bool {
    let RuleSpec {
        conditions,
        authenticate,
        action,
        transforms,
    } = spec;
    let client_secret = client_secret_tag(spec, Some(&observed.tags));
    (*conditions == observed.conditions || canonical(conditions) == canonical(&observed.conditions))
        && is_same_authentication(
            authenticate.as_ref().map(|it| &it.action),
            observed.authenticate.as_ref(),
        )
        && client_secret.as_ref() == observed.tags.get(tags::CLIENT_SECRET)
        && is_same(action, &observed.action)
        && sorted(transforms) == sorted(&observed.transforms)
}

/// Whether AWS shows the action that is desired, with what AWS fills in.
pub(crate) fn is_same(desired: &Action<Handle>, observed: &Action<String>) -> bool {
    match (desired, observed) {
        (
            Action::Forward {
                targets,
                stickiness_seconds,
            },
            Action::Forward {
                targets: observed_targets,
                stickiness_seconds: observed_stickiness,
            },
        ) => {
            stickiness_seconds == observed_stickiness
                && targets.len() == observed_targets.len()
                && targets.iter().all(|(handle, weight)| match handle {
                    Handle::Existing(arn) => observed_targets.get(arn) == Some(weight),
                    Handle::Created { .. } => false,
                })
        }
        (
            Action::Redirect {
                protocol,
                host,
                path,
                port,
                query,
                status_code,
            },
            Action::Redirect {
                protocol: observed_protocol,
                host: observed_host,
                path: observed_path,
                port: observed_port,
                query: observed_query,
                status_code: observed_status,
            },
        ) => {
            status_code == observed_status
                && port == observed_port
                && filled(protocol.as_ref(), "#{protocol}")
                    == filled(observed_protocol.as_ref(), "#{protocol}")
                && filled(host.as_ref(), "#{host}") == filled(observed_host.as_ref(), "#{host}")
                && filled(path.as_ref(), "/#{path}") == filled(observed_path.as_ref(), "/#{path}")
                && filled(query.as_ref(), "#{query}") == filled(observed_query.as_ref(), "#{query}")
        }
        (
            Action::FixedResponse {
                status_code,
                content_type,
                body,
            },
            Action::FixedResponse {
                status_code: observed_status,
                content_type: observed_type,
                body: observed_body,
            },
        ) => {
            status_code == observed_status
                && filled(content_type.as_ref(), "text/plain")
                    == filled(observed_type.as_ref(), "text/plain")
                && filled(body.as_ref(), "") == filled(observed_body.as_ref(), "")
        }
        (
            Action::Forward { .. }
            | Action::Redirect { .. }
            | Action::FixedResponse { .. }
            | Action::Foreign(_),
            _,
        ) => false,
    }
}

fn filled<'a>(value: Option<&'a String>, default: &'a str) -> &'a str {
    value.map_or(default, String::as_str)
}

/// What AWS fills into an authenticating action (ELBv2 API reference, `AuthenticateOidcActionConfig`).
const AUTHENTICATION_DEFAULTS: [(&str, &str); 4] = [
    ("OnUnauthenticatedRequest", "authenticate"),
    ("Scope", "openid"),
    ("SessionCookieName", "AWSELBAuthSessionCookie"),
    ("SessionTimeout", "604800"),
];

fn is_same_authentication(
    desired: Option<&AuthenticateAction>,
    observed: Option<&AuthenticateAction>,
) -> bool {
    match (desired, observed) {
        (None, None) => true,
        (
            Some(AuthenticateAction::Oidc {
                fields,
                extra_params,
                secret: _,
            }),
            Some(AuthenticateAction::Oidc {
                fields: observed,
                extra_params: observed_params,
                secret: _,
            }),
        )
        | (
            Some(AuthenticateAction::Cognito {
                fields,
                extra_params,
            }),
            Some(AuthenticateAction::Cognito {
                fields: observed,
                extra_params: observed_params,
            }),
        ) => extra_params == observed_params && are_same_fields(fields, observed),
        (Some(desired @ AuthenticateAction::Jwt { .. }), Some(observed)) => desired == observed,
        (None | Some(_), _) => false,
    }
}

fn are_same_fields(
    desired: &BTreeMap<String, String>,
    observed: &BTreeMap<String, String>,
) -> bool {
    let asked = desired
        .iter()
        .all(|(key, value)| observed.get(key) == Some(value));
    let rest = AUTHENTICATION_DEFAULTS.iter().all(|(key, default)| {
        desired.contains_key(*key) || observed.get(*key).is_none_or(|value| value == default)
    });
    asked && rest
}

/// Conditions and their values in one order: AWS may answer in another.
fn canonical(conditions: &[RuleCondition]) -> Vec<RuleCondition> {
    let mut conditions: Vec<RuleCondition> = conditions.iter().map(canonical_condition).collect();
    conditions.sort();
    conditions
}

fn canonical_condition(condition: &RuleCondition) -> RuleCondition {
    match condition {
        RuleCondition::HostHeader(patterns) => {
            RuleCondition::HostHeader(canonical_patterns(patterns))
        }
        RuleCondition::PathPattern(patterns) => {
            RuleCondition::PathPattern(canonical_patterns(patterns))
        }
        RuleCondition::HttpHeader { name, patterns } => RuleCondition::HttpHeader {
            name: name.clone(),
            patterns: canonical_patterns(patterns),
        },
        RuleCondition::QueryString(pairs) => RuleCondition::QueryString(sorted(pairs)),
        RuleCondition::Method(methods) => RuleCondition::Method(sorted(methods)),
        RuleCondition::SourceIp(sources) => RuleCondition::SourceIp(sorted(sources)),
    }
}

fn canonical_patterns(patterns: &Patterns) -> Patterns {
    match patterns {
        Patterns::Wildcard(values) => Patterns::Wildcard(sorted(values)),
        Patterns::Regex(values) => Patterns::Regex(sorted(values)),
    }
}

fn sorted<T: Ord + Clone>(values: &[T]) -> Vec<T> {
    let mut values = values.to_vec();
    values.sort();
    values
}

#[cfg(test)]
mod tests;
