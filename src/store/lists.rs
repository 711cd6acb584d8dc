//! Lists of follow-ups for people who ask, and the story of one; never what was withdrawn unseen. Which of them are shown, and in which
//! order, is not decided here.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

use super::follow_ups::read;
use super::tables::{follow_up, history, post};
use super::{Store, StoreError, at};
use crate::domain::act::{ClosingReason, Ending};
use crate::domain::follow_up::{FollowUp, State};
use crate::domain::identity::ShortId;
use crate::domain::platform::Platform;
use crate::domain::post::DeliveryKey;
use crate::domain::side::Side;
use crate::domain::story::{More, Step};

/// Follow-ups that are read for one list.
const MOST: u64 = 1_000;
/// Open follow-ups that are read at once: more than a team has that closes what nobody cared for within 30 days.
const OPEN_MOST: u64 = 5_000;
/// Steps of a story that are told, the latest.
const STEPS_MOST: u64 = 20;

impl Store {
    /// Follow-ups that are not closed; of very many the newest.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn open_follow_ups(&self) -> Result<Vec<FollowUp>, StoreError> {
        let open = follow_up::Entity::find().filter(follow_up::Column::State.is_in(["open", "assigned"]));
        let rows = open.order_by_desc(follow_up::Column::Id).limit(OPEN_MOST).all(&self.read).await?;
        Ok(readable(&rows))
    }

    /// The newest follow-ups, whatever became of them, the newest first; only those before that one.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn newest_follow_ups(&self, before: i64) -> Result<Vec<FollowUp>, StoreError> {
        let older = follow_up::Entity::find().filter(follow_up::Column::Id.lt(before)).filter(follow_up::Column::Withdrawn.eq(0));
        let rows = older.order_by_desc(follow_up::Column::Id).limit(MOST).all(&self.read).await?;
        Ok(readable(&rows))
    }

    /// The follow-up of that short id.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn follow_up_by_short_id(&self, id: &ShortId) -> Result<Option<FollowUp>, StoreError> {
        let named = follow_up::Entity::find().filter(follow_up::Column::ShortId.eq(id.as_str())).filter(follow_up::Column::Withdrawn.eq(0));
        let row = named.one(&self.read).await?;
        row.as_ref().map(read).transpose()
    }

    /// The follow-ups of the invitee with that address in its normal form, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn follow_ups_of_email(&self, email: &str) -> Result<Vec<FollowUp>, StoreError> {
        let theirs = follow_up::Entity::find().filter(follow_up::Column::EmailKey.eq(email)).filter(follow_up::Column::Withdrawn.eq(0));
        let rows = theirs.order_by_desc(follow_up::Column::Id).limit(MOST).all(&self.read).await?;
        Ok(readable(&rows))
    }

    /// The key of a card of each of these follow-ups, where it has one.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn keys_of(&self, follow_ups: &[i64]) -> Result<HashMap<i64, DeliveryKey>, StoreError> {
        if follow_ups.is_empty() {
            return Ok(HashMap::new());
        }
        let cards: Vec<(i64, String)> = post::Entity::find()
            .select_only()
            .column(post::Column::FollowUpId)
            .column(post::Column::Key)
            .filter(post::Column::FollowUpId.is_in(follow_ups.iter().copied()))
            .filter(post::Column::Kind.eq("card"))
            .order_by(post::Column::Key, Order::Asc)
            .into_tuple()
            .all(&self.read)
            .await?;
        let mut keys = HashMap::new();
        for (follow_up_id, key) in cards {
            let read = DeliveryKey::parse(&key).ok_or_else(|| StoreError::row("post", &key, &"key"))?;
            keys.entry(follow_up_id).or_insert(read);
        }
        Ok(keys)
    }

    /// The latest steps of a follow-up's story, in their order.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn story(&self, follow_up_id: i64) -> Result<Vec<Step>, StoreError> {
        let steps = history::Entity::find().filter(history::Column::FollowUpId.eq(follow_up_id));
        let mut rows = steps.order_by_desc(history::Column::Id).limit(STEPS_MOST).all(&self.read).await?;
        rows.reverse();
        Ok(rows.into_iter().map(step).collect())
    }
}

/// Those that can be read: one that cannot must not hide the others.
pub(super) fn readable(rows: &[follow_up::Model]) -> Vec<FollowUp> {
    let read = |row| read(row).inspect_err(|unreadable| tracing::error!(%unreadable, "a follow-up is missing in a list"));
    rows.iter().filter_map(|row| read(row).ok()).collect()
}

/// A step is told as far as it can be read: what another version wrote into it is no reason to tell nothing.
fn step(row: history::Model) -> Step {
    let by = row.person.as_deref().and_then(|person| person.split_once(':'));
    let by = by.and_then(|(platform, id)| Some((Platform::from_name(platform)?, id.to_owned())));
    let detail: Value = row.detail.as_deref().and_then(|detail| serde_json::from_str(detail).ok()).unwrap_or_default();
    let text = |name: &str| detail.get(name).and_then(Value::as_str);
    let (to, host) = match detail.get("new").cloned().map(serde_json::from_value) {
        Some(Ok(State::Assigned { owner })) => (Some(owner), None),
        Some(Ok(State::Rebooked { host, .. })) => (None, host),
        Some(Ok(State::Open | State::Lost | State::Dismissed) | Err(_)) | None => (None, None),
    };
    let new_start = || detail.get("new")?.get("start").filter(|start| !start.is_null());
    let until = ["until", "start"].into_iter().find_map(|name| detail.get(name).filter(|time| !time.is_null())).or_else(new_start).cloned();
    let more = More {
        to,
        host,
        until: until.and_then(|until| serde_json::from_value(until).ok()),
        ending: text("outcome").and_then(Ending::from_name),
        reason: text("reason").and_then(ClosingReason::from_name),
        side: [Side::Invitee, Side::Host].into_iter().find(|side| text("side") == Some(side.name())),
        note: text("note").map(str::to_owned),
    };
    Step { at: at(row.at), by, act: row.act, more }
}
