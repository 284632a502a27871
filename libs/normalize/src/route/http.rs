//! Rules of HTTPRoute.

use std::ops::RangeInclusive;

use gateway_api::Duration;
use gateway_api::experimental::httproutes::{
    HttpRouteRulesFilters, HttpRouteRulesMatches, HttpRouteRulesMatchesHeadersType,
    HttpRouteRulesMatchesMethod, HttpRouteRulesMatchesPath, HttpRouteRulesMatchesPathType,
    HttpRouteRulesMatchesQueryParamsType, HttpRouteRulesRetry, HttpRouteRulesSessionPersistence,
    HttpRouteRulesTimeouts,
};
use serde::Deserialize;
use tributary_model::route::{
    BackendRef, Comparison, PathMatch, RouteFilter, RouteMatch, RouteRule, ValueMatch,
};

use super::RuleShape;
use super::backend::{BackendShape, backend_refs};
use super::filter::{FilterKinds, filters, prefix_replacement};
use crate::check;
use crate::fault::{Fault, Path};

/// `HTTPRouteRule`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HttpRule {
    name: Option<String>,
    matches: Option<Vec<HttpRouteRulesMatches>>,
    filters: Option<Vec<HttpRouteRulesFilters>>,
    backend_refs: Option<Vec<BackendShape>>,
    retry: Option<HttpRouteRulesRetry>,
    session_persistence: Option<HttpRouteRulesSessionPersistence>,
    timeouts: Option<HttpRouteRulesTimeouts>,
}

impl RuleShape for HttpRule {
    const RULES: RangeInclusive<usize> = 1..=16;

    fn absent() -> Option<Vec<RouteRule>> {
        Some(vec![RouteRule {
            matches: vec![everything()],
            ..RouteRule::default()
        }])
    }

    fn rule(self, at: &Path<'_>) -> Result<RouteRule, Fault> {
        let Self {
            name,
            matches,
            filters: entries,
            backend_refs: backends,
            retry,
            session_persistence,
            timeouts,
        } = self;
        let filters_path = at.field("filters");
        let backends_path = at.field("backendRefs");
        let rule = RouteRule {
            name: super::rule_name(at, name)?,
            matches: self::matches(&at.field("matches"), matches)?,
            filters: filters(
                &filters_path,
                entries.unwrap_or_default(),
                FilterKinds::Http,
            )?,
            backend_refs: backend_refs(
                &backends_path,
                backends.unwrap_or_default(),
                FilterKinds::Http,
            )?,
            unsupported: unsupported(
                &at.field("timeouts"),
                timeouts,
                retry.is_some(),
                session_persistence.is_some(),
            )?,
        };
        check_filters(&filters_path, &backends_path, &rule)?;
        Ok(rule)
    }
}

/// The CRD's default match.
fn everything() -> RouteMatch {
    RouteMatch {
        path: PathMatch::Prefix("/".to_owned()),
        method: None,
        headers: Vec::new(),
        query_params: Vec::new(),
    }
}

/// A redirect answers by itself; a replaced prefix must be known.
fn check_filters(
    filters_path: &Path<'_>,
    backends_path: &Path<'_>,
    rule: &RouteRule,
) -> Result<(), Fault> {
    let RouteRule {
        matches,
        filters,
        backend_refs,
        ..
    } = rule;
    let redirect = filters
        .iter()
        .position(|filter| matches!(filter, RouteFilter::Redirect(_)));
    if let Some(index) = redirect
        && !backend_refs.is_empty()
    {
        return Err(filters_path
            .index(index)
            .fault("RequestRedirect must not be used together with backendRefs"));
    }
    if matches!(
        matches.as_slice(),
        [RouteMatch {
            path: PathMatch::Prefix(_),
            ..
        }]
    ) {
        return Ok(());
    }
    if let Some((index, field)) = prefix_replacement(filters) {
        return Err(needs_prefix(&filters_path.index(index), field));
    }
    for (backend_index, BackendRef { filters, .. }) in backend_refs.iter().enumerate() {
        if let Some((index, field)) = prefix_replacement(filters) {
            let backend_path = backends_path.index(backend_index);
            return Err(needs_prefix(
                &backend_path.field("filters").index(index),
                field,
            ));
        }
    }
    Ok(())
}

