//! An object of a golden, changed in some places: every input is JSON, and most are nearly valid.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::bytes::Bytes;

/// More changes than that leave nothing of the object.
const MOST: usize = 16;

/// What inputs are made of.
pub struct Grammar {
    /// Objects to begin with.
    pub objects: Vec<Value>,
    /// Keys and texts of all of them, and some that lead elsewhere.
    pub words: Vec<String>,
}

impl Grammar {
    pub fn of(objects: Vec<Value>) -> Self {
        let mut words: BTreeSet<String> = MORE.iter().map(|&word| word.to_owned()).collect();
        for object in &objects {
            collect(object, &mut words);
        }
        Self {
            objects,
            words: words.into_iter().collect(),
        }
    }

    /// The object of an input: two bytes name one of [`Grammar::objects`], the rest are changes.
    pub fn object(&self, bytes: &[u8]) -> Value {
        let mut bytes = Bytes::of(bytes);
        let mut object = self.begin(&mut bytes).clone();
        for _ in 0..MOST {
            if bytes.is_empty() {
                break;
            }
            self.change(&mut object, &mut bytes);
        }
        object
    }

    /// The input of an unchanged object.
    pub fn seeds(&self) -> impl Iterator<Item = Vec<u8>> {
        (0..self.objects.len()).map(|place| vec![(place & 0xff) as u8, (place >> 8) as u8])
    }

    fn begin(&self, bytes: &mut Bytes<'_>) -> &Value {
        &self.objects[bytes.short() % self.objects.len()]
    }

    fn change(&self, object: &mut Value, bytes: &mut Bytes<'_>) {
        let mut place = bytes.short() % count(object);
        let Some(node) = nth(object, &mut place) else {
            return;
        };
        let what = bytes.byte() % 10;
        match (what, node) {
            (0, node) => *node = self.value(bytes, 3),
            (1, node) => *node = self.leaf(bytes),
            (2, node) => {
                let other = self.begin(bytes);
                let mut place = bytes.short() % count(other);
                let mut other = other.clone();
                if let Some(part) = nth(&mut other, &mut place) {
                    *node = part.take();
                }
            }
            (3 | 4, Value::Object(fields)) => {
                let (word, value) = (self.word(bytes), self.value(bytes, 2));
                fields.insert(word, value);
            }
            (5, Value::Object(fields)) => {
                if let Some(key) = key(fields, bytes) {
                    fields.remove(&key);
                }
            }
            (6, Value::Object(fields)) => {
                if let Some(value) = key(fields, bytes).and_then(|key| fields.remove(&key)) {
                    fields.insert(self.word(bytes), value);
                }
            }
            (3 | 4, Value::Array(items)) if items.len() < 64 => {
                let again = items.get(usize::from(bytes.byte()) % items.len().max(1));
                let item = again.cloned().unwrap_or_else(|| self.value(bytes, 2));
                items.push(item);
            }
            (5, Value::Array(items)) if !items.is_empty() => {
                items.remove(usize::from(bytes.byte()) % items.len());
            }
            (3, Value::String(text)) => *text = self.word(bytes),
            (4, Value::String(text)) => text.push_str(&self.word(bytes)),
            (5, Value::String(text)) => {
                text.pop();
            }
            (6, Value::String(text)) => {
                let times = usize::from(bytes.byte()) + 1;
                *text = text.chars().take(64).collect::<String>().repeat(times);
            }
            (7, node) => *node = Value::Array(vec![node.take()]),
            (_, node) => *node = self.leaf(bytes),
        }
    }

    fn value(&self, bytes: &mut Bytes<'_>, depth: usize) -> Value {
        let what = bytes.byte();
        let many = usize::from(what >> 4) % 4;
        match what % 4 {
            0 if depth > 0 => {
                let items = (0..many).map(|_| self.value(bytes, depth - 1));
                Value::Array(items.collect())
            }
            1 if depth > 0 => {
                let fields = (0..many).map(|_| (self.word(bytes), self.value(bytes, depth - 1)));
                Value::Object(fields.collect())
            }
            _ => self.leaf(bytes),
        }
    }

    fn leaf(&self, bytes: &mut Bytes<'_>) -> Value {
        match bytes.byte() % 8 {
            0 => Value::Null,
            1 => Value::Bool(bytes.byte() % 2 == 0),
            2 => Value::from(bytes.byte()),
            3 => Value::from(bytes.long().cast_signed()),
            4 => Value::from(f64::from_bits(bytes.long())),
            5 => {
                let count = usize::from(bytes.byte() % 32);
                Value::from(String::from_utf8_lossy(bytes.take(count)))
            }
            _ => Value::from(self.word(bytes)),
        }
    }

    fn word(&self, bytes: &mut Bytes<'_>) -> String {
        self.words[bytes.short() % self.words.len()].clone()
    }
}

/// Texts at the edges of what is allowed.
const MORE: [&str; 40] = [
    "",
    "*",
    "*.",
    ".",
    "-",
    "/",
    "//",
    "%",
    "%zz",
    "0",
    "00",
    "-1",
    "65536",
    "1s",
    "0s",
    "99999h",
    "1h1h",
    "1.5s",
    "9223372036854775807ns",
    "::",
    "::1/0",
    "10.0.0.0/33",
    "0.0.0.0/0",
    "xn--a",
    "ä",
    "\u{0}",
    "\u{10ffff}",
    "a\nb",
    "(",
    "[a",
    "a{99999}",
    "2026-13-01T00:00:00Z",
    "9999-12-31T23:59:60Z",
    "-9999-01-01T00:00:00Z",
    "a/b/c",
    "kubernetes.io/tls",
    "=====",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBQUEKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=",
    "arn:aws:acm:us-west-2:123456789012:certificate/a",
];

fn collect(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            words.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
        Value::Object(fields) => {
            for (key, value) in fields {
                words.insert(key.clone());
                collect(value, words);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// The value at a place, counted from the outermost one on.
fn nth<'a>(value: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
    if *place == 0 {
        return Some(value);
    }
    *place -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, place)),
        Value::Object(fields) => fields.values_mut().find_map(|field| nth(field, place)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn key(fields: &Map<String, Value>, bytes: &mut Bytes<'_>) -> Option<String> {
    let place = usize::from(bytes.byte()) % fields.len().max(1);
    fields.keys().nth(place).cloned()
}
