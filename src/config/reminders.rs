//! When people work, and when they are reminded: the keys of `[follow_up]` that `domain::remind` goes by.

use std::time::Duration;

use chrono::{NaiveDate, TimeDelta, Weekday};
use chrono_tz::Tz;

use super::mistake::quoted;
use super::table::Table;
use super::values::{choice, duration, timezone};
use crate::domain::hours::{DAY, Hours};
use crate::domain::remind::{Delays, Rules};

/// The days of a week as they are written.
const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// The reminders of `[follow_up]`; `zone` where the table names none.
pub(super) fn reminders(table: &Table<'_>, zone: Option<Tz>) -> Option<Rules> {
    let time_zone = table.key("time_zone").text(timezone);
    let business_hours = table.key("business_hours").text(hours);
    let business_days = table.key("business_days").or("mon, tue, wed, thu, fri").list(choice(&DAYS));
    let holidays = table.key("holidays").or("").list(day);
    let remind = table.key("remind_after").or("30m").text(duration_or_off);
    let escalate = table.key("escalate_after").or("2h").text(duration_or_off);
    let remind_soon = table.key("remind_after_soon").or("10m").text(duration_or_off);
    let escalate_soon = table.key("escalate_after_soon").or("30m").text(duration_or_off);
    let stale = table.key("stale_after").or("30d").text(duration_or_off);
    super::check::not_empty(
        table,
        "business_days",
        business_days.as_deref(),
        "at least one day is wanted; without it nobody is ever reminded",
    );
    in_order(table, ("remind_after", remind.flatten()), ("escalate_after", escalate.flatten()));
    in_order(table, ("remind_after_soon", remind_soon.flatten()), ("escalate_after_soon", escalate_soon.flatten()));
    for key in ["time_zone", "business_days", "holidays"] {
        if table.has(key) && !table.has("business_hours") {
            table.warning(key, "does nothing without business_hours, such as \"09:00-18:00\"");
        }
    }
    let (days, holidays) = (business_days?, holidays?.into_iter().collect());
    let zone = time_zone.or(zone).unwrap_or(Tz::UTC);
    Some(Rules {
        hours: business_hours.map(|(opens, closes)| Hours { zone, opens, closes, days, holidays }),
        usual: Delays { remind: span(remind?), escalate: span(escalate?) },
        soon: Delays { remind: span(remind_soon?), escalate: span(escalate_soon?) },
        stale_after: span(stale?),
    })
}

/// Managers are not told before whoever has it.
fn in_order(table: &Table<'_>, first: (&str, Option<Duration>), then: (&str, Option<Duration>)) {
    if let (Some(remind), Some(escalate)) = (first.1, then.1)
        && escalate < remind
    {
        table.mistake(then.0, format!("must not be shorter than {}, which is {remind:?}, not {escalate:?}", first.0));
    }
}

fn duration_or_off(text: &str) -> Result<Option<Duration>, String> {
    if text == "off" { Ok(None) } else { duration(text).map(Some).map_err(|problem| format!("{problem}; \"off\" turns it off")) }
}

/// Two times of day, as minutes after midnight.
fn hours(text: &str) -> Result<(u16, u16), String> {
    let wanted = || format!("two times of day are wanted, such as \"09:00-18:00\", not {}", quoted(text));
    let time = |text: &str| {
        let (hour, minute) = text.trim().split_once(':')?;
        let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let (hour, minute): (u16, u16) = (digits(hour).then(|| hour.parse().ok())??, digits(minute).then(|| minute.parse().ok())??);
        (minute < 60 && hour * 60 + minute <= DAY).then_some(hour * 60 + minute)
    };
    let (opens, closes) = text.split_once(['-', '–']).ok_or_else(wanted)?;
    let (opens, closes) = time(opens).zip(time(closes)).ok_or_else(wanted)?;
    if opens < closes {
        return Ok((opens, closes));
    }
    Err("must end later on the same day than it begins; midnight at the end is 24:00".to_owned())
}

fn day(text: &str) -> Result<NaiveDate, String> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| format!("a day is wanted, such as \"2026-12-25\", not {}", quoted(text)))
}

/// Durations of the configuration are far below the most that a `TimeDelta` holds.
fn span(duration: Option<Duration>) -> Option<TimeDelta> {
    duration.map(|duration| TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX))
}
