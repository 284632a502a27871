//! One route rule, as far as it is the same on every listener.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use tributary_model::RouteKind;
use tributary_model::config::{
    AuthenticateAction, ListenerRuleConfiguration, RoutingAction, SourceIpCondition,
};
use tributary_model::desired::{DesiredAction, RuleTransform};
use tributary_model::resolved::{DroppedRule, UnresolvedRef};
use tributary_model::route::{PathMatch, Route, RouteMatch, RouteRule};

use super::conditions::{self, MatchConditions};
use super::filters::{self, Filters};
use super::precedence::{self, MatchRank};
use crate::read::reader::Reader;
use crate::rules::backends::{self, BackendContext, Backends};
use crate::rules::problem::Problem;
use crate::values::target_group::TargetGroupTemplate;

/// What became of a rule.
#[derive(Default)]
pub(crate) struct Translation {
    /// Nothing when the rule is left out.
    pub(crate) rule: Option<Translated>,
    pub(crate) dropped: Vec<DroppedRule>,
    /// What of a rule that is served is not as it was asked for.
    pub(crate) degraded: Vec<String>,
    pub(crate) unresolved: Vec<UnresolvedRef>,
}

/// A rule that an ELB can serve, before its hostnames.
pub(crate) struct Translated {
    pub(crate) index: usize,
    pub(crate) matches: Vec<TranslatedMatch>,
    pub(crate) authenticate: Option<AuthenticateAction>,
    pub(crate) https_only: Option<HttpsOnly>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) groups: Arc<[Arc<TargetGroupTemplate>]>,
}

/// One match of it.
pub(crate) struct TranslatedMatch {
    pub(crate) index: usize,
    pub(crate) rank: MatchRank,
    pub(crate) conditions: MatchConditions,
    pub(crate) action: DesiredAction,
    pub(crate) transforms: Vec<RuleTransform>,
}

/// Why a rule works on HTTPS listeners only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HttpsOnly {
    /// ELB authenticates on HTTPS only.
    Authentication,
    /// HTTP/2 and gRPC reach clients, and targets of these versions, through HTTPS only.
    Version,
}

/// The answer to what has no backend that could take it (Gateway API: 500).
pub(crate) fn no_backend() -> DesiredAction {
    DesiredAction::FixedResponse {
        status_code: 500,
        content_type: None,
        body: None,
    }
}

/// Translates one rule.
pub(crate) fn translate(
    reader: &mut Reader<'_>,
    context: BackendContext<'_>,
    route: &Route,
    index: usize,
    rule: &RouteRule,
) -> Translation {
    let filters = filters::sort(reader, &route.meta.key.namespace, index, rule);
    // A redirect has no backends.
    let backends = if filters.redirect.is_some() {
        Backends::default()
    } else {
        backends::resolve(reader, context, route, index, rule)
    };
    let unsupported = rule.unsupported.iter().map(|feature| {
        Problem::unsupported(
            format!("rules[{index}].{feature}"),
            format!("an ELB has no {feature} for a rule"),
        )
    });
    let mut problems: Vec<Problem> = unsupported.collect();
    problems.extend(filters.problems.iter().cloned());
    problems.extend(backends.problems.iter().cloned());
    let matches = matches(index, rule, &filters, &backends, &mut problems);
    let dropped = |problems: Vec<Problem>| -> Vec<DroppedRule> {
        problems
            .into_iter()
            .map(|problem| problem.dropping(index))
            .collect()
    };
    if !problems.is_empty() {
        return Translation {
            rule: None,
            dropped: dropped(problems),
            degraded: Vec::new(),
            unresolved: backends.unresolved,
        };
    }
    // A rule that answers with an error has no backends.
    let mut degraded = if filters.missing.is_some() {
        Vec::new()
    } else {
        backends.degraded
    };
    degraded.extend(
        filters
            .configuration
            .into_iter()
            .flat_map(|configuration| filters::degraded(configuration, rule)),
    );
    let authenticate = filters
        .configuration
        .and_then(|configuration| configuration.authenticate.clone());
    let https_only = if authenticate.is_some() {
        Some(HttpsOnly::Authentication)
    } else {
        (backends.https_only || route.kind == RouteKind::Grpc).then_some(HttpsOnly::Version)
    };
    let forwards = matches
        .iter()
        .any(|matched| matches!(matched.action, DesiredAction::Forward { .. }));
    let groups = if forwards {
        backends.targets
    } else {
        Vec::new()
    };
    Translation {
        rule: Some(Translated {
            index,
            matches,
            authenticate,
            https_only,
            tags: filters
                .configuration
                .map(|configuration| configuration.tags.clone())
                .unwrap_or_default(),
            groups: groups.into_iter().map(|(spec, _)| spec).collect(),
        }),
        dropped: dropped(filters.missing.into_iter().collect()),
        degraded,
        unresolved: backends.unresolved,
    }
}

