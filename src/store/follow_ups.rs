//! Follow-ups and their history on disk.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::known::seen_of;
use super::lists::readable;
use super::posts::NewPost;
use super::tables::{follow_up, history};
use super::{Store, StoreError, Tx};
use crate::domain::follow_up::{Case, FollowUp, State};
use crate::domain::identity::{Identity, ShortId};
use crate::domain::platform::Channel;
use crate::domain::remind::{Stage, Watch};
use crate::domain::side::Side;

/// A follow-up to be opened.
#[derive(Debug, Clone)]
pub struct NewFollowUp {
    /// How people name it: one of [`Store::free_short_ids`].
    pub short_id: ShortId,
    /// The event of the cancellation.
    pub event_id: i64,
    /// The semantic key of that event.
    pub event_key: String,
    /// When it was cancelled, as far as known, else when we heard of it.
    pub cancelled_at: DateTime<Utc>,
    /// What is known about it.
    pub case: Case,
    /// When something is due if nobody does anything.
    pub look_at: Option<DateTime<Utc>>,
    /// The channels that get a card.
    pub channels: Vec<Channel>,
    /// When its cards are due.
    pub due_at: DateTime<Utc>,
    /// Between these two somebody of whom this database knows nothing may have posted its cards.
    pub maybe_sent: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// How often a short id of one length is tried before it grows by a character.
const TRIES: usize = 8;

impl Tx {
    /// The newest follow-up of this call at this start, as far as both are known, with the id of its event; where `around` is given, of those
    /// that were cancelled so close to that time.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn twin(
        &self,
        call_id: &str,
        start: Option<DateTime<Utc>>,
        around: Option<(DateTime<Utc>, TimeDelta)>,
    ) -> Result<Option<(FollowUp, i64)>, StoreError> {
        let same_start = start.map(|start| {
            let same = follow_up::Column::StartAt.eq(start.timestamp_millis());
            Condition::any().add(same).add(follow_up::Column::StartAt.is_null())
        });
        let close = around.map(|(at, within)| {
            let (from, to) = (at - within, at + within);
            follow_up::Column::CancelledAt.between(from.timestamp_millis(), to.timestamp_millis())
        });
        let row = follow_up::Entity::find()
            .filter(follow_up::Column::CallId.eq(call_id))
            .filter(Condition::all().add_option(same_start).add_option(close))
            .order_by_desc(follow_up::Column::Id)
            .one(&self.inner)
            .await?;
        row.map(|row| Ok((read(&row)?, row.event_id))).transpose()
    }

