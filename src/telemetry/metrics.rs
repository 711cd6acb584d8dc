//! Figures for Prometheus, all beginning with `rebound_`. Labels come from fixed sets only; no name, address or id is ever one.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use super::panics;

type Labels = Vec<(&'static str, &'static str)>;

/// The counters and histograms of one running Rebound; cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    parts: Arc<Parts>,
}

struct Parts {
    /// What this process counts.
    counted: Registry,
    /// What is counted in the database when it is asked for.
    stored: Registry,
    panics: Counter,
    events: Family<Labels, Counter>,
    unrouted: Counter,
    posts: Family<Labels, Counter>,
    waiting: Family<Labels, Gauge>,
    unclear: Gauge,
    held: Gauge,
    dead: Gauge,
    channels_closed: Family<Labels, Gauge>,
    tokens_refused: Family<Labels, Gauge>,
    oldest_waiting: Gauge<f64, AtomicU64>,
    doubles_healed: Counter,
    clock_skew: Family<Labels, Gauge<f64, AtomicU64>>,
    auth_failures: Family<Labels, Counter>,
    checks: Family<Labels, Counter>,
    ack: Histogram,
    delivery: Histogram,
}

/// What may come of a request about a post, in the words of [`Metrics::post`].
const POST_RESULTS: [&str; 10] =
    ["posted", "found", "found_twice", "not_found", "deleted", "not_done", "closed", "refused", "unclear", "look_refused"];

