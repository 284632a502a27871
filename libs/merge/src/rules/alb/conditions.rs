//! Conditions of a match, hostnames excepted, and how much of a rule's room they take.

use tributary_model::desired::{Patterns, RuleCondition};
use tributary_model::route::{Comparison, RouteMatch, ValueMatch};

use super::paths;
use super::patterns::{MAX_VALUE_LENGTH, check_regex, escape, has_wildcards};
use crate::rules::problem::Problem;

/// Characters of an HTTP header's name in a condition.
const MAX_HEADER_NAME_LENGTH: usize = 40;

/// The conditions of one match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MatchConditions {
    pub(crate) conditions: Vec<RuleCondition>,
    /// Of the five that a rule has.
    pub(crate) values: usize,
}

/// Translates a match; `source_ip` are the CIDRs that its ListenerRuleConfiguration adds.
pub(super) fn conditions(
    field: &str,
    matched: &RouteMatch,
    source_ip: &[&str],
) -> Result<MatchConditions, Problem> {
    let RouteMatch {
        path,
        method,
        headers,
        query_params,
    } = matched;
    let path = paths::condition(path)
        .map_err(|message| Problem::unsupported(format!("{field}.path"), message))?;
    let mut conditions: Vec<RuleCondition> = path.into_iter().collect();
    for (index, header) in headers.iter().enumerate() {
        conditions.push(header_condition(header).map_err(|message| {
            Problem::unsupported(format!("{field}.headers[{index}]"), message)
        })?);
    }
    for (index, parameter) in query_params.iter().enumerate() {
        // Each one a condition of its own: values within one are alternatives.
        conditions.push(query_condition(parameter).map_err(|message| {
            Problem::unsupported(format!("{field}.queryParams[{index}]"), message)
        })?);
    }
    conditions.extend(
        method
            .iter()
            .map(|method| RuleCondition::Method(vec![method.clone()])),
    );
    if !source_ip.is_empty() {
        let cidrs = source_ip.iter().map(|cidr| (*cidr).to_owned()).collect();
        conditions.push(RuleCondition::SourceIp(cidrs));
    }
    Ok(MatchConditions {
        values: conditions.iter().map(values).sum(),
        conditions,
    })
}

/// Values of a condition, as ELB counts them.
pub(super) fn values(condition: &RuleCondition) -> usize {
    match condition {
        RuleCondition::HostHeader(patterns)
        | RuleCondition::PathPattern(patterns)
        | RuleCondition::HttpHeader { name: _, patterns } => match patterns {
            Patterns::Wildcard(values) | Patterns::Regex(values) => values.len(),
        },
        RuleCondition::QueryString(values) => values.len(),
        RuleCondition::Method(values) | RuleCondition::SourceIp(values) => values.len(),
    }
}

fn header_condition(header: &ValueMatch) -> Result<RuleCondition, String> {
    let ValueMatch {
        name,
        value,
        comparison,
    } = header;
    if name.len() > MAX_HEADER_NAME_LENGTH {
        return Err(format!(
            "an ELB compares headers with names of at most {MAX_HEADER_NAME_LENGTH} characters"
        ));
    }
    if name.eq_ignore_ascii_case("host") {
        return Err("an ELB compares Host by hostnames only: use spec.hostnames".to_owned());
    }
    let patterns = match comparison {
        Comparison::Regex => {
            check_regex(value)?;
            Patterns::Regex(vec![value.clone()])
        }
        Comparison::Exact if has_wildcards(value) => {
            Patterns::Regex(vec![format!("^{}$", escape(value))])
        }
        Comparison::Exact => Patterns::Wildcard(vec![value.clone()]),
    };
    if value.chars().count() > MAX_VALUE_LENGTH {
        return Err(format!(
            "an ELB compares header values of at most {MAX_VALUE_LENGTH} characters"
        ));
    }
    Ok(RuleCondition::HttpHeader {
        name: name.clone(),
        patterns,
    })
}

/// ELB compares query strings without case, where Gateway API means it exactly: known, and said in the
/// documentation, since refusing every query match would help nobody.
fn query_condition(parameter: &ValueMatch) -> Result<RuleCondition, String> {
    let ValueMatch {
        name,
        value,
        comparison,
    } = parameter;
    match comparison {
        Comparison::Regex => {
            Err("an ELB has no regular expressions for query parameters".to_owned())
        }
        Comparison::Exact => {
            let (name, value) = (escape_query(name), escape_query(value));
            if name.len().max(value.len()) > MAX_VALUE_LENGTH {
                return Err(format!(
                    "an ELB compares query parameters of at most {MAX_VALUE_LENGTH} characters"
                ));
            }
            Ok(RuleCondition::QueryString(vec![(Some(name), value)]))
        }
    }
}

/// In query strings, and only there, a backslash takes a wildcard's meaning away.
fn escape_query(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, '*' | '?' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
