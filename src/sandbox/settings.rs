//! What a sandbox is made from: addresses, secrets, people, channels and samples. It holds data only.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use ed25519_dalek::SigningKey;
use serde_json::Value;

/// Makes the bodies of one click on a sample from a serial number and the time of the click.
pub type MakeBodies = Arc<dyn Fn(u64, DateTime<Utc>) -> Vec<Value> + Send + Sync>;

/// Everything that a sandbox needs to know before it starts.
#[derive(Clone, Default)]
pub struct Settings {
    /// Where the bot listens, such as `http://127.0.0.1:8080`: signed interactions and sample webhooks go there.
    pub bot_url: String,
    /// Where the sandbox is reachable, mount prefix included, such as `http://127.0.0.1:8080/sandbox`.
    pub own_url: String,
    /// The path that sample webhooks are posted to.
    pub webhook_path: String,
    /// The token that Slack's methods ask for.
    pub slack_bot_token: String,
    /// The secret that Slack's requests to the bot are signed with.
    pub slack_signing_secret: String,
    /// The token that Discord's routes ask for.
    pub discord_bot_token: String,
    /// The bot's application, which is also its user id.
    pub discord_application_id: String,
    /// The one guild.
    pub discord_guild_id: String,
    /// The Ed25519 seed that Discord's requests to the bot are signed with.
    pub discord_signing_key: [u8; 32],
    /// The key that iClosed's API asks for, with its `iclosed_`.
    pub iclosed_api_key: String,
    /// Who exists in both workspaces.
    pub people: Vec<Person>,
    /// Channels of both platforms.
    pub channels: Vec<Channel>,
    /// Buttons of the page that send webhooks.
    pub samples: Vec<Sample>,
}

impl Settings {
    /// The public key that the bot must be configured with, in hex.
    #[must_use]
    pub fn discord_public_key_hex(&self) -> String {
        hex::encode(SigningKey::from_bytes(&self.discord_signing_key).verifying_key().as_bytes())
    }
}

/// A person with an account in both workspaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// As shown everywhere.
    pub name: String,
    /// As `users.lookupByEmail` finds it.
    pub email: String,
    /// The Slack user id.
    pub slack: String,
    /// The Discord user id.
    pub discord: String,
    /// Whether the bot knows this person as one of the team; the page only says so.
    pub teammate: bool,
    /// Whether the bot knows this person as a manager; the page only says so.
    pub manager: bool,
    /// An IANA zone; empty means New York.
    pub timezone: String,
    /// Whether direct messages to this person are refused on Discord (50007).
    pub dms_closed: bool,
}

/// One of the two platforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Slack.
    Slack,
    /// Discord.
    Discord,
}

/// A channel that exists from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Where it is.
    pub platform: Platform,
    /// The platform's id.
    pub id: String,
    /// The name without `#`.
    pub name: String,
}

/// A button of the page that sends webhooks to the bot.
#[derive(Clone)]
pub struct Sample {
    /// The label of the button.
    pub name: String,
    /// One sentence for its tooltip.
    pub about: String,
    /// The bodies to post, one request each, all at once.
    pub make: MakeBodies,
}

impl fmt::Debug for Sample {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sample").field("name", &self.name).finish_non_exhaustive()
    }
}
