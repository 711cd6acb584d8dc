//! Follow-ups about which something may be due because nobody did anything, and the reminders that wait to be said.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ActiveValue, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::due::{Send, to_send};
use super::follow_ups::read;
use super::tables::{follow_up, post, registration};
use super::{Store, StoreError, Tx, at};
use crate::domain::act::Note;
use crate::domain::follow_up::FollowUp;
use crate::domain::post::Phase;
use crate::domain::remind::Stage;

/// A reminder is a note that can be withdrawn.
const REMINDER: &str = "reminder";
/// Nobody has said yet when something is due.
const UNPLANNED: i64 = 0;
/// Unsent reminders that are read at once.
const UNSENT_MOST: u64 = 200;

/// A follow-up that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// As it is.
    pub follow_up: FollowUp,
    /// Was it there before these rules held?
    pub unplanned: bool,
}

impl Store {
    /// Follow-ups about which something may be due, the longest first, at most so many.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn to_look_at(&self, now: DateTime<Utc>, most: u64) -> Result<Vec<i64>, StoreError> {
        let due = follow_up::Entity::find()
            .select_only()
            .column(follow_up::Column::Id)
            .filter(follow_up::Column::LookAt.lte(now.timestamp_millis()))
            .order_by_asc(follow_up::Column::LookAt)
            .limit(most);
        Ok(due.into_tuple().all(&self.read).await?)
    }

    /// Reminders of which nothing was sent yet and that are due before then, some of them, each with its follow-up and when it was written.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn unsent_reminders(&self, due_before: DateTime<Utc>) -> Result<Vec<(i64, DateTime<Utc>, Note)>, StoreError> {
        let unsent = post::Entity::find()
            .select_only()
            .column(post::Column::FollowUpId)
            .column(post::Column::CreatedAt)
            .column(post::Column::Body)
            .filter(to_send("post", Send::Creation))
            .filter(post::Column::Kind.eq(REMINDER))
            .filter(post::Column::DueAt.lt(due_before.timestamp_millis()))
            .limit(UNSENT_MOST);
        let rows: Vec<(i64, i64, Option<String>)> = unsent.into_tuple().all(&self.read).await?;
        // What cannot be read is given up where it is sent.
        let read =
            |(id, written_at, body): (i64, i64, Option<String>)| Some((id, at(written_at), serde_json::from_str(body.as_deref()?).ok()?));
        Ok(rows.into_iter().filter_map(read).collect())
    }
}

