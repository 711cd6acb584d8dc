//! The text of the file as a TOML table whose values know their line.

use std::ops::Range;

use toml::de::DeTable;

use super::mistake::{Mistake, Mistakes, Place};

/// A file that is TOML.
pub(super) struct Document<'a> {
    name: &'a str,
    /// Byte offsets at which lines begin.
    lines: Vec<usize>,
    pub(super) root: DeTable<'a>,
}

impl<'a> Document<'a> {
    /// Reads the text. The parser's own report quotes the line, which may hold a secret, so only its message is taken over.
    pub(super) fn parse(text: &'a str, name: &'a str) -> Result<Self, Mistakes> {
        let (root, errors) = DeTable::parse_recoverable(text);
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let document = Self { name, lines, root: root.into_inner() };
        // After the first slip the parser may stumble over what is right, at most once a line.
        let mut mistakes: Vec<Mistake> = errors.iter().map(|error| document.not_toml(text, error)).collect();
        mistakes.dedup_by(|later, earlier| later.place == earlier.place);
        if mistakes.is_empty() { Ok(document) } else { Err(Mistakes(mistakes)) }
    }

    /// The place of what spans those bytes.
    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        Place::File { name: self.name.to_owned(), line: Some(self.line(span.start)) }
    }

    /// The file as a whole.
    pub(super) fn whole(&self) -> Place {
        Place::File { name: self.name.to_owned(), line: None }
    }

    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    fn not_toml(&self, text: &str, error: &toml::de::Error) -> Mistake {
        let at = error.span().map_or(text.len(), |span| span.start);
        let line = self.line(at);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let column = text.get(start..at).map_or(0, |before| before.chars().count()) + 1;
        let place = Place::File { name: self.name.to_owned(), line: Some(line) };
        Mistake { place, key: String::new(), problem: format!("not TOML at column {column}: {}", error.message()) }
    }
}
