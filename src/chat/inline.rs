//! Runs of text become one platform's markup, within a limit: the walk that both platforms share.
//!
//! What a text, a mention or a date looks like is a [`Dialect`]; what fits and what is cut is [`Clipped`]. Data reaches the output only
//! through [`Dialect::escape`], grapheme by grapheme, so an escape is never cut in two.

use chrono::{DateTime, Datelike, Utc};
use url::Url;

use super::text::{Clipped, clean, graphemes, harmless, into_one_line, is_seen, one_line};
use crate::domain::message::{Inline, WhenStyle};
use crate::domain::team::Person;

/// How one platform writes what can stand in a line.
pub(super) trait Dialect {
    /// What opens and closes bold.
    const STRONG: &'static str;
    /// What opens and closes italic.
    const EMPHASIS: &'static str;

    /// Writes one character so that it is shown and does nothing. `before` and `after` are its neighbours in the data; `line_start`:
    /// nothing but blanks stands before it in its line. Not asked about letters and digits of ASCII and blanks, which mean nothing to any
    /// platform.
    fn escape(&self, out: &mut String, character: char, before: Option<char>, after: &str, line_start: bool);

    /// Fixed width; `None` where there is none.
    fn code(&self, text: &str) -> Option<String>;

    /// A link; `None` where the platform takes no such link, so that its label is shown as text.
    fn link(&self, label: &str, url: &Url) -> Option<String>;

    /// A mention; `None` where there is none to make, so that the name is shown.
    fn person(&self, person: &Person) -> Option<String>;

    /// A time in the reader's own zone; `None` where there is none, so that its words are shown.
    fn when(&self, at: DateTime<Utc>, style: WhenStyle, fallback: &str) -> Option<String>;
}

/// Writes a run as far as it fits.
pub(super) fn write<D: Dialect>(out: &mut Clipped, run: &[Inline], dialect: &D) {
    write_styled(out, run, dialect, Style::default());
}

/// The run as plain words on one line.
pub(super) fn words(run: &[Inline]) -> String {
    let mut words = String::new();
    collect_words(run, &mut words);
    into_one_line(words)
}

/// The run as plain words with its lines.
pub(super) fn lines(run: &[Inline]) -> String {
    let mut words = String::new();
    collect_words(run, &mut words);
    clean(&words).trim().to_owned()
}

/// Whether nothing of the run would be seen.
pub(super) fn is_blank(run: &[Inline]) -> bool {
    run.iter().all(|inline| match inline {
        Inline::Text(text) | Inline::Code(text) | Inline::Link { label: text, .. } | Inline::When { fallback: text, .. } => !is_seen(text),
        Inline::Strong(inner) | Inline::Emphasis(inner) => is_blank(inner),
        Inline::Person(person) => !is_seen(&person.name),
        Inline::Break => true,
    })
}

/// The platforms show dates of their own only for times that a person could mean; others are shown in words.
pub(super) fn is_plausible(at: DateTime<Utc>) -> bool {
    (1971..=9998).contains(&at.year())
}

/// What is open already, so that bold within bold is written once.
#[derive(Debug, Clone, Copy, Default)]
struct Style {
    strong: bool,
    emphasis: bool,
}

fn write_styled<D: Dialect>(out: &mut Clipped, run: &[Inline], dialect: &D, style: Style) {
    for inline in run {
        if out.is_full() {
            return;
        }
        match inline {
            Inline::Text(text) => write_text(out, text, dialect),
            Inline::Strong(inner) if style.strong => write_styled(out, inner, dialect, style),
            Inline::Strong(inner) => wrap(out, D::STRONG, inner, dialect, Style { strong: true, ..style }),
            Inline::Emphasis(inner) if style.emphasis => write_styled(out, inner, dialect, style),
            Inline::Emphasis(inner) => wrap(out, D::EMPHASIS, inner, dialect, Style { emphasis: true, ..style }),
            Inline::Code(text) => write_atom(out, dialect.code(text), text, dialect),
            Inline::Link { label, url } => write_atom(out, dialect.link(label, url), label, dialect),
            Inline::Person(person) => write_atom(out, dialect.person(person), &person.name, dialect),
            Inline::When { at, style, fallback } => write_atom(out, dialect.when(*at, *style, fallback), fallback, dialect),
            Inline::Break => out.line(),
        }
    }
}

/// What cannot be split, or the same as text.
fn write_atom<D: Dialect>(out: &mut Clipped, atom: Option<String>, text: &str, dialect: &D) {
    match atom {
        Some(atom) => out.push(&atom),
        None => write_text(out, &one_line(text), dialect),
    }
}

fn wrap<D: Dialect>(out: &mut Clipped, mark: &str, inner: &[Inline], dialect: &D, style: Style) {
    // Marks around nothing would show themselves.
    let opened = !is_blank(inner) && out.open(mark);
    write_styled(out, inner, dialect, style);
    if opened {
        out.close(mark);
    }
}

fn write_text<D: Dialect>(out: &mut Clipped, text: &str, dialect: &D) {
    let text = clean(text);
    let mut before = None;
    let mut blank_so_far = out.at_line_start();
    let mut escaped = String::new();
    let mut left = &*text;
    while let Some((grapheme, rest)) = graphemes(left).next() {
        if out.is_full() {
            return;
        }
        // Nearly everything is words, which are written as they are.
        let (words, after_words) = left.split_at(harmless(left));
        if !words.is_empty() && out.push_whole(words) {
            before = words.chars().next_back();
            blank_so_far = blank_so_far && words.trim_start().is_empty();
            left = after_words;
            continue;
        }
        left = rest;
        if grapheme == "\n" {
            out.line();
            (before, blank_so_far) = (None, true);
            continue;
        }
        // A mark may stand anywhere in what is one visible character: combining signs follow it, some scripts' signs precede it.
        escaped.clear();
        for (at, character) in grapheme.char_indices() {
            let within = &grapheme[at + character.len_utf8()..];
            let after = if within.is_empty() { rest } else { within };
            dialect.escape(&mut escaped, character, before, after, blank_so_far);
            before = Some(character);
            blank_so_far = blank_so_far && character.is_whitespace();
        }
        out.push(&escaped);
    }
}

fn collect_words(run: &[Inline], words: &mut String) {
    for inline in run {
        match inline {
            Inline::Text(text) | Inline::Code(text) | Inline::Link { label: text, .. } | Inline::When { fallback: text, .. } => {
                words.push_str(text);
            }
            Inline::Strong(inner) | Inline::Emphasis(inner) => collect_words(inner, words),
            Inline::Person(person) => words.push_str(&person.name),
            Inline::Break => words.push('\n'),
        }
    }
}
