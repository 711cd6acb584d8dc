//! What is due and when, one by one and over random lives.

use std::collections::BTreeSet;

use chrono::Weekday;
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::domain::act::{Actor, ClosingReason, Ending, apply};
use crate::domain::hours::Hours;
use crate::domain::team::Person;

/// Monday, 10:00 in London.
fn now() -> DateTime<Utc> {
    "2026-11-23T10:00:00Z".parse().expect("a time")
}

fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

fn rules(hours: Option<Hours>) -> Rules {
    Rules {
        hours,
        usual: Delays { remind: Some(minutes(30)), escalate: Some(minutes(120)) },
        soon: Delays { remind: Some(minutes(10)), escalate: Some(minutes(30)) },
        stale_after: Some(TimeDelta::days(30)),
    }
}

fn nine_to_six() -> Hours {
    let days = vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
    Hours { zone: Tz::Europe__London, opens: 9 * 60, closes: 18 * 60, days, holidays: BTreeSet::new() }
}

fn opened() -> FollowUp {
    let sample = crate::render::samples::samples().swap_remove(0).1;
    FollowUp { watch: Watch::new(now()), ..sample }
}

fn at(follow_up: &FollowUp, stage: Stage) -> FollowUp {
    FollowUp { watch: Watch { stage, ..follow_up.watch }, ..follow_up.clone() }
}

fn next(rules: &Rules, follow_up: &FollowUp, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Due)> {
    rules.next(follow_up, now).map(|next| (next.at, next.due))
}

#[test]
fn first_a_reminder_then_the_managers_then_the_end() {
    let (rules, one) = (rules(None), opened());
    assert_eq!(next(&rules, &one, now()), Some((now() + minutes(30), Due::Remind)));
    assert_eq!(next(&rules, &at(&one, Stage::Reminded), now()), Some((now() + minutes(120), Due::Escalate)));
    assert_eq!(next(&rules, &at(&one, Stage::Escalated), now()), Some((now() + TimeDelta::days(30), Due::Expire)));
    // What is given up is not reminded of before.
    let late = now() + TimeDelta::days(31);
    assert_eq!(next(&rules, &one, late).map(|next| next.1), Some(Due::Expire));
    let off = Rules { usual: Delays { remind: None, escalate: None }, stale_after: None, ..rules.clone() };
    assert_eq!(next(&off, &one, late), None);
    let only_managers = Rules { usual: Delays { remind: None, ..rules.usual }, ..rules };
    assert_eq!(next(&only_managers, &one, now()), Some((now() + minutes(120), Due::Escalate)));
}

#[test]
fn what_was_about_to_start_waits_less_and_never_longer() {
    let rules = rules(None);
    for (notice, expected) in [
        (Notice::Late(60), 10),
        (Notice::Late(0), 10),
        (Notice::Late(61), 30),
        (Notice::Early(3_000), 30),
        (Notice::AfterStart(5), 30),
        (Notice::Unknown, 30),
    ] {
        assert_eq!(rules.first(notice, now()), Some(Next { at: now() + minutes(expected), due: Due::Remind }), "{notice:?}");
    }
    let quick = Rules { usual: Delays { remind: Some(minutes(5)), escalate: Some(minutes(20)) }, ..rules };
    assert_eq!(quick.first(Notice::Late(5), now()), Some(Next { at: now() + minutes(5), due: Due::Remind }));
}

#[test]
fn nothing_is_due_about_what_is_closed_or_sleeps() {
    let (rules, one) = (rules(None), opened());
    let asleep = FollowUp { snoozed_until: Some(now() + minutes(10)), ..one.clone() };
    let closed = FollowUp { state: crate::domain::follow_up::State::Lost, ..one };
    for quiet in [asleep, closed] {
        assert_eq!(next(&rules, &quiet, now() + TimeDelta::days(90)), None);
    }
}

