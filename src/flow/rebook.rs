//! A booking ends the follow-ups of whoever booked again, in the transaction that marks it understood; where its cancellation is told
//! later, it ends what that opens.
//!
//! Which those are is a rule of the domain; nothing is sent from here.

use std::slice;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::act::as_it_is;
use super::hold::Held;
use super::story::line_of;
use super::understand::Around;
use crate::domain::act::{Action, Actor, Note, apply};
use crate::domain::event::{Booking, Event, EventKind};
use crate::domain::follow_up::FollowUp;
use crate::domain::rebook::{Told, ends, is_left_by, stands};
use crate::domain::team::Team;
use crate::source::iclosed::{self, Defaults};
use crate::store::{Act, StoreError, StoredEvent, Tx};

/// A new call, and the event that told of it.
pub(super) struct NewCall<'a> {
    pub(super) event_id: i64,
    pub(super) booking: &'a Booking,
    /// When it starts as far as we know by now, where that is known.
    pub(super) start: Option<DateTime<Utc>>,
}

/// Remembers the booking, and ends what it ends; gives the ids of those follow-ups.
pub(super) async fn rebook(tx: &Tx, event: &StoredEvent, booking: &Booking, around: &Around) -> Result<Vec<i64>, StoreError> {
    let (defaults, now) = (around.defaults, around.now);
    let call = &booking.call;
    tx.remember_booking(event, call.invitee.identity()).await?;
    let mut open = tx.open_follow_ups_of(&call.id, &call.invitee.identity()).await?;
    open.retain(|(follow_up, cancelled_at)| ends(booking, &follow_up.case.cancellation.call, *cancelled_at));
    if open.is_empty() {
        return Ok(Vec::new());
    }
    // A move may be told after the one that followed it.
    let start = match booking.kind {
        EventKind::CallRescheduled => stands(&moves_of(tx, &call.id, defaults).await?),
        EventKind::CallBooked | EventKind::CallCancelled | EventKind::CallOutcome | EventKind::Contact => None,
    };
    let new = NewCall { event_id: event.id, booking, start: start.or(call.start.instant()) };
    let told = Told { booking: booking.clone(), at: event.received_at };
    for (follow_up, cancelled_at) in &open {
        // What the check lists as cancelled is no half of a move.
        if !follow_up.case.found_by_check && is_left_by(&follow_up.case.cancellation, *cancelled_at, slice::from_ref(&told)) {
            tx.withdraw_unseen(follow_up.id).await?;
        }
        end(tx, follow_up, *cancelled_at, &new, around.telling.team(), now).await?;
    }
    Ok(open.iter().map(|(follow_up, _)| follow_up.id).collect())
}

/// Ends one follow-up, if it is not closed, on every card.
pub(super) async fn end(
    tx: &Tx,
    follow_up: &FollowUp,
    cancelled_at: DateTime<Utc>,
    new: &NewCall<'_>,
    team: &Team,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let host = new.booking.call.host.clone();
    // iClosed's webhook may be faster than its answer to whoever is booking that time.
    let held = tx.booking_held(follow_up.id, now).await?.and_then(|held| Held::read(&held));
    let booked = held.filter(|held| Some(held.start) == new.start).map(|held| {
        let (actor, person) = held.actor(team);
        (Action::Booked { start: held.start, host: host.clone() }, actor, Some(person))
    });
    let rebooked = (Action::Rebook { start: new.start, host }, Actor::Rebound, None);
    let may = |(action, actor, person): (Action, Actor, Option<String>)| {
        let after = apply(follow_up, &action, &actor, now).ok()?;
        Some((action, actor, person, after))
    };
    let Some((action, actor, person, after)) = booked.into_iter().chain([rebooked]).find_map(may) else {
        return Ok(());
    };
    let detail =
        json!({ "event": new.event_id, "version": after.version, "old": as_it_is(follow_up), "new": as_it_is(&after) }).to_string();
    let row = Act { name: action.name(), person, detail, press: None };
    let Some(number) = tx.change(follow_up, &after, row, now).await? else {
        return Err(StoreError::NotDone);
    };
    // Whoever had it is thanked instead of being told the same twice, unless somebody of the team did it.
    let line = match (follow_up.owner(), &actor) {
        (Some(owner), Actor::Rebound) => Note::Thanks { owner: owner.clone() },
        (Some(_) | None, Actor::Rebound | Actor::Human { .. }) => line_of(&action, &actor),
    };
    tx.add_notes(follow_up.id, number, &line, now).await?;
    let (event, call_uuid) = (new.booking.kind.name(), &new.booking.call.id);
    let after_minutes = (now - cancelled_at).num_minutes();
    tracing::info!(event, call_uuid, follow_up = %follow_up.short_id, after_minutes, "a call was rebooked");
    Ok(())
}

/// The moves of a call, in the order in which they were told.
async fn moves_of(tx: &Tx, call_id: &str, defaults: Defaults) -> Result<Vec<Told>, StoreError> {
    let told = tx.all_of(EventKind::CallRescheduled.name(), &[call_id]).await?.remove(call_id);
    Ok(bookings(told.unwrap_or_default(), defaults).into_iter().map(|(_, told)| told).collect())
}

/// What these events told, each with its id; without what cannot be read any more.
pub(super) fn bookings(events: Vec<StoredEvent>, defaults: Defaults) -> Vec<(i64, Told)> {
    let read = |event: StoredEvent| match iclosed::read(std::str::from_utf8(&event.body).ok()?, defaults) {
        Ok(Event::Booked(booking)) => Some((event.id, Told { booking: *booking, at: event.received_at })),
        Ok(Event::Cancelled(_) | Event::Other(_)) | Err(_) => None,
    };
    events.into_iter().filter_map(read).collect()
}
