//! `docs/templates.md` stays true: its examples are rendered, and every value, filter, file and section is in it.

use super::*;
use crate::render::tree::Tree;

const PAGE: &str = include_str!("../../../docs/templates.md");

/// The examples: Markdown, and the text that follows it.
fn examples() -> Vec<(&'static str, &'static str)> {
    let fenced = |text: &'static str| text.split("\n```").next().unwrap_or_default();
    let each = PAGE.split("```markdown\n").skip(1);
    each.map(|from| (fenced(from), fenced(from.split("```text\n").nth(1).expect("a result")))).collect()
}

#[test]
fn every_example_becomes_what_the_page_says() {
    let renderer = renderer();
    let sample = sample("invitee");
    let facts = Facts::new(&sample, renderer.around(&renderer.set, Platform::Discord, samples::now()), Wanted::ALL);
    let (values, subjects) = facts.shortish();
    assert!(examples().len() >= 10);
    for (source, expected) in examples() {
        let mut tera = engine::tera();
        engine::add_ordinals(&mut tera, Vec::new());
        engine::add(&mut tera, "example.md", source).unwrap_or_else(|mistake| panic!("{source}\n{mistake}"));
        let markdown = values
            .filling("example.md", Wanted::ALL)
            .and_then(|values| engine::fill(&tera, "example.md", &values))
            .unwrap_or_else(|mistake| panic!("{source}\n{mistake}"));
        let Tree { title, body, denied } =
            tree::read(&markdown, subjects, &renderer.links).unwrap_or_else(|wrong| panic!("{source}\n{wrong:?}"));
        let message = Message { tone: Tone::Neutral, summary: String::new(), title, body, controls: Vec::new() };
        assert_eq!(card_as_text(&message), expected, "{source}");
        assert_eq!(denied, Vec::<String>::new(), "{source}");
    }
}

/// The first column of the tables below a heading.
fn listed(heading: &str) -> Vec<&'static str> {
    let section = PAGE.split(&format!("\n## {heading}\n")).nth(1).and_then(|from| from.split("\n## ").next()).expect("a section");
    let first = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    first.collect()
}

fn sorted<T: Ord>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.into_iter().collect();
    all.sort_unstable();
    all
}

#[test]
fn every_name_is_explained() {
    assert_eq!(sorted(listed("Values")), sorted(context::NAMES.to_vec()));
    assert_eq!(sorted(listed("Filters")), sorted(engine::filters()));
    assert_eq!(sorted(listed("The files")), sorted(files::built_in().keys().map(String::as_str)));
    let words: toml::Table = files::built_in()["words.toml"].parse().expect("TOML");
    assert_eq!(sorted(listed("Words")), sorted(words.keys().map(|section| format!("[{section}]")).collect::<Vec<_>>()));
    for field in context::FIELDS {
        assert!(PAGE.contains(&format!("`{field}`")) || PAGE.contains(&format!("`loop.{field}`")), "{field}");
    }
}

#[test]
fn no_template_is_forgotten() {
    let files = sorted(files::built_in().into_keys().filter(|name| name != "words.toml" && !name.starts_with("part/")));
    let tried = load::TEMPLATES.iter().map(|(name, _)| (*name).to_owned()).chain([load::HELP.to_owned()]);
    assert_eq!(files, sorted(tried));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let (found, mistakes) = files::of_folder(&folder);
    assert_eq!((found, mistakes), (files::built_in(), Vec::new()));
}

#[test]
fn every_value_of_words_is_in_its_comment() {
    for line in files::built_in()["words.toml"].lines().filter(|line| line.contains("{{") && line.contains("  #")) {
        let (entry, comment) = line.rsplit_once("  #").expect("a comment");
        for value in entry.split("{{ ").skip(1).filter_map(|rest| rest.split([' ', '|']).next()) {
            assert!(comment.contains(value), "{value} is not in the comment of {entry}");
        }
    }
}
