//! An answer's members as XML.

use serde_json::Value;

/// Writes `<name>…</name>` for every member of `value`; lists become repeated `<item>` elements
/// (`member` in the query protocol, `item` in EC2's), null members are left out.
pub(crate) fn write_members(out: &mut String, value: &Value, item: &str) {
    match value {
        Value::Object(map) => {
            for (name, member) in map {
                if member.is_null() {
                    continue;
                }
                match member {
                    // A map's entries are repeated without an element around them.
                    Value::Array(entries) if name == "entry" => {
                        for entry in entries {
                            write_element(out, name, entry, item);
                        }
                    }
                    _ => write_element(out, name, member, item),
                }
            }
        }
        Value::Array(items) => {
            for member in items {
                write_element(out, item, member, item);
            }
        }
        Value::String(text) => escape(out, text),
        Value::Number(number) => {
            out.push_str(&number.to_string());
        }
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Null => {}
    }
}

/// Writes one element with what is in it.
pub(crate) fn write_element(out: &mut String, name: &str, value: &Value, item: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    write_members(out, value, item);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Text as XML 1.0 can hold it: markup escaped, carriage returns kept as references, characters
/// that XML cannot hold replaced.
pub(crate) fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(character),
            control if control < ' ' => out.push('\u{fffd}'),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
}
