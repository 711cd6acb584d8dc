//! Parts: the pieces of a line between middle dots. What is not known takes its part along, and a line without parts vanishes.
//!
//! That is why templates can be short: `{{ email }} · {{ phone }}` needs no `if`.

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
        atoms.extend(subjects.resolve(part).into_iter().map(|found| found.map_or(Atom::Absent, Atom::Shown)));
    }
}

/// An element around a whole line loses parts of its own; one within a part goes or stays as a whole.
fn wrapped(inner: &[Piece], subjects: &Subjects, wrap: impl FnOnce(Vec<Inline>) -> Inline) -> Atom {
    let kept = kept(inner, subjects);
    if kept.is_empty() { Atom::Absent } else { Atom::Shown(wrap(kept)) }
}

fn prune(atoms: Vec<Atom>) -> Vec<Inline> {
    let mut whole = Vec::new();
    let mut line = Vec::new();
    let mut part = Some(Vec::new());
    for atom in atoms.into_iter().chain([Atom::Break]) {
        match atom {
            Atom::Shown(inline) => {
                if let Some(part) = &mut part {
                    part.push(inline);
                }
            }
            Atom::Absent => part = None,
            Atom::Separator => end_part(&mut line, &mut part),
            Atom::Break => {
                end_part(&mut line, &mut part);
                if !line.is_empty() && !whole.is_empty() {
                    whole.push(Inline::Break);
                }
                whole.append(&mut line);
            }
        }
    }
    merged(whole)
}

fn end_part(line: &mut Vec<Inline>, part: &mut Option<Vec<Inline>>) {
    let Some(mut ended) = part.replace(Vec::new()) else {
        return;
    };
    if let Some(Inline::Text(first)) = ended.first_mut() {
        *first = first.trim_start_matches(' ').to_owned();
    }
    if let Some(Inline::Text(last)) = ended.last_mut() {
        *last = last.trim_end_matches(' ').to_owned();
    }
    ended.retain(|inline| !matches!(inline, Inline::Text(text) if text.is_empty()));
    if !ended.is_empty() {
        if !line.is_empty() {
            line.push(Inline::Text(DOT.to_owned()));
        }
        line.append(&mut ended);
    }
}

fn merged(inlines: Vec<Inline>) -> Vec<Inline> {
    let mut out: Vec<Inline> = Vec::with_capacity(inlines.len());
    for inline in inlines {
        match (out.last_mut(), inline) {
            (Some(Inline::Text(before)), Inline::Text(text)) => before.push_str(&text),
            (_, inline) => out.push(inline),
        }
    }
    out
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