#[test]
fn what_comes_back_outside_of_business_hours_waits_unless_somebody_has_it() {
    let rules = rules(Some(nine_to_six()));
    let evening = now() + minutes(10 * 60);
    let back = FollowUp { watch: Watch { since: evening, stage: Stage::Back }, ..opened() };
    let tomorrow = now() + minutes(23 * 60);
    assert_eq!(next(&rules, &back, evening), Some((tomorrow, Due::Return)));
    let kim = Person { slack: Some("U1".to_owned()), ..Person::named("Kim") };
    let kims = FollowUp { state: crate::domain::follow_up::State::Assigned { owner: kim }, ..back };
    assert_eq!(next(&rules, &kims, evening), Some((evening, Due::Return)));
    // Nobody ran as it came due, and somebody runs at night.
    assert_eq!(next(&rules, &opened(), evening), Some((tomorrow, Due::Remind)));
}

#[test]
fn what_should_have_been_said_before_is_held_to_be_said() {
    let (rules, one) = (rules(Some(nine_to_six())), opened());
    for (after, expected) in
        [(0, Stage::Fresh), (29, Stage::Fresh), (30, Stage::Reminded), (120, Stage::Escalated), (90_000, Stage::Escalated)]
    {
        assert_eq!(rules.caught_up(&one, now() + minutes(after)), expected, "{after}");
    }
    let back = at(&one, Stage::Back);
    assert_eq!(rules.caught_up(&back, now() + minutes(600)), Stage::Back, "who let it sleep is told");
}

fn any_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        Just(Action::Claim),
        Just(Action::TakeOver),
        (1..900_i64).prop_map(|after| Action::Snooze { until: now() + minutes(after * 20) }),
        Just(Action::Rouse),
        Just(Action::Close { outcome: Ending::Lost, reason: ClosingReason::Other, note: None }),
        Just(Action::Reopen),
        Just(Action::Offer),
        Just(Action::Note { text: "hm".to_owned() }),
    ]
}

proptest! {
    /// Somebody looks from time to time, people act from time to time: each thing is said once after each step, in its order, in business
    /// time, and never too early.
    #[test]
    fn each_thing_is_said_once_after_each_step(
        with_hours in proptest::bool::ANY,
        steps in proptest::collection::vec((1..2_000_i64, proptest::option::weighted(0.3, any_action())), 1..80),
    ) {
        let rules = rules(with_hours.then(nine_to_six));
        let boss = Actor::Human { person: Person { slack: Some("U1".to_owned()), ..Person::named("Boss") }, manager: true };
        let (mut one, mut now, mut said) = (opened(), now(), Vec::new());
        for (pause, action) in steps {
            now += minutes(pause);
            if let Ok(awake) = apply(&one, &Action::Wake, &Actor::Rebound, now) {
                (one, said) = (awake, Vec::new());
            }
            while let Some(Next { at, due }) = rules.next(&one, now) && at <= now {
                prop_assert!(!one.state.is_closed() && one.snoozed_until.is_none());
                prop_assert!(!said.contains(&due), "{due:?} twice");
                let chosen = due == Due::Return && one.owner().is_some();
                prop_assert!(chosen || rules.hours.as_ref().is_none_or(|hours| hours.is_open(now)));
                let least = match due {
                    Due::Remind => minutes(30),
                    Due::Return => TimeDelta::zero(),
                    Due::Escalate => minutes(120),
                    Due::Expire => TimeDelta::days(30),
                };
                prop_assert!(now >= one.watch.since + least);
                said.push(due);
                if due == Due::Expire {
                    one = apply(&one, &Action::Expire { since: one.watch.since }, &Actor::Rebound, now).expect("open");
                } else {
                    one.watch.stage = one.watch.stage.after(due);
                }
            }
            prop_assert!(said.iter().filter(|due| matches!(due, Due::Remind | Due::Return)).count() <= 1);
            if let Some(action) = action && let Ok(changed) = apply(&one, &action, &boss, now) {
                prop_assert_eq!(changed.watch.since, now);
                (one, said) = (changed, Vec::new());
            }
        }
    }
}
