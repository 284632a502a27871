//! Reading JSON into the typed shapes, with the path of what does not fit and of what nobody reads.

use serde::Deserialize;
use serde_json::Value;

use crate::fault::{Fault, Path, Warning};

/// Reads `value`, which stands at `at`. Fields that the shape does not have become warnings: an API
/// server prunes them too.
pub(crate) fn read<'de, T: Deserialize<'de>>(
    at: &Path<'_>,
    value: &'de Value,
    warnings: &mut Vec<Warning>,
) -> Result<T, Fault> {
    let mut unknown = Vec::new();
    let read = serde_ignored::deserialize(value, |path| {
        let mut field = at.to_string();
        append(&mut field, &path);
        unknown.push(Warning::unknown(field));
    });
    match read {
        Ok(read) => {
            warnings.append(&mut unknown);
            Ok(read)
        }
        Err(_) => read_tracked(at, value),
    }
}

/// Reads `value`, ignoring unknown fields without a word.
pub(crate) fn read_quietly<'de, T: Deserialize<'de>>(
    at: &Path<'_>,
    value: &'de Value,
) -> Result<T, Fault> {
    T::deserialize(value).or_else(|_| read_tracked(at, value))
}

/// The second reading, of what is bad: to remember the path, every key on the way is copied.
fn read_tracked<'de, T: Deserialize<'de>>(at: &Path<'_>, value: &'de Value) -> Result<T, Fault> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let mut field = at.to_string();
        for segment in error.path() {
            match segment {
                serde_path_to_error::Segment::Seq { index } => {
                    push_index(&mut field, *index);
                }
                serde_path_to_error::Segment::Map { key } => push_field(&mut field, key),
                serde_path_to_error::Segment::Enum { variant } => push_field(&mut field, variant),
                serde_path_to_error::Segment::Unknown => {}
            }
        }
        let reason = error.inner().to_string();
        // Whether it is copied is our business.
        let reason = reason.replace("a borrowed string", "a string");
        // Serde blames the parent of a missing field.
        if let Some(missing) = reason
            .strip_prefix("missing field `")
            .and_then(|rest| rest.strip_suffix('`'))
        {
            push_field(&mut field, missing);
            return Fault {
                field,
                reason: "is required".to_owned(),
            };
        }
        Fault { field, reason }
    })
}

/// A field that must be there and not null.
pub(crate) fn required<'a>(
    parent: &'a Value,
    at: &Path<'_>,
    name: &str,
) -> Result<&'a Value, Fault> {
    match parent.get(name) {
        None | Some(Value::Null) => Err(at.field(name).fault("is required")),
        Some(value) => Ok(value),
    }
}

fn append(field: &mut String, path: &serde_ignored::Path<'_>) {
    match path {
        serde_ignored::Path::Root => {}
        serde_ignored::Path::Seq { parent, index } => {
            append(field, parent);
            push_index(field, *index);
        }
        serde_ignored::Path::Map { parent, key } => {
            append(field, parent);
            push_field(field, key);
        }
        serde_ignored::Path::Some { parent }
        | serde_ignored::Path::NewtypeStruct { parent }
        | serde_ignored::Path::NewtypeVariant { parent } => append(field, parent),
    }
}

fn push_field(field: &mut String, name: &str) {
    if !field.is_empty() {
        field.push('.');
    }
    field.push_str(name);
}

fn push_index(field: &mut String, index: usize) {
    field.push('[');
    field.push_str(&index.to_string());
    field.push(']');
}
