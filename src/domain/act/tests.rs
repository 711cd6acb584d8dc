//! The rules, one by one and over random sequences.

use super::*;
use crate::domain::event::{Call, Cancellation, Invitee, Links};
use crate::domain::follow_up::Case;
use crate::domain::identity::ShortId;
use crate::domain::reason::ReasonClass;
use crate::domain::when::{Moment, Notice};
use proptest::prelude::*;

fn now() -> DateTime<Utc> {
    "2026-11-23T10:00:00Z".parse().expect("a time")
}

fn person(at: usize) -> Person {
    Person { name: format!("Person {at}"), slack: Some(format!("U{at}")), discord: at.is_multiple_of(2).then(|| format!("{at}")) }
}

/// The first person is a manager.
fn human(at: usize) -> Actor {
    Actor::Human { person: person(at), manager: at == 0 }
}

fn follow_up(side: Side) -> FollowUp {
    let call = Call {
        id: "1".to_owned(),
        preview_id: None,
        event_name: None,
        event_slug: None,
        duration_minutes: None,
        invitee: Invitee::default(),
        host: None,
        co_hosts: Vec::new(),
        setter: None,
        start: Moment::Missing,
        end: Moment::Missing,
        start_for_invitee: None,
        booked_at: None,
        links: Links::default(),
        answers: Vec::new(),
        tracking: Vec::new(),
    };
    FollowUp {
        id: 1,
        short_id: ShortId::from_random([1; 8], 4),
        version: 1,
        state: State::Open,
        snoozed_until: None,
        last_owner: None,
        opened_at: now(),
        watch: crate::domain::remind::Watch::new(now()),
        case: Case {
            cancellation: Cancellation { call, canceller: None, reason: None, cancelled_at: Moment::Missing, listed_side: None },
            side,
            side_evidence: SideEvidence::NoName,
            reason_class: ReasonClass::None,
            notice: Notice::Unknown,
            repeat: 1,
            earlier: None,
            offered: false,
            found_by_check: false,
            closing: None,
        },
    }
}

fn close() -> Action {
    Action::Close { outcome: Ending::Lost, reason: ClosingReason::NoAnswer, note: None }
}

#[test]
fn one_has_it_and_the_others_hear_who() {
    let mine = apply(&follow_up(Side::Host), &Action::Claim, &human(1), now()).expect("claimed");
    assert_eq!((mine.owner(), mine.version), (Some(&person(1)), 2));
    assert_eq!(apply(&mine, &Action::Claim, &human(2), now()), Err(Refusal::Taken { owner: person(1) }));
    assert_eq!(apply(&mine, &Action::Claim, &human(0), now()), Err(Refusal::Taken { owner: person(1) }));
    assert_eq!(apply(&mine, &Action::Claim, &human(1), now()), Err(Refusal::AlreadyYours));
    assert_eq!(apply(&mine, &Action::TakeOver, &human(2), now()), Err(Refusal::NotYours { owner: person(1) }));
    assert_eq!(apply(&mine, &Action::TakeOver, &human(0), now()).expect("a manager may").owner(), Some(&person(0)));
}

#[test]
fn what_somebody_has_is_theirs_and_the_managers_also_after_it_was_closed() {
    let mine = apply(&follow_up(Side::Host), &Action::Claim, &human(1), now()).expect("claimed");
    let not_yours = || Err(Refusal::NotYours { owner: person(1) });
    let snooze = Action::Snooze { until: now() + TimeDelta::hours(1) };
    for action in [close(), snooze, Action::Assign { person: person(3) }] {
        assert_eq!(apply(&mine, &action, &human(2), now()), not_yours());
        assert!(apply(&mine, &action, &human(1), now()).is_ok() && apply(&mine, &action, &human(0), now()).is_ok());
    }
    let closed = apply(&mine, &close(), &human(0), now()).expect("closed");
    assert_eq!(apply(&closed, &Action::Reopen, &human(2), now()), not_yours());
    assert_eq!(apply(&closed, &Action::Reopen, &human(1), now()).expect("reopened").owner(), Some(&person(1)));
    assert_eq!(apply(&closed, &close(), &human(0), now()), Err(Refusal::Closed));
    assert_eq!(apply(&mine, &Action::Reopen, &human(1), now()), Err(Refusal::NotClosed));
}

