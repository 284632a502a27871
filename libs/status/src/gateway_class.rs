//! `GatewayClass.status`.

use tributary_model::controller::{self, Controller};
use tributary_model::judgement::GatewayClassJudgement;
use tributary_model::status::GatewayClassStatus;

use crate::conditions::{Stamp, next_conditions};
use crate::reasons::{ACCEPTED, ConditionRow, DEGRADED, Situation, condition_row};
use crate::words::list;

/// The condition types that we write.
///
/// Not among them: `SupportedVersion`, which is experimental and speaks of the CRDs in the cluster; those
/// are no part of a judgement.
pub(crate) const OWNED: &[&str] = &[ACCEPTED, DEGRADED];

pub(crate) fn next_status(
    judged: &GatewayClassJudgement,
    current: &GatewayClassStatus,
    stamp: Stamp,
) -> GatewayClassStatus {
    if judged.left_alone {
        return current.clone();
    }
    let conditions = std::iter::once(accepted(judged)).chain(degraded(judged));
    GatewayClassStatus {
        conditions: next_conditions(
            conditions.map(Into::into).collect(),
            OWNED,
            &current.conditions,
            stamp,
        ),
        supported_features: supported_features(&judged.controller_name)
            .into_iter()
            .map(str::to_owned)
            .collect(),
    }
}

pub(crate) fn accepted(judged: &GatewayClassJudgement) -> ConditionRow {
    condition_row(match &judged.invalid_parameters {
        None => Situation::ClassAccepted,
        Some(why) => Situation::ClassAcceptedInvalidParameters(why),
    })
}

/// Only there while something of its parameters is refused: its Gateways are served without that.
pub(crate) fn degraded(judged: &GatewayClassJudgement) -> Option<ConditionRow> {
    if judged.problems.is_empty() {
        return None;
    }
    let problems = list(judged.problems.iter().cloned());
    Some(condition_row(Situation::ClassNotInFull(&problems)))
}

/// Names of Gateway API's features (its Go package `pkg/features`, v1.6.1) that Gateways of a controller
/// have, sorted as the API demands.
///
/// A route kind is named when its routes are served. What ELB cannot do inside such a kind (header
/// modification, mirrors, timeouts …) has feature names of its own that are absent here, or is said on the
/// route. `HTTPRouteQueryParamMatching` is absent because ELB compares query strings without case.
pub fn supported_features(controller_name: &str) -> Vec<&'static str> {
    let controller = controller::of(controller_name).map(|(_, controller)| controller);
    let mut features = match controller {
        Some(Controller::Alb) => [COMMON, ALB].concat(),
        Some(Controller::Nlb) => [COMMON, NLB].concat(),
        Some(Controller::Elb) | None => [COMMON, ALB, NLB].concat(),
    };
    features.sort_unstable();
    features
}

const COMMON: &[&str] = &[
    "Gateway",
    "GatewayPort8080",
    "ListenerSet",
    "ReferenceGrant",
];

const ALB: &[&str] = &[
    "GRPCRoute",
    "GRPCRouteNamedRouteRule",
    "GatewayHTTPListenerIsolation",
    "HTTPRoute",
    "HTTPRouteHostRewrite",
    "HTTPRouteMethodMatching",
    "HTTPRouteNamedRouteRule",
    "HTTPRouteParentRefPort",
    "HTTPRoutePathRedirect",
    "HTTPRoutePathRewrite",
    "HTTPRoutePortRedirect",
    "HTTPRouteSchemeRedirect",
];

const NLB: &[&str] = &["TCPRoute", "TLSRoute", "UDPRoute"];

#[cfg(test)]
mod tests;
