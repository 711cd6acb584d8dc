//! A message tree as Block Kit blocks (<https://docs.slack.dev/reference/block-kit/blocks>), for any tree within Slack's limits.
//!
//! Lines that belong together stand in one section, because Slack puts space around every block.

use slack_morphism::prelude::{
    SlackActionBlockElement, SlackActionId, SlackActionsBlock, SlackBlock, SlackBlockButtonElement, SlackBlockButtonStyle, SlackBlockId,
    SlackBlockMarkDownText, SlackBlockPlainText, SlackBlockPlainTextOnly, SlackBlockText, SlackBlockUsersSelectElement, SlackContextBlock,
    SlackContextBlockElement, SlackDividerBlock, SlackHeaderBlock, SlackSectionBlock,
};

use super::text::{Mentions, Mrkdwn, dead};
use crate::chat::draft::Draft;
use crate::chat::inline::{words, write};
use crate::chat::layout::{Part, Piece, parts, without_middle};
use crate::chat::plain::paragraphs;
use crate::chat::text::{CUT, Clipped, cut, fair_share, length, one_line};
use crate::domain::list::Listing;
use crate::domain::message::{Control, ControlKind, Entry, Field, Inline, Message, Press};
use crate::domain::post::DeliveryKey;

/// Blocks of a message: <https://docs.slack.dev/reference/block-kit/blocks>.
pub(super) const BLOCKS_MOST: usize = 50;
/// Characters of a header: <https://docs.slack.dev/reference/block-kit/blocks/header-block>.
pub(super) const HEADER_MOST: usize = 150;
/// Characters of a section's text: <https://docs.slack.dev/reference/block-kit/blocks/section-block>.
pub(super) const SECTION_MOST: usize = 3_000;
/// Fields of a section, same page.
pub(super) const FIELDS_MOST: usize = 10;
/// Characters of a section's field, same page.
pub(super) const FIELD_MOST: usize = 2_000;
/// Characters of a button's text: <https://docs.slack.dev/reference/block-kit/block-elements/button-element>.
pub(super) const BUTTON_MOST: usize = 75;
/// Characters of a menu's placeholder: <https://docs.slack.dev/reference/block-kit/block-elements/multi-select-menu-element>.
pub(super) const PLACEHOLDER_MOST: usize = 150;
/// Characters of a message's blocks in all. Slack refuses with `msg_blocks_too_long` at about 13,200
/// (<https://github.com/slackapi/bolt-js/issues/2509>).
pub(super) const TEXT_MOST: usize = 12_000;
/// What of it the header and the controls may take at most; the rest is the body's.
const FRAME_MOST: usize = HEADER_MOST + Press::ALL.len() * PLACEHOLDER_MOST;
/// Pieces of one section; with it every piece keeps room for some words however many there are.
const PIECES_MOST: usize = 12;

/// Which message the blocks belong to; it stands in their ids and in the values of buttons.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark<'a> {
    pub(super) key: &'a DeliveryKey,
    /// Slack wants new block ids on every update.
    pub(super) version: i64,
}

/// The blocks of a message; never empty. Without a mark there are no controls.
pub(super) fn blocks(message: &Message, mentions: Mentions<'_>, mark: Option<Mark<'_>>) -> Vec<SlackBlock> {
    let dialect = Mrkdwn { mentions };
    let mut blocks: Vec<SlackBlock> = Vec::new();
    let title = words(&message.title);
    if !title.is_empty() {
        blocks.push(SlackHeaderBlock::new(plain(&title, HEADER_MOST)).into());
    }
    let actions = mark.and_then(|mark| actions(&message.controls, mark));
    let room = BLOCKS_MOST - blocks.len() - usize::from(actions.is_some());
    blocks.extend(body(message, dialect, room));
    blocks.extend(actions);
    if blocks.is_empty() {
        let summary = plain(&message.summary, SECTION_MOST);
        blocks.push(SlackSectionBlock::new().with_text(summary.into()).into());
    }
    if let Some(mark) = mark {
        name_blocks(&mut blocks, mark);
    }
    blocks
}

/// The blocks of a message that says everything in plain words: a section for each paragraph, and the controls.
pub(super) fn plain_blocks(message: &Message, mark: Mark<'_>) -> Vec<SlackBlock> {
    let actions = actions(&message.controls, mark);
    let paragraphs = paragraphs(message).iter().map(|words| dead(words)).collect();
    let paragraphs = without_middle(paragraphs, BLOCKS_MOST - usize::from(actions.is_some()), CUT.to_owned());
    let wants: Vec<usize> = paragraphs.iter().map(|words| length(words)).collect();
    let share = fair_share(&wants, TEXT_MOST - FRAME_MOST).min(SECTION_MOST);
    let section = |words: &String| SlackSectionBlock::new().with_text(plain_text(cut(words, share)).into()).into();
    let mut blocks: Vec<SlackBlock> = paragraphs.iter().map(section).chain(actions).collect();
    name_blocks(&mut blocks, mark);
    blocks
}

