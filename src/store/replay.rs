//! What was put aside: quarantined events, and posts that were given up or wait for a person.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, SqlErr, TransactionTrait};

use super::posts::read;
use super::tables::{event, post};
use super::{Store, StoreError, Tx, at};
use crate::domain::platform::Channel;
use crate::domain::post::{DeliveryKey, Phase, Ruling, revive};

/// Marks an event that was put aside and turned out to say what another says.
const DUPLICATE: &str = "duplicate";

/// An event that could not be read.
#[derive(Debug, Clone)]
pub struct Quarantined {
    /// Its key in the database.
    pub id: i64,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// Why it could not be read then.
    pub why: String,
    /// The item exactly as it was received.
    pub body: Vec<u8>,
}

/// A post that was given up, or waits for a person to decide.
#[derive(Debug, Clone)]
pub struct GivenUp {
    /// The delivery key.
    pub key: DeliveryKey,
    /// [`Phase::Dead`] or [`Phase::Held`].
    pub phase: Phase,
    /// Where it belongs.
    pub channel: Channel,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// Why the last try failed; nothing personal.
    pub why: Option<String>,
}

/// What a quarantined event says, now that it can be read.
#[derive(Debug, Clone)]
pub struct Readable {
    /// Equal for two deliveries that say the same.
    pub key: String,
    /// The name of its kind.
    pub kind: &'static str,
    /// How the source names the call.
    pub call_id: Option<String>,
}

/// What became of a quarantined event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// It waits to be understood.
    Released,
    /// Another event says the same; it is marked so and stays where it is.
    Duplicate,
    /// It is not quarantined (any more).
    Gone,
}

impl Tx {
    /// Lets a quarantined event be understood as what it says.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn release_event(&self, id: i64, says: Readable, now: DateTime<Utc>) -> Result<Release, StoreError> {
        // Two replays that took the same events in another order would wait for each other without end.
        self.alone().await?;
        let aside = || event::Entity::update_many().filter(event::Column::Id.eq(id)).filter(put_aside());
        let release = aside()
            .col_expr(event::Column::Key, says.key.into())
            .col_expr(event::Column::Kind, says.kind.into())
            .col_expr(event::Column::CallId, says.call_id.into())
            .col_expr(event::Column::Quarantined, Expr::value(Option::<String>::None));
        let duplicate = aside()
            .col_expr(event::Column::Quarantined, DUPLICATE.into())
            .col_expr(event::Column::UnderstoodAt, now.timestamp_millis().into());
        // A webhook may bring an event of the same key at this moment: the database knows which was first.
        let attempt = self.inner.begin().await?;
        let (done, release) = match release.exec(&attempt).await {
            Ok(done) => {
                attempt.commit().await?;
                (done, Release::Released)
            }
            Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
                attempt.rollback().await?;
                (duplicate.exec(&self.inner).await?, Release::Duplicate)
            }
            Err(error) => return Err(error.into()),
        };
        Ok(if done.rows_affected == 1 { release } else { Release::Gone })
    }

    /// Does with a post what a person says of it; `false` when it is neither given up nor held (any more).
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn revive_post(&self, key: &DeliveryKey, ruling: Ruling, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let Some(row) = post::Entity::find_by_id(key.as_str()).one(&self.inner).await? else {
            return Ok(false);
        };
        let Some(revived) = revive(read(&row)?.post, ruling, now) else {
            return Ok(false);
        };
        self.write_post(key, &revived, row.fence).await
    }
}

impl Store {
    /// The oldest quarantined events after that one.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn quarantined_after(&self, id: i64, most: u64) -> Result<Vec<Quarantined>, StoreError> {
        let found = event::Entity::find().filter(put_aside()).filter(event::Column::Id.gt(id));
        let rows = found.order_by_asc(event::Column::Id).limit(most).all(&self.read).await?;
        Ok(rows.into_iter().map(quarantined).collect())
    }

    /// The event of that id, if it is quarantined.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn quarantined(&self, id: i64) -> Result<Option<Quarantined>, StoreError> {
        let row = event::Entity::find_by_id(id).filter(put_aside()).one(&self.read).await?;
        Ok(row.map(quarantined))
    }

    /// The first posts after that key, in the order of keys, which were given up or wait for a person.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn given_up_after(&self, key: &str, most: u64) -> Result<Vec<GivenUp>, StoreError> {
        let found = post::Entity::find()
            .filter(post::Column::Phase.is_in([Phase::Held.name(), Phase::Dead.name()]))
            .filter(post::Column::Key.gt(key));
        let rows = found.order_by_asc(post::Column::Key).limit(most).all(&self.read).await?;
        rows.iter()
            .map(|row| {
                let claimed = read(row)?;
                let post = claimed.post;
                Ok(GivenUp {
                    key: claimed.key,
                    phase: post.phase,
                    channel: claimed.channel,
                    created_at: post.created_at,
                    why: post.last_error,
                })
            })
            .collect()
    }
}

/// Quarantined, and not yet known to be a duplicate.
fn put_aside() -> sea_orm::Condition {
    sea_orm::Condition::all().add(event::Column::Quarantined.is_not_null()).add(event::Column::UnderstoodAt.is_null())
}

fn quarantined(row: event::Model) -> Quarantined {
    Quarantined { id: row.id, received_at: at(row.received_at), why: row.quarantined.unwrap_or_default(), body: row.body }
}
