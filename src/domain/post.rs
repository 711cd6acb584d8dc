//! The state machine of a post: how one message gets into one channel exactly once, and stays up to date.
//!
//! Pure: [`next_step`] says what to do with a row, [`claim`] and [`settle`] give the row as it is before and after doing it. A row says
//! "this channel should show version `wanted`"; whatever happened to the process in between, the row alone decides what comes next.
//!
//! The rule that ordinary queues lack: a creation whose outcome is not known is never repeated before it was looked for.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::platform::Platform;

/// The derived key of a message: 22 letters and digits, the same again after a restore. Fits every platform's marker (Discord's nonce
/// takes 25 characters). Opaque: it cannot be guessed and tells nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeliveryKey(String);

impl DeliveryKey {
    /// Characters of every key.
    pub const LENGTH: usize = 22;

    /// Reads a key that came back from a platform or the database; `None` for what cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == Self::LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| Self(text.to_owned()))
    }

    /// Base 62 of 128 bits.
    #[must_use]
    pub fn from_bits(bits: u128) -> Self {
        const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut rest = bits;
        let mut key = [b'0'; Self::LENGTH];
        for place in key.iter_mut().rev() {
            *place = DIGITS[usize::try_from(rest % 62).unwrap_or_default()];
            rest /= 62;
        }
        Self(key.iter().map(|digit| char::from(*digit)).collect())
    }

    /// The key as it stands in nonces, metadata, block ids and values of buttons.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeliveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

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
    /// The platform refused the full message, so the plain one is sent.
    pub plain: bool,
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
}

