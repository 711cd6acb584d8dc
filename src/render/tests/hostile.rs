//! No field of any payload can become structure: whatever is in it, the tree has the shape that harmless words give it.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::domain::event::{FormAnswer, Invitee, Links, Staff};
use crate::domain::follow_up::Case;
use crate::domain::identity::normal_email;
use crate::domain::reason::ReasonClass;
use crate::domain::when::Moment;

const FRAGMENTS: [&str; 24] = [
    "<!channel> <@U01KIM00003|x>",
    "@everyone <@811111111111111109> <#844444444444444401>",
    "[x](https://evil.example/a) ![x](https://evil.example/b)",
    "\n\n# Title\n> quote\n- list\n1. one\n---\n```\nblock\n```\n    code",
    "**bold** __under__ ~~gone~~ ||spoiler|| `code`",
    "{{ email }} {% for a in b %} {# x #} {% raw %}",
    "<b>bold</b> <script>alert(1)</script> <!-- -->",
    "&lt;!here&gt; &#60;!here&#62; &amp;#60; &nbsp;",
    "\\@everyone \\<!channel> \\`",
    "\u{fdd0}\u{fdd1}\u{fdd2}person:0\u{fdd3}\u{fdd2}when:0\u{fdd3}",
    "\u{202e}evil\u{202c} \u{2066}x\u{2069}",
    "a\u{200b}b\u{feff}\u{ad}",
    "a\0b\u{7}c\u{1b}[2J\r\n\u{7f}\u{2028}\u{85}",
    "a · b · · c",
    " · ",
    "*",
    "_",
    ":",
    "**x:** y",
    "](",
    "rebound:person/0",
    "https://app.iclosed.io/x) [y](https://evil.example)",
    "👨\u{200d}👩\u{200d}👧",
    "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => any::<String>(),
        3 => vec(prop_oneof![prop::sample::select(FRAGMENTS.to_vec()).prop_map(str::to_owned), "[ -~]{0,8}"], 1..5).prop_map(|parts| parts.concat()),
        1 => prop::sample::select(vec!["", " \t\n\u{a0}\u{3000}", "\u{200b}\u{2060}"]).prop_map(str::to_owned),
        1 => (prop::sample::select(FRAGMENTS.to_vec()), 50..400usize).prop_map(|(part, times)| part.repeat(times)),
    ]
}

fn maybe() -> impl Strategy<Value = Option<String>> {
    option::weighted(0.9, text())
}

fn staff() -> impl Strategy<Value = Option<Staff>> {
    option::weighted(0.9, (maybe(), maybe()).prop_map(|(name, email)| Staff { name, email, timezone: None }))
}

prop_compose! {
    fn case()(
        which in 0..15usize, name in maybe(), email in maybe(), phone in maybe(), event in maybe(), slug in maybe(),
        (host, setter, co_hosts) in (staff(), staff(), vec(staff(), 0..3)), (canceller, reason) in (maybe(), maybe()),
        links in vec(maybe(), 4), answers in vec((text(), text()), 0..8), tracking in vec((text(), text()), 0..4),
        (start, id, source) in (option::of(text()), text(), maybe()),
    ) -> Case {
        let mut case = samples::samples().swap_remove(which).1.case;
        case.reason_class = ReasonClass::Other;
        case.cancellation.canceller = canceller;
        case.cancellation.reason = reason;
        let call = &mut case.cancellation.call;
        call.id = id;
        (call.event_name, call.event_slug) = (event, slug);
        call.invitee = Invitee { name, other_names: Vec::new(), email, phone, contact_id: None };
        (call.host, call.setter, call.co_hosts) = (host, setter, co_hosts.into_iter().flatten().collect());
        let mut links = links.into_iter();
        let mut link = |real: &Option<String>| links.next().flatten().or_else(|| real.clone());
        call.links = Links { contact: link(&call.links.contact), reschedule: link(&call.links.reschedule), booking_page: link(&call.links.booking_page), location: link(&None) };
        // Numbered, so that none happens to repeat what the card says elsewhere.
        let numbered = |(at, (question, answer)): (usize, (String, String))| FormAnswer { question: format!("Q{at} {question}"), answer: format!("A{at} {answer}") };
        call.answers = answers.into_iter().enumerate().map(numbered).collect();
        call.tracking = tracking.into_iter().chain(source.map(|value| ("utm_source".to_owned(), value))).collect();
        if let Some(written) = start {
            call.start = Moment::Unreadable(written);
        }
        case
    }
}

