//! Posts are brought up to date: claimed on disk, one request made, its outcome written.
//!
//! What to do and what an outcome means is `domain::post`'s to say; how to say it to a platform is `chat`'s. This file sends; `look`
//! looks.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;

use super::Flow;
use super::outcome::{in_words, not_configured, not_yet, token_after};
use super::tell::Untold;
use crate::chat::Outgoing;
use crate::chat::discord::Discord;
use crate::chat::slack::Slack;
use crate::domain::follow_up::FollowUp;
use crate::domain::message::Message;
use crate::domain::platform::{Address, Platform};
use crate::domain::post::{BROKEN_PAUSE, DeliveryKey, Dress, Extent, MessageRef, Outcome, Phase, Post, Step, settle};
use crate::render::InCommon;
use crate::store::{CardAbove, Claimed, Claims, Outcomes, Pause, StoreError, Token, Work};

/// Kept free between the end of a request and the end of its lease.
const MARGIN: TimeDelta = TimeDelta::seconds(2);
/// What waits for something else of ours looks at least so often whether it is there: it may come any moment, and nobody is asked.
const WAITS_MOST: TimeDelta = TimeDelta::minutes(1);
/// How often claims that ran out and posts that are to be looked for are searched for.
const KEEP_HOUSE: TimeDelta = TimeDelta::milliseconds(250);

/// One request that may be made, and when it was claimed.
#[derive(Debug, Clone)]
pub struct Job {
    work: Work,
    since: Instant,
    /// What its card has in common with those of the same follow-up on other platforms.
    in_common: Arc<InCommon>,
}

impl Job {
    /// The platform it asks.
    #[must_use]
    pub fn platform(&self) -> Platform {
        match &self.work {
            Work::Send(send, _) => send.channel.address.platform,
            Work::Look(posts) => posts.first().map_or(Platform::Slack, |post| post.channel.address.platform),
        }
    }
}

/// What came of a request: what is to be written.
#[derive(Debug, Clone, Default)]
pub struct Done {
    pub(super) settled: Vec<(DeliveryKey, Post)>,
    pub(super) pauses: Vec<(Pause, DateTime<Utc>)>,
    /// Direct messages that were not taken.
    pub(super) untold: Vec<Untold>,
    /// What is known by now of a token that was in doubt.
    pub(super) token: Option<(Platform, Token)>,
}

impl Done {
    /// When something may be due because of it: the first of its pauses ends.
    #[must_use]
    pub fn wakes_at(&self) -> Option<DateTime<Utc>> {
        self.pauses.iter().map(|(_, not_before)| *not_before).min()
    }
}

impl Flow {
    /// Claims what is due, for each platform at most so many requests; each must be [attended](Self::attend).
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn claim(&self, room: &[(Platform, u64)]) -> Result<Vec<Job>, StoreError> {
        self.settle_and_claim(Arc::default(), room).await
    }

    /// Writes what came of requests and claims what is due then, in one transaction.
    ///
    /// # Errors
    /// [`StoreError`]; it may be tried again with the same outcomes.
    pub async fn settle_and_claim(&self, done: Arc<Vec<Done>>, room: &[(Platform, u64)]) -> Result<Vec<Job>, StoreError> {
        let (now, since) = (self.clock.now(), Instant::now());
        let timings = self.rules.timings.clone();
        let room = room.to_vec();
        let keep_house = !room.is_empty() && self.is_time_to_keep_house(now) && self.must_keep_house(&room, now).await;
        let (claims, late) = self
            .store
            .write_behind(move |tx| {
                Box::pin(async move {
                    // First, so that instances wait for each other here and nowhere else.
                    tx.alone().await?;
                    let (late, waits) = tx.settle(&outcomes(&done), now).await?;
                    for untold in done.iter().flat_map(|done| &done.untold) {
                        untold.say_below(tx, now).await?;
                    }
                    let claims = match &room[..] {
                        [] => Claims::default(),
                        room => tx.claim_due(room, &waits, keep_house, now, &timings).await?,
                    };
                    Ok((claims, late))
                })
            })
            .await?;
        if late > 0 {
            tracing::warn!(posts = late, "a claim ran out before its outcome was known");
        }
        let mut cards: HashMap<i64, Arc<InCommon>> = HashMap::new();
        let job = |work: Work| {
            let in_common = match &work {
                Work::Send(send, _) => Arc::clone(cards.entry(send.follow_up_id).or_default()),
                Work::Look(_) => Arc::default(),
            };
            Job { work, since, in_common }
        };
        Ok(self.store.works(claims).await.into_iter().map(job).collect())
    }

