//! ListenerRuleConfiguration.

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What ELB can do on a rule and Gateway API cannot say. A route's rule names one by an ExtensionRef filter.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[kube(
    group = "gateway.k8s.aws",
    version = "v1",
    kind = "ListenerRuleConfiguration",
    plural = "listenerruleconfigurations",
    namespaced,
    status = "ListenerRuleConfigurationStatus",
    doc = "Actions and conditions of a listener rule that Gateway API has no words for",
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[x_kube(
    validation = Rule::new("!has(self.actions) || self.actions.filter(a, a.type in ['authenticate-oidc', 'authenticate-cognito', 'jwt-validation']).size() <= 1")
        .message("there may be at most one of authenticate-oidc, authenticate-cognito and jwt-validation"),
    validation = Rule::new("!has(self.actions) || self.actions.filter(a, a.type in ['forward', 'redirect', 'fixed-response']).size() <= 1")
        .message("there may be at most one of forward, redirect and fixed-response")
)]
#[serde(rename_all = "camelCase")]
pub struct ListenerRuleConfigurationSpec {
    /// What is done with a request: authenticate it, then answer or forward it.
    #[schemars(length(min = 1, max = 2))]
    pub actions: Option<Vec<Action>>,
    /// What a request must be like, besides the route's matches.
    #[schemars(length(min = 1, max = 100))]
    pub conditions: Option<Vec<RuleCondition>>,
    /// AWS tags on the rule.
    pub tags: Option<BTreeMap<String, String>>,
}

/// What the AWS Load Balancer Controller notes. Kept in the schema so that a move to or from it prunes
/// nothing; never written here.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListenerRuleConfigurationStatus {
    /// Generation that was looked at.
    pub observed_generation: Option<i64>,
    /// Whether it is valid.
    pub accepted: Option<bool>,
    /// Why not.
    pub message: Option<String>,
}

/// One action: its type and the one config that belongs to it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[x_kube(
    validation = Rule::new("(self.type == 'forward') == has(self.forwardConfig)")
        .message("forwardConfig must be given for type forward, and for no other"),
    validation = Rule::new("(self.type == 'redirect') == has(self.redirectConfig)")
        .message("redirectConfig must be given for type redirect, and for no other"),
    validation = Rule::new("(self.type == 'fixed-response') == has(self.fixedResponseConfig)")
        .message("fixedResponseConfig must be given for type fixed-response, and for no other"),
    validation = Rule::new("(self.type == 'authenticate-cognito') == has(self.authenticateCognitoConfig)")
        .message("authenticateCognitoConfig must be given for type authenticate-cognito, and for no other"),
    validation = Rule::new("(self.type == 'authenticate-oidc') == has(self.authenticateOIDCConfig)")
        .message("authenticateOIDCConfig must be given for type authenticate-oidc, and for no other"),
    validation = Rule::new("(self.type == 'jwt-validation') == has(self.jwtValidationConfig)")
        .message("jwtValidationConfig must be given for type jwt-validation, and for no other")
)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// Type.
    pub r#type: ActionType,
    /// For forward.
    pub forward_config: Option<ForwardConfig>,
    /// For redirect.
    pub redirect_config: Option<RedirectConfig>,
    /// For fixed-response.
    pub fixed_response_config: Option<FixedResponseConfig>,
    /// For authenticate-cognito.
    pub authenticate_cognito_config: Option<AuthenticateCognitoConfig>,
    /// For authenticate-oidc.
    #[serde(rename = "authenticateOIDCConfig")]
    pub authenticate_oidc_config: Option<AuthenticateOidcConfig>,
    /// For jwt-validation.
    pub jwt_validation_config: Option<JwtValidationConfig>,
}

/// `type` of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActionType {
    /// To target groups.
    Forward,
    /// A redirect.
    Redirect,
    /// An answer from the load balancer itself.
    FixedResponse,
    /// Sign-in with Cognito.
    AuthenticateCognito,
    /// Sign-in with an OIDC provider.
    AuthenticateOidc,
    /// A JWT in the request.
    JwtValidation,
}

/// Forwarding; the targets come from the route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForwardConfig {
    /// Whether a client stays with its target group.
    pub target_group_stickiness_config: Option<StickinessConfig>,
}

/// Stickiness between target groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StickinessConfig {
    /// Seconds. Default: 3600.
    #[schemars(range(min = 1, max = 604_800))]
    pub duration_seconds: Option<i32>,
    /// Default: false.
    pub enabled: Option<bool>,
}

/// A redirect; all but the query comes from the route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct RedirectConfig {
    /// Query without the question mark; ELB's placeholders may be used. Default: #{query}.
    pub query: Option<String>,
}

