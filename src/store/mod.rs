//! The store: events, follow-ups and posts on disk, in SQLite or PostgreSQL. The only user of the database crates.
//!
//! Everything is written by one task through [`Store::write`], which puts the work of many callers into one commit. What was answered
//! with `Ok` is on disk. It decides nothing: which rows to write is for `flow` to say, with the rules of `domain`.

mod acts;
mod ahead;
mod aliases;
mod backlog;
mod bookings;
mod checkpoint;
mod claims;
mod connect;
mod due;
mod events;
mod files;
mod follow_ups;
mod ids;
mod intake;
mod known;
mod life;
mod lists;
mod location;
mod mentions;
mod migrate;
mod open;
mod pace;
mod posts;
mod rebookings;
mod registration;
mod remind;
mod replay;
mod steps;
mod tables;
#[cfg(test)]
mod tests;
mod together;
mod writer;

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QuerySelect};

pub use acts::{Act, CardAbove};
pub use backlog::Backlog;
pub use claims::{Claimed, Claims, Outcomes, Work};
pub use events::{NewEvent, StoredEvent, Verdict};
pub use follow_ups::NewFollowUp;
pub use known::{About, Known};
pub use life::Blind;
pub use location::Location;
pub use open::WriterTasks;
pub use pace::{Method, Pause, Shut, Token, Waits};
pub use posts::{NewPost, NoteBelow};
pub use remind::Look;
pub use replay::{GivenUp, Quarantined, Readable, Release};

use ids::Ids;

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    read: connect::Readers,
    /// For what somebody waits for: webhooks.
    writer: writer::Writer,
    /// For the work behind. On PostgreSQL it waits for other instances ([`Tx::alone`]), which webhooks must not.
    behind: writer::Writer,
}

/// One caller's part of a commit. Nothing of it is kept when the work fails.
pub struct Tx {
    inner: DatabaseTransaction,
    ids: Arc<Ids>,
    keys: Arc<posts::KeyMaker>,
}

/// Why the database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or could not be reached; nothing of the work is kept.
    #[error("the database failed: {0}")]
    Database(#[from] DbErr),
    /// A row cannot be read by this version of Rebound.
    #[error("row {row} of table {table} cannot be read: {why}")]
    Row {
        /// The table.
        table: &'static str,
        /// The row's key.
        row: String,
        /// What is wrong with it.
        why: String,
    },
    /// The writer has stopped, because Rebound is stopping.
    #[error("the store is closed")]
    Closed,
    /// The transaction failed in which the work was done or would have been, whatever the work was.
    #[error("the transaction failed: {0}")]
    NotKept(String),
    /// The work panicked; nothing of it is kept.
    #[error("the work did not come to its end")]
    NotDone,
    /// The database could not be opened.
    #[error("{0}")]
    Open(String),
    /// There is no randomness to make ids and secrets of.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

impl Tx {
    /// Lets no other instance on the same PostgreSQL pass here before this transaction ends, so that what was read stays true until it is
    /// acted on: two events about one invitee, two posts of one channel. SQLite has one writer anyway.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn alone(&self) -> Result<(), StoreError> {
        match self.inner.get_database_backend() {
            DbBackend::Sqlite => Ok(()),
            DbBackend::Postgres | DbBackend::MySql | _ => self.instance().await.map(drop),
        }
    }

    /// The one row of this installation, kept from other instances until this transaction ends.
    async fn instance(&self) -> Result<tables::instance::Model, StoreError> {
        let row = tables::instance::Entity::find_by_id(1).lock_exclusive().one(&self.inner).await?;
        row.ok_or_else(|| StoreError::row("instance", &1, &"missing"))
    }
}

impl StoreError {
    /// Is it the work itself that cannot be done, today and tomorrow? Otherwise it was the database, the way to it, or another who had
    /// the lock, and the same work may well succeed.
    #[must_use]
    pub fn is_of_the_work(&self) -> bool {
        match self {
            Self::Row { .. } | Self::NotDone => true,
            Self::NotKept(_)
            | Self::Closed
            | Self::Open(_)
            | Self::Random(_)
            | Self::Database(DbErr::ConnectionAcquire(_) | DbErr::Conn(_) | DbErr::Custom(_)) => false,
            Self::Database(error) => location::driver(error).is_none_or(location::is_of_the_statement),
        }
    }

    fn row(table: &'static str, row: &impl ToString, why: &impl ToString) -> Self {
        Self::Row { table, row: row.to_string(), why: why.to_string() }
    }
}

/// Milliseconds since 1970 as the instant that they mean.
fn at(milliseconds: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp_millis(milliseconds).unwrap_or_default()
}