/// A part that became one block's worth of texts.
enum Unit<'a> {
    Section(Vec<Draft<Shown<'a, Piece<'a>>>>),
    Fields(Vec<Draft<Shown<'a, &'a Field>>>),
    Context(Draft<Shown<'a, &'a [Inline]>>),
    Divider,
    /// The buttons of what stands above.
    Buttons(&'a Entry),
    /// Stands for what is left out.
    Gap,
}

/// Something, and how it is written.
type Shown<'a, T> = (T, Mrkdwn<'a>);

fn body(message: &Message, dialect: Mrkdwn<'_>, room: usize) -> Vec<SlackBlock> {
    let parts = parts(&message.body);
    let units = without_middle(parts.iter().flat_map(|part| units_of(part, dialect)).collect(), room, Unit::Gap);
    let wants: Vec<usize> = units.iter().flat_map(wants).collect();
    let share = fair_share(&wants, TEXT_MOST - FRAME_MOST);
    units.into_iter().filter_map(|unit| block(unit, share)).collect()
}

fn units_of<'a>(part: &'a Part<'a>, dialect: Mrkdwn<'a>) -> Vec<Unit<'a>> {
    let section = |pieces: &[Piece<'a>]| {
        let text = |(one, dialect): &Shown<'_, Piece<'_>>, limit| piece(*one, *dialect, limit);
        Unit::Section(pieces.iter().map(|one| Draft::new((*one, dialect), SECTION_MOST - 1, text)).collect())
    };
    let cells = |fields: &[&'a Field]| {
        let text = |(one, dialect): &Shown<'_, &Field>, limit| field(one, *dialect, limit);
        Unit::Fields(fields.iter().map(|one| Draft::new((*one, dialect), FIELD_MOST, text)).collect())
    };
    let context = |run: &'a [Inline]| {
        let text = |(run, dialect): &Shown<'_, &[Inline]>, limit| line(run, *dialect, limit);
        Unit::Context(Draft::new((run, dialect), SECTION_MOST, text))
    };
    match part {
        Part::Flow(pieces) => pieces.chunks(PIECES_MOST).map(section).collect(),
        Part::Fields(fields) => fields.chunks(FIELDS_MOST).map(cells).collect(),
        Part::Small(run) => vec![context(run)],
        Part::Divider => vec![Unit::Divider],
        Part::Entry(entry) => vec![section(&[Piece::Paragraph(&entry.text)]), Unit::Buttons(entry)],
    }
}

/// The lengths that a unit's texts would like to have.
fn wants(unit: &Unit<'_>) -> Vec<usize> {
    match unit {
        // Each with the end of its line.
        Unit::Section(pieces) => pieces.iter().map(|piece| piece.length() + 1).collect(),
        Unit::Fields(fields) => fields.iter().map(Draft::length).collect(),
        Unit::Context(run) => vec![run.length()],
        Unit::Gap => vec![length(CUT)],
        Unit::Buttons(entry) => entry.controls.iter().map(|control| length(&control.label).min(BUTTON_MOST)).collect(),
        Unit::Divider => Vec::new(),
    }
}

fn block(unit: Unit<'_>, share: usize) -> Option<SlackBlock> {
    let share = if let Unit::Section(_) = unit { share.min(fair_share(&wants(&unit), SECTION_MOST)).min(SECTION_MOST) } else { share };
    Some(match unit {
        // Its id names the follow-up, like those of a card's own buttons.
        Unit::Buttons(entry) => {
            let mark = Mark { key: &entry.key, version: 0 };
            let mut actions = actions(&entry.controls, mark)?;
            if let SlackBlock::Actions(actions) = &mut actions {
                actions.block_id =
                    Some(SlackBlockId(format!("e:{}:{}", entry.key, entry.list.map_or_else(|| "0".to_owned(), Listing::name))));
            }
            actions
        }
        Unit::Section(pieces) => {
            let lines: Vec<String> = pieces.into_iter().map(|piece| piece.fit(share - 1)).collect();
            SlackSectionBlock::new().with_text(SlackBlockText::MarkDown(mrkdwn(lines.join("\n")))).into()
        }
        Unit::Fields(fields) => {
            let cell = |field: Draft<_>| SlackBlockText::MarkDown(mrkdwn(field.fit(share)));
            SlackSectionBlock::new().with_fields(fields.into_iter().map(cell).collect()).into()
        }
        Unit::Context(run) => context(run.fit(share)),
        Unit::Gap => context(CUT.to_owned()),
        Unit::Divider => SlackDividerBlock::new().into(),
    })
}

