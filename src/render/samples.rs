//! Follow-ups with which every template is tried when it is loaded: whole ones, bare ones, hostile ones, and each state.
//!
//! They are invented. Tests of `chat` use them, too.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};

use crate::domain::act::ClosingReason;
use crate::domain::event::{Call, Cancellation, FormAnswer, Invitee, Links, Staff};
use crate::domain::follow_up::{Case, Closing, Earlier, FollowUp, State};
use crate::domain::identity::ShortId;
use crate::domain::reason::ReasonClass;
use crate::domain::remind::Watch;
use crate::domain::side::{Side, SideEvidence};
use crate::domain::team::Person;
use crate::domain::when::{Moment, Notice};

/// When the sample calls were cancelled: Tuesday, 24 November 2026, 17:00 in London.
const CANCELLED_AT: i64 = 1_795_539_600;
/// Two days before the start.
const NOTICE: TimeDelta = TimeDelta::hours(46);

/// Every sample with its name.
#[must_use]
pub fn samples() -> Vec<(&'static str, FollowUp)> {
    let mut all = vec![("invitee", invitee()), ("host", host()), ("unknown", unknown()), ("no name", no_name()), ("both", both())];
    all.extend([("late", late()), ("after the start", after_start()), ("no reason", no_reason()), ("third time", third_time())]);
    all.extend([("unreadable time", unreadable_time()), ("assumed time", assumed_time()), ("no links", no_links()), ("bare", bare())]);
    all.extend([("long", long()), ("hostile", hostile())]);
    all.extend(states());
    all
}

/// When the samples are looked at: half a minute after the cancellation.
#[must_use]
pub fn now() -> DateTime<Utc> {
    cancelled_at() + TimeDelta::seconds(30)
}

fn cancelled_at() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(CANCELLED_AT)
}

