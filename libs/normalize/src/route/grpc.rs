//! Rules of GRPCRoute.

use std::ops::RangeInclusive;

use gateway_api::experimental::grpcroutes::{
    GrpcRouteRulesMatches, GrpcRouteRulesMatchesHeadersType, GrpcRouteRulesMatchesMethod,
    GrpcRouteRulesMatchesMethodType, GrpcRouteRulesSessionPersistence,
};
use gateway_api::experimental::httproutes::HttpRouteRulesFilters;
use serde::Deserialize;
use tributary_model::route::{Comparison, PathMatch, RouteMatch, RouteRule, ValueMatch};

use super::RuleShape;
use super::backend::{BackendShape, backend_refs};
use super::filter::{FilterKinds, filters};
use super::http::headers;
use crate::check;
use crate::fault::{Fault, Path};

/// `GRPCRouteRule`. Its filters are a subset of HTTPRoute's, so they are read as such.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrpcRule {
    name: Option<String>,
    matches: Option<Vec<GrpcRouteRulesMatches>>,
    filters: Option<Vec<HttpRouteRulesFilters>>,
    backend_refs: Option<Vec<BackendShape>>,
    session_persistence: Option<GrpcRouteRulesSessionPersistence>,
}

impl RuleShape for GrpcRule {
    const RULES: RangeInclusive<usize> = 0..=16;

    fn absent() -> Option<Vec<RouteRule>> {
        Some(Vec::new())
    }

    fn rule(self, at: &Path<'_>) -> Result<RouteRule, Fault> {
        let Self {
            name,
            matches,
            filters: entries,
            backend_refs: backends,
            session_persistence,
        } = self;
        Ok(RouteRule {
            name: super::rule_name(at, name)?,
            matches: self::matches(&at.field("matches"), matches.unwrap_or_default())?,
            filters: filters(
                &at.field("filters"),
                entries.unwrap_or_default(),
                FilterKinds::Grpc,
            )?,
            backend_refs: backend_refs(
                &at.field("backendRefs"),
                backends.unwrap_or_default(),
                FilterKinds::Grpc,
            )?,
            unsupported: session_persistence
                .map(|_| "sessionPersistence".to_owned())
                .into_iter()
                .collect(),
        })
    }
}

/// A rule without matches matches every call.
fn matches(at: &Path<'_>, matches: Vec<GrpcRouteRulesMatches>) -> Result<Vec<RouteMatch>, Fault> {
    check::count(at, matches.len(), 0..=64)?;
    if matches.is_empty() {
        return Ok(vec![RouteMatch {
            path: every_method(),
            method: None,
            headers: Vec::new(),
            query_params: Vec::new(),
        }]);
    }
    matches
        .into_iter()
        .enumerate()
        .map(|(index, entry)| route_match(&at.index(index), entry))
        .collect()
}

fn every_method() -> PathMatch {
    PathMatch::Grpc {
        service: None,
        method: None,
        comparison: Comparison::Exact,
    }
}

fn route_match(at: &Path<'_>, entry: GrpcRouteRulesMatches) -> Result<RouteMatch, Fault> {
    let GrpcRouteRulesMatches {
        headers: entries,
        method,
    } = entry;
    let entries = entries
        .unwrap_or_default()
        .into_iter()
        .map(|header| {
            let comparison = match header.r#type {
                None | Some(GrpcRouteRulesMatchesHeadersType::Exact) => Comparison::Exact,
                Some(GrpcRouteRulesMatchesHeadersType::RegularExpression) => Comparison::Regex,
            };
            ValueMatch {
                name: header.name,
                value: header.value,
                comparison,
            }
        })
        .collect();
    let path = match method {
        None => every_method(),
        Some(method) => method_match(&at.field("method"), method)?,
    };
    Ok(RouteMatch {
        path,
        method: None,
        headers: headers(&at.field("headers"), entries)?,
        query_params: Vec::new(),
    })
}

fn method_match(at: &Path<'_>, entry: GrpcRouteRulesMatchesMethod) -> Result<PathMatch, Fault> {
    let GrpcRouteRulesMatchesMethod {
        method,
        service,
        r#type,
    } = entry;
    if method.is_none() && service.is_none() {
        return Err(at.fault("needs a service, a method or both"));
    }
    let comparison = match r#type {
        None | Some(GrpcRouteRulesMatchesMethodType::Exact) => Comparison::Exact,
        Some(GrpcRouteRulesMatchesMethodType::RegularExpression) => Comparison::Regex,
    };
    for (field, value) in [("service", &service), ("method", &method)] {
        let at = at.field(field);
        let value = value.as_deref().unwrap_or_default();
        check::length(&at, value, 0..=1024)?;
    }
    if comparison == Comparison::Exact {
        if let Some(service) = &service {
            let parts = service.strip_prefix('.').unwrap_or(service);
            if !parts.split('.').all(is_identifier) {
                return Err(at
                    .field("service")
                    .fault(format!("{service:?} is not a fully qualified service")));
            }
        }
        if let Some(method) = method.as_deref().filter(|method| !is_identifier(method)) {
            return Err(at
                .field("method")
                .fault(format!("{method:?} is not a method")));
        }
    }
    Ok(PathMatch::Grpc {
        service,
        method,
        comparison,
    })
}

/// A protobuf identifier.
fn is_identifier(value: &str) -> bool {
    value.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
