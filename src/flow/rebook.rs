//! A booking ends the follow-ups of whoever booked again, in the transaction that marks it understood.
//!
//! Which those are is a rule of the domain; nothing is sent from here.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::act::as_it_is;
use super::story::line_of;
use crate::domain::act::{Action, Actor, Note, apply};
use crate::domain::event::Booking;
use crate::domain::rebook::{ends, is_left_by};
use crate::store::{Act, StoreError, StoredEvent, Tx};

/// Ends what the booking ends, and says how many follow-ups that were.
pub(super) async fn rebook(tx: &Tx, event: &StoredEvent, booking: &Booking, now: DateTime<Utc>) -> Result<usize, StoreError> {
    let call = &booking.call;
    let open = tx.open_follow_ups_of(&call.id, &call.invitee.identity()).await?;
    let mut ended = 0;
    for (follow_up, cancelled_at) in open.iter().filter(|(follow_up, cancelled_at)| ends(booking, follow_up, *cancelled_at)) {
        let rebook = Action::Rebook { start: call.start.instant() };
        let Ok(after) = apply(follow_up, &rebook, &Actor::Rebound, now) else {
            continue;
        };
        let detail =
            json!({ "event": event.id, "version": after.version, "old": as_it_is(follow_up), "new": as_it_is(&after) }).to_string();
        let row = Act { name: rebook.name(), person: None, detail, press: None };
        let Some(number) = tx.change(follow_up, &after, row, now).await? else {
            return Err(StoreError::NotDone);
        };
        if is_left_by(&follow_up.case.cancellation, booking) {
            tx.withdraw_unsent(follow_up.id).await?;
        }
        // Whoever had it is thanked instead of being told the same twice.
        let line = match follow_up.owner() {
            Some(owner) => Note::Thanks { owner: owner.clone() },
            None => line_of(&rebook, &Actor::Rebound),
        };
        tx.add_notes(follow_up.id, number, &line, now).await?;
        let after_minutes = (now - *cancelled_at).num_minutes();
        tracing::info!(event = booking.kind.name(), call_uuid = call.id, follow_up = %follow_up.short_id, after_minutes, "a call was rebooked");
        ended += 1;
    }
    Ok(ended)
}
