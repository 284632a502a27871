//! Where EC2 is asked.

use aws_config::SdkConfig;
use aws_sdk_elasticloadbalancingv2::config::endpoint::{
    DefaultResolver, InvalidParams, Params, ResolveEndpoint as _,
};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::endpoint::{
    EndpointFuture, EndpointResolverParams, ResolveEndpoint,
};
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::endpoint::Endpoint;

/// How the hosts of ELB begin, `elasticloadbalancing.` and `elasticloadbalancing-fips.`.
const ELB: &str = "https://elasticloadbalancing";
/// As those of EC2 do.
const EC2: &str = "https://ec2";

/// ELB's rules with EC2's name in the host: partitions and their domains, FIPS and dual stack are the same for both, word by
/// word in the SDK's generated crates, and come up to date with the crate that we have. `endpoints/tests.rs` has the
/// answers of EC2's own rules.
#[derive(Debug)]
pub(super) struct Endpoints {
    rules: DefaultResolver,
    params: Result<Params, InvalidParams>,
    /// A URL was given, which is taken as it is.
    given: bool,
}

impl Endpoints {
    pub(super) fn new(config: &SdkConfig, url: Option<String>) -> Self {
        let given = url.is_some();
        let params = Params::builder()
            .set_region(config.region().map(ToString::to_string))
            .set_use_dual_stack(config.use_dual_stack())
            .set_use_fips(config.use_fips())
            .set_endpoint(url)
            .build();
        Self {
            rules: DefaultResolver::new(),
            params,
            given,
        }
    }

    async fn resolve(&self) -> Result<Endpoint, BoxError> {
        let params = self.params.as_ref().map_err(ToString::to_string)?;
        let endpoint = self.rules.resolve_endpoint(params).await?;
        if self.given {
            return Ok(endpoint);
        }
        let rest = endpoint.url().strip_prefix(ELB);
        let rest = rest.ok_or_else(|| format!("no host of ELB: {}", endpoint.url()))?;
        let url = format!("{EC2}{rest}");
        Ok(endpoint.into_builder().url(url).build())
    }
}

impl ResolveEndpoint for Endpoints {
    fn resolve_endpoint<'a>(&'a self, _: &'a EndpointResolverParams) -> EndpointFuture<'a> {
        EndpointFuture::new(self.resolve())
    }
}

/// The runtime asks for parameters in each call's own state, where generated clients have those of the operation. Ours are
/// those of the configuration, which [`Endpoints`] has.
#[derive(Debug)]
pub(super) struct EndpointParams;

#[dyn_dispatch_hint]
impl Intercept for EndpointParams {
    fn name(&self) -> &'static str {
        "EndpointParams"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let params = EndpointResolverParams::new(());
        config.interceptor_state().store_put(params);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
