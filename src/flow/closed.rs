//! What takes nothing from us until a person mends it: for readiness' details and the figures. It decides nothing.

use std::fmt;
use std::sync::atomic::Ordering;

use chrono::{DateTime, SecondsFormat, Utc};

use super::Flow;
use crate::domain::platform::{Channel, Platform};
use crate::store::StoreError;

/// One such thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// A configured channel that is archived, gone, or closed to the bot.
    Channel {
        /// Which.
        channel: Channel,
        /// Since its first refusal.
        since: DateTime<Utc>,
        /// What the platform says.
        why: String,
    },
    /// The platform does not take our token.
    Platform(Platform),
    /// iClosed does not take our key.
    Iclosed,
}

impl Closed {
    /// Is it a channel of that platform?
    pub(super) fn is_channel_of(&self, platform: Platform) -> bool {
        matches!(self, Self::Channel { channel, .. } if channel.address.platform == platform)
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel { channel, since, why } => {
                let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
                write!(f, "{} channel {} is closed to the bot since {since}: {why}", channel.address.platform, channel.name)
            }
            Self::Platform(platform) => write!(f, "{platform} does not take the token"),
            Self::Iclosed => f.write_str("iclosed does not take the API key"),
        }
    }
}

impl Flow {
    /// All that is closed to us, of what is configured.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be asked.
    pub async fn closed(&self) -> Result<Vec<Closed>, StoreError> {
        let configured = self.platforms();
        let refused = self.store.refused_tokens(self.clock.now()).await?;
        let mut closed: Vec<Closed> = refused.into_iter().filter(|platform| configured.contains(platform)).map(Closed::Platform).collect();
        if self.key_refused.load(Ordering::Relaxed) {
            closed.push(Closed::Iclosed);
        }
        let shut = self.store.closed_channels().await?;
        for channel in self.rules.channels.iter().filter(|channel| configured.contains(&channel.address.platform)) {
            let of_it = shut.iter().filter(|shut| shut.address == channel.address);
            closed.extend(of_it.map(|shut| Closed::Channel { channel: channel.clone(), since: shut.since, why: shut.why.clone() }));
        }
        Ok(closed)
    }
}
