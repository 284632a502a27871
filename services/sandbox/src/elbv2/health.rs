//! Health checks of target groups: defaults and what AWS accepts.

use crate::error::ApiError;
use crate::resources::protocols::{Protocol, ProtocolVersion};
use crate::resources::target_groups::{HealthCheck, Matcher, TargetType};

/// What a caller asks; the rest stays as it is.
pub(crate) struct HealthCheckArgs {
    pub(crate) protocol: Option<Protocol>,
    pub(crate) port: Option<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) path: Option<String>,
    pub(crate) interval_seconds: Option<i64>,
    pub(crate) timeout_seconds: Option<i64>,
    pub(crate) healthy_threshold: Option<i64>,
    pub(crate) unhealthy_threshold: Option<i64>,
    pub(crate) matcher: Option<Matcher>,
}

/// `CreateTargetGroup`'s defaults.
pub(crate) fn defaults(
    protocol: Protocol,
    version: Option<ProtocolVersion>,
    target_type: TargetType,
) -> HealthCheck {
    let check_protocol = match (protocol, target_type) {
        (Protocol::Http | Protocol::Https, _) | (_, TargetType::Alb) => Protocol::Http,
        (Protocol::Tcp | Protocol::Tls | Protocol::Udp | Protocol::TcpUdp, _) => Protocol::Tcp,
    };
    let mut check = HealthCheck {
        protocol: check_protocol,
        port: "traffic-port".to_owned(),
        enabled: true,
        path: None,
        interval_seconds: 30,
        timeout_seconds: match protocol {
            Protocol::Http | Protocol::Https => 5,
            Protocol::Tcp | Protocol::Tls | Protocol::Udp | Protocol::TcpUdp => 10,
        },
        healthy_threshold: 5,
        unhealthy_threshold: 2,
        matcher: None,
    };
    fill_http(&mut check, protocol, version);
    check
}

/// The health check after a change, if AWS accepts it.
pub(crate) fn checked(
    protocol: Protocol,
    present: HealthCheck,
    asked: HealthCheckArgs,
) -> Result<HealthCheck, ApiError> {
    let HealthCheckArgs {
        protocol: check_protocol,
        port,
        enabled,
        path,
        interval_seconds,
        timeout_seconds,
        healthy_threshold,
        unhealthy_threshold,
        matcher,
    } = asked;
    let mut check = present;
    if let Some(check_protocol) = check_protocol
        && check_protocol != check.protocol
    {
        check.protocol = check_protocol;
        if check_protocol == Protocol::Tcp {
            check.path = None;
            check.matcher = None;
        } else {
            let version = check.matcher.as_ref().and_then(version_of);
            fill_http(&mut check, protocol, version);
        }
    }
    if check.protocol == Protocol::Tcp && (path.is_some() || matcher.is_some()) {
        return Err(ApiError::configuration(
            "A path or matcher cannot be specified for health checks with the protocol TCP",
        ));
    }
    check.port = port.unwrap_or(check.port);
    check.enabled = enabled.unwrap_or(check.enabled);
    check.path = path.or(check.path);
    check.interval_seconds = interval_seconds.unwrap_or(check.interval_seconds);
    check.timeout_seconds = timeout_seconds.unwrap_or(check.timeout_seconds);
    check.healthy_threshold = healthy_threshold.unwrap_or(check.healthy_threshold);
    check.unhealthy_threshold = unhealthy_threshold.unwrap_or(check.unhealthy_threshold);
    if let Some(matcher) = matcher {
        check_matcher(protocol, check.matcher.as_ref(), &matcher)?;
        check.matcher = Some(matcher);
    }
    check_values(protocol, &check)?;
    Ok(check)
}

