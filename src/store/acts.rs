//! What people did about a follow-up: its new state, the row of the audit trail and what channels should show now, in one transaction.
//!
//! Which change it is, and who may, was decided before, with what was read in the same transaction.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::follow_ups::{json, read};
use super::pace::channels_known;
use super::remind::kind_of;
use super::steps::dress_number;
use super::tables::{event, follow_up, history, post};
use super::{Store, StoreError, Tx};
use crate::domain::act::Note;
use crate::domain::follow_up::FollowUp;
use crate::domain::identity::ShortId;
use crate::domain::platform::{Address, Channel, Platform};
use crate::domain::post::{DeliveryKey, Dress, MessageRef, Phase};

/// The card in whose thread a note goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardAbove {
    /// Its phase.
    pub phase: Phase,
    /// The message, once it was posted.
    pub message: Option<MessageRef>,
    /// Is there a change that it does not show yet?
    pub is_behind: bool,
}

/// What logs call a conversation with one person.
const DIRECT: &str = "direct";

/// A row of the audit trail.
#[derive(Debug, Clone)]
pub struct Act {
    /// What was done.
    pub name: &'static str,
    /// Who did it, as `slack:U0123456789`; `None` for Rebound itself.
    pub person: Option<String>,
    /// From where, and the old and the new state (JSON).
    pub detail: String,
    /// The press or form that asked for it, so that it is done once.
    pub press: Option<String>,
}

