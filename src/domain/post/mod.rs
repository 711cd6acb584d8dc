//! The state machine of a post: how one message gets into one channel exactly once, and stays up to date.
//!
//! Pure: [`next_step`] says what to do with a row, [`claim`] and [`settle`] give the row as it is before and after doing it, [`lapse`]
//! when whoever claimed it is never heard of again. A row says "this channel should show version `wanted`"; whatever happened to the
//! process in between, the row alone decides what comes next.
//!
//! The rule that ordinary queues lack: a creation whose outcome is not known is never repeated before it was looked for.

mod doubt;
mod key;
mod limit;
mod machine;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::platform::Platform;

pub use doubt::{Ruling, doubt, revive, set_back};
pub use key::DeliveryKey;
pub use limit::pause_asked;
pub use machine::{claim, lapse, next_step, settle};

/// How a platform names a message: Slack's `ts`, Discord's snowflake.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MessageRef(pub String);

/// Where a post stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing is in flight; due again whenever `wanted` is ahead of `shown`.
    Idle,
    /// A creation is in flight; when its lease runs out, nobody knows its outcome.
    Creating,
    /// An edit is in flight; when its lease runs out, it is simply made again.
    Editing,
    /// A creation may or may not have arrived; it is looked for before anything else.
    Unclear,
    /// A creation may or may not have arrived, and we may not look; a person decides.
    Held,
    /// Given up.
    Dead,
    /// A person deleted the message; it stays deleted.
    Gone,
}

impl Phase {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Idle, Self::Creating, Self::Editing, Self::Unclear, Self::Held, Self::Dead, Self::Gone];

    /// The name in the database and in logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Creating => "creating",
            Self::Editing => "editing",
            Self::Unclear => "unclear",
            Self::Held => "held",
            Self::Dead => "dead",
            Self::Gone => "gone",
        }
    }

    /// The phase of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.name() == name)
    }
}

/// How much of a message is sent. What is refused is sent with less, and given up when nothing is left to leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dress {
    /// All of it.
    Full,
    /// Plain words, and what people can press.
    Plain,
    /// Plain words alone: what people can press may be what is refused, and a card without it is better than none.
    Bare,
}

impl Dress {
    /// The next to be tried.
    #[must_use]
    pub fn plainer(self) -> Option<Self> {
        match self {
            Self::Full => Some(Self::Plain),
            Self::Plain => Some(Self::Bare),
            Self::Bare => None,
        }
    }
}

/// The delivery state of one message in one channel: one row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Where it stands.
    pub phase: Phase,
    /// The version that the channel should show.
    pub wanted: i64,
    /// The version that it shows; 0 before the first.
    pub shown: i64,
    /// The oldest version that a creation of unclear outcome may have shown; `None` when no such creation is open.
    pub maybe_sent: Option<i64>,
    /// The message, once it is known to exist.
    pub message: Option<MessageRef>,
    /// Nothing is done before then.
    pub due_at: DateTime<Utc>,
    /// Until then whoever claimed the row may act; afterwards anyone may.
    pub lease_until: Option<DateTime<Utc>>,
    /// Counts claims; an outcome is taken only from the holder of the current one.
    pub fence: i64,
    /// Tries in a row that did not succeed.
    pub attempt: u32,
    /// Looks in a row, since the last creation, that found nothing after the settling time.
    pub looks: u32,
    /// What is sent of it: less than all where the platform refused that.
    pub dress: Dress,
    /// When the first creation was sent; a look need not go further back.
    pub first_sent_at: Option<DateTime<Utc>>,
    /// When the last creation was sent.
    pub last_sent_at: Option<DateTime<Utc>>,
    /// When the row was written.
    pub created_at: DateTime<Utc>,
    /// When the first of the failed tries in a row was made; after [`GIVE_UP`] without success the row is dead.
    pub failing_since: Option<DateTime<Utc>>,
    /// Why the last try failed, for people who operate Rebound; no secret, no personal data.
    pub last_error: Option<String>,
    /// When to look next whether the message stands in the channel twice; `None` where there is no reason to suspect it.
    pub sweep_at: Option<DateTime<Utc>>,
    /// Until when that is suspected.
    pub suspect_until: Option<DateTime<Utc>>,
}

impl Post {
    /// A post that nothing was done for yet, due at once.
    #[must_use]
    pub fn new(wanted: i64, now: DateTime<Utc>) -> Self {
        Self {
            phase: Phase::Idle,
            wanted,
            shown: 0,
            maybe_sent: None,
            message: None,
            due_at: now,
            lease_until: None,
            fence: 0,
            attempt: 0,
            looks: 0,
            dress: Dress::Full,
            first_sent_at: None,
            last_sent_at: None,
            created_at: now,
            failing_since: None,
            last_error: None,
            sweep_at: None,
            suspect_until: None,
        }
    }
}

