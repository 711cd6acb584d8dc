//! The page's own server: its files, its state, acts and samples, and the stream of changes.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Fault, FaultKind};
use super::world::{ALERTS, SALES, World};

#[tokio::test]
async fn the_page_finds_its_files_whether_or_not_it_was_opened_with_a_slash() {
    let world = World::start().await;
    world.sandbox.set_own_url("http://127.0.0.1:1/sandbox");
    let page = text(&world, "/").await;
    assert!(page.contains("<base href=\"/sandbox/\">"));
    for name in page.split("\"page/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(!text(&world, &format!("/page/{name}")).await.is_empty(), "{name}");
    }
    assert_eq!(world.client.get(format!("{}/page/secrets", world.url)).send().await.unwrap().status().as_u16(), 404);
}

#[tokio::test]
async fn every_module_that_a_script_imports_is_served() {
    let world = World::start().await;
    for script in
        ["page.js", "pane.js", "slack.js", "slack-blocks.js", "slack-markup.js", "discord.js", "discord-parts.js", "discord-markup.js"]
    {
        let content = text(&world, &format!("/page/{script}")).await;
        for import in content.split("from \"./").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(!text(&world, &format!("/page/{import}")).await.is_empty(), "{script} imports {import}");
        }
    }
}

#[tokio::test]
async fn the_state_shows_both_workspaces() {
    let world = World::start().await;
    let (slack, discord) = (world.slack_card().await, world.discord_card().await);
    let state: Value = serde_json::from_str(&text(&world, "/state").await).unwrap();
    assert_eq!(state["slack"]["messages"][SALES][0]["id"], slack);
    assert_eq!(state["discord"]["messages"][ALERTS][0]["id"], discord);
    assert!(!state.to_string().contains("xoxb-test"), "no secret is in the state");
}

#[tokio::test]
async fn a_click_on_the_page_is_a_press() {
    let world = World::start().await;
    let ts = world.slack_card().await;
    let act =
        json!({"platform": "slack", "kind": "press", "person": "Alex Closer", "channel": SALES, "message": ts, "control": "b1/claim"});
    assert_eq!(post(&world, "/act", act).await["ok"], true);
    assert_eq!(world.last_heard().0, "/slack/interactions");
    let gone =
        json!({"platform": "discord", "kind": "press", "person": "Alex Closer", "channel": ALERTS, "message": "1", "control": "claim"});
    assert!(post(&world, "/act", gone).await["error"].as_str().unwrap().contains("sees no message"));
}

#[tokio::test]
async fn a_sample_is_posted_to_the_bot() {
    let world = World::start().await;
    assert_eq!(post(&world, "/sample", json!({"sample": 0})).await, json!({"sent": 2, "error": null}));
    assert_eq!(world.last_heard().0, "/webhooks/iclosed/token");
    assert_eq!(post(&world, "/sample", json!({"sample": 9})).await["sent"], 0);
}

#[tokio::test]
async fn changes_are_streamed_until_the_sandbox_stops() {
    let world = World::start().await;
    let mut events = world.client.get(format!("{}/events", world.url)).send().await.unwrap();
    world.slack_card().await;
    let first = events.chunk().await.unwrap().unwrap();
    assert!(first.starts_with(b"data: "));
    world.sandbox.stop();
    while let Ok(Some(_)) = events.chunk().await {}
}

#[tokio::test]
async fn a_test_can_wait_for_what_will_happen() {
    let world = World::start().await;
    let waiting = world.sandbox.until(Duration::from_secs(5), |sandbox| sandbox.slack().messages(SALES).pop());
    let (found, _) = tokio::join!(waiting, world.slack_card());
    assert_eq!(found.unwrap().buttons(), ["Claim"]);
    world.sandbox.slack().fault(Fault::new(FaultKind::ErrorBefore(500)));
    let refused = world.sandbox.until(Duration::from_secs(5), |sandbox| sandbox.slack().journal().into_iter().find(|call| !call.done));
    let (found, _) = tokio::join!(refused, world.slack_response("auth.test", json!({})));
    assert_eq!(found.unwrap().name, "auth.test");
}

async fn text(world: &World, path: &str) -> String {
    world.client.get(format!("{}{path}", world.url)).send().await.unwrap().error_for_status().unwrap().text().await.unwrap()
}

async fn post(world: &World, path: &str, body: Value) -> Value {
    world.client.post(format!("{}{path}", world.url)).json(&body).send().await.unwrap().json().await.unwrap()
}
