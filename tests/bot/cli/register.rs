//! `rebound register`, and `serve` that does it by itself.

use rebound::sandbox::{Call, Fault, FaultKind};
use serde_json::json;

use super::Desk;
use crate::kill::Program;
use crate::world::until;

fn put(desk: &Desk) -> Vec<Call> {
    desk.sandbox.discord().journal().into_iter().filter(|call| call.name == "put commands").collect()
}

#[tokio::test]
async fn the_command_is_put_to_discord() {
    let desk = Desk::new().await;
    desk.run(&["register"]).await.ends(0).says(&["/cancellations is registered"]);
    let page = json!({ "type": 4, "name": "page", "description": "Which page of the list", "required": false, "min_value": 1 });
    let expected = json!([{
        "type": 1, "name": "cancellations", "description": "What became of cancelled calls",
        "options": [
            { "type": 1, "name": "help", "description": "What you can ask", "options": [] },
            { "type": 1, "name": "open", "description": "Every cancellation that is not closed, the most urgent first", "options": [page] },
            { "type": 1, "name": "mine", "description": "Those that you have", "options": [page] },
            {
                "type": 1, "name": "show", "description": "Everything about one of them, and what became of it",
                "options": [{
                    "type": 3, "name": "what", "required": true,
                    "description": "The id from the title of its card, or the lead's e-mail address or name", "autocomplete": true,
                }]
            },
            {
                "type": 1, "name": "assign", "description": "Give one to somebody",
                "options": [
                    { "type": 3, "name": "id", "required": true, "description": "The id from the title of its card", "autocomplete": true },
                    { "type": 6, "name": "person", "required": true, "description": "Who takes care of it" },
                ]
            },
        ]
    }]);
    let put = put(&desk);
    assert_eq!(put.len(), 1);
    assert_eq!(put[0].body, expected);
    assert!(desk.sandbox.discord().objections().is_empty());
}

#[tokio::test]
async fn what_discord_refuses_is_told() {
    let desk = Desk::new().await;
    let refused = FaultKind::Answers { status: 403, body: json!({ "code": 50001, "message": "Missing Access" }) };
    desk.sandbox.discord().fault(Fault::new(refused));
    desk.run(&["register"]).await.ends(1).says(&["Discord did not take the slash command: 403 50001"]);
}

#[tokio::test]
async fn without_discord_there_is_nothing_to_register() {
    let desk = Desk::new().await;
    let text = std::fs::read_to_string(desk.file()).expect("a configuration");
    let slack_only: Vec<&str> = text.split("\n[").filter(|part| !part.starts_with("discord]") && !part.contains("discord =")).collect();
    desk.configure(&slack_only.join("\n["));
    desk.run(&["register"]).await.ends(0).says(&["nothing to register"]);
    assert!(put(&desk).is_empty());
}

#[tokio::test]
async fn serve_registers_once_and_again_only_when_something_changed() {
    let desk = Desk::new().await;
    let start = async || Program::start(&desk.folder, &desk.sandbox_url, &desk.database).await;
    let refused = FaultKind::Answers { status: 503, body: json!({}) };
    let puts = |name: &str, _: &serde_json::Value| name == "put commands";
    desk.sandbox.discord().fault(Fault::new(refused).when(puts).times(1));
    let program = start().await;
    let (store, _writer) = desk.store().await;
    until("remembered, after a try that failed", async || store.registration("discord_commands").await.expect("an answer")).await;
    assert_eq!(put(&desk).len(), 2);
    program.kill();
    // It is ready and has asked nothing more: another start puts nothing, since the database remembers.
    let program = start().await;
    let body = crate::calls::cancelled(chrono::Utc::now());
    program.webhook(&body).await;
    until("a card", async || (crate::kill::cards(&desk.sandbox, &body) == [1, 1]).then_some(())).await;
    program.kill();
    assert_eq!(put(&desk).len(), 2);
    std::fs::create_dir(desk.folder.path().join("words")).expect("a folder");
    let words = include_str!("../../../templates/words.toml").replace("What you can ask\"\n", "Was man fragen kann\"\n");
    std::fs::write(desk.folder.path().join("words/words.toml"), words).expect("words");
    let program = Program::start_with(
        &desk.folder,
        &desk.sandbox_url,
        &desk.database,
        &format!("templates_dir = {:?}\n", desk.folder.path().join("words")),
    )
    .await;
    until("registered anew", async || (put(&desk).len() == 3).then_some(())).await;
    program.kill();
    assert!(put(&desk)[2].body.to_string().contains("Was man fragen kann"));
}
