//! One test's world: a sandbox, the real app on a database of its own, a clock that the test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rebound::app::App;
use rebound::config::{self, Config, DatabaseUrl, Environment};
use rebound::flow::{Clock, Understood};
use rebound::sandbox::{self, Message, Sandbox};
use sea_orm::{ConnectionTrait, TransactionTrait, TryGetable};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

pub(crate) const TOKEN: &str = "test-9f86d081884c7d659a2feaa0c55ad015";
pub(crate) const SLACK: &str = "C0TEST00001";
pub(crate) const SLACK_HOSTS: &str = "C0TEST00002";
pub(crate) const DISCORD: &str = "300000000000000011";
pub(crate) const KIM_SLACK: &str = "U0TESTKIM1";
pub(crate) const KIM_DISCORD: &str = "300000000000000023";
pub(crate) const OLGA_SLACK: &str = "U0TESTOLG1";
pub(crate) const OLGA_DISCORD: &str = "300000000000000024";

const SEED: [u8; 32] = *b"the key of the tests, of no use!";

/// Somebody with an account on both platforms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Human {
    pub name: &'static str,
    pub slack: &'static str,
    pub discord: &'static str,
}

/// A manager.
pub(crate) const ALEX: Human = Human { name: "Alex Closer", slack: "U0TESTALX1", discord: "300000000000000021" };
pub(crate) const KIM: Human = Human { name: "Kim Closer", slack: KIM_SLACK, discord: KIM_DISCORD };
pub(crate) const SAM: Human = Human { name: "Sam Closer", slack: "U0TESTSAM1", discord: "300000000000000025" };
/// Nobody of the team.
pub(crate) const OLGA: Human = Human { name: "Olga Outsider", slack: OLGA_SLACK, discord: OLGA_DISCORD };

/// (name, e-mail, Slack, Discord, teammate)
const PEOPLE: [(&str, &str, &str, &str, bool); 4] = [
    (ALEX.name, "alex@acme.example", ALEX.slack, ALEX.discord, true),
    (KIM.name, "kim@acme.example", KIM.slack, KIM.discord, true),
    (SAM.name, "sam@acme.example", SAM.slack, SAM.discord, true),
    ("Olga Outsider", "olga@elsewhere.example", OLGA_SLACK, OLGA_DISCORD, false),
];

pub(crate) struct World {
    pub sandbox: Sandbox,
    pub app: App,
    pub url: String,
    server: AbortHandle,
    config: Config,
    folder: TempDir,
    /// Milliseconds by which this world's clock is ahead of the system's.
    ahead: Arc<AtomicI64>,
}

impl World {
    /// Both platforms healthy, three channels, no routes.
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    /// The same with more configuration, written as TOML; tables may repeat none of [`configuration`].
    pub(crate) async fn with(more: &str) -> Self {
        Self::configured(|sandbox, database| configuration(sandbox, database, more)).await
    }

    /// The same with the whole configuration altered.
    pub(crate) async fn altered(more: &str, alter: impl FnOnce(String) -> String) -> Self {
        Self::configured(|sandbox, database| alter(configuration(sandbox, database, more))).await
    }

    /// The same with more keys in `[iclosed]`.
    pub(crate) async fn with_iclosed(more: &str) -> Self {
        Self::configured(|sandbox, database| configuration(sandbox, database, "").replace("[slack]\n", &format!("{more}\n[slack]\n"))).await
    }

    /// The same with more keys in `[iclosed]`, whose API the sandbox plays.
    pub(crate) async fn with_api(more: &str) -> Self {
        Self::configured(|sandbox, database| {
            let more = format!("{more}\napi_url = \"{sandbox}/iclosed\"\n[slack]\n");
            configuration(sandbox, database, "").replace("[slack]\n", &more)
        })
        .await
    }

    /// The same with a key for that API, and more configuration.
    pub(crate) async fn with_key(more: &str) -> Self {
        Self::configured(|sandbox, database| {
            let keys = format!("api_key = \"iclosed_canary\"\napi_url = \"{sandbox}/iclosed\"\n[slack]\n");
            configuration(sandbox, database, more).replace("[slack]\n", &keys)
        })
        .await
    }

