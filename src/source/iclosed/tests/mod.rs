//! Whole payloads: the published examples field by field, one table row for each quirk, and whatever proptest makes of them.

mod any;
mod examples;
mod kinds;
mod people;
mod quirks;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::*;
use crate::domain::event::{Booking, Call, FormAnswer, Invitee, Links, Staff};
use crate::domain::when::Moment;

const DOCS: &str = include_str!("../examples/call_cancelled.docs_style.json");
const PRODUCTION: &str = include_str!("../examples/call_cancelled.production_style.json");
const OUTCOME: &str = include_str!("../examples/outcome_added.docs.json");
const CALCOM: &str = include_str!("../examples/compare_calcom_cancelled.json");
const CALENDLY: &str = include_str!("../examples/compare_calendly_v2.json");

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn known(text: &str) -> Moment {
    Moment::Known(at(text))
}

#[expect(clippy::unnecessary_wraps, reason = "what it is compared with is an option")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn staff(name: &str, email: &str) -> Staff {
    Staff { name: some(name), email: some(email).filter(|email| !email.is_empty()), timezone: None }
}

#[derive(Debug, PartialEq)]
struct Received {
    kind: EventKind,
    call_id: Option<String>,
    key: String,
    event: Event,
}

fn read_one(body: &str) -> Result<Received, Unreadable> {
    let items = split(body.as_bytes()).expect("JSON");
    assert_eq!(items.len(), 1, "{body}");
    let (label, event) = (label(&items[0].raw), read(&items[0].raw, Defaults::default()));
    assert_eq!(label.as_ref().err(), event.as_ref().err(), "what is kept can be read: {body}");
    let Label { kind, call_id, key } = label?;
    Ok(Received { kind, call_id, key, event: event? })
}

fn cancellation(body: &Value) -> Cancellation {
    let received = read_one(&body.to_string()).expect("a cancellation");
    assert_eq!((received.kind, received.call_id.as_deref()), (EventKind::CallCancelled, Some("1809761")));
    let Event::Cancelled(cancellation) = received.event else { panic!("{body}") };
    *cancellation
}

fn production() -> Value {
    serde_json::from_str(PRODUCTION).expect("JSON")
}

/// The production example with values set at `a.b.c`; null in place of a key's absence is a change of its own.
fn changed(changes: &[(&str, Value)]) -> Value {
    let mut body = production();
    for (path, value) in changes {
        *body.pointer_mut(&format!("/{}", path.replace('.', "/"))).unwrap_or_else(|| panic!("{path}")) = value.clone();
    }
    body
}

fn without(body: &mut Value, path: &str) {
    let (section, key) = path.rsplit_once('.').unwrap_or(("", path));
    let pointer = if section.is_empty() { String::new() } else { format!("/{}", section.replace('.', "/")) };
    body.pointer_mut(&pointer).and_then(Value::as_object_mut).and_then(|map| map.remove(key)).unwrap_or_else(|| panic!("{path}"));
}
