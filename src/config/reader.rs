//! Collects, while the configuration is read, which keys were asked for and what is wrong.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::document::Document;
use super::environment::Environment;
use super::mistake::{Mistake, Place, printable};
use super::similar::nearest;
use super::table::Table;

/// One reading of one configuration.
pub(super) struct Reader<'a> {
    pub(super) document: &'a Document<'a>,
    pub(super) environment: &'a Environment,
    known: RefCell<BTreeMap<String, Known>>,
    variables: RefCell<BTreeSet<String>>,
    unknown: RefCell<Vec<Unknown>>,
    mistakes: RefCell<Vec<Mistake>>,
    warnings: RefCell<Vec<Mistake>>,
}

/// What a key is that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// A table or a list of tables.
    Table,
    /// A value, with its default.
    Value(Option<&'static str>),
    /// The `_file` twin of a secret.
    Twin,
}

/// A key that nobody asked for.
struct Unknown {
    /// The table's path without counts, such as `channel`.
    table: String,
    /// The table's path as it is shown, such as `channel[2]`.
    shown: String,
    key: String,
    span: Range<usize>,
}

/// What came of a reading, besides the values.
pub(super) struct Findings {
    pub(super) mistakes: Vec<Mistake>,
    pub(super) warnings: Vec<Mistake>,
    /// Every path that was asked for, without counts.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests compare it with the example file"))]
    pub(super) known: BTreeMap<String, Known>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(document: &'a Document<'a>, environment: &'a Environment) -> Self {
        Self {
            document,
            environment,
            known: RefCell::default(),
            variables: RefCell::default(),
            unknown: RefCell::default(),
            mistakes: RefCell::default(),
            warnings: RefCell::default(),
        }
    }

    pub(super) fn mistake(&self, place: Place, key: impl Into<String>, problem: impl Into<String>) {
        self.mistakes.borrow_mut().push(Mistake { place, key: key.into(), problem: problem.into() });
    }

    pub(super) fn warning(&self, place: Place, key: impl Into<String>, problem: impl Into<String>) {
        self.warnings.borrow_mut().push(Mistake { place, key: key.into(), problem: problem.into() });
    }

    /// From now on that path is a key.
    pub(super) fn learn(&self, path: String, known: Known) {
        self.known.borrow_mut().insert(path, known);
    }

    /// From now on that environment variable is a key's.
    pub(super) fn learn_variable(&self, name: &str) {
        self.variables.borrow_mut().insert(name.to_owned());
    }

    /// Notes the keys of a table that has been read which were not asked for.
    pub(super) fn leave(&self, table: &Table<'_>) {
        let known = self.known.borrow();
        for key in table.given.iter().flat_map(|given| given.keys()) {
            if !known.contains_key(&joined(&table.path, key.get_ref())) {
                let (key, span) = (key.get_ref().to_string(), key.span());
                self.unknown.borrow_mut().push(Unknown { table: table.path.clone(), shown: table.shown.clone(), key, span });
            }
        }
    }

    /// Everything that was found, in the order of the file.
    pub(super) fn finish(self) -> Findings {
        for unknown in self.unknown.take() {
            let problem = self.what_was_meant(&unknown);
            self.mistake(self.document.place(&unknown.span), joined(&unknown.shown, &printable(&unknown.key)), problem);
        }
        for stray in self.environment.strays(&self.variables.borrow()) {
            let place = Place::Variable(printable(stray.name));
            if stray.is_mistake { self.mistake(place, "", stray.problem) } else { self.warning(place, "", stray.problem) }
        }
        let (mut mistakes, mut warnings) = (self.mistakes.into_inner(), self.warnings.into_inner());
        mistakes.sort();
        mistakes.dedup();
        warnings.sort();
        Findings { mistakes, warnings, known: self.known.into_inner() }
    }

    fn what_was_meant(&self, unknown: &Unknown) -> String {
        let known = self.known.borrow();
        let siblings: Vec<&str> = known.keys().filter_map(|path| child(path, &unknown.table)).collect();
        if let Some(meant) = nearest(&unknown.key, siblings.iter().copied()) {
            return format!("unknown key; did you mean {meant}?");
        }
        // A key below the wrong header is the usual slip of TOML.
        let elsewhere = known.keys().map(|path| path.rsplit_once('.').unwrap_or(("", path))).find(|(_, key)| *key == unknown.key);
        match elsewhere {
            Some(("", _)) => "unknown key here; it belongs to the top of the file, above the first [table]".to_owned(),
            Some((table, _)) => format!("unknown key here; it belongs into [{table}]"),
            None => format!("unknown key; known are {}", siblings.join(", ")),
        }
    }
}

/// The path of a key in a table.
pub(super) fn joined(table: &str, key: &str) -> String {
    if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") }
}

/// The key, if the path is that of a key directly in the table.
fn child<'p>(path: &'p str, table: &str) -> Option<&'p str> {
    let key = if table.is_empty() { path } else { path.strip_prefix(table)?.strip_prefix('.')? };
    (!key.contains('.')).then_some(key)
}
