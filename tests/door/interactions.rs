//! Signed and unsigned requests in the platforms' names, as they should not be.

use std::time::Duration;

use rebound::sandbox::{Answered, SignedRequest};
use serde_json::{Value, json};

use crate::calls::cancelled;
use crate::world::{DISCORD, KIM_DISCORD, KIM_SLACK, SLACK, World, plain};

const NOW: Duration = Duration::ZERO;

async fn with_card() -> (World, Value) {
    let world = World::new().await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.drain().await;
    (world, body)
}

fn form(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// The payload inside a press on Slack.
fn payload(press: &SignedRequest) -> Value {
    let (_, payload) = url::form_urlencoded::parse(press.body.as_bytes()).find(|(name, _)| name == "payload").expect("a payload");
    serde_json::from_str(&payload).expect("JSON")
}

async fn slack(world: &World, path: &str, body: String) -> Answered {
    let slack = world.sandbox.slack();
    slack.send(&slack.signed(path, body, NOW, !path.ends_with("events"))).await
}

async fn discord(world: &World, body: String) -> Answered {
    let discord = world.sandbox.discord();
    discord.send(&discord.signed("/discord/interactions", body, NOW)).await
}

#[tokio::test]
async fn signed_but_unreadable() {
    let (world, _) = with_card().await;
    for (path, body, status) in [
        ("/slack/interactions", String::new(), 400),
        ("/slack/interactions", "a=b".to_owned(), 400),
        ("/slack/interactions", "payload={}&payload={}".to_owned(), 400),
        ("/slack/interactions", "payload=nonsense".to_owned(), 400),
        ("/slack/interactions", "payload=%5B%5D".to_owned(), 400),
        ("/slack/interactions", "payload=%ZZ".to_owned(), 400),
        ("/slack/interactions", form(&[("payload", r#"{"type":"block_actions"}"#)]), 400),
        ("/slack/interactions", form(&[("payload", r#"{"type":"block_suggestion"}"#)]), 200),
        ("/slack/interactions", form(&[("payload", r#"{"type":"view_closed"}"#)]), 200),
        ("/slack/interactions", form(&[("payload", r#"{"type":"of_the_future"}"#)]), 200),
        ("/slack/interactions", "ssl_check=1&token=x".to_owned(), 200),
        ("/slack/interactions", "x".repeat(1024 * 1024 + 1), 413),
        ("/slack/commands", "text=help".to_owned(), 400),
        ("/slack/commands", "ssl_check=1".to_owned(), 200),
        ("/slack/events", "[]".to_owned(), 400),
        ("/slack/events", "{".to_owned(), 400),
        ("/slack/events", json!({ "type": "event_callback" }).to_string(), 400),
        ("/slack/events", json!({ "type": "event_callback", "event": { "type": "of_the_future" } }).to_string(), 200),
    ] {
        let answered = slack(&world, path, body.clone()).await;
        assert_eq!(answered.status, status, "{path} {body:.60}");
    }
    for (body, status) in [
        (String::new(), 400),
        ("[]".to_owned(), 400),
        ("{".to_owned(), 400),
        (json!({ "type": 3 }).to_string(), 400),
        (json!({ "type": 3, "id": "1", "token": "t", "application_id": "1" }).to_string(), 400),
        (json!({ "type": 5, "id": 1, "token": [] }).to_string(), 400),
        (json!({ "type": 99 }).to_string(), 200),
        (json!({}).to_string(), 200),
        ("x".repeat(1024 * 1024 + 1), 413),
    ] {
        let answered = discord(&world, body.clone()).await;
        assert_eq!(answered.status, status, "{body:.60}");
    }
    world.drain().await;
    assert!(world.sandbox.slack().private().is_empty() && world.sandbox.discord().private().is_empty());
}

#[tokio::test]
async fn unsigned_checks_of_the_address_are_refused() {
    let (world, _) = with_card().await;
    for (path, body) in [
        ("/slack/interactions", "ssl_check=1&token=x".to_owned()),
        ("/slack/commands", "ssl_check=1&token=x".to_owned()),
        ("/slack/events", json!({ "type": "url_verification", "challenge": "abc" }).to_string()),
        ("/discord/interactions", json!({ "type": 1 }).to_string()),
    ] {
        assert_eq!(world.post(path, body.into_bytes()).await, (401, Value::Null), "{path}");
    }
    let ping = world.sandbox.discord().ping().await;
    assert_eq!((ping.status, &ping.immediate["type"]), (200, &json!(1)));
    let mut forged = world.sandbox.discord().signed("/discord/interactions", json!({ "type": 1 }).to_string(), NOW);
    for (name, value) in &mut forged.headers {
        if name == "x-signature-ed25519" {
            // The second half of a signature, with the group's order added: the same number once more, which no good signature has.
            *value = format!("{}{}", &value[..64], "f".repeat(64));
        }
    }
    assert_eq!(world.sandbox.discord().send(&forged).await.status, 401);
}

/// From another workspace, server or application, however well it is signed.
#[tokio::test]
async fn strangers_are_refused_politely_and_do_nothing() {
    let (world, body) = with_card().await;
    let card = |channel| world.card(channel, &body).id;
    let good = payload(&world.sandbox.slack().press_request(KIM_SLACK, SLACK, &card(SLACK), "Details").expect("a press"));
    for (what, changes) in [
        ("another workspace", vec![("/team/id", json!("T0FOREIGN")), ("/user/team_id", json!("T0FOREIGN"))]),
        ("a guest from another workspace", vec![("/user/team_id", json!("T0FOREIGN"))]),
    ] {
        let mut payload = good.clone();
        for (place, value) in changes {
            *payload.pointer_mut(place).expect("a place") = value;
        }
        let before = world.sandbox.slack().private().len();
        assert_eq!(slack(&world, "/slack/interactions", form(&[("payload", &payload.to_string())])).await.status, 200, "{what}");
        world.drain().await;
        let told = world.sandbox.slack().private().split_off(before);
        assert_eq!(told.len(), 1, "{what}");
        assert!(!plain(&told[0].text()).contains("prospect.example"), "{what}: {}", told[0].text());
    }
    let command = |team: &str| {
        form(&[("user_id", KIM_SLACK), ("team_id", team), ("channel_id", SLACK), ("command", "/cancellations"), ("text", "help")])
    };
    let home = good["team"]["id"].as_str().expect("a workspace").to_owned();
    let helped = slack(&world, "/slack/commands", command(&home)).await.immediate.to_string();
    let refused = slack(&world, "/slack/commands", command("T0FOREIGN")).await.immediate.to_string();
    assert!(helped.contains("/cancellations") && !refused.contains("/cancellations"), "{helped}\n{refused}");

    let good = world.sandbox.discord().press_request(KIM_DISCORD, DISCORD, &card(DISCORD), "Details").expect("a press").body;
    for (place, value) in [
        ("guild_id", json!("300000000000000999")),
        ("application_id", json!("300000000000000999")),
        ("guild_id", Value::Null),
        ("application_id", Value::Null),
    ] {
        let mut payload: Value = serde_json::from_str(&good).expect("JSON");
        payload[place] = value;
        let answered = discord(&world, payload.to_string()).await;
        assert_eq!((answered.status, &answered.immediate["data"]["flags"]), (200, &json!(64)), "{place}");
        assert!(!answered.immediate.to_string().contains("prospect.example"), "{place}: {}", answered.immediate);
    }
}

#[tokio::test]
async fn whatever_is_typed_is_answered_in_private() {
    let (world, _) = with_card().await;
    let long = "x".repeat(4_000);
    let verbs = [
        "",
        "   ",
        "--",
        "\"",
        "“help”",
        "'; DROP TABLE post;--",
        "<@U1|x>",
        "\u{202e}pleh",
        "{{ 7*7 }}",
        "show",
        "show <!channel>",
        "\u{0}",
        &long,
    ];
    for text in verbs {
        let typed = form(&[("user_id", KIM_SLACK), ("channel_id", SLACK), ("command", "/cancellations"), ("text", text)]);
        let answered = slack(&world, "/slack/commands", typed).await;
        let said = answered.immediate.to_string();
        assert_eq!((answered.status, &answered.immediate["response_type"]), (200, &json!("ephemeral")), "{text:?}: {said}");
        assert!(said.contains("cancellation") && !said.contains("<!channel>") && !said.contains("49"), "{text:?}: {said}");
    }
    world.assert_no_objections();
}

#[tokio::test]
async fn odd_forms_of_discord_are_answered() {
    let (world, body) = with_card().await;
    let card = world.card(DISCORD, &body);
    let good: Value =
        serde_json::from_str(&world.sandbox.discord().press_request(KIM_DISCORD, DISCORD, &card.id, "Claim").expect("a press").body)
            .expect("JSON");
    let field = |id: Value| json!({ "type": 4, "custom_id": id, "value": "x" });
    for (what, data) in [
        ("no id", json!({ "components": [] })),
        ("an unknown id", json!({ "custom_id": "x", "components": [] })),
        ("an id of 101 letters", json!({ "custom_id": "x".repeat(101), "components": [] })),
        ("a field twice", json!({ "custom_id": "x", "components": [{ "type": 1, "components": [field(json!("a")), field(json!("a"))] }] })),
        (
            "a field without an id",
            json!({ "custom_id": "x", "components": [{ "type": 1, "components": [field(Value::Null), field(json!(7))] }] }),
        ),
        ("an unknown component", json!({ "custom_id": "x", "components": [{ "type": 99, "components": "x" }, 5, null, [[]]] })),
    ] {
        let mut payload = good.clone();
        payload["type"] = json!(5);
        payload["data"] = data;
        let answered = discord(&world, payload.to_string()).await;
        assert_eq!((answered.status, &answered.immediate["data"]["flags"]), (200, &json!(64)), "{what}: {}", answered.immediate);
    }
}

/// A press whose message is gone, and a hundred at once: each is answered, nothing changes.
#[tokio::test]
async fn presses_in_a_crowd_are_all_answered() {
    let (world, body) = with_card().await;
    let card = world.card(SLACK, &body).id;
    let press = world.sandbox.slack().press_request(KIM_SLACK, SLACK, &card, "Claim").expect("a press");
    assert!(world.sandbox.slack().remove(SLACK, &card));
    let all = futures_util::future::join_all((0..100).map(|_| world.sandbox.slack().send(&press))).await;
    assert!(all.iter().all(|answered| answered.status == 200));
    world.drain().await;
    assert!(world.messages(SLACK).is_empty(), "a deleted card stays deleted");
}
