//! Bookings, moves and cancellations in every order.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::domain::event::{Invitee, Links};
use crate::domain::when::Moment;

fn at(minutes: i64) -> DateTime<Utc> {
    "2026-11-23T10:00:00Z".parse::<DateTime<Utc>>().expect("a time") + TimeDelta::minutes(minutes)
}

fn call(id: &str, email: &str, start: DateTime<Utc>) -> Call {
    Call {
        id: id.to_owned(),
        preview_id: None,
        event_name: None,
        event_slug: None,
        duration_minutes: None,
        invitee: Invitee { email: Some(email.to_owned()), ..Invitee::default() },
        host: None,
        co_hosts: Vec::new(),
        setter: None,
        start: Moment::Known(start),
        end: Moment::Missing,
        start_for_invitee: None,
        booked_at: None,
        links: Links::default(),
        answers: Vec::new(),
        tracking: Vec::new(),
    }
}

fn booked(id: &str, email: &str, start: DateTime<Utc>, booked_at: Option<DateTime<Utc>>) -> Booking {
    Booking { kind: EventKind::CallBooked, call: Call { booked_at, ..call(id, email, start) }, old_start: Moment::Missing }
}

fn moved(from: Moment, to: DateTime<Utc>) -> Booking {
    Booking { kind: EventKind::CallRescheduled, call: call("1", "jane@prospect.example", to), old_start: from }
}

fn cancelled(start: DateTime<Utc>) -> Cancellation {
    Cancellation {
        call: call("1", "jane@prospect.example", start),
        canceller: None,
        reason: None,
        cancelled_at: Moment::Missing,
        listed_side: None,
    }
}

#[test]
fn a_move_ends_what_it_left_and_nothing_else() {
    let call = cancelled(at(600)).call;
    let is_ended = |one: &Booking| ends(one, &call, at(0));
    assert!(is_ended(&moved(Moment::Known(at(600)), at(900))));
    assert!(is_ended(&moved(Moment::Missing, at(900))), "a move that does not say what it left");
    assert!(!is_ended(&moved(Moment::Known(at(120)), at(420))), "one from before the cancellation");
    assert!(!is_ended(&moved(Moment::Known(at(120)), at(600))), "the one that led to what was cancelled");
    assert!(!is_ended(&moved(Moment::Known(at(600)), at(600))), "one that changed only the host");
}

#[test]
fn a_booking_from_after_the_cancellation_ends_it_whichever_is_told_first() {
    let call = cancelled(at(600)).call;
    for (id, email, booked_at, ended) in [
        ("2", "jane@prospect.example", Some(at(5)), true),
        ("2", " JANE@prospect.example", Some(at(0)), true),
        ("2", "jane@prospect.example", Some(at(-5)), false),
        ("2", "joe@prospect.example", Some(at(5)), false),
        ("1", "jane@prospect.example", Some(at(5)), true),
        ("1", "jane@prospect.example", Some(at(-5)), false),
    ] {
        let booking = booked(id, email, at(900), booked_at);
        assert_eq!(ends(&booking, &call, at(0)), ended, "{id} {email} {booked_at:?}");
        let told = [Told { booking, at: at(7) }];
        assert_eq!(rebooked_before(&told, &call, at(0)).is_some(), ended, "{id} {email} {booked_at:?}, told before");
    }
    // Without a time of its own, the one that is told counts.
    let silent = booked("2", "jane@prospect.example", at(900), None);
    for (told_at, ended) in [(at(1), true), (at(-1), false)] {
        assert_eq!(rebooked_before(&[Told { booking: silent.clone(), at: told_at }], &call, at(0)).is_some(), ended, "{told_at}");
    }
}

#[test]
fn only_what_is_younger_than_the_cancellation_revives_a_call() {
    let call = cancelled(at(600)).call;
    for (booking, revived) in [
        (booked("1", "jane@prospect.example", at(600), Some(at(-5))), false),
        (booked("1", "jane@prospect.example", at(600), Some(at(0))), true),
        (booked("1", "jane@prospect.example", at(600), None), true),
        (moved(Moment::Known(at(120)), at(420)), false),
        (moved(Moment::Known(at(120)), at(600)), false),
        (moved(Moment::Known(at(600)), at(900)), true),
        (moved(Moment::Missing, at(900)), true),
    ] {
        assert_eq!(revives(&booking, &call, at(0)), revived, "{booking:?}");
    }
}

#[test]
fn a_new_call_that_was_moved_starts_where_it_stands() {
    let booking = booked("2", "jane@prospect.example", at(900), Some(at(5)));
    let mut later = moved(Moment::Known(at(900)), at(1_000));
    later.call.id = "2".to_owned();
    let told = [Told { booking, at: at(5) }, Told { booking: later, at: at(6) }];
    assert_eq!(rebooked_before(&told, &cancelled(at(600)).call, at(0)), Some(1));
    assert_eq!(rebooked_before(&told[1..], &cancelled(at(600)).call, at(0)), None, "a move alone is no booking");
}

/// A move that was told as it was made.
fn told(from: i64, to: i64) -> Told {
    Told { booking: moved(Moment::Known(at(from)), at(to)), at: at(0) }
}

/// Is a cancellation of that start, made as the moves were, one of them?
fn is_left(start: DateTime<Utc>, moves: &[Told]) -> bool {
    is_left_by(&cancelled(start), at(0), moves)
}

#[test]
fn there_and_back_again_is_where_the_last_one_leads() {
    let moves = [told(600, 900), told(900, 600)];
    assert!(!is_left(at(600), &moves) && is_left(at(900), &moves));
    assert!(is_left(at(600), &moves[..1]) && !is_left(at(900), &moves[..1]));
    assert!(!is_left(at(600), &[told(600, 600)]), "only the host changed");
    assert_eq!(stands(&[]), None);
    let nowhere = Call { start: Moment::Missing, ..moves[0].booking.call.clone() };
    assert!(!is_left_by(&Cancellation { call: nowhere, ..cancelled(at(0)) }, at(0), &moves));
}

#[test]
fn what_is_cancelled_long_after_a_move_was_really_cancelled() {
    // It came back by a move that was never told, or told in the very words of one before.
    for (moves, start) in [(vec![told(600, 900)], at(600)), (vec![told(600, 900), told(900, 600)], at(900))] {
        let made = |when| Cancellation { cancelled_at: Moment::Known(when), ..cancelled(start) };
        assert!(is_left_by(&made(at(10)), at(10), &moves));
        assert!(!is_left_by(&made(at(11)), at(11), &moves));
        assert!(is_left_by(&cancelled(start), at(11), &moves), "told late, and made nobody knows when");
    }
}

proptest! {
    #[test]
    fn every_time_that_a_chain_left_is_left_in_whatever_order_its_moves_are_told(
        starts in proptest::collection::btree_set(0..10_000_i64, 2..7).prop_map(Vec::from_iter).prop_shuffle(),
        order in any::<proptest::sample::Index>(),
        backwards in any::<bool>(),
    ) {
        let mut moves: Vec<Told> = starts.windows(2).map(|two| told(two[0], two[1])).collect();
        if backwards {
            moves.reverse();
        }
        let turn = order.index(moves.len());
        moves.rotate_left(turn);
        let (last, left) = starts.split_last().expect("two or more");
        prop_assert_eq!(stands(&moves), Some(at(*last)));
        prop_assert!(!is_left(at(*last), &moves));
        for start in left {
            prop_assert!(is_left(at(*start), &moves));
        }
    }
}