    /// With one platform configured, `slack` or `discord`.
    pub(crate) async fn only(platform: &str) -> Self {
        Self::only_with(platform, "").await
    }

    /// The same with more configuration.
    pub(crate) async fn only_with(platform: &str, more: &str) -> Self {
        Self::configured(|sandbox, database| {
            let text = configuration(sandbox, database, more);
            let mut kept: toml::Table = toml::from_str(&text).expect("TOML");
            kept.remove(if platform == "slack" { "discord" } else { "slack" });
            if let Some(channels) = kept.get_mut("channel").and_then(toml::Value::as_array_mut) {
                channels.retain(|channel| channel.get(platform).is_some());
            }
            toml::to_string(&kept).expect("TOML")
        })
        .await
    }

    async fn configured(configuration: impl FnOnce(&str, &str) -> String) -> Self {
        // Another test of this process may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = TempDir::new().expect("a folder");
        let (sandbox, sandbox_url) = start_sandbox().await;
        let database = database(&folder).await;
        let text = configuration(&sandbox_url, &database);
        let config = parsed(&text);
        std::fs::write(folder.path().join("rebound.toml"), &text).expect("a configuration");
        let ahead = Arc::new(AtomicI64::new(0));
        let (app, url, server) = start_app(&config, &ahead).await;
        sandbox.set_bot_url(url.clone());
        Self { sandbox, app, url, server, config, folder, ahead }
    }

    /// Stops the app without any order, as a kill would, and starts another one on the same database.
    pub(crate) async fn restarted(self) -> Self {
        let config = self.config.clone();
        Box::pin(self.started_on(config)).await
    }

    /// The same with one more key of the configuration.
    pub(crate) async fn restarted_with(self, key: &str) -> Self {
        let text = self.written_configuration();
        Box::pin(self.started_on(parsed(&format!("{key}\n{text}")))).await
    }

