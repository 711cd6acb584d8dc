//! Times and lengths of time in words, for places that cannot show them in their reader's own zone.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use super::booking::Elsewhere;
use super::clean;
use super::marks::Time;
use super::words::Words;
use crate::domain::when::{LocalTime, Moment, Notice};

/// A time as written that nobody could read is shown up to this length.
const LONGEST_WRITTEN: usize = 60;
/// Notice is told in hours up to three days, as in "46 h notice".
const IN_HOURS: i64 = 72;
/// A weekday alone names a day for this long.
const WEEKDAY_IS_ENOUGH: TimeDelta = TimeDelta::days(6);

/// Says times in the team's zone and language.
#[derive(Clone, Copy)]
pub(super) struct Clock<'a> {
    pub words: &'a Words,
    pub zone: Tz,
    pub now: DateTime<Utc>,
}

impl Clock<'_> {
    /// The moment as a template shows it; `None` where nothing was said.
    pub(super) fn moment(&self, moment: &Moment, lead: Option<&LocalTime>) -> Option<Time> {
        let lead = || lead.map(|lead| self.lead(lead, moment.instant()));
        match moment {
            Moment::Known(at) => Some(Time { lead: lead(), ..self.known(*at) }),
            Moment::Assumed(at) => Some(Time { lead: lead(), doubt: Some(self.words.say("time.assumed", &[])), ..self.known(*at) }),
            Moment::Unreadable(written) => {
                let words = self.words.say("time.unsure", &[("written", clean::line(written, LONGEST_WRITTEN)?.into())]);
                Some(Time {
                    at: None,
                    date: words.clone(),
                    clock: words.clone(),
                    words,
                    relative: String::new(),
                    doubt: None,
                    lead: lead(),
                })
            }
            Moment::Missing => None,
        }
    }

    /// An instant without doubt.
    pub(super) fn known(&self, at: DateTime<Utc>) -> Time {
        let local = at.with_timezone(&self.zone);
        let zone = letters(&local.format("%Z").to_string());
        let in_zone = |time: String| self.words.say("time.with_zone", &[("time", time.into()), ("zone", zone.as_str().into())]);
        let (date, time) = (self.day(local.date_naive()), self.clock(local.time()));
        let words = in_zone(self.day_and_clock(&date, &time));
        Time { at: Some(at), words, date, clock: in_zone(time), relative: self.relative(at), doubt: None, lead: None }
    }

    /// How far away an instant is.
    fn relative(&self, at: DateTime<Utc>) -> String {
        let away = at - self.now;
        let minutes = (away.num_seconds().abs() + 30) / 60;
        let (unit, n) = match minutes {
            0..60 => ("minutes", minutes),
            60..2880 => ("hours", (minutes + 30) / 60),
            _ => ("days", (minutes + 12 * 60) / 60 / 24),
        };
        let direction = if away < TimeDelta::zero() { "ago" } else { "in" };
        self.words.say(&format!("time.{direction}_{unit}"), &[("n", n.into())])
    }

    /// As short as it stays clear: `14:00 EST` today, `Fri 9:00 EST` within the week, `Fri 4 Dec 9:00 EST` later. With its zone, because
    /// the same card says other times on its reader's clock.
    pub(super) fn short(&self, at: DateTime<Utc>) -> String {
        let (local, today) = (at.with_timezone(&self.zone), self.now.with_timezone(&self.zone).date_naive());
        let (day, clock) = (local.date_naive(), self.clock(local.time()));
        let time = if day == today {
            clock
        } else if day > today && day - today <= WEEKDAY_IS_ENOUGH {
            self.day_and_clock(self.weekday(day), &clock)
        } else {
            self.day_and_clock(&self.day(day), &clock)
        };
        let zone = letters(&local.format("%Z").to_string());
        self.words.say("time.with_zone", &[("time", time.into()), ("zone", zone.into())])
    }

    /// The lead's clock; with the day where it is another one for the team.
    pub(super) fn lead(&self, lead: &LocalTime, at: Option<DateTime<Utc>>) -> String {
        let clock = self.clock(lead.time());
        match at.map(|at| at.with_timezone(&self.zone).date_naive()) {
            Some(day) if day == lead.date_naive() => clock,
            _ => self.day_and_clock(&self.day(lead.date_naive()), &clock),
        }
    }

    /// The same instant on another clock, with its zone; `None` where that shows the same. With the day where it is another one.
    pub(super) fn elsewhere(&self, at: DateTime<Utc>, theirs: Elsewhere) -> Option<String> {
        let own = at.with_timezone(&self.zone).naive_local();
        let (local, zone) = match theirs {
            Elsewhere::Zone(zone) => (at.with_timezone(&zone).naive_local(), letters(&at.with_timezone(&zone).format("%Z").to_string())),
            Elsewhere::Offset(offset) => (at.with_timezone(&offset).naive_local(), theirs.name()),
        };
        if local == own {
            return None;
        }
        let clock = self.clock(local.time());
        let time = if local.date() == own.date() { clock } else { self.day_and_clock(&self.day(local.date()), &clock) };
        Some(self.words.say("time.with_zone", &[("time", time.into()), ("zone", zone.into())]))
    }

    fn day(&self, day: NaiveDate) -> String {
        let month = self.words.list("time.months").get(day.month0() as usize).cloned().unwrap_or_default();
        let same_year = day.year() == self.now.with_timezone(&self.zone).year();
        let values = [
            ("weekday", self.weekday(day).into()),
            ("date", i64::from(day.day()).into()),
            ("month", month.into()),
            ("year", i64::from(day.year()).into()),
        ];
        self.words.say(if same_year { "time.day" } else { "time.day_of_another_year" }, &values)
    }

    fn weekday(&self, day: NaiveDate) -> &str {
        self.words.list("time.weekdays").get(day.weekday().num_days_from_monday() as usize).map_or("", String::as_str)
    }

    fn clock(&self, time: NaiveTime) -> String {
        let values = [("hour", i64::from(time.hour()).into()), ("minute", format!("{:02}", time.minute()).into())];
        self.words.say("time.clock", &values)
    }

    fn day_and_clock(&self, day: &str, clock: &str) -> String {
        self.words.say("time.day_and_clock", &[("day", day.into()), ("clock", clock.into())])
    }
}

