//! People press and type: signatures first, answers in private, nobody from outside.

use std::time::Duration;

use rebound::sandbox::{Answered, SignedRequest};

use super::calls::cancelled;
use super::world::{DISCORD, KIM_DISCORD, KIM_SLACK, OLGA_DISCORD, OLGA_SLACK, SLACK, World, plain};

/// What a person on each platform is told in private after pressing a button of the card.
async fn press_on_both(world: &World, body: &serde_json::Value, button: &str, slack: &str, discord: &str) -> [String; 2] {
    let (sandbox, card) = (&world.sandbox, |channel| world.card(channel, body).id);
    let before = (sandbox.slack().private().len(), sandbox.discord().private().len());
    let pressed = sandbox.slack().press(slack, SLACK, &card(SLACK), button).await;
    assert_good(&pressed);
    let pressed = sandbox.discord().press(discord, DISCORD, &card(DISCORD), button).await;
    assert_good(&pressed);
    world.drain().await;
    let told = (sandbox.slack().private().split_off(before.0), sandbox.discord().private().split_off(before.1));
    assert_eq!((told.0.len(), told.1.len()), (1, 1), "one private answer on each platform");
    [plain(&told.0[0].text()), plain(&told.1[0].text())]
}

fn assert_good(answered: &Answered) {
    assert!(answered.is_ok() && answered.status == 200, "{} {:?} {}", answered.status, answered.error, answered.immediate);
    assert!(answered.latency < Duration::from_secs(3));
}

async fn with_card() -> (World, serde_json::Value) {
    with_card_and("").await
}

async fn with_card_and(more: &str) -> (World, serde_json::Value) {
    let world = World::with(more).await;
    let mut body = cancelled(world.now());
    let answers: Vec<_> = (1..=6)
        .map(|at| serde_json::json!({ "question": format!("Question {at}?"), "answer": format!("Answer number {at} of six") }))
        .collect();
    body["questions_and_answers"] = serde_json::json!(answers);
    world.webhook(&body).await;
    world.drain().await;
    (world, body)
}

#[tokio::test]
async fn details_tell_what_the_card_leaves_out() {
    let (world, body) = with_card().await;
    for told in press_on_both(&world, &body, "Details", KIM_SLACK, KIM_DISCORD).await {
        for at in 1..=6 {
            assert!(told.contains(&format!("Answer number {at} of six")), "{told}");
        }
    }
    world.assert_no_objections();
}

#[tokio::test]
async fn reschedule_leads_to_the_link_that_iclosed_sent() {
    let (world, body) = with_card().await;
    press_on_both(&world, &body, "Reschedule", KIM_SLACK, KIM_DISCORD).await;
    let link = body["event"]["rescheduleLink"].as_str().expect("a link");
    assert!(world.sandbox.slack().private()[0].message.to_string().contains(link));
    assert!(world.sandbox.discord().private()[0].message.to_string().contains(link));
    world.assert_no_objections();
}

#[tokio::test]
async fn outsiders_are_refused_in_private_when_only_the_team_may() {
    let (world, body) = with_card_and("team = { team_only = true }").await;
    for told in press_on_both(&world, &body, "Details", OLGA_SLACK, OLGA_DISCORD).await {
        assert!(!told.contains("Answer number"), "{told}");
    }
    for told in press_on_both(&world, &body, "Details", KIM_SLACK, KIM_DISCORD).await {
        assert!(told.contains("Answer number 6"), "{told}");
    }
}

#[tokio::test]
async fn a_slash_command_is_answered_in_private() {
    let (world, _) = with_card().await;
    let answered = world.sandbox.slack().command(KIM_SLACK, "help").await;
    assert_good(&answered);
    assert!(!world.sandbox.slack().private().is_empty());
    world.assert_no_objections();
}

