//! Discord: posting with nonces, histories, threads, interactions and what follows them.

use std::time::Duration;

use serde_json::{Value, json};

use super::world::{ALERTS, World, discord_rows};

fn messages() -> String {
    format!("/channels/{ALERTS}/messages")
}

#[tokio::test]
async fn an_enforced_nonce_makes_one_message_and_remembers_a_deleted_one() {
    let world = World::start().await;
    let body = json!({"content": "x", "nonce": "n1", "enforce_nonce": true});
    let (status, first) = world.discord("POST", &messages(), body.clone()).await;
    let (_, second) = world.discord("POST", &messages(), body.clone()).await;
    assert_eq!((status, &first["id"]), (200, &second["id"]));
    assert_eq!((&first["nonce"], &second["nonce"]), (&json!("n1"), &json!("n1")));
    assert!(world.sandbox.discord().messages(ALERTS)[0].json.get("nonce").is_none(), "histories do not keep it");
    assert!(first["timestamp"].as_str().unwrap().ends_with("+00:00"));
    assert_eq!(world.sandbox.discord().messages(ALERTS).len(), 1);

    world.sandbox.discord().remove(ALERTS, first["id"].as_str().unwrap());
    let (status, refused) = world.discord("POST", &messages(), body).await;
    assert_eq!((status, &refused["code"]), (404, &json!(10_008)));
}

#[tokio::test]
async fn a_forgotten_nonce_makes_another_message() {
    let world = World::start().await;
    world.sandbox.discord().set_nonce_memory(Duration::ZERO);
    let body = json!({"content": "x", "nonce": "n1", "enforce_nonce": true});
    let (_, first) = world.discord("POST", &messages(), body.clone()).await;
    let (_, second) = world.discord("POST", &messages(), body).await;
    assert_ne!(first["id"], second["id"]);
    assert_eq!(world.sandbox.discord().messages(ALERTS).len(), 2);
}

#[tokio::test]
async fn histories_are_newest_first_and_bounded() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for n in 0..4 {
        let (_, posted) = world.discord("POST", &messages(), json!({"content": n.to_string()})).await;
        ids.push(posted["id"].as_str().unwrap().to_owned());
    }
    let list = async |query: String| contents(&world.discord("GET", &format!("{}?{query}", messages()), Value::Null).await.1);
    assert_eq!(list("limit=2".to_owned()).await, ["3", "2"]);
    assert_eq!(list(format!("after={}&limit=2", ids[0])).await, ["2", "1"]);
    assert_eq!(list(format!("before={}", ids[2])).await, ["1", "0"]);
}

#[tokio::test]
async fn shapes_are_refused_with_their_place() {
    let world = World::start().await;
    let (status, refused) = world.discord("POST", &messages(), json!({"embeds": [{"title": "x".repeat(257)}]})).await;
    assert_eq!((status, &refused["code"]), (400, &json!(50_035)));
    assert_eq!(refused["errors"]["embeds"]["0"]["title"]["_errors"][0]["code"], "BASE_TYPE_MAX_LENGTH");
    assert_eq!(world.discord("POST", &messages(), json!({})).await.1["code"], 50_006);
    assert_eq!(world.discord("POST", "/channels/1/messages", json!({"content": "x"})).await.1["code"], 10_003);
    world.sandbox.discord().set_access(ALERTS, false);
    assert_eq!(world.discord("POST", &messages(), json!({"content": "x"})).await.1["code"], 50_001);
}

#[tokio::test]
async fn a_message_has_one_thread() {
    let world = World::start().await;
    let id = world.discord_card().await;
    let threads = format!("{}/{id}/threads", messages());
    assert_eq!(world.discord("POST", &threads, json!({"name": "K7Q2"})).await.0, 201);
    assert_eq!(world.discord("POST", &threads, json!({"name": "K7Q2"})).await.1["code"], 160_004);
    world.discord("POST", &format!("/channels/{id}/messages"), json!({"content": "Alex took it"})).await;
    let discord = world.sandbox.discord();
    assert_eq!((discord.messages(ALERTS).len(), discord.thread(ALERTS, &id).len()), (1, 1));
    assert_eq!(discord.thread_name(&id).as_deref(), Some("K7Q2"));
}

#[tokio::test]
async fn closed_direct_messages_are_refused() {
    let world = World::start().await;
    let open = async |id: &str| world.discord("POST", "/users/@me/channels", json!({"recipient_id": id})).await.1;
    let say = async |channel: &Value| {
        world.discord("POST", &format!("/channels/{}/messages", channel["id"].as_str().unwrap()), json!({"content": "yours"})).await
    };
    assert_eq!(say(&open("800000000000000001").await).await.0, 200);
    assert_eq!(say(&open("800000000000000002").await).await.1["code"], 50_007);
    assert_eq!(open("1").await["code"], 50_033);
    assert_eq!(world.sandbox.discord().private()[0].person, "800000000000000001");
}

