//! Conditions of rules: what AWS accepts.

use ipnet::IpNet;

use crate::error::ApiError;
use crate::quotas::Quotas;
use crate::resources::rules::{Condition, KeyValue, Patterns};

use super::regexes;

/// Characters in one condition value (`RuleCondition`, all fields).
const MAX_VALUE: usize = 128;

/// What a condition costs of a rule's quotas.
#[derive(Default)]
struct Cost {
    values: usize,
    wildcards: usize,
}

/// Conditions as describes will show them, if AWS accepts them.
pub(crate) fn checked(
    quotas: &Quotas,
    conditions: Vec<Condition>,
) -> Result<Vec<Condition>, ApiError> {
    if conditions.is_empty() {
        return Err(ApiError::validation(
            "A rule must have at least one condition",
        ));
    }
    let mut cost = Cost::default();
    let mut checked: Vec<Condition> = Vec::new();
    for condition in conditions {
        let once = !["http-header", "query-string"].contains(&condition.field.as_str());
        if once && checked.iter().any(|before| before.field == condition.field) {
            return Err(ApiError::validation(format!(
                "A rule can only have one '{}' condition",
                condition.field
            )));
        }
        checked.push(check(condition, &mut cost)?);
    }
    let values = quotas.condition_values_per_alb_rule;
    if cost.values > values as usize {
        return Err(ApiError::validation(format!(
            "A rule can only have '{values}' condition values"
        )));
    }
    let wildcards = quotas.condition_wildcards_per_alb_rule;
    if cost.wildcards > wildcards as usize {
        return Err(ApiError::validation(format!(
            "A rule can only have '{wildcards}' condition wildcards"
        )));
    }
    Ok(checked)
}

fn check(condition: Condition, cost: &mut Cost) -> Result<Condition, ApiError> {
    only_own_config(&condition)?;
    let Condition {
        field,
        values,
        regex_values,
        host_header_config,
        path_pattern_config,
        http_header_config,
        query_string_config,
        http_request_method_config,
        source_ip_config,
    } = condition;
    let mut shown = Condition {
        field,
        ..Condition::default()
    };
    match shown.field.as_str() {
        "host-header" => {
            let patterns = one_of(&shown.field, values, regex_values, host_header_config)?;
            count(&patterns.values, &patterns.regex_values, cost);
            patterns
                .values
                .iter()
                .try_for_each(|value| check_host(value))?;
            shown.values.clone_from(&patterns.values);
            shown.regex_values.clone_from(&patterns.regex_values);
            shown.host_header_config = Some(patterns);
        }
        "path-pattern" => {
            let patterns = one_of(&shown.field, values, regex_values, path_pattern_config)?;
            count(&patterns.values, &patterns.regex_values, cost);
            patterns
                .values
                .iter()
                .try_for_each(|value| check_path(value))?;
            shown.values.clone_from(&patterns.values);
            shown.regex_values.clone_from(&patterns.regex_values);
            shown.path_pattern_config = Some(patterns);
        }
        "http-header" => {
            let Some(header) = http_header_config else {
                return Err(no_values(&shown.field));
            };
            check_patterns(&shown.field, &header.values, &header.regex_values)?;
            count(&header.values, &header.regex_values, cost);
            check_header_name(&header.http_header_name)?;
            shown.http_header_config = Some(header);
        }
        "query-string" => {
            let Some(query) = query_string_config.filter(|query| !query.values.is_empty()) else {
                return Err(no_values(&shown.field));
            };
            for KeyValue { key, value } in &query.values {
                check_length(&shown.field, value)?;
                if let Some(key) = key {
                    check_length(&shown.field, key)?;
                    cost.wildcards += wildcards(key);
                }
                cost.values += 1;
                cost.wildcards += wildcards(value);
            }
            shown.query_string_config = Some(query);
        }
        "http-request-method" => {
            let Some(methods) = http_request_method_config.filter(|c| !c.values.is_empty()) else {
                return Err(no_values(&shown.field));
            };
            methods
                .values
                .iter()
                .try_for_each(|value| check_method(value))?;
            cost.values += methods.values.len();
            shown.http_request_method_config = Some(methods);
        }
        "source-ip" => {
            let Some(sources) = source_ip_config.filter(|c| !c.values.is_empty()) else {
                return Err(no_values(&shown.field));
            };
            for value in &sources.values {
                value.parse::<IpNet>().map_err(|_| {
                    ApiError::validation(format!("The source IP '{value}' is not a CIDR block"))
                })?;
            }
            cost.values += sources.values.len();
            shown.source_ip_config = Some(sources);
        }
        other => {
            return Err(ApiError::validation(format!(
                "Condition field '{other}' must be one of '[path-pattern, host-header, \
                 http-header, http-request-method, query-string, source-ip]'"
            )));
        }
    }
    Ok(shown)
}

