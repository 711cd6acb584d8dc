//! Times as iClosed writes them. Never parses the `*_pretty` fields; never guesses a zone that nobody named.

use chrono::{DateTime, Datelike, FixedOffset, MappedLocalTime, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::domain::when::{LocalTime, Moment};

use super::tolerant::Fields;

/// The names of the fields that tell one moment.
pub(super) struct Told {
    /// Local time, mostly with its offset.
    pub local: &'static str,
    /// UTC, whose offset may be missing, and is obeyed where it is not zero.
    pub utc: &'static str,
    /// For people only.
    pub pretty: &'static str,
}

/// The zones in which a local time may be meant.
pub(super) struct Zones {
    /// The host's, as the payload says.
    pub host: Option<Tz>,
    /// The operator's word for hosts of whom it says nothing.
    pub fallback: Option<Tz>,
}

/// The local time with its offset, else the UTC time, else the local time in the host's zone, else the words.
pub(super) fn moment(fields: &Fields<'_>, told: &Told, zones: &Zones) -> Moment {
    let (local, utc) = (fields.text(told.local), fields.text(told.utc));
    let written = local.as_deref().and_then(parse);
    if let Some(at) = written.and_then(Written::instant) {
        return Moment::Known(at);
    }
    if let Some(at) = utc.as_deref().and_then(parse).map(Written::instant_or_utc) {
        return Moment::Known(at);
    }
    if let Some(written) = written {
        let moment = match (zones.host, zones.fallback) {
            (Some(host), _) => in_zone(written.local, host, Moment::Known),
            (None, Some(fallback)) => in_zone(written.local, fallback, Moment::Assumed),
            (None, None) => None,
        };
        if let Some(moment) = moment {
            return moment;
        }
    }
    local.or(utc).or_else(|| fields.text(told.pretty)).map_or(Moment::Missing, Moment::Unreadable)
}

/// The first of the texts that is a time, read as UTC where it has no offset; else the first text as written.
///
/// Texts after that one are not asked for.
pub(super) fn utc_moment(texts: impl IntoIterator<Item = String>) -> Moment {
    let mut first = None;
    for text in texts {
        if let Some(written) = parse(&text) {
            return Moment::Known(written.instant_or_utc());
        }
        first.get_or_insert(text);
    }
    first.map_or(Moment::Missing, Moment::Unreadable)
}

/// The clock that the text shows, if it has an offset.
pub(super) fn local_time(text: &str) -> Option<LocalTime> {
    let written = parse(text)?;
    Some(written.instant()?.with_timezone(&written.offset?))
}

/// The zone of that IANA name.
pub(super) fn zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// A date and a time of day as a text gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Written {
    local: NaiveDateTime,
    offset: Option<FixedOffset>,
}

impl Written {
    fn instant(self) -> Option<DateTime<Utc>> {
        let offset = self.offset?;
        self.local.and_local_timezone(offset).single().map(|at| at.with_timezone(&Utc))
    }

    fn instant_or_utc(self) -> DateTime<Utc> {
        self.instant().unwrap_or_else(|| self.local.and_utc())
    }
}

/// ISO 8601 as people's programs write it: `T` or a blank, seconds and their fraction or none, `Z`, `+02`, `+0200`, `+02:00` or nothing.
fn parse(text: &str) -> Option<Written> {
    if text.len() > 64 {
        return None;
    }
    let text = text.trim().to_ascii_uppercase();
    let (date, rest) = text.split_once(['T', ' '])?;
    let rest = rest.trim();
    let (time, offset) = match rest.find(['Z', '+', '-']).and_then(|at| rest.split_at_checked(at)) {
        Some((time, offset)) => (time.trim(), Some(parse_offset(offset)?)),
        None => (rest.strip_suffix("UTC").unwrap_or(rest).trim(), rest.ends_with("UTC").then_some(FixedOffset::east_opt(0)?)),
    };
    let shaped = date.len() == 10 && date.bytes().all(|b| b.is_ascii_digit() || b == b'-') && time.len() >= 5;
    if !shaped {
        return None;
    }
    let joined = format!("{date}T{}", time.replace(',', "."));
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"].iter().find_map(|form| NaiveDateTime::parse_from_str(&joined, form).ok())?;
    (2000..=2200).contains(&local.year()).then_some(Written { local, offset })
}

/// No place on earth is further from UTC than 14 hours.
fn parse_offset(text: &str) -> Option<FixedOffset> {
    if text == "Z" {
        return FixedOffset::east_opt(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.get(1..)?;
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "00"),
    };
    let two_digits = |part: &str| (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<i32>().ok()).flatten();
    let (hours, minutes) = (two_digits(hours)?, two_digits(minutes)?);
    let seconds = hours * 3600 + minutes * 60;
    (minutes < 60 && seconds <= 14 * 3600).then(|| FixedOffset::east_opt(sign * seconds)).flatten()
}

