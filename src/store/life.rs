//! When a process ran on this database last: what happened in between, it cannot know.
//!
//! A database that nobody wrote to for a while may have been restored from a backup. Then others may have posted what it still holds to
//! be unsent, and what iClosed tells again may have been posted as well. Both are looked for before they are sent.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::due::{Send, phase_is, to_send};
use super::posts::read;
use super::tables::{instance, post};
use super::{StoreError, Tx, at};
use crate::domain::post::{Phase, doubt};

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

impl Tx {
    /// A process begins to work. Pauses of whole platforms end, what waits for a retry is due at once, and where nobody has worked here
    /// for long, what waits is looked for first. Says since when nobody had.
    ///
    /// `settle` is how long after a send the platform may still show it: whoever sent it is gone for that long, or nearly so.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn begin(&self, settle: TimeDelta, now: DateTime<Utc>) -> Result<Option<Blind>, StoreError> {
        let row = self.instance().await?;
        self.end_platform_pauses().await?;
        for which in [Send::Creation, Send::Edit] {
            post::Entity::update_many()
                .col_expr(post::Column::DueAt, now.timestamp_millis().into())
                .filter(to_send("post", which))
                .filter(post::Column::DueAt.gt(now.timestamp_millis()))
                .exec(&self.inner)
                .await?;
        }
        self.alive(now).await?;
        let Some(last) = row.alive_at.map(at).filter(|last| now - *last >= BLIND_AFTER) else {
            return Ok(None);
        };
        let before = Blind::read(&row).filter(|before| now - before.until < TOLD_AGAIN_FOR);
        let blind = Blind { from: before.map_or(last, |before| before.from), until: now };
        instance::Entity::update_many()
            .col_expr(instance::Column::BlindFrom, blind.from.timestamp_millis().into())
            .col_expr(instance::Column::BlindUntil, blind.until.timestamp_millis().into())
            .exec(&self.inner)
            .await?;
        self.doubt_what_waits(now - settle, now).await?;
        Ok(Some(Blind { from: last, until: now }))
    }

    /// A sign of life.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn alive(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        instance::Entity::update_many().col_expr(instance::Column::AliveAt, now.timestamp_millis().into()).exec(&self.inner).await?;
        Ok(())
    }

    async fn doubt_what_waits(&self, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), StoreError> {
        let of = |phase| Condition::all().add(phase_is("post", &[phase]));
        for which in [to_send("post", Send::Creation), of(Phase::Creating), of(Phase::Unclear)] {
            for row in post::Entity::find().filter(which).all(&self.inner).await? {
                let claimed = read(&row)?;
                let since = claimed.post.created_at;
                if let Some(doubted) = doubt(claimed.post, since, until, now) {
                    self.write_post(&claimed.key, &doubted, row.fence).await?;
                }
            }
        }
        Ok(())
    }
}