/// Puts a harmless word in the place of every text that shows anything.
#[derive(Default)]
struct Benign {
    words: usize,
    people: BTreeMap<String, String>,
}

impl Benign {
    fn text(&mut self, text: &mut String) {
        self.words += 1;
        *text = clean::line(text, 60).map_or_else(String::new, |_| format!("word {}", self.words));
    }

    fn maybe(&mut self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.text(text);
        }
    }

    /// What is an address stays one.
    fn email(&mut self, text: &mut Option<String>) {
        if let Some(text) = text {
            let email = text.contains('@');
            self.text(text);
            if email && !text.is_empty() {
                text.push_str("@x");
            }
        }
    }

    /// People who look alike stay alike, since nobody is named twice.
    fn staff(&mut self, staff: &mut Staff) {
        let shown = |text: &Option<String>| text.as_deref().and_then(|text| clean::line(text, 60));
        let email = shown(&staff.email).filter(|_| staff.email.as_deref().and_then(normal_email).is_some());
        let name = shown(&staff.name).or(email).map(|shown| {
            let number = self.people.len();
            self.people.entry(shown).or_insert_with(|| format!("person {number}")).clone()
        });
        *staff = Staff { name, ..Staff::default() };
    }

    fn case(mut self, mut case: Case) -> Case {
        let links = LinkPolicy::new(&[], &settings().public_url);
        self.maybe(&mut case.cancellation.canceller);
        self.maybe(&mut case.cancellation.reason);
        let call = &mut case.cancellation.call;
        self.text(&mut call.id);
        self.maybe(&mut call.event_name);
        self.maybe(&mut call.event_slug);
        self.maybe(&mut call.invitee.name);
        self.email(&mut call.invitee.email);
        self.maybe(&mut call.invitee.phone);
        for staff in call.host.iter_mut().chain(&mut call.setter).chain(&mut call.co_hosts) {
            self.staff(staff);
        }
        for link in [&mut call.links.contact, &mut call.links.reschedule, &mut call.links.booking_page, &mut call.links.location] {
            if link.as_deref().is_none_or(|link| links.allow(link).is_none()) {
                self.maybe(link);
            }
        }
        for answer in &mut call.answers {
            self.text(&mut answer.question);
            self.text(&mut answer.answer);
        }
        for (name, value) in &mut call.tracking {
            if name != "utm_source" {
                self.text(name);
            }
            self.text(value);
        }
        if let Moment::Unreadable(written) = &mut call.start {
            self.text(written);
        }
        case
    }
}

/// The tree without its words.
fn shape(message: &Message) -> String {
    let title = inline_shape(&message.title);
    let body: Vec<String> = message
        .body
        .iter()
        .map(|block| match block {
            Block::Paragraph(text) => format!("p {}", inline_shape(text)),
            Block::Quote(text) => format!("q {}", inline_shape(text)),
            Block::Small(text) => format!("s {}", inline_shape(text)),
            Block::Divider => "-".to_owned(),
            Block::Entry(entry) => format!("e {}", inline_shape(&entry.text)),
            Block::List(points) => format!("l {:?}", points.iter().map(|point| inline_shape(point)).collect::<Vec<_>>()),
            Block::Fields(fields) => {
                format!("f {:?}", fields.iter().map(|field| (inline_shape(&field.label), inline_shape(&field.value))).collect::<Vec<_>>())
            }
        })
        .collect();
    format!("{title}\n{}", body.join("\n"))
}

fn inline_shape(all: &[Inline]) -> String {
    let one = |inline: &Inline| match inline {
        Inline::Text(_) => "t".to_owned(),
        Inline::Code(_) => "c".to_owned(),
        Inline::Strong(inner) => format!("b({})", inline_shape(inner)),
        Inline::Emphasis(inner) => format!("i({})", inline_shape(inner)),
        Inline::Link { url, .. } => format!("[{url}]"),
        Inline::Person(person) => format!("@{:?}{:?}", person.slack, person.discord),
        Inline::When { at, style, .. } => format!("{style:?}{at}"),
        Inline::Break => "/".to_owned(),
    };
    all.iter().map(one).collect()
}

