//! A table of the configuration, from the file, the environment or both.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::document::Document;
use super::environment::variable;
use super::key::Key;
use super::mistake::Place;
use super::reader::{Known, Reader, joined};

/// A table that is being read.
#[derive(Clone)]
pub(super) struct Table<'r> {
    pub(super) reader: &'r Reader<'r>,
    /// `None`: all of it comes from the environment.
    pub(super) given: Option<&'r DeTable<'r>>,
    /// Of the table's header.
    span: Option<Range<usize>>,
    /// Without counts, such as `channel`; empty at the top.
    pub(super) path: String,
    /// With counts, such as `channel[2]`.
    pub(super) shown: String,
    /// Whether its keys may come from the environment: not in lists of tables.
    pub(super) from_environment: bool,
}

impl<'r> Table<'r> {
    /// Reads the whole configuration; what nobody asked for meanwhile is unknown.
    pub(super) fn read_root<T>(reader: &'r Reader<'r>, read: impl FnOnce(&Table<'r>) -> T) -> T {
        let given = Some(&reader.document.root);
        Self { reader, given, span: None, path: String::new(), shown: String::new(), from_environment: true }.read(read)
    }

    /// A value of this table.
    pub(super) fn key(&self, name: &'static str) -> Key<'_, 'r> {
        Key::new(self, name)
    }

    /// A table in this one, read even when nothing of it is given.
    pub(super) fn table<T>(&self, name: &'static str, read: impl FnOnce(&Table<'r>) -> T) -> T {
        let (given, span) = self.find_table(name);
        self.below(name, given, span).read(read)
    }

    /// A table in this one; `None` when neither the file nor the environment has anything of it.
    pub(super) fn optional_table<T>(&self, name: &'static str, read: impl FnOnce(&Table<'r>) -> T) -> Option<T> {
        let (given, span) = self.find_table(name);
        let is_there = span.is_some() || self.from_environment && self.reader.environment.has_below(&joined(&self.path, name));
        is_there.then(|| self.below(name, given, span).read(read))
    }

    /// A list of tables in this one. Those that cannot be read are left out, as mistakes.
    pub(super) fn tables<T>(&self, name: &'static str, read: impl Fn(&Table<'r>) -> Option<T>) -> Vec<(Table<'r>, T)> {
        self.reader.learn(joined(&self.path, name), Known::Table);
        let Some((_, value)) = self.given.and_then(|given| given.get_key_value(name)) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.mistake(name, format!("a list of tables is wanted, each written [[{}]]", joined(&self.path, name)));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let shown = format!("{}[{}]", joined(&self.shown, name), index + 1);
            let DeValue::Table(given) = item.get_ref() else {
                let problem = format!("a table is wanted, written [[{}]]", joined(&self.path, name));
                self.reader.mistake(self.reader.document.place(&item.span()), shown, problem);
                continue;
            };
            let below = self.below(name, Some(given), Some(item.span()));
            let table = Table { shown, from_environment: false, ..below };
            if let Some(value) = table.read(&read) {
                tables.push((table, value));
            }
        }
        tables
    }

    /// Notes a mistake about a key of this table.
    pub(super) fn mistake(&self, key: &str, problem: impl Into<String>) {
        self.reader.mistake(self.place_of(key), self.shown_key(key), problem);
    }

    /// Notes something about a key of this table that looks unintended.
    pub(super) fn warning(&self, key: &str, problem: impl Into<String>) {
        self.reader.warning(self.place_of(key), self.shown_key(key), problem);
    }

    /// Does the file or the environment give that key?
    pub(super) fn has(&self, key: &str) -> bool {
        let in_environment = self.variable(key).is_some_and(|name| self.reader.environment.get(&name).is_some());
        in_environment || self.given.is_some_and(|given| given.contains_key(key))
    }

    /// Is that key something else than an empty list?
    pub(super) fn has_tables(&self, key: &str) -> bool {
        let value = self.given.and_then(|given| given.get(key));
        value.is_some_and(|value| !value.get_ref().as_array().is_some_and(|items| items.is_empty()))
    }

    /// The table as another message calls it, such as `channel[2] (line 31)`.
    pub(super) fn described(&self) -> String {
        match self.place() {
            Place::File { line: Some(line), .. } => format!("{} (line {line})", self.shown),
            Place::File { .. } | Place::Variable(_) => self.shown.clone(),
        }
    }

    /// Where this table begins.
    pub(super) fn place(&self) -> Place {
        let document: &Document<'_> = self.reader.document;
        self.span.as_ref().map_or_else(|| document.whole(), |span| document.place(span))
    }

    /// The variable from which that key may come.
    pub(super) fn variable(&self, key: &str) -> Option<String> {
        self.from_environment.then(|| variable(&joined(&self.path, key)))
    }

    /// The key's path with counts; without a key the table's own.
    fn shown_key(&self, key: &str) -> String {
        if key.is_empty() { self.shown.clone() } else { joined(&self.shown, key) }
    }

    fn place_of(&self, key: &str) -> Place {
        if let Some(name) = self.variable(key).filter(|name| self.reader.environment.get(name).is_some()) {
            return Place::Variable(name);
        }
        match self.given.and_then(|given| given.get_key_value(key)) {
            Some((key, _)) => self.reader.document.place(&key.span()),
            None => self.place(),
        }
    }

    fn read<T>(&self, read: impl FnOnce(&Table<'r>) -> T) -> T {
        let value = read(self);
        self.reader.leave(self);
        value
    }

    fn find_table(&self, name: &str) -> (Option<&'r DeTable<'r>>, Option<Range<usize>>) {
        self.reader.learn(joined(&self.path, name), Known::Table);
        let Some((key, value)) = self.given.and_then(|given| given.get_key_value(name)) else {
            return (None, None);
        };
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.mistake(name, format!("a table is wanted, written [{}]", joined(&self.path, name)));
        }
        (table, Some(key.span()))
    }

    fn below(&self, name: &str, given: Option<&'r DeTable<'r>>, span: Option<Range<usize>>) -> Table<'r> {
        let (path, shown) = (joined(&self.path, name), joined(&self.shown, name));
        Table { reader: self.reader, given, span, path, shown, from_environment: self.from_environment }
    }
}
