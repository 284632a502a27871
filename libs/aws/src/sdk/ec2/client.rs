//! The few calls of EC2 that we make, over the runtime that the SDK's generated clients use, too: signature, credentials,
//! endpoint, time limits, user agent and HTTP client come from the same `SdkConfig` as theirs.
//!
//! The generated crate of EC2 has 700 operations, and needs more memory to compile than anything else here. What it
//! does around a request is in its `config.rs`, and done in [`Client::new`]; what a request and an answer look like is the
//! EC2 Query protocol: <https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html>.

use std::error::Error;
use std::fmt;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::recursion_detection::RecursionDetectionInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{
    DisableClockSkewCorrection, ServiceClockSkewClassifier, ServiceClockSkewInterceptor,
};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::orchestrator::AuthSchemeAndEndpointOrchestrationV2;
use aws_smithy_runtime::client::orchestrator::operation::Operation as Orchestrated;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime::client::stalled_stream_protection::StalledStreamProtectionInterceptor;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::endpoint::{EndpointResolverParams, SharedEndpointResolver};
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::{SharedRuntimePlugin, StaticRuntimePlugin};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{FrozenLayer, Layer};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::region::SigningRegion;
use aws_types::request_id::apply_request_id;
use aws_types::{SigningName, service_config::ServiceConfigKey};

use super::answer::{self, Readable};
use super::endpoints::{EndpointParams, Endpoints};
use super::form::Form;
use crate::operation::Operation;

/// Service in signatures, user agents and the SDK's settings.
const SERVICE: &str = "ec2";
/// The API's version, of 2016 and the only one.
const VERSION: &str = "2016-11-15";

/// Clones are the same client.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    behavior: BehaviorVersion,
    /// What every call has in common.
    shared: SharedRuntimePlugin,
}

impl Client {
    /// With everything that a generated client takes from the configuration.
    pub(crate) fn new(config: &SdkConfig) -> Self {
        let plugin = StaticRuntimePlugin::new()
            .with_config(settings(config))
            .with_runtime_components(components(config));
        Self {
            behavior: config
                .behavior_version()
                .unwrap_or_else(BehaviorVersion::latest),
            shared: SharedRuntimePlugin::new(plugin),
        }
    }

    /// Sends the form once, and reads the answer.
    pub(super) async fn send<T: Readable>(
        &self,
        operation: Operation,
        form: &Form,
    ) -> Result<T, SdkError<Refusal, HttpResponse>> {
        Orchestrated::builder()
            .service_name("EC2")
            .operation_name(operation.name())
            .behavior_version(self.behavior)
            .runtime_plugin(self.shared.clone())
            .serializer(request)
            .deserializer(move |response| read(operation, response))
            .build()
            .invoke(form.encoded(operation.name(), VERSION))
            .await
    }
}

fn settings(config: &SdkConfig) -> FrozenLayer {
    let mut layer = Layer::new("EC2");
    layer.store_put(AuthSchemeAndEndpointOrchestrationV2);
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(EndpointResolverParams::new(()));
    layer.store_put(ApiMetadata::new(SERVICE, env!("CARGO_PKG_VERSION")));
    layer.store_put(SigningName::from_static(SERVICE));
    // The defaults are EC2's: path encoded twice and normalized, no hash of the body in a header.
    layer.store_put(SigV4OperationSigningConfig::default());
    if let Some(region) = config.region() {
        layer.store_put::<Region>(region.clone());
        layer.store_put(SigningRegion::from(region.clone()));
    }
    // An absent setting leaves the runtime's default.
    if let Some(retries) = config.retry_config() {
        layer.store_put(retries.clone());
    }
    if let Some(timeouts) = config.timeout_config() {
        layer.store_put(timeouts.clone());
    }
    if let Some(stalled) = config.stalled_stream_protection() {
        layer.store_put(stalled);
    }
    if let Some(disabled) = config.disable_clock_skew_correction() {
        layer.store_put(DisableClockSkewCorrection::from(disabled));
    }
    if let Some(name) = config.app_name() {
        layer.store_put(name.clone());
    }
    layer.freeze()
}

