//! One post is brought up to date: claimed on disk, sent once, its outcome written.
//!
//! What to do and what an outcome means is `domain::post`'s to say; how to say it to a platform is `chat`'s.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;

use super::Flow;
use crate::chat::{Look, Outgoing};
use crate::domain::follow_up::FollowUp;
use crate::domain::message::Message;
use crate::domain::platform::Platform;
use crate::domain::post::{BROKEN_PAUSE, Outcome, Phase, RETRY_AFTER, Step, settle};
use crate::store::{Claimed, StoreError};

/// Kept free between the end of a request and the end of its lease.
const MARGIN: TimeDelta = TimeDelta::seconds(2);

/// A claimed post, and when its claim was on disk.
#[derive(Debug, Clone)]
pub struct Job {
    claimed: Claimed,
    since: Instant,
}

impl Job {
    /// The platform it asks.
    #[must_use]
    pub fn platform(&self) -> Platform {
        self.claimed.channel.address.platform
    }
}

impl Flow {
    /// Claims posts that are due on these platforms, at most one a channel; each must be given to [`deliver`](Self::deliver).
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn claim(&self, platforms: &[Platform], most: u64) -> Result<Vec<Job>, StoreError> {
        let now = self.clock.now();
        let timings = self.rules.timings.clone();
        let platforms = platforms.to_vec();
        let claimed =
            self.store.write_behind(move |tx| Box::pin(async move { tx.claim_due(&platforms, most, now, &timings).await })).await?;
        let since = Instant::now();
        Ok(claimed.into_iter().map(|claimed| Job { claimed, since }).collect())
    }

    /// Does what the claim is for, and writes what came of it.
    ///
    /// # Errors
    /// [`StoreError`]; the claim then runs out, and the row is taken up again as its phase demands.
    pub async fn deliver(&self, job: Job) -> Result<(), StoreError> {
        let Job { claimed, since } = job;
        let left = self.rules.timings.lease - TimeDelta::from_std(since.elapsed()).unwrap_or(TimeDelta::MAX) - MARGIN;
        let follow_up = self.store.follow_up(claimed.follow_up_id).await;
        let outcome = match &follow_up {
            // A process that was frozen since the claim must not send: another may hold the claim by now.
            Ok(_) if left < self.rules.request_timeout => return Ok(()),
            Ok(Some(follow_up)) => self.perform_within(left, &claimed, follow_up).await,
            Ok(None) => Outcome::NotDone { retry_after: None, why: "the follow-up is missing".to_owned() },
            Err(error) => Outcome::NotDone { retry_after: None, why: error.to_string() },
        };
        let now = self.clock.now();
        self.note(&claimed, follow_up.ok().flatten().as_ref(), &outcome, now);
        let not_before = self.not_before(&claimed, &outcome, now);
        let platform = claimed.channel.address.platform;
        let before = claimed.post.phase;
        let settled = settle(claimed.post, &claimed.step, outcome, platform, now, jitter(), &self.rules.timings);
        if settled.phase != before && matches!(settled.phase, Phase::Dead | Phase::Held) {
            let (channel, phase, why) = (&claimed.channel.name, settled.phase.name(), &settled.last_error);
            tracing::error!(channel, post = %claimed.key, phase, why, "a post was given up; a person should look at it");
        }
        let (key, address) = (claimed.key, claimed.channel.address);
        let ours = self
            .store
            .write_behind(move |tx| {
                Box::pin(async move {
                    if let Some(not_before) = not_before {
                        tx.pace(&address, not_before).await?;
                    }
                    tx.settle_post(&key, &settled).await
                })
            })
            .await?;
        if !ours {
            tracing::warn!("the claim on a post ran out before its outcome was known");
        }
        self.bells.posts.notify_one();
        Ok(())
    }