#[tokio::test]
async fn a_press_is_answered_privately_and_followed_up() {
    let world = World::start().await;
    let id = world.discord_card().await;
    world.bot_says(json!({"type": 4, "data": {"content": "only you", "flags": 64}}));
    let discord = world.sandbox.discord();
    let answered = discord.press("Alex Closer", ALERTS, &id, "Claim").await;
    assert!(answered.is_ok(), "{answered:?}");
    let (path, headers, body) = world.last_heard();
    let sent: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(path, "/discord/interactions");
    assert!(headers.contains_key("x-signature-ed25519"));
    assert_eq!((&sent["data"]["custom_id"], &sent["message"]["id"]), (&json!("claim"), &json!(id)));
    assert_eq!(discord.private()[0].text(), "Rebound\nonly you".trim_start_matches("Rebound\n"));

    let original = format!("/webhooks/700000000000000001/{}/messages/@original", answered.key);
    assert_eq!(world.discord("PATCH", &original, json!({"content": "changed"})).await.0, 200);
    assert_eq!(discord.private()[0].message["content"], "changed");
    assert_eq!(world.discord("DELETE", &original, Value::Null).await.0, 204);
    assert!(discord.private().is_empty());
}

#[tokio::test]
async fn a_deferred_update_edits_the_card_itself() {
    let world = World::start().await;
    let id = world.discord_card().await;
    world.bot_says(json!({"type": 6}));
    let answered = world.sandbox.discord().pick("Alex Closer", ALERTS, &id, "Assign", "Sam Setter").await;
    assert!(answered.is_ok(), "{answered:?}");
    let sent: Value = serde_json::from_str(&world.last_heard().2).unwrap();
    assert_eq!(sent["data"]["values"], json!(["800000000000000002"]));
    let original = format!("/webhooks/700000000000000001/{}/messages/@original", answered.key);
    assert_eq!(world.discord("PATCH", &original, json!({"content": "Sam has it", "components": discord_rows()})).await.1["id"], id);
    assert_eq!(world.sandbox.discord().message(ALERTS, &id).unwrap().json["content"], "Sam has it");
}

#[tokio::test]
async fn a_modal_is_filled_in_by_labels_and_cannot_answer_a_modal() {
    let world = World::start().await;
    let id = world.discord_card().await;
    let modal = json!({"type": 9, "data": {"custom_id": "close", "title": "Close", "components": [
        {"type": 18, "label": "Reason", "component": {"type": 4, "custom_id": "why", "style": 2}},
        {"type": 18, "label": "Outcome", "component": {"type": 21, "custom_id": "how", "options": [{"label": "Lost", "value": "lost"}]}},
    ]}});
    world.bot_says(modal);
    let discord = world.sandbox.discord();
    let answered = discord.press("Alex Closer", ALERTS, &id, "Claim").await;
    let form = discord.modals()[0].clone();
    assert_eq!(form.id, answered.key);

    let twice = discord.submit("Alex Closer", &form.id, &[("Reason", "moved on"), ("Outcome", "Lost")]).await;
    assert!(twice.error.unwrap().contains("A modal cannot answer a modal"));
    let sent: Value = serde_json::from_str(&world.last_heard().2).unwrap();
    assert_eq!(sent["data"]["components"][0]["component"]["value"], "moved on");
    assert_eq!(sent["data"]["components"][1]["component"]["value"], "lost");
}

#[tokio::test]
async fn a_command_is_sent_as_it_was_registered() {
    let world = World::start().await;
    let commands = json!([{"name": "cancellations", "description": "Cancelled calls", "options": [
        {"type": 1, "name": "assign", "description": "Give it to somebody", "options": [
            {"type": 3, "name": "id", "description": "Short id", "required": true},
            {"type": 6, "name": "person", "description": "Who", "required": true},
        ]},
    ]}]);
    let path = "/applications/700000000000000001/guilds/600000000000000001/commands";
    assert_eq!(world.discord("PUT", path, commands).await.0, 200);
    world.bot_says(json!({"type": 4, "data": {"content": "done", "flags": 64}}));
    let answered = world.sandbox.discord().command("Alex Closer", "/cancellations assign K7Q2 @Sam Setter").await;
    assert!(answered.is_ok(), "{answered:?}");
    let sent: Value = serde_json::from_str(&world.last_heard().2).unwrap();
    let options = &sent["data"]["options"][0]["options"];
    assert_eq!((&options[0]["value"], &options[1]["value"]), (&json!("K7Q2"), &json!("800000000000000002")));
    let unknown = world.sandbox.discord().command("Alex Closer", "dance").await;
    assert!(unknown.error.unwrap().contains("it has assign"));
}

#[tokio::test]
async fn answers_carry_rate_limit_headers_and_a_date() {
    let world = World::start().await;
    let response = world.discord_response("POST", &messages(), json!({"content": "x"})).await.unwrap();
    for header in ["date", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset-after", "x-ratelimit-bucket"] {
        assert!(response.headers().contains_key(header), "{header}");
    }
}

fn contents(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}
