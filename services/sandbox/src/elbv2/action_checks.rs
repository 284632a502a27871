//! What AWS accepts as the actions of a listener or rule.

use crate::error::ApiError;
use crate::resources::actions::{
    Action, ActionKind, FixedResponseConfig, ForwardConfig, StickinessConfig, WeightedTargetGroup,
};
use crate::resources::load_balancers::{Kind, LoadBalancer};
use crate::resources::protocols::{Protocol, ProtocolVersion};
use crate::resources::target_groups::TargetGroup;
use crate::state::State;

use super::authentication::{self, Secret};
use super::{redirects, stickiness};

/// Where requests come in.
#[derive(Clone, Copy)]
pub(crate) struct Entrance<'a> {
    pub(crate) load_balancer: &'a LoadBalancer,
    pub(crate) protocol: Protocol,
    pub(crate) port: u16,
}

/// Actions as describes will show them, if AWS accepts them on this listener.
pub(crate) fn checked(
    state: &State,
    entrance: Entrance<'_>,
    secret: Secret,
    mut actions: Vec<Action>,
) -> Result<Vec<Action>, ApiError> {
    let Entrance {
        load_balancer,
        protocol,
        port,
    } = entrance;
    if actions.is_empty() {
        return Err(ApiError::validation(
            "At least one action must be specified",
        ));
    }
    check_order(&mut actions)?;
    let Some((last, before)) = actions.split_last_mut() else {
        return Err(ApiError::validation(
            "At least one action must be specified",
        ));
    };
    for action in before.iter() {
        match action.kind {
            ActionKind::AuthenticateOidc
            | ActionKind::AuthenticateCognito
            | ActionKind::JwtValidation => {}
            ActionKind::Forward | ActionKind::Redirect | ActionKind::FixedResponse => {
                return Err(invalid(
                    "There must be exactly one forward, redirect or fixed-response action, and \
                     it must be the last one",
                ));
            }
        }
        if protocol != Protocol::Https {
            return Err(invalid(
                "Authenticate and jwt-validation actions are for HTTPS listeners only",
            ));
        }
        authentication::check(action, secret)?;
    }
    if before.len() > 1 {
        return Err(invalid(
            "At most one authenticate or jwt-validation action can be specified",
        ));
    }
    match last.kind {
        ActionKind::Forward => check_forward(state, load_balancer, protocol, last)?,
        ActionKind::Redirect | ActionKind::FixedResponse if load_balancer.kind == Kind::Network => {
            return Err(invalid(
                "Network load balancers support forward actions only",
            ));
        }
        ActionKind::Redirect => redirects::check(last.redirect_config.as_ref(), protocol, port)?,
        ActionKind::FixedResponse => check_fixed_response(last.fixed_response_config.as_ref())?,
        ActionKind::AuthenticateOidc
        | ActionKind::AuthenticateCognito
        | ActionKind::JwtValidation => {
            return Err(invalid(
                "The last action must be a forward, redirect or fixed-response action",
            ));
        }
    }
    for action in &actions {
        only_own_config(action)?;
    }
    Ok(actions)
}

/// The target groups that actions name, each once.
pub(crate) fn target_groups(actions: &[Action]) -> Vec<String> {
    let mut arns: Vec<String> = actions
        .iter()
        .filter_map(|action| action.forward_config.as_ref())
        .flat_map(|config| &config.target_groups)
        .map(|group| group.target_group_arn.clone())
        .collect();
    arns.sort();
    arns.dedup();
    arns
}

fn check_order(actions: &mut [Action]) -> Result<(), ApiError> {
    if actions.len() == 1 {
        return Ok(());
    }
    // One authenticate or validation and one that ends it: AWS allows no more in a rule.
    if actions.len() > 5 {
        return Err(ApiError::new(
            "TooManyActions",
            "The maximum number of actions per rule has been reached",
        ));
    }
    if actions.iter().any(|action| action.order.is_none()) {
        return Err(invalid(
            "The order must be specified for every action when there is more than one",
        ));
    }
    actions.sort_by_key(|action| action.order);
    if actions
        .windows(2)
        .any(|pair| pair[0].order == pair[1].order)
    {
        return Err(invalid("The orders of the actions must be unique"));
    }
    Ok(())
}

