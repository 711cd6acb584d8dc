//! Any tree becomes a message that both platforms take, and its data does nothing in it.

use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

use super::sample::key;
use crate::chat::text::length;
use crate::chat::{Outgoing, discord, slack};
use crate::domain::list::Listing;
use crate::domain::message::{
    Block, Control, ControlKind, Entry, Field, FieldKind, Form, FormField, FormKind, Inline, Message, Press, Sheet, Tone, WhenStyle,
};
use crate::domain::post::{DeliveryKey, MessageRef};
use crate::domain::team::Person;

/// Strings that hurt: huge, invisible, and everything that is markup on one of the platforms.
fn hostile() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "<!channel> <@U01KIM> <#C01|x> <https://evil.example|y> <!date^1^{date}|now>",
        "@everyone @here <@811111111111111109> <@&8> </claim:8> <:x:8>",
        "[x](https://evil.example) https://evil.example www.evil.example HTTPS://EVIL.example",
        "# t\n> q\n- l\n1. o\n*b* _i_ ~s~ `c` ||d|| ```x```\n---",
        "\\@everyone \\\\@here \\[x](https://evil.example) &lt;!here&gt;",
        "a\u{200b}b\u{202e}c\u{0}d\r\n\u{2028}<\u{200b}!channel> @\u{200b}everyone",
        " \t\n\u{a0}\u{3000}",
        "",
    ]);
    let huge = prop::sample::select(vec![
        "W",
        "word ",
        "<&>",
        "*_~`|>#[]()!",
        "👨\u{200d}👩\u{200d}👧",
        "e\u{301}\u{301}",
        "`",
        "\n",
        "\\",
        "@everyone ",
    ]);
    prop_oneof![
        4 => "\\PC{0,40}",
        3 => nasty.prop_map(str::to_owned),
        1 => (huge, 1_usize..2_000).prop_map(|(part, times)| part.repeat(times)),
    ]
}

fn inline() -> impl Strategy<Value = Inline> {
    let leaf = prop_oneof![
        4 => hostile().prop_map(Inline::Text),
        1 => hostile().prop_map(Inline::Code),
        1 => (hostile(), "[a-z()*|\\\\<>]{0,2000}").prop_map(|(label, path)| {
            let mut url = Url::parse("https://app.iclosed.io/").expect("a URL");
            // Not joined: two slashes at the start would be another host.
            url.set_path(&path);
            Inline::Link { label, url }
        }),
        1 => (hostile(), prop::option::of("U[0-9A-Z]{1,12}"), prop::option::of("[0-9]{1,19}"))
            .prop_map(|(name, slack, discord)| Inline::Person(Person { name, slack, discord })),
        1 => (any::<i64>(), hostile()).prop_map(|(seconds, fallback)| Inline::When {
            at: chrono::DateTime::from_timestamp(seconds % 100_000_000_000, 0).expect("a time"),
            style: WhenStyle::DateTime,
            fallback,
        }),
        1 => Just(Inline::Break),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Inline::Strong),
            prop::collection::vec(inner, 0..3).prop_map(Inline::Emphasis),
        ]
    })
}

fn run() -> impl Strategy<Value = Vec<Inline>> {
    prop::collection::vec(inline(), 0..4)
}

fn block() -> impl Strategy<Value = Block> {
    let field = (run(), run()).prop_map(|(label, value)| Field { label, value });
    let short = "[ -~]{0,9}".prop_map(|words| Field { label: vec![Inline::Text(words.clone())], value: vec![Inline::Text(words)] });
    prop_oneof![
        3 => run().prop_map(Block::Paragraph),
        1 => run().prop_map(Block::Quote),
        1 => run().prop_map(Block::Small),
        1 => prop::collection::vec(run(), 0..6).prop_map(Block::List),
        1 => prop_oneof![3 => prop::collection::vec(field, 0..4), 1 => prop::collection::vec(short, 20..40)].prop_map(Block::Fields),
        1 => Just(Block::Divider),
        1 => entry().prop_map(Block::Entry),
    ]
}

fn entry() -> impl Strategy<Value = Entry> {
    let control = (prop::sample::select(Press::ALL.to_vec()), hostile()).prop_map(|(press, label)| Control {
        press,
        label,
        kind: ControlKind::Button,
    });
    (hostile(), run(), prop::collection::vec(control, 0..5), any::<u128>()).prop_map(|(name, text, controls, bits)| Entry {
        name,
        text,
        controls,
        key: DeliveryKey::from_bits(bits),
        list: bits.is_multiple_of(2).then_some(Listing { mine: true, page: u16::MAX }),
    })
}

fn message() -> impl Strategy<Value = Message> {
    let kind = prop::sample::select(vec![ControlKind::PrimaryButton, ControlKind::Button, ControlKind::PeoplePicker]);
    let control =
        (prop::sample::select(Press::ALL.to_vec()), hostile(), kind).prop_map(|(press, label, kind)| Control { press, label, kind });
    let line = prop_oneof![
        "[ -~]{0,20}".prop_map(|words| Block::Paragraph(vec![Inline::Text(words)])),
        Just(Block::Divider),
        Just(Block::Small(vec![Inline::Text("<&>".to_owned())]))
    ];
    let body = prop_oneof![4 => prop::collection::vec(block(), 0..8), 1 => prop::collection::vec(line, 50..120)];
    (hostile(), run(), body, prop::collection::vec(control, 0..12)).prop_map(|(summary, title, body, controls)| Message {
        tone: Tone::Open,
        summary,
        title,
        body,
        controls,
    })
}

