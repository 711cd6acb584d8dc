//! What the answers of iClosed's API mean. Pure; tolerant, for the documentation contradicts itself.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::Value;

use super::{ApiError, call};
use crate::domain::event::Staff;

/// Letters of a refusal that are repeated.
const WORDS: usize = 200;
/// The wait where a limit names none, and the longest that is believed, in seconds.
const WAIT: (f64, f64) = (10.0, 3_600.0);

/// A status and a body: done, or what kept it from being done.
pub(super) fn read(status: u16, body: &[u8]) -> Result<Value, ApiError> {
    let told: Option<Value> = serde_json::from_slice(body).ok();
    match status {
        // Done, but half an answer says nothing of what.
        200..=299 => told.ok_or(ApiError::Unclear),
        401 | 403 => Err(ApiError::KeyRefused),
        429 => Err(ApiError::Limited { retry_after: wait(told.as_ref()) }),
        400..=499 if status != 408 => Err(ApiError::Refused(told.map(|told| words(&told)).unwrap_or_default())),
        _ => Err(ApiError::Unclear),
    }
}

/// Some answers of status 200 tell another one within. Gives whose call it is, where that is told.
pub(super) fn confirmed(told: &Value) -> Result<Option<Staff>, ApiError> {
    let within = [&told["data"]["eventCall"], &told["data"], told];
    let status = within.into_iter().find_map(|part| part["status"].as_u64());
    if let Some(status @ 400..) = status {
        let part = within.into_iter().find(|part| part["message"].is_string()).unwrap_or(told);
        return Err(if status < 500 { ApiError::Refused(words(part)) } else { ApiError::Unclear });
    }
    let text = |part: &Value, name: &str| part[name].as_str().unwrap_or_default().to_owned();
    let mut parts = within.into_iter().flat_map(|part| [&part["data"], part]);
    Ok(parts.find_map(|part| call::staff(&text(part, "closerName"), &text(part, "closerEmail"))))
}

/// The free times of `{data: {availabilities: {"2026-11-27": ["…"]}}}`. How a slot is spelt is not documented.
pub(super) fn slots(told: &Value, zone: Tz) -> Vec<DateTime<Utc>> {
    let Some(days) = told["data"]["availabilities"].as_object() else {
        return Vec::new();
    };
    let of_day = |(day, slots): (&String, &Value)| -> Vec<DateTime<Utc>> {
        let slots = slots.as_array().map(Vec::as_slice).unwrap_or_default();
        slots.iter().filter_map(|slot| time(day, slot.as_str().or_else(|| named(slot))?, zone)).collect()
    };
    days.iter().flat_map(of_day).collect()
}

/// At most so many of these times, which are in order: where there are more, the first ones of each day, so that people can choose a day.
pub(super) fn spread(times: Vec<DateTime<Utc>>, zone: Tz, most: usize) -> Vec<DateTime<Utc>> {
    let day = |time: &DateTime<Utc>| time.with_timezone(&zone).date_naive();
    let days = times.chunk_by(|one, other| day(one) == day(other)).count();
    let each = most / days.clamp(1, most.max(1));
    let mut chosen: Vec<DateTime<Utc>> =
        times.chunk_by(|one, other| day(one) == day(other)).flat_map(|of| of.iter().take(each)).copied().collect();
    let rest: Vec<DateTime<Utc>> = times.into_iter().filter(|time| !chosen.contains(time)).collect();
    chosen.truncate(most);
    let room = most - chosen.len();
    chosen.extend(rest.into_iter().take(room));
    chosen.sort_unstable();
    chosen
}

fn named(slot: &Value) -> Option<&str> {
    ["dateTime", "startTime", "start", "time"].into_iter().find_map(|name| slot[name].as_str())
}

/// An instant, a local time, or a time of that day.
fn time(day: &str, slot: &str, zone: Tz) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(slot) {
        return Some(time.to_utc());
    }
    let mut local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"].into_iter();
    let local = local.find_map(|form| NaiveDateTime::parse_from_str(slot, form).ok()).or_else(|| {
        let day = NaiveDate::parse_from_str(day.get(..10)?, "%Y-%m-%d").ok()?;
        let mut times = ["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p"].into_iter();
        Some(day.and_time(times.find_map(|form| NaiveTime::parse_from_str(slot.trim(), form).ok())?))
    });
    local?.and_local_timezone(zone).earliest().map(|time| time.to_utc())
}

fn wait(told: Option<&Value>) -> TimeDelta {
    let asked = told.and_then(|told| told["retryAfter"].as_f64()).filter(|asked| *asked > 0.0).unwrap_or(WAIT.0);
    #[expect(clippy::cast_possible_truncation, reason = "bounded above and below")]
    let milliseconds = (asked.min(WAIT.1) * 1_000.0).ceil() as i64;
    TimeDelta::milliseconds(milliseconds)
}