    /// Does what the claim is for. What came of it must be [written](Self::settle_and_claim); else the claim runs out, and its posts are
    /// taken up again as their phases demand.
    pub async fn attend(&self, job: Job) -> Done {
        let Some(left) = left_of_claim(self.rules.timings.lease, job.since.elapsed(), self.rules.request_timeout) else {
            return Done::default();
        };
        match job.work {
            Work::Send(send, follow_up) => self.send(*send, follow_up, &job.in_common, left).await,
            Work::Look(posts) => self.look(posts, left).await,
        }
    }

    /// Attends to a job and writes what came of it.
    ///
    /// # Errors
    /// [`StoreError`]; the claim then runs out.
    pub async fn deliver(&self, job: Job) -> Result<(), StoreError> {
        let done = self.attend(job).await;
        self.settle_and_claim(Arc::new(vec![done]), &[]).await.map(drop)
    }

    /// Where that cannot be read, whoever claims finds out.
    async fn must_keep_house(&self, room: &[(Platform, u64)], now: DateTime<Utc>) -> bool {
        let platforms: Vec<Platform> = room.iter().map(|(platform, _)| *platform).collect();
        self.store.must_keep_house(&platforms, now).await.unwrap_or(true)
    }

    /// What is rarely there need not be looked for with every claim.
    fn is_time_to_keep_house(&self, now: DateTime<Utc>) -> bool {
        let last = self.kept_house.load(Ordering::Relaxed);
        let is_time = (now.timestamp_millis() - last).abs() >= KEEP_HOUSE.num_milliseconds();
        if is_time {
            self.kept_house.store(now.timestamp_millis(), Ordering::Relaxed);
        }
        is_time
    }

    async fn send(&self, claimed: Claimed, follow_up: Result<Arc<FollowUp>, String>, in_common: &InCommon, left: TimeDelta) -> Done {
        let mut asked = false;
        let outcome = match &follow_up {
            Ok(follow_up) => within(left, self.perform(&claimed, follow_up, in_common, &mut asked)).await,
            Err(why) => {
                tracing::warn!(channel = claimed.channel.name, post = %claimed.key, why, "what a post shows cannot be read");
                not_yet(why)
            }
        };
        let now = self.clock.now();
        let platform = claimed.channel.address.platform;
        self.compare_clocks(platform, now);
        self.note(&claimed, follow_up.as_deref().ok(), &outcome, asked, now);
        let token = claimed.probe.then(|| (platform, if asked { token_after(&outcome) } else { Token::Unheard }));
        let untold: Vec<Untold> = self.untold(&claimed, &outcome).into_iter().collect();
        // What is said below the card is not tried directly any more.
        let (pauses, outcome) =
            if untold.is_empty() { (self.pauses_after(&claimed, &outcome, asked, now), outcome) } else { (Vec::new(), Outcome::Deleted) };
        let waits = !asked && matches!(outcome, Outcome::NotDone { .. });
        let (key, mut post) = self.settled(claimed, outcome, now);
        if waits {
            post.due_at = post.due_at.min(now + WAITS_MOST);
        }
        Done { settled: vec![(key, post)], pauses, untold, token }
    }

    /// The row after its step. Says so where a person has to do something now.
    pub(super) fn settled(&self, claimed: Claimed, outcome: Outcome, now: DateTime<Utc>) -> (DeliveryKey, Post) {
        let before = claimed.post.phase;
        let platform = claimed.channel.address.platform;
        let post = settle(claimed.post, &claimed.step, outcome, platform, now, jitter(), &self.rules.timings);
        if post.phase != before && matches!(post.phase, Phase::Dead | Phase::Held) {
            let (channel, phase, why) = (&claimed.channel.name, post.phase.name(), &post.last_error);
            tracing::error!(channel, post = %claimed.key, phase, why, "a post was given up; `rebound replay --list` says what can be done");
        }
        (claimed.key, post)
    }

