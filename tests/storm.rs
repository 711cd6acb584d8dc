//! A storm on the real program: senders that repeat until they are told 2xx, people who press buttons, both platforms failing three times
//! in ten, and `kill -9` every few seconds. What the platforms hold in the end decides, and what they wrote down on the way; not what our own tables say.
//!
//! ```text
//! cargo test --test storm                          a short storm; part of every run
//! STORM=1000 cargo test --test storm -- --nocapture    1,000 webhooks, some minutes, with its figures
//! SEED=7 cargo test --test storm                   the same kills, re-sends and chances of faults once more
//! ```
//!
//! On PostgreSQL when `REBOUND_TEST_DATABASE_URL` names a server, else on SQLite.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests play the outside world, which has a clock, an environment and a screen"
)]

#[path = "bot/calls.rs"]
#[expect(dead_code, reason = "shared with the tests of the bot")]
mod calls;
#[path = "bot/world.rs"]
#[expect(dead_code, reason = "shared with the tests of the bot")]
mod world;

mod dice;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use dice::Dice;
use rebound::sandbox::{Call, Fault, FaultKind, Message, Operation, Sandbox};
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinSet;

use calls::{cancelled, email};
use world::{
    ALEX, DISCORD, KIM, SAM, SLACK, SLACK_HOSTS, TOKEN, answer_within, client, configuration, database, free_port, plain, start_sandbox,
};

const CHANNELS: [&str; 3] = [SLACK, SLACK_HOSTS, DISCORD];
const SENDERS: usize = 4;
/// Between two webhooks of one sender.
const SENDER_PACE: Duration = Duration::from_millis(900);
/// The storm goes on for so long for each webhook: longer than they take to be sent.
const RAGE: Duration = Duration::from_millis(350);
/// Between two presses of people. Each is a line in three threads, and a line of unclear outcome is a look of its own.
const PRESS_PACE: Duration = Duration::from_millis(1_500);
/// What a line in a thread tells, as far as people do it here.
const STEPS: [&str; 3] = ["took it over", "took it", "gave it to"];
/// Histories show a message so late; `settle` is longer.
const LAG: Duration = Duration::from_secs(1);
const TIMINGS: &str = r#"
log = { level = "debug" }
team = { notify_host = "dm" }
delivery = { request_timeout = "500ms", lease = "10500ms", settle = "4s", look_every = "500ms", retry = ["100ms", "300ms", "1s"], slack_interval = "10ms", discord_interval = "10ms" }
"#;
/// What no log may hold: every secret of the configuration, and who the lead is.
const CANARIES: [&str; 6] = [TOKEN, "xoxb-canary", "canary-slack-signing-secret", "canary-discord-token", "@prospect.example", "Jane Doe"];

/// May the bot see what is in a channel?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looks {
    Open,
    /// Histories are always empty, and Discord forgets every nonce.
    Blind,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_is_twice() {
    let webhooks = std::env::var("STORM").ok().and_then(|given| given.parse().ok()).unwrap_or(60);
    let figures = storm(webhooks, Looks::Open).await;
    assert_eq!(figures.wrong, Vec::<String>::new());
    assert_eq!(figures.ever_doubles, 0, "doubles that were seen for a while");
    assert!(figures.kills > 4 && figures.faults > 40 && figures.looks > 10 && figures.lines > 3, "this was no storm: {figures}");
}

/// The storm sees: without the look, which is all that keeps an unclear creation from being repeated, it finds doubles.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_look_there_are_doubles() {
    let figures = storm(24, Looks::Blind).await;
    assert!(figures.ever_doubles > 3, "{figures}");
    assert!(figures.wrong.iter().any(|wrong| wrong.contains("stands 2 times")), "{:?}", figures.wrong);
    assert!(!figures.wrong.iter().any(|wrong| wrong.contains("stands 0 times")), "{:?}", figures.wrong);
}

#[derive(Debug)]
struct Figures {
    webhooks: usize,
    requests: usize,
    kills: usize,
    faults: usize,
    creations: usize,
    looks: usize,
    /// What people did, as threads tell it.
    lines: usize,
    /// Cards that were there when the kills ended.
    before_the_last_kill: usize,
    /// Messages beyond the first of their key, whether they still live or not.
    ever_doubles: usize,
    seconds: u64,
    /// What should not be, in words.
    wrong: Vec<String>,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { webhooks, requests, kills, faults, creations, looks, lines, before_the_last_kill, ever_doubles, seconds, wrong } = self;
        let cards = webhooks * CHANNELS.len();
        write!(
            f,
            "{webhooks} webhooks in {requests} requests, {kills} kills, {faults} faults, {creations} creations, {looks} looks, \
             {lines} lines, {before_the_last_kill} of {cards} cards between kills, ever double {ever_doubles}, wrong {}, {seconds} s",
            wrong.len()
        )
    }
}

