//! Filters of a rule: what an ELB can express, and what it cannot.

use tributary_model::config::{ListenerRuleConfiguration, RoutingAction};
use tributary_model::desired::{DesiredAction, RuleTransform};
use tributary_model::key::AWS_GROUP;
use tributary_model::route::{PathMatch, Redirect, RouteFilter, RouteRule, UrlRewrite};
use tributary_model::{Kind, Name, ObjectKey};

use super::paths;
use crate::read::reader::Reader;
use crate::rules::problem::Problem;
use crate::rules::unmet::{self, Unmet};

/// The filters of one rule, sorted.
#[derive(Default)]
pub(super) struct Filters<'a> {
    pub(super) redirect: Option<(String, &'a Redirect)>,
    pub(super) rewrite: Option<(String, &'a UrlRewrite)>,
    pub(super) configuration: Option<&'a ListenerRuleConfiguration>,
    /// An ExtensionRef that does not resolve, or to what is refused in a part that the rule cannot go without: Gateway API
    /// forbids to skip the filter, so the rule answers with an error until it does.
    pub(super) missing: Option<Problem>,
    pub(super) problems: Vec<Problem>,
}

/// Sorts a rule's filters. `namespace` is the route's, where ExtensionRefs are looked up.
pub(super) fn sort<'a, 'r: 'a>(
    reader: &mut Reader<'r>,
    namespace: &Name,
    index: usize,
    rule: &'a RouteRule,
) -> Filters<'a> {
    let mut sorted = Filters::default();
    for (place, filter) in rule.filters.iter().enumerate() {
        let field = format!("rules[{index}].filters[{place}]");
        match filter {
            RouteFilter::Redirect(redirect) => {
                if sorted.redirect.is_some() {
                    sorted.problems.push(twice(&field, "RequestRedirect"));
                }
                sorted.redirect = Some((field, redirect));
            }
            RouteFilter::UrlRewrite(rewrite) => {
                if sorted.rewrite.is_some() {
                    sorted.problems.push(twice(&field, "URLRewrite"));
                }
                sorted.rewrite = Some((field, rewrite));
            }
            RouteFilter::ExtensionRef { group, kind, name } => {
                let wanted = Kind::ListenerRuleConfiguration;
                if group != AWS_GROUP || kind != wanted.as_str() {
                    sorted.problems.push(Problem::unsupported(
                        field,
                        format!("an extension of kind {kind} in group {group} is not known"),
                    ));
                    continue;
                }
                if sorted.configuration.is_some() || sorted.missing.is_some() {
                    sorted.problems.push(twice(&field, wanted.as_str()));
                    continue;
                }
                let key = ObjectKey::new(Name::clone(namespace), Name::clone(name));
                let why = match reader.rule_configuration(&key) {
                    Some(configuration) => {
                        closed(configuration, rule).map(|why| (why, "it is right"))
                    }
                    None => Some((reader.not_there(wanted, &key), "it is there")),
                };
                if let Some((why, until)) = why {
                    sorted.missing = Some(Problem::unsupported(
                        field,
                        format!("{why}; the rule answers with 500 until {until}"),
                    ));
                    continue;
                }
                sorted.configuration = reader.rule_configuration(&key);
            }
            RouteFilter::Unsupported(kind) => sorted
                .problems
                .push(Problem::unsupported(field, format!("an ELB has no {kind}"))),
        }
    }
    if let (Some(_), Some((field, _))) = (&sorted.redirect, &sorted.rewrite) {
        sorted.problems.push(Problem::incompatible(
            field.clone(),
            "a rule cannot both redirect and rewrite",
        ));
    }
    if let Some(problem) = contradiction(index, &sorted) {
        sorted.problems.push(problem);
    }
    sorted
}

/// Why a rule with this configuration would let in whom it should not, or send requests where they were not meant to go.
fn closed(configuration: &ListenerRuleConfiguration, rule: &RouteRule) -> Option<String> {
    let key = &configuration.meta.key;
    if configuration.incomplete {
        let faults = unmet::of_object(Kind::ListenerRuleConfiguration, key, &configuration.faults);
        return Some(faults.collect::<Vec<_>>().join("; "));
    }
    // A condition for matches of which none is there restricts nobody.
    let condition = configuration.source_ip.iter().find(|condition| {
        let (indexes, matches) = (&condition.match_indexes, matches(rule));
        !indexes.is_empty() && indexes.iter().all(|index| *index >= matches)
    })?;
    Some(Unmet::MatchIndexes(key, condition.match_indexes.clone(), matches(rule)).to_string())
}

