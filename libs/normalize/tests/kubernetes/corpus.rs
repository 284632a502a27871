//! Objects that are one edit away from a good one. The edits are made of the kind's schema, so that a new field of a new
//! release gets its own; the good ones are in `seeds`.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::once;

use serde_json::{Value, json};

/// An object, and the edit that made it: `HTTPRoute v1 0 spec.rules[0].name: "A"`.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) object: Value,
}

/// A place in the seed, and what is put there: nothing removes what is there.
struct Edit {
    pointer: String,
    what: String,
    value: Option<Value>,
}

/// What strings are tried as: names, hostnames, paths, durations and what looks like them.
const WORDS: [&str; 39] = [
    "",
    "A",
    "a",
    "7",
    "a.b",
    "a_b",
    "-a",
    "a-",
    "a..b",
    ".a",
    "a.",
    "a b",
    " a",
    "a/b",
    "/a",
    "a/",
    "A/b",
    "ä",
    "*",
    "*.a",
    "*.*.a",
    "a.*",
    "10.0.0.1",
    "::1",
    "10.0.0.0/33",
    "/a//b",
    "/a/../b",
    "/a/..",
    "/a/.",
    "/a%2Fb",
    "/a%zz",
    "/a#b",
    "/ä",
    "1h",
    "0s",
    "1h30m5s100ms",
    "1.5h",
    "http://a",
    "a:80",
];

/// What no ELB does, so that nothing below it is read: a few edits will do.
const UNPROGRAMMED: [&str; 7] = [
    "cors",
    "externalAuth",
    "requestHeaderModifier",
    "requestMirror",
    "responseHeaderModifier",
    "retry",
    "sessionPersistence",
];

/// Places of the seeds' values, whatever the indexes are; and what stands there.
type Donors = BTreeMap<String, Vec<Value>>;

struct Walk<'a> {
    donors: &'a Donors,
    /// Entries of lists: one that looks like another in the same place is not walked.
    walked: &'a mut BTreeSet<String>,
    /// What is tried once in the whole corpus: the rule is the same wherever the field is.
    tried: &'a mut BTreeSet<String>,
    edits: Vec<Edit>,
}

/// The cases of a kind in one version: `schema` is the whole object's.
pub(crate) fn cases(
    label: &str,
    schema: &Value,
    seeds: &[Value],
    tried: &mut BTreeSet<String>,
) -> Vec<Case> {
    let mut donors = Donors::new();
    for seed in seeds {
        collect(seed, "", &mut donors);
    }
    let mut walked = BTreeSet::new();
    let mut cases = Vec::new();
    for (index, seed) in seeds.iter().enumerate() {
        let mut walk = Walk {
            donors: &donors,
            walked: &mut walked,
            tried: &mut *tried,
            edits: Vec::new(),
        };
        walk.value(schema, seed, "", "");
        let as_it_is = Case {
            name: format!("{label} {index} as it is"),
            object: seed.clone(),
        };
        let edited = walk.edits.into_iter().map(|edit| Case {
            name: format!("{label} {index} {}: {}", shown(&edit.pointer), edit.what),
            object: edited(seed, &edit.pointer, edit.value),
        });
        cases.extend(once(as_it_is).chain(edited));
    }
    cases
}

/// The leaves of a schema that no seed has.
pub(crate) fn missing(schema: &Value, seeds: &[Value]) -> Vec<String> {
    let mut donors = Donors::new();
    for seed in seeds {
        collect(seed, "", &mut donors);
    }
    let mut missing = Vec::new();
    absent(schema, "", &donors, &mut missing);
    missing
}

fn absent(schema: &Value, place: &str, donors: &Donors, missing: &mut Vec<String>) {
    if !place.is_empty() && !donors.contains_key(place) {
        missing.push(place.to_owned());
        return;
    }
    if schema["items"].is_object() {
        absent(&schema["items"], &format!("{place}/[]"), donors, missing);
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        absent(schema, &format!("{place}/{name}"), donors, missing);
    }
}

