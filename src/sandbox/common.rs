//! What both stand-ins share: the settings, the way to the bot, and the feed that wakes the page. It knows no platform.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tokio::sync::watch;

use super::settings::{Person, Settings};
use super::sign::SignedRequest;

/// Both platforms give the bot three seconds for its first answer.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) struct Common {
    pub(super) settings: Settings,
    pub(super) clock: Clock,
    bot_url: Mutex<String>,
    own_url: Mutex<String>,
    client: OnceLock<reqwest::Client>,
    feed: watch::Sender<u64>,
    stopped: AtomicBool,
}

/// What came back from the bot.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) latency: Duration,
    pub(super) body: Value,
    pub(super) error: Option<String>,
}

/// The platforms' own clock. It goes as the system's does, ahead of it by as much as was [let pass](Clock::pass).
#[derive(Clone, Default)]
pub(super) struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "the sandbox plays machines of others, which do not ask the bot what time it is")]
    pub(super) fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::milliseconds(self.ahead_ms.load(Ordering::Acquire))
    }

    pub(super) fn pass(&self, time: TimeDelta) {
        self.ahead_ms.fetch_add(time.num_milliseconds(), Ordering::AcqRel);
    }
}

impl Common {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            bot_url: Mutex::new(trimmed(&settings.bot_url)),
            own_url: Mutex::new(trimmed(&settings.own_url)),
            settings,
            clock: Clock::default(),
            client: OnceLock::new(),
            feed: watch::Sender::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    pub(super) fn set_bot_url(&self, url: &str) {
        *lock(&self.bot_url) = trimmed(url);
    }

    pub(super) fn set_own_url(&self, url: &str) {
        *lock(&self.own_url) = trimmed(url);
    }

    pub(super) fn bot(&self, path: &str) -> String {
        format!("{}{path}", lock(&self.bot_url))
    }

    pub(super) fn own(&self, path: &str) -> String {
        format!("{}{path}", lock(&self.own_url))
    }

    /// Says that something is to be drawn again.
    pub(super) fn changed(&self) {
        self.feed.send_modify(|version| *version += 1);
    }

    /// Ends all streams that follow the feed.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.changed();
    }

    pub(super) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Counts changes, for the page and for tests that wait.
    pub(super) fn feed(&self) -> watch::Receiver<u64> {
        self.feed.subscribe()
    }

    /// Finds a person by either id, e-mail or name.
    pub(super) fn person(&self, wanted: &str) -> Option<&Person> {
        let wanted = wanted.trim().trim_start_matches('@');
        let is = |person: &&Person| {
            [&person.slack, &person.discord].into_iter().any(|id| id == wanted)
                || [&person.email, &person.name].into_iter().any(|name| name.eq_ignore_ascii_case(wanted))
        };
        self.settings.people.iter().find(is)
    }

    /// Posts to the bot and waits as long as a platform would.
    pub(super) async fn send(&self, request: &SignedRequest) -> Reply {
        let started = Instant::now();
        let sent = self.try_send(request).await;
        let latency = started.elapsed();
        match sent {
            Ok((status, body)) => Reply { status, latency, body, error: None },
            Err(error) => Reply { status: 0, latency, body: Value::Null, error: Some(error) },
        }
    }

    async fn try_send(&self, request: &SignedRequest) -> Result<(u16, Value), String> {
        let mut builder = self.client()?.post(&request.url).timeout(PATIENCE);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let answer = builder.body(request.body.clone()).send().await.map_err(|e| said(&e))?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(|e| said(&e))?;
        let body = match serde_json::from_str(&text) {
            Ok(value) => value,
            Err(_) if text.is_empty() => Value::Null,
            Err(_) => Value::String(text),
        };
        Ok((status, body))
    }

    fn client(&self) -> Result<&reqwest::Client, String> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // reqwest is built without a TLS provider of its own; an error only means that somebody installed one before.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().no_proxy().build().map_err(|e| e.to_string())?;
        Ok(self.client.get_or_init(|| client))
    }
}

/// Locks, whatever happened to others who held the lock: each critical section leaves the state whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A hard to guess word of `2 * length` hex digits.
pub(super) fn word(length: usize) -> String {
    let mut bytes = vec![0; length];
    if getrandom::fill(&mut bytes).is_err() {
        // Without randomness the clock must do: these words only tell things apart on this machine.
        let now = Clock::default().now().timestamp_micros().to_be_bytes();
        bytes.iter_mut().zip(now.into_iter().rev().cycle()).for_each(|(to, from)| *to = from);
    }
    hex::encode(bytes)
}

fn trimmed(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

fn said(error: &reqwest::Error) -> String {
    match error {
        e if e.is_timeout() => "the app did not answer within 3 seconds".to_owned(),
        e if e.is_connect() => "the app cannot be reached".to_owned(),
        e => e.to_string(),
    }
}
