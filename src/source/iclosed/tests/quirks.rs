//! What is not ours, and what is written in other ways than documented.

use super::*;

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
