//! Conditions and transforms, both ways.

use aws_sdk_elasticloadbalancingv2::types as aws;
use tributary_model::desired::{Patterns, RuleCondition, RuleTransform};

pub(super) fn read_conditions(found: Vec<aws::RuleCondition>) -> Vec<RuleCondition> {
    let mut read: Vec<_> = found.into_iter().filter_map(read_condition).collect();
    // Collected in place: the SDK's conditions are six times as large, and these are kept.
    read.shrink_to_fit();
    read
}

/// A condition that we do not know is left out: the rule then differs from every desired one and is put right.
fn read_condition(found: aws::RuleCondition) -> Option<RuleCondition> {
    let plain = found.values;
    let plain_regex = found.regex_values;
    Some(match found.field.as_deref()? {
        "host-header" => RuleCondition::HostHeader(match found.host_header_config {
            Some(config) => patterns(config.values, config.regex_values),
            None => patterns(plain, plain_regex),
        }),
        "path-pattern" => RuleCondition::PathPattern(match found.path_pattern_config {
            Some(config) => patterns(config.values, config.regex_values),
            None => patterns(plain, plain_regex),
        }),
        "http-header" => {
            let config = found.http_header_config?;
            RuleCondition::HttpHeader {
                name: config.http_header_name.unwrap_or_default(),
                patterns: patterns(config.values, config.regex_values),
            }
        }
        "query-string" => {
            let pairs = found.query_string_config?.values.unwrap_or_default();
            let pairs = pairs
                .into_iter()
                .map(|pair| (pair.key, pair.value.unwrap_or_default()));
            RuleCondition::QueryString(pairs.collect())
        }
        "http-request-method" => {
            let config = found.http_request_method_config?;
            RuleCondition::Method(config.values.unwrap_or_default())
        }
        "source-ip" => RuleCondition::SourceIp(found.source_ip_config?.values.unwrap_or_default()),
        _ => return None,
    })
}

fn patterns(wildcards: Option<Vec<String>>, regexes: Option<Vec<String>>) -> Patterns {
    match regexes.filter(|regexes| !regexes.is_empty()) {
        Some(regexes) => Patterns::Regex(regexes),
        None => Patterns::Wildcard(wildcards.unwrap_or_default()),
    }
}

pub(super) fn write_condition(condition: &RuleCondition) -> aws::RuleCondition {
    let builder = aws::RuleCondition::builder();
    match condition {
        RuleCondition::HostHeader(patterns) => {
            let config = aws::HostHeaderConditionConfig::builder();
            let config = match patterns {
                Patterns::Wildcard(values) => config.set_values(Some(values.clone())),
                Patterns::Regex(values) => config.set_regex_values(Some(values.clone())),
            };
            builder
                .field("host-header")
                .host_header_config(config.build())
        }
        RuleCondition::PathPattern(patterns) => {
            let config = aws::PathPatternConditionConfig::builder();
            let config = match patterns {
                Patterns::Wildcard(values) => config.set_values(Some(values.clone())),
                Patterns::Regex(values) => config.set_regex_values(Some(values.clone())),
            };
            builder
                .field("path-pattern")
                .path_pattern_config(config.build())
        }
        RuleCondition::HttpHeader { name, patterns } => {
            let config = aws::HttpHeaderConditionConfig::builder().http_header_name(name);
            let config = match patterns {
                Patterns::Wildcard(values) => config.set_values(Some(values.clone())),
                Patterns::Regex(values) => config.set_regex_values(Some(values.clone())),
            };
            builder
                .field("http-header")
                .http_header_config(config.build())
        }
        RuleCondition::QueryString(pairs) => {
            let pairs = pairs
                .iter()
                .map(|(key, value)| {
                    aws::QueryStringKeyValuePair::builder()
                        .set_key(key.clone())
                        .value(value)
                        .build()
                })
                .collect();
            let config = aws::QueryStringConditionConfig::builder().set_values(Some(pairs));
            builder
                .field("query-string")
                .query_string_config(config.build())
        }
        RuleCondition::Method(methods) => {
            let config = aws::HttpRequestMethodConditionConfig::builder();
            let config = config.set_values(Some(methods.clone()));
            builder
                .field("http-request-method")
                .http_request_method_config(config.build())
        }
        RuleCondition::SourceIp(sources) => {
            let config = aws::SourceIpConditionConfig::builder();
            let config = config.set_values(Some(sources.clone()));
            builder.field("source-ip").source_ip_config(config.build())
        }
    }
    .build()
}

pub(super) fn read_transforms(found: Vec<aws::RuleTransform>) -> Vec<RuleTransform> {
    found.into_iter().filter_map(read_transform).collect()
}

fn read_transform(found: aws::RuleTransform) -> Option<RuleTransform> {
    match found.r#type {
        Some(aws::TransformTypeEnum::UrlRewrite) => {
            let rewrite = first(found.url_rewrite_config?.rewrites)?;
            Some(RuleTransform::UrlRewrite {
                regex: rewrite.0,
                replace: rewrite.1,
            })
        }
        Some(aws::TransformTypeEnum::HostHeaderRewrite) => {
            let rewrite = first(found.host_header_rewrite_config?.rewrites)?;
            Some(RuleTransform::HostHeaderRewrite {
                regex: rewrite.0,
                replace: rewrite.1,
            })
        }
        Some(_) | None => None,
    }
}

/// AWS: exactly one.
fn first(rewrites: Option<Vec<aws::RewriteConfig>>) -> Option<(String, String)> {
    let rewrite = rewrites?.into_iter().next()?;
    Some((
        rewrite.regex.unwrap_or_default(),
        rewrite.replace.unwrap_or_default(),
    ))
}

pub(super) fn write_transform(transform: &RuleTransform) -> aws::RuleTransform {
    let rewrite = |regex: &str, replace: &str| {
        aws::RewriteConfig::builder()
            .regex(regex)
            .replace(replace)
            .build()
    };
    let builder = aws::RuleTransform::builder();
    match transform {
        RuleTransform::UrlRewrite { regex, replace } => {
            let config = aws::UrlRewriteConfig::builder().rewrites(rewrite(regex, replace));
            builder
                .r#type(aws::TransformTypeEnum::UrlRewrite)
                .url_rewrite_config(config.build())
        }
        RuleTransform::HostHeaderRewrite { regex, replace } => {
            let config = aws::HostHeaderRewriteConfig::builder().rewrites(rewrite(regex, replace));
            builder
                .r#type(aws::TransformTypeEnum::HostHeaderRewrite)
                .host_header_rewrite_config(config.build())
        }
    }
    .build()
}