    /// Those of these calls that are cancelled as far as we know: they have a follow-up that did not end with a new time.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn calls_lost(&self, call_ids: &[&str]) -> Result<HashSet<String>, StoreError> {
        if call_ids.is_empty() {
            return Ok(HashSet::new());
        }
        let lost = follow_up::Entity::find()
            .select_only()
            .column(follow_up::Column::CallId)
            .filter(follow_up::Column::CallId.is_in(call_ids.iter().copied()))
            .filter(follow_up::Column::State.ne("rebooked"))
            .into_tuple::<String>()
            .all(&self.inner)
            .await?;
        Ok(lost.into_iter().collect())
    }

    /// The newest follow-up of an invitee, known again by the strongest of their normal forms; none that nobody has seen.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn last_follow_up_of(&self, invitee: &Identity) -> Result<Option<FollowUp>, StoreError> {
        let Some(seen) = seen_of(invitee) else {
            return Ok(None);
        };
        let row = seen.order_by_desc(follow_up::Column::Id).one(&self.inner).await?;
        row.as_ref().map(read).transpose()
    }

    /// The follow-ups that are not closed, of that call or of an invitee with any of these keys, each with when it was cancelled or heard
    /// of; kept from others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn open_follow_ups_of(&self, call_id: &str, invitee: &Identity) -> Result<Vec<(FollowUp, DateTime<Utc>)>, StoreError> {
        let by = |column: follow_up::Column, key: &Option<String>| key.as_deref().map(|key| column.eq(key));
        let theirs = Condition::any()
            .add(follow_up::Column::CallId.eq(call_id))
            .add_option(by(follow_up::Column::EmailKey, &invitee.email))
            .add_option(by(follow_up::Column::ContactKey, &invitee.contact))
            .add_option(by(follow_up::Column::PhoneKey, &invitee.phone));
        let rows = follow_up::Entity::find()
            .filter(theirs)
            .filter(follow_up::Column::State.is_in(["open", "assigned"]))
            .order_by_asc(follow_up::Column::Id)
            .lock_exclusive()
            .all(&self.inner)
            .await?;
        rows.iter().map(|row| Ok((read(row)?, super::at(row.cancelled_at)))).collect()
    }

    /// Opens follow-ups: version 1, open, with the first line of their stories and a post for every channel that gets a card.
    ///
    /// # Errors
    /// [`StoreError::Database`], also where a short id is somebody else's by now.
    pub async fn open_follow_ups(&self, new: Vec<NewFollowUp>, now: DateTime<Utc>) -> Result<Vec<FollowUp>, StoreError> {
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let (mut rows, mut opened, mut posts) = (Vec::with_capacity(new.len()), Vec::with_capacity(new.len()), Vec::new());
        for new in new {
            let follow_up = FollowUp {
                id: self.ids.next(now)?,
                short_id: new.short_id,
                version: 1,
                state: State::Open,
                snoozed_until: None,
                last_owner: None,
                opened_at: now,
                watch: Watch::new(now),
                case: new.case,
            };
            let look_at = Set(new.look_at.map(|at| at.timestamp_millis()));
            rows.push(follow_up::ActiveModel { look_at, ..row(&follow_up, new.event_id, new.cancelled_at)? });
            let (maybe_sent, due_at) = (new.maybe_sent, new.due_at);
            posts.extend(new.channels.into_iter().map(|channel| NewPost {
                follow_up_id: follow_up.id,
                event_key: new.event_key.clone(),
                channel,
                wanted: follow_up.version,
                maybe_sent,
                due_at,
            }));
            opened.push(follow_up);
        }
        let ids: Vec<i64> = opened.iter().map(|follow_up| follow_up.id).collect();
        let backend = self.inner.get_database_backend();
        let mut writing = vec![
            follow_up::Entity::insert_many(rows).build(backend),
            history::Entity::insert_many(self.history_rows(&ids, "opened", now)?).build(backend),
        ];
        writing.extend(self.posts_to_add(posts, now));
        self.execute_together(writing).await?;
        Ok(opened)
    }

    /// Writes the same step into the stories of these follow-ups.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn add_history(&self, follow_ups: &[i64], act: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        if !follow_ups.is_empty() {
            history::Entity::insert_many(self.history_rows(follow_ups, act, now)?).exec_without_returning(&self.inner).await?;
        }
        Ok(())
    }

    fn history_rows(&self, follow_ups: &[i64], act: &str, now: DateTime<Utc>) -> Result<Vec<history::ActiveModel>, StoreError> {
        let step = |follow_up_id: &i64| -> Result<history::ActiveModel, StoreError> {
            Ok(history::ActiveModel {
                id: Set(self.ids.next(now)?),
                follow_up_id: Set(*follow_up_id),
                at: Set(now.timestamp_millis()),
                person: Set(None),
                act: Set(act.to_owned()),
                detail: Set(None),
                press: Set(None),
            })
        };
        follow_ups.iter().map(step).collect()
    }
}

impl Store {
    /// Short ids that no follow-up has; a character longer each time too many of them were taken.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Random`]
    pub async fn free_short_ids(&self, wanted: usize) -> Result<Vec<ShortId>, StoreError> {
        let mut free: Vec<ShortId> = Vec::with_capacity(wanted);
        if wanted == 0 {
            return Ok(free);
        }
        for tried in 0.. {
            let length = 4 + tried / TRIES;
            while free.len() < wanted {
                let id = ShortId::from_random(getrandom::u64()?.to_le_bytes(), length);
                if !free.contains(&id) {
                    free.push(id);
                }
            }
            let taken: HashSet<String> = follow_up::Entity::find()
                .select_only()
                .column(follow_up::Column::ShortId)
                .filter(follow_up::Column::ShortId.is_in(free.iter().map(ShortId::as_str)))
                .into_tuple::<String>()
                .all(&self.read)
                .await?
                .into_iter()
                .collect();
            free.retain(|id| !taken.contains(id.as_str()));
            if free.len() == wanted {
                break;
            }
        }
        Ok(free)
    }

