//! Whose calls were booked and moved: what a cancellation that is told late must know.
//!
//! It says what was told of an invitee, not what follows from it.

use std::slice;

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

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

    /// The bookings and moves of calls of invitees with any of these keys that were told since then, oldest first; `newest` are the
    /// [ids](newest_bookings) that were found.
    pub(super) async fn bookings(
        &self,
        mut newest: Vec<i64>,
        invitees: &[&Identity],
        since: DateTime<Utc>,
    ) -> Result<Vec<StoredEvent>, DbErr> {
        // One of them fills it all; the others have theirs, too.
        if newest.len() as u64 == MOST && invitees.len() > 1 {
            newest.clear();
            for theirs in invitees.iter().filter_map(|invitee| newest_bookings(slice::from_ref(invitee), since)) {
                newest.extend(theirs.into_tuple::<i64>().all(&self.inner).await?);
            }
        }
        if newest.is_empty() {
            return Ok(Vec::new());
        }
        let rows = event::Entity::find().filter(event::Column::Id.is_in(newest)).order_by_asc(event::Column::Id).all(&self.inner).await?;
        Ok(rows.into_iter().map(stored).collect())
    }
}

/// The events of the newest bookings and moves of these invitees since then, the newest first; `None` where nobody can be known again.
pub(super) fn newest_bookings(invitees: &[&Identity], since: DateTime<Utc>) -> Option<Select<booking::Entity>> {
    let by = |column: booking::Column, key: fn(&Identity) -> Option<&String>| {
        let keys: Vec<&str> = invitees.iter().copied().filter_map(key).map(String::as_str).collect();
        (!keys.is_empty()).then(|| column.is_in(keys))
    };
    let theirs = Condition::any()
        .add_option(by(booking::Column::EmailKey, |invitee| invitee.email.as_ref()))
        .add_option(by(booking::Column::ContactKey, |invitee| invitee.contact.as_ref()))
        .add_option(by(booking::Column::PhoneKey, |invitee| invitee.phone.as_ref()));
    let told = (!theirs.is_empty()).then(|| booking::Entity::find().select_only().column(booking::Column::EventId).filter(theirs))?;
    Some(told.filter(booking::Column::ToldAt.gte(since.timestamp_millis())).order_by_desc(booking::Column::EventId).limit(MOST))
}
