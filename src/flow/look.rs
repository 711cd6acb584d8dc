//! One look for all posts of a place that need one: what may have been sent is found, what stands there twice is removed.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::Flow;
use super::deliver::{Done, Reach, within};
use super::outcome::{Rest, in_words, not_configured, rest, token_after};
use crate::chat::{Found, Look, Outgoing};
use crate::domain::message::Message;
use crate::domain::platform::{Address, Channel, Platform};
use crate::domain::post::{BETWEEN_LOOKS, DeliveryKey, Extent, MessageRef, Outcome, Step};
use crate::render::Sentence;
use crate::store::{Claimed, Method, Pause, Token};

/// Our clock and a platform's may differ by so much more than was known before a look, and the look still sees all it should: histories
/// are read from two minutes before the first send.
const CLOCKS_MAY_DIFFER: TimeDelta = TimeDelta::seconds(60);

impl Flow {
    /// Looks for these posts of one place: a channel, or the thread of one card, which has a history of its own.
    pub(super) async fn look(&self, posts: Vec<Claimed>, left: TimeDelta) -> Done {
        let Some(first) = posts.first() else {
            return Done::default();
        };
        let channel = first.channel.clone();
        let (platform, attempt, probe) = (channel.address.platform, first.post.attempt, first.probe);
        let mut looked = Look::failed(Outcome::Unclear { why: "not looked".to_owned() });
        let mut refused = None;
        let failed = within(left, async {
            let place = match self.conversation(&channel.address).await {
                Ok(id) => Channel { address: Address { id, ..channel.address.clone() }, ..channel.clone() },
                Err(outcome) => {
                    looked = Look::failed(outcome);
                    return Outcome::NotFound;
                }
            };
            looked = self.read_history(&place, &posts).await;
            refused = self.heal(&place, &mut looked.found).await;
            Outcome::NotFound
        })
        .await;
        if let Outcome::Unclear { .. } = failed {
            looked.gap = Some(failed);
        }
        let now = self.clock.now();
        let outcomes: Vec<Outcome> = posts.iter().map(|post| outcome_of(&looked, post)).collect();
        self.tell(&channel, &posts, &looked, &outcomes, now);
        let asked = looked.gap.iter().chain(&refused).filter_map(|outcome| pause_after(platform, outcome, attempt, now));
        // The first request was paid for when it was claimed.
        let more = i32::try_from(looked.requests).unwrap_or(i32::MAX).saturating_sub(1);
        let paid = (more > 0).then(|| (Pause::Method(platform, Method::Look), now + BETWEEN_LOOKS * more));
        let pauses = asked.chain(paid).collect();
        let token = probe.then(|| (platform, token_told(&looked)));
        let settled = posts.into_iter().zip(outcomes).map(|(post, outcome)| self.settled(post, outcome, now)).collect();
        Done { settled, pauses, token, ..Done::default() }
    }

    async fn read_history(&self, channel: &Channel, posts: &[Claimed]) -> Look {
        let platform = channel.address.platform;
        let thread = match posts.first() {
            Some(first) => match self.thread_of(first).await {
                Ok(thread) => thread,
                Err(outcome) => return Look::failed(outcome),
            },
            None => None,
        };
        let since = posts.iter().filter_map(|post| match post.step {
            Step::Look { since } | Step::Sweep { since } => Some(since),
            Step::Create { .. } | Step::Edit { .. } => None,
        });
        // The platform's history goes by its own clock.
        let skew = self.skew(platform);
        // A clock that was set back meanwhile must not hide what was sent before.
        let now = self.clock.now();
        let since = since.min().unwrap_or(now).min(now) + skew;
        let keys: Vec<DeliveryKey> = posts.iter().map(|post| post.key.clone()).collect();
        let mut looked = match self.platform(platform) {
            Some(Reach::Slack(slack)) => slack.find(&channel.address.id, thread.as_ref(), since, &keys).await,
            Some(Reach::Discord(discord)) => discord.find(&channel.address.id, thread.as_ref(), since, &keys).await,
            None => Look::failed(not_configured()),
        };
        self.compare_clocks(platform, self.clock.now());
        if looked.gap.is_none() && (self.skew(platform) - skew).abs() > CLOCKS_MAY_DIFFER {
            looked.gap = Some(Outcome::Unclear { why: "the clocks differ more than was known".to_owned() });
        }
        looked
    }