async fn storm(webhooks: usize, looks: Looks) -> Figures {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| getrandom::u64().expect("randomness"));
    println!("SEED={seed} looks {looks:?}");
    let _ = rustls::crypto::ring::default_provider().install_default();
    let began = Instant::now();
    let mut dice = Dice(seed);
    let (sandbox, sandbox_url) = start_sandbox().await;
    let folder = TempDir::new().expect("a folder");
    let place = Place::new(&folder, &sandbox_url, database(&folder).await);
    sandbox.set_bot_url(place.url.clone());
    break_platforms(&sandbox, looks, &mut dice);

    let bodies: Arc<Vec<Value>> = Arc::new((0..webhooks).map(|_| cancelled(Utc::now())).collect());
    let (over, calm) = watch::channel(false);
    let rage = RAGE * u32::try_from(webhooks).expect("few");
    let work = async {
        let requests = send_all(&place, &bodies, dice.next()).await;
        answer_within(rage, async || (began.elapsed() >= rage).then_some(())).await;
        let _ = over.send(true);
        requests
    };
    let people = press_buttons(&sandbox, Dice(seed ^ 0xACE), calm.clone());
    let (requests, (program, kills), ()) = tokio::join!(work, kill_and_restart(&place, Dice(seed ^ 0xDEAD), calm), people);
    let cards = || CHANNELS.iter().map(|channel| seen(&sandbox, channel).len()).sum::<usize>();
    let (before_the_last_kill, all) = (cards(), webhooks * CHANNELS.len());
    let patience = Duration::from_mins(1) + rage;
    // The platforms fail on, so that most cards are made in the storm; then they heal, and nothing may be left.
    answer_within(patience, async || (cards() * 10 >= all * 9).then_some(())).await;
    heal(&sandbox, looks);
    let quiet = answer_within(patience, async || (cards() == all && nothing_waits(&place).await).then_some(())).await.is_some();
    drop(program);

    let mut wrong = judge(&sandbox, &bodies);
    if !quiet {
        wrong.push("the metrics never said that nothing waits".to_owned());
    }
    let lines = CHANNELS.iter().flat_map(|channel| lines(&sandbox, channel)).map(|(_, told)| told.len()).sum();
    let private = sandbox.slack().private().into_iter().chain(sandbox.discord().private());
    let direct = private.filter(|one| one.direct).count();
    let expected = [("card", webhooks * CHANNELS.len()), ("line", lines), ("direct message", direct)];
    wrong.extend(place.judge_database(&expected, looks).await);
    wrong.extend(place.judge_logs());
    let journal: Vec<Call> = sandbox.slack().journal().into_iter().chain(sandbox.discord().journal()).collect();
    let count = |which: &dyn Fn(&Call) -> bool| journal.iter().filter(|call| which(call)).count();
    let figures = Figures {
        webhooks,
        requests,
        kills,
        faults: count(&|call| call.fault.is_some()),
        creations: count(&|call| call.operation == Operation::Create),
        looks: count(&|call| call.operation == Operation::History),
        lines,
        before_the_last_kill,
        ever_doubles: ever_doubles(&journal),
        seconds: began.elapsed().as_secs(),
        wrong,
    };
    println!("SEED={seed} looks {looks:?}: {figures}");
    figures
}

/// Both platforms fail three times in ten with creations, edits and histories, half of the time after having done what was asked.
fn break_platforms(sandbox: &Sandbox, looks: Looks, dice: &mut Dice) {
    let (slack, discord) = (sandbox.slack(), sandbox.discord());
    slack.seed_faults(dice.next());
    discord.seed_faults(dice.next());
    slack.set_history_lag(LAG);
    discord.set_history_lag(LAG);
    if looks == Looks::Blind {
        blind(sandbox);
        let first = || Fault::new(FaultKind::ErrorAfter(500)).on(Operation::Create).times(3);
        slack.fault(first());
        discord.fault(first());
    }
    let kinds = [
        FaultKind::RateLimited { retry_after: Duration::from_secs(1) },
        FaultKind::ErrorBefore(500),
        FaultKind::ErrorBefore(503),
        FaultKind::ErrorAfter(500),
        FaultKind::DropBefore,
        FaultKind::DropAfter,
        FaultKind::HangBefore,
        FaultKind::HangAfter,
        FaultKind::HtmlAfter,
        FaultKind::CutBody,
    ];
    for operation in [Operation::Create, Operation::Edit, Operation::History] {
        for kind in &kinds {
            // One after the other, ten of these hit 30 %.
            let fault = || Fault::new(kind.clone()).on(operation).fraction(0.035);
            slack.fault(fault());
            discord.fault(fault());
        }
    }
}

