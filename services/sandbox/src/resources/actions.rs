//! Actions of listeners and rules: their shape on the wire.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An action, as callers send it and as describes show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Action {
    #[serde(rename = "Type")]
    pub(crate) kind: ActionKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_group_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) forward_config: Option<ForwardConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redirect_config: Option<RedirectConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fixed_response_config: Option<FixedResponseConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authenticate_oidc_config: Option<OidcConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authenticate_cognito_config: Option<CognitoConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jwt_validation_config: Option<JwtConfig>,
}

/// What an action does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ActionKind {
    #[default]
    Forward,
    Redirect,
    FixedResponse,
    AuthenticateOidc,
    AuthenticateCognito,
    JwtValidation,
}

/// Where to forward to, by weight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ForwardConfig {
    pub(crate) target_groups: Vec<WeightedTargetGroup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_group_stickiness_config: Option<StickinessConfig>,
}

/// One target group of a forward action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct WeightedTargetGroup {
    pub(crate) target_group_arn: String,
    pub(crate) weight: Option<i64>,
}

/// Whether a client stays with a target group, and how long in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct StickinessConfig {
    #[serde(default)]
    pub(crate) enabled: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) duration_seconds: Option<i64>,
}

/// Where to redirect to; placeholders stand for the parts of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct RedirectConfig {
    #[serde(default = "same_protocol")]
    pub(crate) protocol: String,
    #[serde(default = "same_port")]
    pub(crate) port: String,
    #[serde(default = "same_host")]
    pub(crate) host: String,
    #[serde(default = "same_path")]
    pub(crate) path: String,
    #[serde(default = "same_query")]
    pub(crate) query: String,
    pub(crate) status_code: String,
}

/// An answer without a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct FixedResponseConfig {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message_body: Option<String>,
    pub(crate) status_code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content_type: Option<String>,
}

/// Sign-in at an `OpenID` Connect provider. The client secret is never shown again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct OidcConfig {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) user_info_endpoint: String,
    pub(crate) client_id: String,
    #[serde(default, skip_serializing)]
    pub(crate) client_secret: Option<String>,
    #[serde(default, skip_serializing)]
    pub(crate) use_existing_client_secret: Option<bool>,
    #[serde(default = "session_cookie")]
    pub(crate) session_cookie_name: String,
    #[serde(default = "openid")]
    pub(crate) scope: String,
    #[serde(default = "week")]
    pub(crate) session_timeout: i64,
    #[serde(
        default,
        deserialize_with = "entries",
        serialize_with = "as_entries",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub(crate) authentication_request_extra_params: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) on_unauthenticated_request: OnUnauthenticated,
}

/// Sign-in at a Cognito user pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct CognitoConfig {
    pub(crate) user_pool_arn: String,
    pub(crate) user_pool_client_id: String,
    pub(crate) user_pool_domain: String,
    #[serde(default = "session_cookie")]
    pub(crate) session_cookie_name: String,
    #[serde(default = "openid")]
    pub(crate) scope: String,
    #[serde(default = "week")]
    pub(crate) session_timeout: i64,
    #[serde(
        default,
        deserialize_with = "entries",
        serialize_with = "as_entries",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub(crate) authentication_request_extra_params: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) on_unauthenticated_request: OnUnauthenticated,
}

/// What becomes of a request without a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OnUnauthenticated {
    Deny,
    Allow,
    #[default]
    Authenticate,
}

/// Bearer tokens to let through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct JwtConfig {
    pub(crate) jwks_endpoint: String,
    pub(crate) issuer: String,
    #[serde(default)]
    pub(crate) additional_claims: Vec<JwtClaim>,
}

/// A claim that a token must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct JwtClaim {
    pub(crate) format: JwtClaimFormat,
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
}

/// How a claim holds its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum JwtClaimFormat {
    SingleString,
    StringArray,
    SpaceSeparatedValues,
}

/// A map on the wire: `X.entry.1.key` and `X.entry.1.value` in requests, repeated `<entry>`
/// elements in answers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: String,
    value: String,
}

fn entries<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let Entries { entry } = Entries::deserialize(deserializer)?;
    Ok(entry
        .into_iter()
        .map(|Entry { key, value }| (key, value))
        .collect())
}

fn as_entries<S: Serializer>(
    map: &BTreeMap<String, String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let entry = map
        .iter()
        .map(|(key, value)| Entry {
            key: key.clone(),
            value: value.clone(),
        })
        .collect();
    Entries { entry }.serialize(serializer)
}

fn same_protocol() -> String {
    "#{protocol}".to_owned()
}

fn same_port() -> String {
    "#{port}".to_owned()
}

fn same_host() -> String {
    "#{host}".to_owned()
}

fn same_path() -> String {
    "/#{path}".to_owned()
}

fn same_query() -> String {
    "#{query}".to_owned()
}

fn session_cookie() -> String {
    "AWSELBAuthSessionCookie".to_owned()
}

fn openid() -> String {
    "openid".to_owned()
}

/// Seven days in seconds.
fn week() -> i64 {
    604_800
}