    fn written_configuration(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("rebound.toml")).expect("the configuration")
    }

    async fn started_on(self, config: Config) -> Self {
        let Self { sandbox, app, server, config: before, folder, ahead, .. } = self;
        let connections = Connections::of(&before.database_url).await;
        server.abort();
        drop(app);
        connections.end().await;
        let (app, url, server) = start_app(&config, &ahead).await;
        sandbox.set_bot_url(url.clone());
        Self { sandbox, app, url, server, config, folder, ahead }
    }

    /// A copy of the database as it is now, as a backup of a running program makes it; `None` on PostgreSQL.
    pub(crate) async fn backup(&self) -> Option<Backup> {
        if !matches!(self.config.database_url, DatabaseUrl::Sqlite(_)) {
            return None;
        }
        let copy = self.folder.path().join(format!("backup-{:08x}.db", getrandom::u32().expect("randomness")));
        self.sql(&format!("vacuum into '{}'", copy.display())).await;
        Some(Backup(copy))
    }

    /// Does something to the database behind the app's back.
    pub(crate) async fn sql(&self, statement: &str) {
        let database = sea_orm::Database::connect(self.database_url()).await.expect("the database opens");
        database.execute_unprepared(statement).await.expect("a good statement");
    }

    /// The one number that a query gives.
    pub(crate) async fn count(&self, query: &str) -> i64 {
        self.value(query).await
    }

    /// The one text that a query gives.
    pub(crate) async fn text(&self, query: &str) -> String {
        self.value(query).await
    }

    async fn value<T: TryGetable>(&self, query: &str) -> T {
        let database = sea_orm::Database::connect(self.database_url()).await.expect("the database opens");
        let row = database.query_one_raw(sea_orm::Statement::from_string(database.get_database_backend(), query.to_owned())).await;
        row.expect("a good query").expect("a row").try_get_by_index(0).expect("a value of that kind")
    }

    /// Does that while whatever an act writes takes longer than a person is let wait.
    pub(crate) async fn while_writes_are_slow<T>(&self, doing: impl Future<Output = T>) -> T {
        match self.config.database_url {
            DatabaseUrl::Sqlite(_) => {
                let database = sea_orm::Database::connect(self.database_url()).await.expect("the database opens");
                let held = database.begin().await.expect("a transaction");
                held.execute_unprepared("update follow_up set id = id where id = 0").await.expect("the pen");
                let done = doing.await;
                held.rollback().await.expect("an end");
                done
            }
            // Slow in the server and no lock, which would be given up on.
            DatabaseUrl::Postgres(_) => {
                let slow = "create function slow() returns trigger language plpgsql as 'begin perform pg_sleep(2.5); return null; end'; \
                            create trigger slow before insert on history for each statement execute function slow()";
                self.sql(slow).await;
                let done = doing.await;
                // Waits for what is being written.
                self.sql("drop trigger slow on history").await;
                done
            }
        }
    }

    fn database_url(&self) -> String {
        match &self.config.database_url {
            DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
            DatabaseUrl::Postgres(url) => url.expose().to_owned(),
        }
    }

    /// The texts that a query of one column gives.
    pub(crate) async fn texts(&self, query: &str) -> Vec<String> {
        let database = sea_orm::Database::connect(self.database_url()).await.expect("the database opens");
        let rows = database.query_all_raw(sea_orm::Statement::from_string(database.get_database_backend(), query.to_owned())).await;
        rows.expect("a good query").into_iter().map(|row| row.try_get_by_index(0).expect("a text")).collect()
    }

    /// Loses the database, and starts on the backup.
    pub(crate) async fn restored(self, backup: &Backup) -> Self {
        std::fs::copy(&backup.0, self.folder.path().join("restored.db")).expect("a copy");
        let text = self.written_configuration().replace("rebound.db", "restored.db");
        Box::pin(self.started_on(parsed(&text))).await
    }

    /// Another instance on the same database, with the same clock; SQLite refuses it.
    pub(crate) async fn another_instance(&self) -> App {
        start_app(&self.config, &self.ahead).await.0
    }

    /// Holds `rebound.toml`, for commands that run beside.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.app.flow().clock.now()
    }

    /// Time passes; nothing happens until the next [`drain`](Self::drain).
    pub(crate) fn pass(&self, time: TimeDelta) {
        self.sandbox.pass(time);
        self.go_wrong(time);
    }

    /// Our clock goes ahead of the platforms'.
    pub(crate) fn go_wrong(&self, time: TimeDelta) {
        self.ahead.fetch_add(time.num_milliseconds(), Ordering::SeqCst);
    }

    /// Does all that is due now.
    pub(crate) async fn drain(&self) {
        self.app.drain().await.expect("the database works");
    }

    /// Makes state of what was received, and sends nothing.
    pub(crate) async fn drain_understanding(&self) {
        while self.app.flow().understand().await.expect("the database works") != Understood::Nothing {}
    }

    /// Where the app sends what it asks Slack.
    pub(crate) fn slack_api(&self) -> String {
        let slack = self.config.slack.as_ref().expect("Slack is configured");
        slack.api_url.to_string().trim_end_matches('/').to_owned()
    }

    /// Lets time pass in steps and does what becomes due, for that long.
    pub(crate) async fn live(&self, time: TimeDelta) {
        let step = TimeDelta::seconds(1);
        for _ in 0..time.num_seconds() {
            self.drain().await;
            self.pass(step);
        }
        self.drain().await;
    }

    /// Posts a webhook as iClosed does.
    pub(crate) async fn webhook(&self, body: &Value) -> (u16, Value) {
        self.post(&format!("/webhooks/iclosed/{TOKEN}"), body.to_string().into_bytes()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Vec<u8>) -> (u16, Value) {
        let sent = client().post(format!("{}{path}", self.url)).header("content-type", "application/json").body(body).send().await;
        let answer = sent.expect("the bot answers");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let answer = client().get(format!("{}{path}", self.url)).send().await.expect("the bot answers");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    }

    /// Live messages in that channel, of either platform.
    pub(crate) fn messages(&self, channel: &str) -> Vec<Message> {
        if channel.starts_with('C') { self.sandbox.slack().messages(channel) } else { self.sandbox.discord().messages(channel) }
    }

    /// The one card about that call in that channel.
    pub(crate) fn card(&self, channel: &str, body: &Value) -> Message {
        let mut about: Vec<Message> = self.cards(channel, body);
        assert_eq!(about.len(), 1, "cards in {channel}: {:?}", about.iter().map(Message::text).collect::<Vec<_>>());
        about.remove(0)
    }

    pub(crate) fn cards(&self, channel: &str, body: &Value) -> Vec<Message> {
        let email = super::calls::email(body);
        self.messages(channel).into_iter().filter(|message| plain(&message.text()).contains(email)).collect()
    }

    /// At the end of a test: no platform objected to anything.
    pub(crate) fn assert_no_objections(&self) {
        assert_eq!(self.sandbox.slack().objections(), Vec::<String>::new());
        assert_eq!(self.sandbox.discord().objections(), Vec::<String>::new());
    }
}

