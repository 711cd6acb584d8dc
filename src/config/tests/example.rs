//! `rebound.example.toml` is right and complete: it parses as it is and with every line uncommented, and names every key with its default.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::{DeTable, DeValue};

use super::super::document::Document;
use super::super::load;
use super::super::reader::Known;
use super::*;

const EXAMPLE: &str = include_str!("../../../rebound.example.toml");

/// What operators fill in.
fn filled_in(text: &str) -> String {
    let real = |line: &str| match line.split_once(" = \"…\"") {
        Some(("application_id" | "guild_id", _)) => line.replace('…', "833333333333333301"),
        Some(("public_key", _)) => line.replace('…', "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
        Some((key, _)) => line.replace('…', &format!("filled-in-9f86d081884c7d65-{key}")),
        None => line.replace("\"my-templates\"", "\"src\""),
    };
    text.lines().map(|line| real(line) + "\n").collect()
}

/// With every setting that is shown in a comment: `#` and no blank.
fn uncommented() -> String {
    let shown = |line: &'static str| {
        line.strip_prefix('#').filter(|rest| rest.starts_with(|first: char| first.is_ascii_lowercase() || first == '['))
    };
    let lines: Vec<&str> = EXAMPLE.lines().map(|line| shown(line).unwrap_or(line)).collect();
    filled_in(&lines.join("\n"))
}

#[test]
fn the_example_is_good_once_filled_in() {
    let told = mistakes(read(EXAMPLE));
    assert_eq!(told.lines().count(), EXAMPLE.lines().filter(|line| !line.starts_with('#') && line.contains('…')).count(), "{told}");
    // A team without any manager is worth a warning.
    for text in [filled_in(EXAMPLE), uncommented().replace("manager = false", "manager = true")] {
        let config = read(&text).unwrap();
        assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    }
}

#[test]
fn the_example_shows_every_key_with_its_default() {
    let text = uncommented();
    let document = Document::parse(&text, "rebound.example.toml").unwrap();
    let shown = flat(&document.root, "");
    let (_, findings) = load::read(&document, &Environment::default());
    let keys: BTreeSet<&str> =
        findings.known.iter().filter(|(_, known)| matches!(known, Known::Value(_))).map(|(key, _)| key.as_str()).collect();
    assert_eq!(shown.keys().map(String::as_str).collect::<BTreeSet<_>>(), keys);
    for (key, known) in &findings.known {
        if let Known::Value(Some(default)) = known {
            assert_eq!(&shown[key], default, "the default of {key}");
        }
    }
    let secrets: BTreeSet<&str> = findings.known.iter().filter(|(_, known)| **known == Known::Twin).map(|(key, _)| key.as_str()).collect();
    let line = EXAMPLE.lines().find_map(|line| line.strip_prefix("# Secrets are: ")).unwrap();
    for secret in secrets {
        let name = secret.trim_end_matches("_file").trim_start_matches("iclosed.");
        assert!(line.contains(name.rsplit_once("slack.").or(name.rsplit_once("discord.")).map_or(name, |(_, key)| key)), "{secret}");
    }
}

/// The first value of each key, in the form of an environment variable.
fn flat(table: &DeTable<'_>, path: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (key, value) in table {
        let path = if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
        let below = match value.get_ref() {
            DeValue::Table(table) => flat(table, &path),
            DeValue::Array(items) if items.iter().any(|item| item.get_ref().is_table()) => {
                items.iter().rev().filter_map(|item| item.get_ref().as_table()).flat_map(|table| flat(table, &path)).collect()
            }
            value @ (DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)) => BTreeMap::from([(path, in_words(value))]),
        };
        found.extend(below);
    }
    found
}

fn in_words(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Array(items) => items.iter().map(|item| in_words(item.get_ref())).collect::<Vec<_>>().join(", "),
        other @ (DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_)) => panic!("{other:?}"),
    }
}