#[test]
fn a_snooze_lies_ahead_and_only_time_ends_it() {
    let open = follow_up(Side::Host);
    for until in [now(), now() - TimeDelta::seconds(1), now() + SNOOZE_MOST + TimeDelta::seconds(1)] {
        assert_eq!(apply(&open, &Action::Snooze { until }, &human(1), now()), Err(Refusal::BadTime));
    }
    let until = now() + TimeDelta::hours(1);
    let asleep = apply(&open, &Action::Snooze { until }, &human(1), now()).expect("snoozed");
    assert_eq!(apply(&asleep, &Action::Wake, &Actor::Rebound, until - TimeDelta::milliseconds(1)), Err(Refusal::NotDue));
    assert_eq!(apply(&asleep, &Action::Wake, &human(0), until), Err(Refusal::NotForYou));
    let awake = apply(&asleep, &Action::Wake, &Actor::Rebound, until).expect("awake");
    assert_eq!((awake.snoozed_until, awake.version), (None, 3));
    assert_eq!(apply(&awake, &Action::Wake, &Actor::Rebound, until), Err(Refusal::NotDue));
    assert_eq!(apply(&asleep, &Action::Claim, &human(2), now()).expect("claimed").snoozed_until, None);
}

#[test]
fn whoever_has_what_sleeps_may_have_it_back_at_once() {
    let mine = apply(&follow_up(Side::Host), &Action::Claim, &human(1), now()).expect("claimed");
    assert_eq!(mine.taken_by(&human(1), Action::TakeOver), Action::TakeOver);
    assert_eq!(apply(&mine, &Action::Rouse, &human(1), now()), Err(Refusal::NotDue));
    let asleep = apply(&mine, &Action::Snooze { until: now() + TimeDelta::hours(1) }, &human(1), now()).expect("snoozed");
    assert_eq!(asleep.taken_by(&human(2), Action::TakeOver), Action::TakeOver);
    let roused = asleep.taken_by(&human(1), Action::TakeOver);
    assert_eq!(apply(&asleep, &roused, &human(2), now()), Err(Refusal::NotYours { owner: person(1) }));
    let awake = apply(&asleep, &roused, &human(1), now()).expect("roused");
    assert_eq!((awake.snoozed_until, awake.owner(), awake.version), (None, Some(&person(1)), asleep.version + 1));
}

#[test]
fn a_new_time_is_offered_once_until_it_is_reopened() {
    let offered = apply(&follow_up(Side::Host), &Action::Offer, &human(1), now()).expect("offered");
    assert_eq!(apply(&offered, &Action::Offer, &human(0), now()), Err(Refusal::AlreadyOffered));
    let closed = apply(&offered, &close(), &human(1), now()).expect("closed");
    assert!(closed.case.offered);
    let reopened = apply(&closed, &Action::Reopen, &human(1), now()).expect("reopened");
    assert!(apply(&reopened, &Action::Offer, &human(1), now()).is_ok());
}

#[test]
fn what_was_told_of_a_side_may_be_corrected_and_a_note_changes_no_card() {
    let unknown = follow_up(Side::Unknown);
    let told = apply(&unknown, &Action::SideIs { side: Side::Host }, &human(1), now()).expect("told");
    assert_eq!((told.case.side, told.case.side_evidence), (Side::Host, SideEvidence::Told));
    assert_eq!(apply(&told, &Action::SideIs { side: Side::Host }, &human(0), now()), Err(Refusal::SideKnown));
    let corrected = apply(&told, &Action::SideIs { side: Side::Invitee }, &human(0), now()).expect("corrected");
    assert_eq!(corrected.case.side, Side::Invitee);
    let proven = follow_up(Side::Host);
    assert_eq!(apply(&proven, &Action::SideIs { side: Side::Invitee }, &human(0), now()), Err(Refusal::SideKnown));
    assert_eq!(apply(&unknown, &Action::SideIs { side: Side::Unknown }, &human(0), now()), Err(Refusal::SideKnown));
    assert_eq!(apply(&unknown, &Action::Note { text: "hello".to_owned() }, &human(2), now()), Ok(unknown.clone()));
    for text in [String::new(), " \n".to_owned(), "x".repeat(NOTE_MOST + 1)] {
        assert_eq!(apply(&unknown, &Action::Note { text }, &human(2), now()), Err(Refusal::BadNote));
    }
}

