//! Whose calls were booked and moved: what a cancellation that is told late must know.
//!
//! It says what was told of an invitee, not what follows from it.

use std::slice;

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::events::stored;
use super::tables::{booking, event};
use super::{StoreError, StoredEvent, Tx};
use crate::domain::identity::Identity;

/// Bookings that are looked at, the newest: whoever tests with one address all day must not hold everybody up.
const MOST: u64 = 200;

impl Tx {
    /// Remembers whose booking or move that event is; nothing where nobody can be known again.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn remember_booking(&self, told: &StoredEvent, invitee: Identity) -> Result<(), StoreError> {
        if invitee == Identity::default() {
            return Ok(());
        }
        let row = booking::ActiveModel {
            event_id: Set(told.id),
            told_at: Set(told.received_at.timestamp_millis()),
            email_key: Set(invitee.email),
            contact_key: Set(invitee.contact),
            phone_key: Set(invitee.phone),
        };
        booking::Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(())
    }

    /// The bookings and moves of calls of invitees with any of these keys that were told since then, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn bookings_of(&self, invitees: &[Identity], since: DateTime<Utc>) -> Result<Vec<StoredEvent>, StoreError> {
        let mut told = self.newest_bookings_of(invitees, since).await?;
        // One of them fills it all; the others have theirs, too.
        if told.len() as u64 == MOST && invitees.len() > 1 {
            told.clear();
            for invitee in invitees {
                told.extend(self.newest_bookings_of(slice::from_ref(invitee), since).await?);
            }
        }
        if told.is_empty() {
            return Ok(Vec::new());
        }
        let rows = event::Entity::find().filter(event::Column::Id.is_in(told)).order_by_asc(event::Column::Id).all(&self.inner).await?;
        Ok(rows.into_iter().map(stored).collect())
    }

    async fn newest_bookings_of(&self, invitees: &[Identity], since: DateTime<Utc>) -> Result<Vec<i64>, StoreError> {
        let by = |column: booking::Column, key: fn(&Identity) -> Option<&String>| {
            let keys: Vec<&str> = invitees.iter().filter_map(key).map(String::as_str).collect();
            (!keys.is_empty()).then(|| column.is_in(keys))
        };
        let theirs = Condition::any()
            .add_option(by(booking::Column::EmailKey, |invitee| invitee.email.as_ref()))
            .add_option(by(booking::Column::ContactKey, |invitee| invitee.contact.as_ref()))
            .add_option(by(booking::Column::PhoneKey, |invitee| invitee.phone.as_ref()));
        if theirs.is_empty() {
            return Ok(Vec::new());
        }
        let newest = booking::Entity::find()
            .select_only()
            .column(booking::Column::EventId)
            .filter(theirs)
            .filter(booking::Column::ToldAt.gte(since.timestamp_millis()))
            .order_by_desc(booking::Column::EventId)
            .limit(MOST)
            .into_tuple()
            .all(&self.inner)
            .await?;
        Ok(newest)
    }
}
