//! The configuration: `rebound.toml` and the environment become one checked [`Config`], or a list of all mistakes at once.
//!
//! Whoever holds a [`Config`] need not check it again. A secret's value is in no message, no `Debug` and no `Display` of this module.
//! It asks no platform anything (that is `rebound check --online`) and opens no database.

mod addresses;
mod check;
mod document;
mod environment;
mod files;
mod key;
mod load;
mod mistake;
mod reader;
mod reminders;
mod secret;
mod sections;
mod similar;
mod table;
#[cfg(test)]
mod tests;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ed25519_dalek::VerifyingKey;
use url::Url;

use crate::domain::platform::{Channel, Platform};
use crate::domain::remind;
use crate::domain::route::Route;
use crate::domain::team::Team;

pub use environment::{Environment, environment_of_process};
pub use load::{load, load_public_url, parse};
pub use mistake::{Mistake, Mistakes, Place};
pub use secret::Secret;

/// Everything that the operator decides.
///
/// Addresses ([`Url`]) are absolute http or https without user, query and fragment, and their path does not end with `/` unless it is `/`.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where `serve` listens. Default `127.0.0.1:8080`; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where the world reaches this program. Required; links of our own and the addresses in manifests begin with it.
    pub public_url: Url,
    /// Where state is kept. Default `sqlite://rebound.db`.
    pub database_url: DatabaseUrl,
    /// For text that cannot adapt to its reader. Default UTC.
    pub timezone: chrono_tz::Tz,
    /// A folder whose templates replace the built-in ones of the same name. It exists.
    pub templates_dir: Option<PathBuf>,
    /// The source of events.
    pub iclosed: Iclosed,
    /// `None`: Slack is not used. Slack or Discord is there.
    pub slack: Option<Slack>,
    /// `None`: Discord is not used.
    pub discord: Option<Discord>,
    /// At least one; names and addresses are unique, platforms are configured.
    pub channels: Vec<Channel>,
    /// In the order of the file; every name in `to` is one of [`channels`](Self::channels).
    pub routes: Vec<Route>,
    /// In the order of the file; no two share an e-mail address or a user id.
    pub team: Team,
    /// Who may act and who is told.
    pub team_rules: TeamRules,
    /// What cards show.
    pub card: Card,
    /// How the program logs.
    pub log: Log,
    /// The timing of follow-ups.
    pub follow_up: FollowUp,
    /// The timing of messages.
    pub delivery: Delivery,
    /// What is allowed but looks unintended, each a line that names place and key like a [`Mistake`].
    pub warnings: Vec<String>,
}

impl Config {
    /// Is that platform configured?
    #[must_use]
    pub fn uses(&self, platform: Platform) -> bool {
        match platform {
            Platform::Slack => self.slack.is_some(),
            Platform::Discord => self.discord.is_some(),
        }
    }
}

/// Where state is kept.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    /// A file on a local disk, relative to the working folder or absolute.
    Sqlite(PathBuf),
    /// The whole `postgres://…` or `postgresql://…` address; it may hold a password.
    Postgres(Secret),
}

/// `[iclosed]`.
#[derive(Debug, Clone)]
pub struct Iclosed {
    /// The last part of the webhook's address: at least 128 bits, safe in a URL.
    pub webhook_token: Secret,
    /// The token before the last change, still accepted.
    pub webhook_token_previous: Option<Secret>,
    /// For free slots, bookings and the check for missed webhooks; without it these are off.
    pub api_key: Option<Secret>,
    /// Default `https://public.api.iclosed.io`.
    pub api_url: Url,
    /// Between two checks for webhooks that never came; only with a key. Default 5 minutes.
    pub check_every: Duration,
    /// The zone in which a local time is read when the webhook names no zone of the host; the card says that it is assumed. `None`: such a
    /// time is shown as written.
    pub hosts_time_zone_fallback: Option<chrono_tz::Tz>,
    /// How webhooks are signed, where the account does it; iClosed documents no scheme. `None`: signatures are not checked.
    pub signature: Option<Signature>,
}

