//! Cancellations as iClosed sends them, each about a call of its own.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

static NEXT: AtomicU64 = AtomicU64::new(1_000_001);

pub(crate) const REASON: &str = "We picked another vendor, sorry about that";

/// A cancellation by the invitee, cancelled `now`, two days before the start.
pub(crate) fn cancelled(now: DateTime<Utc>) -> Value {
    cancelled_by("Jane Doe", now)
}

/// A cancellation by whoever has that name; Jane Doe is the invitee, Alex Closer the host.
pub(crate) fn cancelled_by(canceller: &str, now: DateTime<Utc>) -> Value {
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let start = now + TimeDelta::hours(48);
    let cancellation = json!({
        "canceled": true, "canceler_name": canceller, "cancel_reason": REASON,
        "canceled_at": now.to_rfc3339_opts(SecondsFormat::Millis, true)
    });
    let mut body = json!({
        "hookType": "Call canceled",
        "event_type": { "uuid": 22084, "slug": "strategy-call", "name": "Strategy Call", "duration": 45, "durationUnit": "MINUTES" },
        "event": {
            "uuid": id, "callPreviewId": format!("call_{id}"), "closerName": "Alex Closer", "closerEmail": "alex@acme.example",
            "closerTimezone": "Europe/Paris", "assigned_to": { "1": "Alex Closer" },
            "utc_start_time": text(start), "start_time": text(start), "end_time": text(start + TimeDelta::minutes(45)),
            "rescheduleLink": format!("https://app.iclosed.io/r/{id}"), "eventLink": "https://app.iclosed.io/e/acme/strategy-call"
        },
        "invitee": {
            "uuid": id, "first_name": "Jane", "last_name": "Doe", "name": "Jane Doe", "email": format!("lead{id}@prospect.example"),
            "text_reminder_number": format!("+1555{id:07}"), "previewUrl": format!("https://app.iclosed.io/c/{id}")
        },
        "questions_and_answers": [{ "question": "What is your monthly revenue?", "answer": "Between 20k and 50k" }],
        "tracking": { "utm_source": "newsletter", "utm_medium": "email" }
    });
    for part in ["event", "invitee"] {
        merge(&mut body[part], &cancellation);
    }
    body
}

/// The same person books again; `moved` keeps the call's id, as a reschedule does.
pub(crate) fn booked_again(cancelled: &Value, moved: bool, now: DateTime<Utc>) -> Value {
    let mut body = cancelled.clone();
    for part in ["event", "invitee"] {
        for key in ["canceled", "canceler_name", "cancel_reason", "canceled_at"] {
            if let Some(part) = body[part].as_object_mut() {
                part.remove(key);
            }
        }
    }
    let start = (now + TimeDelta::hours(72)).to_rfc3339_opts(SecondsFormat::Secs, true);
    merge(&mut body["event"], &json!({ "start_time": start, "utc_start_time": start }));
    if moved {
        merge(&mut body["event"], &json!({ "old_start_time": cancelled["event"]["start_time"] }));
        body["hookType"] = json!("Call rescheduled");
    } else {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        merge(&mut body["event"], &json!({ "uuid": id, "callPreviewId": format!("call_{id}") }));
        body["hookType"] = json!("Call booked");
    }
    body
}

/// The call of `booking` is cancelled.
pub(crate) fn cancelled_again(booking: &Value, now: DateTime<Utc>) -> Value {
    let mut body = booking.clone();
    body["hookType"] = json!("Call canceled");
    let at = now.to_rfc3339_opts(SecondsFormat::Millis, true);
    for part in ["event", "invitee"] {
        merge(&mut body[part], &json!({ "canceled": true, "canceler_name": "Jane Doe", "cancel_reason": "Not again", "canceled_at": at }));
    }
    body
}

/// The invitee's address: what tells this call's cards from others.
pub(crate) fn email(body: &Value) -> &str {
    body["invitee"]["email"].as_str().expect("an address")
}

fn merge(into: &mut Value, more: &Value) {
    if let (Some(into), Some(more)) = (into.as_object_mut(), more.as_object()) {
        into.extend(more.clone());
    }
}
