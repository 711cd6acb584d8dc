//! What becomes of a request on a bad line, and what exactly goes over it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::sample::{card, key, note};
use super::server::{Say, Server, discord_at, discord_within, say, slack_at, slack_within};
use crate::chat::{Found, Look, Outgoing, ReplyTo};
use crate::domain::message::Message;
use crate::domain::post::{DeliveryKey, MessageRef, Outcome};

/// For what never answers.
const SHORT: Duration = Duration::from_millis(500);
const CHANNEL: &str = "1122334455667788990";
const MESSAGE: &str = "1300000000000000001";

fn out<'a>(message: &'a Message, key: &'a DeliveryKey) -> Outgoing<'a> {
    Outgoing { channel: CHANNEL, key, version: 1, message, thread: None, thread_name: "", broadcast: false, ping: None, plain: false }
}

fn posted() -> String {
    json!({ "ok": true, "ts": MESSAGE, "id": MESSAGE, "channel": CHANNEL, "channel_id": CHANNEL }).to_string()
}

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Posted(_) => "posted",
        Outcome::NotDone { .. } => "not done",
        Outcome::Closed { .. } => "closed",
        Outcome::Refused { .. } => "refused",
        Outcome::Deleted => "deleted",
        Outcome::Unclear { .. } => "unclear",
        Outcome::Found(_) | Outcome::FoundTwice(_) => "found",
        Outcome::NotFound => "not found",
        Outcome::LookRefused { .. } => "look refused",
    }
}

