//! Which booking ends which follow-up, and which cancellation is only half of a move, in whatever order they are told. Pure; people are
//! known again by address, contact or number, never by name.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::event::{Booking, Call, Cancellation, EventKind};

/// How much later than its move is told a cancellation may say to be made, and still be the other half of it: iClosed's clock may be ahead
/// of ours.
const HALVES_APART: TimeDelta = TimeDelta::minutes(10);

/// A booking or a move that was told some time ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What was told.
    pub booking: Booking,
    /// When.
    pub at: DateTime<Utc>,
}

/// Does the booking give the invitee of this call a new time? `cancelled_at`: when the call was cancelled or, where that is not known,
/// when we heard of it.
#[must_use]
pub fn ends(booking: &Booking, cancelled: &Call, cancelled_at: DateTime<Utc>) -> bool {
    let new_time = booking.call.start.instant() != cancelled.start.instant();
    match booking.kind {
        // A move that left another time is older than the cancellation, or younger than the move that we will hear of.
        EventKind::CallRescheduled => {
            let left = booking.old_start.instant();
            booking.call.id == cancelled.id && new_time && (left.is_none() || left == cancelled.start.instant())
        }
        // Most likely the booking that was cancelled, told late.
        EventKind::CallBooked if booking.call.id == cancelled.id => {
            new_time && booking.call.booked_at.is_some_and(|at| not_before(at, cancelled_at))
        }
        EventKind::CallBooked => {
            booking.call.invitee.identity().is_of(&cancelled.invitee.identity())
                && booking.call.booked_at.is_none_or(|at| not_before(at, cancelled_at))
        }
        EventKind::CallCancelled | EventKind::CallOutcome | EventKind::Contact => false,
    }
}

/// The new call of an invitee who booked again before we heard of the cancellation: which of `told` says how it stands now. `told`: what
/// was told of calls that are not cancelled themselves, oldest first.
#[must_use]
pub fn rebooked_before(told: &[Told], cancelled: &Call, cancelled_at: DateTime<Utc>) -> Option<usize> {
    let booked_again = |one: &&Told| {
        // A booking that names no time of its own was made by the time it was told.
        let since = not_before(one.booking.call.booked_at.unwrap_or(one.at), cancelled_at);
        since && one.booking.kind == EventKind::CallBooked && ends(&one.booking, cancelled, cancelled_at)
    };
    let booked = told.iter().rfind(booked_again)?;
    told.iter().rposition(|one| one.booking.call.id == booked.booking.call.id)
}

/// Was the call, which was cancelled then, booked or moved again since, so that it may be cancelled again? What is told late of the time
/// before is no new life.
#[must_use]
pub fn revives(booking: &Booking, cancelled: &Call, cancelled_at: DateTime<Utc>) -> bool {
    match booking.kind {
        EventKind::CallRescheduled => ends(booking, cancelled, cancelled_at),
        EventKind::CallBooked => booking.call.booked_at.is_none_or(|at| not_before(at, cancelled_at)),
        EventKind::CallCancelled | EventKind::CallOutcome | EventKind::Contact => false,
    }
}

/// Bookings name whole seconds.
fn not_before(booked_at: DateTime<Utc>, cancelled_at: DateTime<Utc>) -> bool {
    booked_at >= cancelled_at.trunc_subsecs(0)
}

/// Is this cancellation that of a time which one of these moves of its call left? iClosed may tell one rescheduling as both. What is
/// cancelled where the call stands was really cancelled, even if the call had left that time once; so was what is cancelled long after the
/// move, since the call may have come back by one that nobody told us of. `cancelled_at` as in [`ends`].
#[must_use]
pub fn is_left_by(cancellation: &Cancellation, cancelled_at: DateTime<Utc>, moves: &[Told]) -> bool {
    let Some(start) = cancellation.call.start.instant() else {
        return false;
    };
    // Else it is when we heard of it, which may be long after the move.
    let is_known = cancellation.cancelled_at.instant().is_some();
    let left = |one: &Told| {
        is_move_of(&one.booking, &cancellation.call)
            && one.booking.old_start.instant() == Some(start)
            && !(is_known && cancelled_at > one.at + HALVES_APART)
    };
    moves.iter().any(left) && stands(moves) != Some(start)
}

fn is_move_of(booking: &Booking, call: &Call) -> bool {
    booking.kind == EventKind::CallRescheduled && booking.call.id == call.id
}

/// Where a call stands after these moves of it, in the order in which they were told, which need not be that in which they were made: at
/// the time to which more of them lead than away from it; where there is none, the call went in circles, and the last one counts.
#[must_use]
pub fn stands(moves: &[Told]) -> Option<DateTime<Utc>> {
    let times = |of: fn(&Told) -> Option<DateTime<Utc>>, at: DateTime<Utc>| moves.iter().filter(|one| of(one) == Some(at)).count();
    let (to, from) = (|one: &Told| one.booking.call.start.instant(), |one: &Told| one.booking.old_start.instant());
    let mut latest = moves.iter().rev().filter_map(to);
    latest.find(|at| times(to, *at) > times(from, *at)).or_else(|| to(moves.last()?))
}

#[cfg(test)]
mod tests;
