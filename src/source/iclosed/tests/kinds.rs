//! Other kinds of webhooks, and the keys that tell deliveries apart.

use super::*;

#[test]
fn moved_and_booked_calls() {
    let body = |label: &str, event: Value| json!({"hookType": label, "event": event}).to_string();
    let moved = json!({"uuid": 1, "start_time": "2026-05-04T10:00:00+02:00", "old_start_time": "2026-05-03T10:00:00+02:00"});
    let received = read_one(&body("Call rescheduled", moved)).expect("readable");
    assert_eq!(received.key, "call_rescheduled:1:1777881600000:1777795200000");
    let Event::Booked(booking) = received.event else { panic!("{}", received.key) };
    let Booking { kind, call, old_start } = *booking;
    assert_eq!((kind, call.start, old_start), (EventKind::CallRescheduled, known("2026-05-04T08:00:00Z"), known("2026-05-03T08:00:00Z")));
    for (event, key) in [
        (
            json!({"uuid": 1, "start_time": "2026-05-04T10:00:00+02:00", "created_at": "2026-05-01T00:00:00Z"}),
            "call_booked:1:1777881600000",
        ),
        (json!({"uuid": 1, "created_at": "2026-05-01T00:00:00Z"}), "call_booked:1:created-1777593600000"),
        (json!({"uuid": 1}), "call_booked:1:unsaid"),
    ] {
        assert_eq!(read_one(&body("Call booked", event)).expect("readable").key, key);
    }
}

#[test]
fn outcomes_and_contacts_are_known_by_their_content() {
    let outcome = read_one(OUTCOME).expect("readable");
    assert_eq!(
        (outcome.kind, outcome.call_id.as_deref(), outcome.event.clone()),
        (EventKind::CallOutcome, Some("123"), Event::Other(EventKind::CallOutcome))
    );
    assert!(outcome.key.starts_with("call_outcome:") && outcome.key.len() == 45, "{}", outcome.key);
    let contact = |text: &str| read_one(text).expect("readable");
    let first = contact(r#"{"hookType":"Contact updated","id":5,"email":"jane@example.com"}"#);
    assert_eq!((first.call_id, first.kind), (None, EventKind::Contact));
    assert_eq!(contact(r#"{"email":"jane@example.com","id":"5.0","hookType":"Contact updated"}"#).key, first.key);
    assert_ne!(contact(r#"{"email":"jane@example.com","id":6,"hookType":"Contact updated"}"#).key, first.key);
}

/// Databases hold such keys; if they changed, what was received before would be taken for new.
#[test]
fn keys_by_content_stay_what_they_are() {
    for (text, key) in [
        (r#"{"hookType":"Contact created","id":7}"#, "contact:1d90c33c35ec678c327d9c2796c84e56"),
        (r#"{"uuid":45526,"hookType":"Outcome added"}"#, "call_outcome:7f0f44735077508071028b755ea3390b"),
    ] {
        assert_eq!(read_one(text).expect("readable").key, key, "{text}");
    }
}

/// A body that was refused may be read again by whoever replays it.
#[test]
fn what_json_forbids_in_keys_is_not_read() {
    for text in ["{\"hookType\":\"Call canceled\",\"a\tb\":1,\"event\":{\"uuid\":1}}", "{\"hookType\":\"Contact created\",\"a\nb\":1}"] {
        assert_eq!(label(text), Err(Unreadable::NotJson), "{text}");
        assert_eq!(read(text, Defaults::default()), Err(Unreadable::NotJson), "{text}");
    }
}

#[test]
fn the_key_tells_cancellations_apart_and_holds_nothing_personal() {
    let key = |changes: &[(&str, Value)]| read_one(&changed(changes).to_string()).expect("readable").key;
    let first = key(&[]);
    let both = |value: &str| [("event.canceled_at", json!(value)), ("invitee.canceled_at", json!(value))];
    assert_eq!(key(&both("2026-05-02T21:51:39.9+02:00")), first, "the same instant");
    assert_ne!(key(&both("2026-05-02T19:51:41Z")), first, "cancelled again");
    assert_eq!(key(&both("")), "call_cancelled:1809761:start-1777795200000");
    let wordless = [
        ("event.canceled_at", json!("Jane said so")),
        ("event.start_time", json!("soon")),
        ("event.utc_start_time", json!(null)),
        ("invitee.canceled_at", json!(null)),
    ];
    assert!(key(&wordless).starts_with("call_cancelled:1809761:sha-"));
    let odd = key(&[("event.uuid", json!("jane@example.com"))]);
    assert!(odd.starts_with("call_cancelled:sha-") && !odd.contains("jane"), "{odd}");
    assert!(key(&[("event.uuid", json!("9".repeat(100_000)))]).len() < 100);
}

#[test]
fn the_fallback_zone_never_changes_the_key() {
    let body = r#"{"hookType":"Call booked","event":{"uuid":1,"start_time":"2026-05-03T10:00:00","old_start_time":"2026-05-02T10:00:00"}}"#;
    let paris = Defaults { zone_fallback: Some(chrono_tz::Europe::Paris) };
    let (with, without) = (read(body, paris).expect("readable"), read(body, Defaults::default()).expect("readable"));
    match (with, without) {
        (Event::Booked(with), Event::Booked(without)) => {
            assert_eq!(with.call.start, Moment::Assumed(at("2026-05-03T08:00:00Z")));
            assert_eq!(without.call.start, Moment::Unreadable("2026-05-03T10:00:00".into()));
        }
        other => panic!("{other:?}"),
    }
}
