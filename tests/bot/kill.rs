//! The real program, killed between webhook and card.

use std::process::{Child, Command, Stdio};

use chrono::Utc;
use rebound::sandbox::{Fault, FaultKind, Operation, Sandbox};
use serde_json::Value;
use tempfile::TempDir;

use super::calls::{cancelled, email};
use super::world::{DISCORD, SLACK, TOKEN, client, configuration, database, free_port, plain, start_sandbox, until};

pub(crate) struct Program {
    child: Child,
    url: String,
}

impl Program {
    pub(crate) async fn start(folder: &TempDir, sandbox: &str, database: &str) -> Self {
        Self::start_with(folder, sandbox, database, "").await
    }

    /// The same with more configuration, which stands above all tables.
    pub(crate) async fn start_with(folder: &TempDir, sandbox: &str, database: &str, more: &str) -> Self {
        let port = free_port();
        let quick =
            "delivery = { request_timeout = \"1s\", lease = \"12s\", settle = \"2s\", look_every = \"1s\", slack_interval = \"10ms\" }";
        let text = configuration(sandbox, database, &format!("{more}{quick}")).replace("127.0.0.1:0", &format!("127.0.0.1:{port}"));
        let file = folder.path().join("rebound.toml");
        std::fs::write(&file, text).expect("a configuration");
        let child = Command::new(env!("CARGO_BIN_EXE_rebound"))
            .args(["serve", "--config"])
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        let program = Self { child, url: format!("http://127.0.0.1:{port}") };
        until("ready", async || client().get(format!("{}/readyz", program.url)).send().await.ok().filter(|answer| answer.status() == 200))
            .await;
        program
    }

    pub(crate) async fn webhook(&self, body: &Value) {
        let sent = client().post(format!("{}/webhooks/iclosed/{TOKEN}", self.url)).body(body.to_string()).send().await;
        assert_eq!(sent.expect("an answer").status(), 200);
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }
}

pub(crate) fn cards(sandbox: &Sandbox, body: &Value) -> [usize; 2] {
    let about = |text: String| plain(&text).contains(email(body));
    [
        sandbox.slack().messages(SLACK).iter().filter(|message| about(message.text())).count(),
        sandbox.discord().messages(DISCORD).iter().filter(|message| about(message.text())).count(),
    ]
}

#[tokio::test]
async fn killed_between_webhook_and_card_the_card_appears_once() {
    let (sandbox, url) = start_sandbox().await;
    let folder = TempDir::new().expect("a folder");
    let database = database(&folder).await;
    let program = Program::start(&folder, &url, &database).await;
    // Nothing gets through, so the kill is surely before the card.
    sandbox.slack().fault(Fault::new(FaultKind::HangBefore).on(Operation::Create));
    sandbox.discord().fault(Fault::new(FaultKind::HangBefore).on(Operation::Create));
    let body = cancelled(Utc::now());
    program.webhook(&body).await;
    program.kill();
    assert_eq!(cards(&sandbox, &body), [0, 0]);
    sandbox.slack().heal();
    sandbox.discord().heal();
    let program = Program::start(&folder, &url, &database).await;
    until("the card in both", async || (cards(&sandbox, &body) == [1, 1]).then_some(())).await;
    // Whatever is sent twice is sent by now: another call goes the whole way.
    let next = cancelled(Utc::now());
    program.webhook(&next).await;
    until("the next card", async || (cards(&sandbox, &next) == [1, 1]).then_some(())).await;
    assert_eq!(cards(&sandbox, &body), [1, 1]);
    program.kill();
}

#[tokio::test]
async fn killed_after_the_platform_accepted_the_card_is_not_repeated() {
    let (sandbox, url) = start_sandbox().await;
    let folder = TempDir::new().expect("a folder");
    let database = database(&folder).await;
    let program = Program::start(&folder, &url, &database).await;
    sandbox.slack().fault(Fault::new(FaultKind::HangAfter).on(Operation::Create));
    sandbox.discord().fault(Fault::new(FaultKind::HangAfter).on(Operation::Create));
    let body = cancelled(Utc::now());
    program.webhook(&body).await;
    until("accepted by both", async || (cards(&sandbox, &body) == [1, 1]).then_some(())).await;
    program.kill();
    sandbox.slack().heal();
    sandbox.discord().heal();
    let creations = |sandbox: &Sandbox| {
        sandbox
            .slack()
            .journal()
            .iter()
            .filter(|call| call.operation == Operation::Create && call.channel.as_deref() == Some(SLACK))
            .count()
    };
    let before = creations(&sandbox);
    let program = Program::start(&folder, &url, &database).await;
    until("no post is waiting", async || {
        let metrics = client().get(format!("{}/metrics", program.url)).send().await.ok()?.text().await.ok()?;
        let waiting = |line: &str| line.starts_with("rebound_posts_waiting") && line.ends_with(" 0");
        (metrics.lines().filter(|line| waiting(line)).count() == 2).then_some(())
    })
    .await;
    assert_eq!(cards(&sandbox, &body), [1, 1]);
    assert_eq!(creations(&sandbox), before);
    program.kill();
}
