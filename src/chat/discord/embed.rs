//! A message tree as one embed, for any tree within Discord's limits.

use serenity::all::{CreateEmbed, CreateEmbedFooter};

use super::plan::{DESCRIPTION_MOST, FOOTER_MOST, Plan};
use super::text::{Markdown, heading, line};
use crate::chat::inline::words;
use crate::chat::text::{CUT, cut, length};
use crate::domain::message::{Inline, Message, Tone};

// https://docs.discord.com/developers/resources/message#embed-object-embed-limits
/// Characters of an embed's title.
const TITLE_MOST: usize = 256;
/// Characters of all embeds of a message together.
const TEXT_MOST: usize = 6_000;

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
    let (description, tail) = plan.finish(share);
    if !description.is_empty() {
        embed = embed.description(description);
    } else if tail.cells.is_empty() && title.is_empty() {
        embed = embed.description(summary(message));
    }
    for cell in tail.cells {
        let (name, value, inline) = cell.finish(share);
        embed = embed.field(name, value, inline);
    }
    match tail.footer {
        Some(run) => embed.footer(CreateEmbedFooter::new(cut(&words(run), share.min(FOOTER_MOST)))),
        None => embed,
    }
}

/// The summary as text; never empty.
fn summary(message: &Message) -> String {
    let text = line(&[Inline::Text(message.summary.clone())], &Markdown, DESCRIPTION_MOST);
    if text.trim().is_empty() { CUT.to_owned() } else { text }
}