fn blind(sandbox: &Sandbox) {
    let nothing = |body: Value| Fault::new(FaultKind::Answers { status: 200, body }).on(Operation::History);
    sandbox.slack().fault(nothing(json!({ "ok": true, "messages": [], "has_more": false })));
    sandbox.discord().fault(nothing(json!([])));
    sandbox.discord().set_nonce_memory(Duration::ZERO);
}

fn heal(sandbox: &Sandbox, looks: Looks) {
    sandbox.slack().heal();
    sandbox.discord().heal();
    if looks == Looks::Blind {
        blind(sandbox);
    }
}

/// Sends every webhook as iClosed does: again until it is told 2xx, some twice at once, some once more afterwards, in other words or the
/// same. Returns how many requests that took.
async fn send_all(place: &Place, bodies: &Arc<Vec<Value>>, seed: u64) -> usize {
    let next = Arc::new(AtomicUsize::new(0));
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let (next, bodies, url) = (Arc::clone(&next), Arc::clone(bodies), place.webhook.clone());
        let mut dice = Dice(seed.wrapping_add(sender as u64));
        senders.spawn(async move {
            let client = client();
            let mut ticks = tokio::time::interval(SENDER_PACE);
            let mut requests = 0;
            while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                ticks.tick().await;
                if dice.one_in(5) {
                    let (one, other) = tokio::join!(deliver(&client, &url, body), deliver(&client, &url, body));
                    requests += one + other;
                } else {
                    requests += deliver(&client, &url, body).await;
                }
                if dice.one_in(10) {
                    requests += deliver(&client, &url, body).await;
                }
                if dice.one_in(10) {
                    requests += deliver(&client, &url, &told_again(body)).await;
                }
            }
            requests
        });
    }
    senders.join_all().await.into_iter().sum()
}

/// The same cancellation with a time some seconds later, as iClosed sometimes tells it.
fn told_again(body: &Value) -> Value {
    let mut body = body.clone();
    for part in ["event", "invitee"] {
        let at = body[part]["canceled_at"].as_str().and_then(|at| at.parse::<chrono::DateTime<Utc>>().ok()).expect("a time");
        body[part]["canceled_at"] = json!((at + TimeDelta::seconds(3)).to_rfc3339());
    }
    body
}

/// Until 2xx; how many requests that took.
async fn deliver(client: &reqwest::Client, url: &str, body: &Value) -> usize {
    let mut again = tokio::time::interval(Duration::from_millis(100));
    for requests in 1.. {
        again.tick().await;
        // iClosed waits five seconds.
        let sent = client.post(url).timeout(Duration::from_secs(5)).body(body.to_string()).send().await;
        match sent.map(|answer| answer.status().as_u16()) {
            Ok(200..=299) => return requests,
            Ok(503) | Err(_) => {}
            Ok(other) => panic!("a webhook was answered {other}"),
        }
    }
    unreachable!("the loop has no other end")
}

/// People claim and assign what they see, on either platform, as long as it storms. Many of their presses meet nobody.
async fn press_buttons(sandbox: &Sandbox, mut dice: Dice, mut over: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(PRESS_PACE);
    loop {
        tokio::select! {
            _ = over.wait_for(|over| *over) => return,
            _ = ticks.tick() => {}
        }
        let (on_slack, claims) = (dice.one_in(2), dice.one_in(2));
        let cards = live(sandbox, if on_slack { SLACK } else { DISCORD });
        let Some(many) = u32::try_from(cards.len()).ok().filter(|many| *many > 0) else { continue };
        let card = &cards[dice.below(many) as usize].id;
        let claim =
            if cards.iter().any(|one| one.id == *card && one.buttons().iter().any(|it| it == "Claim")) { "Claim" } else { "Take over" };
        // Whatever comes of it: a press that was not taken leaves no line, and one that was leaves one in every thread.
        let _answered = match (on_slack, claims) {
            (true, true) => sandbox.slack().press(KIM.slack, SLACK, card, claim).await,
            (false, true) => sandbox.discord().press(KIM.discord, DISCORD, card, claim).await,
            (true, false) => sandbox.slack().pick(ALEX.slack, SLACK, card, "Assign follow-up", SAM.slack).await,
            (false, false) => sandbox.discord().pick(ALEX.discord, DISCORD, card, "Assign follow-up", SAM.discord).await,
        };
    }
}

