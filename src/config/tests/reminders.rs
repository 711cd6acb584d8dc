//! When people work, and when they are reminded.

use chrono::{TimeDelta, Weekday};
use chrono_tz::Tz;

use super::*;
use crate::domain::hours::DAY;
use crate::domain::remind::{Delays, Rules};

fn reminders(more: &str) -> Rules {
    read(&format!("{GOOD}[follow_up]\n{more}")).unwrap().follow_up.reminders
}

#[test]
fn reminders_come_at_any_time_until_hours_are_given() {
    let rules = reminders("");
    assert_eq!(rules.hours, None);
    let delays = |remind, escalate| Delays { remind: Some(TimeDelta::minutes(remind)), escalate: Some(TimeDelta::minutes(escalate)) };
    assert_eq!((rules.usual, rules.soon, rules.stale_after), (delays(30, 120), delays(10, 30), Some(TimeDelta::days(30))));
}

#[test]
fn hours_go_by_the_team_s_clock_or_one_of_their_own() {
    let hours = reminders("business_hours = \"8:30 - 24:00\"").hours.unwrap();
    assert_eq!((hours.zone, hours.opens, hours.closes, hours.days.len()), (Tz::America__New_York, 510, DAY, 5));
    let more = "business_hours = \"09:00-18:00\"\ntime_zone = \"Asia/Dubai\"\nbusiness_days = [\"sun\"]\nholidays = [\"2026-12-25\"]";
    let hours = reminders(more).hours.unwrap();
    assert_eq!((hours.zone, hours.days, hours.holidays.len()), (Tz::Asia__Dubai, vec![Weekday::Sun], 1));
}

#[test]
fn each_can_be_turned_off() {
    let off =
        ["remind_after", "escalate_after", "remind_after_soon", "escalate_after_soon", "stale_after"].map(|key| format!("{key} = \"off\""));
    let rules = reminders(&off.join("\n"));
    let never = Delays { remind: None, escalate: None };
    assert_eq!((rules.usual, rules.soon, rules.stale_after), (never, never, None));
}