fn check_forward(
    state: &State,
    load_balancer: &LoadBalancer,
    protocol: Protocol,
    action: &mut Action,
) -> Result<(), ApiError> {
    let config = forward_config(action)?;
    let limit = match load_balancer.kind {
        Kind::Application => {
            state
                .quotas
                .target_groups_per_action_on_application_load_balancer
        }
        Kind::Network => {
            state
                .quotas
                .target_groups_per_action_on_network_load_balancer
        }
    };
    if config.target_groups.len() > limit as usize {
        return Err(ApiError::new(
            "TooManyTargetGroups",
            format!("A forward action can have at most {limit} target groups"),
        ));
    }
    for (index, weighted) in config.target_groups.iter().enumerate() {
        let arn = &weighted.target_group_arn;
        if config.target_groups[..index]
            .iter()
            .any(|earlier| &earlier.target_group_arn == arn)
        {
            return Err(ApiError::validation(format!(
                "Target group '{arn}' is specified more than once"
            )));
        }
        if !weighted
            .weight
            .is_none_or(|weight| (0..=999).contains(&weight))
        {
            return Err(ApiError::validation(
                "Weights of target groups must be between 0 and 999",
            ));
        }
        check_fit(load_balancer, protocol, state.target_group(arn)?)?;
    }
    if let Some(stickiness) = &config.target_group_stickiness_config {
        check_stickiness(stickiness)?;
    }
    let mut config = config;
    for weighted in &mut config.target_groups {
        weighted.weight.get_or_insert(1);
    }
    if load_balancer.kind == Kind::Application {
        config
            .target_group_stickiness_config
            .get_or_insert(StickinessConfig {
                enabled: false,
                duration_seconds: None,
            });
    }
    stickiness::check_action(state, load_balancer, &config)?;
    action.target_group_arn = match config.target_groups.as_slice() {
        [only] => Some(only.target_group_arn.clone()),
        _ => None,
    };
    action.forward_config = Some(config);
    Ok(())
}

/// One list out of the two ways to name target groups; both may be given when they agree.
fn forward_config(action: &Action) -> Result<ForwardConfig, ApiError> {
    match (&action.target_group_arn, &action.forward_config) {
        (Some(arn), None) => Ok(ForwardConfig {
            target_groups: vec![WeightedTargetGroup {
                target_group_arn: arn.clone(),
                weight: None,
            }],
            target_group_stickiness_config: None,
        }),
        (None, Some(config)) if !config.target_groups.is_empty() => Ok(config.clone()),
        (Some(arn), Some(config))
            if config.target_groups.len() == 1
                && &config.target_groups[0].target_group_arn == arn =>
        {
            Ok(config.clone())
        }
        (Some(_), Some(_)) => Err(ApiError::validation(
            "You cannot specify both a target group ARN and other target groups in a forward \
             action",
        )),
        (None, _) => Err(ApiError::validation(
            "A target group ARN must be specified for a forward action",
        )),
    }
}

fn check_stickiness(stickiness: &StickinessConfig) -> Result<(), ApiError> {
    match (stickiness.enabled, stickiness.duration_seconds) {
        (true, None) => Err(ApiError::validation(
            "The duration of target group stickiness must be specified when it is enabled",
        )),
        (_, Some(seconds)) if !(1..=604_800).contains(&seconds) => Err(ApiError::validation(
            "The duration of target group stickiness must be between 1 and 604800 seconds",
        )),
        (true | false, _) => Ok(()),
    }
}