fn collect(value: &Value, place: &str, donors: &mut Donors) {
    let known = donors.entry(place.to_owned()).or_default();
    if !known.contains(value) {
        known.push(value.clone());
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(value, &format!("{place}/{name}"), donors);
            }
        }
        Value::Array(entries) => {
            for entry in entries {
                collect(entry, &format!("{place}/[]"), donors);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Walk<'_> {
    fn value(&mut self, schema: &Value, value: &Value, pointer: &str, place: &str) {
        self.value_of(schema, value, pointer, place, &Value::Null);
    }

    fn value_of(
        &mut self,
        schema: &Value,
        value: &Value,
        pointer: &str,
        place: &str,
        kind: &Value,
    ) {
        match value {
            Value::Object(fields) => self.object(schema, fields, pointer, place),
            Value::Array(entries) => self.list(schema, entries, pointer, place),
            Value::String(text) => self.text(schema, text, pointer, place, kind),
            Value::Number(_) => self.number(schema, pointer),
            Value::Bool(_) => self.set(pointer, json!("true")),
            Value::Null => {}
        }
    }

    fn object(
        &mut self,
        schema: &Value,
        fields: &serde_json::Map<String, Value>,
        pointer: &str,
        place: &str,
    ) {
        if self.is_first("surplus", place) {
            self.set(&format!("{pointer}/surplus"), json!(1));
        }
        let kind = fields.get("type").unwrap_or(&Value::Null);
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let pointer = format!("{pointer}/{name}");
            let place = format!("{place}/{name}");
            if let Some(value) = fields.get(name) {
                self.remove(&pointer);
                if self.is_first("null", &place) {
                    self.set(&pointer, Value::Null);
                }
                let other_type = if value.is_string() {
                    json!(7)
                } else {
                    json!("x")
                };
                self.set(&pointer, other_type);
                self.value_of(schema, value, &pointer, &place, kind);
            } else {
                let donors = self.donors.get(&place).into_iter().flatten();
                for donor in donors.take(1) {
                    self.set(&pointer, donor.clone());
                }
            }
        }
        let Some((_, value)) = fields.iter().next() else {
            return;
        };
        let of_values = &schema["additionalProperties"];
        if !of_values.is_object() {
            return;
        }
        let words = if self.is_first("key", place) {
            WORDS.len()
        } else {
            2
        };
        for word in &WORDS[..words] {
            let key = word.replace('~', "~0").replace('/', "~1");
            self.set(&format!("{pointer}/{key}"), value.clone());
        }
        let (key, value) = fields.iter().next().unwrap();
        let key = key.replace('/', "~1");
        self.value(
            of_values,
            value,
            &format!("{pointer}/{key}"),
            &format!("{place}/{key}"),
        );
        self.set(&format!("{pointer}/{key}"), json!(7));
        for count in boundary(schema, "maxProperties") {
            let many = (0..count).map(|index| (format!("a{index}"), value.clone()));
            self.put(
                pointer,
                Value::Object(many.collect()),
                format!("{count} of them"),
            );
        }
    }

    fn list(&mut self, schema: &Value, entries: &[Value], pointer: &str, place: &str) {
        self.set(pointer, json!([]));
        let Some(first) = entries.first() else { return };
        let with =
            |entry: &Value| -> Value { entries.iter().chain(once(entry)).cloned().collect() };
        self.put(pointer, with(first), "the first one again".to_owned());
        self.put(pointer, with(&Value::Null), "null among them".to_owned());
        for count in boundary(schema, "maxItems") {
            let last = entries.last().unwrap();
            let more = (0..count.saturating_sub(entries.len())).map(|index| distinct(last, index));
            let many = entries.iter().cloned().chain(more).take(count);
            self.put(pointer, many.collect(), format!("{count} of them"));
        }
        for (index, entry) in entries.iter().enumerate() {
            let place = format!("{place}/[]");
            // The filters of a backend have the schema of a rule's.
            let shared = place.replace("/backendRefs/[]/filters", "/filters");
            if self.walked.insert(format!("{shared} {}", looks(entry))) {
                self.value(
                    &schema["items"],
                    entry,
                    &format!("{pointer}/{index}"),
                    &place,
                );
            }
        }
    }

    /// `kind` is the `type` beside it, which may say what it has to look like.
    fn text(&mut self, schema: &Value, text: &str, pointer: &str, place: &str, kind: &Value) {
        let others = self.donors.get(place).into_iter().flatten();
        let choices = schema["enum"].as_array().into_iter().flatten();
        let choices = choices.take(if self.is_first("choice", place) {
            100
        } else {
            2
        });
        let most = if place.ends_with("/protocol") { 6 } else { 2 };
        let mut values: Vec<Value> = choices.chain(others.take(most)).cloned().collect();
        let rules = ["pattern", "format", "minLength", "maxLength"].map(|rule| &schema[rule]);
        let is_first = self.tried.insert(format!("{rules:?} {kind}"));
        let some = if is_first && !schema["enum"].is_array() {
            WORDS.len()
        } else {
            2
        };
        let words = &WORDS[..some];
        values.extend(words.iter().map(|word| json!(word)));
        values.dedup();
        for value in values.into_iter().filter(|value| value != text) {
            self.set(pointer, value);
        }
        let lengths = ["maxLength", "minLength"].map(|limit| boundary(schema, limit));
        for length in lengths.into_iter().flatten() {
            let filling = "a".repeat(length.saturating_sub(text.len()));
            self.put(
                pointer,
                json!(format!("{text}{filling}")),
                format!("{length} characters"),
            );
        }
    }

    fn number(&mut self, schema: &Value, pointer: &str) {
        let choices = schema["enum"].as_array().into_iter().flatten().cloned();
        let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
        let (least, most) = (least.unwrap_or(0), most.unwrap_or(1 << 31));
        let numbers = [least - 1, least, most, most + 1].map(|number| json!(number));
        for value in choices.chain(numbers) {
            self.set(pointer, value);
        }
        if self.is_first("fraction", pointer) {
            self.set(pointer, json!(1.5));
            self.set(pointer, json!(2.0));
        }
    }

    /// Whether a field of this name, wherever it is, was not tried in this way.
    fn is_first(&mut self, way: &str, place: &str) -> bool {
        let name = place.rsplit('/').next().unwrap_or_default();
        self.tried.insert(format!("{way} {name}"))
    }

    fn remove(&mut self, pointer: &str) {
        if UNPROGRAMMED
            .iter()
            .all(|name| !pointer.contains(&format!("/{name}/")))
        {
            self.edits.push(Edit {
                pointer: pointer.to_owned(),
                what: "removed".to_owned(),
                value: None,
            });
        }
    }

    fn set(&mut self, pointer: &str, value: Value) {
        let what = value.to_string();
        self.put(pointer, value, what);
    }

    fn put(&mut self, pointer: &str, value: Value, what: String) {
        let below = |name: &&str| pointer.contains(&format!("/{name}/"));
        if UNPROGRAMMED.iter().any(below) && !["\"\"", "-1"].contains(&what.as_str()) {
            return;
        }
        self.edits.push(Edit {
            pointer: pointer.to_owned(),
            what,
            value: Some(value),
        });
    }
}