/// A server sees the end of a connection a moment after a process ended.
struct Connections(Option<sea_orm::DatabaseConnection>);

impl Connections {
    async fn of(database: &DatabaseUrl) -> Self {
        let DatabaseUrl::Postgres(url) = database else { return Self(None) };
        let all = Self(Some(sea_orm::Database::connect(url.expose().to_owned()).await.expect("the database opens")));
        assert!(all.are_there().await, "names by which they are known");
        all
    }

    async fn are_there(&self) -> bool {
        let Some(server) = &self.0 else { return false };
        let question = "select 1 from pg_stat_activity where datname = current_database() and application_name like 'rebound %'";
        let found = server.query_one_raw(sea_orm::Statement::from_string(server.get_database_backend(), question)).await;
        found.expect("a good query").is_some()
    }

    async fn end(self) {
        until("no connection is left", async || (!self.are_there().await).then_some(())).await;
    }
}

/// Asks until there is an answer, at most for so long.
pub(crate) async fn answer_within<T>(patience: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let asked = async {
        loop {
            ticks.tick().await;
            if let Some(found) = ask().await {
                return found;
            }
        }
    };
    tokio::time::timeout(patience, asked).await.ok()
}

/// Asks until it holds; a condition that never comes fails the test.
pub(crate) async fn until<T>(what: &str, ask: impl AsyncFnMut() -> Option<T>) -> T {
    answer_within(Duration::from_mins(1), ask).await.unwrap_or_else(|| panic!("never: {what}"))
}

/// Without what escaping put in.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|letter| !matches!(letter, '\\' | '\u{200b}' | '\u{2060}')).collect::<String>().replace("&amp;", "&")
}

pub(crate) fn client() -> reqwest::Client {
    // Another test of this process may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("a client")
}