fn needs_prefix(at: &Path<'_>, field: &str) -> Fault {
    at.field(field)
        .field("path")
        .fault("replacePrefixMatch needs exactly one match in the rule, with a PathPrefix")
}

/// What no ELB does per rule, by field path relative to the rule.
fn unsupported(
    timeouts_path: &Path<'_>,
    timeouts: Option<HttpRouteRulesTimeouts>,
    retry: bool,
    session_persistence: bool,
) -> Result<Vec<String>, Fault> {
    let mut unsupported = Vec::new();
    let timeouts = timeouts.unwrap_or_default();
    let request = duration(&timeouts_path.field("request"), timeouts.request)?;
    let backend_request = duration(
        &timeouts_path.field("backendRequest"),
        timeouts.backend_request,
    )?;
    if let (Some(request), Some(backend_request)) = (request, backend_request)
        && !request.is_zero()
        && backend_request.as_nanos() > request.as_nanos()
    {
        return Err(timeouts_path
            .field("backendRequest")
            .fault("must not be longer than the request timeout"));
    }
    // Zero switches a timeout off, which is all that an ELB can do with it.
    if request.is_some_and(|timeout| !timeout.is_zero()) {
        unsupported.push("timeouts.request".to_owned());
    }
    if backend_request.is_some_and(|timeout| !timeout.is_zero()) {
        unsupported.push("timeouts.backendRequest".to_owned());
    }
    if retry {
        unsupported.push("retry".to_owned());
    }
    if session_persistence {
        unsupported.push("sessionPersistence".to_owned());
    }
    Ok(unsupported)
}

/// A GEP-2257 duration.
fn duration(at: &Path<'_>, value: Option<String>) -> Result<Option<Duration>, Fault> {
    value
        .map(|value| {
            value
                .parse()
                .map_err(|_| at.fault(format!("{value:?} is not a duration like 1h30m or 500ms")))
        })
        .transpose()
}

/// Absent and empty both mean the default match.
fn matches(
    at: &Path<'_>,
    matches: Option<Vec<HttpRouteRulesMatches>>,
) -> Result<Vec<RouteMatch>, Fault> {
    let matches = matches.unwrap_or_default();
    check::count(at, matches.len(), 0..=64)?;
    if matches.is_empty() {
        return Ok(vec![everything()]);
    }
    matches
        .into_iter()
        .enumerate()
        .map(|(index, entry)| route_match(&at.index(index), entry))
        .collect()
}

fn route_match(at: &Path<'_>, entry: HttpRouteRulesMatches) -> Result<RouteMatch, Fault> {
    let HttpRouteRulesMatches {
        headers,
        method,
        path,
        query_params,
    } = entry;
    let headers = headers
        .unwrap_or_default()
        .into_iter()
        .map(|header| {
            let comparison = match header.r#type {
                None | Some(HttpRouteRulesMatchesHeadersType::Exact) => Comparison::Exact,
                Some(HttpRouteRulesMatchesHeadersType::RegularExpression) => Comparison::Regex,
            };
            ValueMatch {
                name: header.name,
                value: header.value,
                comparison,
            }
        })
        .collect();
    let query_params = query_params
        .unwrap_or_default()
        .into_iter()
        .map(|parameter| {
            let comparison = match parameter.r#type {
                None | Some(HttpRouteRulesMatchesQueryParamsType::Exact) => Comparison::Exact,
                Some(HttpRouteRulesMatchesQueryParamsType::RegularExpression) => Comparison::Regex,
            };
            ValueMatch {
                name: parameter.name,
                value: parameter.value,
                comparison,
            }
        })
        .collect();
    Ok(RouteMatch {
        path: path_match(&at.field("path"), path.unwrap_or_default())?,
        method: method.map(|method| method_name(&method).to_owned()),
        headers: self::headers(&at.field("headers"), headers)?,
        query_params: self::query_params(&at.field("queryParams"), query_params)?,
    })
}

fn path_match(at: &Path<'_>, path: HttpRouteRulesMatchesPath) -> Result<PathMatch, Fault> {
    let HttpRouteRulesMatchesPath { r#type, value } = path;
    let at = at.field("value");
    let value = value.unwrap_or_else(|| "/".to_owned());
    check::length(&at, &value, 0..=1024)?;
    match r#type {
        None | Some(HttpRouteRulesMatchesPathType::PathPrefix) => {
            check_path(&at, &value)?;
            Ok(PathMatch::Prefix(value))
        }
        Some(HttpRouteRulesMatchesPathType::Exact) => {
            check_path(&at, &value)?;
            Ok(PathMatch::Exact(value))
        }
        Some(HttpRouteRulesMatchesPathType::RegularExpression) => Ok(PathMatch::Regex(value)),
    }
}

