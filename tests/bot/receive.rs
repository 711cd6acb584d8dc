//! The webhook's contract: what is answered, what is kept, what is one and the same.

use chrono::TimeDelta;
use rebound::sandbox::Message;
use serde_json::{Value, json};

use super::calls::{booked_again, cancelled, cancelled_again};
use super::world::{DISCORD, SLACK, SLACK_HOSTS, TOKEN, World, client};

fn counted(new: u64, duplicates: u64, quarantined: u64) -> Value {
    json!({ "received": new + duplicates + quarantined, "new": new, "duplicates": duplicates, "quarantined": quarantined })
}

#[tokio::test]
async fn one_webhook_is_one_card_in_every_channel() {
    let world = World::new().await;
    let body = cancelled(world.now());
    assert_eq!(world.webhook(&body).await, (200, counted(1, 0, 0)));
    world.drain().await;
    for channel in [SLACK, SLACK_HOSTS, DISCORD] {
        world.card(channel, &body);
    }
    world.assert_no_objections();
}

#[tokio::test]
async fn an_array_may_have_any_length() {
    let world = World::new().await;
    assert_eq!(world.webhook(&json!([])).await, (200, counted(0, 0, 0)));
    let bodies: Vec<Value> = (0..5).map(|_| cancelled(world.now())).collect();
    assert_eq!(world.webhook(&json!(bodies)).await, (200, counted(5, 0, 0)));
    world.live(TimeDelta::seconds(10)).await;
    for body in &bodies {
        world.card(DISCORD, body);
    }
}

#[tokio::test]
async fn the_same_fact_is_kept_once_however_it_is_written() {
    let world = World::new().await;
    let body = cancelled(world.now());
    assert_eq!(world.webhook(&body).await.1, counted(1, 0, 0));
    let numbers_as_texts = {
        let mut body = body.clone();
        body["event"]["uuid"] = json!(body["event"]["uuid"].to_string());
        body
    };
    let spaced = serde_json::to_vec_pretty(&body).expect("JSON");
    let path = format!("/webhooks/iclosed/{TOKEN}");
    assert_eq!(world.post(&path, spaced).await.1, counted(0, 1, 0));
    assert_eq!(world.webhook(&numbers_as_texts).await.1, counted(0, 1, 0));
    assert_eq!(world.webhook(&json!([body, body])).await.1, counted(0, 2, 0));
    world.pass(TimeDelta::hours(23));
    let world = world.restarted().await;
    assert_eq!(world.webhook(&body).await.1, counted(0, 1, 0));
    // After so long it is looked for first.
    world.live(TimeDelta::seconds(90)).await;
    world.card(SLACK, &body);
    world.card(DISCORD, &body);
}

#[tokio::test]
async fn a_body_full_of_tiny_items_is_kept_whole() {
    let world = World::new().await;
    let body = json!((0..40_000).collect::<Vec<u32>>());
    assert_eq!(world.webhook(&body).await, (200, counted(0, 0, 40_000)));
    assert_eq!(world.webhook(&body).await, (200, counted(0, 0, 40_000)), "each time; kept once");
}

#[tokio::test]
async fn many_at_once_are_one() {
    let world = World::new().await;
    let body = cancelled(world.now());
    let answers = futures_util::future::join_all((0..20).map(|_| world.webhook(&body))).await;
    let new: u64 = answers.iter().map(|(_, told)| told["new"].as_u64().expect("a number")).sum();
    assert_eq!(new, 1, "{answers:?}");
    assert!(answers.iter().all(|(status, _)| *status == 200));
    world.drain().await;
    world.card(SLACK, &body);
}

#[tokio::test]
async fn a_cancellation_told_twice_with_other_times_is_one_follow_up() {
    let world = World::new().await;
    let first = cancelled(world.now());
    let mut second = first.clone();
    let later = (world.now() + TimeDelta::seconds(2)).to_rfc3339();
    second["event"]["canceled_at"] = json!(later);
    second["invitee"]["canceled_at"] = json!(later);
    assert_eq!(world.webhook(&first).await.1, counted(1, 0, 0));
    assert_eq!(world.webhook(&second).await.1, counted(1, 0, 0));
    world.live(TimeDelta::seconds(3)).await;
    world.card(SLACK, &first);
    world.card(DISCORD, &first);
}