    /// Makes the one request that the claim is for; `asked` says afterwards whether it came to any.
    async fn perform(&self, claimed: &Claimed, follow_up: &FollowUp, in_common: &InCommon, asked: &mut bool) -> Outcome {
        let address = &claimed.channel.address;
        // Somebody acted meanwhile: nobody is told to do what was done a moment ago.
        let reminds_since = claimed.note.as_ref().and_then(|below| below.note.reminds()).map(|(_, since)| since.timestamp_millis());
        let is_over = reminds_since.is_some_and(|since| since != follow_up.watch.since.timestamp_millis());
        if is_over && matches!(claimed.step, Step::Create { .. }) {
            return Outcome::Deleted;
        }
        let message = self.message(claimed, follow_up, in_common);
        let message = match self.way_to_card(claimed).await {
            Ok(Some(url)) => self.renderer.with_link(message, url),
            Ok(None) => message,
            Err(outcome) => return outcome,
        };
        let thread = match self.thread_of(claimed).await {
            Ok(thread) => thread,
            Err(outcome) => return outcome,
        };
        if let Some(outcome) = self.waits_for_earlier(claimed).await {
            return outcome;
        }
        let message = self.with_earlier(claimed, follow_up, message).await;
        *asked = true;
        let channel = match self.conversation(address).await {
            Ok(channel) => channel,
            Err(outcome) => return outcome,
        };
        let thread_name =
            if thread.is_some() { self.renderer.thread_name(follow_up, address.platform, self.clock.now()) } else { String::new() };
        let broadcast = claimed.note.as_ref().is_some_and(|below| below.note.calls_out());
        let ping = claimed.note.as_ref().and_then(|below| below.note.pings()?.id_on(address.platform));
        let outgoing = |claimed, version, message| Outgoing {
            channel: &channel,
            ping,
            broadcast,
            thread_name: &thread_name,
            ..outgoing(claimed, version, message, thread.as_ref())
        };
        match (&claimed.step, self.platform(address.platform)) {
            (Step::Create { version }, Some(Reach::Slack(slack))) => slack.create(&outgoing(claimed, *version, &message)).await,
            (Step::Create { version }, Some(Reach::Discord(discord))) => discord.create(&outgoing(claimed, *version, &message)).await,
            (Step::Edit { version, message: posted }, Some(Reach::Slack(slack))) => {
                slack.edit(&outgoing(claimed, *version, &message), posted).await
            }
            (Step::Edit { version, message: posted }, Some(Reach::Discord(discord))) => {
                discord.edit(&outgoing(claimed, *version, &message), posted).await
            }
            (_, None) => not_configured(),
            (Step::Look { .. } | Step::Sweep { .. }, Some(_)) => Outcome::Unclear { why: "a look is no send".to_owned() },
        }
    }

    fn message(&self, claimed: &Claimed, follow_up: &FollowUp, in_common: &InCommon) -> Message {
        let platform = claimed.channel.address.platform;
        let now = self.clock.now();
        let message = match (&claimed.note, claimed.post.dress) {
            (Some(below), _) => self.renderer.note(&below.note, follow_up, platform, now),
            (None, Dress::Full) => self.renderer.one_of_the_cards(follow_up, platform, now, in_common),
            (None, Dress::Plain | Dress::Bare) => self.renderer.plain(follow_up, platform, now),
        };
        match claimed.post.dress {
            Dress::Full | Dress::Plain => message,
            Dress::Bare => Message { controls: Vec::new(), ..message },
        }
    }

    /// The platform's id of a channel; a conversation with one person is opened, which may be repeated.
    pub(super) async fn conversation(&self, address: &Address) -> Result<String, Outcome> {
        let Some(user) = address.to_user() else {
            return Ok(address.id.clone());
        };
        let opened = match self.platform(address.platform) {
            Some(Reach::Slack(slack)) => slack.open_direct(user).await,
            Some(Reach::Discord(discord)) => discord.open_direct(user).await,
            None => Err(not_configured()),
        };
        opened.map_err(|outcome| match outcome {
            // Nothing was posted yet, whatever became of the conversation.
            Outcome::Unclear { why } => not_yet(&why),
            // Whoever it is: the limit is on the opening.
            Outcome::NotDone { retry_after, extent: Extent::Message | Extent::Channel | Extent::Method, why } => {
                Outcome::NotDone { retry_after, extent: Extent::Opening, why }
            }
            Outcome::LookRefused { why } => Outcome::Closed { extent: Extent::Channel, why },
            Outcome::Posted(_)
            | Outcome::NotDone { .. }
            | Outcome::Closed { .. }
            | Outcome::Refused { .. }
            | Outcome::Deleted
            | Outcome::Found(_)
            | Outcome::FoundTwice(_)
            | Outcome::NotFound => outcome,
        })
    }

    /// The card in whose thread a note goes. A note waits for its card, and is not wanted where a person deleted that.
    pub(super) async fn thread_of(&self, claimed: &Claimed) -> Result<Option<MessageRef>, Outcome> {
        let Some(card) = claimed.note.as_ref().and_then(|below| below.card.as_ref()) else {
            return Ok(None);
        };
        match self.store.card(card).await {
            Ok(None | Some(CardAbove { phase: Phase::Gone, .. })) => Err(Outcome::Deleted),
            Ok(Some(CardAbove { message: None, .. })) => Err(not_yet("the card is not there yet")),
            Ok(Some(CardAbove { phase: Phase::Idle | Phase::Editing, is_behind: true, .. })) => {
                Err(not_yet("the card does not show yet what it tells"))
            }
            Ok(Some(CardAbove { message, .. })) => Ok(message),
            Err(error) => {
                tracing::warn!(%error, "the card of a note cannot be looked up");
                Err(not_yet("the database failed"))
            }
        }
    }

