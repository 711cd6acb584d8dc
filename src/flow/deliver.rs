//! One post is brought up to date: claimed on disk, sent once, its outcome written.
//!
//! What to do and what an outcome means is `domain::post`'s to say; how to say it to a platform is `chat`'s.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

use super::Flow;
use crate::chat::{Look, Outgoing};
use crate::domain::follow_up::FollowUp;
use crate::domain::message::Message;
use crate::domain::platform::Platform;
use crate::domain::post::{BROKEN_PAUSE, Outcome, RETRY_AFTER, Step, settle};
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
        let claimed = self.store.write(move |tx| Box::pin(async move { tx.claim_due(&platforms, most, now, &timings).await })).await?;
        let since = Instant::now();
        Ok(claimed.into_iter().map(|claimed| Job { claimed, since }).collect())
    }

    /// Does what the claim is for, and writes what came of it.
    ///
    /// # Errors
    /// [`StoreError`]; the claim then runs out, and the row is taken up again as its phase demands.
    pub async fn deliver(&self, job: Job) -> Result<(), StoreError> {
        let Some(follow_up) = self.store.follow_up(job.claimed.follow_up_id).await? else {
            return Err(StoreError::Closed);
        };
        // A process that was frozen since the claim must not send: another may hold the claim by now.
        let held = TimeDelta::from_std(job.since.elapsed()).unwrap_or(TimeDelta::MAX);
        if held > self.rules.timings.lease - self.rules.request_timeout - MARGIN {
            return Ok(());
        }
        let claimed = job.claimed;
        let outcome = self.perform(&claimed, &follow_up).await;
        let now = self.clock.now();
        self.note(&claimed, &follow_up, &outcome, now);
        let not_before = self.not_before(&claimed, &outcome, now);
        let platform = claimed.channel.address.platform;
        let settled = settle(claimed.post, &claimed.step, outcome, platform, now, jitter(), &self.rules.timings);
        let (key, address) = (claimed.key, claimed.channel.address);
        let ours = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(not_before) = not_before {
                        tx.pace(&address, not_before).await?;
                    }
                    tx.settle_post(&key, &settled).await
                })
            })
            .await?;
        if !ours {
            tracing::warn!(follow_up = %follow_up.short_id, "the claim on a post ran out before its outcome was known");
        }
        self.bells.posts.notify_one();
        Ok(())
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
            Outcome::NotDone { retry_after: Some(asked), .. } => Some(now + (*asked).clamp(RETRY_AFTER.0, RETRY_AFTER.1)),
            Outcome::Closed { .. } if sent => Some(now + BROKEN_PAUSE),
            Outcome::Posted(_)
            | Outcome::NotDone { retry_after: None, .. }
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
    fn note(&self, claimed: &Claimed, follow_up: &FollowUp, outcome: &Outcome, now: DateTime<Utc>) {
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
        if first_shown {
            self.metrics.delivered((now - follow_up.opened_at).as_seconds_f64().max(0.0));
        }
        let (call_uuid, channel, attempt) = (&follow_up.case.cancellation.call.id, &claimed.channel.name, claimed.post.attempt + 1);
        let (follow_up, post) = (&follow_up.short_id, &claimed.key);
        match why {
            None => tracing::info!(%follow_up, call_uuid, channel, platform, %post, attempt, result, "a post was answered"),
            Some(why) => tracing::warn!(%follow_up, call_uuid, channel, platform, %post, attempt, result, why, "a post was not confirmed"),
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
