//! `rebound check --online`.

use rebound::sandbox::{Fault, FaultKind, Operation};
use serde_json::json;

use super::Desk;
use crate::world::{DISCORD, SLACK, SLACK_HOSTS};

const ONLINE: [&str; 2] = ["check", "--online"];

#[tokio::test]
async fn all_good() {
    let desk = Desk::new().await;
    desk.run(&ONLINE).await.ends(0).says(&["slack: sales (C0TEST00001): good", "slack: hosts", "discord: alerts"]);
    assert!(desk.sandbox.slack().messages(SLACK).is_empty() && desk.sandbox.discord().messages(DISCORD).is_empty());
    assert!(desk.sandbox.discord().objections().is_empty());
}

#[tokio::test]
async fn offline_asks_nobody() {
    let desk = Desk::new().await;
    desk.run(&["check"]).await.ends(0);
    assert!(desk.sandbox.slack().journal().is_empty() && desk.sandbox.discord().journal().is_empty());
}

#[tokio::test]
async fn a_wrong_token_is_told_and_the_other_platform_still_asked() {
    let desk = Desk::new().await;
    desk.change("xoxb-canary-slack-token", "xoxb-canary-other");
    let said =
        desk.run(&ONLINE).await.ends(1).says(&["slack: the token is not taken (invalid_auth)", "discord: alerts", "1 thing is wrong"]);
    assert!(!said.out.contains("slack: sales"), "{}", said.out);
    let desk = Desk::new().await;
    desk.change("canary-discord-token", "canary-other");
    desk.run(&ONLINE).await.ends(1).says(&["discord: the token is not taken (401)", "slack: sales (C0TEST00001): good"]);
}

#[tokio::test]
async fn channels_are_named_with_what_to_do() {
    let desk = Desk::new().await;
    desk.sandbox.slack().set_member(SLACK, false);
    desk.sandbox.slack().archive(SLACK_HOSTS, true);
    desk.sandbox.discord().set_access(DISCORD, false);
    desk.run(&ONLINE).await.ends(1).says(&[
        "slack: sales (C0TEST00001): the app is not in the channel",
        "/invite @Rebound",
        "slack: hosts (C0TEST00002): the channel is archived",
        &format!("discord: alerts ({DISCORD}): there is no such channel, or the bot may not see it (403 50001)"),
        "3 things are wrong",
    ]);
    let desk = Desk::new().await;
    desk.sandbox.discord().delete_channel(DISCORD);
    desk.change("slack = \"C0TEST00001\"", "slack = \"C0TEST00009\"");
    desk.run(&ONLINE).await.ends(1).says(&["slack: sales (C0TEST00009): there is no such channel", "channel_not_found", "404 10003"]);
}

#[tokio::test]
async fn ids_of_another_application_or_server_are_told() {
    let desk = Desk::new().await;
    desk.change("application_id = \"300000000000000001\"", "application_id = \"300000000000000009\"");
    // Discord tells nobody of another application's commands.
    let asks_for_commands = |name: &str, _: &serde_json::Value| name == "get commands";
    let lacks = FaultKind::Answers { status: 403, body: json!({"code": 20012, "message": "You are not authorized"}) };
    desk.sandbox.discord().fault(Fault::new(lacks).when(asks_for_commands));
    desk.run(&ONLINE).await.ends(1).says(&["discord: the token belongs to the application 300000000000000001", "1 thing is wrong"]);
    let desk = Desk::new().await;
    desk.change("guild_id = \"300000000000000002\"", "guild_id = \"300000000000000009\"");
    desk.run(&ONLINE).await.ends(1).says(&["discord: the bot is not on the server of discord.guild_id (404 10004)"]);
}

#[tokio::test]
async fn missing_rights_are_told() {
    let desk = Desk::new().await;
    let history = |status, body| Fault::new(FaultKind::Answers { status, body }).on(Operation::History);
    desk.sandbox.slack().fault(history(200, json!({"ok": false, "error": "missing_scope"})));
    desk.sandbox.discord().fault(history(403, json!({"code": 50001, "message": "Missing Access"})));
    desk.run(&ONLINE).await.ends(1).says(&["slack: sales (C0TEST00001): the history may not be read (missing_scope)", "(403 50001)"]);
    let desk = Desk::new().await;
    let asks_for_a_channel = |name: &str, _: &serde_json::Value| name == "conversations.info";
    let lacks = FaultKind::Answers { status: 200, body: json!({"ok": false, "error": "missing_scope"}) };
    desk.sandbox.slack().fault(Fault::new(lacks).when(asks_for_a_channel).times(1));
    desk.run(&ONLINE).await.ends(1).says(&["slack: sales (C0TEST00001): the app lacks the scopes channels:read, groups:read"]);
    let desk = Desk::new().await;
    let asks_for_commands = |name: &str, _: &serde_json::Value| name == "get commands";
    let lacks = FaultKind::Answers { status: 403, body: json!({"code": 50001, "message": "Missing Access"}) };
    desk.sandbox.discord().fault(Fault::new(lacks).when(asks_for_commands));
    desk.run(&ONLINE).await.ends(1).says(&[
        "discord: the app may not have slash commands on the server (403 50001)",
        "alerts",
        "1 thing is",
    ]);
    let desk = Desk::new().await;
    let roles = json!([{ "id": "300000000000000002", "permissions": "3072" }]);
    let asks_for_roles = |name: &str, _: &serde_json::Value| name == "get roles";
    desk.sandbox.discord().fault(Fault::new(FaultKind::Answers { status: 200, body: roles }).when(asks_for_roles));
    desk.run(&ONLINE)
        .await
        .ends(1)
        .says(&["the bot lacks Embed Links, Read Message History, Create Public Threads, Send Messages in Threads"]);
}

#[tokio::test]
async fn what_does_not_answer_is_told_in_time() {
    let desk = Desk::new().await;
    desk.change("timezone = ", "delivery = { request_timeout = \"300ms\" }\ntimezone = ");
    desk.sandbox.slack().fault(Fault::new(FaultKind::HangBefore));
    desk.sandbox.discord().fault(Fault::new(FaultKind::HtmlAfter));
    desk.run(&ONLINE).await.ends(1).says(&["slack: no answer that could be understood (no answer in time)", "discord: no answer"]);
    let desk = Desk::new().await;
    desk.change("/slack/api\"", "/nothing/here\"");
    desk.run(&ONLINE).await.ends(1).says(&["slack: no answer that could be understood (status 404)"]);
}

#[tokio::test]
async fn missing_scopes_and_a_wrong_clock_are_told() {
    let desk = Desk::new().await;
    let url = answering(&[("date", "Mon, 23 Nov 2020 08:00:00 GMT"), ("x-oauth-scopes", "chat:write,commands,users:read")]).await;
    desk.change(&format!("{}/slack/api", desk.sandbox_url), &url);
    desk.run(&ONLINE).await.ends(1).says(&[
        "slack: this machine's clock is",
        "s ahead of theirs",
        "slack: the app lacks the scopes chat:write.public, channels:read,",
        "2 things are wrong",
    ]);
}

/// A Slack that is content with everything, and says so with these headers.
async fn answering(headers: &[(&'static str, &'static str)]) -> String {
    let body = json!({ "ok": true, "user": "rebound", "team": "Acme", "channel": { "is_member": true }, "messages": [] }).to_string();
    let headers: axum::http::HeaderMap = headers
        .iter()
        .map(|(name, value)| (axum::http::HeaderName::from_static(name), axum::http::HeaderValue::from_static(value)))
        .collect();
    let router = axum::Router::new().fallback(move || async move { (headers, body) });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}
