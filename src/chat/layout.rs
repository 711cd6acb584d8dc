//! How the parts of a message stand together, the same on both platforms: what is one line below the other, what gets room around it,
//! and how long each part may be.

use super::inline::{is_blank, words};
use super::text::length;
use crate::domain::message::{Block, Entry, Field, Inline};

/// A paragraph of at most so many characters is one line of a card and stands close to its neighbours; a longer one is prose and gets
/// room around it.
const LINE_MOST: usize = 160;

/// A part of the body without what would not be seen.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// Paragraphs, quotes and lists that stand together.
    Flow(Vec<Piece<'a>>),
    /// Labels and values.
    Fields(Vec<&'a Field>),
    /// Small print.
    Small(&'a [Inline]),
    /// A line across.
    Divider,
    /// Something with buttons of its own.
    Entry(&'a Entry),
}

/// A part of a flow.
#[derive(Debug, Clone, Copy)]
pub(super) enum Piece<'a> {
    /// One line of text, or prose.
    Paragraph(&'a [Inline]),
    /// Somebody's own words.
    Quote(&'a [Inline]),
    /// Points.
    List(&'a [Vec<Inline>]),
}

impl Piece<'_> {
    /// Whether it stands close to its neighbours.
    fn is_close(self) -> bool {
        match self {
            Self::Paragraph(run) => length(&words(run)) <= LINE_MOST,
            Self::Quote(_) | Self::List(_) => true,
        }
    }
}

/// The parts of a body: neighbours that belong together are one flow, dividers stand only between two parts.
pub(super) fn parts(body: &[Block]) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    for block in body {
        match block {
            Block::Paragraph(run) if !is_blank(run) => flow(&mut parts, Piece::Paragraph(run)),
            Block::Quote(run) if !is_blank(run) => flow(&mut parts, Piece::Quote(run)),
            Block::List(points) if points.iter().any(|point| !is_blank(point)) => flow(&mut parts, Piece::List(points)),
            Block::Small(run) if !is_blank(run) => parts.push(Part::Small(run)),
            Block::Fields(fields) => {
                let shown: Vec<&Field> = fields.iter().filter(|field| !is_blank(&field.value)).collect();
                if !shown.is_empty() {
                    parts.push(Part::Fields(shown));
                }
            }
            Block::Entry(entry) if !is_blank(&entry.text) => parts.push(Part::Entry(entry)),
            Block::Divider if !matches!(parts.last(), None | Some(Part::Divider)) => parts.push(Part::Divider),
            Block::Paragraph(_) | Block::Quote(_) | Block::List(_) | Block::Small(_) | Block::Entry(_) | Block::Divider => {}
        }
    }
    if matches!(parts.last(), Some(Part::Divider)) {
        parts.pop();
    }
    parts
}

/// Adds a piece to the flow that it stands close to, or begins a new one.
fn flow<'a>(parts: &mut Vec<Part<'a>>, piece: Piece<'a>) {
    match parts.last_mut() {
        Some(Part::Flow(pieces)) if piece.is_close() && pieces.last().is_none_or(|last| last.is_close()) => pieces.push(piece),
        _ => parts.push(Part::Flow(vec![piece])),
    }
}

/// At most `most` of them, which must be two or more. The end of a message says what to do next or that there is more, so the middle
/// goes, and `gap` stands for it.
pub(super) fn without_middle<T>(mut all: Vec<T>, most: usize, gap: T) -> Vec<T> {
    if all.len() > most {
        let last = all.split_off(all.len() - 1);
        all.truncate(most - 2);
        all.push(gap);
        all.extend(last);
    }
    all
}