/// The old way (`Values`) and the new one (the field's configuration) say the same; both at once
/// are allowed only if they agree.
fn one_of(
    field: &str,
    values: Vec<String>,
    regex_values: Vec<String>,
    config: Option<Patterns>,
) -> Result<Patterns, ApiError> {
    let old = Patterns {
        values,
        regex_values,
    };
    let patterns = match config {
        None => old,
        Some(config) if old == Patterns::default() || old == config => config,
        Some(_) => {
            return Err(ApiError::validation(format!(
                "You cannot specify both values and a configuration for condition field '{field}'"
            )));
        }
    };
    check_patterns(field, &patterns.values, &patterns.regex_values)?;
    Ok(patterns)
}

fn check_patterns(field: &str, values: &[String], regular: &[String]) -> Result<(), ApiError> {
    match (values.is_empty(), regular.is_empty()) {
        (true, true) => return Err(no_values(field)),
        (false, false) => {
            return Err(ApiError::validation(format!(
                "You cannot specify both values and regular expressions for condition field \
                 '{field}'"
            )));
        }
        (true, false) | (false, true) => {}
    }
    for value in values.iter().chain(regular) {
        check_length(field, value)?;
    }
    regular.iter().try_for_each(|value| regexes::check(value))
}

fn check_length(field: &str, value: &str) -> Result<(), ApiError> {
    if (1..=MAX_VALUE).contains(&value.chars().count()) {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "Condition value '{value}' of field '{field}' must have 1 to {MAX_VALUE} characters"
    )))
}

/// `HostHeaderConditionConfig`: at least one dot, and after the last only letters.
fn check_host(value: &str) -> Result<(), ApiError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-.*?".contains(&byte);
    let last = value.rsplit_once('.').map(|(_, last)| last);
    if value.bytes().all(allowed)
        && last.is_some_and(|last| {
            !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_alphabetic())
        })
    {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "The host name '{value}' is not valid: it may hold letters, digits, '-', '.', '*' and \
         '?', must have at least one '.', and only letters after the last one"
    )))
}

fn check_path(value: &str) -> Result<(), ApiError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.$/~\"'@:+&*?".contains(&byte);
    if value.bytes().all(allowed) {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "The path pattern '{value}' is not valid: it may hold letters, digits and \
         _-.$/~\"'@:+&*?"
    )))
}

fn check_header_name(name: &str) -> Result<(), ApiError> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&byte);
    if (1..=40).contains(&name.len())
        && name.bytes().all(token)
        && !name.eq_ignore_ascii_case("host")
    {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "The HTTP header name '{name}' is not valid: at most 40 characters of RFC 7230, no \
         wildcards, and not the host header"
    )))
}

fn check_method(value: &str) -> Result<(), ApiError> {
    let allowed = |byte: u8| byte.is_ascii_uppercase() || b"-_".contains(&byte);
    if (1..=40).contains(&value.len()) && value.bytes().all(allowed) {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "The HTTP request method '{value}' is not valid: at most 40 of A-Z, '-' and '_'"
    )))
}

fn count(values: &[String], regexes: &[String], cost: &mut Cost) {
    cost.values += values.len() + regexes.len();
    cost.wildcards += values.iter().map(|value| wildcards(value)).sum::<usize>();
}

/// `*` and `?` that are not escaped.
fn wildcards(value: &str) -> usize {
    let mut escaped = false;
    let mut found = 0;
    for character in value.chars() {
        match character {
            '\\' if !escaped => escaped = true,
            '*' | '?' if !escaped => found += 1,
            _ => escaped = false,
        }
    }
    found
}

fn no_values(field: &str) -> ApiError {
    ApiError::validation(format!("A condition value must be specified for '{field}'"))
}

/// A configuration of another field beside the own one is a mistake, not a hint.
fn only_own_config(condition: &Condition) -> Result<(), ApiError> {
    let Condition {
        field,
        values,
        regex_values,
        host_header_config,
        path_pattern_config,
        http_header_config,
        query_string_config,
        http_request_method_config,
        source_ip_config,
    } = condition;
    let configs = [
        ("host-header", host_header_config.is_some()),
        ("path-pattern", path_pattern_config.is_some()),
        ("http-header", http_header_config.is_some()),
        ("query-string", query_string_config.is_some()),
        ("http-request-method", http_request_method_config.is_some()),
        ("source-ip", source_ip_config.is_some()),
    ];
    let foreign = configs.iter().any(|(of, given)| *given && of != field);
    let old = !(values.is_empty() && regex_values.is_empty());
    if foreign || (old && !["host-header", "path-pattern"].contains(&field.as_str())) {
        return Err(ApiError::validation(format!(
            "Condition field '{field}' has a configuration or values of another field"
        )));
    }
    Ok(())
}
