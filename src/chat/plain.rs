//! A message in plain words, for a platform that refused it as it was.

use super::inline::{lines, words};
use super::text::{CUT, clean};
use crate::domain::message::{Block, Field, Inline, Message};

/// The same message without anything that is not a paragraph of text. Its controls stay.
pub(super) fn plain(message: &Message) -> Message {
    let body = paragraphs(message).into_iter().map(|words| Block::Paragraph(vec![Inline::Text(words)])).collect();
    Message { tone: message.tone, summary: message.summary.clone(), title: Vec::new(), body, controls: message.controls.clone() }
}

/// The message's own words, top-down, one text a part; never empty.
pub(super) fn paragraphs(message: &Message) -> Vec<String> {
    let mut paragraphs = vec![words(&message.title)];
    paragraphs.extend(message.body.iter().map(|block| match block {
        Block::Paragraph(run) | Block::Quote(run) | Block::Small(run) => lines(run),
        Block::Fields(fields) => joined(fields.iter().map(field)),
        Block::List(points) => joined(points.iter().map(|point| words(point))),
        Block::Entry(entry) => lines(&entry.text),
        Block::Divider => String::new(),
    }));
    paragraphs.retain(|words| !words.is_empty());
    if paragraphs.is_empty() {
        let summary = clean(&message.summary).trim().to_owned();
        paragraphs.push(if summary.is_empty() { CUT.to_owned() } else { summary });
    }
    paragraphs
}

fn field(field: &Field) -> String {
    let (label, value) = (words(&field.label), words(&field.value));
    if label.is_empty() || value.is_empty() { value } else { format!("{label}: {value}") }
}

fn joined(lines: impl Iterator<Item = String>) -> String {
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::Tone;

    fn text(words: &str) -> Vec<Inline> {
        vec![Inline::Text(words.to_owned())]
    }

    #[test]
    fn every_word_stays_and_nothing_else() {
        let body = vec![
            Block::Paragraph(vec![Inline::Strong(text("a")), Inline::Break, Inline::Code(" b".to_owned())]),
            Block::Divider,
            Block::Quote(text("*q*\n\n\n\nr")),
            Block::Fields(vec![Field { label: text("l"), value: text("v") }, Field { label: text("m"), value: text(" ") }]),
            Block::List(vec![text("1"), text(""), text("2")]),
            Block::Small(Vec::new()),
        ];
        let mut message = Message { tone: Tone::Open, summary: "s".to_owned(), title: text("t"), body, controls: Vec::new() };
        assert_eq!(paragraphs(&message), ["t", "a\n b", "*q*\n\nr", "l: v", "1\n2"]);
        message.title.clear();
        message.body.clear();
        assert_eq!(paragraphs(&message), ["s"]);
        message.summary = "\u{200b}".to_owned();
        assert_eq!(paragraphs(&message), [CUT]);
    }
}
