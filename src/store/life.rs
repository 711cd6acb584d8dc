//! When a process ran on this database last: what happened in between, it cannot know.
//!
//! A database that nobody wrote to for a while may have been restored from a backup. Then others may have posted what it still holds to
//! be unsent, and what iClosed tells again may have been posted as well. Both are looked for before they are sent.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, Statement};

use super::due::{Send, phase_is, to_send};
use super::tables::{instance, post};
use super::{Store, StoreError, Tx, at};
use crate::domain::post::Phase;

/// So long may pass between the last sign of life and a start without any doubt: a restart takes less, a restore hardly.
const BLIND_AFTER: TimeDelta = TimeDelta::minutes(2);
/// So long after a start cancellations of the time before it may be told again: iClosed repeats for a day.
const TOLD_AGAIN_FOR: TimeDelta = TimeDelta::hours(48);

/// So long before that time a cancellation may have been made that was handled in it: clocks differ, and a webhook takes its time.
const LATE: TimeDelta = TimeDelta::hours(1);

/// A time of which the database knows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blind {
    /// Its beginning.
    pub from: DateTime<Utc>,
    /// Its end: a start.
    pub until: DateTime<Utc>,
}

impl Blind {
    /// When somebody may have posted this cancellation at the earliest, if it may be one that was handled in that time.
    #[must_use]
    pub fn covers(self, cancelled_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match cancelled_at {
            Some(cancelled_at) => (self.from - LATE <= cancelled_at && cancelled_at < self.until).then_some(cancelled_at),
            // It does not say when it was cancelled.
            None => (now - self.until < TOLD_AGAIN_FOR).then_some(self.from),
        }
    }

    pub(super) fn read(row: &instance::Model) -> Option<Self> {
        Some(Self { from: at(row.blind_from?), until: at(row.blind_until?) })
    }
}

impl Store {
    /// What time it is by the database's clock, where that is another machine's. Instances compare leases by their own.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn time(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let question = match self.read.get_database_backend() {
            backend @ DbBackend::Postgres => {
                Statement::from_string(backend, "select (extract(epoch from clock_timestamp()) * 1000)::bigint as now")
            }
            DbBackend::Sqlite | DbBackend::MySql | _ => return Ok(None),
        };
        let row = self.read.query_one_raw(question).await?;
        Ok(row.map(|row| row.try_get("", "now")).transpose()?.map(at))
    }
}

impl Tx {
    /// Since when nobody has worked here, if that is long ago. Then what waits is to be [doubted](Self::doubt_all) before
    /// [`begin`](Self::begin).
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn idle_since(&self, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StoreError> {
        Ok(self.instance().await?.alive_at.map(at).filter(|last| now - *last >= BLIND_AFTER))
    }

    /// Doubts all posts that wait, as [`doubt`](crate::domain::post::doubt) says of one, in one statement, since there may be thousands;
    /// how many. `until`: whoever sent them is gone since then.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn doubt_all(&self, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let (until, created) = (until.timestamp_millis(), Expr::col(post::Column::CreatedAt));
        let (first, last) = (Expr::col(post::Column::FirstSentAt), Expr::col(post::Column::LastSentAt));
        let earlier = Expr::case(first.clone().is_null().or(first.clone().gt(created.clone())), created).finally(first);
        let later = Expr::case(last.clone().is_null().or(last.clone().lt(until)), until).finally(last);
        let done = post::Entity::update_many()
            .col_expr(post::Column::Phase, Phase::Unclear.name().into())
            .col_expr(post::Column::MaybeSent, 0.into())
            .col_expr(post::Column::FirstSentAt, earlier.into())
            .col_expr(post::Column::LastSentAt, later.into())
            .col_expr(post::Column::Looks, 0.into())
            .col_expr(post::Column::DueAt, now.timestamp_millis().into())
            .col_expr(post::Column::LeaseUntil, Expr::val(None::<i64>))
            .col_expr(post::Column::Fence, Expr::col(post::Column::Fence).add(1))
            .filter(
                Condition::any()
                    .add(to_send("post", Send::Creation))
                    .add(phase_is("post", &[Phase::Creating]))
                    .add(phase_is("post", &[Phase::Unclear])),
            )
            .exec(&self.inner)
            .await?;
        Ok(done.rows_affected)
    }

    /// A process begins to work. Claims of dead processes end where that is sure, and pauses for dead tokens; what waits for a retry is due
    /// at once. Where nobody has worked here since
    /// `idle_since`, that time is remembered as one of which nothing is known.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn begin(&self, idle_since: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), StoreError> {
        let row = self.instance().await?;
        self.lapse_of_the_dead().await?;
        self.end_token_pauses(now).await?;
        for which in [Send::Creation, Send::Edit] {
            post::Entity::update_many()
                .col_expr(post::Column::DueAt, now.timestamp_millis().into())
                .filter(to_send("post", which))
                .filter(post::Column::DueAt.gt(now.timestamp_millis()))
                // What was not tried yet is held back on purpose.
                .filter(post::Column::Attempt.gt(0))
                .exec(&self.inner)
                .await?;
        }
        self.alive(now).await?;
        let Some(last) = idle_since else {
            return Ok(());
        };
        let before = Blind::read(&row).filter(|before| now - before.until < TOLD_AGAIN_FOR);
        let from = before.map_or(last, |before| before.from.max(now - TOLD_AGAIN_FOR).min(last));
        instance::Entity::update_many()
            .col_expr(instance::Column::BlindFrom, from.timestamp_millis().into())
            .col_expr(instance::Column::BlindUntil, now.timestamp_millis().into())
            .exec(&self.inner)
            .await?;
        Ok(())
    }

    /// A sign of life.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn alive(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        instance::Entity::update_many().col_expr(instance::Column::AliveAt, now.timestamp_millis().into()).exec(&self.inner).await?;
        Ok(())
    }
}