/// Whether a listener of this protocol may forward to the target group.
fn check_fit(
    load_balancer: &LoadBalancer,
    listener: Protocol,
    group: &TargetGroup,
) -> Result<(), ApiError> {
    use Protocol::{Http, Https, Tcp, TcpUdp, Tls, Udp};
    if group.vpc_id != load_balancer.vpc_id {
        return Err(ApiError::configuration(format!(
            "The target group '{}' is in VPC '{}', the load balancer in '{}'",
            group.arn, group.vpc_id, load_balancer.vpc_id
        )));
    }
    let fits = match listener {
        Http | Https => matches!(group.protocol, Http | Https),
        Tcp => matches!(group.protocol, Tcp | TcpUdp),
        Udp => matches!(group.protocol, Udp | TcpUdp),
        Tls => matches!(group.protocol, Tcp | Tls),
        TcpUdp => group.protocol == TcpUdp,
    };
    if !fits {
        return Err(ApiError::new(
            "IncompatibleProtocols",
            format!(
                "Listener protocol '{}' is not compatible with the protocol '{}' of target \
                 group '{}'",
                listener.name(),
                group.protocol.name(),
                group.arn
            ),
        ));
    }
    let needs_https = match group.protocol_version {
        Some(ProtocolVersion::Grpc | ProtocolVersion::Http2) => true,
        Some(ProtocolVersion::Http1) | None => false,
    };
    if needs_https && listener != Https {
        return Err(ApiError::new(
            "UnsupportedProtocol",
            format!(
                "Listener protocol '{}' is not supported with the protocol version of target \
                 group '{}'",
                listener.name(),
                group.arn
            ),
        ));
    }
    Ok(())
}

fn check_fixed_response(config: Option<&FixedResponseConfig>) -> Result<(), ApiError> {
    let Some(config) = config else {
        return Err(ApiError::validation(
            "A fixed-response action must have a fixed response configuration",
        ));
    };
    let FixedResponseConfig {
        message_body,
        status_code,
        content_type,
    } = config;
    let digits = status_code.as_bytes();
    let wrong = if !(digits.len() == 3
        && digits.iter().all(u8::is_ascii_digit)
        && matches!(digits[0], b'2' | b'4' | b'5'))
    {
        "The status code of a fixed response must be 2XX, 4XX or 5XX"
    } else if message_body.as_ref().is_some_and(|body| body.len() > 1024) {
        "The message body of a fixed response must have at most 1024 characters"
    } else if content_type.as_ref().is_some_and(|content_type| {
        ![
            "text/plain",
            "text/css",
            "text/html",
            "application/javascript",
            "application/json",
        ]
        .contains(&content_type.as_str())
    }) {
        return Err(invalid(
            "The content type of a fixed response must be text/plain, text/css, text/html, \
             application/javascript or application/json",
        ));
    } else {
        return Ok(());
    };
    Err(ApiError::validation(wrong))
}

/// A configuration of another kind of action beside the own one is a mistake, not a hint.
fn only_own_config(action: &Action) -> Result<(), ApiError> {
    let Action {
        kind,
        target_group_arn,
        order: _,
        forward_config,
        redirect_config,
        fixed_response_config,
        authenticate_oidc_config,
        authenticate_cognito_config,
        jwt_validation_config,
    } = action;
    let foreign = [
        (ActionKind::Forward, target_group_arn.is_some()),
        (ActionKind::Forward, forward_config.is_some()),
        (ActionKind::Redirect, redirect_config.is_some()),
        (ActionKind::FixedResponse, fixed_response_config.is_some()),
        (
            ActionKind::AuthenticateOidc,
            authenticate_oidc_config.is_some(),
        ),
        (
            ActionKind::AuthenticateCognito,
            authenticate_cognito_config.is_some(),
        ),
        (ActionKind::JwtValidation, jwt_validation_config.is_some()),
    ];
    if foreign.iter().any(|(of, given)| *given && of != kind) {
        return Err(invalid(
            "An action has the configuration of another type of action",
        ));
    }
    Ok(())
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("InvalidLoadBalancerAction", message)
}
