//! How far our clock is from others': a platform's, by which histories are read and signatures refused, and the database's, by which one
//! sees whether instances that share it have the same time.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

use super::Flow;
use super::deliver::Reach;
use crate::domain::platform::Platform;

/// Worth a line in the log.
const SKEW_MOST: TimeDelta = TimeDelta::seconds(30);
/// Of the database's clock. A lease outlives its request by ten seconds, and instances may differ in opposite directions.
const LEASES_BEAR: TimeDelta = TimeDelta::seconds(4);

/// The others' clocks minus ours, as their last answers told: in milliseconds, 0 before the first.
#[derive(Debug, Default)]
pub struct Skews {
    slack: AtomicI64,
    discord: AtomicI64,
    database: AtomicI64,
}

impl Skews {
    fn of(&self, platform: Platform) -> &AtomicI64 {
        match platform {
            Platform::Slack => &self.slack,
            Platform::Discord => &self.discord,
        }
    }
}

impl Flow {
    /// The platform's clock minus ours.
    pub(super) fn skew(&self, platform: Platform) -> TimeDelta {
        TimeDelta::milliseconds(self.skews.of(platform).load(Ordering::Relaxed))
    }

    /// Takes note of what time the platform's last answer said it was, and says so when that begins to be, or stops to be, far from ours.
    pub(super) fn compare_clocks(&self, platform: Platform, now: DateTime<Utc>) {
        let date = match self.platform(platform) {
            Some(Reach::Slack(slack)) => slack.take_date(),
            Some(Reach::Discord(discord)) => discord.take_date(),
            None => None,
        };
        if let Some(date) = date {
            self.compare(platform.name(), self.skews.of(platform), date - now, SKEW_MOST);
        }
    }

    /// The same for the database's clock, where it is another machine's.
    pub(super) async fn compare_database_clock(&self) {
        let before = self.clock.now();
        match self.store.time().await {
            Ok(Some(date)) => {
                let meanwhile = (self.clock.now() - before) / 2;
                self.compare("database", &self.skews.database, date - before - meanwhile, LEASES_BEAR);
            }
            Ok(None) => {}
            // Whoever writes will say more of it.
            Err(error) => tracing::debug!(%error, "the database does not say what time it is"),
        }
    }

    fn compare(&self, with: &'static str, noted: &AtomicI64, skew: TimeDelta, most: TimeDelta) {
        let before = TimeDelta::milliseconds(noted.swap(skew.num_milliseconds(), Ordering::Relaxed));
        self.metrics.clock_skew(with, skew.as_seconds_f64());
        let (seconds, platform) = (skew.num_seconds(), with);
        match (before.abs() > most, skew.abs() > most) {
            (false, true) => tracing::error!(platform, seconds, "our clock and the one there differ; set this machine's clock"),
            (true, false) => tracing::info!(platform, seconds, "our clock and the one there agree again"),
            (true, true) | (false, false) => {}
        }
    }
}
