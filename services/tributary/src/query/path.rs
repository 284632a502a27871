//! JSONPath as kubectl has it: text with `{expressions}` in it, over what `-o json` prints.
//!
//! Expressions are evaluated by a library for RFC 9535, which asks for stricter spellings: here is what differs. Of
//! kubectl's forms one is missing, paths in brackets (`['metadata.name', 'status']`); names in brackets are there.

use std::str::FromStr;

use jsonpath_rust::parser::model::JpQuery;
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use serde_json::Value;

#[cfg(test)]
mod tests;

/// One expression: `.status.conditions[?(@.type=="Ready")].status`, with or without braces.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    start: Start,
    query: JpQuery,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    /// `$`: the whole document, also within `range`.
    Document,
    /// `@`, or nothing.
    Here,
}

/// Text and expressions: `{range .items[*]}{.metadata.name}{"\n"}{end}`.
#[derive(Clone, Debug)]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Path(Path),
    Range(Path, Vec<Part>),
}

/// What is no JSONPath.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is no JSONPath: {reason}")]
pub(crate) struct PathError {
    text: String,
    reason: String,
}

impl Path {
    /// Within a document, of which `here` is a part. What is not there gives nothing.
    fn values<'a>(&self, document: &'a Value, here: &'a Value) -> Vec<&'a Value> {
        let from = match self.start {
            Start::Document => document,
            Start::Here => here,
        };
        // Of a path without functions the result is always a part of the document.
        let found = js_path_process(&self.query, from).unwrap_or_default();
        found.into_iter().map(|found| found.val).collect()
    }

    /// All that it finds in a document, without nulls: they stand where there is no value.
    pub(crate) fn of<'a>(&self, document: &'a Value) -> Vec<&'a Value> {
        let mut values = self.values(document, document);
        values.retain(|value| !value.is_null());
        values
    }
}

impl Template {
    /// An expression as such: braces may be left out.
    pub(crate) fn field(text: &str) -> Result<Self, PathError> {
        if text.contains('{') {
            return text.parse();
        }
        Ok(Self(vec![Part::Path(text.parse()?)]))
    }

    /// The text, filled in.
    pub(crate) fn fill(&self, document: &Value) -> String {
        let mut text = String::new();
        fill(&self.0, document, document, &mut text);
        text
    }
}

fn fill(parts: &[Part], document: &Value, here: &Value, text: &mut String) {
    for part in parts {
        match part {
            Part::Text(part) => text.push_str(part),
            Part::Path(path) => {
                let words = path.values(document, here).into_iter().map(word);
                text.push_str(&words.collect::<Vec<_>>().join(" "));
            }
            Part::Range(path, parts) => {
                for here in path.values(document, here) {
                    fill(parts, document, here, text);
                }
            }
        }
    }
}

/// Strings as they are, the rest as JSON, what has no value as nothing.
pub(crate) fn word(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let failed = |reason: String| PathError {
            text: text.to_owned(),
            reason,
        };
        let braced = text.trim().strip_prefix('{');
        let inner = match braced {
            None => text,
            Some(rest) => rest
                .strip_suffix('}')
                .ok_or_else(|| failed("\"}\" is missing".to_owned()))?,
        };
        let (start, strict) = strict(inner.trim()).map_err(failed)?;
        let query = parse_json_path(&strict).map_err(|error| failed(error.to_string()))?;
        // Functions compute: what they give is nowhere in the document.
        Ok(Self { start, query })
    }
}

