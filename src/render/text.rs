//! A message as text of a terminal, for `rebound preview`.

use crate::domain::message::{Block, ControlKind, Inline, Message};

/// The message as it would be read aloud, with its links and buttons.
#[must_use]
pub fn card_as_text(message: &Message) -> String {
    let title = (!message.title.is_empty()).then(|| inlines(&message.title));
    let body = message.body.iter().map(block);
    let controls = message.controls.iter().map(|control| match control.kind {
        ControlKind::PrimaryButton => format!("[*{}*]", control.label),
        ControlKind::Button => format!("[{}]", control.label),
        ControlKind::PeoplePicker => format!("[{} ▾]", control.label),
    });
    let controls: Vec<String> = controls.collect();
    let controls = (!controls.is_empty()).then(|| controls.join(" "));
    let lines: Vec<String> = title.into_iter().chain(body).chain(controls).collect();
    lines.join("\n")
}

fn block(block: &Block) -> String {
    match block {
        Block::Paragraph(text) | Block::Small(text) => inlines(text),
        Block::Quote(text) => prefixed("> ", &inlines(text)),
        Block::Fields(fields) => {
            let lines: Vec<String> = fields.iter().map(|field| labelled(&inlines(&field.label), &inlines(&field.value))).collect();
            lines.join("\n")
        }
        Block::List(points) => {
            let lines: Vec<String> = points.iter().map(|point| format!("- {}", inlines(point).replace('\n', "\n  "))).collect();
            lines.join("\n")
        }
        Block::Entry(entry) => {
            let buttons: Vec<String> = entry.controls.iter().map(|control| format!("[{}]", control.label)).collect();
            format!("{}\n{}", inlines(&entry.text), buttons.join(" "))
        }
        Block::Divider => "───".to_owned(),
    }
}

/// A question keeps its own mark, other labels get a colon.
fn labelled(label: &str, value: &str) -> String {
    let mark = if label.ends_with(|c: char| c.is_alphanumeric() || c == ')') { ":" } else { "" };
    format!("{label}{mark} {value}")
}

fn prefixed(prefix: &str, text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| format!("{prefix}{line}")).collect();
    lines.join("\n")
}

fn inlines(all: &[Inline]) -> String {
    all.iter().map(inline).collect()
}

fn inline(inline: &Inline) -> String {
    match inline {
        Inline::Text(text) | Inline::Code(text) => text.clone(),
        Inline::Strong(inner) | Inline::Emphasis(inner) => inlines(inner),
        Inline::Link { label, url } => format!("{label} <{url}>"),
        Inline::Person(person) => person.name.clone(),
        Inline::When { fallback, .. } => fallback.clone(),
        Inline::Break => "\n".to_owned(),
    }
}
