//! What of a payload becomes which value, seen through the values that templates get.

use super::*;
use crate::domain::event::{Call, FormAnswer, Invitee, Staff};
use crate::domain::follow_up::Case;
use crate::domain::reason::ReasonClass;
use crate::domain::side::SideEvidence;

fn values(change: impl FnOnce(&mut Case)) -> CardContext {
    let renderer = renderer_once();
    let mut follow_up = sample("invitee");
    change(&mut follow_up.case);
    Facts::new(&follow_up, renderer.around(&renderer.set, Platform::Slack, samples::now()), Wanted::ALL).shortish().0.clone()
}

fn of_call(change: impl FnOnce(&mut Call)) -> CardContext {
    values(|case| change(&mut case.cancellation.call))
}

#[expect(clippy::unnecessary_wraps, reason = "what it is compared with is an option")]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn an_invitee_is_called_by_what_is_known() {
    let called = |name: Option<&str>, email: Option<&str>, phone: Option<&str>| {
        let invitee = Invitee {
            name: name.map(str::to_owned),
            email: email.map(str::to_owned),
            phone: phone.map(str::to_owned),
            ..Invitee::default()
        };
        let values = of_call(|call| call.invitee = invitee);
        (values.invitee_name, values.first_name, values.email, values.phone)
    };
    for (given, expected) in [
        ((Some("Jane Doe"), Some("j@x.example"), None), ("Jane Doe", "Jane", "j@x.example", "")),
        ((Some(" \u{200b}"), Some("j@x.example"), Some("+1 555")), ("j@x.example", "", "j@x.example", "+1 555")),
        ((None, None, Some("+33*********")), ("+33*********", "", "", "+33*********")),
        ((None, Some("+15550100199"), None), ("+15550100199", "", "", "+15550100199")),
        ((None, Some("+15550100199"), Some("+1 555 010 0199")), ("+1 555 010 0199", "", "", "+1 555 010 0199")),
        ((None, Some("+15550100199"), Some(" ")), ("+15550100199", "", "", "+15550100199")),
        ((None, Some("call 15550100199"), None), ("call 15550100199", "", "call 15550100199", "")),
        ((Some("j@x.example"), None, None), ("j@x.example", "", "", "")),
        ((None, Some("nonsense"), None), ("nonsense", "", "nonsense", "")),
        ((None, None, None), ("Somebody", "", "", "")),
    ] {
        let (name, first, email, phone) = called(given.0, given.1, given.2);
        assert_eq!((name.as_str(), first.as_str(), email.as_str(), phone.as_str()), expected, "{given:?}");
    }
    let other = of_call(|call| call.invitee = Invitee { other_names: vec!["Jane".to_owned()], ..Invitee::default() });
    assert_eq!(other.invitee_name, "Jane");
}

#[test]
fn the_canceller_is_called_as_the_card_calls_them() {
    let called = |written: Option<&str>, evidence: SideEvidence| {
        let values = values(|case| {
            case.cancellation.canceller = written.map(str::to_owned);
            case.side_evidence = evidence;
        });
        values.canceller_name
    };
    for (written, evidence, expected) in [
        (Some("JANE"), SideEvidence::InviteeName, "Jane Doe"),
        (Some("jane@prospect.example"), SideEvidence::InviteeEmail, "Jane Doe"),
        (Some("alex@acme.example"), SideEvidence::HostEmail, "Alex Closer"),
        (Some("sam  setter"), SideEvidence::Teammate, "Sam Setter"),
        (Some("sam@acme.example"), SideEvidence::Teammate, "Sam Setter"),
        (Some("Robin"), SideEvidence::Nobody, "Robin"),
        (None, SideEvidence::NoName, ""),
        (None, SideEvidence::HostName, "Alex Closer"),
    ] {
        assert_eq!(called(written, evidence), expected, "{written:?} {evidence:?}");
    }
}