    /// Removes what stands there twice. Of each key one message is kept, and put first: one that people have answered, else the oldest.
    /// Says what a platform answered that wants no more for now.
    async fn heal(&self, channel: &Channel, found: &mut Vec<Found>) -> Option<Outcome> {
        // Where messages came while pages were read, one may stand on two of them.
        let mut seen = HashSet::new();
        found.retain(|found| seen.insert(found.message.clone()));
        // Stable, so that the oldest comes first among equals.
        found.sort_by(|a, b| (&a.key, !a.touched).cmp(&(&b.key, !b.touched)));
        let twice = found.iter().zip(found.iter().skip(1)).filter(|(one, other)| one.key == other.key);
        for (_, extra) in twice {
            let removed = if extra.touched { self.disown(channel, extra).await } else { self.delete(channel, &extra.message).await };
            let (result, why) = in_words(&removed);
            if matches!(removed, Outcome::Deleted | Outcome::Posted(_)) {
                self.metrics.double_healed();
            }
            tracing::warn!(channel = channel.name, post = %extra.key, result, why, "a message stood in the channel twice");
            if matches!(removed, Outcome::NotDone { .. } | Outcome::Closed { .. }) {
                return Some(removed);
            }
        }
        None
    }

    async fn delete(&self, channel: &Channel, message: &MessageRef) -> Outcome {
        match self.platform(channel.address.platform) {
            Some(Reach::Slack(slack)) => slack.delete(&channel.address.id, message).await,
            Some(Reach::Discord(discord)) => discord.delete(&channel.address.id, message).await,
            None => not_configured(),
        }
    }

    /// People have answered both, so neither is deleted: the later one only says that the other goes on.
    async fn disown(&self, channel: &Channel, extra: &Found) -> Outcome {
        let platform = channel.address.platform;
        let message: Message = self.renderer.sentence(&Sentence::Repeated, platform, self.clock.now());
        // A key that nobody looks for.
        let nobody = DeliveryKey::from_bits(0);
        let out = Outgoing {
            channel: &channel.address.id,
            key: &nobody,
            version: 0,
            message: &message,
            thread: None,
            thread_name: "",
            broadcast: false,
            ping: None,
            plain: false,
        };
        match self.platform(platform) {
            Some(Reach::Slack(slack)) => slack.edit(&out, &extra.message).await,
            Some(Reach::Discord(discord)) => discord.edit(&out, &extra.message).await,
            None => not_configured(),
        }
    }

    fn tell(&self, channel: &Channel, posts: &[Claimed], looked: &Look, outcomes: &[Outcome], now: DateTime<Utc>) {
        let platform = channel.address.platform.name();
        let channel = &channel.name;
        for (post, outcome) in posts.iter().zip(outcomes) {
            let (result, _) = in_words(outcome);
            self.metrics.post(platform, result);
            if matches!(outcome, Outcome::Found(_) | Outcome::FoundTwice(_)) && matches!(post.step, Step::Look { .. }) {
                // Lines in threads are no cards.
                if post.note.is_none() {
                    self.metrics.delivered((now - post.post.created_at).as_seconds_f64().max(0.0));
                }
                tracing::info!(channel, platform, post = %post.key, result, "a post of unclear outcome has arrived");
            }
        }
        let found = looked.found.len();
        match &looked.gap {
            None => tracing::info!(channel, platform, posts = posts.len(), found, "a channel was looked through"),
            Some(outcome) => {
                let (result, why) = in_words(outcome);
                tracing::warn!(channel, platform, posts = posts.len(), found, result, why, "a channel could not be looked through");
            }
        }
    }
}

fn outcome_of(looked: &Look, post: &Claimed) -> Outcome {
    let mut ours = looked.found.iter().filter(|found| found.key == post.key);
    match (ours.next(), ours.next(), &looked.gap) {
        (Some(kept), Some(_), _) => Outcome::FoundTwice(kept.message.clone()),
        // Whether it stands there twice is not known as long as anything was not read.
        (Some(_), None, Some(gap)) if matches!(post.step, Step::Sweep { .. }) => gap.clone(),
        (Some(only), None, _) => Outcome::Found(only.message.clone()),
        (None, _, Some(gap)) => gap.clone(),
        (None, _, None) => Outcome::NotFound,
    }
}

/// What a look says of a token in doubt. One whose card is gone asked nobody.
fn token_told(looked: &Look) -> Token {
    match &looked.gap {
        None => Token::Taken,
        Some(Outcome::Deleted) => Token::Unheard,
        Some(gap) => token_after(gap),
    }
}

/// What must rest after a look, or after what it removed. A look never keeps new messages of its channel waiting.
fn pause_after(platform: Platform, outcome: &Outcome, attempt: u32, now: DateTime<Utc>) -> Option<(Pause, DateTime<Utc>)> {
    let Rest { extent, all, span } = rest(outcome, attempt)?;
    let method = match (extent, all) {
        (Extent::Platform, all) => all,
        (Extent::Opening, _) => Method::Open,
        (Extent::Message | Extent::Channel | Extent::Method, Method::Any) => Method::Look,
        // A channel that is closed to a look is the post's own affair.
        (Extent::Message | Extent::Channel | Extent::Method, Method::Token | Method::Edit | Method::Look | Method::Open) => return None,
    };
    Some((Pause::Method(platform, method), now + span))
}
