//! The published examples, field by field.

use super::*;

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
        listed_side: None,
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
        listed_side: None,
    };
    assert_eq!(received.event, Event::Cancelled(Box::new(expected)));
}