/// Kills the program every 0.5 to 3 seconds and starts it again at once, until told that it is over. Leaves one running.
async fn kill_and_restart(place: &Place, mut dice: Dice, mut over: watch::Receiver<bool>) -> (Program, usize) {
    let mut program = place.start();
    for kills in 0.. {
        let gap = Duration::from_millis(500 + u64::from(dice.below(2_500)));
        if tokio::time::timeout(gap, over.wait_for(|over| *over)).await.is_ok() {
            return (program, kills);
        }
        program.kill();
        program = place.start();
    }
    unreachable!("the loop has no other end")
}

/// Where the program runs.
struct Place {
    folder: PathBuf,
    /// A copy of the program, so that a build meanwhile does not change it between two lives.
    program: PathBuf,
    database: String,
    url: String,
    webhook: String,
}

impl Place {
    fn new(folder: &TempDir, sandbox: &str, database: String) -> Self {
        let folder = folder.path().to_owned();
        let port = free_port();
        let text = configuration(sandbox, &database, TIMINGS).replace("127.0.0.1:0", &format!("127.0.0.1:{port}"));
        std::fs::write(folder.join("rebound.toml"), text).expect("a configuration");
        let program = folder.join("rebound");
        std::fs::copy(env!("CARGO_BIN_EXE_rebound"), &program).expect("the program");
        let url = format!("http://127.0.0.1:{port}");
        Self { folder, program, database, webhook: format!("{url}/webhooks/iclosed/{TOKEN}"), url }
    }

    fn start(&self) -> Program {
        let log = || -> File { OpenOptions::new().create(true).append(true).open(self.folder.join("log")).expect("a log") };
        let child = Command::new(&self.program)
            .args(["serve", "--config"])
            .arg(self.folder.join("rebound.toml"))
            .stdout(Stdio::from(log()))
            .stderr(Stdio::from(log()))
            .spawn()
            .expect("the program");
        Program { child, log: self.folder.join("log") }
    }

    /// The database is whole, and nothing in it waits.
    async fn judge_database(&self, expected: &[(&str, usize)], looks: Looks) -> Vec<String> {
        let database = Database::connect(&self.database).await.expect("the database opens");
        let backend = database.get_database_backend();
        let ask = async |question: &str| database.query_one_raw(Statement::from_string(backend, question)).await;
        let mut wrong = Vec::new();
        if backend == sea_orm::DbBackend::Sqlite {
            let answer = ask("pragma integrity_check").await.expect("an answer").expect("a row");
            let said: String = answer.try_get_by_index(0).expect("a word");
            if said != "ok" {
                wrong.push(format!("integrity check: {said}"));
            }
        }
        let kind = "case when kind = 'card' then 'card' when parent is null then 'direct message' else 'line' end";
        for (what, right) in expected {
            let answer = ask(&format!("select count(*) from post where {kind} = '{what}'")).await.expect("an answer").expect("a row");
            let found: i64 = answer.try_get_by_index(0).expect("a number");
            if i64::try_from(*right) != Ok(found) {
                wrong.push(format!("of {what} in the database ({looks:?}): {found}, not {right}"));
            }
        }
        for (what, question, right) in [
            ("posts without their message", "select count(*) from post where message is null", 0),
            ("posts in flight or behind", "select count(*) from post where phase <> 'idle' or wanted > shown", 0),
            ("events not understood", "select count(*) from event where understood_at is null or quarantined is not null", 0),
        ] {
            let answer = ask(question).await.expect("an answer").expect("a row");
            let found: i64 = answer.try_get_by_index(0).expect("a number");
            if found != right {
                wrong.push(format!("{what} in the database ({looks:?}): {found}, not {right}"));
            }
        }
        wrong
    }

    /// No log holds a secret, nor who the lead is.
    fn judge_logs(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.join("log")).expect("a log");
        let mut wrong: Vec<String> =
            CANARIES.into_iter().filter(|canary| log.contains(canary)).map(|it| format!("{it} in a log")).collect();
        if !log.contains("a call was cancelled") {
            wrong.push("the log was not captured".to_owned());
        }
        wrong.extend(log.lines().filter(|line| line.contains("panicked")).map(|line| format!("panicked: {line}")));
        wrong
    }
}

