//! Any payload, however mutilated or hostile, makes messages that both platforms take, and in which nothing is live that the template did
//! not put there.
//!
//! The whole way but the network: `source` reads, the rules of `flow` understand, `render` and `chat` make the request. The judges are the
//! sandbox's, which know the platforms and not the bot.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::sample::select;
use rebound::app;
use rebound::chat::{Outgoing, discord, slack};
use rebound::config::{self, Config, Environment};
use rebound::domain::event::{Event, Staff};
use rebound::domain::follow_up::{FollowUp, State};
use rebound::domain::identity::ShortId;
use rebound::domain::message::Message;
use rebound::domain::platform::Platform;
use rebound::domain::post::DeliveryKey;
use rebound::domain::team::Person;
use rebound::flow::{Rules, read_cancellation};
use rebound::render::Renderer;
use rebound::sandbox::{discord_rules, slack_rules};
use rebound::source::iclosed;
use serde_json::{Value, json};
use std::sync::LazyLock;

const CONFIGURATION: &str = r#"
public_url = "https://rebound.example.com"
timezone = "America/New_York"
card = { highlight = ["What is your monthly revenue?"] }
iclosed = { webhook_token = "test-9f86d081884c7d659a2feaa0c55ad015", hosts_time_zone_fallback = "Europe/Berlin" }
slack = { bot_token = "x", signing_secret = "x" }
channel = [{ name = "sales", slack = "C0123456789" }]
teammate = [{ name = "Alex Closer", email = "alex@example.com", slack = "U0TESTALX1", discord = "300000000000000021" }]
"#;

struct Bot {
    config: Config,
    renderer: Renderer,
    rules: Rules,
}

