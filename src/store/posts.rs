//! The outbox on disk: posts, who may send when, and the keys by which messages are known again.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::sea_query::{LockBehavior, LockType, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::Sha256;

use super::due::{behind, channel_is_free, due, only_later, unclaimed};
use super::tables::{pace, post};
use super::{Store, StoreError, Tx, at};
use crate::domain::platform::{Address, Channel, Platform};
use crate::domain::post::{DeliveryKey, MessageRef, Phase, Post, Step, Timings, claim, next_step};

/// Posts that are written by one statement at most.
const POSTS_AT_ONCE: usize = 128;

/// What a post is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostKind {
    /// The message that shows a follow-up and is kept up to date.
    Card,
}

/// A post to be written.
#[derive(Debug, Clone)]
pub struct NewPost {
    /// What it shows.
    pub follow_up_id: i64,
    /// The semantic key of the cancellation, from which the delivery key is derived.
    pub event_key: String,
    /// Where.
    pub channel: Channel,
    /// The version to show.
    pub wanted: i64,
}

/// A post that this process may now act on, until its lease runs out.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The delivery key.
    pub key: DeliveryKey,
    /// What it shows.
    pub follow_up_id: i64,
    /// Where.
    pub channel: Channel,
    /// The row as it stands on disk.
    pub post: Post,
    /// What to do.
    pub step: Step,
}

/// What waits, for metrics.
#[derive(Debug, Clone, Default)]
pub struct Backlog {
    /// Posts that are behind, by platform.
    pub waiting: Vec<(Platform, u64)>,
    /// Posts of unclear outcome.
    pub unclear: u64,
    /// Posts that a person must decide on.
    pub held: u64,
    /// Posts that were given up.
    pub dead: u64,
    /// When the oldest waiting post was written.
    pub oldest: Option<DateTime<Utc>>,
}

/// Derives delivery keys from the secret of this installation.
pub(super) struct KeyMaker {
    secret: String,
}

impl KeyMaker {
    pub(super) fn new(secret: String) -> Self {
        Self { secret }
    }

    /// The same for the same cancellation, channel and kind, whenever it is asked.
    fn key(&self, event_key: &str, address: &Address, kind: PostKind) -> DeliveryKey {
        let PostKind::Card = kind;
        let meaning = format!("{event_key}|{}:{}|card", address.platform, address.id);
        // HMAC takes keys of any length, so this branch is never taken; a constant key would only make keys guessable.
        let digest = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes())
            .map(|mac| mac.chain_update(meaning.as_bytes()).finalize().into_bytes())
            .unwrap_or_default();
        let bits = digest.iter().take(16).fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
        DeliveryKey::from_bits(bits)
    }
}

