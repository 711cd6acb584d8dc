//! What the module promises as a whole.

mod common;
mod docs;
mod hostile;
mod mistakes;
mod snapshots;
mod values;

use std::path::Path;

use super::*;
use crate::domain::team::{Person, Teammate};

fn settings() -> Settings {
    Settings {
        timezone: chrono_tz::Tz::America__New_York,
        highlight: vec!["how many people sell for you".to_owned()],
        link_hosts: Vec::new(),
        public_url: "https://rebound.example.com".parse().expect("a URL"),
        team: Team(vec![mate("Alex Closer", 1), mate("Sam Setter", 2)]),
    }
}

fn mate(name: &str, number: u8) -> Teammate {
    Teammate {
        name: name.to_owned(),
        email: Some(format!("{}@acme.example", name.split(' ').next().unwrap_or_default().to_lowercase())),
        slack: Some(format!("U000000000{number}")),
        discord: Some(format!("10000000000000000{number}")),
        manager: false,
        timezone: None,
        learned_slack: crate::domain::team::Learned::default(),
    }
}

fn renderer() -> Renderer {
    loaded(None).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// For tests that try many follow-ups.
fn renderer_once() -> &'static Renderer {
    static ONCE: std::sync::OnceLock<Renderer> = std::sync::OnceLock::new();
    ONCE.get_or_init(renderer)
}

fn loaded(folder: Option<&Path>) -> Result<Renderer, TemplateMistakes> {
    Renderer::load(folder, settings())
}

fn sample(name: &str) -> FollowUp {
    samples::samples().into_iter().find(|(known, _)| *known == name).map(|(_, sample)| sample).expect("a sample")
}

/// The tree of a message, one block a line, with everything that is not text in brackets.
fn dump(message: &Message) -> String {
    let mut lines = vec![format!("{:?}: {}", message.tone, message.summary)];
    if !message.title.is_empty() {
        lines.push(format!("# {}", inlines(&message.title)));
    }
    for block in &message.body {
        match block {
            Block::Paragraph(text) => lines.push(inlines(text)),
            Block::Quote(text) => lines.push(format!("> {}", inlines(text))),
            Block::Small(text) => lines.push(format!("~ {}", inlines(text))),
            Block::Divider => lines.push("---".to_owned()),
            Block::Entry(entry) => {
                let buttons: Vec<&str> = entry.controls.iter().map(|control| control.label.as_str()).collect();
                lines.push(format!("{} [{}]", inlines(&entry.text), buttons.join("] [")));
            }
            Block::List(points) => lines.extend(points.iter().map(|point| format!("- {}", inlines(point)))),
            Block::Fields(fields) => {
                lines.extend(fields.iter().map(|field| format!("= {} | {}", inlines(&field.label), inlines(&field.value))));
            }
        }
    }
    lines.extend(message.controls.iter().map(|control| format!("[{}] {:?} {:?}", control.label, control.press, control.kind)));
    lines.join("\n")
}

fn inlines(all: &[Inline]) -> String {
    let one = |inline: &Inline| match inline {
        Inline::Text(text) => text.replace('\n', "⏎"),
        Inline::Code(text) => format!("[code {text}]"),
        Inline::Strong(inner) => format!("[strong {}]", inlines(inner)),
        Inline::Emphasis(inner) => format!("[emphasis {}]", inlines(inner)),
        Inline::Link { label, url } => format!("[link {label} → {url}]"),
        Inline::Person(Person { name, slack, discord }) => {
            let ids: Vec<&str> = slack.iter().chain(discord).map(String::as_str).collect();
            format!("[person {name} {}]", ids.join(" "))
        }
        Inline::When { at, style, fallback } => format!("[{style:?} {} | {fallback}]", at.format("%FT%RZ")),
        Inline::Break => "↵".to_owned(),
    };
    all.iter().map(one).collect()
}