/// `[iclosed.signature]`: HMAC-SHA256 of the body, in hex, in a header.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Name of the header, in lower case.
    pub header: String,
    /// The key of the HMAC.
    pub secret: Secret,
    /// What stands before the digest, such as `sha256=`. Default nothing.
    pub prefix: String,
}

/// `[slack]`.
#[derive(Debug, Clone)]
pub struct Slack {
    /// `xoxb-…`.
    pub bot_token: Secret,
    /// Proves that a request comes from Slack.
    pub signing_secret: Secret,
    /// Default `https://slack.com/api`; a method's name follows after `/`.
    pub api_url: Url,
}

/// `[discord]`.
#[derive(Debug, Clone)]
pub struct Discord {
    /// The bot's token, without `Bot `.
    pub bot_token: Secret,
    /// A snowflake.
    pub application_id: String,
    /// Proves that a request comes from Discord.
    pub public_key: VerifyingKey,
    /// The one server that is served; a snowflake.
    pub guild_id: String,
    /// Default `https://discord.com`; `/api/v10/…` follows.
    pub api_url: Url,
}

/// `[team]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TeamRules {
    /// Only people listed as `[[teammate]]` may act. Default false.
    pub team_only: bool,
    /// How the host of a cancelled call is told. Default [`Notify::Dm`].
    pub notify_host: Notify,
    /// How the setter of a cancelled call is told. Default [`Notify::Off`].
    pub notify_setter: Notify,
}

/// How a person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notify {
    /// By a direct message.
    Dm,
    /// By a mention in the card's thread.
    Mention,
    /// Not at all.
    Off,
}

/// `[card]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// Questions of the booking form whose answers are shown first. Default none.
    pub highlight: Vec<String>,
    /// Hosts, in lower case, to which cards may link besides iClosed's and our own; each stands for itself alone. Default none.
    pub link_hosts: Vec<String>,
}

/// `[log]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    /// Default [`LogFormat::Json`].
    pub format: LogFormat,
    /// Default [`LogLevel::Info`].
    pub level: LogLevel,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For human eyes.
    Pretty,
}

/// The least severe lines that are still logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// What failed.
    Error,
    /// And what looks wrong.
    Warn,
    /// And one line for each event.
    Info,
    /// And each step.
    Debug,
    /// And everything else.
    Trace,
}

impl LogLevel {
    /// The name in `rebound.toml`, which is tracing's, too.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// `[follow_up]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// How long a cancellation whose reason asks for another time waits for its move before it is shown. Default 5 s.
    pub move_wait: Duration,
    /// When people work, when they are reminded, and when a follow-up is given up. Defaults: at any time; after 30 min the owner or the
    /// channel, after 2 h the managers; after 10 and 30 min where the call was about to start; lost after 30 days.
    pub reminders: remind::Rules,
}

/// `[delivery]`: all durations are longer than nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// How long one request to a platform may take. Default 10 s.
    pub request_timeout: Duration,
    /// How long a post belongs to the worker that took it; at least [`LEASE_MARGIN`] longer than a request. Default 30 s.
    pub lease: Duration,
    /// How long after an unclear send a platform may still let the message appear. Default 60 s.
    pub settle: Duration,
    /// How often an unclear message is looked for meanwhile. Default 15 s.
    pub look_every: Duration,
    /// The waits between attempts, never empty; the last one repeats. Default 1 s, 5 s, 30 s, 2 min, 10 min.
    pub retry: Vec<Duration>,
    /// Between two messages into one Slack channel. Default 1 s, which is Slack's own limit.
    pub slack_interval: Duration,
    /// Between two messages into one Discord channel. Default 1 s: Discord allows about five in 5 s for each channel,
    /// and edits and deletions draw on the same allowance.
    pub discord_interval: Duration,
}

/// By how much a lease must outlive a request, so that a slow worker has given up before another one takes its post.
pub const LEASE_MARGIN: Duration = Duration::from_secs(10);
