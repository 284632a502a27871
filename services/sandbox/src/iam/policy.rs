//! A policy document, as far as a policy that only allows needs it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Ask;

/// What a caller may do. `Deny`, `NotAction`, `NotResource` and operators other than `StringEquals` and `Null` are refused,
/// not passed over.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Policy {
    #[serde(rename = "Version")]
    _version: Version,
    statement: Vec<Statement>,
}

/// Why a text is no policy that the sandbox understands.
#[derive(Debug, thiserror::Error)]
#[error("not a policy that only allows: {0}")]
pub struct PolicyError(#[from] serde_json::Error);

#[derive(Clone, Copy, Debug, Deserialize)]
enum Version {
    #[serde(rename = "2012-10-17")]
    Current,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(default, rename = "Sid")]
    _sid: Option<String>,
    #[serde(rename = "Effect")]
    _effect: Effect,
    action: OneOrMore,
    resource: OneOrMore,
    #[serde(default)]
    condition: Condition,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Effect {
    Allow,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Condition {
    #[serde(default)]
    string_equals: BTreeMap<String, OneOrMore>,
    #[serde(default)]
    null: BTreeMap<String, OneOrMore>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// When it is no JSON, no policy, or has parts that are not understood.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        Ok(serde_json::from_str(text)?)
    }

    pub(crate) fn allows(&self, ask: &Ask) -> bool {
        self.statement.iter().any(|it| it.allows(ask))
    }
}

impl Statement {
    fn allows(&self, ask: &Ask) -> bool {
        let Self {
            _sid: _,
            _effect: Effect::Allow,
            action,
            resource,
            condition,
        } = self;
        action.all().iter().any(|it| matches(it, &ask.action))
            && resource.all().iter().any(|it| matches(it, &ask.resource))
            && condition.holds(ask)
    }
}

impl Condition {
    fn holds(&self, ask: &Ask) -> bool {
        let value = |key: &str| {
            let mut keys = ask.keys.iter();
            keys.find(|(name, _)| name == key).map(|(_, value)| value)
        };
        let Self {
            string_equals,
            null,
        } = self;
        let equal = |(key, allowed): (&String, &OneOrMore)| {
            value(key).is_some_and(|value| allowed.all().contains(value))
        };
        let absent = |(key, allowed): (&String, &OneOrMore)| {
            allowed.all().contains(&value(key).is_none().to_string())
        };
        string_equals.iter().all(equal) && null.iter().all(absent)
    }
}

impl OneOrMore {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

/// `*` stands for any text, colons and slashes included.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(before) else {
        return false;
    };
    let mut ends = text.char_indices().map(|(index, _)| index);
    ends.any(|index| matches(rest, &text[index..])) || matches(rest, "")
}
