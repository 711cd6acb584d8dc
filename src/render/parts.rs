//! Parts: the pieces of a line between middle dots. What is not known takes its part along, and a line without parts vanishes.
//!
//! That is why templates can be short: `{{ email }} · {{ phone }}` needs no `if`.

use std::mem;

use url::Url;

use super::marks::{ABSENT, SEPARATOR, Subjects};
use crate::domain::message::Inline;

/// What is shown between two parts.
const DOT: &str = " · ";

/// A piece of a line as Markdown gives it, with marks still in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Code(String),
    Break,
    Strong(Vec<Piece>),
    Emphasis(Vec<Piece>),
    Link {
        label: Vec<Piece>,
        url: Url,
    },
    /// Pieces that belong together and mean nothing more.
    Group(Vec<Piece>),
    Absent,
}

/// Does the text hold something absent?
pub(super) fn is_absent(text: &str) -> bool {
    text.contains(ABSENT)
}

/// The inlines that are left when every part with something absent has gone.
pub(super) fn kept(pieces: &[Piece], subjects: &Subjects) -> Vec<Inline> {
    let mut atoms = Vec::new();
    flatten(pieces, subjects, &mut atoms);
    prune(atoms)
}

/// `**Label:** value` as its two halves.
pub(super) fn split_label(item: &[Piece]) -> Option<(Vec<Piece>, &[Piece])> {
    let (Piece::Strong(label), value) = item.split_first()? else {
        return None;
    };
    let mut label = label.clone();
    let Some(Piece::Text(last)) = label.last_mut() else {
        return None;
    };
    *last = last.strip_suffix(':')?.to_owned();
    Some((label, value))
}

/// What a line is made of.
enum Atom {
    Shown(Inline),
    Absent,
    Separator,
    Break,
}

fn flatten(pieces: &[Piece], subjects: &Subjects, atoms: &mut Vec<Atom>) {
    for piece in pieces {
        match piece {
            Piece::Text(text) => push_text(text, subjects, atoms),
            Piece::Break => atoms.push(Atom::Break),
            Piece::Absent => atoms.push(Atom::Absent),
            Piece::Code(code) => {
                let shown: Option<Vec<Inline>> = subjects.resolve(code).into_iter().collect();
                atoms.push(shown.map_or(Atom::Absent, |shown| Atom::Shown(Inline::Code(words(&shown)))));
            }
            Piece::Group(inner) => flatten(inner, subjects, atoms),
            Piece::Strong(inner) => atoms.push(wrapped(inner, subjects, Inline::Strong)),
            Piece::Emphasis(inner) => atoms.push(wrapped(inner, subjects, Inline::Emphasis)),
            Piece::Link { label, url } => {
                atoms.push(wrapped(label, subjects, |label| Inline::Link { label: words(&label), url: url.clone() }));
            }
        }
    }
}

fn push_text(text: &str, subjects: &Subjects, atoms: &mut Vec<Atom>) {
    for (at, part) in text.split(SEPARATOR).enumerate() {
        if at > 0 {
            atoms.push(Atom::Separator);
        }
        subjects.resolve_each(part, |found| atoms.push(found.map_or(Atom::Absent, Atom::Shown)));
    }
}

/// An element around a whole line loses parts of its own; one within a part goes or stays as a whole.
fn wrapped(inner: &[Piece], subjects: &Subjects, wrap: impl FnOnce(Vec<Inline>) -> Inline) -> Atom {
    let kept = kept(inner, subjects);
    if kept.is_empty() { Atom::Absent } else { Atom::Shown(wrap(kept)) }
}

/// What is left of a run, put together from its beginning.
#[derive(Default)]
struct Run {
    inlines: Vec<Inline>,
    /// Where the line begins, and the part.
    line: usize,
    part: usize,
    /// The part holds something absent.
    absent: bool,
}

fn prune(atoms: Vec<Atom>) -> Vec<Inline> {
    let mut run = Run { inlines: Vec::with_capacity(atoms.len()), ..Run::default() };
    for atom in atoms {
        match atom {
            Atom::Shown(inline) => run.inlines.push(inline),
            Atom::Absent => run.absent = true,
            Atom::Separator => run.end_part(),
            Atom::Break => run.end_line(),
        }
    }
    run.end_line();
    merged(run.inlines)
}

