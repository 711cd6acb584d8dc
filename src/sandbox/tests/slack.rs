//! Slack: posting, editing, histories, threads, forms, private answers.

use serde_json::{Value, json};

use super::world::{SALES, World, slack_blocks};

#[tokio::test]
async fn a_message_is_posted_edited_read_and_deleted() {
    let world = World::start().await;
    let metadata = json!({"event_type": "rebound", "event_payload": {"key": "k1"}});
    let posted =
        world.slack("chat.postMessage", json!({"channel": SALES, "text": "one", "blocks": slack_blocks(), "metadata": metadata})).await;
    assert_eq!(posted["ok"], true, "{posted}");
    let ts = posted["ts"].as_str().unwrap();

    let edited = world.slack("chat.update", json!({"channel": SALES, "ts": ts, "text": "two"})).await;
    assert_eq!(edited["message"]["text"], "two");
    assert!(edited["message"].get("blocks").is_none(), "text without blocks takes the blocks away");
    assert_eq!(edited["message"]["metadata"], metadata, "metadata stays unless it is sent");

    let plain = world.slack("conversations.history", json!({"channel": SALES})).await;
    assert!(plain["messages"][0].get("metadata").is_none());
    let full = world
        .slack("conversations.history", json!({"channel": SALES, "include_all_metadata": true, "oldest": ts, "inclusive": true}))
        .await;
    assert_eq!(full["messages"][0]["metadata"], metadata);
    assert_eq!(full["messages"][0]["app_id"], super::super::SLACK_APP);

    assert_eq!(world.slack("chat.delete", json!({"channel": SALES, "ts": ts})).await["ok"], true);
    assert_eq!(world.slack("chat.update", json!({"channel": SALES, "ts": ts, "text": "x"})).await["error"], "message_not_found");
    assert!(world.sandbox.slack().messages(SALES).is_empty());
}

#[tokio::test]
async fn histories_page_and_respect_their_bounds() {
    let world = World::start().await;
    let mut all = Vec::new();
    for n in 0..5 {
        all.push(
            world.slack("chat.postMessage", json!({"channel": SALES, "text": n.to_string()})).await["ts"].as_str().unwrap().to_owned(),
        );
    }
    let page = world.slack("conversations.history", json!({"channel": SALES, "limit": 2})).await;
    assert_eq!((texts(&page), page["has_more"].clone()), (vec!["4", "3"], json!(true)));
    let next = world
        .slack("conversations.history", json!({"channel": SALES, "limit": 2, "cursor": page["response_metadata"]["next_cursor"]}))
        .await;
    assert_eq!(texts(&next), ["2", "1"]);
    let bounded = world.slack("conversations.history", json!({"channel": SALES, "oldest": all[1], "latest": all[3]})).await;
    assert_eq!(texts(&bounded), ["2"]);
    let inclusive =
        world.slack("conversations.history", json!({"channel": SALES, "oldest": all[1], "latest": all[3], "inclusive": true})).await;
    assert_eq!(texts(&inclusive), ["3", "2", "1"]);
}

#[tokio::test]
async fn replies_stand_in_the_thread_only() {
    let world = World::start().await;
    let ts = world.slack_card().await;
    world.slack("chat.postMessage", json!({"channel": SALES, "thread_ts": ts, "text": "Alex took it"})).await;
    let slack = world.sandbox.slack();
    assert_eq!((slack.messages(SALES).len(), slack.thread(SALES, &ts).len()), (1, 1));
    let replies = world.slack("conversations.replies", json!({"channel": SALES, "ts": ts})).await;
    assert_eq!(texts(&replies), ["Jane cancelled", "Alex took it"]);
    assert_eq!(replies["messages"][0]["reply_count"], 1);
    let missing = world.slack("conversations.replies", json!({"channel": SALES, "ts": "1.000000"})).await;
    assert_eq!(missing["error"], "thread_not_found");
}

