//! Which booking ends which follow-up, and which cancellation is only half of a move. Pure; people are known again by address, contact or
//! number, never by name.

use chrono::{DateTime, SubsecRound, Utc};

use super::event::{Booking, Cancellation, EventKind};
use super::follow_up::FollowUp;

/// Does the booking give the invitee of this follow-up a new time? `cancelled_at`: when the call was cancelled or, where that is not known,
/// when we heard of it.
#[must_use]
pub fn ends(booking: &Booking, follow_up: &FollowUp, cancelled_at: DateTime<Utc>) -> bool {
    let cancelled = &follow_up.case.cancellation.call;
    // Bookings name whole seconds.
    let later = || booking.call.booked_at.map(|at| at >= cancelled_at.trunc_subsecs(0));
    if booking.call.id == cancelled.id {
        let new_time = booking.call.start.instant() != cancelled.start.instant();
        return match booking.kind {
            EventKind::CallRescheduled => new_time,
            // Most likely the booking that was cancelled, told late.
            EventKind::CallBooked => new_time && later() == Some(true),
            EventKind::CallCancelled | EventKind::CallOutcome | EventKind::Contact => false,
        };
    }
    let same_invitee = booking.call.invitee.identity().is_of(&cancelled.invitee.identity());
    booking.kind == EventKind::CallBooked && same_invitee && later().unwrap_or(true)
}

/// Is this cancellation that of the time which the move left? iClosed may tell one rescheduling as both, in any order.
#[must_use]
pub fn is_left_by(cancellation: &Cancellation, last_move: &Booking) -> bool {
    let left = last_move.old_start.instant();
    last_move.kind == EventKind::CallRescheduled
        && last_move.call.id == cancellation.call.id
        && left.is_some()
        && left == cancellation.call.start.instant()
}
