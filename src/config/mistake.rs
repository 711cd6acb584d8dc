//! Mistakes in the configuration: where, which key, and what would be right. Never what a secret's value is.

use std::fmt;

/// Where a value was given, or should have been.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the file of that name; the line counts from 1, and is absent for what concerns the whole file.
    File {
        /// As the operator named it.
        name: String,
        /// Counted from 1.
        line: Option<usize>,
    },
    /// In the environment variable of that name.
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line: Some(line) } => write!(f, "{name}:{line}"),
            Self::File { name, line: None } | Self::Variable(name) => f.write_str(name),
        }
    }
}

/// One mistake, shown as `rebound.toml:12: slack.bot_tokn: unknown key; did you mean bot_token?`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Where.
    pub place: Place,
    /// The key's path, such as `slack.bot_token` or `channel[2].name` (counted from 1); empty for what concerns the whole file.
    pub key: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, key, problem } = self;
        match key.as_str() {
            "" => write!(f, "{place}: {problem}"),
            key => write!(f, "{place}: {key}: {problem}"),
        }
    }
}

/// All mistakes at once, in the order of the file; shown one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl Mistakes {
    /// More than so many lines help nobody.
    const SHOWN: usize = 100;
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().take(Self::SHOWN).enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{mistake}")?;
        }
        match self.0.len().saturating_sub(Self::SHOWN) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more mistakes"),
        }
    }
}

impl std::error::Error for Mistakes {}

/// The value for a message: in quotes, on one line, cut. For what is no secret.
pub(super) fn quoted(value: &str) -> String {
    format!("\"{}\"", printable(value))
}

/// The text on one line, without control characters, cut.
pub(super) fn printable(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