/// The CEL rules for paths that are compared as they stand.
fn check_path(at: &Path<'_>, value: &str) -> Result<(), Fault> {
    if !value.starts_with('/') {
        return Err(at.fault("must start with '/'"));
    }
    for part in ["//", "/./", "/../", "%2f", "%2F", "#"] {
        if value.contains(part) {
            return Err(at.fault(format!("must not contain '{part}'")));
        }
    }
    for end in ["/..", "/."] {
        if value.ends_with(end) {
            return Err(at.fault(format!("must not end with '{end}'")));
        }
    }
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        let valid = match byte {
            b'%' => {
                let two = [rest.next(), rest.next()];
                two.iter()
                    .all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit()))
            }
            _ => byte.is_ascii_alphanumeric() || b"-/._~!$&'()*+,;=:@".contains(&byte),
        };
        if !valid {
            return Err(at.fault(
                "may only have characters that a URL path has, others as % and two hex digits",
            ));
        }
    }
    Ok(())
}

/// Headers of a match. Of names that differ in case only, the first counts (Gateway API: HTTPHeaderMatch).
pub(super) fn headers(at: &Path<'_>, headers: Vec<ValueMatch>) -> Result<Vec<ValueMatch>, Fault> {
    check_named(at, &headers)?;
    let mut kept: Vec<ValueMatch> = Vec::with_capacity(headers.len());
    for (index, header) in headers.into_iter().enumerate() {
        let value_path = at.index(index);
        let value_path = value_path.field("value");
        check::length(&value_path, &header.value, 1..=4096)?;
        check_header_value(&value_path, &header.value)?;
        let known = kept
            .iter()
            .any(|earlier| earlier.name.eq_ignore_ascii_case(&header.name));
        if !known {
            kept.push(header);
        }
    }
    Ok(kept)
}

fn query_params(at: &Path<'_>, parameters: Vec<ValueMatch>) -> Result<Vec<ValueMatch>, Fault> {
    check_named(at, &parameters)?;
    for (index, parameter) in parameters.iter().enumerate() {
        check::length(&at.index(index).field("value"), &parameter.value, 1..=1024)?;
    }
    Ok(parameters)
}

/// At most 16, keyed by name, names being HTTP tokens.
fn check_named(at: &Path<'_>, entries: &[ValueMatch]) -> Result<(), Fault> {
    check::count(at, entries.len(), 0..=16)?;
    for (index, entry) in entries.iter().enumerate() {
        let entry_path = at.index(index);
        let at = entry_path.field("name");
        check::length(&at, &entry.name, 1..=256)?;
        let token = entry
            .name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
        if !token {
            return Err(at.fault(format!("{:?} is not an HTTP token", entry.name)));
        }
    }
    match check::first_duplicate(entries.iter().map(|entry| &entry.name)) {
        None => Ok(()),
        Some(index) => Err(at
            .index(index)
            .field("name")
            .fault("an earlier entry has the same name")),
    }
}

/// Visible ASCII, with single blanks between.
fn check_header_value(at: &Path<'_>, value: &str) -> Result<(), Fault> {
    let words_are_visible = value
        .split([' ', '\t'])
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic()));
    if words_are_visible {
        return Ok(());
    }
    Err(at.fault("may only have visible ASCII characters with single blanks between them"))
}

fn method_name(method: &HttpRouteRulesMatchesMethod) -> &'static str {
    match method {
        HttpRouteRulesMatchesMethod::Get => "GET",
        HttpRouteRulesMatchesMethod::Head => "HEAD",
        HttpRouteRulesMatchesMethod::Post => "POST",
        HttpRouteRulesMatchesMethod::Put => "PUT",
        HttpRouteRulesMatchesMethod::Delete => "DELETE",
        HttpRouteRulesMatchesMethod::Connect => "CONNECT",
        HttpRouteRulesMatchesMethod::Options => "OPTIONS",
        HttpRouteRulesMatchesMethod::Trace => "TRACE",
        HttpRouteRulesMatchesMethod::Patch => "PATCH",
    }
}