/// What is counted in the database when the figures are asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Posts that are behind, by platform.
    pub waiting: Vec<(&'static str, u64)>,
    /// Posts of unclear outcome.
    pub unclear: u64,
    /// Posts that wait for a person's decision.
    pub held: u64,
    /// Posts that were given up.
    pub dead: u64,
    /// Channels that are archived, gone, or closed to the bot, by platform.
    pub channels_closed: Vec<(&'static str, u64)>,
    /// Does a platform, or iClosed, refuse our token?
    pub tokens_refused: Vec<(&'static str, bool)>,
    /// Age of the oldest waiting post.
    pub oldest_waiting_seconds: f64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All figures at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut parts = Parts {
            counted: Registry::with_prefix("rebound"),
            stored: Registry::with_prefix("rebound"),
            panics: Counter::default(),
            events: Family::default(),
            unrouted: Counter::default(),
            posts: Family::default(),
            waiting: Family::default(),
            unclear: Gauge::default(),
            held: Gauge::default(),
            dead: Gauge::default(),
            channels_closed: Family::default(),
            tokens_refused: Family::default(),
            oldest_waiting: Gauge::default(),
            doubles_healed: Counter::default(),
            clock_skew: Family::default(),
            auth_failures: Family::default(),
            checks: Family::default(),
            ack: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
            delivery: Histogram::new(exponential_buckets(0.05, 2.0, 16)),
        };
        for result in ["new", "duplicate", "quarantined"] {
            let _ = parts.events.get_or_create(&vec![("result", result)]);
        }
        let r = &mut parts.stored;
        r.register("posts_waiting", "Posts that do not yet show what they should", parts.waiting.clone());
        r.register("posts_unclear", "Posts that may or may not have arrived and are being looked for", parts.unclear.clone());
        r.register("posts_held", "Posts that wait for a person, because we may not look for them", parts.held.clone());
        r.register("posts_dead", "Posts that were given up", parts.dead.clone());
        r.register("channels_closed", "Channels that are archived, gone, or closed to the bot", parts.channels_closed.clone());
        r.register("tokens_refused", "1 where a platform, or iClosed, does not take our token or key", parts.tokens_refused.clone());
        r.register("oldest_waiting_seconds", "Age of the oldest waiting post", parts.oldest_waiting.clone());
        let r = &mut parts.counted;
        r.register("panics", "Parts of the program that broke off; the log says where", parts.panics.clone());
        r.register("events", "Events received, by what became of them", parts.events.clone());
        r.register("unrouted", "Cancellations that no route matched", parts.unrouted.clone());
        r.register("posts", "Answers of the platforms to our requests about posts", parts.posts.clone());
        r.register("doubles_healed", "Second messages that were removed", parts.doubles_healed.clone());
        r.register("clock_skew_seconds", "The clock of a platform, or of the database's machine, minus ours", parts.clock_skew.clone());
        r.register("auth_failures", "Requests with a wrong token or signature", parts.auth_failures.clone());
        r.register("checks", "Checks for webhooks that never came, by what became of them", parts.checks.clone());
        r.register("ack_seconds", "From the last byte of a webhook to its answer", parts.ack.clone());
        r.register("delivery_seconds", "From the receipt of a cancellation to its card in a channel", parts.delivery.clone());
        Self { parts: Arc::new(parts) }
    }

    /// Counts received events; `result` is `new`, `duplicate` or `quarantined`.
    pub fn events(&self, result: &'static str, count: u64) {
        self.parts.events.get_or_create(&vec![("result", result)]).inc_by(count);
    }

    /// Counts a cancellation that no route matched.
    pub fn unrouted(&self) {
        self.parts.unrouted.inc();
    }

    /// Counts what came of a request about a post.
    pub fn post(&self, platform: &'static str, result: &'static str) {
        self.parts.posts.get_or_create(&vec![("platform", platform), ("result", result)]).inc();
    }

    /// Counts a second message that was removed.
    pub fn double_healed(&self) {
        self.parts.doubles_healed.inc();
    }

    /// The clock of a platform, or of the `database`, minus ours.
    pub fn clock_skew(&self, platform: &'static str, seconds: f64) {
        self.parts.clock_skew.get_or_create(&vec![("platform", platform)]).set(seconds);
    }

    /// Counts a request with a wrong token or signature.
    pub fn auth_failure(&self, place: &'static str) {
        self.parts.auth_failures.get_or_create(&vec![("where", place)]).inc();
    }

    /// Counts a check for missed webhooks; `result` is `done`, `failed` or `key_refused`.
    pub fn check(&self, result: &'static str) {
        self.parts.checks.get_or_create(&vec![("result", result)]).inc();
    }

    /// How long a webhook waited for its answer.
    pub fn acknowledged(&self, seconds: f64) {
        self.parts.ack.observe(seconds);
    }

    /// How long a card took into its channel.
    pub fn delivered(&self, seconds: f64) {
        self.parts.delivery.observe(seconds);
    }

    /// So that the first of each is seen to be one more than before: a rate is made of two values.
    pub fn will_count(&self, platforms: &[&'static str], places: &[&'static str]) {
        for result in POST_RESULTS {
            for platform in platforms {
                let _ = self.parts.posts.get_or_create(&vec![("platform", *platform), ("result", result)]);
            }
        }
        for place in places {
            let _ = self.parts.auth_failures.get_or_create(&vec![("where", *place)]);
        }
    }

    /// All figures as Prometheus text; `None` leaves out those of the database, as zeros would say that all is well.
    ///
    /// # Errors
    /// Never in practice: writing into a string does not fail.
    pub fn text(&self, figures: Option<&Figures>) -> Result<String, std::fmt::Error> {
        let parts = &self.parts;
        parts.panics.inc_by(panics::count().saturating_sub(parts.panics.get()));
        let mut text = String::new();
        encode_registry(&mut text, &parts.counted)?;
        if let Some(figures) = figures {
            parts.take(figures);
            encode_registry(&mut text, &parts.stored)?;
        }
        encode_eof(&mut text)?;
        Ok(text)
    }
}

impl Parts {
    fn take(&self, figures: &Figures) {
        for (platform, count) in &figures.waiting {
            self.waiting.get_or_create(&vec![("platform", *platform)]).set(whole(*count));
        }
        self.unclear.set(whole(figures.unclear));
        self.held.set(whole(figures.held));
        self.dead.set(whole(figures.dead));
        for (platform, count) in &figures.channels_closed {
            self.channels_closed.get_or_create(&vec![("platform", *platform)]).set(whole(*count));
        }
        for (platform, refused) in &figures.tokens_refused {
            self.tokens_refused.get_or_create(&vec![("platform", *platform)]).set(i64::from(*refused));
        }
        self.oldest_waiting.set(figures.oldest_waiting_seconds);
    }
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
