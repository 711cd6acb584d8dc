//! One key: where its value comes from, and how it is read as text, a list or yes and no.
//!
//! A reading function gets the text and says what would be right; it must not repeat the value of what may be a secret.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeValue};

use super::files;
use super::mistake::Place;
use super::reader::{Known, joined};
use super::table::Table;

const LIST_WANTED: &str = "a list of texts is wanted, such as [\"one\", \"two\"]";

/// A key that is about to be read.
pub(super) struct Key<'t, 'r> {
    table: &'t Table<'r>,
    name: &'static str,
    absent: Absent,
    is_secret: bool,
}

/// What it means that nobody gave a value.
#[derive(Clone, Copy)]
enum Absent {
    Allowed,
    /// A value in the form of an environment variable.
    Default(&'static str),
    /// A mistake; what the value is for.
    Mistake(&'static str),
}

/// A value that was given.
struct Found<'r> {
    given: Given<'r>,
    place: Place,
    /// The key's path, which is its twin's when the value is in a file.
    key: String,
}

#[derive(Clone)]
enum Given<'r> {
    Toml(&'r DeValue<'r>),
    /// From the environment, a secret's file or the default.
    Text(Cow<'r, str>),
}

impl Given<'_> {
    fn as_text(&self, wanted: &str) -> Result<&str, String> {
        match self {
            Self::Text(text) | Self::Toml(DeValue::String(text)) => Ok(text),
            Self::Toml(other) => Err(format!("{wanted} in quotes is wanted, not {}", kind(other))),
        }
    }
}

impl<'t, 'r> Key<'t, 'r> {
    pub(super) fn new(table: &'t Table<'r>, name: &'static str) -> Self {
        Self { table, name, absent: Absent::Allowed, is_secret: false }
    }

    /// The value where none is given, in the form of an environment variable.
    pub(super) fn or(self, default: &'static str) -> Self {
        Self { absent: Absent::Default(default), ..self }
    }

    /// There must be a value, and what for.
    pub(super) fn required(self, what_for: &'static str) -> Self {
        Self { absent: Absent::Mistake(what_for), ..self }
    }

