//! What AWS accepts as a redirect on a listener (`RedirectActionConfig`).

use crate::error::ApiError;
use crate::resources::actions::RedirectConfig;
use crate::resources::protocols::Protocol;

/// Checks a redirect of requests that come by this protocol to this port.
pub(super) fn check(
    config: Option<&RedirectConfig>,
    protocol: Protocol,
    port: u16,
) -> Result<(), ApiError> {
    let Some(config) = config else {
        return Err(ApiError::validation(
            "A redirect action must have a redirect configuration",
        ));
    };
    check_parts(config)?;
    let to_protocol = match config.protocol.as_str() {
        "#{protocol}" => protocol.name(),
        other => other,
    };
    // "You can redirect HTTP to HTTP, HTTP to HTTPS, and HTTPS to HTTPS. You can't redirect HTTPS
    // to HTTP."
    if protocol == Protocol::Https && to_protocol == Protocol::Http.name() {
        return Err(invalid("You cannot redirect HTTPS to HTTP"));
    }
    // "You must modify at least one of the following components to avoid a redirect loop:
    // protocol, hostname, port, or path."
    let to_itself = to_protocol == protocol.name()
        && (config.port == "#{port}" || config.port.parse() == Ok(port))
        && config.host == "#{host}"
        && config.path == "/#{path}";
    if to_itself {
        return Err(invalid(
            "The redirect configuration is not valid because it creates a loop.",
        ));
    }
    Ok(())
}

fn check_parts(config: &RedirectConfig) -> Result<(), ApiError> {
    let RedirectConfig {
        protocol,
        port,
        host,
        path,
        query,
        status_code,
    } = config;
    let wrong = if !["HTTP", "HTTPS", "#{protocol}"].contains(&protocol.as_str()) {
        "The protocol of a redirect must be HTTP, HTTPS or #{protocol}"
    } else if port != "#{port}" && !port.parse::<u16>().is_ok_and(|port| port > 0) {
        "The port of a redirect must be between 1 and 65535 or #{port}"
    } else if !(1..=128).contains(&host.chars().count()) {
        "The host of a redirect must have 1 to 128 characters"
    } else if !path.starts_with('/') || path.chars().count() > 128 {
        "The path of a redirect must begin with '/' and have at most 128 characters"
    } else if query.starts_with('?') || query.chars().count() > 128 {
        "The query of a redirect must not begin with '?' and have at most 128 characters"
    } else if !["HTTP_301", "HTTP_302"].contains(&status_code.as_str()) {
        "The status code of a redirect must be HTTP_301 or HTTP_302"
    } else {
        return Ok(());
    };
    Err(ApiError::validation(wrong))
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("InvalidLoadBalancerAction", message)
}
