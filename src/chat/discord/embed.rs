//! A message tree as one embed and its rows of controls, for any tree within Discord's limits.
//!
//! An embed shows its fields below its description, whatever their order. So labels and values become fields only where nothing but
//! small print follows them; elsewhere they are lines of the description, and the order of the tree is kept.

use serenity::all::{ButtonStyle, CreateActionRow, CreateButton, CreateEmbed, CreateEmbedFooter, CreateSelectMenu, CreateSelectMenuKind};

use super::text::{Heading, Markdown};
use crate::chat::inline::{Dialect, is_blank, words, write};
use crate::chat::layout::{Part, Piece, parts};
use crate::chat::text::{CUT, Clipped, cut, fair_share, length, one_line};
use crate::domain::message::{Control, ControlKind, Field, Inline, Message, Tone};
use crate::domain::post::DeliveryKey;

// https://docs.discord.com/developers/resources/message#embed-object-embed-limits
/// Characters of an embed's title.
pub(super) const TITLE_MOST: usize = 256;
/// Characters of its description.
pub(super) const DESCRIPTION_MOST: usize = 4_096;
/// Its fields.
pub(super) const FIELDS_MOST: usize = 25;
/// Characters of a field's name.
pub(super) const NAME_MOST: usize = 256;
/// Characters of a field's value.
pub(super) const VALUE_MOST: usize = 1_024;
/// Characters of its footer.
pub(super) const FOOTER_MOST: usize = 2_048;
/// Characters of all embeds of a message together.
pub(super) const TEXT_MOST: usize = 6_000;
// https://docs.discord.com/developers/components/reference
/// Characters of a button's label.
pub(super) const LABEL_MOST: usize = 80;
/// Characters of a menu's placeholder.
pub(super) const PLACEHOLDER_MOST: usize = 150;
/// Rows of a message.
pub(super) const ROWS_MOST: usize = 5;
/// Buttons of a row.
pub(super) const BUTTONS_MOST: usize = 5;

/// Pieces of a description; with it every piece keeps room for some words however many there are.
const PIECES_MOST: usize = 60;
/// What a field is called that has no label: Discord wants a name.
const NO_NAME: &str = "\u{200b}";

/// The colour of a state: told apart by people who do not see red and green alike, and at least 3:1 against the light and the dark
/// theme. The words of the message say the same.
fn colour(tone: Tone) -> Option<u32> {
    match tone {
        Tone::Open => Some(0x00D8_3C3E),
        Tone::Assigned => Some(0x004A_7BD0),
        Tone::Snoozed => Some(0x00A5_7A00),
        Tone::Rebooked => Some(0x0022_8B5B),
        Tone::Closed => Some(0x0080_848E),
        Tone::Neutral => None,
    }
}

/// The embed. With a `marker`, an address that nobody sees, the title is a line of the description: a title would show it as a link.
pub(super) fn embed(message: &Message, marker: Option<String>) -> CreateEmbed {
    let mut plan = Plan::new(message);
    let title = heading(&message.title, TITLE_MOST);
    let mut embed = CreateEmbed::new();
    if let Some(colour) = colour(message.tone) {
        embed = embed.colour(colour);
    }
    match marker {
        Some(marker) => {
            embed = embed.url(marker);
            plan.title_line = (!title.is_empty()).then(|| format!("**{title}**"));
        }
        None if !title.is_empty() => embed = embed.title(title.clone()),
        None => {}
    }
    let share = plan.share(TEXT_MOST - length(&title) - "****\n".len());
    let description = plan.description(share);
    if !description.is_empty() {
        embed = embed.description(description);
    } else if plan.fields.is_empty() && title.is_empty() {
        embed = embed.description(summary(message));
    }
    for one in &plan.fields {
        let (name, value) = field(one, share);
        embed = embed.field(name, value, true);
    }
    match plan.footer {
        Some(run) => embed.footer(CreateEmbedFooter::new(cut(&words(run), share.min(FOOTER_MOST)))),
        None => embed,
    }
}

/// Rows of five buttons, then each picker in a row of its own.
pub(super) fn rows(controls: &[Control], key: &DeliveryKey) -> Vec<CreateActionRow> {
    let mut seen = Vec::new();
    let (mut buttons, mut pickers) = (Vec::new(), Vec::new());
    for control in controls {
        // An id must be unique in its message.
        if seen.contains(&control.press) {
            continue;
        }
        seen.push(control.press);
        let id = format!("d:{key}:{}", control.press.name());
        let label = if one_line(&control.label).is_empty() { control.press.name().to_owned() } else { one_line(&control.label) };
        let button = |style| CreateButton::new(id.clone()).label(cut(&label, LABEL_MOST)).style(style);
        match control.kind {
            ControlKind::PrimaryButton => buttons.push(button(ButtonStyle::Primary)),
            ControlKind::Button => buttons.push(button(ButtonStyle::Secondary)),
            ControlKind::PeoplePicker => {
                let kind = CreateSelectMenuKind::User { default_users: None };
                pickers.push(CreateActionRow::SelectMenu(CreateSelectMenu::new(id, kind).placeholder(cut(&label, PLACEHOLDER_MOST))));
            }
        }
    }
    let rows = buttons.chunks(BUTTONS_MOST).map(|row| CreateActionRow::Buttons(row.to_vec()));
    rows.chain(pickers).take(ROWS_MOST).collect()
}