impl Tx {
    /// That follow-up, if something may still be due about it; kept from others until this transaction ends. One that cannot be read is
    /// not looked at again.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn look_at(&self, id: i64, now: DateTime<Utc>) -> Result<Option<Look>, StoreError> {
        let row = follow_up::Entity::find_by_id(id).lock_exclusive().one(&self.inner).await?;
        let Some((row, look_at)) = row.and_then(|row| row.look_at.map(|look_at| (row, look_at))).filter(|(_, due)| at(*due) <= now) else {
            return Ok(None);
        };
        match read(&row) {
            Ok(follow_up) => Ok(Some(Look { follow_up, unplanned: look_at == UNPLANNED })),
            Err(unreadable) => {
                tracing::error!(%unreadable, "a follow-up cannot be read, and nobody is reminded of it");
                self.write_look(id, follow_up::ActiveModel { look_at: Set(None), ..Default::default() }).await?;
                Ok(None)
            }
        }
    }

    /// How far its reminders have come, and when to look again.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn look_again(&self, id: i64, stage: Stage, when: Option<DateTime<Utc>>) -> Result<(), StoreError> {
        let look_at = Set(when.map(|when| when.timestamp_millis()));
        self.write_look(id, follow_up::ActiveModel { stage: Set(stage.name().to_owned()), look_at, ..Default::default() }).await
    }

    /// Did nobody do anything about it since then?
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn is_untouched(&self, id: i64, since: DateTime<Utc>) -> Result<bool, StoreError> {
        let row = follow_up::Entity::find_by_id(id).one(&self.inner).await?;
        Ok(row.is_some_and(|row| row.changed_at == since.timestamp_millis()))
    }

    /// Other rules hold from now on, of that digest: what is not closed is planned anew. Nothing is done where they are known.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn plan_anew(&self, name: &str, digest: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let known = registration::Entity::find_by_id(name).one(&self.inner).await?;
        if known.is_some_and(|known| known.digest == digest) {
            return Ok(());
        }
        follow_up::Entity::update_many()
            .col_expr(follow_up::Column::LookAt, Expr::value(UNPLANNED))
            .filter(follow_up::Column::State.is_in(["open", "assigned"]))
            .exec(&self.inner)
            .await?;
        self.registered(name, digest, now).await
    }

    /// Is it time again for what may be done only so often? Then it counts as done now.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn take_turn(&self, name: &str, every: TimeDelta, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let last = registration::Entity::find_by_id(name).one(&self.inner).await?;
        // A clock that was set back must not keep it waiting.
        let is_time = last.is_none_or(|last| (now - at(last.at)).abs() >= every);
        if is_time {
            self.registered(name, "", now).await?;
        }
        Ok(is_time)
    }

    /// Has any of the reminders that were written with this unsent one been said, or may it have been?
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn is_said_in_part(&self, follow_up_id: i64, written_at: DateTime<Utc>) -> Result<bool, StoreError> {
        let may_be_said = Condition::any()
            .add(post::Column::Message.is_not_null())
            .add(post::Column::MaybeSent.is_not_null())
            .add(post::Column::Phase.is_in([Phase::Creating, Phase::Unclear, Phase::Held].map(Phase::name)));
        let said = post::Entity::find()
            .filter(post::Column::FollowUpId.eq(follow_up_id))
            .filter(post::Column::Kind.eq(REMINDER))
            .filter(written(written_at))
            .filter(may_be_said);
        Ok(said.count(&self.inner).await? > 0)
    }

    /// Reminders of which nothing was sent yet are never said.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn withdraw_reminders(&self, follow_up_id: i64) -> Result<(), StoreError> {
        self.withdraw(unsent_of(follow_up_id)).await
    }

    /// The same, of those that were written then.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn withdraw_reminders_of(&self, follow_up_id: i64, written_at: DateTime<Utc>) -> Result<(), StoreError> {
        self.withdraw(unsent_of(follow_up_id).add(written(written_at))).await
    }

    /// Reminders that were written then and of which nothing was sent yet are not said before that.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn put_off_reminders_of(&self, follow_up_id: i64, written_at: DateTime<Utc>, until: DateTime<Utc>) -> Result<(), StoreError> {
        let until = until.timestamp_millis();
        let sooner = unsent_of(follow_up_id).add(written(written_at)).add(post::Column::DueAt.lt(until));
        post::Entity::update_many().col_expr(post::Column::DueAt, Expr::value(until)).filter(sooner).exec(&self.inner).await?;
        Ok(())
    }

    async fn withdraw(&self, which: Condition) -> Result<(), StoreError> {
        let withdrawn = post::Entity::update_many().col_expr(post::Column::Phase, Expr::value(Phase::Gone.name()));
        withdrawn.filter(which).exec(&self.inner).await?;
        Ok(())
    }

    async fn write_look(&self, id: i64, changed: follow_up::ActiveModel) -> Result<(), StoreError> {
        follow_up::Entity::update_many().set(changed).filter(follow_up::Column::Id.eq(id)).exec(&self.inner).await?;
        Ok(())
    }
}

fn written(at: DateTime<Utc>) -> Expr {
    post::Column::CreatedAt.eq(at.timestamp_millis())
}

/// Reminders about that follow-up of which nothing was sent yet.
fn unsent_of(follow_up_id: i64) -> Condition {
    Condition::all()
        .add(post::Column::FollowUpId.eq(follow_up_id))
        .add(post::Column::Kind.eq(REMINDER))
        .add(post::Column::Phase.eq(Phase::Idle.name()))
        .add(post::Column::Message.is_null())
        .add(post::Column::MaybeSent.is_null())
}

/// What the row of a note is.
pub(super) fn kind_of(note: &Note) -> ActiveValue<String> {
    Set(if note.reminds().is_some() { REMINDER } else { "note" }.to_owned())
}
