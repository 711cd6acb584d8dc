//! Whole payloads: the published examples field by field, one table row for each quirk, and whatever proptest makes of them.

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::event::{Booking, Call, FormAnswer, Invitee, Links, Staff};
use crate::domain::when::Moment;

const DOCS: &str = include_str!("examples/call_cancelled.docs_style.json");
const PRODUCTION: &str = include_str!("examples/call_cancelled.production_style.json");
const OUTCOME: &str = include_str!("examples/outcome_added.docs.json");
const CALCOM: &str = include_str!("examples/compare_calcom_cancelled.json");
const CALENDLY: &str = include_str!("examples/compare_calendly_v2.json");

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

#[test]
fn the_documented_example() {
    let received = read_one(DOCS).expect("readable");
    assert_eq!(received.key, "call_cancelled:45526:1753991499900");
    let expected = Cancellation {
        call: Call {
            id: "45526".into(),
            preview_id: None,
            event_name: some("Event Name"),
            event_slug: some("event-name"),
            duration_minutes: Some(15),
            invitee: Invitee {
                name: some("Example Invitee"),
                other_names: vec!["Example".into()],
                email: some("invitee@example.com"),
                phone: some("+15551234567"),
                contact_id: some("789"),
            },
            host: Some(staff("Example Name", "email@example.com")),
            co_hosts: vec![],
            setter: None,
            start: known("2023-02-15T17:00:00Z"),
            end: known("2023-02-15T17:30:00Z"),
            start_for_invitee: Some("2023-02-15T18:00:00+01:00".parse().expect("a time")),
            booked_at: Some(at("2023-02-14T21:11:30Z")),
            links: Links {
                contact: some("https://app.iclosed.io/app/global-data?contactPreviewId=contact_EXAMPLE"),
                reschedule: None,
                booking_page: None,
                location: some("https://app.iclosed.io/e/event-name"),
            },
            answers: vec![FormAnswer { question: "Phone Number".into(), answer: "+15551234567".into() }],
            tracking: vec![],
        },
        canceller: some("Canceller Name"),
        reason: None,
        cancelled_at: known("2025-07-31T19:51:39.900Z"),
    };
    assert_eq!(received.event, Event::Cancelled(Box::new(expected)));
}

#[test]
fn the_example_from_production() {
    let received = read_one(PRODUCTION).expect("readable");
    assert_eq!(received.key, "call_cancelled:1809761:1777751499900");
    let expected = Cancellation {
        call: Call {
            id: "1809761".into(),
            preview_id: some("call_EXAMPLEabcd"),
            event_name: some("Strategy Call"),
            event_slug: some("strategy-call"),
            duration_minutes: Some(45),
            invitee: Invitee {
                name: some("Jane Doe"),
                other_names: vec!["Jane".into()],
                email: some("jane@example.com"),
                phone: some("+15551234567"),
                contact_id: some("3301936"),
            },
            host: Some(Staff { timezone: some("Europe/Paris"), ..staff("Alex Closer", "alex@example.com") }),
            co_hosts: vec![],
            setter: None,
            start: known("2026-05-03T08:00:00Z"),
            end: known("2026-05-03T08:45:00Z"),
            start_for_invitee: None,
            booked_at: None,
            links: Links {
                contact: some("https://app.iclosed.io/EXAMPLE-preview"),
                reschedule: some("https://app.iclosed.io/EXAMPLE-reschedule"),
                booking_page: some("https://app.iclosed.io/e/acme/strategy-call"),
                location: some("https://meet.google.com/abc-defg-hij"),
            },
            answers: vec![
                FormAnswer { question: "Email Address".into(), answer: "jane@example.com".into() },
                FormAnswer { question: "Phone Number".into(), answer: "+15551234567".into() },
            ],
            tracking: [("utm_source", "meta"), ("utm_campaign", "example"), ("fbclid", "EXAMPLE")]
                .map(|(k, v)| (k.into(), v.into()))
                .into(),
        },
        canceller: some("Jane Doe"),
        reason: None,
        cancelled_at: known("2026-05-02T19:51:39.900Z"),
    };
    assert_eq!(received.event, Event::Cancelled(Box::new(expected)));
}