fn piece(piece: Piece<'_>, dialect: Mrkdwn<'_>, limit: usize) -> String {
    match piece {
        Piece::Paragraph(run) => line(run, dialect, limit),
        Piece::Quote(run) => {
            let mut out = Clipped::with_prefix(limit, "> ");
            write(&mut out, run, &dialect);
            out.finish()
        }
        Piece::List(points) => {
            let mut out = Clipped::new(limit);
            for (at, point) in points.iter().enumerate() {
                if at > 0 {
                    out.line();
                }
                out.bullet("• ");
                write(&mut out, point, &dialect);
            }
            out.finish()
        }
    }
}

fn line(run: &[Inline], dialect: Mrkdwn<'_>, limit: usize) -> String {
    let mut out = Clipped::new(limit);
    write(&mut out, run, &dialect);
    out.finish()
}

/// The label in bold above the value. The label may take half of the room.
fn field(field: &Field, dialect: Mrkdwn<'_>, limit: usize) -> String {
    // On one line: bold ends at the end of its line.
    let label = [Inline::Strong(vec![Inline::Text(words(&field.label))])];
    let mut text = line(&label, dialect, limit / 2);
    if !text.is_empty() {
        text.push('\n');
    }
    let left = limit - length(&text);
    text.push_str(&line(&field.value, dialect, left));
    text
}

/// One row of buttons and pickers; each press once, because an action id must be unique in its block.
fn actions(controls: &[Control], mark: Mark<'_>) -> Option<SlackBlock> {
    let mut seen = Vec::new();
    let mut elements: Vec<SlackActionBlockElement> = Vec::new();
    let (pickers, buttons): (Vec<&Control>, Vec<&Control>) = controls.iter().partition(|control| control.kind == ControlKind::PeoplePicker);
    for control in buttons.into_iter().chain(pickers) {
        if !seen.contains(&control.press) {
            seen.push(control.press);
            elements.push(element(control, mark));
        }
    }
    (!elements.is_empty()).then(|| SlackActionsBlock::new(elements).into())
}

fn element(control: &Control, mark: Mark<'_>) -> SlackActionBlockElement {
    let action = SlackActionId(control.press.name().to_owned());
    let label = if one_line(&control.label).is_empty() { control.press.name() } else { &control.label };
    match control.kind {
        ControlKind::PeoplePicker => {
            SlackBlockUsersSelectElement::new().with_action_id(action).with_placeholder(plain(label, PLACEHOLDER_MOST)).into()
        }
        ControlKind::PrimaryButton | ControlKind::Button => {
            let mut button = SlackBlockButtonElement::new(plain(label, BUTTON_MOST));
            button.action_id = Some(action);
            button.value = Some(mark.key.to_string());
            button.style = (control.kind == ControlKind::PrimaryButton).then_some(SlackBlockButtonStyle::Primary);
            button.into()
        }
    }
}

/// The first block carries the marker by which the message is found again; the others are told apart by their number.
fn name_blocks(blocks: &mut [SlackBlock], mark: Mark<'_>) {
    for (at, block) in blocks.iter_mut().enumerate() {
        let id = if at == 0 { format!("d:{}:{}", mark.key, mark.version) } else { format!("{at}:{}:{}", mark.key, mark.version) };
        let id = Some(SlackBlockId(id));
        if let SlackBlock::Header(header) = block {
            header.block_id = id;
        } else if let SlackBlock::Section(section) = block {
            section.block_id = id;
        } else if let SlackBlock::Context(context) = block {
            context.block_id = id;
        } else if let SlackBlock::Divider(divider) = block {
            divider.block_id = id;
        } else if let SlackBlock::Actions(actions) = block {
            // Those of an entry have their own already.
            if actions.block_id.is_none() {
                actions.block_id = id;
            }
        }
    }
}

fn context(text: String) -> SlackBlock {
    SlackContextBlock::new(vec![SlackContextBlockElement::MarkDown(mrkdwn(text))]).into()
}

fn mrkdwn(text: String) -> SlackBlockMarkDownText {
    SlackBlockMarkDownText::new(text).with_verbatim(true)
}

/// Plain text on one line; never empty. Slack reads no formatting in it, and with `emoji: false` no codes of emoji.
fn plain(text: &str, limit: usize) -> SlackBlockPlainTextOnly {
    let line = dead(&one_line(text));
    plain_text(if line.is_empty() { CUT.to_owned() } else { cut(&line, limit) })
}

fn plain_text(text: String) -> SlackBlockPlainTextOnly {
    SlackBlockPlainTextOnly::from(SlackBlockPlainText::new(text).with_emoji(false))
}