fn components(config: &SdkConfig) -> RuntimeComponentsBuilder {
    let schemes = StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]);
    let endpoints = Endpoints::new(config, override_of(config));
    let mut components = RuntimeComponentsBuilder::new("EC2")
        .with_http_client(config.http_client())
        .with_sleep_impl(config.sleep_impl())
        .with_time_source(Some(config.time_source().unwrap_or_default()))
        .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
        .with_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(schemes)))
        .with_endpoint_resolver(Some(SharedEndpointResolver::new(endpoints)))
        .with_interceptor(SharedInterceptor::permanent(EndpointParams))
        .with_interceptor(SharedInterceptor::permanent(
            ConnectionPoisoningInterceptor::new(),
        ))
        .with_interceptor(SharedInterceptor::permanent(
            StalledStreamProtectionInterceptor::default(),
        ))
        .with_interceptor(SharedInterceptor::new(ServiceClockSkewInterceptor::new()))
        .with_interceptor(SharedInterceptor::new(RequestInfoInterceptor::new()))
        .with_interceptor(SharedInterceptor::new(UserAgentInterceptor::new()))
        .with_interceptor(SharedInterceptor::new(InvocationIdInterceptor::new()))
        .with_interceptor(SharedInterceptor::permanent(
            RecursionDetectionInterceptor::new(),
        ))
        .with_retry_classifier(HttpStatusCodeClassifier::default())
        .with_retry_classifier(TransientErrorClassifier::<Refusal>::new())
        .with_retry_classifier(AwsErrorCodeClassifier::<Refusal>::new())
        .with_retry_classifier(ServiceClockSkewClassifier::<Refusal>::new());
    if let Some(provider) = config.credentials_provider() {
        components.set_identity_resolver(SCHEME_ID, provider);
    }
    // One cache for all clients of a configuration.
    if config.identity_cache().is_some() {
        components.set_identity_cache(config.identity_cache());
    }
    components
}

/// The URL that stands for AWS: what the program was told, else `AWS_ENDPOINT_URL_EC2` and its like in a profile, else
/// `AWS_ENDPOINT_URL`, as <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html> has it.
fn override_of(config: &SdkConfig) -> Option<String> {
    let general = config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return general;
    }
    let key = ServiceConfigKey::builder()
        .service_id("EC2")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let own = key
        .ok()
        .and_then(|key| config.service_config()?.load_config(key));
    own.or(general)
}

fn request(form: String) -> Result<HttpRequest, BoxError> {
    let length = form.len().to_string();
    let mut request = HttpRequest::new(SdkBody::from(form));
    request.set_method("POST")?;
    request.set_uri("/")?;
    let headers = request.headers_mut();
    headers.try_insert("content-type", "application/x-www-form-urlencoded")?;
    headers.try_insert("content-length", length)?;
    Ok(request)
}

fn read<T: Readable>(
    operation: Operation,
    response: &HttpResponse,
) -> Result<T, OrchestratorError<Refusal>> {
    let body = response.body().bytes().unwrap_or_default();
    let refusal = if response.status().is_success() {
        match answer::read(operation.name(), body) {
            Ok(answer) => return Ok(answer),
            Err(unreadable) => Refusal::unreadable(response, unreadable),
        }
    } else {
        Refusal::read(response, body)
    };
    Err(OrchestratorError::operation(refusal))
}

/// What EC2 answered instead.
#[derive(Debug)]
pub(super) struct Refusal {
    meta: Box<ErrorMetadata>,
    /// Why code and message are not known.
    unreadable: Option<Box<answer::Unreadable>>,
}

impl Refusal {
    fn read(response: &HttpResponse, body: &[u8]) -> Self {
        let error = match answer::error(body) {
            Ok(error) => error,
            Err(unreadable) => return Self::unreadable(response, unreadable),
        };
        let mut meta = apply_request_id(ErrorMetadata::builder(), response.headers());
        if let Some(code) = error.code {
            meta = meta.code(code);
        }
        if let Some(message) = error.message {
            meta = meta.message(message);
        }
        Self {
            meta: Box::new(meta.build()),
            unreadable: None,
        }
    }

    fn unreadable(response: &HttpResponse, unreadable: answer::Unreadable) -> Self {
        let meta = ErrorMetadata::builder();
        Self {
            meta: Box::new(apply_request_id(meta, response.headers()).build()),
            unreadable: Some(Box::new(unreadable)),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.meta.code() {
            Some(code) => f.write_str(code),
            None => f.write_str("an answer without an error code"),
        }
    }
}

impl Error for Refusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let unreadable = self.unreadable.as_deref()?;
        Some(unreadable)
    }
}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.meta
    }
}