/// A port that most likely stays free until the program listens on it, and between two of its lives. Port 0 would give one of those that
/// outgoing connections get, and the next connection might have it before the program does.
pub(crate) fn free_port() -> u16 {
    /// Well below what systems give to outgoing connections: Linux from 32768 on, unless it is told otherwise, others from 49152 on.
    const PORTS: std::ops::Range<u16> = 10_000..15_000;
    /// How many a process may take before it meets those of a process that runs beside it.
    const SHARE: u32 = 250;
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let count = u32::from(PORTS.end - PORTS.start);
    let first = std::process::id() % (count / SHARE) * SHARE;
    (0..count)
        .map(|_| PORTS.start + u16::try_from((first + TAKEN.fetch_add(1, Ordering::Relaxed)) % count).expect("below the count"))
        .find(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}

pub(crate) async fn start_sandbox() -> (Sandbox, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let sandbox = Sandbox::new(settings(&url));
    let router = sandbox.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (sandbox, url)
}

fn settings(url: &str) -> sandbox::Settings {
    let channel = |platform, id: &str, name: &str| sandbox::Channel { platform, id: id.to_owned(), name: name.to_owned() };
    sandbox::Settings {
        own_url: url.to_owned(),
        webhook_path: format!("/webhooks/iclosed/{TOKEN}"),
        iclosed_api_key: "iclosed_canary".to_owned(),
        slack_bot_token: "xoxb-canary-slack-token".to_owned(),
        slack_signing_secret: "canary-slack-signing-secret".to_owned(),
        discord_bot_token: "canary-discord-token".to_owned(),
        discord_application_id: "300000000000000001".to_owned(),
        discord_guild_id: "300000000000000002".to_owned(),
        discord_signing_key: SEED,
        people: PEOPLE
            .into_iter()
            .map(|(name, email, slack, discord, teammate)| sandbox::Person {
                name: name.to_owned(),
                email: email.to_owned(),
                slack: slack.to_owned(),
                discord: discord.to_owned(),
                teammate,
                ..sandbox::Person::default()
            })
            .collect(),
        channels: vec![
            channel(sandbox::Platform::Slack, SLACK, "sales"),
            channel(sandbox::Platform::Slack, SLACK_HOSTS, "hosts"),
            channel(sandbox::Platform::Discord, DISCORD, "alerts"),
        ],
        ..sandbox::Settings::default()
    }
}

/// A copy of a database.
pub(crate) struct Backup(std::path::PathBuf);

/// The configuration of a world, as an operator would write it.
pub(crate) fn configuration(sandbox: &str, database: &str, more: &str) -> String {
    let settings = settings(sandbox);
    // Tests that count messages count cards; those of `tell` say who is to be told.
    let quiet = if more.contains("team = ") { "" } else { "team = { notify_host = \"off\" }" };
    // And tests let hours pass; those of `remind` say who is to be reminded.
    let off = "remind_after = 'off', escalate_after = 'off', remind_after_soon = 'off', escalate_after_soon = 'off', stale_after = 'off'";
    let unwatched = if more.contains("follow_up = ") { String::new() } else { format!("follow_up = {{ {off} }}") };
    let mut text = format!(
        r#"
listen = "127.0.0.1:0"
public_url = "https://rebound.example.com"
database_url = "{database}"
timezone = "America/New_York"
{quiet}
{unwatched}
{more}
[iclosed]
webhook_token = "{TOKEN}"
[slack]
bot_token = "{slack_token}"
signing_secret = "{slack_secret}"
api_url = "{sandbox}/slack/api"
[discord]
bot_token = "{discord_token}"
application_id = "{application}"
public_key = "{public_key}"
guild_id = "{guild}"
api_url = "{sandbox}/discord"
[[channel]]
name = "sales"
slack = "{SLACK}"
[[channel]]
name = "hosts"
slack = "{SLACK_HOSTS}"
[[channel]]
name = "alerts"
discord = "{DISCORD}"
"#,
        slack_token = settings.slack_bot_token,
        slack_secret = settings.slack_signing_secret,
        discord_token = settings.discord_bot_token,
        application = settings.discord_application_id,
        public_key = settings.discord_public_key_hex(),
        guild = settings.discord_guild_id,
    );
    for (name, email, slack, discord, _) in PEOPLE.into_iter().filter(|person| person.4) {
        text += &format!("[[teammate]]\nname = \"{name}\"\nemail = \"{email}\"\nslack = \"{slack}\"\ndiscord = \"{discord}\"\n");
        if name == ALEX.name {
            text += "manager = true\n";
        }
    }
    text
}

/// A SQLite file in the folder, or a fresh database on the PostgreSQL server that the environment names.
pub(crate) async fn database(folder: &TempDir) -> String {
    let Ok(server) = std::env::var("REBOUND_TEST_DATABASE_URL") else {
        return format!("sqlite://{}", folder.path().join("rebound.db").display());
    };
    let name = format!("rebound_{:016x}", getrandom::u64().expect("randomness"));
    let admin = sea_orm::Database::connect(&server).await.expect("the PostgreSQL server of REBOUND_TEST_DATABASE_URL");
    admin.execute_unprepared(&format!("create database {name}")).await.expect("a database of our own");
    let (before, _) = server.rsplit_once('/').expect("a URL with a database");
    format!("{before}/{name}")
}

fn parsed(text: &str) -> Config {
    config::parse(text, "test", &Environment::default()).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

async fn start_app(config: &Config, ahead: &Arc<AtomicI64>) -> (App, String, AbortHandle) {
    let ahead = Arc::clone(ahead);
    let system = Clock::system();
    let clock = Clock::of(move || system.now() + TimeDelta::milliseconds(ahead.load(Ordering::SeqCst)));
    let app = App::build(config, clock).await.unwrap_or_else(|error| panic!("{error}"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(rebound::http::serve(listener, app.router(), std::future::pending()));
    (app, url, server.abort_handle())
}
