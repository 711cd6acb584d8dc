//! The outbox on disk: posts, and the keys by which messages are known again.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryTrait, Statement};
use sha2::Sha256;

use super::claims::Claimed;
use super::pace::channels_known;
use super::steps::state;
use super::tables::post;
use super::{Store, StoreError, Tx, at};
use crate::domain::act::Note;
use crate::domain::platform::{Address, Channel, Platform};
use crate::domain::post::{DeliveryKey, Dress, MessageRef, Phase, Post, Step, doubt};

/// Posts that are written by one statement at most.
const AT_ONCE: usize = 128;

/// What a post is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PostKind {
    /// The message that shows a follow-up and is kept up to date.
    Card,
    /// A one-time message, with the number of the act that it tells of.
    Note(i64),
}

/// A note, and the card in whose thread it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteBelow {
    /// What it says.
    pub note: Note,
    /// The card; `None` for what goes to one person directly.
    pub card: Option<DeliveryKey>,
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
    /// Between these two somebody of whom this database knows nothing may have posted it.
    pub maybe_sent: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Not before then.
    pub due_at: DateTime<Utc>,
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
        let kind = match kind {
            PostKind::Card => "card".to_owned(),
            PostKind::Note(number) => format!("note|{number}"),
        };
        let meaning = format!("{event_key}|{}:{}|{kind}", address.platform, address.id);
        // HMAC takes keys of any length, so this branch is never taken; a constant key would only make keys guessable.
        let digest = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes())
            .map(|mac| mac.chain_update(meaning.as_bytes()).finalize().into_bytes())
            .unwrap_or_default();
        let bits = digest.iter().take(16).fold(0_u128, |bits, byte| (bits << 8) | u128::from(*byte));
        DeliveryKey::from_bits(bits)
    }
}

impl Tx {
    /// Writes posts that are due at once. What is there already stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn add_posts(&self, new: Vec<NewPost>, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.execute_together(self.posts_to_add(new, now)).await?;
        Ok(())
    }

    /// What is to be executed to [add](Self::add_posts) these.
    pub(super) fn posts_to_add(&self, new: Vec<NewPost>, now: DateTime<Utc>) -> Vec<Statement> {
        let backend = self.inner.get_database_backend();
        let addresses: HashSet<&Address> = new.iter().map(|new| &new.channel.address).collect();
        let mut statements: Vec<Statement> = channels_known(addresses.into_iter()).iter().map(|known| known.build(backend)).collect();
        let mut rows = new.into_iter().map(|new| self.new_row(new, now)).peekable();
        while rows.peek().is_some() {
            // Databases take only so many values in one statement.
            let some: Vec<_> = rows.by_ref().take(AT_ONCE).collect();
            let once = OnConflict::column(post::Column::Key).do_nothing().to_owned();
            statements.push(post::Entity::insert_many(some).on_conflict(once).build(backend));
        }
        statements
    }

    fn new_row(&self, new: NewPost, now: DateTime<Utc>) -> post::ActiveModel {
        let fresh = Post { due_at: new.due_at, ..Post::new(new.wanted, now) };
        let post = match new.maybe_sent {
            Some((since, until)) => doubt(fresh.clone(), since, until, now).unwrap_or(fresh),
            None => fresh,
        };
        post::ActiveModel {
            key: Set(self.keys.key(&new.event_key, &new.channel.address, PostKind::Card).to_string()),
            follow_up_id: Set(new.follow_up_id),
            kind: Set("card".to_owned()),
            body: Set(None),
            platform: Set(new.channel.address.platform.name().to_owned()),
            channel: Set(new.channel.address.id),
            channel_name: Set(new.channel.name),
            parent: Set(None),
            wanted: Set(post.wanted),
            created_at: Set(post.created_at.timestamp_millis()),
            ..state(&post)
        }
    }

    /// A note in that channel, below that card where there is one.
    pub(super) fn note_row(
        &self,
        about: (i64, &str),
        number: i64,
        body: &str,
        channel: Channel,
        card: Option<String>,
        now: DateTime<Utc>,
    ) -> post::ActiveModel {
        let fresh = Post::new(1, now);
        let (follow_up_id, event_key) = about;
        post::ActiveModel {
            key: Set(self.keys.key(event_key, &channel.address, PostKind::Note(number)).to_string()),
            follow_up_id: Set(follow_up_id),
            kind: Set("note".to_owned()),
            body: Set(Some(body.to_owned())),
            platform: Set(channel.address.platform.name().to_owned()),
            channel: Set(channel.address.id),
            channel_name: Set(channel.name),
            parent: Set(card),
            wanted: Set(fresh.wanted),
            created_at: Set(fresh.created_at.timestamp_millis()),
            ..state(&fresh)
        }
    }

    pub(super) async fn bury(&self, key: &str, why: &StoreError) -> Result<(), StoreError> {
        let dead = post::ActiveModel {
            phase: Set(Phase::Dead.name().to_owned()),
            lease_until: Set(None),
            last_error: Set(Some(why.to_string())),
            ..Default::default()
        };
        post::Entity::update_many().set(dead).filter(post::Column::Key.eq(key)).exec(&self.inner).await?;
        Ok(())
    }
}

impl Store {
    /// The post of that key.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn follow_up_of(&self, key: &DeliveryKey) -> Result<Option<i64>, StoreError> {
        let row = post::Entity::find_by_id(key.as_str()).one(&self.read).await?;
        Ok(row.map(|row| row.follow_up_id))
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
        dress: match row.plain {
            0 => Dress::Full,
            1 => Dress::Plain,
            _ => Dress::Bare,
        },
        first_sent_at: row.first_sent_at.map(at),
        last_sent_at: row.last_sent_at.map(at),
        created_at: at(row.created_at),
        failing_since: row.failing_since.map(at),
        last_error: row.last_error.clone(),
        sweep_at: row.sweep_at.map(at),
        suspect_until: row.suspect_until.map(at),
    };
    let note = match &row.body {
        Some(body) => Some(NoteBelow {
            note: serde_json::from_str(body).map_err(|_| broken("body"))?,
            card: row.parent.as_deref().map(|card| DeliveryKey::parse(card).ok_or_else(|| broken("parent"))).transpose()?,
        }),
        None => None,
    };
    Ok(Claimed {
        key: DeliveryKey::parse(&row.key).ok_or_else(|| broken("key"))?,
        follow_up_id: row.follow_up_id,
        channel: Channel { name: row.channel_name.clone(), address: Address { platform, id: row.channel.clone() } },
        step: Step::Create { version: row.wanted },
        probe: false,
        note,
        post,
    })
}