impl Tx {
    /// The follow-up of that id, kept from others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn follow_up_to_change(&self, id: i64) -> Result<Option<FollowUp>, StoreError> {
        let row = follow_up::Entity::find_by_id(id).lock_exclusive().one(&self.inner).await?;
        row.as_ref().map(read).transpose()
    }

    /// Was this press done already?
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn is_done(&self, press: &str) -> Result<bool, StoreError> {
        Ok(history::Entity::find().filter(history::Column::Press.eq(press)).count(&self.inner).await? > 0)
    }

    /// Writes a change down, if the follow-up still is as it was before: its new state, the act, and what every channel should show.
    /// Gives the number of the act; `None` where somebody else changed it meanwhile, and then nothing is written.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn change(&self, before: &FollowUp, after: &FollowUp, act: Act, now: DateTime<Utc>) -> Result<Option<i64>, StoreError> {
        let rests = after.state.is_closed() || after.snoozed_until.is_some();
        let changed = follow_up::ActiveModel {
            version: Set(after.version),
            state: Set(after.state.name().to_owned()),
            state_detail: Set(json(&after.state)?),
            snoozed_until: Set(after.snoozed_until.map(|until| until.timestamp_millis())),
            last_owner: Set(after.last_owner.as_ref().map(json).transpose()?),
            side: Set(after.case.side.name().to_owned()),
            facts: Set(json(&after.case)?),
            changed_at: Set(after.watch.since.timestamp_millis()),
            stage: Set(after.watch.stage.name().to_owned()),
            // Whoever looks says when something is due.
            look_at: Set((!rests).then(|| now.timestamp_millis())),
            ..Default::default()
        };
        let written = follow_up::Entity::update_many()
            .set(changed)
            .filter(follow_up::Column::Id.eq(before.id))
            .filter(follow_up::Column::Version.eq(before.version))
            .exec(&self.inner)
            .await?;
        if written.rows_affected != 1 {
            return Ok(None);
        }
        if after.watch.since != before.watch.since {
            self.withdraw_reminders(after.id).await?;
        }
        if after.version != before.version {
            self.want(after, now).await?;
        }
        Ok(Some(self.record(after.id, act, now).await?))
    }

    /// Writes a row of the audit trail, and gives its number.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn record(&self, follow_up_id: i64, act: Act, now: DateTime<Utc>) -> Result<i64, StoreError> {
        let number = self.ids.next(now)?;
        let row = history::ActiveModel {
            id: Set(number),
            follow_up_id: Set(follow_up_id),
            at: Set(now.timestamp_millis()),
            person: Set(act.person),
            act: Set(act.name.to_owned()),
            detail: Set(Some(act.detail)),
            press: Set(act.press),
        };
        history::Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(number)
    }

    /// Every card of the follow-up should show its new version. What was given up is tried again where there is a message to edit, in full
    /// as after [`revive`](crate::domain::post::revive); what a person deleted stays deleted.
    async fn want(&self, follow_up: &FollowUp, now: DateTime<Utc>) -> Result<(), StoreError> {
        let cards = || post::Entity::update_many().filter(post::Column::FollowUpId.eq(follow_up.id)).filter(post::Column::Kind.eq("card"));
        let (idle, dead) = (Phase::Idle.name(), Phase::Dead.name());
        cards()
            .col_expr(post::Column::Phase, Expr::value(idle))
            .col_expr(post::Column::Attempt, Expr::value(0_i64))
            .col_expr(post::Column::FailingSince, Expr::value(None::<i64>))
            .col_expr(post::Column::Plain, Expr::value(dress_number(Dress::Full)))
            .filter(post::Column::Phase.eq(dead))
            .filter(post::Column::Message.is_not_null())
            .exec(&self.inner)
            .await?;
        cards().col_expr(post::Column::Wanted, Expr::value(follow_up.version)).exec(&self.inner).await?;
        // What is in flight or looked for has its own time.
        cards()
            .col_expr(post::Column::DueAt, Expr::value(now.timestamp_millis()))
            .filter(post::Column::Phase.eq(idle))
            .exec(&self.inner)
            .await?;
        Ok(())
    }

    /// A follow-up of which nobody has seen anything, nor done anything about it, stays unseen, and counts for nobody.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn withdraw_unseen(&self, follow_up_id: i64) -> Result<(), StoreError> {
        let posts = || post::Entity::find().filter(post::Column::FollowUpId.eq(follow_up_id));
        let may_be_seen = Condition::any()
            .add(post::Column::Phase.ne(Phase::Idle.name()))
            .add(post::Column::Message.is_not_null())
            .add(post::Column::MaybeSent.is_not_null());
        let acts =
            history::Entity::find().filter(history::Column::FollowUpId.eq(follow_up_id)).filter(history::Column::Person.is_not_null());
        if posts().filter(may_be_seen).count(&self.inner).await? > 0 || acts.count(&self.inner).await? > 0 {
            return Ok(());
        }
        post::Entity::update_many()
            .col_expr(post::Column::Phase, Expr::value(Phase::Gone.name()))
            .filter(post::Column::FollowUpId.eq(follow_up_id))
            .exec(&self.inner)
            .await?;
        follow_up::Entity::update_many()
            .col_expr(follow_up::Column::Withdrawn, Expr::value(1_i64))
            .filter(follow_up::Column::Id.eq(follow_up_id))
            .exec(&self.inner)
            .await?;
        Ok(())
    }

    /// Puts a note below every card of the follow-up that a channel shows or is going to show.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn add_notes(&self, follow_up_id: i64, number: i64, note: &Note, now: DateTime<Utc>) -> Result<(), StoreError> {
        let (event_key, body) = (self.event_key(follow_up_id).await?, json(note)?);
        let cards = post::Entity::find()
            .filter(post::Column::FollowUpId.eq(follow_up_id))
            .filter(post::Column::Kind.eq("card"))
            .filter(post::Column::Phase.ne(Phase::Gone.name()));
        let mut rows = Vec::new();
        for card in cards.all(&self.inner).await? {
            // What was done is not told below a card that never came out and was given up; what somebody said waits for a replay.
            if matches!(note, Note::Step { .. } | Note::Reminder { .. }) && card.message.is_none() && card.phase == Phase::Dead.name() {
                continue;
            }
            let platform = Platform::from_name(&card.platform).ok_or_else(|| StoreError::row("post", &card.key, &"platform"))?;
            let channel = Channel { name: card.channel_name, address: Address { platform, id: card.channel } };
            let row = self.note_row((follow_up_id, &event_key), number, &body, channel, Some(card.key), now);
            rows.push(post::ActiveModel { kind: kind_of(note), ..row });
        }
        if !rows.is_empty() {
            post::Entity::insert_many(rows).exec_without_returning(&self.inner).await?;
        }
        Ok(())
    }

    /// Tells one person something about the follow-up, directly.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn add_direct(&self, follow_up_id: i64, number: i64, note: &Note, to: Address, now: DateTime<Utc>) -> Result<(), StoreError> {
        let (event_key, body) = (self.event_key(follow_up_id).await?, json(note)?);
        if let Some(known) = channels_known(std::iter::once(&to)) {
            known.exec_without_returning(&self.inner).await?;
        }
        let channel = Channel { name: DIRECT.to_owned(), address: to };
        let row = self.note_row((follow_up_id, &event_key), number, &body, channel, None, now);
        let row = post::ActiveModel { kind: kind_of(note), ..row };
        post::Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(())
    }

    /// The semantic key of the cancellation that a follow-up is about.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn event_key(&self, follow_up_id: i64) -> Result<String, StoreError> {
        let broken = || StoreError::row("follow_up", &follow_up_id, &"has no event");
        let row = follow_up::Entity::find_by_id(follow_up_id).one(&self.inner).await?.ok_or_else(broken)?;
        Ok(event::Entity::find_by_id(row.event_id).one(&self.inner).await?.ok_or_else(broken)?.key)
    }
}

