//! Rules of ALB listeners: conditions and transforms, as calls give them and as describes show them.

use serde::{Deserialize, Serialize, Serializer};

use crate::tags::Tags;

use super::actions::Action;

/// A rule; every listener has a default one, which has no conditions.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Rule {
    pub(crate) arn: String,
    pub(crate) listener_arn: String,
    pub(crate) load_balancer_arn: String,
    pub(crate) priority: Priority,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) actions: Vec<Action>,
    pub(crate) transforms: Vec<Transform>,
    pub(crate) tags: Tags,
}

/// Where a rule stands: lower numbers first, the default rule last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Priority {
    At(u32),
    Default,
}

impl Serialize for Priority {
    /// AWS writes priorities as text, since the default rule has none.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::At(priority) => serializer.collect_str(priority),
            Self::Default => serializer.serialize_str("default"),
        }
    }
}

/// A condition, as callers send it and as describes show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Condition {
    pub(crate) field: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) values: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) regex_values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host_header_config: Option<Patterns>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path_pattern_config: Option<Patterns>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http_header_config: Option<HeaderPatterns>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) query_string_config: Option<QueryStrings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http_request_method_config: Option<Plain>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_ip_config: Option<Plain>,
}

/// Values with wildcards, or regular expressions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Patterns {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) values: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) regex_values: Vec<String>,
}

/// Patterns for one header.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct HeaderPatterns {
    pub(crate) http_header_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) values: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) regex_values: Vec<String>,
}

/// Keys and values of a query string.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct QueryStrings {
    pub(crate) values: Vec<KeyValue>,
}

/// One parameter of a query string; without a key, any key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct KeyValue {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    pub(crate) value: String,
}

/// Values without wildcards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Plain {
    pub(crate) values: Vec<String>,
}

/// A transform, as callers send it and as describes show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Transform {
    #[serde(rename = "Type")]
    pub(crate) kind: TransformKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) host_header_rewrite_config: Option<Rewrites>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) url_rewrite_config: Option<Rewrites>,
}

/// What a transform changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TransformKind {
    HostHeaderRewrite,
    UrlRewrite,
}

/// A list that holds exactly one rewrite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Rewrites {
    pub(crate) rewrites: Vec<Rewrite>,
}

/// What to look for and what to put in its place, with `$1` for groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Rewrite {
    pub(crate) regex: String,
    #[serde(default)]
    pub(crate) replace: String,
}