/// Everything that iClosed can send, cancelled by the invitee.
fn invitee() -> FollowUp {
    let start = cancelled_at() + NOTICE;
    let call = Call {
        id: "1809761".to_owned(),
        preview_id: Some("call_EXAMPLEabcd".to_owned()),
        event_name: Some("Strategy Call".to_owned()),
        event_slug: Some("strategy-call".to_owned()),
        duration_minutes: Some(45),
        invitee: Invitee {
            name: Some("Jane Doe".to_owned()),
            other_names: vec!["Jane".to_owned()],
            email: Some("jane@prospect.example".to_owned()),
            phone: Some("+1 555 010 0199".to_owned()),
            contact_id: Some("3301936".to_owned()),
        },
        host: Some(staff("Alex Closer", "alex@acme.example")),
        co_hosts: vec![staff("Kim Closer", "kim@acme.example")],
        setter: Some(staff("Sam Setter", "sam@acme.example")),
        start: Moment::Known(start),
        end: Moment::Known(start + TimeDelta::minutes(45)),
        start_for_invitee: FixedOffset::east_opt(3600).map(|zone| start.with_timezone(&zone)),
        booked_at: Some(cancelled_at() - TimeDelta::days(6)),
        links: Links {
            contact: Some("https://app.iclosed.io/app/global-data?contactPreviewId=contact_EXAMPLE".to_owned()),
            reschedule: Some("https://app.iclosed.io/EXAMPLE-reschedule".to_owned()),
            booking_page: Some("https://app.iclosed.io/e/acme/strategy-call".to_owned()),
            location: Some("https://meet.google.com/abc-defg-hij".to_owned()),
        },
        answers: vec![
            answer("Phone Number", "+15550100199"),
            answer("What is your monthly revenue?", "Between 20k and 50k"),
            answer("What would you like to change?", "More calls, fewer no-shows"),
            answer("Your email", "jane@prospect.example"),
            answer("How many people sell for you?", "4"),
            answer("Anything else?", "No"),
        ],
        tracking: [("utm_source", "newsletter"), ("utm_medium", "email"), ("utm_campaign", "spring-launch"), ("utm_term", "calls")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
    };
    let cancellation = Cancellation {
        call,
        canceller: Some("Jane Doe".to_owned()),
        reason: Some("We picked another vendor, sorry about that".to_owned()),
        cancelled_at: Moment::Known(cancelled_at()),
        listed_side: None,
    };
    FollowUp {
        id: 1,
        short_id: ShortId::from_random([9, 5, 13, 22, 0, 0, 0, 1], 4),
        version: 1,
        state: State::Open,
        snoozed_until: None,
        last_owner: None,
        opened_at: cancelled_at(),
        watch: Watch::new(cancelled_at()),
        case: Case {
            cancellation,
            side: Side::Invitee,
            side_evidence: SideEvidence::InviteeName,
            reason_class: ReasonClass::NoLongerInterested,
            notice: Notice::Early(NOTICE.num_minutes()),
            repeat: 1,
            earlier: None,
            offered: false,
            found_by_check: false,
            closing: None,
        },
    }
}

fn host() -> FollowUp {
    changed(|case| {
        by(case, Some("Alex Closer"), Side::Host, SideEvidence::HostName);
        because(case, Some("I am ill today"), ReasonClass::Health);
    })
}

fn unknown() -> FollowUp {
    changed(|case| {
        by(case, Some("Robin Nobody"), Side::Unknown, SideEvidence::Nobody);
        because(case, Some("Other plans"), ReasonClass::Other);
    })
}

fn no_name() -> FollowUp {
    changed(|case| by(case, None, Side::Unknown, SideEvidence::NoName))
}

fn both() -> FollowUp {
    changed(|case| {
        by(case, Some("Alex"), Side::Unknown, SideEvidence::Both);
        case.cancellation.call.invitee.name = Some("Alex".to_owned());
    })
}

fn late() -> FollowUp {
    changed(|case| {
        starts_at(case, cancelled_at() + TimeDelta::minutes(125));
        because(case, Some("Something urgent came up,\nplease find another time for me"), ReasonClass::ReschedulingRequest);
    })
}

fn after_start() -> FollowUp {
    changed(|case| {
        by(case, Some("alex@acme.example"), Side::Host, SideEvidence::HostEmail);
        starts_at(case, cancelled_at() - TimeDelta::minutes(12));
        because(case, Some("Technical issues"), ReasonClass::TechnicalIssues);
    })
}

fn no_reason() -> FollowUp {
    changed(|case| because(case, None, ReasonClass::None))
}

fn third_time() -> FollowUp {
    changed(|case| {
        case.repeat = 3;
        case.earlier = Some(Earlier { short_id: ShortId::from_random([1, 2, 3, 4, 0, 0, 0, 2], 4), state: State::Lost });
        because(case, Some("Busy week"), ReasonClass::ScheduleConflict);
    })
}

fn unreadable_time() -> FollowUp {
    changed(|case| {
        case.cancellation.call.start = Moment::Unreadable("soon".to_owned());
        case.cancellation.call.end = Moment::Unreadable("7".to_owned());
        case.cancellation.call.start_for_invitee = None;
        case.notice = Notice::Unknown;
    })
}

fn assumed_time() -> FollowUp {
    changed(|case| case.cancellation.call.start = Moment::Assumed(cancelled_at() + NOTICE))
}

fn no_links() -> FollowUp {
    changed(|case| case.cancellation.call.links = Links { location: Some("By phone".to_owned()), ..Links::default() })
}

/// Nothing but a call id.
fn bare() -> FollowUp {
    let mut bare = changed(|case| {
        by(case, None, Side::Unknown, SideEvidence::NoName);
        because(case, None, ReasonClass::None);
        case.cancellation.cancelled_at = Moment::Missing;
        case.notice = Notice::Unknown;
    });
    bare.case.cancellation.call = Call {
        id: "1809762".to_owned(),
        preview_id: None,
        event_name: None,
        event_slug: None,
        duration_minutes: None,
        invitee: Invitee::default(),
        host: None,
        co_hosts: Vec::new(),
        setter: None,
        start: Moment::Missing,
        end: Moment::Missing,
        start_for_invitee: None,
        booked_at: None,
        links: Links::default(),
        answers: Vec::new(),
        tracking: Vec::new(),
    };
    bare
}

/// Long in every field.
fn long() -> FollowUp {
    with_text(&"Llanfairpwllgwyngyll ".repeat(200))
}

/// Markup of every kind in every field.
fn hostile() -> FollowUp {
    with_text(
        "<!channel> <@U01KIM00003|x> @everyone <@811111111111111109> [x](https://evil.example/b) https://evil.example/c\n# Title\n> quote\n\
         - list\n---\n```\n***bold*** __u__ ~~s~~ ||spoiler|| `code` {{ \"quokka\" | upper }} {% raw %} <b>&lt;!here&gt;</b> \\@here \
         \u{202e}evil\u{202c} a\u{200b}b \u{fdd0}\u{fdd2}person:0\u{fdd3} e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301} one · two",
    )
}

fn with_text(text: &str) -> FollowUp {
    let some = || Some(text.to_owned());
    let person = || Staff { name: some(), email: some(), timezone: some() };
    changed(|case| {
        by(case, Some(text), Side::Unknown, SideEvidence::Nobody);
        because(case, Some(text), ReasonClass::Other);
        let call = &mut case.cancellation.call;
        call.id = String::from(text);
        (call.preview_id, call.event_name, call.event_slug) = (some(), Some(format!("Tapir {text}")), some());
        let name = Some(format!("Zebra {text}"));
        call.invitee = Invitee { name, other_names: vec![text.to_owned()], email: some(), phone: some(), contact_id: some() };
        (call.host, call.setter, call.co_hosts) = (Some(person()), Some(person()), vec![person(), person()]);
        call.links = Links { contact: some(), reschedule: some(), booking_page: some(), location: some() };
        call.answers = vec![answer(text, text); 30];
        call.tracking = ["utm_source", "utm_medium", "utm_campaign", text].map(|name| (name.to_owned(), text.to_owned())).to_vec();
    })
}

fn states() -> Vec<(&'static str, FollowUp)> {
    let kim =
        || Person { name: "Kim Closer".to_owned(), slack: Some("U0000000003".to_owned()), discord: Some("100000000000000003".to_owned()) };
    let in_hours = |hours| cancelled_at() + TimeDelta::hours(hours);
    let state = |state, snoozed_until| FollowUp { version: 2, state, snoozed_until, ..invitee() };
    vec![
        ("assigned", state(State::Assigned { owner: kim() }, None)),
        ("snoozed", state(State::Open, Some(in_hours(2)))),
        ("assigned and snoozed", state(State::Assigned { owner: kim() }, Some(in_hours(16)))),
        ("rebooked", state(State::Rebooked { start: Some(in_hours(64)), host: Some(staff("Kim Closer", "kim@acme.example")) }, None)),
        ("rebooked some time", state(State::Rebooked { start: None, host: None }, None)),
        ("lost", lost()),
        ("dismissed", state(State::Dismissed, None)),
        ("offered", changed(|case| case.offered = true)),
        ("found by the check", changed(|case| case.found_by_check = true)),
    ]
}

fn lost() -> FollowUp {
    let note = Some("Signed last week. *Ask* <!here> in May".to_owned());
    let lost = changed(|case| case.closing = Some(Closing { reason: ClosingReason::WentElsewhere, note }));
    FollowUp { state: State::Lost, ..lost }
}

fn changed(change: impl FnOnce(&mut Case)) -> FollowUp {
    let mut sample = invitee();
    change(&mut sample.case);
    sample
}

fn by(case: &mut Case, name: Option<&str>, side: Side, evidence: SideEvidence) {
    case.cancellation.canceller = name.map(str::to_owned);
    (case.side, case.side_evidence) = (side, evidence);
}

fn because(case: &mut Case, reason: Option<&str>, class: ReasonClass) {
    case.cancellation.reason = reason.map(str::to_owned);
    case.reason_class = class;
}

fn starts_at(case: &mut Case, start: DateTime<Utc>) {
    let call = &mut case.cancellation.call;
    call.start = Moment::Known(start);
    call.end = Moment::Known(start + TimeDelta::minutes(45));
    call.start_for_invitee = FixedOffset::east_opt(3600).map(|zone| start.with_timezone(&zone));
    case.notice = Notice::between(Some(cancelled_at()), Some(start));
}

fn staff(name: &str, email: &str) -> Staff {
    Staff { name: Some(name.to_owned()), email: Some(email.to_owned()), timezone: Some("America/New_York".to_owned()) }
}

fn answer(question: &str, answer: &str) -> FormAnswer {
    FormAnswer { question: question.to_owned(), answer: answer.to_owned() }
}