#[tokio::test]
async fn a_rebooked_call_that_is_cancelled_again_is_a_new_follow_up() {
    for moved in [false, true] {
        let world = World::new().await;
        let first = cancelled(world.now());
        world.webhook(&first).await;
        let booking = booked_again(&first, moved, world.now());
        assert_eq!(world.webhook(&booking).await.1, counted(1, 0, 0));
        let again = cancelled_again(&booking, world.now() + TimeDelta::seconds(5));
        assert_eq!(world.webhook(&again).await.1, counted(1, 0, 0));
        world.live(TimeDelta::seconds(5)).await;
        let cards = world.cards(SLACK, &first);
        // The first one was only half of the move: it alarms nobody, and does not count.
        assert_eq!(cards.len(), if moved { 1 } else { 2 }, "moved: {moved}");
        let last = cards.last().map(Message::text).unwrap_or_default();
        assert_eq!(last.contains("2nd cancellation"), !moved, "{last}");
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_quarantined_and_harms_no_other() {
    let world = World::new().await;
    let good = cancelled(world.now());
    for bad in [
        json!(5),
        json!("hello"),
        json!([null]),
        json!({ "hookType": "Call canceled", "event": "nonsense" }),
        json!({ "hookType": "Nonsense" }),
    ] {
        assert_eq!(world.webhook(&bad).await, (200, counted(0, 0, 1)), "{bad}");
        assert_eq!(world.webhook(&bad).await, (200, counted(0, 0, 1)), "{bad} is counted each time");
    }
    let mixed = json!([{ "hookType": "Call canceled", "event": ["nonsense"] }, good]);
    assert_eq!(world.webhook(&mixed).await, (200, counted(1, 0, 1)));
    world.drain().await;
    world.card(SLACK, &good);
    let (_, metrics) = world.get("/metrics").await;
    assert!(metrics.contains("rebound_events_total{result=\"quarantined\"} 11"), "{metrics}");
}

#[tokio::test]
async fn bad_requests_are_refused() {
    let world = World::new().await;
    let good = cancelled(world.now()).to_string();
    let long_token = "x".repeat(10_000);
    let cut = &good[..good.len() - 40];
    let deep = "[".repeat(200_000);
    let large = format!("[{}]", " ".repeat(257 * 1024));
    for (what, token, body, status) in [
        ("wrong token", "test-00000000000000000000000000000000", good.as_str(), 404),
        ("token too short", &TOKEN[..TOKEN.len() - 1], &good, 404),
        ("token in capitals", &TOKEN.to_uppercase(), &good, 404),
        ("long token", &long_token, &good, 404),
        ("no JSON", TOKEN, "hello", 400),
        ("empty", TOKEN, "", 400),
        ("cut", TOKEN, cut, 400),
        ("bottomless", TOKEN, &deep, 400),
        ("too large", TOKEN, &large, 413),
    ] {
        let (answered, _) = world.post(&format!("/webhooks/iclosed/{token}"), body.as_bytes().to_vec()).await;
        assert_eq!(answered, status, "{what}");
    }
    let encoded = client().post(format!("{}/webhooks/iclosed/{TOKEN}", world.url)).header("content-encoding", "gzip").body(good.clone());
    assert_eq!(encoded.send().await.expect("an answer").status(), 415);
    for method in [reqwest::Method::GET, reqwest::Method::PUT, reqwest::Method::DELETE] {
        let asked = client().request(method.clone(), format!("{}/webhooks/iclosed/{TOKEN}", world.url)).body(good.clone());
        assert_eq!(asked.send().await.expect("an answer").status(), 405, "{method}");
    }
    world.drain().await;
    assert!(world.messages(SLACK).is_empty());
}

#[tokio::test]
async fn a_byte_order_mark_is_taken_and_other_encodings_are_kept_but_refused() {
    let world = World::new().await;
    let body = cancelled(world.now());
    let path = format!("/webhooks/iclosed/{TOKEN}");
    let marked = [b"\xef\xbb\xbf".as_slice(), body.to_string().as_bytes()].concat();
    assert_eq!(world.post(&path, marked).await, (200, counted(1, 0, 0)));
    let utf16: Vec<u8> = body.to_string().encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(world.post(&path, utf16).await.0, 400);
    assert_eq!(world.post(&path, b"\"\xff\xfe\"".to_vec()).await.0, 400);
    world.drain().await;
    world.card(SLACK, &body);
}

#[tokio::test]
async fn the_operator_can_ask_how_it_is() {
    let world = World::new().await;
    assert_eq!(world.get("/livez").await.0, 200);
    assert_eq!(world.get("/readyz").await.0, 200);
    assert_eq!(world.get("/sandbox").await.0, 404, "the sandbox is never part of the bot itself");
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.webhook(&body).await;
    world.drain().await;
    let (_, metrics) = world.get("/metrics").await;
    for line in [
        "rebound_events_total{result=\"new\"} 1",
        "rebound_events_total{result=\"duplicate\"} 1",
        "rebound_posts_total{platform=\"slack\",result=\"posted\"} 2",
        "rebound_posts_waiting{platform=\"slack\"} 0",
        "rebound_posts_unclear 0",
        "rebound_posts_held 0",
        "rebound_posts_dead 0",
        "rebound_unrouted_total 0",
        "rebound_doubles_healed_total 0",
        "rebound_ack_seconds_count 2",
        "rebound_delivery_seconds_count 3",
    ] {
        assert!(metrics.lines().any(|had| had == line), "{line} is not in\n{metrics}");
    }
}

#[tokio::test]
async fn a_configured_signature_is_asked_for_and_both_tokens_open_the_door() {
    let previous = "older-9f86d081884c7d659a2feaa0c55ad01";
    let world = World::with_iclosed(&format!(
        "webhook_token_previous = \"{previous}\"\nsignature = {{ header = \"X-Signature\", secret = \"canary-webhook-key\", prefix = \"sha256=\" }}"
    ))
    .await;
    let body = cancelled(world.now()).to_string();
    let signed = |key: &str| {
        use hmac::{Hmac, KeyInit, Mac};
        let mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).expect("any key").chain_update(body.as_bytes());
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    };
    for (what, token, signature, status) in [
        ("unsigned", TOKEN, None, 401),
        ("another key", TOKEN, Some(signed("other")), 401),
        ("wrong token", "test-00000000000000000000000000000000", Some(signed("canary-webhook-key")), 404),
        ("right", TOKEN, Some(signed("canary-webhook-key")), 200),
        ("right, with the token before", previous, Some(signed("canary-webhook-key")), 200),
    ] {
        let mut asked = client().post(format!("{}/webhooks/iclosed/{token}", world.url)).body(body.clone());
        if let Some(signature) = signature {
            asked = asked.header("x-signature", signature);
        }
        assert_eq!(asked.send().await.expect("an answer").status(), status, "{what}");
    }
    world.drain().await;
    assert_eq!(world.messages(SLACK).len(), 1);
}

/// What a stranger types into a booking form must not stop the cards of others: PostgreSQL takes no long key into an index.
#[tokio::test]
async fn odd_identities_harm_no_other() {
    let world = World::new().await;
    let random =
        |length: usize| -> String { (0..length).map(|at| char::from(b'a' + u8::try_from((at * at + at / 7) % 26).unwrap_or(0))).collect() };
    let long = random(6_000);
    for (key, value) in [
        ("email", json!(format!("{long}@prospect.example"))),
        ("uuid", json!(long)),
        ("text_reminder_number", json!("1".repeat(6_000))),
        ("name", json!(random(60_000))),
        ("email", json!("a@b\u{0}c.example")),
    ] {
        let mut body = cancelled(world.now());
        body["invitee"][key] = value.clone();
        assert_eq!(world.webhook(&body).await, (200, counted(1, 0, 0)), "{key}");
    }
    let mut named = cancelled(world.now());
    named["event"]["uuid"] = json!(random(6_000));
    assert_eq!(world.webhook(&named).await, (200, counted(1, 0, 0)), "a long call id");
    let good = cancelled(world.now());
    world.webhook(&good).await;
    world.live(TimeDelta::seconds(10)).await;
    world.card(SLACK, &good);
    assert_eq!(world.messages(SLACK).len(), 7, "each has its card");
    world.assert_no_objections();
}

#[tokio::test]
async fn a_token_that_is_no_text_is_a_wrong_one() {
    let world = World::new().await;
    assert_eq!(world.post("/webhooks/iclosed/%FF", b"[]".to_vec()).await.0, 404);
}