    /// The value may be in a file that the key with `_file` names.
    pub(super) fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }

    /// The value as text; `None` when it is absent or a mistake.
    pub(super) fn text<T>(self, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let found = self.find()?;
        let value = found.given.as_text("a text").and_then(read);
        value.map_err(|problem| self.table.reader.mistake(found.place, found.key, problem)).ok()
    }

    /// The value as yes or no.
    pub(super) fn flag(self) -> Option<bool> {
        let found = self.find()?;
        let problem = match &found.given {
            Given::Toml(DeValue::Boolean(flag)) => return Some(*flag),
            Given::Text(text) => match text.trim().parse() {
                Ok(flag) => return Some(flag),
                Err(_) => "true or false is wanted".to_owned(),
            },
            Given::Toml(other) => format!("true or false is wanted, without quotes, not {}", kind(other)),
        };
        self.table.reader.mistake(found.place, found.key, problem);
        None
    }

    /// The value as a list of texts, each mistake in it at its own line.
    pub(super) fn list<T>(self, read: impl Fn(&str) -> Result<T, String>) -> Option<Vec<T>> {
        let found = self.find()?;
        let mistake = |place: Place, problem: String| self.table.reader.mistake(place, found.key.as_str(), problem);
        let items = match self.items(&found) {
            Ok(items) => items,
            Err(problem) => {
                mistake(found.place.clone(), problem);
                return None;
            }
        };
        let count = items.len();
        let values: Vec<T> =
            items.into_iter().filter_map(|(text, place)| read(&text).map_err(|problem| mistake(place, problem)).ok()).collect();
        (values.len() == count).then_some(values)
    }

    fn items(&self, found: &Found<'r>) -> Result<Vec<(String, Place)>, String> {
        match &found.given {
            Given::Toml(DeValue::Array(items)) => texts(items, |span| self.table.reader.document.place(&span)),
            Given::Toml(other) => Err(format!("{LIST_WANTED}, not {}", kind(other))),
            Given::Text(text) if text.trim_start().starts_with('[') => {
                let list = DeValue::parse(text.trim()).map_err(|_| format!("{LIST_WANTED}, or one, two"))?.into_inner();
                texts(list.as_array().ok_or(LIST_WANTED)?, |_| found.place.clone())
            }
            Given::Text(text) => {
                let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
                Ok(words.map(|word| (word.to_owned(), found.place.clone())).collect())
            }
        }
    }

    /// The value with the most to say: environment, file, default.
    fn find(&self) -> Option<Found<'r>> {
        let (table, twin) = (self.table, format!("{}_file", self.name));
        let default = if let Absent::Default(default) = self.absent { Some(default) } else { None };
        table.reader.learn(joined(&table.path, self.name), Known::Value(default));
        if self.is_secret {
            table.reader.learn(joined(&table.path, &twin), Known::Twin);
        }
        for source in [Self::in_environment, Self::in_file] {
            let value = source(self, self.name);
            let file = if self.is_secret { source(self, &twin) } else { None };
            match (value, file) {
                (None, None) => {}
                (Some(value), None) => return Some(value),
                (None, Some(file)) => return self.read_secret_file(file),
                (Some(value), Some(_)) => {
                    table.reader.mistake(value.place, value.key, format!("given twice, here and as {twin}; leave one out"));
                    return None;
                }
            }
        }
        match self.absent {
            Absent::Allowed => None,
            Absent::Default(text) => Some(self.found(self.name, Given::Text(Cow::Borrowed(text)), table.place())),
            Absent::Mistake(what_for) => {
                let twin = if self.is_secret { format!(", {twin}") } else { String::new() };
                let variable = table.variable(self.name).map(|name| format!(", or in the environment {name}")).unwrap_or_default();
                let problem = format!("missing: {what_for}; give {}{twin}{variable}", self.name);
                table.reader.mistake(table.place(), joined(&table.shown, self.name), problem);
                None
            }
        }
    }

    fn in_environment(&self, name: &str) -> Option<Found<'r>> {
        let variable = self.table.variable(name)?;
        self.table.reader.learn_variable(&variable);
        let text = self.table.reader.environment.get(&variable)?;
        Some(self.found(name, Given::Text(Cow::Borrowed(text)), Place::Variable(variable)))
    }

    fn in_file(&self, name: &str) -> Option<Found<'r>> {
        let (key, value) = self.table.given?.get_key_value(name)?;
        Some(self.found(name, Given::Toml(value.get_ref()), self.table.reader.document.place(&key.span())))
    }

    fn read_secret_file(&self, found: Found<'r>) -> Option<Found<'r>> {
        let content = found.given.as_text("the path of a file").and_then(files::read_secret);
        match content {
            Ok(file) => {
                if file.open_to_all {
                    let problem = "everybody on this machine may read that file; chmod 600 keeps the secret";
                    self.table.reader.warning(found.place.clone(), found.key.as_str(), problem);
                }
                Some(Found { given: Given::Text(Cow::Owned(file.text)), ..found })
            }
            Err(problem) => {
                self.table.reader.mistake(found.place, found.key, problem);
                None
            }
        }
    }

    fn found(&self, name: &str, given: Given<'r>, place: Place) -> Found<'r> {
        Found { given, place, key: joined(&self.table.shown, name) }
    }
}

fn texts(items: &DeArray<'_>, place: impl Fn(Range<usize>) -> Place) -> Result<Vec<(String, Place)>, String> {
    let text = |item: &Spanned<DeValue<'_>>| match item.get_ref().as_str() {
        Some(text) => Ok((text.to_owned(), place(item.span()))),
        None => Err(format!("{LIST_WANTED}; one entry is {}", kind(item.get_ref()))),
    };
    items.iter().map(text).collect()
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