#[tokio::test]
async fn what_slack_refuses_is_refused_with_its_codes() {
    let world = World::start().await;
    let long = "x".repeat(4_001);
    let header = json!([{"type": "header", "text": {"type": "plain_text", "text": "x".repeat(151)}}]);
    for (arguments, code) in [
        (json!({"channel": SALES}), "no_text"),
        (json!({"channel": "C0NOWHERE", "text": "x"}), "channel_not_found"),
        (json!({"channel": SALES, "text": long}), "msg_too_long"),
        (json!({"channel": SALES, "text": "x", "blocks": header}), "invalid_blocks"),
    ] {
        assert_eq!(world.slack("chat.postMessage", arguments).await["error"], code);
    }
    let refused = world.sandbox.slack().objections();
    assert!(refused.iter().any(|o| o.contains("must be less than 151 characters [json-pointer:/blocks/0/text/text]")), "{refused:?}");
    let stranger = world.client.post(format!("{}/slack/api/auth.test", world.url)).bearer_auth("xoxb-wrong").send().await.unwrap();
    assert_eq!(stranger.json::<Value>().await.unwrap()["error"], "invalid_auth");
}

#[tokio::test]
async fn answers_have_a_date_and_auth_test_tells_the_scopes() {
    let world = World::start().await;
    let response = world.slack_response("auth.test", json!({})).await.unwrap();
    assert!(response.headers().contains_key("date"));
    assert!(response.headers()["x-oauth-scopes"].to_str().unwrap().contains("chat:write"));
}

#[tokio::test]
async fn a_press_is_signed_and_its_response_url_works_five_times() {
    let world = World::start().await;
    let ts = world.slack_card().await;
    let slack = world.sandbox.slack();
    let answered = slack.press("Alex Closer", SALES, &ts, "Claim").await;
    assert_eq!((answered.status, answered.error), (200, None));
    let (path, headers, body) = world.last_heard();
    assert_eq!(path, "/slack/interactions");
    assert!(headers.contains_key("x-slack-signature"));
    let payload = payload(&body);
    assert_eq!((&payload["actions"][0]["value"], &payload["user"]["id"]), (&json!("K7Q2"), &json!("U0ALEX")));

    let url = payload["response_url"].as_str().unwrap();
    for turn in 0..6 {
        let answer: Value = world.client.post(url).json(&json!({"text": "only you"})).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["ok"], turn < 5, "{answer}");
    }
    assert_eq!(slack.private().len(), 5);
    assert_eq!(slack.private()[0].person, "U0ALEX");
}

#[tokio::test]
async fn an_old_screen_still_has_its_old_buttons() {
    let world = World::start().await;
    let ts = world.slack_card().await;
    let slack = world.sandbox.slack();
    let old = slack.message(SALES, &ts).unwrap();
    world.slack("chat.update", json!({"channel": SALES, "ts": ts, "text": "closed"})).await;
    let gone = slack.press("Alex Closer", SALES, &ts, "Claim").await;
    assert!(gone.error.unwrap().contains("there is no \"Claim\" here"));
    assert!(slack.press_old("Alex Closer", &old, "Claim").await.is_ok());
    assert_eq!(payload(&world.last_heard().2)["actions"][0]["value"], "K7Q2");
}

#[tokio::test]
async fn a_private_answer_can_be_replaced_and_deleted() {
    let world = World::start().await;
    let ts = world.slack_card().await;
    let slack = world.sandbox.slack();
    slack.press("Alex Closer", SALES, &ts, "Claim").await;
    let url = payload(&world.last_heard().2)["response_url"].as_str().unwrap().to_owned();
    world.client.post(url).json(&json!({"text": "really?", "blocks": slack_blocks()})).send().await.unwrap();

    let shown = slack.private()[0].clone();
    slack.press("Alex Closer", SALES, &shown.id, "Claim").await;
    let second = payload(&world.last_heard().2);
    assert_eq!(second["container"]["is_ephemeral"], true);
    let url = second["response_url"].as_str().unwrap();
    world.client.post(url).json(&json!({"text": "done", "replace_original": true})).send().await.unwrap();
    assert_eq!(slack.private()[0].text(), "done");
    world.client.post(url).json(&json!({"delete_original": true})).send().await.unwrap();
    assert!(slack.private().is_empty());
}