/// A tree that tells of itself briefly: thousands of letters help nobody who reads why a test failed.
struct Tree(Message);

impl std::fmt::Debug for Tree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let whole = format!("{:?}", self.0);
        f.write_str(crate::chat::text::graphemes(&whole).map(|(shown, _)| shown).take(600).collect::<String>().as_str())
    }
}

fn texts<'a>(node: &'a Value, found: &mut Vec<&'a str>) {
    match node {
        Value::Object(object) => {
            found.extend(object.get("text").and_then(Value::as_str));
            object.values().for_each(|child| texts(child, found));
        }
        Value::Array(children) => children.iter().for_each(|child| texts(child, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn within(text: &Value, most: usize) -> bool {
    text.as_str().is_some_and(|text| !text.trim().is_empty() && length(text) <= most)
}

/// Slack's limits, written down once more and apart from the code that keeps them.
fn check_slack(body: &Value) {
    assert!(within(&body["text"], 3_000), "text: {}", body["text"]);
    let blocks = body["blocks"].as_array().expect("blocks");
    assert!((1..=50).contains(&blocks.len()));
    let mut ids: Vec<&str> = blocks.iter().filter_map(|block| block["block_id"].as_str()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "block ids are unique");
    for block in blocks {
        match block["type"].as_str().expect("a type") {
            "header" => assert!(within(&block["text"]["text"], 150)),
            "section" => {
                assert!(block["text"].is_null() || within(&block["text"]["text"], 3_000), "{block}");
                if let Some(fields) = block["fields"].as_array() {
                    assert!((1..=10).contains(&fields.len()));
                    assert!(fields.iter().all(|field| within(&field["text"], 2_000)), "{block}");
                }
            }
            "context" => assert!(within(&block["elements"][0]["text"], 3_000)),
            "actions" => {
                let elements = block["elements"].as_array().expect("elements");
                assert!((1..=Press::ALL.len()).contains(&elements.len()));
                for element in elements {
                    assert!(within(&element["text"]["text"], 75) || within(&element["placeholder"]["text"], 150), "{element}");
                }
            }
            "divider" => {}
            other => panic!("{other}"),
        }
    }
    let mut all = Vec::new();
    texts(&body["blocks"], &mut all);
    assert!(all.iter().map(|text| length(text)).sum::<usize>() <= 12_000);
}

/// Nothing in a mrkdwn text begins a control sequence but what we write ourselves, and Slack finds no address in any text.
fn check_slack_inert(body: &Value, mentions: bool) {
    let mut all = vec![body["text"].as_str().expect("text")];
    mrkdwn(&body["blocks"], &mut all);
    for text in all {
        for (at, _) in text.match_indices('<') {
            let rest = &text[at + 1..];
            let ours = rest.starts_with("https://app.iclosed.io/") || rest.starts_with("!date^") || (mentions && rest.starts_with("@U"));
            assert!(ours && rest.contains('>'), "{rest}");
        }
        for line in text.lines() {
            assert!(!line.trim_start().starts_with("&gt;"), "{line}");
        }
    }
    let mut all = Vec::new();
    texts(body, &mut all);
    for text in all {
        let lower = text.to_lowercase();
        for (at, _) in lower.match_indices("://") {
            let linked = lower[..at].ends_with("<https") || lower[..at].ends_with("|https");
            assert!(linked && lower[at + 3..].starts_with("app.iclosed.io"), "{text}");
        }
        assert!(!lower.contains("www.e"), "{text}");
    }
}

fn mrkdwn<'a>(node: &'a Value, found: &mut Vec<&'a str>) {
    match node {
        Value::Object(object) if object.get("type").is_some_and(|kind| kind == "mrkdwn") => {
            assert_eq!(object["verbatim"], true);
            found.extend(object["text"].as_str());
        }
        Value::Object(object) => object.values().for_each(|child| mrkdwn(child, found)),
        Value::Array(children) => children.iter().for_each(|child| mrkdwn(child, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check_discord(body: &Value) {
    let mut total = 0;
    let embed = &body["embeds"][0];
    let mut part = |text: &Value, most: usize| {
        if !text.is_null() {
            assert!(within(text, most), "{text}");
            total += length(text.as_str().expect("text"));
        }
    };
    part(&embed["title"], 256);
    part(&embed["description"], 4_096);
    part(&embed["footer"]["text"], 2_048);
    let fields = embed["fields"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    assert!(fields.len() <= 25);
    for field in fields {
        part(&field["name"], 256);
        part(&field["value"], 1_024);
    }
    assert!(total <= 6_000, "{total}");
    assert!(total > 0, "an empty embed is refused");
    let rows = body["components"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    assert!(rows.len() <= 5);
    let mut ids = Vec::new();
    for row in rows {
        let controls = row["components"].as_array().expect("controls");
        assert!((1..=5).contains(&controls.len()));
        for control in controls {
            assert!(within(&control["custom_id"], 100));
            assert!(within(&control["label"], 80) || within(&control["placeholder"], 150), "{control}");
            ids.push(control["custom_id"].as_str().expect("an id"));
        }
    }
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "custom ids are unique");
    assert_eq!(body["allowed_mentions"]["parse"], Value::Array(Vec::new()));
}

/// No bare address, no mention but of a person, no `@everyone`.
fn check_discord_inert(body: &Value) {
    let embed = &body["embeds"][0];
    let fields = embed["fields"].as_array().into_iter().flatten().flat_map(|field| [&field["name"], &field["value"]]);
    for text in fields.chain([&embed["title"], &embed["description"]]).filter_map(Value::as_str) {
        let lower = text.to_lowercase();
        assert!(!lower.contains("@everyone") && !lower.contains("@here"), "{text}");
        for (at, _) in lower.match_indices("://") {
            assert!(lower[..at].ends_with("](https") && lower[at + 3..].starts_with("app.iclosed.io"), "{text}");
        }
        for (at, _) in text.match_indices('<') {
            let rest = &text[at + 1..];
            assert!(
                rest.starts_with('\u{200b}') || rest.starts_with("t:") || rest.starts_with('@') && rest.as_bytes()[1].is_ascii_digit(),
                "{rest}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_is_taken_and_inert(tree in message().prop_map(Tree), plain in any::<bool>()) {
        let message = tree.0;
        let key = key();
        let thread = MessageRef("1.2".to_owned());
        let out = Outgoing { channel: "C1", key: &key, version: 7, message: &message, thread: Some(&thread), thread_name: &message.summary, broadcast: true, ping: None, plain };
        let public_url = Url::parse("https://rebound.example.com").expect("a URL");
        for (body, mentions) in [
            (json!(slack::body::create(&out)), false),
            (json!(slack::body::edit(&out, &thread)), true),
            (slack::private_body(&message, Some(&key)), true),
            (slack::private_body(&message, None), true),
        ] {
            check_slack(&body);
            check_slack_inert(&body, mentions);
        }
        let (create, edit) = (json!(discord::body::create(&out, &public_url)), json!(discord::body::edit(&out, &public_url)));
        for body in [create, edit, discord::body::private(&message, None)] {
            check_discord(&body);
            check_discord_inert(&body);
        }
        let body = discord::form_answer(&form_of(&message), &key, None)["data"].take();
        check_discord(&body);
        check_discord_inert(&body);
        check_slack_view(&slack::form_instead(&form_of(&message), &key, None)["view"]);
    }
}

fn check_slack_view(view: &Value) {
    assert!(["title", "submit", "close"].iter().all(|part| within(&view[*part]["text"], 24)), "{view}");
    let blocks = view["blocks"].as_array().expect("blocks");
    assert!((1..=100).contains(&blocks.len()));
    let mut ids: Vec<&str> = blocks.iter().filter_map(|block| block["block_id"].as_str()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "block ids are unique");
    let menu = blocks.iter().find(|block| block["type"] == "input").expect("a menu");
    let options = menu["element"]["options"].as_array().expect("options");
    assert!((1..=100).contains(&options.len()) && options.iter().all(|option| within(&option["text"]["text"], 75)), "{menu}");
    let others: Vec<&Value> = blocks.iter().filter(|block| block["type"] != "input").collect();
    // The limits of messages hold for each half.
    for half in others.chunks(50) {
        check_slack_inert(&serde_json::json!({ "text": "s", "blocks": half }), true);
    }
}

/// A form that says what the message says, and offers it to be chosen.
fn form_of(message: &Message) -> Form {
    let summary = message.summary.clone();
    let option = |at| (summary.clone(), format!("value {at}"));
    let field = FormField { name: "time", label: summary.clone(), optional: false, kind: FieldKind::Choice((0..30).map(option).collect()) };
    let (above, below) = message.body.split_at(message.body.len() / 2);
    let sheet = Sheet { summary: summary.clone(), above: above.to_vec(), below: below.to_vec(), controls: message.controls.clone() };
    let (title, submit, cancel) = (summary.clone(), summary.clone(), summary.clone());
    Form { kind: FormKind::Book, title, submit, cancel, fields: vec![field], sheet: Some(sheet) }
}

#[test]
fn the_end_of_a_long_message_stays() {
    let long = |times| (0..times).map(|_| Block::Paragraph(vec![Inline::Text("long ".repeat(400))]));
    for times in [1, 20, 400] {
        let mut body: Vec<Block> = long(times).collect();
        body.push(Block::Small(vec![Inline::Text("more in iClosed".to_owned())]));
        let message = Message { tone: Tone::Neutral, summary: "s".to_owned(), title: Vec::new(), body, controls: Vec::new() };
        assert!(slack::private_body(&message, None).to_string().contains("more in iClosed"));
        assert!(discord::private_answer(&message, None).to_string().contains("more in iClosed"));
    }
}