static BOT: LazyLock<Bot> = LazyLock::new(|| {
    let config = config::parse(CONFIGURATION, "test", &Environment::default()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let renderer = app::load_templates(&config).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let rules = app::rules(&config);
    Bot { config, renderer, rules }
});

/// What people write, and what attackers do.
const EVIL: [&str; 24] = [
    "",
    " ",
    "Zoë",
    "<!channel> <!here> <!everyone> <!subteam^S0123456|team>",
    "<@U01KIM00003> <#C01SALES001|general>",
    "<https://evil.example/a|Join Zoom> <mailto:x@evil.example|y>",
    "<!date^1^{date}^https://evil.example/h|now>",
    "&lt;!channel&gt; &amp;lt;@U1&amp;gt; &#60;!here&#62;",
    "@everyone @here <@811111111111111109> <@&822222222222222201> <#844444444444444401>",
    "</claim:833333333333333301> <:x:844444444444444401>",
    "[Reschedule](https://evil.example/b) ![x](https://evil.example/c)\n\n[a]: https://evil.example/d",
    "https://evil.example/e www.evil.example <https://evil.example/g>",
    "# Title\n> quote\n- list\n***bold*** __under__ ~~gone~~ ||spoiler|| `code`\n```\nblock\n```\n---",
    "\\@everyone \\<!channel> \\[x](https://evil.example/k) \\`@everyone\\`",
    "{{ 7 * 7 }} {% for i in range(end=9) %}loop{% endfor %} {{ __tera_context }}",
    "<b>bold</b> <script>alert(1)</script> <!-- -->",
    "a\u{200b}b <\u{200b}!channel> @\u{200b}everyone \u{e000}\u{e001}",
    "\u{202e}evil\u{202c} \u{2066}x\u{2069} שלום",
    "a\u{0}b\u{7}c\u{1b}[2J\r\n\u{7f}\u{2028}",
    "2030-01-02T10:00:00+02:00",
    "2023-02-30",
    "javascript:alert(1)",
    "https://app.iclosed.io/x|y> <!channel> <https://evil.example/",
    "https://app.iclosed.io/good/link?a=b&c=d",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(&EVIL[..]).prop_map(str::to_owned),
        2 => "\\PC{0,40}",
        1 => (select(&EVIL[..]), 1..400_usize).prop_map(|(piece, times)| piece.repeat(times)),
        1 => proptest::collection::vec(select(&EVIL[..]), 1..6).prop_map(|pieces| pieces.join(" ")),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => text().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(text(), inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

const EXAMPLES: [&str; 2] =
    [include_str!("../examples/cancelled.json"), include_str!("../src/source/iclosed/examples/call_cancelled.docs_style.json")];

/// An example of iClosed's with some of its values replaced, wherever they stand; what makes it a cancellation stays.
fn payload() -> impl Strategy<Value = Value> {
    (select(&EXAMPLES[..]), proptest::collection::vec((any::<prop::sample::Index>(), value()), 0..24)).prop_map(|(example, changes)| {
        let mut body: Value = serde_json::from_str(example).expect("JSON");
        if let Some(first) = body.as_array().and_then(|items| items.first()) {
            body = first.clone();
        }
        for (at, changed) in changes {
            let mut places = Vec::new();
            collect(&body, String::new(), &mut places);
            if let Some(place) = body.pointer_mut(&places[at.index(places.len())]) {
                *place = changed;
            }
        }
        let event = body["event"].as_object().cloned().unwrap_or_default();
        body["event"] = Value::Object(event);
        body["event"]["uuid"] = json!(45_526);
        body["hookType"] = json!("Call canceled");
        body
    })
}

fn collect(node: &Value, path: String, places: &mut Vec<String>) {
    let step = |key: &str| format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
    match node {
        Value::Object(map) => map.iter().for_each(|(key, child)| collect(child, step(key), places)),
        Value::Array(items) => items.iter().enumerate().for_each(|(at, child)| collect(child, step(&at.to_string()), places)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    if !path.is_empty() {
        places.push(path);
    }
}

fn state() -> impl Strategy<Value = State> {
    prop_oneof![
        Just(State::Open),
        text().prop_map(|name| State::Assigned { owner: Person { slack: Some("U0TESTALX1".into()), ..Person::named(name) } }),
        text().prop_map(|name| State::Rebooked {
            start: DateTime::from_timestamp(1_900_000_000, 0),
            host: Some(Staff { name: Some(name.clone()), email: Some(name), timezone: None }),
        }),
        Just(State::Lost),
        Just(State::Dismissed),
    ]
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn makes_messages_that_both_platforms_take(body in payload(), state in state(), asleep in any::<bool>()) {
        let event = iclosed::read(&body.to_string(), BOT.rules.defaults).map_err(|why| TestCaseError::fail(why.to_string()))?;
        let Event::Cancelled(cancellation) = event else {
            return Err(TestCaseError::fail("no cancellation"));
        };
        let reading = read_cancellation(*cancellation, &BOT.rules, now());
        let follow_up = FollowUp {
            id: 1,
            short_id: ShortId::parse("K7Q2").expect("an id"),
            version: 3,
            state,
            snoozed_until: asleep.then(|| now() + TimeDelta::hours(2)),
            last_owner: None,
            opened_at: now(),
            watch: rebound::domain::remind::Watch::new(now()),
            case: reading.case,
        };
        for platform in Platform::ALL {
            let messages = [
                BOT.renderer.card(&follow_up, platform, now()),
                BOT.renderer.plain(&follow_up, platform, now()),
                BOT.renderer.details(&follow_up, platform, now()),
                BOT.renderer.reschedule(&follow_up, platform, now()),
            ];
            for (at, message) in messages.iter().enumerate() {
                assert_taken_and_inert(platform, message, at == 1)?;
            }
        }
    }
}

fn assert_taken_and_inert(platform: Platform, message: &Message, plain: bool) -> Result<(), TestCaseError> {
    let key = DeliveryKey::from_bits(7);
    let outgoing = Outgoing {
        channel: "C0123456789",
        key: &key,
        version: 3,
        message,
        thread: None,
        thread_name: "",
        broadcast: false,
        ping: None,
        plain,
    };
    let (body, objections, mentions, links) = match platform {
        Platform::Slack => {
            let body = slack::request_body(&outgoing);
            (body.clone(), slack_rules::objections(&body), slack_rules::live_mentions(&body), slack_rules::live_links(&body))
        }
        Platform::Discord => {
            let body = discord::request_body(&outgoing, &BOT.config.public_url);
            (body.clone(), discord_rules::objections(&body), discord_rules::live_mentions(&body), discord_rules::live_links(&body))
        }
    };
    prop_assert_eq!(objections, Vec::<String>::new(), "{}", body);
    let foreign = |mention: &String| mention != "<@300000000000000021>";
    prop_assert!(!mentions.iter().any(foreign), "{:?} in {}", mentions, body);
    let allowed = |link: &String| link.starts_with("https://app.iclosed.io/") || link.starts_with("https://rebound.example.com/");
    prop_assert!(links.iter().all(allowed), "{:?} in {}", links, body);
    prop_assert!(!body.to_string().contains("looploop"), "data was run as a template");
    Ok(())
}