/// What of a configuration that is used is not done.
pub(super) fn degraded(configuration: &ListenerRuleConfiguration, rule: &RouteRule) -> Vec<String> {
    let key = &configuration.meta.key;
    let surplus = configuration.source_ip.iter().filter_map(|condition| {
        let indexes = condition.match_indexes.iter().copied();
        let surplus: Vec<usize> = indexes.filter(|index| *index >= matches(rule)).collect();
        (!surplus.is_empty()).then(|| Unmet::MatchIndexes(key, surplus, matches(rule)).to_string())
    });
    unmet::of_object(Kind::ListenerRuleConfiguration, key, &configuration.faults)
        .chain(surplus)
        .collect()
}

/// Gateway API: a rule without any has one that matches everything.
fn matches(rule: &RouteRule) -> usize {
    rule.matches.len().max(1)
}

fn twice(field: &str, kind: &str) -> Problem {
    Problem::incompatible(field, format!("a rule takes one {kind}"))
}

/// The configuration's routing action must fit the rule's own filters.
fn contradiction(index: usize, filters: &Filters<'_>) -> Option<Problem> {
    let redirects = filters.redirect.is_some();
    let message = match filters.configuration?.routing.as_ref()? {
        RoutingAction::Forward { .. } if redirects => {
            "the ListenerRuleConfiguration's forward action contradicts the rule's redirect"
        }
        RoutingAction::FixedResponse { .. } if redirects => {
            "the ListenerRuleConfiguration's fixed response contradicts the rule's redirect"
        }
        RoutingAction::Redirect { .. } if !redirects => {
            "the ListenerRuleConfiguration's redirect needs a RequestRedirect filter in the rule"
        }
        RoutingAction::Forward { .. }
        | RoutingAction::FixedResponse { .. }
        | RoutingAction::Redirect { .. } => return None,
    };
    Some(Problem::incompatible(
        format!("rules[{index}].filters"),
        message,
    ))
}

/// The redirect action for one match.
pub(super) fn redirect(
    field: &str,
    redirect: &Redirect,
    query: Option<&str>,
    matched: &PathMatch,
) -> Result<DesiredAction, Problem> {
    let Redirect {
        scheme,
        hostname,
        path,
        port,
        status_code,
    } = redirect;
    let unsupported = |field: String, message: String| Err(Problem::unsupported(field, message));
    if !matches!(status_code, 301 | 302) {
        return unsupported(
            format!("{field}.requestRedirect.statusCode"),
            format!("an ELB redirects with 301 or 302, not with {status_code}"),
        );
    }
    let path = match path {
        None => None,
        Some(modifier) => paths::redirected(modifier, matched).map_err(|message| {
            Problem::unsupported(format!("{field}.requestRedirect.path"), message)
        })?,
    };
    let protocol = scheme.as_ref().map(|scheme| scheme.to_ascii_uppercase());
    let port = port.or(match protocol.as_deref() {
        // Gateway API: without a port, the scheme's own; without a scheme, the listener's, as ELB does.
        Some("HTTP") => Some(80),
        Some("HTTPS") => Some(443),
        _ => None,
    });
    let host = hostname.as_ref().map(ToString::to_string);
    if protocol.is_none() && port.is_none() && host.is_none() && path.is_none() && query.is_none() {
        return unsupported(
            format!("{field}.requestRedirect"),
            "it changes nothing, and an ELB refuses to redirect a request to itself".to_owned(),
        );
    }
    Ok(DesiredAction::Redirect {
        protocol,
        host,
        path,
        port,
        query: query.map(str::to_owned),
        status_code: *status_code,
    })
}

/// The transforms for one match.
pub(super) fn transforms(
    field: &str,
    rewrite: &UrlRewrite,
    matched: &PathMatch,
) -> Result<Vec<RuleTransform>, Problem> {
    let UrlRewrite { hostname, path } = rewrite;
    let path = match path {
        None => None,
        Some(modifier) => paths::rewritten(modifier, matched)
            .map_err(|message| Problem::unsupported(format!("{field}.urlRewrite.path"), message))?,
    };
    let host = hostname
        .as_ref()
        .map(|hostname| RuleTransform::HostHeaderRewrite {
            regex: "^.*$".to_owned(),
            replace: hostname.to_string(),
        });
    Ok(path.into_iter().chain(host).collect())
}