fn fill_http(check: &mut HealthCheck, protocol: Protocol, version: Option<ProtocolVersion>) {
    if check.protocol == Protocol::Tcp {
        return;
    }
    let (path, matcher) = match (protocol, version) {
        (_, Some(ProtocolVersion::Grpc)) => (
            "/AWS.ALB/healthcheck",
            Matcher {
                http_code: None,
                grpc_code: Some("12".to_owned()),
            },
        ),
        (Protocol::Http | Protocol::Https, _) => ("/", http_matcher("200")),
        (Protocol::Tcp | Protocol::Tls | Protocol::Udp | Protocol::TcpUdp, _) => {
            ("/", http_matcher("200-399"))
        }
    };
    check.path.get_or_insert_with(|| path.to_owned());
    check.matcher.get_or_insert(matcher);
}

fn http_matcher(codes: &str) -> Matcher {
    Matcher {
        http_code: Some(codes.to_owned()),
        grpc_code: None,
    }
}

fn version_of(matcher: &Matcher) -> Option<ProtocolVersion> {
    matcher.grpc_code.as_ref().map(|_| ProtocolVersion::Grpc)
}

fn check_values(protocol: Protocol, check: &HealthCheck) -> Result<(), ApiError> {
    let layer_seven = matches!(protocol, Protocol::Http | Protocol::Https);
    let protocol_fits = match check.protocol {
        Protocol::Http | Protocol::Https => true,
        Protocol::Tcp => !layer_seven,
        Protocol::Tls | Protocol::Udp | Protocol::TcpUdp => false,
    };
    if !protocol_fits {
        return Err(ApiError::configuration(
            "The health check protocol does not fit the protocol of the target group",
        ));
    }
    let port_fits =
        check.port == "traffic-port" || check.port.parse::<u16>().is_ok_and(|port| port > 0);
    let wrong = if !port_fits {
        "The health check port must be 'traffic-port' or between 1 and 65535"
    } else if check
        .path
        .as_ref()
        .is_some_and(|path| !path.starts_with('/') || path.len() > 1024)
    {
        "The health check path must begin with '/' and have at most 1024 characters"
    } else if !(5..=300).contains(&check.interval_seconds) {
        "The health check interval must be between 5 and 300 seconds"
    } else if !(2..=120).contains(&check.timeout_seconds) {
        "The health check timeout must be between 2 and 120 seconds"
    } else if !(2..=10).contains(&check.healthy_threshold)
        || !(2..=10).contains(&check.unhealthy_threshold)
    {
        "The health check thresholds must be between 2 and 10"
    } else if layer_seven && check.timeout_seconds >= check.interval_seconds {
        "The health check interval must be greater than the timeout"
    } else {
        return Ok(());
    };
    Err(ApiError::validation(wrong))
}

fn check_matcher(
    protocol: Protocol,
    present: Option<&Matcher>,
    asked: &Matcher,
) -> Result<(), ApiError> {
    let grpc = present.is_some_and(|matcher| matcher.grpc_code.is_some());
    let (codes, low, high) = match (grpc, &asked.grpc_code, &asked.http_code) {
        (true, Some(codes), None) => (codes, 0, 99),
        (false, None, Some(codes)) => match protocol {
            Protocol::Http | Protocol::Https => (codes, 200, 499),
            Protocol::Tcp | Protocol::Tls | Protocol::Udp | Protocol::TcpUdp => (codes, 200, 599),
        },
        (true | false, _, _) => {
            return Err(ApiError::configuration(
                "The matcher must be an HTTP code, or a gRPC code for the protocol version GRPC",
            ));
        }
    };
    let within = |text: &str| {
        text.parse::<u32>()
            .ok()
            .filter(|code| (low..=high).contains(code))
    };
    let fits = codes.split(',').all(|part| match part.split_once('-') {
        None => within(part).is_some(),
        Some((first, last)) => match (within(first), within(last)) {
            (Some(first), Some(last)) => first <= last,
            _ => false,
        },
    });
    if fits {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "Health check matcher codes '{codes}' must be values or ranges between {low} and {high}"
    )))
}
