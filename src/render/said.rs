//! Entries of `words.toml` that print nothing but values as they are, and those values. Nearly all entries do, and a card says a dozen of
//! them, which is no work for Tera. It must say exactly what Tera would.

use serde::Serialize;

/// Nearly all that is said is shorter.
const USUAL_LENGTH: usize = 64;

/// A value of an entry.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum Said {
    Text(String),
    Number(i64),
}

impl From<&str> for Said {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Said {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Said {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// An entry that needs no Tera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Simple(Vec<Piece>);

/// A piece of a simple entry.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// Prints the value of that name.
    Value(String),
}

impl Simple {
    /// What the entry is made of; `None` where it takes Tera to say it.
    pub(super) fn read(entry: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut left = entry;
        while let Some((text, more)) = left.split_once("{{") {
            let (name, rest) = more.split_once("}}")?;
            let name = name.trim();
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
                return None;
            }
            pieces.extend([Piece::Text(text.to_owned()), Piece::Value(name.to_owned())]);
            left = rest;
        }
        pieces.push(Piece::Text(left.to_owned()));
        let has_other_tags = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains('{'));
        (!pieces.iter().any(has_other_tags)).then_some(Self(pieces))
    }

    /// The entry with these values; `None` where it cannot be said so.
    pub(super) fn say(&self, values: &[(&str, Said)]) -> Option<String> {
        let mut said = String::with_capacity(USUAL_LENGTH);
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => said.push_str(text),
                Piece::Value(name) => match &values.iter().find(|(known, _)| known == name)?.1 {
                    Said::Text(text) => said.push_str(text),
                    Said::Number(number) => said.push_str(&number.to_string()),
                },
            }
        }
        in_one_line(said).ok()
    }
}

/// What an entry says, if that is something and in one line.
pub(super) fn in_one_line(said: String) -> Result<String, String> {
    match said.trim() {
        "" => Err("it must say something".to_owned()),
        text if text.contains('\n') => Err("it must be one line".to_owned()),
        text if text.len() == said.len() => Ok(said),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_prints_values_is_simple() {
        let said = |entry: &str| Simple::read(entry)?.say(&[("a", "{{ b }}".into()), ("n", 7.into())]);
        assert_eq!(said(" {{ a }} and {{n}} ").as_deref(), Some("{{ b }} and 7"));
        assert_eq!(said("{{ b }}"), None);
        for entry in ["{{ a | upper }}", "{% if a %}b{% endif %}", "{# a #}b", "{{- a }}", "{{ a.b }}", "{{ a", "{a}"] {
            assert_eq!(Simple::read(entry), None, "{entry}");
        }
    }
}
