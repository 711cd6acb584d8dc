//! Messages and forms as a test or a person looks at them. They are copies: changing one changes nothing.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::settings::Platform;
use super::words::{self, Control};

/// A message that everyone in its channel sees.
#[derive(Clone, Debug)]
pub struct Message {
    /// Where it is written.
    pub platform: Platform,
    /// The channel; for a reply on Discord, the thread.
    pub channel: String,
    /// Slack's `ts`, Discord's id.
    pub id: String,
    /// The message as the platform gives it to the bot.
    pub json: Value,
    /// When it was created.
    pub created: DateTime<Utc>,
    /// How often it was edited.
    pub edits: usize,
    /// What a new message made ring: user ids, `@here` and the like. Edits ring nobody.
    pub pinged: Vec<String>,
}

impl Message {
    /// All that can be read in it, one text a line, as it was sent.
    #[must_use]
    pub fn text(&self) -> String {
        words::text(&self.json)
    }

    /// All that can be pressed, chosen or filled in.
    #[must_use]
    pub fn controls(&self) -> Vec<Control> {
        words::controls(self.platform, &self.json)
    }

    /// The visible words of its buttons.
    #[must_use]
    pub fn buttons(&self) -> Vec<String> {
        let buttons = self.controls().into_iter().filter(|c| c.kind == words::ControlKind::Button);
        buttons.map(|c| c.label).collect()
    }
}

/// The seconds until one more message fits into a channel that takes so many in a time; `None` if it fits now.
pub(super) fn wait_for_room(messages: &[Message], limit: Option<(usize, Duration)>, now: DateTime<Utc>) -> Option<f64> {
    let (most, span) = limit?;
    let since = now - span;
    let recent: Vec<_> = messages.iter().rev().take_while(|message| message.created > since).collect();
    let oldest = recent.last().filter(|_| recent.len() >= most)?;
    Some((oldest.created - since).to_std().unwrap_or_default().as_secs_f64().max(0.001))
}

/// What only one person sees: an ephemeral message, the answer to a command, or a direct message.
#[derive(Clone, Debug)]
pub struct Private {
    /// The platform's id of who sees it.
    pub person: String,
    /// Where that person sees it.
    pub channel: String,
    /// Slack's `ts`, Discord's id.
    pub id: String,
    /// When it appeared.
    pub created: DateTime<Utc>,
    /// Whether it is a direct message, and not an ephemeral one.
    pub direct: bool,
    /// The message as the platform keeps it.
    pub message: Value,
}

impl Private {
    /// All that can be read in it.
    #[must_use]
    pub fn text(&self) -> String {
        words::text(&self.message)
    }
}

/// A Slack view or a Discord modal.
#[derive(Clone, Debug)]
pub struct Form {
    /// Slack's view id; on Discord the token of the interaction that opened it.
    pub id: String,
    /// The platform's id of who sees it.
    pub person: String,
    /// The view or modal as the bot gave it, completed by the platform.
    pub json: Value,
    /// Whether it is still on the screen.
    pub open: bool,
    /// The trigger id or interaction token that it was opened with.
    pub key: String,
}

impl Form {
    /// All that can be read in it.
    #[must_use]
    pub fn text(&self) -> String {
        words::text(&self.json)
    }
}