    /// Performs the step, at most for as long as the claim holds. What panics or takes too long has an unclear outcome.
    async fn perform_within(&self, left: TimeDelta, claimed: &Claimed, follow_up: &FollowUp) -> Outcome {
        let performed = AssertUnwindSafe(self.perform(claimed, follow_up)).catch_unwind();
        match tokio::time::timeout(left.to_std().unwrap_or_default(), performed).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Outcome::Unclear { why: "panicked".to_owned() },
            Err(_) => Outcome::Unclear { why: "took longer than its claim".to_owned() },
        }
    }

    async fn perform(&self, claimed: &Claimed, follow_up: &FollowUp) -> Outcome {
        let address = &claimed.channel.address;
        match &claimed.step {
            Step::Create { version } => {
                let message = self.message(claimed, follow_up);
                let outgoing = outgoing(claimed, *version, &message);
                match self.platform(address.platform) {
                    Some(Reach::Slack(slack)) => slack.create(&outgoing).await,
                    Some(Reach::Discord(discord)) => discord.create(&outgoing).await,
                    None => not_configured(),
                }
            }
            Step::Edit { version, message: posted } => {
                let message = self.message(claimed, follow_up);
                let outgoing = outgoing(claimed, *version, &message);
                match self.platform(address.platform) {
                    Some(Reach::Slack(slack)) => slack.edit(&outgoing, posted).await,
                    Some(Reach::Discord(discord)) => discord.edit(&outgoing, posted).await,
                    None => not_configured(),
                }
            }
            Step::Look { since } => self.look(claimed, *since).await,
        }
    }

    async fn look(&self, claimed: &Claimed, since: DateTime<Utc>) -> Outcome {
        let channel = &claimed.channel.address.id;
        let keys = std::slice::from_ref(&claimed.key);
        let looked = match self.platform(claimed.channel.address.platform) {
            Some(Reach::Slack(slack)) => slack.find(channel, None, since, keys).await,
            Some(Reach::Discord(discord)) => discord.find(channel, None, since, keys).await,
            None => Look::Failed(not_configured()),
        };
        match looked {
            // Found twice: the oldest stays the one that is kept up to date.
            Look::Complete(found) => found.into_iter().next().map_or(Outcome::NotFound, |(_, message)| Outcome::Found(message)),
            Look::Failed(outcome) => outcome,
        }
    }

    fn message(&self, claimed: &Claimed, follow_up: &FollowUp) -> Message {
        let platform = claimed.channel.address.platform;
        let now = self.clock.now();
        if claimed.post.plain { self.renderer.plain(follow_up, platform, now) } else { self.renderer.card(follow_up, platform, now) }
    }

    /// Until when the channel must rest after this.
    fn not_before(&self, claimed: &Claimed, outcome: &Outcome, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let sent = !matches!(claimed.step, Step::Look { .. });
        match outcome {
            Outcome::NotDone { retry_after: Some(asked), .. } if sent => Some(now + (*asked).clamp(RETRY_AFTER.0, RETRY_AFTER.1)),
            Outcome::Closed { .. } if sent => Some(now + BROKEN_PAUSE),
            Outcome::Posted(_)
            | Outcome::NotDone { .. }
            | Outcome::Closed { .. }
            | Outcome::Refused { .. }
            | Outcome::Deleted
            | Outcome::Unclear { .. }
            | Outcome::Found(_)
            | Outcome::NotFound
            | Outcome::LookRefused { .. } => sent.then(|| now + self.rules.interval(claimed.channel.address.platform)),
        }
    }

    /// Counts the outcome, and logs it where somebody may have to do something about it.
    fn note(&self, claimed: &Claimed, follow_up: Option<&FollowUp>, outcome: &Outcome, now: DateTime<Utc>) {
        let (result, why) = match outcome {
            Outcome::Posted(_) => ("posted", None),
            Outcome::Found(_) => ("found", None),
            Outcome::NotFound => ("not_found", None),
            Outcome::Deleted => ("deleted", None),
            Outcome::NotDone { why, .. } => ("not_done", Some(why)),
            Outcome::Closed { why } => ("closed", Some(why)),
            Outcome::Refused { why } => ("refused", Some(why)),
            Outcome::Unclear { why } => ("unclear", Some(why)),
            Outcome::LookRefused { why } => ("look_refused", Some(why)),
        };
        let platform = claimed.channel.address.platform.name();
        self.metrics.post(platform, result);
        let first_shown = matches!(outcome, Outcome::Posted(_) | Outcome::Found(_)) && claimed.post.message.is_none();
        if let Some(follow_up) = follow_up.filter(|_| first_shown) {
            self.metrics.delivered((now - follow_up.opened_at).as_seconds_f64().max(0.0));
        }
        let (channel, post, attempt) = (&claimed.channel.name, &claimed.key, claimed.post.attempt + 1);
        let call_uuid = follow_up.map(|follow_up| follow_up.case.cancellation.call.id.as_str());
        let follow_up = follow_up.map(|follow_up| follow_up.short_id.as_str());
        match why {
            None => tracing::info!(follow_up, call_uuid, channel, platform, %post, attempt, result, "a post was answered"),
            Some(why) => tracing::warn!(follow_up, call_uuid, channel, platform, %post, attempt, result, why, "a post was not confirmed"),
        }
    }

    fn platform(&self, platform: Platform) -> Option<Reach<'_>> {
        match platform {
            Platform::Slack => self.slack.as_ref().map(Reach::Slack),
            Platform::Discord => self.discord.as_ref().map(Reach::Discord),
        }
    }
}

/// A platform that is configured.
enum Reach<'f> {
    Slack(&'f crate::chat::slack::Slack),
    Discord(&'f crate::chat::discord::Discord),
}

fn outgoing<'a>(claimed: &'a Claimed, version: i64, message: &'a Message) -> Outgoing<'a> {
    Outgoing {
        channel: &claimed.channel.address.id,
        key: &claimed.key,
        version,
        message,
        thread: None,
        ping: None,
        plain: claimed.post.plain,
    }
}

/// The platform was taken out of the configuration while posts were waiting for it.
fn not_configured() -> Outcome {
    Outcome::Closed { why: "not_configured".to_owned() }
}

/// Random, 0 to 1; without randomness retries are merely less spread.
fn jitter() -> f64 {
    getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}