/// A post that could not be delivered for so long is given up.
pub const GIVE_UP: TimeDelta = TimeDelta::hours(24);
/// Within this time Discord surely still knows a nonce and gives the message back instead of posting a second one ("a few minutes":
/// <https://discord.com/developers/docs/resources/message#create-message>); we rely on one.
pub const NONCE_MEMORY: TimeDelta = TimeDelta::seconds(60);
/// Looks that must find nothing before an unclear creation is repeated.
pub const LOOKS: u32 = 2;
/// How long a channel whose history may not be read is tried before a person is asked.
pub const HELD_AFTER: TimeDelta = TimeDelta::minutes(15);
/// So many tries must have failed as well, so that a process that was down for long does not give up at its first refusal.
pub const HELD_TRIES: u32 = 5;
/// How long a channel that is gone, archived or closed to us is left alone; doubled with each try, at most [`BROKEN_MOST`].
pub const BROKEN_PAUSE: TimeDelta = TimeDelta::minutes(5);
/// The longest such pause.
pub const BROKEN_MOST: TimeDelta = TimeDelta::hours(1);
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
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The platform confirmed the creation or the edit. A creation may have given an older message back (Discord's nonce).
    Posted(MessageRef),
    /// Surely not done; may be tried again.
    NotDone {
        /// What the platform asked to wait.
        retry_after: Option<TimeDelta>,
        /// For people who operate Rebound.
        why: String,
    },
    /// The channel or the token is closed to us: nothing sent there will arrive until a person mends it.
    Closed {
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
    /// A complete look did not find it.
    NotFound,
    /// The look itself was refused for good: missing scope or permission.
    LookRefused {
        /// What the platform said.
        why: String,
    },
}

/// What to do with this row now, if anything. A row in flight is left alone until its lease runs out.
#[must_use]
pub fn next_step(post: &Post, now: DateTime<Utc>) -> Option<Step> {
    let in_flight = post.lease_until.is_some_and(|until| until > now);
    if in_flight || post.due_at > now {
        return None;
    }
    let look = || Step::Look { since: post.first_sent_at.unwrap_or(post.created_at) };
    match post.phase {
        Phase::Creating | Phase::Unclear => Some(look()),
        Phase::Idle | Phase::Editing if post.wanted > post.shown => Some(match &post.message {
            None if only_the_nonce_helped(post) && !nonce_is_known(post, now) => look(),
            None => Step::Create { version: post.wanted },
            Some(message) => Step::Edit { version: post.wanted, message: message.clone() },
        }),
        Phase::Idle | Phase::Editing | Phase::Held | Phase::Dead | Phase::Gone => None,
    }
}

/// The row while `step` is being done. Must be on disk before anything is sent.
#[must_use]
pub fn claim(mut post: Post, step: &Step, now: DateTime<Utc>, timings: &Timings) -> Post {
    post.fence += 1;
    post.lease_until = Some(now + timings.lease);
    match step {
        Step::Create { version } => {
            post.phase = Phase::Creating;
            post.looks = 0;
            post.maybe_sent = Some(post.maybe_sent.map_or(*version, |oldest| oldest.min(*version)));
            post.first_sent_at = post.first_sent_at.or(Some(now));
            post.last_sent_at = Some(now);
        }
        Step::Edit { .. } => post.phase = Phase::Editing,
        Step::Look { .. } => post.phase = Phase::Unclear,
    }
    post
}

/// The row after `step` came out as `outcome`. `jitter` is random, 0 to 1: it spreads retries of many rows.
#[must_use]
pub fn settle(before: Post, step: &Step, outcome: Outcome, platform: Platform, now: DateTime<Utc>, jitter: f64, timings: &Timings) -> Post {
    let mut post = Post { lease_until: None, ..before };
    match (outcome, step) {
        (Outcome::Posted(message) | Outcome::Found(message), Step::Create { .. } | Step::Look { .. }) => {
            post.shown = post.maybe_sent.unwrap_or(post.wanted);
            post.message = Some(message);
            succeed(&mut post, now);
        }
        (Outcome::Posted(_) | Outcome::Found(_), Step::Edit { version, .. }) => {
            post.shown = *version;
            succeed(&mut post, now);
        }
        (Outcome::Deleted, _) => {
            succeed(&mut post, now);
            post.phase = Phase::Gone;
        }
        (Outcome::NotDone { retry_after, why }, Step::Create { .. } | Step::Edit { .. }) => {
            post.last_error = Some(why);
            not_sent(&mut post, step);
            retry_later(&mut post, retry_after, now, jitter, timings);
        }
        (Outcome::Closed { why }, Step::Create { .. } | Step::Edit { .. }) => {
            post.last_error = Some(why);
            not_sent(&mut post, step);
            failed(&mut post, now);
            post.due_at = now + broken_pause(post.attempt);
        }
        (Outcome::Refused { why }, Step::Create { .. } | Step::Edit { .. }) => {
            post.last_error = Some(why);
            not_sent(&mut post, step);
            if post.plain {
                post.phase = Phase::Dead;
            }
            post.plain = true;
            post.due_at = now;
        }
        (Outcome::Unclear { why }, Step::Create { .. }) => {
            post.last_error = Some(why);
            post.phase = Phase::Unclear;
            post.due_at = now + timings.look_every;
            failed(&mut post, now);
        }
        (Outcome::Unclear { why }, Step::Edit { .. }) => {
            post.last_error = Some(why);
            post.phase = Phase::Idle;
            retry_later(&mut post, None, now, jitter, timings);
        }
        (Outcome::NotFound, _) => not_found(&mut post, platform, now, timings),
        (Outcome::NotDone { retry_after, why }, Step::Look { .. }) => {
            post.last_error = Some(why);
            post.phase = Phase::Unclear;
            retry_later(&mut post, retry_after, now, jitter, timings);
            post.due_at = post.due_at.max(now + timings.look_every);
        }
        (Outcome::Unclear { why } | Outcome::Closed { why } | Outcome::Refused { why }, Step::Look { .. }) => {
            post.last_error = Some(why);
            post.phase = Phase::Unclear;
            failed(&mut post, now);
            post.due_at = now + timings.look_every.max(backoff(post.attempt, jitter, timings));
        }
        (Outcome::LookRefused { why }, _) => {
            post.last_error = Some(why);
            post.phase = Phase::Unclear;
            failed(&mut post, now);
            let long_refused = post.failing_since.is_some_and(|since| now - since >= HELD_AFTER) && post.attempt > HELD_TRIES;
            if long_refused {
                post.phase = Phase::Held;
            }
            post.due_at = now + timings.look_every.max(TimeDelta::minutes(1));
        }
    }
    post
}

/// The row when a person wants a dead or held message to be tried again; `None` where there is nothing to revive.
///
/// A creation of unclear outcome that is still open is looked for first, as ever. The day after which it is given up begins anew, and so
/// does the full message where only the plain one was refused last: what was wrong may have been mended meanwhile.
#[must_use]
pub fn revive(before: Post, now: DateTime<Utc>) -> Option<Post> {
    match before.phase {
        Phase::Dead | Phase::Held => {}
        Phase::Idle | Phase::Creating | Phase::Editing | Phase::Unclear | Phase::Gone => return None,
    }
    Some(Post {
        phase: if before.maybe_sent.is_some() { Phase::Unclear } else { Phase::Idle },
        due_at: now,
        lease_until: None,
        // Whoever still holds an old claim has nothing to say any more.
        fence: before.fence + 1,
        attempt: 0,
        looks: 0,
        plain: false,
        failing_since: None,
        ..before
    })
}

fn succeed(post: &mut Post, now: DateTime<Utc>) {
    post.phase = Phase::Idle;
    post.maybe_sent = None;
    post.attempt = 0;
    post.looks = 0;
    post.plain = false;
    post.failing_since = None;
    post.due_at = now;
    post.last_error = None;
}

/// The message surely was not sent this time. Where an earlier creation of unclear outcome is still open, that one is looked for again
/// before the next.
fn not_sent(post: &mut Post, step: &Step) {
    let earlier_creation_open = post.first_sent_at != post.last_sent_at;
    post.phase = Phase::Idle;
    match step {
        Step::Create { .. } if earlier_creation_open => post.phase = Phase::Unclear,
        Step::Create { .. } => {
            post.maybe_sent = None;
            post.first_sent_at = None;
            post.last_sent_at = None;
        }
        Step::Edit { .. } | Step::Look { .. } => {}
    }
}

fn not_found(post: &mut Post, platform: Platform, now: DateTime<Utc>, timings: &Timings) {
    let nonce_still_known = platform == Platform::Discord && nonce_is_known(post, now + timings.look_every.min(NONCE_MEMORY / 2));
    let settled = post.last_sent_at.is_none_or(|last| now - last >= timings.settle);
    post.phase = Phase::Unclear;
    post.due_at = now + timings.look_every;
    if settled {
        post.looks += 1;
    }
    if nonce_still_known || post.looks >= LOOKS {
        post.phase = Phase::Idle;
        post.due_at = now;
    }
}

/// An unclear creation may be repeated although it was not looked for long enough, because the nonce protects it. Should the channel have
/// to wait meanwhile, that protection ends.
fn only_the_nonce_helped(post: &Post) -> bool {
    post.maybe_sent.is_some() && post.looks < LOOKS
}

fn nonce_is_known(post: &Post, now: DateTime<Utc>) -> bool {
    post.first_sent_at.is_some_and(|first| now - first < NONCE_MEMORY)
}

fn retry_later(post: &mut Post, retry_after: Option<TimeDelta>, now: DateTime<Utc>, jitter: f64, timings: &Timings) {
    failed(post, now);
    let asked = retry_after.map(|asked| asked.clamp(RETRY_AFTER.0, RETRY_AFTER.1));
    // What a platform asks for is kept to the letter and spread only to the later side.
    post.due_at =
        now + asked.map_or_else(|| backoff(post.attempt, jitter, timings), |asked| asked + scaled(TimeDelta::milliseconds(500), jitter));
}

/// Counts a failure. After a day of them a message that surely is not there is given up; of one that may be there, a person decides.
fn failed(post: &mut Post, now: DateTime<Utc>) {
    post.attempt += 1;
    let since = *post.failing_since.get_or_insert(now);
    if now - since >= GIVE_UP {
        post.phase = if post.phase == Phase::Unclear { Phase::Held } else { Phase::Dead };
    }
}

/// The pause after the `attempt`th failure: between half of the configured one and all of it.
fn backoff(attempt: u32, jitter: f64, timings: &Timings) -> TimeDelta {
    let at = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX).min(timings.retry.len().saturating_sub(1));
    let full = timings.retry.get(at).copied().unwrap_or(TimeDelta::seconds(1));
    full / 2 + scaled(full / 2, jitter)
}

