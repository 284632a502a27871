//! Which AWS: the real one or a sandbox.

use std::str::FromStr;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use crate::pace::Pacing;

/// Which AWS to talk to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// AWS itself, with the SDK's default chains for credentials and, where it is not given, region.
    Real {
        /// For example `eu-central-1`.
        region: Option<String>,
    },
    /// A sandbox: dummy credentials, and the region of [`sandbox_region`].
    Url {
        /// For example `http://127.0.0.1:4566`.
        url: String,
        /// For example `eu-central-1`.
        region: Option<String>,
    },
}

/// A string that names no AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected real, or an http:// or https:// URL")]
pub struct InvalidEndpoint;

/// `real`, or a URL with a host.
impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        if value == "real" {
            return Ok(Self::Real { region: None });
        }
        let host = value
            .strip_prefix("http://")
            .or_else(|| value.strip_prefix("https://"))
            .ok_or(InvalidEndpoint)?;
        if host.is_empty() || host.starts_with(['/', ':']) {
            return Err(InvalidEndpoint);
        }
        Ok(Self::url(value.to_owned()))
    }
}

/// Region of a sandbox unless the environment names one.
pub const SANDBOX_REGION: &str = "us-west-2";

/// A connection that is not there within this time is not there.
const CONNECT: Duration = Duration::from_secs(3);
/// For one try. AWS answers within a second or two even where it works for minutes afterwards; 20 seconds tell a slow
/// answer from a lost one.
const TRY: Duration = Duration::from_secs(20);
/// A connection that nobody needed for so long is closed: a burst leaves hundreds, of 50 KiB each.
const IDLE: Duration = Duration::from_secs(20);

impl Endpoint {
    /// A sandbox in its own region.
    pub fn url(url: String) -> Self {
        Self::Url { url, region: None }
    }

    /// The same AWS, in this region if one is given.
    #[must_use]
    pub fn in_region(self, other: Option<String>) -> Self {
        match self {
            Self::Real { region } => Self::Real {
                region: other.or(region),
            },
            Self::Url { url, region } => Self::Url {
                url,
                region: other.or(region),
            },
        }
    }

    /// How fast to ask there unless somebody knows better.
    pub fn pacing(&self) -> Pacing {
        match self {
            Self::Real { .. } => Pacing::REAL,
            Self::Url { .. } => Pacing::LOCAL,
        }
    }
}

/// Region in which a sandbox is asked: this one if it is given, else that of `AWS_REGION` or `AWS_DEFAULT_REGION`, else
/// [`SANDBOX_REGION`].
pub async fn sandbox_region(given: Option<String>) -> String {
    let region = RegionProviderChain::first_try(given.map(Region::new))
        .or_else(EnvironmentVariableRegionProvider::new())
        .region()
        .await;
    region.map_or_else(|| SANDBOX_REGION.to_owned(), |region| region.to_string())
}

pub(crate) async fn load(endpoint: &Endpoint) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(TRY)
        .build();
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client(match endpoint {
            Endpoint::Real { .. } => ProxyConfig::from_env(),
            // It is on this machine or in this cluster.
            Endpoint::Url { .. } => ProxyConfig::disabled(),
        }))
        // pace.rs tries again; two layers that do would multiply.
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts);
    match endpoint {
        Endpoint::Real { region: None } => loader.load().await,
        Endpoint::Real {
            region: Some(region),
        } => loader.region(Region::new(region.clone())).load().await,
        Endpoint::Url { url, region } => {
            let region = sandbox_region(region.clone()).await;
            loader
                .region(Region::new(region))
                .credentials_provider(Credentials::from_keys("sandbox", "sandbox", None))
                .endpoint_url(url.clone())
                .load()
                .await
        }
    }
}

/// The SDK's own but for [`IDLE`]; a client that is not the default one knows no proxy unless it is told.
fn http_client(proxy: ProxyConfig) -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder()
            .pool_idle_timeout(IDLE)
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.build()
    })
}
