//! Follow-ups and their history on disk.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::tables::{follow_up, history};
use super::{Store, StoreError, Tx};
use crate::domain::follow_up::{Case, FollowUp, State};
use crate::domain::identity::{Identity, ShortId};

/// A follow-up to be opened.
#[derive(Debug, Clone)]
pub struct NewFollowUp {
    /// The event of the cancellation.
    pub event_id: i64,
    /// What is known about it.
    pub case: Case,
}

/// How often a short id of one length is tried before it grows by a character.
const TRIES: usize = 8;

impl Tx {
    /// The newest follow-up of this call that was cancelled at most `within` from `cancelled_at`, with the id of its event.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn twin(&self, call_id: &str, cancelled_at: DateTime<Utc>, within: TimeDelta) -> Result<Option<(FollowUp, i64)>, StoreError> {
        let row = follow_up::Entity::find()
            .filter(follow_up::Column::CallId.eq(call_id))
            .filter(
                follow_up::Column::CancelledAt
                    .between((cancelled_at - within).timestamp_millis(), (cancelled_at + within).timestamp_millis()),
            )
            .order_by_desc(follow_up::Column::Id)
            .one(&self.inner)
            .await?;
        row.map(|row| Ok((read(&row)?, row.event_id))).transpose()
    }

    /// How many follow-ups this invitee has had, known again by the strongest of their normal forms.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn earlier_follow_ups(&self, invitee: &Identity) -> Result<u32, StoreError> {
        let known_by = match invitee {
            Identity { email: Some(email), .. } => follow_up::Column::EmailKey.eq(email),
            Identity { contact: Some(contact), .. } => follow_up::Column::ContactKey.eq(contact),
            Identity { phone: Some(phone), .. } => follow_up::Column::PhoneKey.eq(phone),
            Identity { email: None, contact: None, phone: None } => return Ok(0),
        };
        let count = follow_up::Entity::find().filter(known_by).count(&self.inner).await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Opens a follow-up: version 1, open.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn open_follow_up(&self, new: NewFollowUp, cancelled_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<FollowUp, StoreError> {
        let follow_up = FollowUp {
            id: self.ids.next(now)?,
            short_id: self.free_short_id().await?,
            version: 1,
            state: State::Open,
            snoozed_until: None,
            opened_at: now,
            case: new.case,
        };
        let call = &follow_up.case.cancellation.call;
        let identity = call.invitee.identity();
        let row = follow_up::ActiveModel {
            id: Set(follow_up.id),
            short_id: Set(follow_up.short_id.to_string()),
            event_id: Set(new.event_id),
            call_id: Set(call.id.clone()),
            version: Set(follow_up.version),
            state: Set(follow_up.state.name().to_owned()),
            state_detail: Set(json(&follow_up.state)?),
            snoozed_until: Set(None),
            side: Set(follow_up.case.side.name().to_owned()),
            reason_class: Set(follow_up.case.reason_class.name().to_owned()),
            email_key: Set(identity.email),
            contact_key: Set(identity.contact),
            phone_key: Set(identity.phone),
            cancelled_at: Set(cancelled_at.timestamp_millis()),
            start_at: Set(call.start.instant().map(|start| start.timestamp_millis())),
            opened_at: Set(now.timestamp_millis()),
            changed_at: Set(now.timestamp_millis()),
            facts: Set(json(&follow_up.case)?),
        };
        follow_up::Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(follow_up)
    }

    /// Writes a step of a follow-up's story.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn add_history(&self, follow_up_id: i64, act: &str, detail: Option<String>, now: DateTime<Utc>) -> Result<(), StoreError> {
        let row = history::ActiveModel {
            id: Set(self.ids.next(now)?),
            follow_up_id: Set(follow_up_id),
            at: Set(now.timestamp_millis()),
            person: Set(None),
            act: Set(act.to_owned()),
            detail: Set(detail),
        };
        history::Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(())
    }

    async fn free_short_id(&self) -> Result<ShortId, StoreError> {
        let mut length = 4;
        loop {
            for _ in 0..TRIES {
                let id = ShortId::from_random(getrandom::u64()?.to_le_bytes(), length);
                let taken = follow_up::Entity::find().filter(follow_up::Column::ShortId.eq(id.as_str())).count(&self.inner).await?;
                if taken == 0 {
                    return Ok(id);
                }
            }
            length += 1;
        }
    }
}

impl Store {
    /// The follow-up of that id.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn follow_up(&self, id: i64) -> Result<Option<FollowUp>, StoreError> {
        let row = follow_up::Entity::find_by_id(id).one(&self.read).await?;
        row.as_ref().map(read).transpose()
    }

    /// The oldest follow-ups after that one, of those that were cancelled since then; each with when it was cancelled or, where that is
    /// not known, heard of.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn follow_ups_after(
        &self,
        id: i64,
        cancelled_since: Option<DateTime<Utc>>,
        most: u64,
    ) -> Result<Vec<(FollowUp, DateTime<Utc>)>, StoreError> {
        let since = cancelled_since.map(|since| follow_up::Column::CancelledAt.gte(since.timestamp_millis()));
        let rows = follow_up::Entity::find()
            .filter(follow_up::Column::Id.gt(id))
            .filter(Condition::all().add_option(since))
            .order_by_asc(follow_up::Column::Id)
            .limit(most)
            .all(&self.read)
            .await?;
        rows.iter().map(|row| Ok((read(row)?, super::at(row.cancelled_at)))).collect()
    }
}

fn read(row: &follow_up::Model) -> Result<FollowUp, StoreError> {
    let broken = |why: String| StoreError::row("follow_up", &row.id, &why);
    Ok(FollowUp {
        id: row.id,
        short_id: ShortId::parse(&row.short_id).ok_or_else(|| broken("short_id".into()))?,
        version: row.version,
        state: serde_json::from_str(&row.state_detail).map_err(|error| broken(format!("state_detail: {error}")))?,
        snoozed_until: row.snoozed_until.map(super::at),
        opened_at: super::at(row.opened_at),
        case: serde_json::from_str(&row.facts).map_err(|error| broken(format!("facts: {error}")))?,
    })
}

fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::row("follow_up", &"new", &error))
}