/// `message` as a sentence; or, as it is with 400, the texts within it.
fn words(told: &Value) -> String {
    let mut texts = Vec::new();
    match &told["message"] {
        Value::String(text) => texts.push(text.clone()),
        message @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            let details = &message["details"];
            texts.extend(details["formErrors"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
            for (field, errors) in details["fieldErrors"].as_object().into_iter().flatten() {
                texts.extend(errors.as_array().into_iter().flatten().filter_map(Value::as_str).map(|error| format!("{field}: {error}")));
            }
        }
    }
    texts.join("; ").chars().take(WORDS).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_answer_says_what_surely_happened() {
        let came = |status, body: &str| read(status, body.as_bytes());
        assert_eq!(came(201, r#"{"data":{}}"#), Ok(json!({ "data": {} })));
        assert_eq!(came(200, r#"{"data":"#), Err(ApiError::Unclear));
        for message in ["API key is required", "Invalid API key", "API key expired"] {
            assert_eq!(came(401, &json!({ "message": message }).to_string()), Err(ApiError::KeyRefused));
        }
        let limited = |body| came(429, body).expect_err("a limit").retry_after();
        assert_eq!(limited(r#"{"code":"RATE_LIMIT_EXCEEDED","retryAfter":3}"#), Some(TimeDelta::seconds(3)));
        assert_eq!(limited("<html>"), Some(TimeDelta::seconds(10)));
        assert_eq!(limited(r#"{"retryAfter":1e99}"#), Some(TimeDelta::hours(1)));
        let refused = |body: &str| came(400, body).expect_err("a refusal");
        assert_eq!(refused(r#"{"message":"Bad request"}"#), ApiError::Refused("Bad request".to_owned()));
        let object =
            json!({ "message": { "status": 400, "details": { "formErrors": [], "fieldErrors": { "email": ["Invalid email"] } } } });
        assert_eq!(refused(&object.to_string()), ApiError::Refused("email: Invalid email".to_owned()));
        for odd in ["", "null", "[]", r#"{"message":{"details":7}}"#] {
            assert_eq!(refused(odd), ApiError::Refused(String::new()), "{odd}");
        }
        for status in [302, 408, 500, 502, 503, 504] {
            assert_eq!(came(status, "{}"), Err(ApiError::Unclear), "{status}");
        }
    }

    #[test]
    fn of_many_free_times_each_day_keeps_some() {
        let time =
            |day: i64, hour: i64| "2026-11-27T09:00:00Z".parse::<DateTime<Utc>>().expect("a time") + TimeDelta::hours(24 * day + hour);
        let all: Vec<_> = (0..5).flat_map(|day| (0..8).map(move |hour| (day, hour))).map(|(day, hour)| time(day, hour)).collect();
        let some = spread(all.clone(), chrono_tz::UTC, 25);
        assert_eq!((some.len(), some[0], some[5], some[24]), (25, time(0, 0), time(1, 0), time(4, 4)));
        assert_eq!(spread(all[..9].to_vec(), chrono_tz::UTC, 25), all[..9]);
        let uneven: Vec<_> = (0..30).map(|hour| time(0, 0) + TimeDelta::minutes(10 * hour)).chain([time(1, 0)]).collect();
        let some = spread(uneven, chrono_tz::UTC, 25);
        assert_eq!((some.len(), some[24], some[23]), (25, time(1, 0), time(0, 0) + TimeDelta::minutes(230)));
        assert!(spread(Vec::new(), chrono_tz::UTC, 25).is_empty());
    }

    #[test]
    fn free_times_are_read_however_they_are_spelt() {
        let zone = chrono_tz::Europe::Paris;
        let told = |slot: Value| slots(&json!({ "data": { "availabilities": { "2026-11-27": [slot] } } }), zone);
        let expected = "2026-11-27T09:00:00Z".parse::<DateTime<Utc>>().expect("a time");
        for slot in ["2026-11-27T09:00:00.000Z", "2026-11-27T10:00:00+01:00", "2026-11-27 10:00:00", "10:00", "10:00 AM", "10:00:00"] {
            assert_eq!(told(json!(slot)), [expected], "{slot}");
        }
        assert_eq!(told(json!({ "startTime": "2026-11-27T09:00:00Z" })), [expected]);
        for odd in [json!("soon"), json!(7), json!(null), json!({}), json!("25:00")] {
            assert_eq!(told(odd), Vec::<DateTime<Utc>>::new());
        }
        assert_eq!(slots(&json!({ "data": [] }), zone), Vec::<DateTime<Utc>>::new());
    }
}
