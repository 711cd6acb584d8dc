//! When people work: the hours of a business day, which days are such, and holidays, all by the clock of one time zone.
//!
//! It must not know what is done or held back then.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

/// Minutes of a day.
pub const DAY: u16 = 24 * 60;
/// Days that are looked through for the next one with hours; a year of business time passes within less where days have four hours.
const DAYS_MOST: usize = 10 * 366;
/// Clocks are set forward by a multiple of this.
const STEP: TimeDelta = TimeDelta::minutes(15);
/// By this much at most: where a country changes the side of the date line, a whole day is left out.
const STEPS_MOST: usize = 2 * 24 * 4;

/// Business hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// By whose clock.
    pub zone: Tz,
    /// Minutes after midnight at which a business day begins.
    pub opens: u16,
    /// Minutes after midnight at which it ends; after `opens`, at most [`DAY`].
    pub closes: u16,
    /// The days of the week that are business days; at least one.
    pub days: Vec<Weekday>,
    /// Days that are none all the same.
    pub holidays: BTreeSet<NaiveDate>,
}

impl Hours {
    /// Is it business time? The minute at which a day ends is none any more.
    #[must_use]
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        self.opening(at) == at
    }

    /// That instant, if it is in business time; else when the next business day begins.
    #[must_use]
    pub fn opening(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        self.days_from(at).next().map_or(at, |(opens, _)| opens.max(at))
    }

    /// When so much business time has passed since then; in business time itself.
    #[must_use]
    pub fn after(&self, at: DateTime<Utc>, span: TimeDelta) -> DateTime<Utc> {
        let mut left = span;
        for (opens, closes) in self.days_from(at) {
            let begins = opens.max(at);
            let lasts = closes - begins;
            if left < lasts {
                return begins + left;
            }
            left -= lasts;
        }
        at + span
    }

    /// Beginning and end of each business day that is not over then.
    fn days_from(&self, at: DateTime<Utc>) -> impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)> + '_ {
        let today = at.with_timezone(&self.zone).date_naive();
        today.iter_days().take(DAYS_MOST).filter_map(|day| self.day(day)).filter(move |(_, closes)| *closes > at)
    }

    /// `None` where it is no business day, and where the clock skips all of its hours.
    fn day(&self, day: NaiveDate) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        use chrono::Datelike;
        if !self.days.contains(&day.weekday()) || self.holidays.contains(&day) {
            return None;
        }
        let (opens, closes) = (self.instant(day, self.opens)?, self.instant(day, self.closes)?);
        (opens < closes).then_some((opens, closes))
    }

    /// The first of two instants where the clock is set back; the end of the gap where it is set forward.
    fn instant(&self, day: NaiveDate, minutes: u16) -> Option<DateTime<Utc>> {
        let local = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minutes.into());
        let mut later = (0..=STEPS_MOST).scan(local, |local, _| Some(std::mem::replace(local, *local + STEP)));
        let found = later.find_map(|local| self.zone.from_local_datetime(&local).earliest())?;
        Some(found.with_timezone(&Utc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(written: &str) -> DateTime<Utc> {
        written.parse().expect("a time")
    }

    fn nine_to_six(zone: Tz) -> Hours {
        Hours {
            zone,
            opens: 9 * 60,
            closes: 18 * 60,
            days: vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri],
            holidays: BTreeSet::from([NaiveDate::from_ymd_opt(2026, 12, 25).expect("a day")]),
        }
    }

    #[test]
    fn business_time_is_by_the_team_s_own_clock() {
        let hours = nine_to_six(Tz::America__New_York);
        for (time, expected) in [
            ("2026-11-24T13:59:59Z", "2026-11-24T14:00:00Z"),
            ("2026-11-24T14:00:00Z", "2026-11-24T14:00:00Z"),
            ("2026-11-24T22:59:59Z", "2026-11-24T22:59:59Z"),
            ("2026-11-24T23:00:00Z", "2026-11-25T14:00:00Z"),
            // Friday evening; Christmas, a Friday, and the weekend after it.
            ("2026-11-28T01:00:00Z", "2026-11-30T14:00:00Z"),
            ("2026-12-25T15:00:00Z", "2026-12-28T14:00:00Z"),
        ] {
            assert_eq!(hours.opening(at(time)), at(expected), "{time}");
            assert_eq!(hours.is_open(at(time)), time == expected, "{time}");
        }
    }

    #[test]
    fn business_time_passes_only_while_people_work() {
        let hours = nine_to_six(Tz::America__New_York);
        for (time, minutes, expected) in [
            ("2026-11-24T15:00:00Z", 30, "2026-11-24T15:30:00Z"),
            ("2026-11-24T22:50:00Z", 30, "2026-11-25T14:20:00Z"),
            // What would be due as the day ends is due as the next one begins.
            ("2026-11-24T22:30:00Z", 30, "2026-11-25T14:00:00Z"),
            ("2026-11-27T22:30:00Z", 120, "2026-11-30T15:30:00Z"),
            ("2026-12-24T22:30:00Z", 60, "2026-12-28T14:30:00Z"),
            ("2026-11-28T03:00:00Z", 0, "2026-11-30T14:00:00Z"),
        ] {
            assert_eq!(hours.after(at(time), TimeDelta::minutes(minutes)), at(expected), "{time} + {minutes}");
        }
    }

    #[test]
    fn days_begin_however_the_clock_was_changed() {
        // New York sets its clock forward on 8 March and back on 1 November, both Sundays.
        let sundays = |opens, closes| Hours { opens, closes, days: vec![Weekday::Sun], ..nine_to_six(Tz::America__New_York) };
        assert_eq!(sundays(9 * 60, 18 * 60).opening(at("2026-03-07T12:00:00Z")), at("2026-03-08T13:00:00Z"));
        assert_eq!(sundays(9 * 60, 18 * 60).opening(at("2026-10-31T12:00:00Z")), at("2026-11-01T14:00:00Z"));
        // 02:30 does not exist then, and a day whose hours are all left out is none.
        assert_eq!(sundays(2 * 60 + 30, 5 * 60).opening(at("2026-03-07T12:00:00Z")), at("2026-03-08T07:00:00Z"));
        assert_eq!(sundays(2 * 60, 3 * 60).opening(at("2026-03-07T12:00:00Z")), at("2026-03-15T06:00:00Z"));
        // 01:30 comes twice: the first one counts.
        assert_eq!(sundays(90, 5 * 60).opening(at("2026-10-31T12:00:00Z")), at("2026-11-01T05:30:00Z"));
        // Midnight does not exist in Beirut on 29 March; a day may end with it.
        let nights = Hours { opens: 22 * 60, closes: DAY, days: vec![Weekday::Sat], ..nine_to_six(Tz::Asia__Beirut) };
        assert!(nights.is_open(at("2026-03-28T21:59:59Z")) && !nights.is_open(at("2026-03-28T22:00:00Z")));
        // Samoa had no 30 December 2011, a Friday.
        let fridays = Hours { days: vec![Weekday::Fri], ..nine_to_six(Tz::Pacific__Apia) };
        assert_eq!(fridays.opening(at("2011-12-29T20:00:00Z")), at("2012-01-05T19:00:00Z"));
    }

    proptest! {
        #[test]
        fn what_is_due_is_due_in_business_time_and_in_order(
            zone in 0..chrono_tz::TZ_VARIANTS.len(),
            // With a minute a week, what is looked through would not do.
            (opens, lasts) in (0..=DAY - 15).prop_flat_map(|opens| (Just(opens), 15..=DAY - opens)),
            days in proptest::collection::vec(0..7_u8, 1..7),
            holidays in proptest::collection::btree_set(0..800_i64, 0..20),
            second in 0..60_000_000_i64,
            (first, more) in (0..400_i64, 0..400_i64),
        ) {
            let day = |n: i64| NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day") + TimeDelta::days(n);
            let hours = Hours {
                zone: chrono_tz::TZ_VARIANTS[zone],
                opens,
                closes: opens + lasts,
                days: days.into_iter().map(|day| Weekday::try_from(day).expect("a day")).collect(),
                holidays: holidays.into_iter().map(day).collect(),
            };
            let now = at("2026-01-01T00:00:00Z") + TimeDelta::seconds(second);
            let opening = hours.opening(now);
            prop_assert!(opening >= now && hours.is_open(opening), "{hours:?} {opening}");
            prop_assert_eq!(hours.after(now, TimeDelta::zero()), opening);
            let (soon, later) = (TimeDelta::minutes(first), TimeDelta::minutes(first + more));
            let (soon_at, later_at) = (hours.after(now, soon), hours.after(now, later));
            prop_assert!(soon_at <= later_at && soon_at >= now + soon && hours.is_open(soon_at) && hours.is_open(later_at));
            // Waiting in two parts is waiting once.
            prop_assert_eq!(hours.after(soon_at, later - soon), later_at);
        }
    }
}