#[test]
fn what_is_not_ours_is_quarantined() {
    for (body, expected) in [
        (CALCOM, "no_kind"),
        (CALENDLY, "no_kind"),
        (r#"{"event":"invitee.canceled","payload":{"event":{"uuid":"BBBB","canceled":true}}}"#, "no_kind"),
        ("{}", "no_kind"),
        ("5", "not_an_object"),
        (r#""hello""#, "not_an_object"),
        ("null", "not_an_object"),
        ("[[1]]", "not_an_object"),
        (r#"{"hookType":"Call canceled","event":"nonsense"}"#, "no_call_id"),
        (r#"{"hookType":"Call canceled","event":["nonsense"]}"#, "no_call_id"),
        (r#"{"hookType":"Call canceled","event":{"uuid":" ","callPreviewId":null}}"#, "no_call_id"),
        (r#"{"hookType":"Call booked"}"#, "no_call_id"),
        (r#"{"hookType":"Deal created","id":1}"#, "unknown_kind"),
    ] {
        assert_eq!(read_one(body).map_err(|why| why.name()), Err(expected), "{body}");
    }
    assert_eq!(read("{", Defaults::default()), Err(Unreadable::NotJson));
}

#[test]
fn a_cancellation_needs_nothing_but_an_id() {
    for (body, id) in [
        (r#"{"hookType":"Call canceled","event":{"uuid":7}}"#, "7"),
        (r#"{"hookType":"Call canceled","event":{"callPreviewId":"call_x"}}"#, "call_x"),
        (r#"{"hookType":"Call canceled","invitee":{"call_preview_id":"call_x"},"event":null}"#, "call_x"),
    ] {
        let received = read_one(body).expect("readable");
        assert_eq!(received.call_id.as_deref(), Some(id));
        assert_eq!(received.key, format!("call_cancelled:{id}:unsaid"));
    }
}

#[test]
fn numbers_may_be_texts_and_texts_numbers() {
    let plain = cancellation(&production());
    let texts = changed(&[
        ("event.uuid", json!("1809761")),
        ("event_type.duration", json!("45")),
        ("contact.id", json!("3301936")),
        ("event.canceled", json!("true")),
    ]);
    assert_eq!(cancellation(&texts), plain);
    let numbers = changed(&[
        ("event.uuid", json!(1_809_761.0)),
        ("event_type.slug", json!(7)),
        ("invitee.text_reminder_number", json!(15_551_234_567_u64)),
        ("questions_and_answers", json!([{"question": 1, "answer": 2.5}])),
        ("tracking", json!({"utm_source": 42, "n": null, "blank": " "})),
    ]);
    let read = cancellation(&numbers);
    assert_eq!(read.call.event_slug, some("7"));
    assert_eq!(read.call.invitee.phone, some("15551234567"));
    assert_eq!(read.call.answers, [FormAnswer { question: "1".into(), answer: "2.5".into() }]);
    assert_eq!(read.call.tracking, [("utm_source".to_owned(), "42".to_owned())]);
}

#[test]
fn numbers_beyond_all_measure_spoil_nothing() {
    for odd in ["1e999", "-1e999", "123456789012345678901234567890", "0.1e-400", "-0"] {
        let body = PRODUCTION.replacen(r#""duration": 45"#, &format!(r#""duration": {odd}, "x": {{"deep": [{odd}]}}"#), 1);
        assert!(body.contains(odd), "{odd}");
        assert_eq!(read_one(&body).map(|received| received.key).as_deref(), Ok("call_cancelled:1809761:1777751499900"), "{odd}");
    }
}

#[test]
fn half_an_emoji_and_double_keys_spoil_nothing() {
    let body = PRODUCTION.replacen(r#""canceler_name": "Jane Doe""#, r#""canceler_name": "old", "canceler_name": "Jane \ud83d""#, 1);
    match read_one(&body).map(|received| received.event) {
        Ok(Event::Cancelled(cancellation)) => assert!(cancellation.canceller.is_some_and(|name| name.starts_with("Jane \u{fffd}"))),
        other => panic!("{other:?}"),
    }
}

#[test]
fn keys_in_camel_case() {
    let mut body = production();
    let invitee = body["invitee"].as_object_mut().expect("an object");
    for (old, new) in [
        ("first_name", "firstName"),
        ("last_name", "lastName"),
        ("text_reminder_number", "textReminderNumber"),
        ("canceled_at", "canceledAt"),
    ] {
        let value = invitee.remove(old).expect("a value");
        invitee.insert(new.to_owned(), value);
    }
    invitee.remove("name");
    without(&mut body, "contact");
    without(&mut body, "event.canceled_at");
    let read = cancellation(&body);
    assert_eq!(read.call.invitee.name, some("Jane Doe"));
    assert_eq!(read.call.invitee.phone, some("+15551234567"));
    assert_eq!(read.cancelled_at, known("2026-05-02T19:51:39.900Z"));
    let camel = r#"{"hook_type":"Call canceled","event":{"uuid":1},"eventType":{"name":"N"},"questionsAndAnswers":[{"question":"Q","answer":"A"}]}"#;
    match read_one(camel).map(|received| received.event) {
        Ok(Event::Cancelled(read)) => assert_eq!((read.call.event_name, read.call.answers.len()), (some("N"), 1)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn hosts_in_every_form() {
    let ann = || staff("Ann Host", "ann@x.example");
    let bob = || staff("Bob Co", "bob@x.example");
    let extended = json!({"10": {"name": "Cy", "email": "cy@x.example"}, "2": {"name": "Bob Co", "email": "bob@x.example"}, "3": {"name": "Ann Host", "email": "ann@x.example", "primary": "true"}});
    for (event, host, co_hosts) in [
        (json!({"closerName": "Ann Host", "closerEmail": "ann@x.example", "assigned_to": {"1": "Ann Host"}}), Some(ann()), vec![]),
        (json!({"closerName": "Ann Host", "extended_assigned_to": extended}), Some(ann()), vec![bob(), staff("Cy", "cy@x.example")]),
        (
            json!({"closerEmail": "BOB@x.example", "extended_assigned_to": extended}),
            Some(Staff { email: some("BOB@x.example"), ..bob() }),
            vec![ann(), staff("Cy", "cy@x.example")],
        ),
        (
            json!({"extended_assigned_to": extended, "assigned_to": {"1": "Ann Host"}}),
            Some(ann()),
            vec![bob(), staff("Cy", "cy@x.example")],
        ),
        (
            json!({"extended_assigned_to": [{"name": "Bob Co", "email": "bob@x.example"}, {"name": "Ann Host", "primary": false}]}),
            Some(bob()),
            vec![staff("Ann Host", "")],
        ),
        (json!({"assigned_to": "Ann Host"}), Some(staff("Ann Host", "")), vec![]),
        (json!({"assigned_to": "ann@x.example"}), Some(Staff { name: None, ..ann() }), vec![]),
        (json!({"assigned_to": {"firstName": "Ann", "lastName": "Host", "email": "ann@x.example"}}), Some(ann()), vec![]),
        (json!({"assigned_to": ["Ann Host", null, " ", ["x"], "Bob Co"]}), Some(staff("Ann Host", "")), vec![staff("Bob Co", "")]),
        (
            json!({"assigned_to": {"2": "Bob Co", "1": "Ann Host"}, "closerName": " "}),
            Some(staff("Ann Host", "")),
            vec![staff("Bob Co", "")],
        ),
        (json!({"assigned_to": null, "extended_assigned_to": 5}), Some(staff("5", "")), vec![]),
        (json!({"assigned_to": null}), None, vec![]),
        (json!({}), None, vec![]),
    ] {
        let mut body = json!({"hookType": "Call canceled", "event": event});
        body["event"]["uuid"] = json!(1_809_761);
        let call = cancellation(&body).call;
        assert_eq!((call.host, call.co_hosts), (host, co_hosts), "{body}");
    }
}

#[test]
fn setters_of_blanks_are_nobody() {
    for (setter, expected) in [
        (json!({"email": "", "firstName": "", "lastName": "", "name": " ", "setBy": {"email": ""}}), None),
        (json!(null), None),
        (json!("Sam Setter"), Some(staff("Sam Setter", ""))),
        (
            json!({"firstName": "Sam", "lastName": "Setter", "email": "sam@x.example", "name": " "}),
            Some(staff("Sam Setter", "sam@x.example")),
        ),
        (json!({"name": "Sam Setter", "firstName": "S"}), Some(staff("Sam Setter", ""))),
        (json!([1]), None),
    ] {
        assert_eq!(cancellation(&changed(&[("event.setter", setter.clone())])).call.setter, expected, "{setter}");
    }
}

#[test]
fn invitees_in_every_form() {
    for (invitee, contact, expected) in [
        (
            json!({"name": "A B", "email": "a@b"}),
            json!({"id": 5, "firstName": "Al", "lastName": "B"}),
            ("A B", vec!["Al B", "Al"], Some("a@b"), None, Some("5")),
        ),
        (
            json!({"uuid": 9, "email": null}),
            json!({"firstName": "Al", "email": "al@b", "phoneNumber": "+15551234567"}),
            ("Al", vec![], Some("al@b"), Some("+15551234567"), Some("9")),
        ),
        (json!({"first_name": "Al"}), json!({"firstName": "Al", "lastName": "B"}), ("Al B", vec!["Al"], None, None, None)),
        (json!({"last_name": "B"}), json!({}), ("B", vec![], None, None, None)),
        (json!({"name": "A", "email": "+33*********"}), json!(null), ("A", vec![], None, Some("+33*********"), None)),
        (json!({"name": "A", "email": "+15551234567"}), json!(null), ("A", vec![], None, Some("+15551234567"), None)),
        (
            json!({"name": "A", "email": "<https://evil.example|a@b> @everyone"}),
            json!(7),
            ("A", vec![], Some("<https://evil.example|a@b> @everyone"), None, None),
        ),
        (
            json!({"name": "A", "text_reminder_number": "+33*********"}),
            json!({"phoneNumber": "+33664929387"}),
            ("A", vec![], None, Some("+33664929387"), None),
        ),
        (
            json!({"name": "A", "text_reminder_number": "+33*********"}),
            json!({"phoneNumber": null}),
            ("A", vec![], None, Some("+33*********"), None),
        ),
    ] {
        let body = json!({"hookType": "Call canceled", "event": {"uuid": 1_809_761}, "invitee": invitee, "contact": contact});
        let (name, others, email, phone, id) = expected;
        let others = others.into_iter().map(str::to_owned).collect();
        let expected = Invitee {
            name: some(name),
            other_names: others,
            email: email.and_then(some),
            phone: phone.and_then(some),
            contact_id: id.and_then(some),
        };
        assert_eq!(cancellation(&body).call.invitee, expected, "{body}");
    }
}

#[test]
fn answers_in_every_form() {
    let pair = |(question, answer): (&str, &str)| FormAnswer { question: question.into(), answer: answer.into() };
    for (body, expected) in [
        (
            json!({"questions_and_answers": [{"question": "B", "answer": ["x", 2]}, {"question": "A", "answer": null}, {"answer": true}, "odd"]}),
            vec![("B", "x, 2"), ("?", "true")],
        ),
        (
            json!({"questions_and_answers": [], "questions_and_responses": {"10_question": "J", "10_response": "j", "2_question": "B", "2_response": "b", "B": "b", "Label": "l", "3_question": "C"}}),
            vec![("B", "b"), ("J", "j"), ("Label", "l")],
        ),
        (json!({"questions_and_answers": "nonsense", "questions_and_responses": null}), vec![]),
    ] {
        let mut body = body;
        body["hookType"] = json!("Call canceled");
        body["event"] = json!({"uuid": 1_809_761});
        assert_eq!(cancellation(&body).call.answers, expected.into_iter().map(pair).collect::<Vec<_>>(), "{body}");
    }
}

#[test]
fn tracking_keeps_its_order() {
    let body = r#"{"hookType":"Call canceled","event":{"uuid":1809761},"tracking":{"z":"1","utmValue_2":"two","utmKey_2":"b","a":"2","utmKey_1":"Z","utmValue_1":"no","utmKey_3":"c","utmValue_3":""}}"#;
    let Ok(Event::Cancelled(read)) = read_one(body).map(|received| received.event) else { panic!("{body}") };
    assert_eq!(read.call.tracking, [("z", "1"), ("a", "2"), ("b", "two")].map(|(k, v)| (k.to_owned(), v.to_owned())));
}

#[test]
fn durations_with_their_units() {
    for (duration, unit, expected) in [
        (json!(45), json!(null), Some(45)),
        (json!("1.5"), json!("HOURS"), Some(90)),
        (json!(1), json!("hour"), Some(60)),
        (json!(2), json!("DAYS"), None),
        (json!(0), json!("MINUTES"), None),
        (json!(1e300), json!("MINUTES"), None),
        (json!("soon"), json!("MINUTES"), None),
    ] {
        let body = changed(&[("event_type.duration", duration.clone()), ("event_type.durationUnit", unit)]);
        assert_eq!(cancellation(&body).call.duration_minutes, expected, "{duration}");
    }
}

#[test]
fn the_invitees_clock_must_agree_with_the_start() {
    for (theirs, believed) in [("2026-05-03T03:00:00-05:00", true), ("2026-05-03T04:00:00-05:00", false), ("2026-05-03T03:00:00", false)] {
        let mut body = production();
        body["event"]["invitee_start_time"] = json!(theirs);
        let read = cancellation(&body).call.start_for_invitee;
        assert_eq!(read.map(|clock| clock.to_rfc3339()).as_deref(), believed.then_some(theirs));
    }
}

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

/// Any JSON text, as deep and odd as a few kilobytes can be.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[0-9TZ:+. -]{0,30}".prop_map(Value::from),
    ];
    let key = prop_oneof!["[a-z_]{1,8}", "(1_question|1_response|name|email|primary|utmKey_1|utmValue_1|uuid|start_time)"];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..5).prop_map(|map| Value::from(serde_json::Map::from_iter(map))),
        ]
    })
}

/// Every place of a value that may be replaced.
fn places(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| places(inner, &format!("{here}/{key}"), all)),
        Value::Array(list) => list.iter().enumerate().for_each(|(at, inner)| places(inner, &format!("{here}/{at}"), all)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The same value with its keys in another order, other white space and numbers as texts where that is wanted.
fn respelt(value: &Value, numbers: u8, blank: &str) -> String {
    match value {
        Value::Object(map) => {
            let fields: Vec<String> = map
                .iter()
                .rev()
                .map(|(key, inner)| format!("{blank}{}{blank}:{}", Value::from(key.clone()), respelt(inner, numbers, blank)))
                .collect();
            format!("{{{}{blank}}}", fields.join(","))
        }
        Value::Array(list) => format!("[{blank}{}]", list.iter().map(|inner| respelt(inner, numbers, blank)).collect::<Vec<_>>().join(",")),
        Value::Number(number) => match numbers % 3 {
            0 => number.to_string(),
            1 => format!("\"{number}\""),
            _ if number.is_f64() => number.to_string(),
            _ => format!("{number}.0"),
        },
        Value::Null | Value::Bool(_) | Value::String(_) => value.to_string(),
    }
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(value in any_json(), kind in "(Call canceled|Call booked|Call rescheduled|Contact updated|Outcome added|x)") {
        let mut value = value;
        if let Some(map) = value.as_object_mut() {
            map.insert("hookType".to_owned(), Value::from(kind));
        }
        let event = read(&value.to_string(), Defaults { zone_fallback: Some(chrono_tz::America::New_York) });
        prop_assert_eq!(label(&value.to_string()).err(), event.err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[\\[\\]{}\",:0-9eE.\\\\u -]{0,60}") {
        for body in [&bytes[..], text.as_bytes()] {
            for item in split(body).unwrap_or_default() {
                prop_assert_eq!(label(&item.raw).err(), read(&item.raw, Defaults::default()).err());
            }
        }
    }

    #[test]
    fn damaged_examples_do_not_make_it_panic(at in any::<prop::sample::Index>(), long in 0usize..40, by in "[\\[\\]{}\",:0-9eE.\\\\u -]{0,6}") {
        for example in [DOCS, PRODUCTION, OUTCOME] {
            let mut damaged = example.to_owned();
            let from = at.index(example.len());
            damaged.replace_range(from..(from + long).min(example.len()), &by);
            for item in split(damaged.as_bytes()).unwrap_or_default() {
                prop_assert_eq!(label(&item.raw).err(), read(&item.raw, Defaults::default()).err());
            }
            prop_assert_eq!(label(&damaged).err(), read(&damaged, Defaults::default()).err());
        }
    }

    #[test]
    fn a_change_outside_id_and_times_costs_no_cancellation(value in any_json(), at in any::<prop::sample::Index>()) {
        let mut body = production();
        let mut all = Vec::new();
        places(&body, "", &mut all);
        all.retain(|place| !matches!(place.as_str(), "" | "/event" | "/event/uuid" | "/hookType"));
        let place: &String = at.get(&all);
        *body.pointer_mut(place).expect("a place") = value;
        let label = label(&body.to_string());
        prop_assert_eq!(label.map(|label| label.call_id), Ok(Some("1809761".to_owned())));
    }

    #[test]
    fn spelling_does_not_change_the_key(
        value in any_json(), kind in "(Call canceled|Call booked|Contact updated)", numbers in 0u8..3, blank in "[ \t\r\n]{0,3}",
    ) {
        let mut body = production();
        body["hookType"] = Value::from(kind);
        body["brandNew"] = value;
        let key = |text: &str| label(text).map(|label| label.key);
        prop_assert_eq!(key(&respelt(&body, numbers, &blank)), key(&body.to_string()));
    }
}