/// Shows values where letters could mean something else.
fn risky() -> &'static Renderer {
    const RISKY: &str = "# {{ invitee_name }}\n\n\
        1{{ event_name }} · -{{ reason }} · {{ event_name }}{{ invitee_name }} · {{ event_name }}. {{ event_name }}: x{{ event_name }}x\n\
        [{{ event_name }}](https://app.iclosed.io/) · **{{ event_name }}** · *x{{ event_name }}* · `{{ event_name }}`\n\n\
        > {{ event_name }}\n> x {{ reason }}\n\n\
        - {{ event_name }}\n- **{{ event_name }}:** {{ event_name }}\n\n\
        {{ event_name }}\n{{ event_name }}\n{{ event_name }}\n\nx";
    static ONCE: std::sync::OnceLock<Renderer> = std::sync::OnceLock::new();
    ONCE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("card")).expect("a folder");
        std::fs::write(folder.path().join("card/host.md"), RISKY).expect("a file");
        loaded(Some(folder.path())).unwrap_or_else(|mistakes| panic!("{mistakes}"))
    })
}

/// Everything that a person could see.
fn seen(message: &Message) -> String {
    format!("{}\n{}", message.summary, card_as_text(message))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_the_tree_keeps_its_shape(case in case()) {
        let renderer = renderer_once();
        let follow_up = |case| FollowUp { case, ..sample("invitee") };
        let (hostile, benign) = (follow_up(case.clone()), follow_up(Benign::default().case(case)));
        for platform in Platform::ALL {
            for make in [Renderer::card, Renderer::details, Renderer::reschedule, Renderer::plain] {
                let (made, expected) = (make(renderer, &hostile, platform, samples::now()), make(renderer, &benign, platform, samples::now()));
                prop_assert_eq!(shape(&made), shape(&expected), "{:#?}", made);
                prop_assert!(units(&parts::words(&made.title)) <= LONGEST_TITLE && units(&made.summary) <= LONGEST_TITLE);
                let seen = seen(&made);
                prop_assert!(!seen.contains(|c: char| marks::is_own(c) || c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c)), "{:?}", seen);
            }
        }
        prop_assert!(renderer.failed.lock().expect("a lock").is_empty());
    }

    #[test]
    fn wherever_it_stands_the_tree_keeps_its_shape(case in case()) {
        let renderer = risky();
        let follow_up = |case| FollowUp { case: Case { side: Side::Host, ..case }, ..sample("invitee") };
        let (hostile, benign) = (follow_up(case.clone()), follow_up(Benign::default().case(case)));
        let make = |of: &FollowUp| shape(&renderer.card(of, Platform::Slack, samples::now()));
        prop_assert_eq!(make(&hostile), make(&benign));
        prop_assert!(renderer.failed.lock().expect("a lock").is_empty());
    }

    #[test]
    fn an_address_ends_where_the_template_ends_it(text in text()) {
        let Some(shown) = clean::line(&text, 80) else { return Ok(()) };
        let mut tera = engine::tera();
        engine::add(&mut tera, "t.md", "[x](https://app.iclosed.io/?a={{ v }}) <https://app.iclosed.io/{{ v }}> y").expect("a template");
        let values = Values::of("t.md", &BTreeMap::from([("v", &shown)])).expect("values");
        let markdown = engine::fill(&tera, "t.md", &values).expect("Markdown");
        let read = tree::read(&markdown, &Subjects::default(), &LinkPolicy::new(&[], &settings().public_url)).expect("a tree");
        let [Block::Paragraph(inlines)] = &read.body[..] else { panic!("{read:?}") };
        prop_assert_eq!(parts::words(inlines), format!("x https://app.iclosed.io/{} y", shown));
    }

    #[test]
    fn every_value_comes_out_letter_by_letter(text in text()) {
        let renderer = renderer_once();
        let Some(shown) = clean::lines(&text, 700, 4) else { return Ok(()) };
        let mut follow_up = sample("invitee");
        follow_up.case.cancellation.reason = Some(text);
        let card = renderer.card(&follow_up, Platform::Slack, samples::now());
        let quotes: Vec<_> = card.body.iter().filter(|block| matches!(block, Block::Quote(_))).collect();
        prop_assert_eq!(quotes, [&Block::Quote(vec![Inline::Text(shown)])]);
    }

    #[test]
    fn cleaning_is_stable(text in text(), most in 1..100usize) {
        if let Some(once) = clean::line(&text, most) {
            prop_assert!(!once.contains(['\n', '\t']) && once.trim() == once);
            prop_assert!(units(&once) <= 2 * most.max(1) + 1);
        }
    }
}