/// A post that could not be delivered for so long is given up.
pub const GIVE_UP: TimeDelta = TimeDelta::hours(24);
/// Within this time Discord surely still knows a nonce and gives the message back instead of posting a second one ("a few minutes":
/// <https://discord.com/developers/docs/resources/message#create-message>); we rely on one.
pub const NONCE_MEMORY: TimeDelta = TimeDelta::seconds(60);
/// Looks that must find nothing before an unclear creation is repeated. One is enough where it was sent so long ago that a second look
/// would have come earlier.
pub const LOOKS: u32 = 2;
/// How long after a creation was repeated a second message is searched for. A platform that accepted the first one that late has other
/// troubles.
pub const HEAL_FOR: TimeDelta = TimeDelta::minutes(10);
/// How often.
pub const SWEEP_EVERY: TimeDelta = TimeDelta::seconds(60);
/// Between two requests for a history on a platform: 40 a minute. Slack allows 50 for the workspace
/// (<https://docs.slack.dev/reference/methods/conversations.history>), Discord more; but each look serves all that waits in its place.
pub const BETWEEN_LOOKS: TimeDelta = TimeDelta::milliseconds(1_500);
/// How long a channel whose history may not be read is tried before a person is asked.
pub const HELD_AFTER: TimeDelta = TimeDelta::minutes(15);
/// So many tries must have failed as well, so that a process that was down for long does not give up at its first refusal.
pub const HELD_TRIES: u32 = 5;
/// How long a channel that is gone, archived or closed to us is left alone; doubled with each try, at most [`BROKEN_MOST`].
pub const BROKEN_PAUSE: TimeDelta = TimeDelta::minutes(5);
/// The longest such pause.
pub const BROKEN_MOST: TimeDelta = TimeDelta::minutes(15);
/// The shortest and the longest time for which a platform may tell us to wait.
pub const RETRY_AFTER: (TimeDelta, TimeDelta) = (TimeDelta::seconds(1), TimeDelta::minutes(15));

/// The timings of `[delivery]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timings {
    /// How long a claim holds; longer than any request.
    pub lease: TimeDelta,
    /// How long after a creation of unclear outcome the platform may still show it.
    pub settle: TimeDelta,
    /// Between two looks.
    pub look_every: TimeDelta,
    /// Pauses after the first, second, … failure; the last repeats.
    pub retry: Vec<TimeDelta>,
}

/// What to do with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send the message for the first time, or again after it was looked for in vain.
    Create {
        /// The version to show.
        version: i64,
    },
    /// Bring the message up to date.
    Edit {
        /// The version to show.
        version: i64,
        /// The message.
        message: MessageRef,
    },
    /// Look whether the message is there.
    Look {
        /// Nothing older need be read.
        since: DateTime<Utc>,
    },
    /// Look whether the message, which is there, stands in the channel twice.
    Sweep {
        /// Nothing older need be read.
        since: DateTime<Utc>,
    },
}

/// For what a refusal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extent {
    /// For this message alone.
    Message,
    /// For this channel: others may take messages meanwhile.
    Channel,
    /// For this kind of request, whatever the channel.
    Method,
    /// For the opening of conversations with people, whoever they are.
    Opening,
    /// For all that we ask the platform: the token is dead, or the limit is that of the whole bot.
    Platform,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The platform confirmed the creation or the edit. A creation may have given an older message back (Discord's nonce).
    Posted(MessageRef),
    /// Surely not done; may be tried again.
    NotDone {
        /// What the platform asked to wait: zero where it wants less of us and says no time that can be kept, `None` where that is not
        /// why.
        retry_after: Option<TimeDelta>,
        /// For what that holds.
        extent: Extent,
        /// For people who operate Rebound.
        why: String,
    },
    /// The channel or the token is closed to us: nothing sent there will arrive until a person mends it.
    Closed {
        /// The message that was to be changed, the channel, or all of the platform.
        extent: Extent,
        /// What the platform said.
        why: String,
    },
    /// The platform does not take this message, whatever the channel: our fault.
    Refused {
        /// What the platform said.
        why: String,
    },
    /// The message that was to be edited, or that the nonce stands for, was deleted by a person.
    Deleted,
    /// Nobody knows whether it was done.
    Unclear {
        /// What was seen instead of an answer.
        why: String,
    },
    /// A look found the message.
    Found(MessageRef),
    /// A look found the message twice or more. This one stays; the others were removed, as far as that went.
    FoundTwice(MessageRef),
    /// A complete look did not find it.
    NotFound,
    /// The look itself was refused for good: missing scope or permission.
    LookRefused {
        /// What the platform said.
        why: String,
    },
}