/// An hour that the clocks skip or show twice is never known for sure: the first instant that it may mean is assumed.
fn in_zone(local: NaiveDateTime, zone: Tz, sure: fn(DateTime<Utc>) -> Moment) -> Option<Moment> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) => Some(sure(at.to_utc())),
        MappedLocalTime::Ambiguous(earlier, _) => Some(Moment::Assumed(earlier.to_utc())),
        MappedLocalTime::None => {
            let mut after_gap = (1..=8).map(|quarters| local + TimeDelta::minutes(15 * quarters));
            after_gap.find_map(|later| zone.from_local_datetime(&later).earliest()).map(|at| Moment::Assumed(at.to_utc()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::iclosed::tolerant::{Node, Shape};

    const START: Told = Told { local: "start_time", utc: "utc_start_time", pretty: "start_time_pretty" };

    fn start(json: &str, host: Option<&str>, fallback: Option<&str>) -> Moment {
        let zones = Zones { host: host.and_then(zone), fallback: fallback.and_then(zone) };
        match Node::parse(json).map(Node::shape) {
            Some(Shape::Map(fields)) => moment(&fields, &START, &zones),
            other => panic!("{other:?}"),
        }
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn forms_of_time() {
        for text in [
            "2026-05-03T10:00:00+02:00",
            "2026-05-03 10:00:00+02:00",
            "2026-05-03T10:00:00+0200",
            "2026-05-03T10:00:00 +02",
            "2026-05-03T10:00+02:00",
            "2026-05-03t08:00:00z",
            "2026-05-03T08:00:00.000Z",
            "2026-05-03T08:00:00,000000Z",
            "2026-05-03T08:00:00.000000000000Z",
            "2026-05-03 08:00:00 UTC",
            "2026-05-03T01:00:00-07:00",
            " 2026-05-03T13:45:00+05:45 ",
        ] {
            assert_eq!(parse(text).and_then(Written::instant), Some(at("2026-05-03T08:00:00Z")), "{text}");
        }
        assert_eq!(parse("2025-07-31T19:51:39.90Z").and_then(Written::instant), Some(at("2025-07-31T19:51:39.900Z")));
        assert_eq!(parse("2026-05-12T11:00:00").map(|written| written.offset), Some(None));
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "soon",
            "7",
            "2023-02-30T10:00:00Z",
            "2023-02-30",
            "2026-05-03",
            "9999-01-01T00:00:00Z",
            "1999-12-31T23:59:59Z",
            "2026-05-03T10:00:00+25:00",
            "2026-05-03T10:00:00+14:30",
            "2026-05-03T10:00:00+2",
            "2026-05-03T25:00:00Z",
            "2026-05-03T10:00:00+02:00x",
            "20260503T100000Z",
            "+2026-05-03T10:00:00Z",
            "06:00pm - Wednesday, February 15, 2023",
            "2026-05-03T10:00:00-",
            "éééééTéZ",
            "2026-05-03TT10:00",
            "2026-05-03T10:00:00+é0:00",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_start_in_the_order_of_the_design() {
        let eight = at("2026-05-03T08:00:00Z");
        let local = r#"{"start_time":"2026-05-03T10:00:00"}"#;
        for (json, host, fallback, expected) in [
            (r#"{"start_time":"2026-05-03T10:00:00+02:00","utc_start_time":"2020-01-01T00:00:00Z"}"#, None, None, Moment::Known(eight)),
            (
                r#"{"start_time":"2026-05-03T10:00:00","utc_start_time":"2026-05-03T08:00:00Z"}"#,
                Some("Asia/Tokyo"),
                None,
                Moment::Known(eight),
            ),
            (r#"{"start_time":"soon","utc_start_time":"2026-05-03T08:00:00"}"#, None, None, Moment::Known(eight)),
            (r#"{"utc_start_time":"2026-05-03T09:00:00+01:00"}"#, None, None, Moment::Known(eight)),
            (local, Some("Europe/Paris"), Some("Asia/Tokyo"), Moment::Known(eight)),
            (local, Some("Nowhere/Land"), Some("Europe/Paris"), Moment::Assumed(eight)),
            (local, None, None, Moment::Unreadable("2026-05-03T10:00:00".to_owned())),
            (r#"{"start_time":"soon","utc_start_time":"2023-02-30"}"#, Some("Europe/Paris"), None, Moment::Unreadable("soon".to_owned())),
            (r#"{"start_time":7}"#, None, None, Moment::Unreadable("7".to_owned())),
            (r#"{"start_time_pretty":"06:00pm"}"#, None, None, Moment::Unreadable("06:00pm".to_owned())),
            (r#"{"start_time":" ","utc_start_time":null}"#, None, None, Moment::Missing),
            ("{}", None, None, Moment::Missing),
        ] {
            assert_eq!(start(json, host, fallback), expected, "{json}");
        }
    }

    #[test]
    fn hours_that_clocks_skip_or_repeat_are_assumed() {
        for (local, zone, expected) in [
            ("2026-03-29T02:30:00", "Europe/Paris", "2026-03-29T01:00:00Z"),
            ("2026-10-25T02:30:00", "Europe/Paris", "2026-10-25T00:30:00Z"),
            ("2026-03-08T02:00:00", "America/New_York", "2026-03-08T07:00:00Z"),
        ] {
            let json = format!(r#"{{"start_time":"{local}"}}"#);
            assert_eq!(start(&json, Some(zone), None), Moment::Assumed(at(expected)), "{local} {zone}");
        }
        let whole_day_skipped = r#"{"start_time":"2011-12-30T10:00:00"}"#;
        assert_eq!(start(whole_day_skipped, Some("Pacific/Apia"), None), Moment::Unreadable("2011-12-30T10:00:00".to_owned()));
    }

    #[test]
    fn the_first_readable_of_several() {
        let texts = |all: &[&str]| utc_moment(all.iter().filter(|text| !text.is_empty()).map(ToString::to_string));
        assert_eq!(texts(&["", "2026-05-02T19:51:39.900"]), Moment::Known(at("2026-05-02T19:51:39.900Z")));
        assert_eq!(texts(&["soon", "2026-05-02 21:51:39.900 +0200"]), Moment::Known(at("2026-05-02T19:51:39.900Z")));
        assert_eq!(texts(&["soon", "later"]), Moment::Unreadable("soon".to_owned()));
        assert_eq!(texts(&["", ""]), Moment::Missing);
    }
}