#[tokio::test]
async fn a_modal_opens_once_for_a_trigger_and_is_submitted_by_labels() {
    let world = World::start().await;
    let ts = world.slack_card().await;
    let slack = world.sandbox.slack();
    let answered = slack.press("Alex Closer", SALES, &ts, "Claim").await;
    let view = json!({
        "type": "modal", "callback_id": "close", "title": {"type": "plain_text", "text": "Close"}, "submit": {"type": "plain_text", "text": "Save"},
        "blocks": [{"type": "input", "block_id": "why", "label": {"type": "plain_text", "text": "Reason"}, "element": {"type": "plain_text_input", "action_id": "text"}}],
    });
    let arguments = json!({"trigger_id": answered.key, "view": view});
    let opened = world.slack("views.open", arguments.clone()).await;
    assert_eq!(opened["ok"], true, "{opened}");
    assert_eq!(world.slack("views.open", arguments).await["error"], "exchanged_trigger_id");

    let id = opened["view"]["id"].as_str().unwrap();
    let empty = slack.submit("Alex Closer", id, &[]).await;
    assert_eq!(empty.error.as_deref(), Some("\"Reason\" is required"));
    let sent = slack.submit("Alex Closer", id, &[("Reason", "they moved on")]).await;
    assert!(sent.is_ok(), "{sent:?}");
    let payload = payload(&world.last_heard().2);
    assert_eq!(payload["view"]["state"]["values"]["why"]["text"]["value"], "they moved on");
    assert!(!slack.views()[0].open);
}

#[tokio::test]
async fn a_command_is_answered_to_its_asker_only() {
    let world = World::start().await;
    world.bot_says(json!({"response_type": "ephemeral", "text": "nothing open"}));
    let answered = world.sandbox.slack().command("Alex Closer", "assign K7Q2 @Sam Setter").await;
    assert!(answered.is_ok(), "{answered:?}");
    let body = world.last_heard().2;
    let text = url::form_urlencoded::parse(body.as_bytes()).find(|(key, _)| key == "text").unwrap().1.into_owned();
    assert_eq!(text, "assign K7Q2 <@U0SAM|sam>");
    assert_eq!(world.sandbox.slack().private()[0].text(), "nothing open");
}

#[tokio::test]
async fn direct_messages_and_people() {
    let world = World::start().await;
    let found = world.slack("users.lookupByEmail", json!({"email": "alex@acme.example"})).await;
    assert_eq!(found["user"]["id"], "U0ALEX");
    let opened = world.slack("conversations.open", json!({"users": "U0ALEX"})).await;
    let channel = opened["channel"]["id"].clone();
    assert_eq!(world.slack("chat.postMessage", json!({"channel": channel, "text": "yours"})).await["ok"], true);
    world.slack("chat.postMessage", json!({"channel": "U0SAM", "text": "yours"})).await;
    let private = world.sandbox.slack().private();
    let seen: Vec<_> = private.iter().map(|one| (one.person.as_str(), one.direct)).collect();
    assert_eq!(seen, [("U0ALEX", true), ("U0SAM", true)]);
}

fn texts(page: &Value) -> Vec<&str> {
    page["messages"].as_array().unwrap().iter().map(|message| message["text"].as_str().unwrap()).collect()
}

fn payload(body: &str) -> Value {
    let (_, payload) = url::form_urlencoded::parse(body.as_bytes()).find(|(key, _)| key == "payload").unwrap();
    serde_json::from_str(&payload).unwrap()
}
