//! Notes in the thread of one card that mention one person: for whom a direct message is not wanted, or not taken.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::follow_ups::json;
use super::remind::kind_of;
use super::tables::post;
use super::{StoreError, Tx};
use crate::domain::act::Note;
use crate::domain::platform::{Address, Channel, Platform};
use crate::domain::post::Phase;

impl Tx {
    /// Puts a note below a card of the follow-up on one of these platforms, once for each number: one that stands there, else one that is
    /// on its way and did not fail so far, else one that did, which may be a closed channel's; of several that of the first platform.
    /// `false` where there is none; what never came out and was given up is none.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn add_mention(
        &self,
        follow_up_id: i64,
        number: i64,
        note: &Note,
        platforms: &[Platform],
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let cards = post::Entity::find()
            .filter(post::Column::FollowUpId.eq(follow_up_id))
            .filter(post::Column::Kind.eq("card"))
            .filter(post::Column::Phase.ne(Phase::Gone.name()))
            .order_by_asc(post::Column::ChannelName)
            .all(&self.inner)
            .await?;
        let is_given_up = |card: &post::Model| card.phase == Phase::Dead.name();
        let there = cards.into_iter().filter(|card| card.message.is_some() || !is_given_up(card)).filter_map(|card| {
            let at = platforms.iter().position(|platform| platform.name() == card.platform)?;
            let is_failing = card.message.is_none() && card.failing_since.is_some();
            Some(((card.message.is_none(), is_given_up(&card), is_failing, at), platforms[at], card))
        });
        let Some((_, platform, card)) = there.min_by_key(|(rank, ..)| *rank) else {
            return Ok(false);
        };
        let (event_key, body) = (self.event_key(follow_up_id).await?, json(note)?);
        let channel = Channel { name: card.channel_name, address: Address { platform, id: card.channel } };
        let row = self.note_row((follow_up_id, &event_key), number, &body, channel, Some(card.key), now);
        let row = post::ActiveModel { kind: kind_of(note), ..row };
        let once = OnConflict::column(post::Column::Key).do_nothing().to_owned();
        post::Entity::insert(row).on_conflict(once).exec_without_returning(&self.inner).await?;
        Ok(true)
    }
}