/// The summary as text; never empty.
fn summary(message: &Message) -> String {
    let text = line(&[Inline::Text(message.summary.clone())], &Markdown, DESCRIPTION_MOST);
    if text.trim().is_empty() { CUT.to_owned() } else { text }
}

/// What goes where.
struct Plan<'a> {
    title_line: Option<String>,
    /// Lines of the description, each with what stands before it.
    lines: Vec<(&'static str, Line<'a>)>,
    fields: Vec<&'a Field>,
    footer: Option<&'a [Inline]>,
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
    fn new(message: &'a Message) -> Self {
        let mut parts = parts(&message.body);
        let mut plan = Self { title_line: None, lines: Vec::new(), fields: Vec::new(), footer: None };
        // From the end: small print without links, mentions and dates is a footer, and what stands before it may be fields.
        if let Some(Part::Small(run)) = parts.last()
            && is_plain(run)
        {
            plan.footer = Some(*run);
            parts.pop();
        }
        if let Some(Part::Fields(fields)) = parts.last()
            && fields.len() <= FIELDS_MOST
        {
            plan.fields.clone_from(fields);
            parts.pop();
        }
        for part in &parts {
            plan.add(part);
        }
        if plan.lines.len() > PIECES_MOST {
            // The end of a message says what to do next or that there is more, so the middle goes.
            let last = plan.lines.split_off(plan.lines.len() - 1);
            plan.lines.truncate(PIECES_MOST - 2);
            plan.lines.push(("\n", Line::Gap));
            plan.lines.extend(last);
        }
        plan
    }

    /// Room stands around flows and fields; small print stands close to what it is about.
    fn add(&mut self, part: &Part<'a>) {
        match part {
            Part::Flow(pieces) => {
                let mut before = "\n\n";
                for piece in pieces {
                    self.lines.push((
                        before,
                        match *piece {
                            Piece::Paragraph(run) => Line::Paragraph(run),
                            Piece::Quote(run) => Line::Quote(run),
                            Piece::List(points) => Line::List(points),
                        },
                    ));
                    before = "\n";
                }
            }
            Part::Fields(fields) => {
                self.lines.extend(fields.iter().enumerate().map(|(at, field)| (if at == 0 { "\n\n" } else { "\n" }, Line::Field(field))));
            }
            Part::Small(run) => self.lines.push(("\n", Line::Small(run))),
            // The room around flows divides well enough; a drawn line breaks on narrow screens.
            Part::Divider => {}
        }
    }

    /// How long each text may be, so that together they keep to `total` and the description to its own limit.
    fn share(&self, total: usize) -> usize {
        let joints: usize = self.lines.iter().map(|(before, _)| length(before)).sum();
        let lines: Vec<usize> = self.lines.iter().map(|(_, one)| length(&one.text(DESCRIPTION_MOST))).collect();
        let title = self.title_line.as_deref().map_or(0, |line| length(line) + 1);
        let in_description = fair_share(&lines, DESCRIPTION_MOST - joints - title);
        let mut wants: Vec<usize> = lines.into_iter().map(|want| want.min(in_description)).collect();
        wants.extend(self.fields.iter().flat_map(|one| {
            let (name, value) = field(one, VALUE_MOST);
            [length(&name), length(&value)]
        }));
        wants.extend(self.footer.map(|run| length(&words(run)).min(FOOTER_MOST)));
        in_description.min(fair_share(&wants, total.saturating_sub(joints)))
    }

    fn description(&self, share: usize) -> String {
        let mut text = self.title_line.clone().unwrap_or_default();
        for (before, one) in &self.lines {
            if !text.is_empty() {
                text.push_str(if self.title_line.as_ref() == Some(&text) { "\n" } else { before });
            }
            text.push_str(&one.text(share.min(DESCRIPTION_MOST)));
        }
        text
    }
}

impl Line<'_> {
    fn text(self, limit: usize) -> String {
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

fn field(field: &Field, limit: usize) -> (String, String) {
    let name = heading(&field.label, limit.min(NAME_MOST));
    (if name.is_empty() { NO_NAME.to_owned() } else { name }, line(&field.value, &Markdown, limit.min(VALUE_MOST)))
}

/// One line without links, mentions and dates.
fn heading(run: &[Inline], limit: usize) -> String {
    line(&[Inline::Text(words(run))], &Heading, limit)
}

fn line<D: Dialect>(run: &[Inline], dialect: &D, limit: usize) -> String {
    let mut out = Clipped::new(limit);
    write(&mut out, run, dialect);
    out.finish()
}

/// Whether nothing of it would be lost in a footer, which shows letters only.
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
