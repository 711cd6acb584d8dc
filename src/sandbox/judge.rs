//! Walks a JSON document and collects what a platform objects to, with the place of each. The rules themselves are the platforms'.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::Value;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Objection {
    pub(super) path: Vec<String>,
    /// The platform's own word for it.
    pub(super) code: &'static str,
    pub(super) message: String,
}

#[derive(Default)]
pub(super) struct Judge {
    path: Vec<String>,
    pub(super) found: Vec<Objection>,
}

impl Judge {
    pub(super) fn object(&mut self, code: &'static str, message: impl Into<String>) {
        self.found.push(Objection { path: self.path.clone(), code, message: message.into() });
    }

    /// Judges what is at `key`, so that objections name the place.
    pub(super) fn at(&mut self, key: impl Display, judge: impl FnOnce(&mut Self)) {
        self.path.push(key.to_string());
        judge(self);
        self.path.pop();
    }

    /// Judges each item of the list at `key`.
    pub(super) fn each<'v>(&mut self, parent: &'v Value, key: &str, mut judge: impl FnMut(&mut Self, &'v Value)) {
        self.at(key, |j| {
            for (at, item) in list(parent, key).iter().enumerate() {
                j.at(at, |j| judge(j, item));
            }
        });
    }
}

/// The list at `key`, empty if there is none.
pub(super) fn list<'v>(parent: &'v Value, key: &str) -> &'v [Value] {
    parent.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The string at `key`, empty if there is none.
pub(super) fn string<'v>(parent: &'v Value, key: &str) -> &'v str {
    parent.get(key).and_then(Value::as_str).unwrap_or("")
}

/// Whether the list or text has a number of items or characters within `range`.
pub(super) fn within(value: &Value, range: &RangeInclusive<usize>) -> bool {
    match value {
        Value::String(text) => range.contains(&text.chars().count()),
        Value::Array(items) => range.contains(&items.len()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// Every object in the document, outermost first.
pub(super) fn objects(root: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    let mut waiting = vec![root];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(map) => {
                found.push(value);
                waiting.extend(map.values().rev());
            }
            Value::Array(items) => waiting.extend(items.iter().rev()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}