#[tokio::test]
async fn an_answer_that_does_not_arrive_whole_is_unclear() {
    let cases = [
        ("hangs", Say { hang: true, ..say(200, "") }),
        ("cut", Say { cut: true, ..say(200, posted()) }),
        ("too long", say(200, format!("{}{}", posted(), " ".repeat(1 << 20)))),
        ("HTML", say(200, "<html>")),
        ("empty", say(200, "")),
        ("redirect", Say { headers: vec![("location", "http://127.0.0.1:1/".to_owned())], ..say(301, "") }),
        ("500", say(500, r#"{"ok":false,"error":"internal_error"}"#)),
        ("gzip", Say { headers: vec![("content-encoding", "gzip".to_owned())], ..say(200, "\u{1f}") }),
        ("odd type", Say { headers: vec![("content-type", "not a mime".to_owned())], ..say(200, "{") }),
    ];
    let (key, card) = (key(), card());
    for (what, answer) in cases {
        let server = Server::start(vec![answer]).await;
        assert_eq!(name(&slack_within(&server.url, SHORT).create(&out(&card, &key)).await), "unclear", "Slack {what}");
        assert_eq!(name(&discord_within(&server.url, SHORT).create(&out(&card, &key)).await), "unclear", "Discord {what}");
        assert_eq!(server.heard().len(), 2, "{what}: nothing is repeated or followed");
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let (key, card) = (key(), card());
    let nobody = { Server::start(vec![say(200, "")]).await.url.replace("127.0.0.1", "127.0.0.2") };
    assert_eq!(name(&slack_at(&nobody).create(&out(&card, &key)).await), "not done");
    assert_eq!(name(&discord_at(&nobody).create(&out(&card, &key)).await), "not done");
}

#[tokio::test]
async fn what_a_platform_asks_to_wait_is_kept() {
    let (key, card) = (key(), card());
    for (header, slack, discord) in [
        (Some("7"), Some(7_000), Some(7_000)),
        (Some("1.5"), Some(1_500), Some(3_250)),
        (Some("0"), Some(0), Some(3_250)),
        (Some("-1"), Some(0), Some(3_250)),
        (Some("1e12"), Some(86_400_000), Some(86_400_000)),
        (Some("Wed, 21 Oct 2026 07:28:00 GMT"), Some(0), Some(3_250)),
        (Some("abc"), Some(0), Some(3_250)),
        (None, Some(0), Some(3_250)),
    ] {
        let headers = header.map(|value| ("retry-after", value.to_owned())).into_iter().collect();
        let server = Server::start(vec![Say { headers, ..say(429, r#"{"ok":false,"error":"ratelimited","retry_after":3.25}"#) }]).await;
        for (outcome, expected) in [
            (slack_at(&server.url).create(&out(&card, &key)).await, slack),
            (discord_at(&server.url).create(&out(&card, &key)).await, discord),
        ] {
            let Outcome::NotDone { retry_after, .. } = outcome else { panic!("{outcome:?}") };
            assert_eq!(retry_after, expected.map(TimeDelta::milliseconds), "{header:?}");
        }
    }
}

#[tokio::test]
async fn requests_are_as_the_platforms_want_them() {
    let (key, card, message) = (key(), card(), MessageRef(MESSAGE.to_owned()));
    let server = Server::start(vec![say(200, posted())]).await;
    let (slack, discord) = (slack_at(&server.url), discord_at(&server.url));
    assert_eq!(slack.create(&out(&card, &key)).await, Outcome::Posted(message.clone()));
    assert_eq!(slack.edit(&out(&card, &key), &message).await, Outcome::Posted(message.clone()));
    assert_eq!(slack.delete(CHANNEL, &message).await, Outcome::Deleted);
    assert_eq!(discord.create(&out(&card, &key)).await, Outcome::Posted(message.clone()));
    assert_eq!(discord.edit(&out(&card, &key), &message).await, Outcome::Posted(message.clone()));
    assert_eq!(discord.delete(CHANNEL, &message).await, Outcome::Deleted);
    let heard = server.heard();
    let whats: Vec<&str> = heard.iter().map(|one| one.what.as_str()).collect();
    let of_message = format!("/api/v10/channels/{CHANNEL}/messages/{MESSAGE}");
    assert_eq!(
        whats,
        [
            "POST /api/chat.postMessage",
            "POST /api/chat.update",
            "POST /api/chat.delete",
            &format!("POST /api/v10/channels/{CHANNEL}/messages"),
            &format!("PATCH {of_message}"),
            &format!("DELETE {of_message}"),
        ]
    );
    assert_eq!(heard[0].headers["authorization"], "Bearer xoxb-canary");
    assert_eq!(heard[3].headers["authorization"], "Bot discord-canary");
    assert!(heard[3].headers["user-agent"].to_str().expect("text").starts_with("DiscordBot (https://rebound.example.com/, "));
    let mentions = |at: usize| heard[at].body.contains("<@U0ALEX>");
    assert!(!mentions(0) && mentions(1), "Slack pings by a new message, not by an edit");
    let edit: Value = serde_json::from_str(&heard[1].body).expect("JSON");
    assert_eq!(edit["ts"], MESSAGE);
    for format in [format!("{slack:?}"), format!("{discord:?}")] {
        assert!(!format.contains("canary"), "{format}");
    }
}

#[tokio::test]
async fn a_discord_thread_is_started_when_it_is_needed() {
    let (key, note, card) = (key(), note(), MessageRef("1300000000000000777".to_owned()));
    let in_thread = json!({ "id": MESSAGE, "channel_id": card.0 }).to_string();
    let unknown = say(404, r#"{"code":10003,"message":"Unknown Channel"}"#);
    let cases = [
        (vec![say(200, &in_thread)], "posted", 1),
        (vec![unknown.clone(), say(201, "{}"), say(200, &in_thread)], "posted", 3),
        (vec![unknown.clone(), say(400, r#"{"code":160004}"#), say(200, &in_thread)], "posted", 3),
        (vec![unknown.clone(), say(404, r#"{"code":10008}"#)], "deleted", 2),
        (vec![unknown.clone(), say(403, r#"{"code":50013}"#)], "closed", 2),
        (vec![unknown, say(500, "")], "not done", 2),
    ];
    for (answers, expected, requests) in cases {
        let server = Server::start(answers).await;
        let outcome = discord_at(&server.url).create(&Outgoing { thread: Some(&card), ..out(&note, &key) }).await;
        assert_eq!((name(&outcome), server.heard().len()), (expected, requests));
    }
}

#[tokio::test]
async fn slack_is_looked_through_to_the_end() {
    let (mine, other) = (key(), DeliveryKey::from_bits(7));
    let me = json!({ "ok": true, "user_id": "UBOT", "bot_id": "BBOT" }).to_string();
    let foreign = json!({ "ts": "3.0", "user": "UEVIL", "blocks": [{ "block_id": format!("d:{mine}:1") }],
        "metadata": { "event_type": "rebound_card", "event_payload": { "d": mine.as_str(), "n": [1, null] } } });
    let by_metadata =
        json!({ "ts": "2.0", "bot_id": "BBOT", "metadata": { "event_type": "rebound_card", "event_payload": { "d": mine.as_str() } } });
    let by_block = json!({ "ts": "1.0", "user": "UBOT", "blocks": [{ "block_id": format!("d:{mine}:4") }] });
    let unsought = json!({ "ts": "0.5", "user": "UBOT", "blocks": [{ "block_id": format!("d:{}:4", DeliveryKey::from_bits(9)) }] });
    let page = |messages: Value, more: bool, cursor: &str| {
        say(200, json!({ "ok": true, "messages": messages, "has_more": more, "response_metadata": { "next_cursor": cursor } }).to_string())
    };
    let server = Server::start(vec![
        say(200, me.clone()),
        page(json!([foreign, by_metadata, 1, null]), true, "c1"),
        page(json!([by_block, unsought]), false, ""),
    ])
    .await;
    let since = DateTime::from_timestamp(1_000, 0).expect("a time");
    let found = slack_at(&server.url).find(CHANNEL, None, since, &[mine.clone(), other]).await;
    let expected =
        [("1.0", &mine), ("2.0", &mine)].map(|(ts, key)| Found { key: key.clone(), message: MessageRef(ts.to_owned()), touched: false });
    assert_eq!(found, Look { found: expected.to_vec(), gap: None, requests: 2 });
    assert!(server.heard()[1].what.contains("oldest=880.000000") && server.heard()[1].what.contains("include_all_metadata=true"));
    assert!(server.heard()[2].what.contains("cursor=c1"));
    for (answers, expected) in [
        (vec![say(200, me.clone()), page(json!([]), true, "")], "unclear"),
        (vec![say(200, me.clone()), page(json!([]), true, "same")], "unclear"),
        (vec![say(200, me.clone()), say(200, r#"{"ok":true}"#)], "unclear"),
        (vec![say(200, me.clone()), say(200, r#"{"ok":false,"error":"missing_scope"}"#)], "look refused"),
        (vec![say(200, me), say(200, r#"{"ok":false,"error":"not_in_channel"}"#)], "look refused"),
        (vec![say(200, r#"{"ok":false,"error":"invalid_auth"}"#)], "closed"),
        (vec![say(429, "")], "not done"),
    ] {
        let server = Server::start(answers).await;
        let looked = slack_at(&server.url).find(CHANNEL, None, since, std::slice::from_ref(&mine)).await;
        assert_eq!(looked.gap.as_ref().map(name), Some(expected));
    }
}

#[tokio::test]
async fn discord_is_looked_through_to_the_end() {
    let mine = key();
    let since = DateTime::<Utc>::from_timestamp(1_795_705_200, 0).expect("a time");
    let me = json!({ "id": "800000000000000001" });
    let button = json!([{ "type": 1, "components": [{ "type": 2, "custom_id": format!("d:{mine}:claim") }] }]);
    let mut first: Vec<Value> =
        (0..98).map(|at| json!({ "id": (2_000_000_000_000_000_000_u64 + at).to_string(), "author": { "id": "1" } })).collect();
    first.push(json!({ "id": "2000000000000000098", "author": { "id": "666" }, "components": button }));
    first.push(json!({ "id": "2000000000000000099", "author": me, "components": button }));
    let second =
        json!([{ "id": "2000000000000000100", "author": me, "embeds": [{ "url": format!("https://rebound.example.com/?d={mine}") }] }]);
    let server = Server::start(vec![say(200, Value::from(first).to_string()), say(200, second.to_string())]).await;
    let found = discord_at(&server.url).find(CHANNEL, None, since, std::slice::from_ref(&mine)).await;
    let expected = ["2000000000000000099", "2000000000000000100"].map(|id| Found {
        key: mine.clone(),
        message: MessageRef(id.to_owned()),
        touched: false,
    });
    assert_eq!(found, Look { found: expected.to_vec(), gap: None, requests: 2 });
    assert!(server.heard()[1].what.ends_with("after=2000000000000000099"));
    for (status, body, expected) in [
        (403, r#"{"code":50001}"#, "look refused"),
        (404, r#"{"code":10003}"#, "look refused"),
        (401, "", "closed"),
        (429, "", "not done"),
        (500, "", "unclear"),
        (200, "{}", "unclear"),
    ] {
        let server = Server::start(vec![say(status, body)]).await;
        let looked = discord_at(&server.url).find(CHANNEL, None, since, std::slice::from_ref(&mine)).await;
        assert_eq!(looked.gap.as_ref().map(name), Some(expected));
    }
}

#[tokio::test]
async fn what_was_seen_before_a_page_failed_is_seen() {
    let mine = key();
    let since = DateTime::from_timestamp(1_000, 0).expect("a time");
    let me = say(200, json!({ "ok": true, "user_id": "UBOT", "bot_id": "BBOT" }).to_string());
    let block = json!([{ "ts": "1.0", "user": "UBOT", "blocks": [{ "block_id": format!("d:{mine}:4") }] }]);
    let page = json!({ "ok": true, "messages": block, "has_more": true, "response_metadata": { "next_cursor": "c1" } });
    let server = Server::start(vec![me, say(200, page.to_string()), say(429, "")]).await;
    let looked = slack_at(&server.url).find(CHANNEL, None, since, std::slice::from_ref(&mine)).await;
    assert_eq!((looked.found.len(), looked.gap.as_ref().map(name), looked.requests), (1, Some("not done"), 2));

    let button = json!([{ "type": 1, "components": [{ "type": 2, "custom_id": format!("d:{mine}:claim") }] }]);
    let card = json!({ "id": "2000000000000000000", "author": { "id": "800000000000000001" }, "components": button });
    let others = (1..100).map(|at| json!({ "id": (2_000_000_000_000_000_000_u64 + at).to_string(), "author": { "id": "1" } }));
    let page: Vec<Value> = std::iter::once(card).chain(others).collect();
    let server = Server::start(vec![say(200, Value::from(page).to_string()), say(500, "")]).await;
    let looked = discord_at(&server.url).find(CHANNEL, None, since, std::slice::from_ref(&mine)).await;
    assert_eq!((looked.found.len(), looked.gap.as_ref().map(name)), (1, Some("unclear")));
    assert!((3..=5).contains(&server.heard().len()), "{} requests for two pages", server.heard().len());
}

#[tokio::test]
async fn private_answers_go_only_where_they_may() {
    let (key, note) = (key(), note());
    let server = Server::start(vec![say(200, "ok")]).await;
    let slack = slack_at(&server.url);
    let to = |url: &str| ReplyTo::Slack {
        response_url: Some(SecretString::from(url)),
        trigger: None,
        channel: None,
        message: None,
        view: None,
        list: None,
        form: None,
    };
    let ours = format!("{}/response/1", server.url);
    assert_eq!(slack.whisper(&to(&ours), &note, Some(&key)).await, Ok(()));
    let port = server.url.rsplit(':').next().expect("a port");
    for bad in [
        "http://hooks.slack.com/x",
        "https://hooks.slack.com@evil.example/",
        "https://user:pass@hooks.slack.com/",
        "https://hooks.slack.com.evil.example/",
        "https://hooks.slack.com:8443/x",
        "https://[::ffff:127.0.0.1]/",
        "https://0x7f000001/",
        "https://127.1/",
        "http://169.254.169.254/latest",
        &format!("http://localhost:{port}/x"),
        &format!("https://127.0.0.1:{port}/x"),
        "file:///etc/passwd",
        "javascript:alert(1)",
        "",
    ] {
        assert_eq!(slack.whisper(&to(bad), &note, Some(&key)).await.map_err(|outcome| name(&outcome)), Err("refused"), "{bad}");
    }
    let discord = discord_at(&server.url);
    let reply = ReplyTo::Discord {
        id: "1".to_owned(),
        token: SecretString::from("token-canary"),
        channel: None,
        message: None,
        list: None,
        form: None,
    };
    assert_eq!(discord.whisper(&reply, &note, None).await, Ok(()));
    assert_eq!(discord.replace_answer(&reply, &note, None).await, Ok(()));
    let heard = server.heard();
    assert_eq!(heard[1].what, "POST /api/v10/webhooks/800000000000000001/token-canary");
    assert_eq!(heard[2].what, "PATCH /api/v10/webhooks/800000000000000001/token-canary/messages/@original");
    assert!(heard.iter().all(|one| !one.headers.contains_key("authorization")), "whoever holds the address may answer");
    assert!(!format!("{reply:?}").contains("canary"));
}