impl Tx {
    /// Writes a post that is due at once. One that is there already stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn add_post(&self, new: NewPost, now: DateTime<Utc>) -> Result<DeliveryKey, StoreError> {
        let key = self.keys.key(&new.event_key, &new.channel.address, PostKind::Card);
        self.add_posts(vec![new], now).await?;
        Ok(key)
    }

    /// Writes posts that are due at once. Those that are there already stay as they are.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn add_posts(&self, new: Vec<NewPost>, now: DateTime<Utc>) -> Result<(), StoreError> {
        if new.is_empty() {
            return Ok(());
        }
        let row = |new: NewPost| post::ActiveModel {
            key: Set(self.keys.key(&new.event_key, &new.channel.address, PostKind::Card).to_string()),
            follow_up_id: Set(new.follow_up_id),
            kind: Set("card".to_owned()),
            body: Set(None),
            platform: Set(new.channel.address.platform.name().to_owned()),
            channel: Set(new.channel.address.id),
            channel_name: Set(new.channel.name),
            parent: Set(None),
            wanted: Set(new.wanted),
            shown: Set(0),
            maybe_sent: Set(None),
            message: Set(None),
            phase: Set(Phase::Idle.name().to_owned()),
            due_at: Set(now.timestamp_millis()),
            lease_until: Set(None),
            fence: Set(0),
            attempt: Set(0),
            looks: Set(0),
            plain: Set(0),
            first_sent_at: Set(None),
            last_sent_at: Set(None),
            created_at: Set(now.timestamp_millis()),
            failing_since: Set(None),
            last_error: Set(None),
        };
        // Databases take so many values in one statement and no more; an event may have many channels.
        let mut rows = new.into_iter().map(row).peekable();
        while rows.peek().is_some() {
            let once = OnConflict::column(post::Column::Key).do_nothing().to_owned();
            let some: Vec<_> = rows.by_ref().take(POSTS_AT_ONCE).collect();
            post::Entity::insert_many(some).on_conflict(once).exec_without_returning(&self.inner).await?;
        }
        Ok(())
    }

    /// Claims what is due: at most `most` posts, at most one a channel, none in a channel that has one in flight or must wait.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn claim_due(
        &self,
        platforms: &[Platform],
        most: u64,
        now: DateTime<Utc>,
        timings: &Timings,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.alone().await?;
        let rows = post::Entity::find()
            .filter(due(now))
            .filter(post::Column::Platform.is_in(platforms.iter().map(|platform| platform.name())))
            .filter(channel_is_free(now))
            .order_by_asc(post::Column::CreatedAt)
            .limit(most)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(&self.inner)
            .await?;
        let mut claimed: Vec<Claimed> = Vec::new();
        for row in rows {
            let candidate = match read(&row) {
                Ok(candidate) => candidate,
                Err(unreadable) => {
                    // One row that nobody can read must not keep the others waiting.
                    tracing::error!(%unreadable, "a post cannot be read and was given up");
                    self.bury(&row.key, &unreadable).await?;
                    continue;
                }
            };
            let taken = claimed.iter().any(|other| other.channel.address == candidate.channel.address);
            let Some(step) = next_step(&candidate.post, now).filter(|_| !taken) else {
                continue;
            };
            let post = claim(candidate.post, &step, now, timings);
            self.write_post(&candidate.key, &post, row.fence).await?;
            claimed.push(Claimed { post, step, ..candidate });
        }
        Ok(claimed)
    }

    /// Writes the row as it is after a step, if the claim is still ours; `false` when somebody else holds it by now.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn settle_post(&self, key: &DeliveryKey, settled: &Post) -> Result<bool, StoreError> {
        self.write_post(key, settled, settled.fence).await
    }

    /// Lets nobody send to a channel before then.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn pace(&self, address: &Address, not_before: DateTime<Utc>) -> Result<(), StoreError> {
        let row = pace::ActiveModel {
            platform: Set(address.platform.name().to_owned()),
            channel: Set(address.id.clone()),
            not_before: Set(not_before.timestamp_millis()),
        };
        let later = only_later(not_before);
        pace::Entity::insert(row).on_conflict(later).exec_without_returning(&self.inner).await?;
        Ok(())
    }

    async fn bury(&self, key: &str, why: &StoreError) -> Result<(), StoreError> {
        let dead = post::ActiveModel {
            phase: Set(Phase::Dead.name().to_owned()),
            lease_until: Set(None),
            last_error: Set(Some(why.to_string())),
            ..Default::default()
        };
        post::Entity::update_many().set(dead).filter(post::Column::Key.eq(key)).exec(&self.inner).await?;
        Ok(())
    }

    pub(super) async fn write_post(&self, key: &DeliveryKey, post: &Post, fence: i64) -> Result<bool, StoreError> {
        let written = post::Entity::update_many()
            .set(post::ActiveModel {
                wanted: sea_orm::ActiveValue::NotSet,
                shown: Set(post.shown),
                maybe_sent: Set(post.maybe_sent),
                message: Set(post.message.as_ref().map(|message| message.0.clone())),
                phase: Set(post.phase.name().to_owned()),
                due_at: Set(post.due_at.timestamp_millis()),
                lease_until: Set(post.lease_until.map(|until| until.timestamp_millis())),
                fence: Set(post.fence),
                attempt: Set(i64::from(post.attempt)),
                looks: Set(i64::from(post.looks)),
                plain: Set(i64::from(post.plain)),
                first_sent_at: Set(post.first_sent_at.map(|sent| sent.timestamp_millis())),
                last_sent_at: Set(post.last_sent_at.map(|sent| sent.timestamp_millis())),
                failing_since: Set(post.failing_since.map(|since| since.timestamp_millis())),
                last_error: Set(post.last_error.clone()),
                ..Default::default()
            })
            .filter(post::Column::Key.eq(key.as_str()))
            .filter(post::Column::Fence.eq(fence))
            .exec(&self.inner)
            .await?;
        Ok(written.rows_affected == 1)
    }
}

