//! Messages as `render` makes them.

use chrono::DateTime;
use url::Url;

use crate::domain::message::{Block, Control, ControlKind, Field, Inline, Message, Press, Tone, WhenStyle};
use crate::domain::post::DeliveryKey;
use crate::domain::team::Person;

pub(super) fn key() -> DeliveryKey {
    DeliveryKey::from_bits(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef)
}

pub(super) fn text(words: &str) -> Inline {
    Inline::Text(words.to_owned())
}

/// The card that the built-in template makes of an invitee's cancellation, in somebody's hands.
pub(super) fn card() -> Message {
    let start = DateTime::from_timestamp(1_795_705_200, 0).expect("a time");
    let when = |style, fallback: &str| Inline::When { at: start, style, fallback: fallback.to_owned() };
    let link = |label: &str, url: &str| Inline::Link { label: label.to_owned(), url: Url::parse(url).expect("a URL") };
    let person = |name: &str, slack: Option<&str>, discord: Option<&str>| {
        Inline::Person(Person { name: name.to_owned(), slack: slack.map(str::to_owned), discord: discord.map(str::to_owned) })
    };
    let field = |label: &str, value: &str| Field { label: vec![text(label)], value: vec![text(value)] };
    Message {
        tone: Tone::Assigned,
        summary: "Jane Doe cancelled Strategy Call on Thu 26 Nov 10:00; Alex Closer has it.".to_owned(),
        title: vec![text("↩ Jane Doe cancelled · Strategy Call · K7Q2 · Alex has it")],
        body: vec![
            Block::Paragraph(vec![
                when(WhenStyle::DateTime, "Thu 26 Nov 10:00 EST"),
                text(" · "),
                when(WhenStyle::Relative, "in 2 days"),
                text(" · 16:00 for the lead · 46 h notice · 2nd cancellation"),
                Inline::Break,
                text("Host "),
                person("Alex Closer", Some("U0ALEX"), Some("998877665544332211")),
                text(" · booked by "),
                person("Sam Setter", None, None),
            ]),
            Block::Quote(vec![text("We picked another vendor,\nsee www.other.example *or* https://other.example/a_b")]),
            Block::Small(vec![text("Sounds like: no longer interested")]),
            Block::Paragraph(vec![
                text("jane_doe@prospect.example · +1 (555) 0100 · "),
                link("open in iClosed", "https://app.iclosed.io/contact/1?tab=a&b=(c)"),
            ]),
            Block::Fields(vec![
                field("What is your monthly revenue?", "Between 20k and 50k"),
                field("How many people sell for you?", "4"),
                field("What would you like to change?", "More calls with people who can decide, fewer no-shows"),
            ]),
            Block::Small(vec![text("Came from newsletter / email / spring-launch")]),
            Block::Divider,
            Block::Paragraph(vec![Inline::Strong(vec![text("Next:")]), text(" ask what made them choose, offer two times.")]),
        ],
        controls: vec![
            control(Press::TakeOver, "Take over", ControlKind::PrimaryButton),
            control(Press::Reschedule, "Reschedule", ControlKind::Button),
            control(Press::Snooze, "Snooze", ControlKind::Button),
            control(Press::Close, "Close", ControlKind::Button),
            control(Press::Details, "Details", ControlKind::Button),
            control(Press::Assign, "Assign follow-up", ControlKind::PeoplePicker),
        ],
    }
}

/// The same card in plain words, as it is rendered for a platform that refused it.
pub(super) fn plain_card() -> Message {
    let lines = [
        "Jane Doe cancelled Strategy Call on Thu 26 Nov 10:00 EST (#K7Q2, Alex has it)",
        "46 h notice",
        "We picked another vendor,\nsee www.other.example *or* https://other.example/a_b",
        "jane_doe@prospect.example",
        "https://app.iclosed.io/contact/1?tab=a",
    ];
    let body = lines.into_iter().flat_map(|line| [Inline::Break, text(line)]).skip(1).collect();
    let mut card = Message { title: Vec::new(), body: vec![Block::Paragraph(body)], ..card() };
    card.controls.truncate(2);
    card
}

/// A note without controls.
pub(super) fn note() -> Message {
    Message {
        tone: Tone::Neutral,
        summary: "Kim noted: she prefers afternoons".to_owned(),
        title: vec![text("Note by Kim")],
        body: vec![Block::Paragraph(vec![text("She prefers afternoons")])],
        controls: Vec::new(),
    }
}

/// A private answer whose labels and values are real fields.
pub(super) fn details() -> Message {
    Message {
        tone: Tone::Neutral,
        summary: "Everything about Jane Doe's cancelled call".to_owned(),
        title: vec![text("Jane Doe · Strategy Call")],
        body: vec![
            Block::List(vec![vec![text("booked 2 Nov")], vec![text("cancelled 24 Nov by "), Inline::Code("Jane `D`".to_owned())]]),
            Block::Fields(vec![Field { label: vec![text("utm_source")], value: vec![text("newsletter")] }]),
            Block::Small(vec![text("Only you can see this")]),
        ],
        controls: vec![control(Press::Reopen, "Reopen", ControlKind::Button)],
    }
}

pub(super) fn control(press: Press, label: &str, kind: ControlKind) -> Control {
    Control { press, label: label.to_owned(), kind }
}
