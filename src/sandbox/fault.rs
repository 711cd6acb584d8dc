//! Faults that tests switch on: what goes wrong, with which requests, how often. Only deciding happens here.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use super::common::lock;

/// What a request is about, on either platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// A new message that others can see, thread replies and direct messages included.
    Create,
    /// An edit of such a message.
    Edit,
    /// Its removal.
    Delete,
    /// Reading messages of a channel or a thread.
    History,
    /// Ephemeral messages, `response_url`s, follow-ups of an interaction.
    Private,
    /// Forms and the App Home.
    View,
    /// Everything else: who am I, users, channels, commands, permalinks.
    Other,
    /// The bot's answer in the body of an interaction; faults do not reach it.
    Answer,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// 429 with `Retry-After`; nothing is done.
    RateLimited {
        /// How long the bot shall wait.
        retry_after: Duration,
    },
    /// 429 as no document has it: with this `Retry-After` or none, and this body; nothing is done.
    OddlyLimited {
        /// The header as it is sent.
        retry_after: Option<&'static str>,
        /// The body; a text stands for a web page.
        body: Value,
    },
    /// This status with the platform's own error body; nothing is done.
    ErrorBefore(u16),
    /// The same, but everything is done.
    ErrorAfter(u16),
    /// The connection is closed without an answer; nothing is done.
    DropBefore,
    /// The same, but everything is done.
    DropAfter,
    /// No answer until [`heal`](super::Slack::heal); nothing is done.
    HangBefore,
    /// The same, but everything is done.
    HangAfter,
    /// Everything is done, and the answer is a web page with status 200.
    HtmlAfter,
    /// Everything is done, and the answer stops half-way.
    CutBody,
    /// Everything is done and answered, after this time.
    Slow(Duration),
    /// This answer; nothing is done. For all error codes that have no switch of their own.
    Answers {
        /// The HTTP status.
        status: u16,
        /// The JSON body.
        body: Value,
    },
}

/// A switch: which requests, how often, and what goes wrong with them.
#[derive(Clone, Debug)]
pub struct Fault {
    kind: FaultKind,
    on: Option<Operation>,
    channel: Option<String>,
    when: Option<fn(&str, &Value) -> bool>,
    left: Option<usize>,
    fraction: f64,
}

impl Fault {
    /// Goes wrong with every request until [`heal`](super::Slack::heal).
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        Self { kind, on: None, channel: None, when: None, left: None, fraction: 1.0 }
    }

    /// Only with this operation.
    #[must_use]
    pub fn on(self, operation: Operation) -> Self {
        Self { on: Some(operation), ..self }
    }

    /// Only with requests that name this channel.
    #[must_use]
    pub fn channel(self, id: &str) -> Self {
        Self { channel: Some(id.to_owned()), ..self }
    }

    /// Only when this says so of the name of the call and its arguments.
    #[must_use]
    pub fn when(self, says: fn(&str, &Value) -> bool) -> Self {
        Self { when: Some(says), ..self }
    }

    /// Only so many times.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self { left: Some(times), ..self }
    }

    /// Only with this fraction of the requests, by chance.
    #[must_use]
    pub fn fraction(self, fraction: f64) -> Self {
        Self { fraction, ..self }
    }

    fn hits(&self, operation: Operation, name: &str, channel: Option<&str>, body: &Value, chance: impl FnOnce() -> f64) -> bool {
        self.left != Some(0)
            && self.on.is_none_or(|on| on == operation)
            && self.channel.as_deref().is_none_or(|only| Some(only) == channel)
            && self.when.is_none_or(|says| says(name, body))
            && (self.fraction >= 1.0 || chance() < self.fraction)
    }
}

/// All switches of one platform.
pub(super) struct Faults {
    set: Mutex<Vec<Fault>>,
    dice: AtomicU64,
    healed: watch::Sender<()>,
}

impl Faults {
    pub(super) fn new() -> Self {
        Self { set: Mutex::default(), dice: AtomicU64::new(getrandom::u64().unwrap_or(0)), healed: watch::Sender::new(()) }
    }

    pub(super) fn add(&self, fault: Fault) {
        lock(&self.set).push(fault);
    }

    /// Makes chance the same for the same seed and the same requests.
    pub(super) fn seed(&self, seed: u64) {
        self.dice.store(seed, Ordering::Relaxed);
    }

    /// Switches all off and lets go of whoever hangs.
    pub(super) fn heal(&self) {
        lock(&self.set).clear();
        self.healed.send_replace(());
    }

    /// The first switch that this request hits, used up by one.
    pub(super) fn take(&self, operation: Operation, name: &str, channel: Option<&str>, body: &Value) -> Option<FaultKind> {
        let mut set = lock(&self.set);
        let fault = set.iter_mut().find(|fault| fault.hits(operation, name, channel, body, || self.chance()))?;
        fault.left = fault.left.map(|left| left - 1);
        Some(fault.kind.clone())
    }

    /// Resolves when [`Faults::heal`] is called the next time.
    pub(super) fn healed(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut healed = self.healed.subscribe();
        async move {
            // An error means that the whole sandbox is gone, which ends the waiting as well.
            let _ = healed.changed().await;
        }
    }

    /// 0 to 1, by the splitmix64 generator.
    fn chance(&self) -> f64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let state = self.dice.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        f64::from(u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(0)) / (f64::from(u32::MAX) + 1.0)
    }
}