#[test]
fn an_id_on_one_platform_is_enough_to_be_the_same_and_a_name_is_not() {
    let on_slack = Person { discord: None, ..person(2) };
    let on_discord = Person { slack: None, ..person(2) };
    assert!(person(2).is(&on_slack) && person(2).is(&on_discord) && !on_slack.is(&on_discord));
    assert!(!Person::named("Kim").is(&Person::named("Kim")));
}

fn staff(name: String) -> Staff {
    Staff { name: Some(name), ..Staff::default() }
}

fn any_action() -> impl Strategy<Value = Action> {
    let ending = (0..3_usize, 0..7_usize, proptest::option::of("[a-z]{0,3}"));
    prop_oneof![
        3 => Just(Action::Claim),
        2 => Just(Action::TakeOver),
        2 => (0..4_usize).prop_map(|at| Action::Assign { person: person(at) }),
        2 => (-60..600_i64).prop_map(|minutes| Action::Snooze { until: now() + TimeDelta::minutes(minutes) }),
        2 => ending.prop_map(|(outcome, reason, note)| Action::Close { outcome: Ending::ALL[outcome], reason: ClosingReason::ALL[reason], note }),
        2 => Just(Action::Reopen),
        1 => "[a-z]{0,3}".prop_map(|text| Action::Note { text }),
        1 => (0..3_usize).prop_map(|at| Action::SideIs { side: Side::ALL[at] }),
        2 => Just(Action::Wake),
        1 => Just(Action::Rouse),
        1 => Just(Action::Offer),
        1 => Just(Action::Expire { since: now() }),
        1 => Just(Action::Offer),
        1 => proptest::option::of("[a-z]{1,3}").prop_map(|host| Action::Booked { start: now() + TimeDelta::days(2), host: host.map(staff) }),
        1 => proptest::option::of(0..9_i64).prop_map(|days| Action::Rebook { start: days.map(|days| now() + TimeDelta::days(days)), host: None }),
    ]
}

proptest! {
    #[test]
    fn the_rules_hold_whatever_happens(steps in proptest::collection::vec((any_action(), 0..5_usize, 0..90_i64), 0..60)) {
        let (mut follow_up, mut now) = (follow_up(Side::Unknown), now());
        for (action, who, minutes) in steps {
            now += TimeDelta::minutes(minutes);
            let actor = if who == 4 { Actor::Rebound } else { human(who) };
            let before = follow_up.clone();
            let Ok(after) = apply(&before, &action, &actor, now) else { continue };
            let is_note = matches!(action, Action::Note { .. });
            prop_assert_eq!(after.version, before.version + i64::from(!is_note));
            prop_assert_eq!(FollowUp { watch: before.watch, ..after.clone() } == before, is_note);
            prop_assert_eq!(after.watch.since, now);
            let rebounds = matches!(action, Action::Wake | Action::Expire { .. } | Action::Rebook { .. });
            prop_assert_eq!(rebounds, actor == Actor::Rebound);
            prop_assert!(!(after.state.is_closed() && after.snoozed_until.is_some()));
            prop_assert!(after.state.is_closed() || after.last_owner.is_none());
            let closes = matches!(action, Action::Close { .. } | Action::Expire { .. } | Action::Booked { .. } | Action::Rebook { .. });
            let opens_or_closes = closes || action == Action::Reopen;
            if let Action::Booked { start, host } = &action {
                prop_assert_eq!(&after.state, &State::Rebooked { start: Some(*start), host: host.clone() });
            }
            // Whoever had it gets it back.
            if closes {
                prop_assert_eq!(after.last_owner.as_ref(), before.owner());
            }
            prop_assert!(after.case.offered || !before.case.offered || matches!(action, Action::Reopen));
            prop_assert_eq!(before.state.is_closed() != after.state.is_closed(), opens_or_closes);
            let told = matches!(action, Action::SideIs { .. });
            prop_assert!(told || after.case.side == before.case.side);
            prop_assert!(after.state.is_closed() || after.case.closing.is_none());
            // Nobody but the owner and managers takes away what somebody has.
            if let (Some(owner), Actor::Human { person, manager }) = (before.owner(), &actor)
                && after.owner() != before.owner()
            {
                prop_assert!(*manager || owner.is(person));
            }
            follow_up = after;
        }
    }
}