/// An answer from the load balancer itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[x_kube(
    validation = Rule::new("(self.statusCode >= 200 && self.statusCode <= 299) || (self.statusCode >= 400 && self.statusCode <= 599)")
        .message("statusCode must be 2XX, 4XX or 5XX")
)]
#[serde(rename_all = "camelCase")]
pub struct FixedResponseConfig {
    /// 2XX, 4XX or 5XX.
    pub status_code: i32,
    /// Default: text/plain.
    pub content_type: Option<ContentType>,
    /// Body.
    #[schemars(length(max = 1024))]
    pub message_body: Option<String>,
}

/// `contentType` of a fixed response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum ContentType {
    /// text/plain.
    #[serde(rename = "text/plain")]
    Plain,
    /// text/css.
    #[serde(rename = "text/css")]
    Css,
    /// text/html.
    #[serde(rename = "text/html")]
    Html,
    /// application/javascript.
    #[serde(rename = "application/javascript")]
    JavaScript,
    /// application/json.
    #[serde(rename = "application/json")]
    Json,
}

/// What happens to a request without a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnUnauthenticated {
    /// 401.
    Deny,
    /// Passed on.
    Allow,
    /// Sent to sign in.
    Authenticate,
}

/// Sign-in with Cognito.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticateCognitoConfig {
    /// ARN of the user pool.
    pub user_pool_arn: String,
    /// Id of the user pool's client.
    pub user_pool_client_id: String,
    /// Domain of the user pool.
    pub user_pool_domain: String,
    /// Claims that are asked for. Default: openid.
    pub scope: Option<String>,
    /// Query parameters of the request for authorization.
    #[schemars(extend("maxProperties" = 10))]
    pub authentication_request_extra_params: Option<BTreeMap<String, String>>,
    /// Default: authenticate.
    pub on_unauthenticated_request: Option<OnUnauthenticated>,
    /// Default: AWSELBAuthSessionCookie.
    pub session_cookie_name: Option<String>,
    /// Seconds. Default: 604800.
    #[schemars(range(min = 1, max = 604_800))]
    pub session_timeout: Option<i64>,
}

/// Sign-in with an OIDC provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticateOidcConfig {
    /// Issuer, a full URL.
    pub issuer: String,
    /// Authorization endpoint, a full URL.
    pub authorization_endpoint: String,
    /// Token endpoint, a full URL.
    pub token_endpoint: String,
    /// User info endpoint, a full URL.
    pub user_info_endpoint: String,
    /// Secret with clientID (or clientId) and clientSecret, in the same namespace.
    pub secret: SecretReference,
    /// Claims that are asked for. Default: openid.
    pub scope: Option<String>,
    /// Query parameters of the request for authorization.
    #[schemars(extend("maxProperties" = 10))]
    pub authentication_request_extra_params: Option<BTreeMap<String, String>>,
    /// Default: authenticate.
    pub on_unauthenticated_request: Option<OnUnauthenticated>,
    /// Default: AWSELBAuthSessionCookie.
    pub session_cookie_name: Option<String>,
    /// Seconds. Default: 604800.
    #[schemars(range(min = 1, max = 604_800))]
    pub session_timeout: Option<i64>,
    /// Whether a rule keeps the secret that it has; decided by the controller, read for compatibility only.
    pub use_existing_client_secret: Option<bool>,
}

/// A Secret of the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct SecretReference {
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Validation of a JWT.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JwtValidationConfig {
    /// Issuer.
    #[schemars(length(max = 256))]
    pub issuer: String,
    /// Where the keys are, a full URL.
    #[schemars(length(max = 256))]
    pub jwks_endpoint: String,
    /// Further claims that must hold.
    pub additional_claims: Option<Vec<JwtClaim>>,
}

/// A claim that must hold.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct JwtClaim {
    /// How values stand in the token.
    pub format: JwtClaimFormat,
    /// Name; exp, iss, nbf and iat are validated anyway.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Accepted values.
    #[schemars(length(min = 1, max = 10))]
    pub values: Vec<String>,
}

/// `format` of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JwtClaimFormat {
    /// One string.
    SingleString,
    /// A list.
    StringArray,
    /// Words in one string.
    SpaceSeparatedValues,
}

/// A condition on requests.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[x_kube(
    validation = Rule::new("(self.field == 'source-ip') == has(self.sourceIPConfig)")
        .message("sourceIPConfig must be given for field source-ip")
)]
#[serde(rename_all = "camelCase")]
pub struct RuleCondition {
    /// What is looked at.
    pub field: RuleConditionField,
    /// For source-ip.
    #[serde(rename = "sourceIPConfig")]
    pub source_ip_config: Option<SourceIpConfig>,
    /// To which of the rule's matches it is added, by index. Default: all.
    pub match_indexes: Option<Vec<i32>>,
}

/// `field` of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum RuleConditionField {
    /// The client's address.
    #[serde(rename = "source-ip")]
    SourceIp,
}

/// Addresses of clients.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct SourceIpConfig {
    /// CIDRs.
    #[schemars(length(min = 1))]
    pub values: Vec<String>,
}
