//! A cancellation opens a follow-up, with a post for every channel that should know and a word to whoever it concerns, in one transaction.
//!
//! It must not decide whether a cancellation is new; whoever calls it did.

use chrono::{DateTime, TimeDelta, Utc};

use super::rebook::{NewCall, bookings, end};
use super::understand::{Around, Reading};
use crate::domain::event::{Booking, EventKind};
use crate::domain::follow_up::{Case, Earlier, FollowUp};
use crate::domain::reason::ReasonClass;
use crate::domain::rebook::{Told, rebooked_before};
use crate::domain::route::Routed;
use crate::store::{NewFollowUp, StoreError, StoredEvent, Tx};

/// A cancellation that is new.
pub(super) struct Cancelled {
    pub(super) event: StoredEvent,
    pub(super) reading: Reading,
    /// How many follow-ups its invitee has had.
    pub(super) earlier: u32,
}

/// Opens a follow-up for each; one whose invitee has booked again by now is rebooked at once, which `booked` says.
pub(super) async fn open(
    tx: &Tx,
    cancelled: Vec<Cancelled>,
    booked: Vec<StoredEvent>,
    around: &Around,
) -> Result<Vec<(FollowUp, Routed)>, StoreError> {
    if cancelled.is_empty() {
        return Ok(Vec::new());
    }
    let Around { channels, telling, blind, settle, move_wait, reminders, short_ids, now, .. } = around;
    let (mut new, mut all_routed) = (Vec::with_capacity(cancelled.len()), Vec::with_capacity(cancelled.len()));
    for (Cancelled { event, reading, earlier }, short_id) in cancelled.into_iter().zip(short_ids) {
        let invitee = reading.case.cancellation.call.invitee.identity();
        let last = if earlier > 0 { tx.last_follow_up_of(&invitee).await? } else { None };
        let last = last.map(|last| Earlier { short_id: last.short_id, state: last.state });
        let found_by_check = event.found_by == super::check::FOUND_BY;
        let case = Case { repeat: earlier.saturating_add(1), earlier: last, found_by_check, ..reading.case };
        // Whoever may have sent it was gone before the start, for as long as a platform takes or nearly so.
        let cancelled_at = case.cancellation.cancelled_at.instant();
        let maybe_sent = blind.and_then(|blind| Some((blind.covers(cancelled_at, *now)?, blind.until - *settle)));
        new.push(NewFollowUp {
            short_id: short_id.clone(),
            event_id: event.id,
            event_key: event.key,
            cancelled_at: reading.cancelled_at,
            look_at: reminders.first(case.notice, *now).map(|next| next.at),
            channels: channels.iter().filter(|channel| reading.routed.channels.contains(&channel.name)).cloned().collect(),
            due_at: shown_from(&case, *now, *move_wait),
            maybe_sent,
            case,
        });
        all_routed.push(reading.routed);
    }
    let cancelled_at: Vec<_> = new.iter().map(|new| new.cancelled_at).collect();
    let opened = tx.open_follow_ups(new, *now).await?;
    let booked = booked_already(tx, &opened, &cancelled_at, bookings(booked, around.defaults)).await?;
    for ((follow_up, cancelled_at), booked) in opened.iter().zip(cancelled_at).zip(booked) {
        match booked {
            // Its card goes out as what it now is, and nobody is alarmed.
            Some((event_id, booking)) => {
                let new = NewCall { event_id, booking: &booking, start: booking.call.start.instant() };
                end(tx, follow_up, cancelled_at, &new, telling.team(), *now).await?;
            }
            None => telling.tell(tx, follow_up, shown_from(&follow_up.case, *now, *move_wait)).await?,
        }
    }
    Ok(opened.into_iter().zip(all_routed).collect())
}

/// For each of these follow-ups: the new call of its invitee, where one was told before the cancellation was.
async fn booked_already(
    tx: &Tx,
    opened: &[FollowUp],
    cancelled_at: &[DateTime<Utc>],
    told: Vec<(i64, Told)>,
) -> Result<Vec<Option<(i64, Booking)>>, StoreError> {
    let calls: Vec<&str> = told.iter().map(|(_, told)| told.booking.call.id.as_str()).collect();
    let lost = tx.calls_lost(&calls).await?;
    let (ids, told): (Vec<i64>, Vec<Told>) = told.into_iter().filter(|(_, told)| !lost.contains(&told.booking.call.id)).unzip();
    let booked = |(follow_up, cancelled_at): (&FollowUp, &DateTime<Utc>)| {
        let new = rebooked_before(&told, &follow_up.case.cancellation.call, *cancelled_at)?;
        Some((*ids.get(new)?, told.get(new)?.booking.clone()))
    };
    Ok(opened.iter().zip(cancelled_at).map(booked).collect())
}

/// What may be half of a move waits for the other half.
fn shown_from(case: &Case, now: DateTime<Utc>, move_wait: TimeDelta) -> DateTime<Utc> {
    let may_be_a_move = case.reason_class == ReasonClass::ReschedulingRequest;
    if may_be_a_move { now + move_wait } else { now }
}

/// The one line for each cancellation. Nothing personal: names, addresses and reasons stay in the database.
pub(super) fn tell(follow_up: &FollowUp, routed: &Routed) {
    let case = &follow_up.case;
    tracing::info!(
        event = EventKind::CallCancelled.name(),
        call_uuid = case.cancellation.call.id,
        side = case.side.name(),
        side_evidence = case.side_evidence.name(),
        reason_class = case.reason_class.name(),
        notice_minutes = case.notice.minutes(),
        repeat = case.repeat,
        follow_up = %follow_up.short_id,
        channels = routed.channels.join(","),
        unrouted = routed.unrouted,
        "a call was cancelled"
    );
}