    /// The follow-ups of these ids; for each that cannot be read, why.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub(super) async fn follow_ups(&self, ids: &[i64]) -> Result<HashMap<i64, Result<FollowUp, String>>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = follow_up::Entity::find().filter(follow_up::Column::Id.is_in(ids.iter().copied())).all(&self.read).await?;
        Ok(rows.iter().map(|row| (row.id, read(row).map_err(|error| error.to_string()))).collect())
    }

    /// The follow-up of that id.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn follow_up(&self, id: i64) -> Result<Option<FollowUp>, StoreError> {
        let row = follow_up::Entity::find_by_id(id).one(&self.read).await?;
        row.as_ref().map(read).transpose()
    }

    /// The open follow-ups of these calls of which nobody knows who cancelled, without those that cannot be read.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn of_unknown_side(&self, call_ids: &[&str]) -> Result<Vec<FollowUp>, StoreError> {
        if call_ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = follow_up::Entity::find()
            .filter(follow_up::Column::CallId.is_in(call_ids.iter().copied()))
            .filter(follow_up::Column::Side.eq(Side::Unknown.name()))
            .filter(follow_up::Column::State.is_in(["open", "assigned"]))
            .all(&self.read)
            .await?;
        Ok(readable(&rows))
    }

    /// The oldest follow-ups after that one, of those that were cancelled since then; each with when it was cancelled or, where that is
    /// not known, heard of. Without halves of moves that nobody has seen.
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
            .filter(follow_up::Column::Withdrawn.eq(0))
            .filter(Condition::all().add_option(since))
            .order_by_asc(follow_up::Column::Id)
            .limit(most)
            .all(&self.read)
            .await?;
        rows.iter().map(|row| Ok((read(row)?, super::at(row.cancelled_at)))).collect()
    }
}

pub(super) fn read(row: &follow_up::Model) -> Result<FollowUp, StoreError> {
    let broken = |why: String| StoreError::row("follow_up", &row.id, &why);
    Ok(FollowUp {
        id: row.id,
        short_id: ShortId::parse(&row.short_id).ok_or_else(|| broken("short_id".into()))?,
        version: row.version,
        state: serde_json::from_str(&row.state_detail).map_err(|error| broken(format!("state_detail: {error}")))?,
        snoozed_until: row.snoozed_until.map(super::at),
        last_owner: row
            .last_owner
            .as_deref()
            .map(serde_json::from_str)
            .transpose()
            .map_err(|error| broken(format!("last_owner: {error}")))?,
        opened_at: super::at(row.opened_at),
        watch: Watch { since: super::at(row.changed_at), stage: Stage::from_name(&row.stage).ok_or_else(|| broken("stage".into()))? },
        case: serde_json::from_str(&row.facts).map_err(|error| broken(format!("facts: {error}")))?,
    })
}

fn row(follow_up: &FollowUp, event_id: i64, cancelled_at: DateTime<Utc>) -> Result<follow_up::ActiveModel, StoreError> {
    let call = &follow_up.case.cancellation.call;
    let identity = call.invitee.identity();
    Ok(follow_up::ActiveModel {
        id: Set(follow_up.id),
        short_id: Set(follow_up.short_id.to_string()),
        event_id: Set(event_id),
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
        opened_at: Set(follow_up.opened_at.timestamp_millis()),
        changed_at: Set(follow_up.opened_at.timestamp_millis()),
        facts: Set(json(&follow_up.case)?),
        last_owner: Set(None),
        stage: Set(follow_up.watch.stage.name().to_owned()),
        look_at: Set(None),
        withdrawn: Set(0),
    })
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::row("follow_up", &"new", &error))
}
