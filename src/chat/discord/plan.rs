//! What of a message goes where in an embed.
//!
//! An embed shows its description, then its fields, then its footer, whatever their order in the request. So the first labels and values
//! part a message in two: what stands before them is the description, what follows them becomes fields, too, and one line of small print
//! the footer. Where something follows that no field can be, they are lines of the description, and the order of the tree is kept.

use std::borrow::Cow;
use std::slice;

use super::text::{Markdown, heading, line};
use crate::chat::draft::Draft;
use crate::chat::inline::{is_blank, words, write};
use crate::chat::layout::{Part, Piece, parts, without_middle};
use crate::chat::text::{CUT, Clipped, fair_share, length};
use crate::domain::message::{Field, Inline, Message};

// https://docs.discord.com/developers/resources/message#embed-object-embed-limits
/// Characters of an embed's description.
pub(super) const DESCRIPTION_MOST: usize = 4_096;
/// Its fields.
const FIELDS_MOST: usize = 25;
/// Characters of a field's name.
const NAME_MOST: usize = 256;
/// Characters of a field's value.
const VALUE_MOST: usize = 1_024;
/// Characters of its footer.
pub(super) const FOOTER_MOST: usize = 2_048;

/// Pieces of a description; with it every piece keeps room for some words however many there are.
const PIECES_MOST: usize = 60;
/// Discord shows up to three fields side by side where there is room, each about 20 letters wide. Labels and values of so many letters
/// take two lines there; what is longer gets the whole width.
const NAME_BESIDE: usize = 45;
/// Letters of a value that stands beside others.
const VALUE_BESIDE: usize = 30;
/// What a field is called that has no label: Discord wants a name.
const NO_NAME: &str = "\u{200b}";

/// What goes where.
pub(super) struct Plan<'a> {
    /// Stands above the description.
    pub(super) title_line: Option<String>,
    /// Lines of the description, each with what stands before it.
    lines: Vec<(&'static str, Draft<Line<'a>>)>,
    /// What stands below it.
    pub(super) tail: Tail<'a>,
}

/// What stands below a description.
#[derive(Default)]
pub(super) struct Tail<'a> {
    pub(super) cells: Vec<Cell<'a>>,
    pub(super) footer: Option<&'a [Inline]>,
}

/// A field of an embed.
pub(super) struct Cell<'a> {
    name: Draft<String>,
    value: Draft<Cow<'a, [Inline]>>,
    /// Beside its neighbours; phones show each below the other all the same.
    inline: bool,
}