/// One life of the program; killed when dropped.
struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    fn kill(&mut self) {
        if let Some(status) = self.child.try_wait().expect("a state") {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let last: Vec<&str> = log.lines().rev().take(5).collect();
            panic!("the program ended by itself, {status}: {last:#?}");
        }
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn nothing_waits(place: &Place) -> bool {
    let Ok(answer) = client().get(format!("{}/metrics", place.url)).send().await else {
        return false;
    };
    let text = answer.text().await.unwrap_or_default();
    let zero = |name: &str| {
        let mut lines = text.lines().filter(|line| line.starts_with(name)).peekable();
        lines.peek().is_some() && lines.all(|line| line.ends_with(" 0"))
    };
    ["rebound_posts_waiting{platform=\"slack\"}", "rebound_posts_waiting{platform=\"discord\"}"].into_iter().all(zero)
        && ["rebound_posts_unclear ", "rebound_posts_held ", "rebound_posts_dead "].into_iter().all(zero)
}

/// Every call has exactly one live message in every channel, and every message has its call.
fn judge(sandbox: &Sandbox, bodies: &[Value]) -> Vec<String> {
    let told: BTreeSet<&str> = bodies.iter().map(email).collect();
    let mut wrong = Vec::new();
    for channel in CHANNELS {
        let seen = seen(sandbox, channel);
        for email in &told {
            let times = seen.get(*email).copied().unwrap_or_default();
            if times != 1 {
                wrong.push(format!("{email} stands {times} times in {channel}"));
            }
        }
        wrong.extend(seen.keys().filter(|email| !told.contains(email.as_str())).map(|email| format!("{email} in {channel}: never told")));
    }
    let stories = CHANNELS.map(|channel| lines(sandbox, channel));
    for email in &told {
        let told = stories.each_ref().map(|stories| stories.get(*email));
        if told.iter().any(|story| *story != told[0]) {
            wrong.push(format!("what was done about {email} is told in other words elsewhere: {told:?}"));
        }
    }
    let private = sandbox.slack().private();
    let host = private.iter().filter(|one| one.direct && one.text().contains("A call of yours was cancelled")).count();
    if host != bodies.len() {
        wrong.push(format!("the host was told {host} times of {} calls", bodies.len()));
    }
    for objection in sandbox.slack().objections().into_iter().chain(sandbox.discord().objections()) {
        wrong.push(format!("a platform objects: {objection}"));
    }
    wrong
}

/// Whom the live messages of a channel are about, and how many are about each.
fn seen(sandbox: &Sandbox, channel: &str) -> BTreeMap<String, usize> {
    let mut seen = BTreeMap::new();
    for message in &live(sandbox, channel) {
        *seen.entry(about(message)).or_default() += 1;
    }
    seen
}

fn live(sandbox: &Sandbox, channel: &str) -> Vec<Message> {
    if channel == DISCORD { sandbox.discord().messages(channel) } else { sandbox.slack().messages(channel) }
}

/// What the threads of a channel tell about each call, in their order.
fn lines(sandbox: &Sandbox, channel: &str) -> BTreeMap<String, Vec<&'static str>> {
    let thread = |card: &Message| match channel {
        DISCORD => sandbox.discord().thread(channel, &card.id),
        _ => sandbox.slack().thread(channel, &card.id),
    };
    let step = |line: &Message| STEPS.into_iter().find(|step| plain(&line.text()).contains(step)).unwrap_or("something else");
    live(sandbox, channel).iter().map(|card| (about(card), thread(card).iter().map(step).collect())).collect()
}

fn about(message: &Message) -> String {
    const DOMAIN: &str = "@prospect.example";
    let text = plain(&message.text());
    let end = text.find(DOMAIN).map_or(text.len(), |at| at + DOMAIN.len());
    let start = text[..end].rfind("lead").unwrap_or_default();
    text[start..end].to_owned()
}

/// Messages that were ever made beyond the first of their key, by the platforms' journals.
fn ever_doubles(journal: &[Call]) -> usize {
    let mut made: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for call in journal.iter().filter(|call| call.operation == Operation::Create && call.done) {
        let key = call.body.pointer("/metadata/event_payload/d").or_else(|| call.body.get("nonce")).and_then(Value::as_str);
        made.entry(key.expect("every creation carries its key")).or_default().extend(call.message.as_deref());
    }
    made.values().map(|messages| messages.len().saturating_sub(1)).sum()
}
