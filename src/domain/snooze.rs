//! When a snoozed follow-up comes back: the times that a form offers, in the teammate's own zone.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

/// When a morning begins.
const MORNING: NaiveTime = match NaiveTime::from_hms_opt(9, 0, 0) {
    Some(nine) => nine,
    None => NaiveTime::MIN,
};
/// The forms in which a time may be typed.
const TYPED: [&str; 4] = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M"];

/// What a form offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Snooze {
    /// In half an hour.
    HalfAnHour,
    /// In two hours.
    TwoHours,
    /// Tomorrow at nine.
    TomorrowMorning,
    /// On the next Monday at nine.
    NextMonday,
    /// At a time of one's own.
    Own,
}

impl Snooze {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 5] = [Self::HalfAnHour, Self::TwoHours, Self::TomorrowMorning, Self::NextMonday, Self::Own];

    /// The name in forms and `words.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HalfAnHour => "half_an_hour",
            Self::TwoHours => "two_hours",
            Self::TomorrowMorning => "tomorrow_morning",
            Self::NextMonday => "next_monday",
            Self::Own => "own",
        }
    }

    /// The choice of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|snooze| snooze.name() == name)
    }

    /// The instant that is meant; `None` for a time of one's own, and where a calendar ends.
    #[must_use]
    pub fn until(self, now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let today = now.with_timezone(&zone).date_naive();
        match self {
            Self::HalfAnHour => now.checked_add_signed(TimeDelta::minutes(30)),
            Self::TwoHours => now.checked_add_signed(TimeDelta::hours(2)),
            Self::TomorrowMorning => morning(today.checked_add_days(Days::new(1))?, zone),
            Self::NextMonday => {
                let days = 7 - u64::from(today.weekday().days_since(Weekday::Mon));
                morning(today.checked_add_days(Days::new(days))?, zone)
            }
            Self::Own => None,
        }
    }
}

/// Reads a time of one's own: seconds since 1970, as a picker gives them, or a date and a time as they are typed, by the clock of that
/// zone. `None` where it is neither.
#[must_use]
pub fn read_own(written: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let written = written.trim();
    if !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit()) {
        return DateTime::from_timestamp(written.parse().ok()?, 0);
    }
    let typed = TYPED.into_iter().find_map(|form| NaiveDateTime::parse_from_str(written, form).ok())?;
    instant(typed, zone)
}

fn morning(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    instant(day.and_time(MORNING), zone)
}

/// The first of two instants where the clock is set back; an hour later where it skips that time.
fn instant(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let found = zone.from_local_datetime(&local).earliest();
    let found = found.or_else(|| zone.from_local_datetime(&local.checked_add_signed(TimeDelta::hours(1))?).earliest());
    found.map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(written: &str) -> DateTime<Utc> {
        written.parse().expect("a time")
    }

    #[test]
    fn times_go_by_the_teammate_s_own_clock() {
        // Sunday, 22:30 in New York, when it is Monday in Berlin.
        let now = at("2026-11-23T03:30:00Z");
        for (snooze, zone, expected) in [
            (Snooze::HalfAnHour, Tz::America__New_York, "2026-11-23T04:00:00Z"),
            (Snooze::TwoHours, Tz::Europe__Berlin, "2026-11-23T05:30:00Z"),
            (Snooze::TomorrowMorning, Tz::America__New_York, "2026-11-23T14:00:00Z"),
            (Snooze::TomorrowMorning, Tz::Europe__Berlin, "2026-11-24T08:00:00Z"),
            (Snooze::NextMonday, Tz::America__New_York, "2026-11-23T14:00:00Z"),
            (Snooze::NextMonday, Tz::Europe__Berlin, "2026-11-30T08:00:00Z"),
        ] {
            assert_eq!(snooze.until(now, zone), Some(at(expected)), "{snooze:?} {zone}");
        }
    }

    #[test]
    fn a_morning_comes_however_the_clock_was_changed() {
        // The night in which New York sets its clock back.
        assert_eq!(Snooze::TomorrowMorning.until(at("2026-10-31T20:00:00Z"), Tz::America__New_York), Some(at("2026-11-01T14:00:00Z")));
        // 02:30 does not exist there in the night in which it is set forward, and exists twice in the other one.
        assert_eq!(read_own("2026-03-08 02:30", Tz::America__New_York), Some(at("2026-03-08T07:30:00Z")));
        assert_eq!(read_own("2026-11-01 01:30", Tz::America__New_York), Some(at("2026-11-01T05:30:00Z")));
    }

    #[test]
    fn times_of_one_s_own_are_read_as_people_and_pickers_write_them() {
        let expected = Some(at("2026-11-27T13:30:00Z"));
        for written in ["1795786200", " 2026-11-27 14:30 ", "2026-11-27T14:30", "27.11.2026 14:30", "11/27/2026 14:30"] {
            assert_eq!(read_own(written, Tz::Europe__Berlin), expected, "{written}");
        }
        for odd in ["", "soon", "2026-11-27", "99999999999999999999", "2026-13-01 10:00", "-1"] {
            assert_eq!(read_own(odd, Tz::Europe__Berlin), None, "{odd}");
        }
    }
}
