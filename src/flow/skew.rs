//! How far our clock is from a platform's: histories are read by theirs, and signatures are refused when the two differ by minutes.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

use super::Flow;
use super::deliver::Reach;
use crate::domain::platform::Platform;

/// Worth a line in the log.
const SKEW_MOST: TimeDelta = TimeDelta::seconds(30);

/// The platforms' clocks minus ours, as their last answers told: in milliseconds, 0 before the first.
#[derive(Debug, Default)]
pub struct Skews {
    slack: AtomicI64,
    discord: AtomicI64,
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
        let Some(date) = date else {
            return;
        };
        let skew = date - now;
        let before = TimeDelta::milliseconds(self.skews.of(platform).swap(skew.num_milliseconds(), Ordering::Relaxed));
        self.metrics.clock_skew(platform.name(), skew.as_seconds_f64());
        let seconds = skew.num_seconds();
        match (before.abs() > SKEW_MOST, skew.abs() > SKEW_MOST) {
            (false, true) => {
                tracing::error!(platform = platform.name(), seconds, "our clock and the platform's differ; set this machine's clock");
            }
            (true, false) => tracing::info!(platform = platform.name(), seconds, "our clock and the platform's agree again"),
            (true, true) | (false, false) => {}
        }
    }
}