#[test]
fn nobody_is_named_twice() {
    let staff = |name: &str, email: &str| Some(Staff { name: some(name), email: some(email), timezone: None });
    let shown = |host, setter, co_hosts: Vec<Option<Staff>>| {
        let values = of_call(|call| (call.host, call.setter, call.co_hosts) = (host, setter, co_hosts.into_iter().flatten().collect()));
        (values.host.is_empty(), values.setter.is_empty(), values.co_hosts.split(", ").filter(|mark| !mark.is_empty()).count())
    };
    let alex = || staff("Alex Closer", "alex@acme.example");
    assert_eq!(shown(alex(), staff("A. Closer", "ALEX@acme.example"), vec![alex(), staff("Hanna", "")]), (false, true, 1));
    assert_eq!(shown(staff(" ", ""), staff(" ", "not an address"), Vec::new()), (true, true, 0));
    assert_eq!(shown(staff("", "hanna@free.example"), None, Vec::new()), (false, true, 0));
}

#[test]
fn answers_say_something_new_and_the_highlighted_come_first() {
    let shown = |answers: &[(&str, &str)]| {
        let answers =
            answers.iter().map(|(question, answer)| FormAnswer { question: (*question).into(), answer: (*answer).into() }).collect();
        let values = of_call(|call| call.answers = answers);
        values.answers.into_iter().map(|shown| shown.answer).collect::<Vec<_>>()
    };
    let repeating = [
        ("Phone Number", "+44 20 7946 0000"),
        ("Where can we reach you?", "+1 (555) 010-0199"),
        ("E-Mail address:", "other@x.example"),
        ("Contact", " JANE@prospect.example"),
        ("Who are you?", "jane   doe"),
        ("And short?", "Jane"),
        ("Full name", "Jane M. Doe"),
        ("Empty", " "),
        ("", "no question"),
    ];
    assert_eq!(shown(&repeating), Vec::<String>::new());
    let telling = [("A", "1"), ("B", "2"), ("HOW MANY people sell for you", "3"), ("C", "4"), ("D", "5")];
    assert_eq!(shown(&telling), ["3", "1", "2"]);
    // Where the card does not know it otherwise, an answer is news.
    let values = of_call(|call| call.invitee.phone = None);
    assert_eq!(values.answers.len(), 3);
    let unknown = of_call(|call| {
        call.invitee.phone = None;
        call.answers.truncate(1);
    });
    assert_eq!(unknown.answers[0].answer, "+15550100199");
}

#[test]
fn very_long_forms_keep_room_for_the_rest() {
    let values = of_call(|call| call.answers = vec![FormAnswer { question: "Q ".repeat(500), answer: "A ".repeat(500) }; 50]);
    let letters: usize = values.all_answers.iter().map(|shown| shown.question.chars().count() + shown.answer.chars().count()).sum();
    assert!(values.all_answers.len() == 30 && values.answers_left_out == 20 && letters <= 4_200, "{letters}");
    let few = of_call(|call| call.answers = vec![FormAnswer { question: "Q".into(), answer: "A ".repeat(500) }; 2]);
    assert_eq!(few.all_answers[0].answer.chars().count(), 600);
}

#[test]
fn a_class_is_shown_where_it_says_more() {
    let shown = |reason: Option<&str>, class| {
        let values = values(|case| {
            case.cancellation.reason = reason.map(str::to_owned);
            case.reason_class = class;
        });
        values.reason_class_in_words
    };
    assert_eq!(shown(Some("We picked another vendor"), ReasonClass::NoLongerInterested), "no longer interested");
    assert_eq!(shown(Some("No longer interested!"), ReasonClass::NoLongerInterested), "");
    assert_eq!(shown(Some("x"), ReasonClass::Other), "");
    assert_eq!(shown(None, ReasonClass::Health), "");
    assert_eq!(shown(Some(" "), ReasonClass::Health), "");
}

#[test]
fn where_the_lead_came_from_is_one_line() {
    let line = |tracking: &[(&str, &str)]| {
        of_call(|call| call.tracking = tracking.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()).source_line
    };
    assert_eq!(line(&[("utm_campaign", "spring"), ("UTM_Source", "news\nletter"), ("utm_medium", " ")]), "news letter / spring");
    assert_eq!(line(&[("utm_term", "x")]), "");
}

