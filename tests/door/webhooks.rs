//! Webhooks as nobody should send them: what is answered, and what is kept.

use serde_json::{Value, json};

use crate::calls::cancelled;
use crate::world::{SLACK, TOKEN, World, client};

/// What is sent, the status, new, quarantined, and how many items are put aside afterwards, each kept once.
type Case = (&'static str, Vec<u8>, u16, Option<(u64, u64)>, usize);

#[tokio::test]
async fn what_is_no_webhook_is_kept_or_refused() {
    let world = World::new().await;
    let good = cancelled(world.now());
    let cut = {
        let text = good.to_string();
        text.as_bytes()[..text.len() / 2].to_vec()
    };
    let many: Vec<Value> = (0..500).map(|id| json!({ "hookType": "Call canceled", "event": { "uuid": 5_000_000 + id } })).collect();
    let kind = |kind: Value| json!({ "hookType": kind, "event": { "uuid": 7 } }).to_string().into_bytes();
    let cases: Vec<Case> = vec![
        ("nothing", Vec::new(), 400, None, 0),
        ("an empty object", b"{}".to_vec(), 200, Some((0, 1)), 1),
        ("an empty list", b"[]".to_vec(), 200, Some((0, 0)), 1),
        ("a half", cut.clone(), 400, None, 2),
        ("the same half", cut, 400, None, 2),
        ("no text", b"\xff\xfe{}".to_vec(), 400, None, 3),
        ("a form", b"payload=%7B%7D".to_vec(), 400, None, 4),
        ("not a number", br#"[{"hookType":"Call canceled","event":{"uuid":NaN}}]"#.to_vec(), 400, None, 5),
        ("a bottomless list", "[".repeat(250_000).into_bytes(), 400, None, 6),
        ("a bottomless object", "{\"a\":".repeat(50_000).into_bytes(), 400, None, 7),
        ("an unknown kind", kind(json!("Call eaten")), 200, Some((0, 1)), 8),
        ("a kind in capitals", kind(json!("CALL EATEN")), 200, Some((0, 1)), 9),
        ("a kind that is a number", kind(json!(7)), 200, Some((0, 1)), 10),
        ("a kind that is nothing", kind(Value::Null), 200, Some((0, 1)), 11),
        ("five hundred at once", json!(many).to_string().into_bytes(), 200, Some((500, 0)), 11),
        (
            "a kind given twice: the last one counts",
            br#"{"hookType":"Call canceled","hookType":"Call eaten","event":{"uuid":8}}"#.to_vec(),
            200,
            Some((0, 1)),
            12,
        ),
        (
            "an unknown time",
            json!({ "hookType": "Call canceled", "event": { "uuid": 9, "start_time": "2023-02-30T25:00:00+25:00" } })
                .to_string()
                .into_bytes(),
            200,
            Some((1, 0)),
            12,
        ),
        (
            "nobody",
            json!({ "hookType": "Call canceled", "event": { "uuid": 10 }, "invitee": null, "host": null }).to_string().into_bytes(),
            200,
            Some((1, 0)),
            12,
        ),
        ("good", good.to_string().into_bytes(), 200, Some((1, 0)), 12),
    ];
    for (what, body, status, expected, kept) in cases {
        let (answered, counts) = world.post(&format!("/webhooks/iclosed/{TOKEN}"), body).await;
        assert_eq!(answered, status, "{what}");
        let counted = counts["new"].as_u64().zip(counts["quarantined"].as_u64());
        assert_eq!(counted, expected, "{what}");
        assert_eq!(world.app.flow().store.quarantined_after(0, 1_000).await.expect("an answer").len(), kept, "put aside after {what}");
    }
}

#[tokio::test]
async fn without_the_token_there_is_nothing() {
    let world = World::new().await;
    let body = cancelled(world.now()).to_string();
    let right = format!("/webhooks/iclosed/{TOKEN}");
    let mut answers = Vec::new();
    for path in [
        "/webhooks/iclosed".to_owned(),
        "/webhooks/iclosed/".to_owned(),
        format!("/webhooks/iclosed?token={TOKEN}"),
        format!("/webhooks/iclosed/?token={TOKEN}"),
        format!("/webhooks/iclosed/wrong?token={TOKEN}"),
        format!("{right}/"),
        format!("{right}/more"),
        format!("{right}%00"),
        format!("{right}%20"),
        format!("{right}%0a"),
        format!("/webhooks/iclosed/{}", TOKEN.to_uppercase()),
        format!("/webhooks/iclosed/{}", &TOKEN[1..]),
        format!("/webhooks/iclosed/{TOKEN}{TOKEN}"),
        format!("/webhooks/iclosed/{}", "x".repeat(10_000)),
        "/webhooks/iclosed/%2e%2e".to_owned(),
        "/webhooks/iclosed/%FF".to_owned(),
        "/webhooks/iclosed/*".to_owned(),
        format!("//webhooks/iclosed/{TOKEN}"),
        format!("/WEBHOOKS/iclosed/{TOKEN}"),
    ] {
        let sent = client().post(format!("{}{path}", world.url)).body(body.clone()).send().await.expect("an answer");
        let headers: Vec<String> = sent.headers().keys().filter(|name| *name != "date").map(ToString::to_string).collect();
        answers.push((path, sent.status().as_u16(), headers, sent.text().await.expect("a text")));
    }
    let (_, _, headers, text) = answers[0].clone();
    for (path, status, its_headers, its_text) in &answers {
        assert_eq!((*status, its_headers, its_text), (404, &headers, &text), "{path} is told apart");
    }
    world.drain().await;
    assert!(world.messages(SLACK).is_empty());
}

#[tokio::test]
async fn the_kind_of_content_does_not_matter() {
    let world = World::new().await;
    for kind in
        [None, Some("text/plain"), Some("multipart/form-data; boundary=x"), Some("application/json; charset=latin1"), Some("nonsense")]
    {
        let mut asked = client().post(format!("{}/webhooks/iclosed/{TOKEN}", world.url)).body(cancelled(world.now()).to_string());
        if let Some(kind) = kind {
            asked = asked.header("content-type", kind);
        }
        assert_eq!(asked.send().await.expect("an answer").status(), 200, "{kind:?}");
    }
    for method in ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW"] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let asked = client().request(method.clone(), format!("{}/webhooks/iclosed/{TOKEN}", world.url));
        assert_eq!(asked.send().await.expect("an answer").status(), 405, "{method}");
    }
}
