//! Where the real program runs in these tests: a folder, a database of its own, a port; and what is in that database, seen by another
//! connection.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rebound::store::{Location, NewEvent};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use secrecy::SecretString;
use serde_json::Value;
use tempfile::TempDir;

use super::world::{TOKEN, client, configuration, database, free_port, start_sandbox, until};

pub(crate) struct Place {
    pub folder: TempDir,
    pub database: String,
    pub url: String,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let database = database(&folder).await;
        let told = database.clone();
        Self::told(folder, database, &told).await
    }

    /// On SQLite, whatever the environment says.
    pub(crate) async fn on_sqlite() -> Self {
        let folder = TempDir::new().expect("a folder");
        let database = format!("sqlite://{}", folder.path().join("rebound.db").display());
        let told = database.clone();
        Self::told(folder, database, &told).await
    }

    /// The program is told of another way to the database than the test takes.
    pub(crate) async fn told(folder: TempDir, database: String, told: &str) -> Self {
        let (_sandbox, sandbox) = start_sandbox().await;
        let port = free_port();
        let text = configuration(&sandbox, told, "").replace("127.0.0.1:0", &format!("127.0.0.1:{port}"));
        std::fs::write(folder.path().join("rebound.toml"), text).expect("a configuration");
        Self { folder, database, url: format!("http://127.0.0.1:{port}") }
    }

    pub(crate) fn location(&self) -> Location {
        location(&self.database)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts `rebound serve`; with `before`, as in `strace -f`, that starts it.
    pub(crate) fn start(&self, before: &[&str]) -> Program {
        Program { child: self.spawn(before, &["serve"]), url: self.url.clone(), log: self.file("log") }
    }

    pub(crate) async fn started(&self, before: &[&str]) -> Program {
        let program = self.start(before);
        program.ready().await;
        program
    }

    fn spawn(&self, before: &[&str], arguments: &[&str]) -> Child {
        let log = || -> File { OpenOptions::new().create(true).append(true).open(self.file("log")).expect("a log") };
        let mut words = before.iter().copied().chain([env!("CARGO_BIN_EXE_rebound")]).chain(arguments.iter().copied());
        let mut command = Command::new(words.next().expect("a program"));
        command.args(words).current_dir(self.folder.path()).env_remove("REBOUND_CONFIG");
        command.stdout(Stdio::from(log())).stderr(Stdio::from(log())).spawn().expect("the program")
    }

    /// Runs another command of the program to its end, which must be good: what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rebound"));
        let done = command.args(arguments).current_dir(self.folder.path()).env_remove("REBOUND_CONFIG").output().expect("the program");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text")
    }

    /// The calls whose events are in the database.
    pub(crate) async fn calls(&self) -> BTreeSet<String> {
        let question = "select call_id from event where call_id is not null";
        let rows = self.connect().await.query_all_raw(Statement::from_string(self.backend(), question)).await.expect("an answer");
        rows.iter().map(|row| row.try_get_by_index(0).expect("text")).collect()
    }

    /// One word about the database.
    pub(crate) async fn ask(&self, question: &str) -> String {
        let row = self.connect().await.query_one_raw(Statement::from_string(self.backend(), question)).await.expect("an answer");
        row.expect("a row").try_get_by_index(0).expect("text")
    }

    /// One number about the database.
    pub(crate) async fn ask_number(&self, question: &str) -> i64 {
        let row = self.connect().await.query_one_raw(Statement::from_string(self.backend(), question)).await.expect("an answer");
        row.expect("a row").try_get_by_index(0).expect("a number")
    }

    /// A connection that Rebound knows nothing of.
    pub(crate) async fn connect(&self) -> DatabaseConnection {
        Database::connect(&self.database).await.expect("the database opens")
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.database.starts_with("sqlite")
    }

    fn backend(&self) -> sea_orm::DbBackend {
        if self.is_sqlite() { sea_orm::DbBackend::Sqlite } else { sea_orm::DbBackend::Postgres }
    }
}

/// A running `rebound serve`; killed when dropped.
pub(crate) struct Program {
    child: Child,
    url: String,
    log: PathBuf,
}

impl Program {
    pub(crate) fn door(&self) -> Door {
        Door { url: self.url.clone() }
    }

    pub(crate) async fn ready(&self) {
        until("ready", async || (self.get("/readyz").await == Some(200)).then_some(())).await;
    }

    pub(crate) async fn get(&self, path: &str) -> Option<u16> {
        client().get(format!("{}{path}", self.url)).send().await.ok().map(|answer| answer.status().as_u16())
    }

    pub(crate) async fn webhook(&self, body: &Value) -> Option<(u16, Option<String>)> {
        self.door().webhook(body).await
    }

    pub(crate) fn id(&self) -> String {
        self.child.id().to_string()
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a state").is_some()
    }

    /// How it ended, by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        until("the end of the program", async || self.child.try_wait().expect("a state")).await
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }
}

/// Where a program listens.
#[derive(Clone)]
pub(crate) struct Door {
    url: String,
}

impl Door {
    /// Posts a webhook: the status, and what `Retry-After` says; `None` when there was no answer.
    pub(crate) async fn webhook(&self, body: &Value) -> Option<(u16, Option<String>)> {
        let sent = client().post(format!("{}/webhooks/iclosed/{TOKEN}", self.url)).body(body.to_string()).send().await;
        let answer = sent.ok()?;
        let again = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
        Some((answer.status().as_u16(), again))
    }

    /// Posts a webhook, as its sender does, until it is acknowledged.
    pub(crate) async fn insist(&self, body: &Value) {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while !matches!(self.webhook(body).await, Some((200, _))) {
            ticks.tick().await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let last: Vec<&str> = log.lines().rev().take(20).collect();
            eprintln!("the last lines of its log, newest first: {last:#?}");
        }
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn location(database: &str) -> Location {
    match database.strip_prefix("sqlite://") {
        Some(path) => Location::Sqlite(Path::new(path).to_owned()),
        None => Location::Postgres(SecretString::from(database)),
    }
}

/// How the database names the call of a webhook.
pub(crate) fn call(body: &Value) -> String {
    body["event"]["uuid"].to_string()
}

/// An event about that call, as `receive` would keep it.
pub(crate) fn event(call: &str) -> NewEvent {
    NewEvent {
        source: "iclosed",
        key: format!("test:{call}"),
        kind: "call_booked",
        call_id: Some(call.to_owned()),
        body: b"{}".to_vec(),
        found_by: "webhook",
        quarantined: None,
    }
}