impl Store {
    /// When there is something to claim next on these platforms, as far as is known now; `None` when nothing waits. What is due by then
    /// can be claimed, so that nobody asks in vain again and again.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn next_due(&self, platforms: &[Platform], now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
        let names = || platforms.iter().map(|platform| platform.name());
        let free = post::Entity::find()
            .filter(post::Column::Platform.is_in(names()))
            .filter(unclaimed(now))
            .filter(behind())
            .filter(channel_is_free(now))
            .order_by_asc(post::Column::DueAt)
            .one(&self.read)
            .await?
            .map(|row| row.due_at);
        let paced = pace::Entity::find()
            .filter(pace::Column::Platform.is_in(names()))
            .filter(pace::Column::NotBefore.gt(now.timestamp_millis()))
            .order_by_asc(pace::Column::NotBefore)
            .one(&self.read)
            .await?
            .map(|row| row.not_before);
        let leased = post::Entity::find()
            .filter(post::Column::Platform.is_in(names()))
            .filter(post::Column::LeaseUntil.gt(now.timestamp_millis()))
            .filter(behind())
            .order_by_asc(post::Column::LeaseUntil)
            .one(&self.read)
            .await?
            .and_then(|row| row.lease_until);
        Ok([free, paced, leased].into_iter().flatten().min().map(at))
    }

    /// The post of that key.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn follow_up_of(&self, key: &DeliveryKey) -> Result<Option<i64>, StoreError> {
        let row = post::Entity::find_by_id(key.as_str()).one(&self.read).await?;
        Ok(row.map(|row| row.follow_up_id))
    }

    /// What waits on these platforms, for metrics.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn backlog(&self, platforms: &[Platform]) -> Result<Backlog, StoreError> {
        let mut backlog = Backlog::default();
        let counts: Vec<(String, String, i64, Option<i64>)> = post::Entity::find()
            .select_only()
            .column(post::Column::Platform)
            .column(post::Column::Phase)
            .column_as(post::Column::Key.count(), "posts")
            .column_as(post::Column::CreatedAt.min(), "oldest")
            .filter(post::Column::Platform.is_in(platforms.iter().map(|platform| platform.name())))
            .filter(behind().add(post::Column::Phase.is_in([Phase::Held.name(), Phase::Dead.name()])))
            .group_by(post::Column::Platform)
            .group_by(post::Column::Phase)
            .into_tuple()
            .all(&self.read)
            .await?;
        for (platform, phase, posts, oldest) in counts {
            let posts = u64::try_from(posts).unwrap_or_default();
            match Phase::from_name(&phase) {
                Some(Phase::Held) => backlog.held += posts,
                Some(Phase::Dead) => backlog.dead += posts,
                Some(phase @ (Phase::Idle | Phase::Creating | Phase::Editing | Phase::Unclear | Phase::Gone)) => {
                    backlog.unclear += if phase == Phase::Unclear { posts } else { 0 };
                    if let Some(platform) = Platform::from_name(&platform) {
                        backlog.waiting.push((platform, posts));
                    }
                    backlog.oldest = [backlog.oldest, oldest.map(at)].into_iter().flatten().min();
                }
                None => {}
            }
        }
        Ok(backlog)
    }
}

/// A row as the domain knows it; `step` is filled in by whoever claims it.
pub(super) fn read(row: &post::Model) -> Result<Claimed, StoreError> {
    let broken = |what: &str| StoreError::row("post", &row.key, &what);
    let platform = Platform::from_name(&row.platform).ok_or_else(|| broken("platform"))?;
    let small = |value: i64| u32::try_from(value).unwrap_or(u32::MAX);
    let post = Post {
        phase: Phase::from_name(&row.phase).ok_or_else(|| broken("phase"))?,
        wanted: row.wanted,
        shown: row.shown,
        maybe_sent: row.maybe_sent,
        message: row.message.clone().map(MessageRef),
        due_at: at(row.due_at),
        lease_until: row.lease_until.map(at),
        fence: row.fence,
        attempt: small(row.attempt),
        looks: small(row.looks),
        plain: row.plain != 0,
        first_sent_at: row.first_sent_at.map(at),
        last_sent_at: row.last_sent_at.map(at),
        created_at: at(row.created_at),
        failing_since: row.failing_since.map(at),
        last_error: row.last_error.clone(),
    };
    Ok(Claimed {
        key: DeliveryKey::parse(&row.key).ok_or_else(|| broken("key"))?,
        follow_up_id: row.follow_up_id,
        channel: Channel { name: row.channel_name.clone(), address: Address { platform, id: row.channel.clone() } },
        step: Step::Create { version: row.wanted },
        post,
    })
}
