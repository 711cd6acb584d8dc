//! Events on disk: received once, kept as they came, understood once.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::tables::event;
use super::{Store, StoreError, Tx};

/// An event to be kept.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Who sent it, such as `iclosed`.
    pub source: &'static str,
    /// Equal for two deliveries that say the same.
    pub key: String,
    /// The name of its kind; `unreadable` for what is quarantined.
    pub kind: &'static str,
    /// How the source names the call.
    pub call_id: Option<String>,
    /// The item exactly as it was received.
    pub body: Vec<u8>,
    /// How it came, such as `webhook`.
    pub found_by: &'static str,
    /// Why it cannot be read; `None` for what can.
    pub quarantined: Option<String>,
}

/// Was this event here before?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// No; it is kept now.
    New(i64),
    /// Yes; nothing was written.
    Duplicate,
}

/// An event that waits to be understood.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// Its key in the database; grows in the order of receipt.
    pub id: i64,
    /// The semantic key.
    pub key: String,
    /// The item exactly as it was received.
    pub body: Vec<u8>,
    /// When it was received.
    pub received_at: DateTime<Utc>,
}

impl Tx {
    /// Keeps an event unless one of the same key is here.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn keep_event(&self, event: NewEvent, now: DateTime<Utc>) -> Result<Verdict, StoreError> {
        let id = self.ids.next(now)?;
        let row = event::ActiveModel {
            id: Set(id),
            source: Set(event.source.to_owned()),
            key: Set(event.key),
            kind: Set(event.kind.to_owned()),
            call_id: Set(event.call_id),
            body: Set(event.body),
            received_at: Set(now.timestamp_millis()),
            found_by: Set(event.found_by.to_owned()),
            quarantined: Set(event.quarantined),
            understood_at: Set(None),
        };
        let once = OnConflict::columns([event::Column::Source, event::Column::Key]).do_nothing().to_owned();
        let written = event::Entity::insert(row).on_conflict(once).exec_without_returning(&self.inner).await?;
        Ok(if written == 0 { Verdict::Duplicate } else { Verdict::New(id) })
    }

    /// Marks an event as understood; `false` when somebody else did so already.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn take_event(&self, id: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let taken = event::Entity::update_many()
            .col_expr(event::Column::UnderstoodAt, now.timestamp_millis().into())
            .filter(event::Column::Id.eq(id))
            .filter(event::Column::UnderstoodAt.is_null())
            .exec(&self.inner)
            .await?;
        Ok(taken.rows_affected == 1)
    }

    /// Puts an event aside that could be read when it was received and cannot be now.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn quarantine_event(&self, id: i64, why: &str) -> Result<(), StoreError> {
        event::Entity::update_many()
            .col_expr(event::Column::Quarantined, why.into())
            .filter(event::Column::Id.eq(id))
            .exec(&self.inner)
            .await?;
        Ok(())
    }

    /// Did an event of one of these kinds about this call come between these two?
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn event_between(&self, call_id: &str, kinds: &[&str], after: i64, before: i64) -> Result<bool, StoreError> {
        let found = event::Entity::find()
            .filter(event::Column::CallId.eq(call_id))
            .filter(event::Column::Kind.is_in(kinds.iter().copied()))
            .filter(event::Column::Id.gt(after))
            .filter(event::Column::Id.lt(before))
            .count(&self.inner)
            .await?;
        Ok(found > 0)
    }
}

impl Store {
    /// The oldest events that nobody has understood yet.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn events_to_understand(&self, most: u64) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = event::Entity::find()
            .filter(event::Column::UnderstoodAt.is_null())
            .filter(event::Column::Quarantined.is_null())
            .order_by_asc(event::Column::Id)
            .limit(most)
            .all(&self.read)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| StoredEvent { id: row.id, key: row.key, body: row.body, received_at: super::at(row.received_at) })
            .collect())
    }
}