    /// Counts the outcome, and logs it where somebody may have to do something about it.
    fn note(&self, claimed: &Claimed, follow_up: Option<&FollowUp>, outcome: &Outcome, asked: bool, now: DateTime<Utc>) {
        let (result, why) = in_words(outcome);
        let platform = claimed.channel.address.platform.name();
        if let (Some(why), false) = (why, asked) {
            tracing::debug!(channel = claimed.channel.name, platform, post = %claimed.key, why, "a post waits");
            return;
        }
        self.metrics.post(platform, result);
        if let Some(follow_up) =
            follow_up.filter(|_| matches!(outcome, Outcome::Posted(_)) && claimed.post.message.is_none() && claimed.note.is_none())
        {
            self.metrics.delivered((now - follow_up.opened_at).as_seconds_f64().max(0.0));
        }
        let (channel, post, attempt) = (&claimed.channel.name, &claimed.key, claimed.post.attempt + 1);
        let call_uuid = follow_up.map(|follow_up| follow_up.case.cancellation.call.id.as_str());
        let follow_up = follow_up.map(|follow_up| follow_up.short_id.as_str());
        match why {
            None => tracing::info!(follow_up, call_uuid, channel, platform, %post, attempt, result, "a post was answered"),
            Some(why) => tracing::warn!(follow_up, call_uuid, channel, platform, %post, attempt, result, why, "a post was not confirmed"),
        }
        if let Outcome::Closed { extent: Extent::Platform, why } = outcome {
            let minutes = BROKEN_PAUSE.num_minutes();
            tracing::error!(
                platform,
                why,
                minutes,
                "the token is not taken, so nothing is sent to the platform for a while; then one request tries it again. Restart with a new one if it was changed"
            );
        }
    }

    pub(super) fn platform(&self, platform: Platform) -> Option<Reach<'_>> {
        match platform {
            Platform::Slack => self.slack.as_ref().map(Reach::Slack),
            Platform::Discord => self.discord.as_ref().map(Reach::Discord),
        }
    }
}

/// A platform that is configured.
#[derive(Clone, Copy)]
pub(super) enum Reach<'f> {
    Slack(&'f Slack),
    Discord(&'f Discord),
}

fn outcomes(done: &[Done]) -> Outcomes<'_> {
    Outcomes {
        posts: done.iter().flat_map(|done| &done.settled).collect(),
        pauses: done.iter().flat_map(|done| &done.pauses).collect(),
        tokens: done.iter().filter_map(|done| done.token).collect(),
    }
}

/// Waits for what is being done, at most for as long as the claim holds. What panics or takes too long has an unclear outcome.
pub(super) async fn within(left: TimeDelta, work: impl Future<Output = Outcome>) -> Outcome {
    match tokio::time::timeout(left.to_std().unwrap_or_default(), AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Outcome::Unclear { why: "panicked".to_owned() },
        Err(_) => Outcome::Unclear { why: "took longer than its claim".to_owned() },
    }
}

/// How much is left of a claim, if that is enough for a request. A process that was frozen since the claim must not send: another may hold
/// the claim by now.
fn left_of_claim(lease: TimeDelta, since: std::time::Duration, request_timeout: TimeDelta) -> Option<TimeDelta> {
    let left = lease - TimeDelta::from_std(since).ok()? - MARGIN;
    (left >= request_timeout).then_some(left)
}

fn outgoing<'a>(claimed: &'a Claimed, version: i64, message: &'a Message, thread: Option<&'a MessageRef>) -> Outgoing<'a> {
    let plain = claimed.post.dress != Dress::Full;
    Outgoing {
        channel: &claimed.channel.address.id,
        key: &claimed.key,
        version,
        message,
        thread,
        thread_name: "",
        broadcast: false,
        ping: None,
        plain,
    }
}

/// Random, 0 to 1; without randomness retries are merely less spread.
fn jitter() -> f64 {
    getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_was_frozen_since_the_claim_does_not_send() {
        let seconds = TimeDelta::seconds;
        let left = |frozen: u64| left_of_claim(seconds(30), Duration::from_secs(frozen), seconds(10));
        assert_eq!((left(0), left(18)), (Some(seconds(28)), Some(seconds(10))));
        for frozen in [19, 30, 90, u64::MAX] {
            assert_eq!(left(frozen), None, "{frozen} s");
        }
    }
}