impl FromStr for Template {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let mut rest = text;
        let parts = parts(&mut rest, Within::Template).map_err(|reason| PathError {
            text: text.to_owned(),
            reason,
        })?;
        Ok(Self(parts))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Within {
    Template,
    Range,
}

fn parts(rest: &mut &str, within: Within) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    loop {
        let Some((before, after)) = rest.split_once('{') else {
            if within == Within::Range {
                return Err("\"{end}\" is missing".to_owned());
            }
            if !rest.is_empty() {
                parts.push(Part::Text((*rest).to_owned()));
            }
            return Ok(parts);
        };
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        let end = outside_quotes(after, '}').ok_or("\"}\" is missing")?;
        let (inner, after) = (after[..end].trim(), &after[end + 1..]);
        *rest = after;
        let path = |text: &str| Path::from_str(text).map_err(|error| error.reason);
        if inner == "end" {
            return match within {
                Within::Range => Ok(parts),
                Within::Template => Err("\"{end}\" without \"{range}\"".to_owned()),
            };
        }
        parts.push(match (inner.strip_prefix("range "), quoted(inner)) {
            (Some(over), _) => Part::Range(path(over)?, self::parts(rest, Within::Range)?),
            (None, Some(text)) => Part::Text(unescaped(text)),
            (None, None) => Part::Path(path(inner)?),
        });
    }
}

/// Where a character is first, quoted text and what is escaped in it left out.
fn outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let mut quote = None;
    let mut is_escaped = false;
    for (at, character) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
            continue;
        }
        match (character, quote) {
            ('\\', _) => is_escaped = true,
            ('"' | '\'', None) => quote = Some(character),
            (_, Some(open)) if character == open => quote = None,
            (_, None) if character == wanted => return Some(at),
            _ => {}
        }
    }
    None
}

fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|it| matches!(it, '"' | '\''))?;
    text.strip_prefix(quote)?.strip_suffix(quote)
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    plain
}

/// The same as RFC 9535 spells it, from wherever it starts.
fn strict(text: &str) -> Result<(Start, String), String> {
    let (start, mut rest) = match (text.strip_prefix('$'), text.strip_prefix('@')) {
        (Some(rest), _) => (Start::Document, rest),
        (None, Some(rest)) => (Start::Here, rest),
        (None, None) => (Start::Here, text),
    };
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    let mut strict = String::from("$");
    let mut is_first = true;
    while !rest.is_empty() {
        if rest.starts_with('[') {
            let end = closing(rest).ok_or("\"]\" is missing")?;
            strict.push_str(&rest[..=end]);
            rest = &rest[end + 1..];
        } else {
            if let Some(after) = rest.strip_prefix("..") {
                strict.push_str("..");
                rest = after;
            } else if let Some(after) = rest.strip_prefix('.') {
                rest = after;
                if rest.is_empty() && is_first {
                    // A lone dot is everything.
                    break;
                }
            } else if !is_first {
                return Err(format!("\".\" or \"[\" is missing before \"{rest}\""));
            }
            if !rest.starts_with('[') {
                let (name, after) = name(rest)?;
                rest = after;
                match &name[..] {
                    "*" => strict.push_str("[*]"),
                    name => {
                        let name = name.replace('\\', "\\\\").replace('\'', "\\'");
                        strict.push_str("['");
                        strict.push_str(&name);
                        strict.push_str("']");
                    }
                }
            }
        }
        is_first = false;
    }
    Ok((start, strict))
}

/// Up to the next step; a dot behind a backslash belongs to the name.
fn name(text: &str) -> Result<(String, &str), String> {
    let mut name = String::new();
    let mut characters = text.char_indices();
    let mut rest = "";
    while let Some((at, character)) = characters.next() {
        match character {
            '.' | '[' => {
                rest = &text[at..];
                break;
            }
            '\\' => name.extend(characters.next().map(|(_, character)| character)),
            ' ' | '{' | '}' | '(' | ')' | '\'' | '"' | ',' | '=' | ']' => {
                return Err(format!("{character:?} does not belong into a name"));
            }
            other => name.push(other),
        }
    }
    if name.is_empty() {
        return Err("a name is missing behind \".\"".to_owned());
    }
    Ok((name, rest))
}

/// Of the bracket with which a text begins.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut from = 0;
    loop {
        let open = outside_quotes(&text[from..], '[').map(|at| from + at);
        let close = from + outside_quotes(&text[from..], ']')?;
        match open {
            Some(open) if open < close => {
                depth += 1;
                from = open + 1;
            }
            Some(_) | None if depth <= 1 => return Some(close),
            Some(_) | None => {
                depth -= 1;
                from = close + 1;
            }
        }
    }
}