#[test]
fn only_allowed_addresses_are_urls() {
    let values = of_call(|call| {
        call.links.contact = some("https://evil.example/");
        call.links.reschedule = some("javascript:alert(1)");
        call.links.location = some("https://rebound.example.com/room");
    });
    assert_eq!((values.contact_url.as_str(), values.reschedule_url.as_str()), ("", ""));
    assert_eq!(values.location_url, "https://rebound.example.com/room");
    assert_eq!(values.booking_url, "https://app.iclosed.io/e/acme/strategy-call");
}

#[test]
fn a_renderer_can_be_shared() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(renderer_once());
}

/// The message that a template shows of a follow-up of which these values are made.
fn made(renderer: &Renderer, (template, summary): (&str, &str), follow_up: &FollowUp, wanted: Wanted) -> String {
    let facts = Facts::new(follow_up, renderer.around(&renderer.set, Platform::Discord, samples::now()), wanted);
    let filled = renderer.fill(&renderer.set, template, summary, Platform::Discord, facts.shortish(), wanted);
    let filled = filled.unwrap_or_else(|mistakes| panic!("{template}: {mistakes:?}"));
    dump(&filled.on(Platform::Discord).message)
}

#[test]
fn what_a_template_does_not_read_need_not_be_made() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, source) in [
        ("card/host.md", "# Title\n\n{% if late %}{% set email = \"late\" %}{% endif %}{{ email }} · {{ end | when }}\n\nx"),
        (
            "card/unknown.md",
            "# Title\n\n{% for reason in answers %}{{ reason.answer }}{% endfor %} {{ reason }}\n\nx\n\n{% include \"part/lead.md\" %}",
        ),
        (
            "card/invitee.discord.md",
            "# Title\n\n{% if closing_note %}{{ closing_note }}{% else %}{{ end | when }}{% endif %} · {{ email | default(value=location_url) }}\n\nx",
        ),
        ("part/lead.md", "{% set phone = booked_at %}{{ phone | when }} x {% for t in tracking %}{{ t.value }}{% endfor %}"),
        ("answer/reschedule_host.md", "{{ reason | replace(from=\"\\\"\", to=\"\") }}{% if late %} **late**{% endif %}\n\nx"),
        ("answer/reschedule_unknown.md", "{% if {\"a\": {\"b\": 1}} and after_start %}after{% endif %}{{ booked_at | when }}\n\nx"),
        ("answer/lead.md", "x {{ cancelled_at | relative }} {{ answers_left_out }} {{ reason_in_full | truncate(length=9) }}\n\nx"),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, source).expect("a file");
    }
    let words = include_str!("../../../templates/words.toml").replace("A new time for {{ invitee_name }}", "{{ booking_url }}");
    assert!(words.contains("{{ booking_url }}"), "the summary that is replaced is there");
    std::fs::write(folder.path().join("words.toml"), words).expect("a file");
    let own = loaded(Some(folder.path())).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    for renderer in [renderer_once(), &own] {
        for (name, follow_up) in samples::samples() {
            for which in load::TEMPLATES {
                let wanted = renderer.wanted(&renderer.set, which.0, Platform::Discord, which.1);
                assert_ne!(wanted, Wanted::ALL);
                assert_eq!(made(renderer, which, &follow_up, wanted), made(renderer, which, &follow_up, Wanted::ALL), "{which:?} {name}");
            }
        }
    }
}

#[test]
fn the_built_in_cards_want_only_what_they_show() {
    let renderer = renderer_once();
    let of_card = renderer.wanted(&renderer.set, "card/invitee.md", Platform::Slack, "summary.invitee");
    assert!(of_card.answers && of_card.phone && of_card.contact_url && of_card.event_name);
    assert!(!(of_card.tracking || of_card.end || of_card.all_answers || of_card.reason_in_full || of_card.booked_at));
}
