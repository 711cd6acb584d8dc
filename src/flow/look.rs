//! One look for all posts of a channel that need one: what may have been sent is found, what stands there twice is removed.

use std::collections::HashSet;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

use super::Flow;
use super::deliver::{Done, Reach, Rest, in_words, not_configured, rest, within};
use crate::chat::{Found, Look, Outgoing};
use crate::domain::message::Message;
use crate::domain::platform::{Address, Channel, Platform};
use crate::domain::post::{DeliveryKey, Extent, MessageRef, Outcome, Step};
use crate::render::Sentence;
use crate::store::{Claimed, Method, Pause};

/// Our clock and a platform's may differ by so much more than was known before a look, and the look still sees all it should: histories
/// are read from two minutes before the first send.
const CLOCKS_MAY_DIFFER: TimeDelta = TimeDelta::seconds(60);

impl Flow {
    /// Looks for these posts of one channel. What stands in a thread has a history of its own, so each thread is a look of its own; what
    /// there is no time for is looked for when its claim ran out.
    pub(super) async fn look(&self, posts: Vec<Claimed>, left: TimeDelta) -> Done {
        let began = Instant::now();
        let mut places: Vec<Vec<Claimed>> = Vec::new();
        for post in posts {
            let card = |post: &Claimed| post.note.as_ref().and_then(|below| below.card.clone());
            match places.iter_mut().find(|others| others.first().map(card) == Some(card(&post))) {
                Some(others) => others.push(post),
                None => places.push(vec![post]),
            }
        }
        let mut done = Done::default();
        for posts in places {
            let left = left - TimeDelta::from_std(began.elapsed()).unwrap_or(TimeDelta::MAX);
            if left < self.rules.request_timeout {
                break;
            }
            let Done { settled, pauses, .. } = self.look_in_one_place(posts, left).await;
            done.settled.extend(settled);
            done.pauses.extend(pauses);
        }
        done
    }

    async fn look_in_one_place(&self, posts: Vec<Claimed>, left: TimeDelta) -> Done {
        let Some(first) = posts.first() else {
            return Done::default();
        };
        let channel = first.channel.clone();
        let platform = channel.address.platform;
        let mut looked = Look::Failed(Outcome::Unclear { why: "not looked".to_owned() });
        let mut refused = None;
        let failed = within(left, async {
            let place = match self.conversation(&channel.address).await {
                Ok(id) => Channel { address: Address { id, ..channel.address.clone() }, ..channel.clone() },
                Err(outcome) => {
                    looked = Look::Failed(outcome);
                    return Outcome::NotFound;
                }
            };
            looked = self.read_history(&place, &posts).await;
            if let Look::Complete(found) = &mut looked {
                refused = self.heal(&place, found).await;
            }
            Outcome::NotFound
        })
        .await;
        if let Outcome::Unclear { .. } = failed {
            looked = Look::Failed(failed);
        }
        let now = self.clock.now();
        let outcomes: Vec<Outcome> = posts.iter().map(|post| outcome_of(&looked, &post.key)).collect();
        self.tell(&channel, &posts, &looked, &outcomes, now);
        let failed = if let Look::Failed(outcome) = &looked { Some(outcome) } else { None };
        let pauses = failed.into_iter().chain(&refused).filter_map(|outcome| pause_after(platform, outcome, now)).collect();
        let settled = posts.into_iter().zip(outcomes).map(|(post, outcome)| self.settled(post, outcome, now)).collect();
        Done { settled, pauses, ..Done::default() }
    }

    async fn read_history(&self, channel: &Channel, posts: &[Claimed]) -> Look {
        let platform = channel.address.platform;
        let thread = match posts.first() {
            Some(first) => match self.thread_of(first).await {
                Ok(thread) => thread,
                Err(outcome) => return Look::Failed(outcome),
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
        let looked = match self.platform(platform) {
            Some(Reach::Slack(slack)) => slack.find(&channel.address.id, thread.as_ref(), since, &keys).await,
            Some(Reach::Discord(discord)) => discord.find(&channel.address.id, thread.as_ref(), since, &keys).await,
            None => Look::Failed(not_configured()),
        };
        self.compare_clocks(platform, self.clock.now());
        match looked {
            Look::Complete(_) if (self.skew(platform) - skew).abs() > CLOCKS_MAY_DIFFER => {
                Look::Failed(Outcome::Unclear { why: "the clocks differ more than was known".to_owned() })
            }
            Look::Complete(_) | Look::Failed(_) => looked,
        }
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
                self.metrics.delivered((now - post.post.created_at).as_seconds_f64().max(0.0));
                tracing::info!(channel, platform, post = %post.key, result, "a post of unclear outcome has arrived");
            }
        }
        match looked {
            Look::Complete(found) => {
                tracing::info!(channel, platform, posts = posts.len(), found = found.len(), "a channel was looked through");
            }
            Look::Failed(outcome) => {
                let (result, why) = in_words(outcome);
                tracing::warn!(channel, platform, posts = posts.len(), result, why, "a channel could not be looked through");
            }
        }
    }
}

fn outcome_of(looked: &Look, key: &DeliveryKey) -> Outcome {
    match looked {
        Look::Failed(outcome) => outcome.clone(),
        Look::Complete(found) => {
            let mut ours = found.iter().filter(|found| found.key == *key);
            match (ours.next(), ours.next()) {
                (None, _) => Outcome::NotFound,
                (Some(only), None) => Outcome::Found(only.message.clone()),
                (Some(kept), Some(_)) => Outcome::FoundTwice(kept.message.clone()),
            }
        }
    }
}

/// What must rest after a look, or after what it removed. A look never keeps new messages of its channel waiting.
fn pause_after(platform: Platform, outcome: &Outcome, now: DateTime<Utc>) -> Option<(Pause, DateTime<Utc>)> {
    let Rest { extent, all, span } = rest(outcome)?;
    let method = match (extent, all) {
        (Extent::Platform, all) => all,
        (Extent::Channel | Extent::Method, Method::Any) => Method::Look,
        // A channel that is closed to a look is the post's own affair.
        (Extent::Channel | Extent::Method, Method::Token | Method::Edit | Method::Look) => return None,
    };
    Some((Pause::Method(platform, method), now + span))
}