/// Every way in which a signed request can be wrong.
fn tampered(good: &SignedRequest, signature: &str, timestamp: &str) -> Vec<(&'static str, SignedRequest)> {
    let without = |names: &[&str]| {
        let headers =
            good.headers.iter().filter(|(name, _)| !names.iter().any(|other| name.eq_ignore_ascii_case(other))).cloned().collect();
        SignedRequest { headers, ..good.clone() }
    };
    let with = |name: &str, change: &dyn Fn(&str) -> String| {
        let changed = good.headers.iter().map(|(had, value)| {
            let value = if had.eq_ignore_ascii_case(name) { change(value) } else { value.clone() };
            (had.clone(), value)
        });
        SignedRequest { headers: changed.collect(), ..good.clone() }
    };
    vec![
        ("no headers", without(&[signature, timestamp])),
        ("no signature", without(&[signature])),
        ("no time", without(&[timestamp])),
        ("another body", SignedRequest { body: format!("{} ", good.body), ..good.clone() }),
        ("another time", with(timestamp, &|time| (time.parse::<i64>().expect("a time") - 1).to_string())),
        ("a cut signature", with(signature, &|value| value[..value.len() - 2].to_owned())),
        ("a longer signature", with(signature, &|value| format!("{value}00"))),
        ("an empty signature", with(signature, &|_| String::new())),
        (
            "a signature of zeros",
            with(signature, &|value| value.chars().map(|c| if c.is_ascii_hexdigit() && c != 'v' { '0' } else { c }).collect()),
        ),
        ("a signature that is no hex", with(signature, &|value| value.chars().map(|_| 'z').collect())),
        ("a time in words", with(timestamp, &|_| "now".to_owned())),
        ("a huge time", with(timestamp, &|_| "9".repeat(30))),
        ("a negative time", with(timestamp, &|_| "-1".to_owned())),
    ]
}

#[tokio::test]
async fn a_wrong_signature_is_401_and_does_nothing() {
    let (world, body) = with_card().await;
    let (slack, discord) = (world.sandbox.slack(), world.sandbox.discord());
    let on_slack = slack.press_request(KIM_SLACK, SLACK, &world.card(SLACK, &body).id, "Details").expect("a press");
    let on_discord = discord.press_request(KIM_DISCORD, DISCORD, &world.card(DISCORD, &body).id, "Details").expect("a press");
    let mut cases = tampered(&on_slack, "X-Slack-Signature", "X-Slack-Request-Timestamp");
    cases.extend(tampered(&on_discord, "X-Signature-Ed25519", "X-Signature-Timestamp"));
    let old = Duration::from_secs(301);
    cases.push(("an old request to Slack's address", slack.signed("/slack/interactions", on_slack.body.clone(), old, true)));
    cases.push(("an old request to Discord's address", discord.signed("/discord/interactions", on_discord.body.clone(), old)));
    for (what, request) in &cases {
        let status = slack.send(request).await.status;
        assert_eq!(status, 401, "{what}: {}", request.url);
    }
    world.drain().await;
    assert!(slack.private().is_empty() && discord.private().is_empty());
    let (_, metrics) = world.get("/metrics").await;
    for place in ["slack", "discord"] {
        assert!(metrics.contains(&format!("rebound_auth_failures_total{{where=\"{place}\"}} 14")), "{metrics}");
    }
}

#[tokio::test]
async fn both_platforms_can_verify_the_address() {
    let world = World::new().await;
    let challenge = r#"{"type":"url_verification","challenge":"3eZbrw1aB","token":"x"}"#.to_owned();
    let asked = world.sandbox.slack().signed("/slack/events", challenge, Duration::ZERO, false);
    assert!(world.sandbox.slack().send(&asked).await.immediate.to_string().contains("3eZbrw1aB"));
    let pong = world.sandbox.discord().ping().await;
    assert_eq!((pong.status, &pong.immediate["type"]), (200, &serde_json::json!(1)));
}

#[tokio::test]
async fn a_press_on_a_forged_or_unknown_card_gets_a_private_sentence() {
    let (world, body) = with_card().await;
    let card = world.card(DISCORD, &body);
    let good = world.sandbox.discord().press_request(KIM_DISCORD, DISCORD, &card.id, "Claim").expect("a press");
    for forged in ["d:0000000000000000000000:claim", "d:x:claim", "", "' OR 1=1 --"] {
        let mut payload: serde_json::Value = serde_json::from_str(&good.body).expect("JSON");
        payload["data"]["custom_id"] = serde_json::json!(forged);
        let request = world.sandbox.discord().signed("/discord/interactions", payload.to_string(), Duration::ZERO);
        let answered = world.sandbox.discord().send(&request).await;
        assert_eq!(answered.status, 200, "{forged:?}");
        assert_eq!(answered.immediate["data"]["flags"], 64, "{forged:?}: {}", answered.immediate);
    }
}