impl Store {
    /// The message of a card, once there is one, and where the card stands; `None` where there is no such card.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn card(&self, key: &DeliveryKey) -> Result<Option<CardAbove>, StoreError> {
        let Some(row) = post::Entity::find_by_id(key.as_str()).one(&self.read).await? else {
            return Ok(None);
        };
        let phase = Phase::from_name(&row.phase).ok_or_else(|| StoreError::row("post", &row.key, &"phase"))?;
        Ok(Some(CardAbove { phase, message: row.message.map(MessageRef), is_behind: row.wanted > row.shown }))
    }

    /// The channel and the message of the first card of that follow-up on a platform, once there is one; and is one on its way?
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn card_of(&self, follow_up_id: i64, platform: Platform) -> Result<(Option<(String, MessageRef)>, bool), StoreError> {
        let cards = self.cards_on(follow_up_id, platform).await?;
        let coming = cards.iter().any(|card| card.message.is_none() && card.phase != Phase::Dead.name());
        Ok((cards.into_iter().find_map(|card| Some((card.channel, MessageRef(card.message?)))), coming))
    }

    /// The channel and the message of a card of the follow-up with that short id on a platform: the one in that channel, else any.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn card_named(
        &self,
        short_id: &ShortId,
        platform: Platform,
        channel: &str,
    ) -> Result<Option<(String, MessageRef)>, StoreError> {
        let named = follow_up::Entity::find().filter(follow_up::Column::ShortId.eq(short_id.as_str()));
        let Some(id) = named.select_only().column(follow_up::Column::Id).into_tuple::<i64>().one(&self.read).await? else {
            return Ok(None);
        };
        let mut cards = self.cards_on(id, platform).await?;
        cards.sort_by_key(|card| card.channel != channel);
        Ok(cards.into_iter().find_map(|card| Some((card.channel, MessageRef(card.message?)))))
    }

    /// The cards of a follow-up on a platform but for those that people deleted, by the names of their channels.
    async fn cards_on(&self, follow_up_id: i64, platform: Platform) -> Result<Vec<post::Model>, StoreError> {
        let cards = post::Entity::find()
            .filter(post::Column::FollowUpId.eq(follow_up_id))
            .filter(post::Column::Kind.eq("card"))
            .filter(post::Column::Platform.eq(platform.name()))
            .filter(post::Column::Phase.ne(Phase::Gone.name()));
        Ok(cards.order_by_asc(post::Column::ChannelName).all(&self.read).await?)
    }

    /// Is everything there that was to stand below this card before then, but for what was given up?
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn is_next_below(&self, card: &DeliveryKey, before: DateTime<Utc>) -> Result<bool, StoreError> {
        let waiting = [Phase::Idle, Phase::Creating, Phase::Unclear].map(Phase::name);
        let earlier = post::Entity::find()
            .filter(post::Column::Parent.eq(card.as_str()))
            .filter(post::Column::CreatedAt.lt(before.timestamp_millis()))
            .filter(post::Column::Message.is_null())
            .filter(post::Column::Phase.is_in(waiting));
        Ok(earlier.count(&self.read).await? == 0)
    }

    /// Follow-ups whose snooze is over, the longest first, at most so many.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn snoozes_over(&self, now: DateTime<Utc>, most: u64) -> Result<Vec<i64>, StoreError> {
        let over = follow_up::Entity::find()
            .select_only()
            .column(follow_up::Column::Id)
            .filter(follow_up::Column::SnoozedUntil.lte(now.timestamp_millis()))
            .order_by_asc(follow_up::Column::SnoozedUntil)
            .limit(most);
        Ok(over.into_tuple().all(&self.read).await?)
    }
}
