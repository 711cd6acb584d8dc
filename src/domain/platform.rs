//! The two chat platforms, and the channels on them that Rebound posts into.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A chat platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Slack, reached through its Web API with a bot token.
    Slack,
    /// Discord, reached through its HTTP API v10 with a bot token.
    Discord,
}

impl Platform {
    /// Both, in the order in which they are always listed.
    pub const ALL: [Self; 2] = [Self::Slack, Self::Discord];

    /// The name in metrics, logs and the database: `slack` or `discord`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Discord => "discord",
        }
    }

    /// The platform of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.name() == name)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A configured destination of cards: one `[[channel]]` of `rebound.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Channel {
    /// The operator's name for it, unique in the configuration; routes and logs use it.
    pub name: String,
    /// Where it is.
    pub address: Address,
}

/// A place on a platform that takes messages: a channel, a thread (Discord) or a direct-message conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// The platform.
    pub platform: Platform,
    /// The platform's own id: `C0123456789` in Slack, a snowflake in Discord. A conversation with one person that is not opened yet has
    /// their user id after an `@`.
    pub id: String,
}

impl Address {
    /// The conversation with that user.
    #[must_use]
    pub fn direct(platform: Platform, user: &str) -> Self {
        Self { platform, id: format!("@{user}") }
    }

    /// The user whose conversation it is, where that has to be opened first.
    #[must_use]
    pub fn to_user(&self) -> Option<&str> {
        self.id.strip_prefix('@')
    }
}
