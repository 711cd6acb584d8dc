//! Hosts, setters, invitees and their answers in every form that was seen.

use super::*;

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