fn matches(
    index: usize,
    rule: &RouteRule,
    filters: &Filters<'_>,
    backends: &Backends,
    problems: &mut Vec<Problem>,
) -> Vec<TranslatedMatch> {
    let alternatives: Cow<'_, [RouteMatch]> = if rule.matches.is_empty() {
        Cow::Owned(vec![RouteMatch {
            path: PathMatch::Prefix("/".to_owned()),
            method: None,
            headers: Vec::new(),
            query_params: Vec::new(),
        }])
    } else {
        Cow::Borrowed(&rule.matches)
    };
    let mut translated = Vec::with_capacity(alternatives.len());
    for (place, matched) in alternatives.iter().enumerate() {
        let field = format!("rules[{index}].matches[{place}]");
        match translate_match(&field, place, matched, filters, backends) {
            Ok(matched) => translated.push(matched),
            // The whole rule is left out: half of its alternatives would be another rule than was asked for.
            Err(problem) => problems.push(problem),
        }
    }
    translated
}

fn translate_match(
    field: &str,
    index: usize,
    matched: &RouteMatch,
    filters: &Filters<'_>,
    backends: &Backends,
) -> Result<TranslatedMatch, Problem> {
    let source_ip: Vec<&str> = filters
        .configuration
        .into_iter()
        .flat_map(|configuration| &configuration.source_ip)
        .filter(|condition| applies(condition, index))
        .flat_map(|condition| condition.values.iter().map(String::as_str))
        .collect();
    let transforms = match &filters.rewrite {
        None => Vec::new(),
        Some((field, rewrite)) => filters::transforms(field, rewrite, &matched.path)?,
    };
    Ok(TranslatedMatch {
        index,
        rank: precedence::rank(matched),
        conditions: conditions::conditions(field, matched, &source_ip)?,
        action: action(&matched.path, filters, backends)?,
        transforms,
    })
}

fn applies(condition: &SourceIpCondition, index: usize) -> bool {
    condition.match_indexes.is_empty() || condition.match_indexes.contains(&index)
}

fn action(
    path: &PathMatch,
    filters: &Filters<'_>,
    backends: &Backends,
) -> Result<DesiredAction, Problem> {
    if filters.missing.is_some() {
        return Ok(no_backend());
    }
    let routing = filters
        .configuration
        .and_then(|configuration: &ListenerRuleConfiguration| configuration.routing.as_ref());
    if let Some((field, redirect)) = &filters.redirect {
        let query = match routing {
            Some(RoutingAction::Redirect { query }) => query.as_deref(),
            Some(RoutingAction::Forward { .. } | RoutingAction::FixedResponse { .. }) | None => {
                None
            }
        };
        return filters::redirect(field, redirect, query, path);
    }
    let stickiness_seconds = match routing {
        Some(RoutingAction::FixedResponse {
            status_code,
            content_type,
            message_body,
        }) => {
            return Ok(DesiredAction::FixedResponse {
                status_code: *status_code,
                content_type: content_type.clone(),
                body: message_body.clone(),
            });
        }
        Some(RoutingAction::Forward { stickiness_seconds }) => *stickiness_seconds,
        Some(RoutingAction::Redirect { .. }) | None => None,
    };
    Ok(backends::forward(backends, stickiness_seconds).unwrap_or_else(no_backend))
}
