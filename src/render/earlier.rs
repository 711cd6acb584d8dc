//! The id of the cancellation before becomes the way to its card, wherever a template prints it.

use url::Url;

use super::Renderer;
use crate::domain::identity::ShortId;
use crate::domain::message::{Block, Inline, Message};

impl Renderer {
    /// The message with a link where it first names that follow-up below its title.
    #[must_use]
    pub fn with_way_to(&self, mut message: Message, earlier: &ShortId, url: &Url) -> Message {
        for block in &mut message.body {
            let linked = match block {
                Block::Paragraph(run) | Block::Small(run) => link(run, earlier.as_str(), url),
                Block::Fields(fields) => fields.iter_mut().any(|field| link(&mut field.value, earlier.as_str(), url)),
                Block::List(points) => points.iter_mut().any(|point| link(point, earlier.as_str(), url)),
                // What somebody else wrote, or another follow-up.
                Block::Quote(_) | Block::Entry(_) | Block::Divider => false,
            };
            if linked {
                break;
            }
        }
        message
    }
}

/// Makes a link of that word's first place in the run; `false` where it has none.
fn link(run: &mut Vec<Inline>, word: &str, url: &Url) -> bool {
    for at in 0..run.len() {
        let parts = match &mut run[at] {
            Inline::Text(text) => split(text, word).map(|(before, after)| (before.to_owned(), after.to_owned())),
            Inline::Strong(inner) | Inline::Emphasis(inner) => {
                if link(inner, word, url) {
                    return true;
                }
                None
            }
            Inline::Code(_) | Inline::Link { .. } | Inline::Person(_) | Inline::When { .. } | Inline::Break => None,
        };
        if let Some((before, after)) = parts {
            let link = Inline::Link { label: word.to_owned(), url: url.clone() };
            let texts = [Inline::Text(before), link, Inline::Text(after)];
            run.splice(at..=at, texts.into_iter().filter(|part| !matches!(part, Inline::Text(text) if text.is_empty())));
            return true;
        }
    }
    false
}

/// What stands before and after the word.
fn split<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let around = |at: usize| (&text[..at], &text[at + word.len()..]);
    let mut places = text.match_indices(word).map(|(at, _)| around(at));
    places.find(|(before, after)| !is_part(before.chars().next_back()) && !is_part(after.chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_word_becomes_a_link_and_only_once() {
        let url = Url::parse("https://acme.slack.com/archives/C1/p1").expect("a URL");
        let text = |text: &str| Inline::Text(text.to_owned());
        let linked = |mut run: Vec<Inline>| {
            link(&mut run, "K7Q2", &url);
            run
        };
        let way = || Inline::Link { label: "K7Q2".to_owned(), url: url.clone() };
        assert_eq!(linked(vec![text("AK7Q2 (before: K7Q2, lost) K7Q2")]), [text("AK7Q2 (before: "), way(), text(", lost) K7Q2")]);
        assert_eq!(linked(vec![Inline::Strong(vec![text("K7Q2")])]), [Inline::Strong(vec![way()])]);
        assert_eq!(linked(vec![text("K7Q2X"), Inline::Code("K7Q2".to_owned())]), [text("K7Q2X"), Inline::Code("K7Q2".to_owned())]);
    }
}
