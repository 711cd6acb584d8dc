//! Events on disk: received once, kept as they came, understood once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, Statement, Value,
};

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
    /// How it came.
    pub found_by: String,
}

impl Tx {
    /// Keeps an event unless one of the same key is here.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn keep_event(&self, event: NewEvent, now: DateTime<Utc>) -> Result<Verdict, StoreError> {
        let id = self.ids.next(now)?;
        let verdicts = keep(&self.inner, vec![(id, &event, now)]).await?;
        Ok(verdicts.first().copied().unwrap_or(Verdict::Duplicate))
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

    /// The events of these kinds about this call that came between these two, in the order of receipt.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn events_between(&self, call_id: &str, kinds: &[&str], after: i64, before: i64) -> Result<Vec<StoredEvent>, StoreError> {
        let found = event::Entity::find()
            .filter(event::Column::CallId.eq(call_id))
            .filter(event::Column::Kind.is_in(kinds.iter().copied()))
            .filter(event::Column::Id.gt(after))
            .filter(event::Column::Id.lt(before))
            .order_by_asc(event::Column::Id)
            .all(&self.inner)
            .await?;
        Ok(found.into_iter().map(stored).collect())
    }
}

impl Tx {
    /// The events of that kind for each of these calls, in the order of receipt.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn all_of(&self, kind: &str, call_ids: &[&str]) -> Result<HashMap<String, Vec<StoredEvent>>, StoreError> {
        if call_ids.is_empty() {
            return Ok(HashMap::new());
        }
        Ok(by_call(of_kind(kind, call_ids).all(&self.inner).await?))
    }
}

pub(super) fn of_kind(kind: &str, call_ids: &[&str]) -> Select<event::Entity> {
    event::Entity::find()
        .filter(event::Column::CallId.is_in(call_ids.iter().copied()))
        .filter(event::Column::Kind.eq(kind))
        .filter(event::Column::Quarantined.is_null())
        .order_by_asc(event::Column::Id)
}

pub(super) fn by_call(rows: Vec<event::Model>) -> HashMap<String, Vec<StoredEvent>> {
    let mut all: HashMap<String, Vec<StoredEvent>> = HashMap::new();
    for row in rows {
        if let Some(call_id) = row.call_id.clone() {
            all.entry(call_id).or_default().push(stored(row));
        }
    }
    all
}

/// Keeps the events whose keys are not here yet, in one statement; the verdicts are in the order of the events.
pub(super) async fn keep<C: ConnectionTrait>(database: &C, events: Vec<(i64, &NewEvent, DateTime<Utc>)>) -> Result<Vec<Verdict>, DbErr> {
    let ids: Vec<i64> = events.iter().map(|(id, ..)| *id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let written = database.execute_raw(insertion(database.get_database_backend(), events)).await?.rows_affected();
    if written == ids.len() as u64 {
        return Ok(ids.into_iter().map(Verdict::New).collect());
    }
    // Ids are never given twice, so a row of that id is this event.
    let new: Vec<i64> = event::Entity::find()
        .select_only()
        .column(event::Column::Id)
        .filter(event::Column::Id.is_in(ids.iter().copied()))
        .into_tuple()
        .all(database)
        .await?;
    Ok(ids.into_iter().map(|id| if new.contains(&id) { Verdict::New(id) } else { Verdict::Duplicate }).collect())
}

/// The statement that keeps these events, those excepted whose keys are here. Its text is ours, since every webhook passes here: on the
/// way through SeaORM's builders a body is copied twice more.
fn insertion(backend: DbBackend, events: Vec<(i64, &NewEvent, DateTime<Utc>)>) -> Statement {
    let mut sql = "insert into event (id, source, key, kind, call_id, body, received_at, found_by, quarantined) values ".to_owned();
    let mut values: Vec<Value> = Vec::with_capacity(events.len() * 9);
    for (id, event, received_at) in events {
        sql.push_str(if values.is_empty() { "(" } else { "), (" });
        let of_event: [Value; 9] = [
            id.into(),
            event.source.into(),
            event.key.as_str().into(),
            event.kind.into(),
            event.call_id.as_deref().into(),
            event.body.as_slice().into(),
            received_at.timestamp_millis().into(),
            event.found_by.into(),
            event.quarantined.as_deref().into(),
        ];
        for (at, value) in of_event.into_iter().enumerate() {
            values.push(value);
            if at > 0 {
                sql.push_str(", ");
            }
            match backend {
                // It takes numbers as well, but then sqlx asks for each one's name, which SQLite looks for in a list.
                DbBackend::Sqlite => sql.push('?'),
                DbBackend::Postgres | DbBackend::MySql | _ => sql.push_str(&format!("${}", values.len())),
            }
        }
    }
    sql.push_str(") on conflict (source, key) do nothing");
    Statement::from_sql_and_values(backend, sql, values)
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
        Ok(rows.into_iter().map(stored).collect())
    }
}

impl Store {
    /// Everything that was received about this call under that kind, as it came, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn told_of(&self, call_id: &str, kind: &str) -> Result<Vec<Vec<u8>>, StoreError> {
        let told = event::Entity::find()
            .select_only()
            .column(event::Column::Body)
            .filter(event::Column::CallId.eq(call_id))
            .filter(event::Column::Kind.eq(kind))
            .order_by_asc(event::Column::Id);
        Ok(told.into_tuple().all(&self.read).await?)
    }
}

pub(super) fn stored(row: event::Model) -> StoredEvent {
    StoredEvent { id: row.id, key: row.key, body: row.body, received_at: super::at(row.received_at), found_by: row.found_by }
}