/// Zones without letters of their own have only an offset.
fn letters(zone: &str) -> String {
    if zone.starts_with(['+', '-']) { format!("UTC{zone}") } else { zone.to_owned() }
}

/// How much notice was given; `None` where it is not known.
pub(super) fn notice(words: &Words, notice: Notice) -> Option<String> {
    let (key, n) = match notice {
        Notice::Early(minutes) if minutes / 60 > IN_HOURS => ("notice.days", minutes / 60 / 24),
        Notice::Early(minutes) => ("notice.hours", minutes / 60),
        Notice::Late(minutes) if minutes >= 60 => ("notice.late_hours", minutes / 60),
        Notice::Late(minutes) => ("notice.late_minutes", minutes),
        Notice::AfterStart(0) => ("notice.at_start", 0),
        Notice::AfterStart(minutes) if minutes < 60 => ("notice.after_minutes", minutes),
        Notice::AfterStart(minutes) if minutes / 60 < 48 => ("notice.after_hours", minutes / 60),
        Notice::AfterStart(minutes) => ("notice.after_days", minutes / 60 / 24),
        Notice::Unknown => return None,
    };
    Some(words.say(key, &[("n", n.into())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words::read(include_str!("../../templates/words.toml")).unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn times_are_said_in_the_teams_zone() {
        let words = words();
        let clock = |zone| Clock { words: &words, zone, now: at("2026-11-24T12:00:00Z") };
        let said = |zone, time: &str| clock(zone).known(at(time)).words;
        assert_eq!(said(Tz::America__New_York, "2026-11-26T15:00:00Z"), "Thu 26 Nov 10:00 EST");
        assert_eq!(said(Tz::Europe__Berlin, "2027-01-01T08:05:00Z"), "Fri 1 Jan 2027 9:05 CET");
        assert_eq!(said(Tz::Asia__Dubai, "2026-11-26T15:00:00Z"), "Thu 26 Nov 19:00 UTC+04");
    }

    #[test]
    fn another_clock_has_its_own_summer_and_day() {
        let words = words();
        let clock = Clock { words: &words, zone: Tz::America__New_York, now: at("2026-10-20T12:00:00Z") };
        let paris = |time: &str| clock.elsewhere(at(time), Elsewhere::Zone(Tz::Europe__Paris));
        // Between the two ends of summer time they are five hours apart, else six.
        assert_eq!(clock.known(at("2026-10-28T13:00:00Z")).words, "Wed 28 Oct 9:00 EDT");
        assert_eq!(paris("2026-10-28T13:00:00Z").as_deref(), Some("14:00 CET"));
        assert_eq!(paris("2026-10-23T13:00:00Z").as_deref(), Some("15:00 CEST"));
        assert_eq!(paris("2026-11-03T23:30:00Z").as_deref(), Some("Wed 4 Nov 0:30 CET"));
        assert_eq!(clock.elsewhere(at("2026-10-28T13:00:00Z"), Elsewhere::Zone(Tz::America__Toronto)), None);
        let offset = Elsewhere::Offset(chrono::FixedOffset::east_opt(3_600).expect("an offset"));
        assert_eq!(clock.elsewhere(at("2026-10-28T13:00:00Z"), offset).as_deref(), Some("14:00 UTC+01:00"));
    }

    #[test]
    fn distances_are_said() {
        let words = words();
        let clock = Clock { words: &words, zone: Tz::UTC, now: at("2026-11-24T12:00:00Z") };
        for (time, said) in [
            ("2026-11-24T12:29:40Z", "in 30 min"),
            ("2026-11-26T11:00:00Z", "in 47 h"),
            ("2026-11-26T12:00:00Z", "in 2 days"),
            ("2026-11-24T11:45:00Z", "15 min ago"),
            ("2026-11-24T07:00:00Z", "5 h ago"),
            ("2026-11-20T20:00:00Z", "4 days ago"),
        ] {
            assert_eq!(clock.known(at(time)).relative, said);
        }
    }

    #[test]
    fn short_times_are_as_short_as_they_can_be() {
        let words = words();
        let clock = Clock { words: &words, zone: Tz::America__New_York, now: at("2026-11-24T12:00:00Z") };
        for (time, said) in [
            ("2026-11-24T19:00:00Z", "14:00 EST"),
            ("2026-11-27T14:00:00Z", "Fri 9:00 EST"),
            ("2026-12-04T14:00:00Z", "Fri 4 Dec 9:00 EST"),
            ("2026-11-23T14:00:00Z", "Mon 23 Nov 9:00 EST"),
        ] {
            assert_eq!(clock.short(at(time)), said);
        }
    }

    #[test]
    fn the_leads_clock_has_a_day_where_it_is_another() {
        let words = words();
        let clock = Clock { words: &words, zone: Tz::America__New_York, now: at("2026-11-24T12:00:00Z") };
        let lead = |local: &str| {
            let local: LocalTime = local.parse().expect("a time");
            clock.moment(&Moment::Known(local.to_utc()), Some(&local)).and_then(|time| time.lead)
        };
        assert_eq!(lead("2026-11-26T16:00:00+01:00").as_deref(), Some("16:00"));
        assert_eq!(lead("2026-11-27T01:00:00+10:00").as_deref(), Some("Fri 27 Nov 1:00"));
    }

    #[test]
    fn doubt_is_said() {
        let words = words();
        let clock = Clock { words: &words, zone: Tz::UTC, now: at("2026-11-24T12:00:00Z") };
        let assumed = clock.moment(&Moment::Assumed(at("2026-11-26T15:00:00Z")), None).expect("a time");
        assert_eq!(assumed.doubt.as_deref(), Some("(time zone assumed)"));
        let unsure = clock.moment(&Moment::Unreadable("soon\n".into()), None).expect("a time");
        assert_eq!((unsure.at, unsure.words.as_str()), (None, "“soon” (time unsure)"));
        assert_eq!(clock.moment(&Moment::Missing, None), None);
        assert_eq!(clock.moment(&Moment::Unreadable(" ".into()), None), None);
    }

    #[test]
    fn notice_is_said_in_what_people_count() {
        let words = words();
        for (given, said) in [
            (Notice::Early(46 * 60 + 59), Some("46 h notice")),
            (Notice::Early(72 * 60), Some("72 h notice")),
            (Notice::Early(5 * 24 * 60), Some("5 days' notice")),
            (Notice::Late(24 * 60), Some("late: 24 h before the call")),
            (Notice::Late(119), Some("late: 1 h before the call")),
            (Notice::Late(30), Some("late: 30 min before the call")),
            (Notice::AfterStart(0), Some("cancelled as the call began")),
            (Notice::AfterStart(12), Some("cancelled 12 min after the start")),
            (Notice::AfterStart(125), Some("cancelled 2 h after the start")),
            (Notice::AfterStart(3 * 24 * 60), Some("cancelled 3 days after the start")),
            (Notice::Unknown, None),
        ] {
            assert_eq!(notice(&words, given).as_deref(), said, "{given:?}");
        }
    }
}