fn broken_pause(attempt: u32) -> TimeDelta {
    let doubled = (1..attempt).take(8).fold(BROKEN_PAUSE, |pause, _| pause * 2);
    doubled.min(BROKEN_MOST)
}

fn scaled(span: TimeDelta, factor: f64) -> TimeDelta {
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "milliseconds of at most a day, rounded down")]
    let milliseconds = (span.num_milliseconds() as f64 * factor.clamp(0.0, 1.0)) as i64;
    TimeDelta::milliseconds(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn given_up(phase: Phase) -> Post {
        Post {
            phase,
            wanted: 2,
            shown: 0,
            maybe_sent: None,
            message: None,
            due_at: at(90_000),
            lease_until: None,
            fence: 7,
            attempt: 40,
            looks: 1,
            plain: true,
            first_sent_at: None,
            last_sent_at: None,
            created_at: at(0),
            failing_since: Some(at(0)),
            last_error: Some("403 50001".to_owned()),
        }
    }

    #[test]
    fn only_what_was_given_up_is_revived() {
        for phase in Phase::ALL {
            let revived = revive(given_up(phase), at(100_000));
            assert_eq!(revived.is_some(), matches!(phase, Phase::Dead | Phase::Held), "{phase:?}");
        }
    }

    #[test]
    fn a_revived_message_is_due_at_once_and_has_a_day_again() {
        let timings = Timings { lease: TimeDelta::seconds(30), settle: TimeDelta::zero(), look_every: TimeDelta::zero(), retry: vec![] };
        let now = at(100_000);
        let post = revive(given_up(Phase::Dead), now).expect("revived");
        let step = next_step(&post, now).expect("a step");
        assert_eq!((step.clone(), post.fence, post.plain), (Step::Create { version: 2 }, 8, false));
        let failed = Outcome::NotDone { retry_after: None, why: "503".to_owned() };
        let post = settle(claim(post, &step, now, &timings), &step, failed, Platform::Slack, now, 0.0, &timings);
        assert_eq!((post.phase, post.attempt), (Phase::Idle, 1), "it would be dead at once by its first day");
    }

    #[test]
    fn a_creation_that_may_have_arrived_is_looked_for_first() {
        for phase in [Phase::Dead, Phase::Held] {
            let open = Post { maybe_sent: Some(1), first_sent_at: Some(at(5)), last_sent_at: Some(at(9)), ..given_up(phase) };
            let post = revive(open, at(100_000)).expect("revived");
            assert_eq!(post.phase, Phase::Unclear);
            assert_eq!(next_step(&post, at(100_000)), Some(Step::Look { since: at(5) }));
        }
    }
}