/// One piece of the description.
#[derive(Clone, Copy)]
enum Line<'a> {
    Paragraph(&'a [Inline]),
    Quote(&'a [Inline]),
    List(&'a [Vec<Inline>]),
    Field(&'a Field),
    Small(&'a [Inline]),
    /// Stands for what is left out.
    Gap,
}

impl<'a> Plan<'a> {
    pub(super) fn new(message: &'a Message) -> Self {
        let parts = parts(&message.body);
        let (above, tail) = Tail::split(&parts);
        let lines = without_middle(above.iter().flat_map(lines_of).collect(), PIECES_MOST, ("\n", Line::Gap));
        let draft = |(before, line)| (before, Draft::new(line, DESCRIPTION_MOST, Line::text));
        Self { title_line: None, lines: lines.into_iter().map(draft).collect(), tail }
    }

    /// How long each text may be, so that together they keep to `total` and the description to its own limit.
    pub(super) fn share(&self, total: usize) -> usize {
        let joints: usize = self.lines.iter().map(|(before, _)| length(before)).sum();
        let lines: Vec<usize> = self.lines.iter().map(|(_, one)| one.length()).collect();
        let title = self.title_line.as_deref().map_or(0, |line| length(line) + 1);
        let in_description = fair_share(&lines, DESCRIPTION_MOST - joints - title);
        let mut wants: Vec<usize> = lines.into_iter().map(|want| want.min(in_description)).collect();
        wants.extend(self.tail.cells.iter().flat_map(|cell| [cell.name.length(), cell.value.length()]));
        wants.extend(self.tail.footer.map(|run| length(&words(run)).min(FOOTER_MOST)));
        in_description.min(fair_share(&wants, total.saturating_sub(joints)))
    }

    /// The description with texts of at most so many characters, and what stands below it.
    pub(super) fn finish(self, share: usize) -> (String, Tail<'a>) {
        let has_title = self.title_line.is_some();
        let mut text = self.title_line.unwrap_or_default();
        for (at, (before, line)) in self.lines.into_iter().enumerate() {
            if !text.is_empty() {
                text.push_str(if has_title && at == 0 { "\n" } else { before });
            }
            text.push_str(&line.fit(share));
        }
        (text, self.tail)
    }
}

/// Room stands around flows and fields; small print stands close to what it is about.
fn lines_of<'a>(part: &Part<'a>) -> Vec<(&'static str, Line<'a>)> {
    let before = |at| if at == 0 { "\n\n" } else { "\n" };
    match part {
        Part::Flow(pieces) => {
            let line = |piece: &Piece<'a>| match *piece {
                Piece::Paragraph(run) => Line::Paragraph(run),
                Piece::Quote(run) => Line::Quote(run),
                Piece::List(points) => Line::List(points),
            };
            pieces.iter().enumerate().map(|(at, piece)| (before(at), line(piece))).collect()
        }
        Part::Fields(fields) => fields.iter().enumerate().map(|(at, field)| (before(at), Line::Field(field))).collect(),
        Part::Small(run) => vec![("\n", Line::Small(run))],
        Part::Entry(entry) => vec![("\n\n", Line::Paragraph(&entry.text))],
        // The room around flows divides well enough; a drawn line breaks on narrow screens.
        Part::Divider => Vec::new(),
    }
}

impl<'a> Tail<'a> {
    /// Parts a body in two: what the description holds, and what stands below it.
    fn split<'p>(parts: &'p [Part<'a>]) -> (&'p [Part<'a>], Self) {
        for (at, part) in parts.iter().enumerate() {
            if matches!(part, Part::Fields(_))
                && let Some(tail) = Self::of(&parts[at..])
            {
                return (&parts[..at], tail);
            }
        }
        match parts.split_last() {
            Some((Part::Small(run), above)) if is_plain(run) => (above, Self { cells: Vec::new(), footer: Some(*run) }),
            Some(_) | None => (parts, Self::default()),
        }
    }

    /// Parts that begin with labels and values, if everything in them can be a field or the footer.
    fn of(parts: &[Part<'a>]) -> Option<Self> {
        let footer = footer(parts);
        let mut tail = Self::default();
        for (at, part) in parts.iter().enumerate() {
            match part {
                Part::Fields(fields) => tail.cells.extend(fields.iter().map(|field| Cell::of_field(field))),
                Part::Flow(pieces) => {
                    for piece in pieces {
                        match *piece {
                            Piece::Paragraph(run) => tail.cells.push(Cell::of_paragraph(run)?),
                            Piece::Quote(_) | Piece::List(_) => return None,
                        }
                    }
                }
                Part::Small(run) if footer == Some(at) => tail.footer = Some(*run),
                Part::Small(run) => tail.cells.push(Cell::of_paragraph(run)?),
                Part::Entry(entry) => tail.cells.push(Cell::of_paragraph(&entry.text)?),
                // Fields stand apart already.
                Part::Divider => {}
            }
        }
        (tail.cells.len() <= FIELDS_MOST).then_some(tail)
    }
}

impl<'a> Cell<'a> {
    fn of_field(field: &'a Field) -> Self {
        let name = words(&field.label);
        let inline = length(&name) <= NAME_BESIDE && length(&words(&field.value)) <= VALUE_BESIDE;
        Self::new(name, Cow::Borrowed(&field.value), inline)
    }

    /// A paragraph below fields is one, too: `**Label:** value` by its label, any other without a name. `None` where it is too long.
    fn of_paragraph(run: &'a [Inline]) -> Option<Self> {
        let (name, value) = labelled(run).unwrap_or((String::new(), Cow::Borrowed(run)));
        // Room for "…" is always kept.
        let fits = length(&line(&value, &Markdown, DESCRIPTION_MOST)) < VALUE_MOST;
        fits.then(|| Self::new(name, value, false))
    }

    fn new(name: String, value: Cow<'a, [Inline]>, inline: bool) -> Self {
        // Neither may be empty.
        let name = Draft::new(name, NAME_MOST, |name, limit| {
            let name = heading(&[Inline::Text(name.clone())], limit);
            if name.is_empty() { NO_NAME.to_owned() } else { name }
        });
        Self { name, value: Draft::new(value, VALUE_MOST, |value, limit| line(value, &Markdown, limit)), inline }
    }

    /// What stands above it and what it says, each in at most so many characters, and whether it stands beside its neighbours.
    pub(super) fn finish(self, share: usize) -> (String, String, bool) {
        (self.name.fit(share), self.value.fit(share), self.inline)
    }
}

impl Line<'_> {
    fn text(&self, limit: usize) -> String {
        let mut out = match self {
            Self::Quote(_) => Clipped::with_prefix(limit, "> "),
            Self::Small(_) => Clipped::with_prefix(limit, "-# "),
            Self::Paragraph(_) | Self::List(_) | Self::Field(_) | Self::Gap => Clipped::new(limit),
        };
        match self {
            Self::Paragraph(run) | Self::Quote(run) | Self::Small(run) => write(&mut out, run, &Markdown),
            Self::List(points) => {
                for (at, point) in points.iter().enumerate() {
                    if at > 0 {
                        out.line();
                    }
                    out.bullet("- ");
                    write(&mut out, point, &Markdown);
                }
            }
            Self::Field(field) => {
                if !is_blank(&field.label) {
                    write(&mut out, &[Inline::Strong(vec![Inline::Text(words(&field.label))]), Inline::Text(": ".to_owned())], &Markdown);
                }
                write(&mut out, &field.value, &Markdown);
            }
            Self::Gap => out.push(CUT),
        }
        out.finish()
    }
}

/// Which part is the footer: small print at the end, else what follows labels and values at once.
fn footer(parts: &[Part<'_>]) -> Option<usize> {
    let may_be = |at: usize| matches!(&parts[at], Part::Small(run) if is_plain(run));
    let after_fields = |at: usize| matches!(&parts[at - 1], Part::Fields(_));
    (1..parts.len()).rfind(|&at| may_be(at) && (at + 1 == parts.len() || after_fields(at)))
}

/// The label and the rest of a paragraph that begins with bold words and a colon; both show something.
fn labelled(run: &[Inline]) -> Option<(String, Cow<'_, [Inline]>)> {
    let (Inline::Strong(label), rest) = run.split_first()? else { return None };
    let label = if is_plain(label) { words(label) } else { return None };
    let name = label.strip_suffix(':')?.trim_end().to_owned();
    let mut rest: Vec<Inline> = rest.iter().skip_while(|inline| is_blank(slice::from_ref(*inline))).cloned().collect();
    if let Some(Inline::Text(first)) = rest.first_mut() {
        *first = first.trim_start().to_owned();
    }
    (!name.is_empty() && !is_blank(&rest)).then_some((name, Cow::Owned(rest)))
}

/// Whether nothing of it would be lost where only letters are shown.
fn is_plain(run: &[Inline]) -> bool {
    run.iter().all(|inline| match inline {
        Inline::Text(text) => !text.contains('\n'),
        Inline::Strong(_)
        | Inline::Emphasis(_)
        | Inline::Code(_)
        | Inline::Link { .. }
        | Inline::Person(_)
        | Inline::When { .. }
        | Inline::Break => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::{Block, Tone};

    fn text(words: &str) -> Vec<Inline> {
        vec![Inline::Text(words.to_owned())]
    }

    fn strong(label: &str, rest: &str) -> Block {
        let mut run = vec![Inline::Strong(text(label))];
        run.extend(text(rest));
        Block::Paragraph(run)
    }

    fn fields(values: &[&str]) -> Block {
        Block::Fields(values.iter().map(|value| Field { label: text("Label"), value: text(value) }).collect())
    }

    /// The description, the fields as `name|value`, an inline one with a `+` before it, and the footer.
    fn shown(body: Vec<Block>) -> (String, Vec<String>, Option<String>) {
        let message = Message { tone: Tone::Neutral, summary: "s".to_owned(), title: Vec::new(), body, controls: Vec::new() };
        let (description, tail) = Plan::new(&message).finish(usize::MAX);
        let cell = |cell: Cell<'_>| {
            let (name, value, inline) = cell.finish(usize::MAX);
            format!("{}{}|{value}", if inline { "+" } else { "" }, name.replace(NO_NAME, "·"))
        };
        (description, tail.cells.into_iter().map(cell).collect(), tail.footer.map(words))
    }

    #[test]
    fn what_follows_labels_and_values_are_fields_too() {
        let long = "more than anybody could read beside others";
        let body = vec![
            Block::Paragraph(text("when")),
            fields(&["20k", long]),
            Block::Small(text("Came from ads")),
            Block::Divider,
            strong("Next:", " call today"),
            Block::Paragraph(text("no label")),
            strong("Late", " is no label"),
            strong("Nothing follows:", " "),
        ];
        let cells =
            ["+Label|20k", &format!("Label|{long}"), "Next|call today", "·|no label", "·|**Late** is no label", "·|**Nothing follows:** "];
        assert_eq!(shown(body), ("when".to_owned(), cells.map(str::to_owned).to_vec(), Some("Came from ads".to_owned())));
    }

    #[test]
    fn the_last_small_print_is_the_footer() {
        let small = |words| Block::Small(text(words));
        let (_, cells, footer) = shown(vec![fields(&["1"]), small("first"), strong("Next:", "x"), small("last")]);
        assert_eq!((cells.join(" "), footer.as_deref()), ("+Label|1 ·|first Next|x".to_owned(), Some("last")));
        let linked = Block::Small(vec![Inline::Break, Inline::Code("c".to_owned())]);
        let (_, cells, footer) = shown(vec![fields(&["1"]), linked]);
        assert_eq!((cells.len(), footer), (2, None), "a footer shows letters only");
        assert_eq!(shown(vec![strong("Next:", "x"), small("last")]), ("**Next:**x".to_owned(), vec![], Some("last".to_owned())));
    }

    #[test]
    fn what_no_field_can_be_keeps_its_place_in_the_description() {
        let many: Vec<&str> = (0..25).map(|_| "1").collect();
        for body in [
            vec![fields(&["1"]), Block::Quote(text("q"))],
            vec![fields(&["1"]), Block::List(vec![text("q")])],
            vec![fields(&many), strong("Next:", "x")],
            vec![fields(&["1"]), Block::Paragraph(text(&"long ".repeat(300)))],
        ] {
            let (description, cells, _) = shown(body);
            assert!(cells.is_empty() && description.starts_with("**Label**: 1"), "{description}");
        }
        let (description, cells, _) = shown(vec![fields(&["1"]), Block::Quote(text("q")), fields(&["2"])]);
        assert_eq!((description.as_str(), cells.join("")), ("**Label**: 1\n\n> q", "+Label|2".to_owned()));
    }
}