impl Run {
    fn end_part(&mut self) {
        if mem::take(&mut self.absent) {
            self.inlines.truncate(self.part);
        }
        if let Some(Inline::Text(first)) = self.inlines.get_mut(self.part)
            && first.starts_with(' ')
        {
            *first = first.trim_start_matches(' ').to_owned();
        }
        if let Some(Inline::Text(last)) = self.inlines[self.part..].last_mut() {
            last.truncate(last.trim_end_matches(' ').len());
        }
        let is_empty = |inline: &Inline| matches!(inline, Inline::Text(text) if text.is_empty());
        while let Some(at) = self.inlines[self.part..].iter().position(is_empty) {
            self.inlines.remove(self.part + at);
        }
        if self.part > self.line && self.inlines.len() > self.part {
            self.inlines.insert(self.part, Inline::Text(DOT.to_owned()));
        }
        self.part = self.inlines.len();
    }

    fn end_line(&mut self) {
        self.end_part();
        if self.line > 0 && self.inlines.len() > self.line {
            self.inlines.insert(self.line, Inline::Break);
        }
        self.line = self.inlines.len();
        self.part = self.line;
    }
}

/// Neighbouring texts are one.
fn merged(mut inlines: Vec<Inline>) -> Vec<Inline> {
    inlines.dedup_by(|inline, before| match (before, inline) {
        (Inline::Text(before), Inline::Text(text)) => {
            before.push_str(text);
            true
        }
        _ => false,
    });
    inlines
}

/// The inlines as plain text: names for people, the team's own clock for times, labels for links.
pub(super) fn words(inlines: &[Inline]) -> String {
    let mut out = String::new();
    push_words(inlines, &mut out);
    out
}

fn push_words(inlines: &[Inline], out: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text(text) | Inline::Code(text) => out.push_str(text),
            Inline::Strong(inner) | Inline::Emphasis(inner) => push_words(inner, out),
            Inline::Link { label, .. } => out.push_str(label),
            Inline::Person(person) => out.push_str(&person.name),
            Inline::When { fallback, .. } => out.push_str(fallback),
            Inline::Break => out.push('\n'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.replace(DOT, &format!(" {SEPARATOR} ")).replace('?', &ABSENT.to_string()))
    }

    fn shown(pieces: &[Piece]) -> String {
        words(&kept(pieces, &Subjects::default()))
    }

    #[test]
    fn a_part_goes_with_what_is_absent() {
        assert_eq!(shown(&[text("a · b · c")]), "a · b · c");
        assert_eq!(shown(&[text("a ? · b · ?")]), "b");
        assert_eq!(shown(&[text(" · b ·  · ")]), "b");
        assert_eq!(shown(&[text("?")]), "");
        assert_eq!(shown(&[text("? · ?"), Piece::Break, text("x"), Piece::Break, text("?"), Piece::Break, text("y")]), "x\ny");
        assert_eq!(shown(&[text("to "), Piece::Strong(vec![text("?")]), text(" · b")]), "b");
        assert_eq!(shown(&[Piece::Emphasis(vec![text("? · b")]), text("!")]), "b!");
        assert_eq!(shown(&[text("a ("), Piece::Absent, text(") · b")]), "b");
        assert_eq!(shown(&[Piece::Code("?".replace('?', &ABSENT.to_string())), text(" · b")]), "b");
    }

    #[test]
    fn a_dot_in_a_value_is_only_a_dot() {
        let pieces = vec![Piece::Text("one ".into()), Piece::Text("·".into()), Piece::Text(format!(" two {SEPARATOR} {ABSENT}"))];
        assert_eq!(words(&kept(&pieces, &Subjects::default())), "one · two");
    }

    #[test]
    fn labels_end_with_a_colon() {
        let item = [Piece::Strong(vec![text("Phone:")]), text(" 5")];
        let (label, value) = split_label(&item).expect("a field");
        assert_eq!((shown(&label), shown(value)), ("Phone".to_owned(), "5".to_owned()));
        assert_eq!(split_label(&[Piece::Strong(vec![text("Phone")]), text(" 5")]), None);
        assert_eq!(split_label(&[text("Phone: 5")]), None);
    }
}