/// Its fields and the types in it, without other values.
fn looks(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let looks = fields.iter().map(|(name, value)| {
                let is_type = ["type", "protocol", "operator"].contains(&name.as_str());
                let looks = if is_type { value.clone() } else { looks(value) };
                (name.clone(), looks)
            });
            Value::Object(looks.collect())
        }
        Value::Array(entries) => entries.iter().map(looks).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Value::Null,
    }
}

/// The limit, and one more.
fn boundary(schema: &Value, limit: &str) -> Vec<usize> {
    let limit = schema[limit]
        .as_u64()
        .and_then(|limit| usize::try_from(limit).ok());
    // The longest are for lists of hundreds of certificates, and cost seconds.
    let limit = limit.filter(|limit| *limit <= 10_000);
    limit
        .map(|limit| vec![limit, limit + 1])
        .unwrap_or_default()
}

/// Another entry, that a list with keys takes.
fn distinct(entry: &Value, index: usize) -> Value {
    match entry {
        Value::String(text) => json!(format!("{text}{index}")),
        Value::Number(number) => json!(number.as_u64().unwrap_or(0) + 1 + index as u64),
        Value::Object(fields) => {
            let mut fields = fields.clone();
            for key in ["name", "key", "port"] {
                if let Some(value) = fields.get_mut(key) {
                    *value = distinct(value, index);
                }
            }
            Value::Object(fields)
        }
        other => other.clone(),
    }
}

fn edited(seed: &Value, pointer: &str, value: Option<Value>) -> Value {
    let mut object = seed.clone();
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    let last = last.replace("~1", "/").replace("~0", "~");
    let parent = object.pointer_mut(parent).unwrap();
    match (parent, value) {
        (Value::Object(fields), Some(value)) => drop(fields.insert(last, value)),
        (Value::Object(fields), None) => drop(fields.remove(&last)),
        (parent, value) => parent[last.parse::<usize>().unwrap()] = value.unwrap(),
    }
    object
}

/// `spec.rules[0].name`.
fn shown(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        if !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()) {
            path.extend(["[", step, "]"]);
            continue;
        }
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(&step.replace("~1", "/"));
    }
    path
}
