//! A secret is never printed, nor who the lead is: not in logs at their most talkative, not in errors, figures or answers, whatever goes
//! wrong.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use chrono::Utc;
use hmac::{Hmac, KeyInit, Mac};
use rebound::config::{self, Environment};
use rebound::sandbox::{Fault, FaultKind, Operation, SignedRequest};
use rustix::process::Signal;
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::calls::{REASON, cancelled};
use crate::program::Place;
use crate::world::{DISCORD, KIM_DISCORD, KIM_SLACK, SLACK, TOKEN, client, plain, until};

const PREVIOUS: &str = "canary-previous-1b6453892473a467d07372d45eb05abc";
const API_KEY: &str = "canary-api-key-0c5e";
const SIGNATURE: &str = "canary-signature-key-77f1";
const SLACK_TOKEN: &str = "xoxb-canary-slack-token";
const SLACK_SECRET: &str = "canary-slack-signing-secret";
const DISCORD_TOKEN: &str = "canary-discord-token";
const PASSWORD: &str = "canary-password-58aa";
const SECRETS: [&str; 8] = [TOKEN, PREVIOUS, API_KEY, SIGNATURE, SLACK_TOKEN, SLACK_SECRET, DISCORD_TOKEN, PASSWORD];
/// Of the lead that all webhooks here are about.
const PERSONAL: [&str; 5] = ["Jane", "@prospect.example", "+1555", REASON, "Between 20k"];

/// A secret as it is, and as it may be disguised.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex = hex::encode(bytes);
    let percent = bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "%{byte:02X}");
        text
    });
    let encoded: String = url::form_urlencoded::byte_serialize(bytes).collect();
    let mut all = vec![secret.to_owned(), hex.to_uppercase(), hex, percent, encoded, format!("{bytes:?}")];
    // Inside of something longer, base64 looks one of three ways; without what depends on the neighbours.
    for shift in 0..3 {
        let text = base64(&[&vec![0; shift], bytes].concat());
        let inner = text[4..text.len() - 4].to_owned();
        all.extend([inner.replace('+', "-").replace('/', "_"), inner]);
    }
    all
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = three.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte)) << (8 * (3 - three.len()));
        text.extend((0..4).map(|at| char::from(LETTERS[number >> (18 - 6 * at) & 63])));
    }
    text
}

#[track_caller]
fn assert_clean(what: &str, shown: &str) {
    assert_hidden(what, shown, &SECRETS);
}

#[track_caller]
fn assert_hidden(what: &str, shown: &str, secrets: &[impl AsRef<str>]) {
    for form in secrets.iter().flat_map(|secret| forms(secret.as_ref())) {
        assert!(!shown.contains(&form), "{what} shows {form}:\n{}", around(shown, &form));
    }
}

#[track_caller]
fn assert_nobody(what: &str, shown: &str) {
    for of_the_lead in PERSONAL {
        assert!(!shown.contains(of_the_lead), "{what} shows {of_the_lead}:\n{}", around(shown, of_the_lead));
    }
}

fn around(shown: &str, found: &str) -> String {
    shown.lines().filter(|line| line.contains(found)).take(3).collect::<Vec<_>>().join("\n")
}

/// Runs a command in that folder; what it said.
async fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rebound"));
    command.args(arguments).current_dir(folder).env_remove("REBOUND_CONFIG").envs(variables.iter().copied());
    let done = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("the program");
    format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
}

/// Every secret is in the configuration, and the log says all that it can.
async fn place(format: &str) -> Place {
    let timings = "request_timeout = \"1s\", lease = \"12s\", settle = \"1s\", look_every = \"300ms\", retry = [\"100ms\"], slack_interval = \"10ms\"";
    let place = Place::new(&format!("log = {{ level = \"trace\", format = \"{format}\" }}\ndelivery = {{ {timings} }}")).await;
    let signature = format!("signature = {{ header = \"x-signature\", secret = \"{SIGNATURE}\" }}");
    place.change("[slack]\n", &format!("webhook_token_previous = \"{PREVIOUS}\"\napi_key = \"{API_KEY}\"\n{signature}\n[slack]\n"));
    if let Some((user, server)) = place.database.split_once('@') {
        // A server that trusts everybody does not look at it.
        place.change(&place.database, &format!("{user}:{PASSWORD}@{server}"));
    }
    place
}

async fn webhook(url: &str, token: &str, body: String) -> u16 {
    let mac = Hmac::<Sha256>::new_from_slice(SIGNATURE.as_bytes()).expect("a key").chain_update(body.as_bytes()).finalize();
    let signed = client().post(format!("{url}/webhooks/iclosed/{token}")).header("x-signature", hex::encode(mac.into_bytes()));
    signed.body(body).send().await.expect("an answer").status().as_u16()
}

/// What a press brings along that lets whoever has it answer for us: Slack's addresses and triggers, Discord's tokens.
fn keys_of(request: &SignedRequest) -> Vec<String> {
    let form = url::form_urlencoded::parse(request.body.as_bytes()).find(|(name, _)| name == "payload");
    let payload = form.map_or_else(|| request.body.clone(), |(_, payload)| payload.into_owned());
    let payload: Value = serde_json::from_str(&payload).expect("JSON");
    let keys = ["trigger_id", "response_url", "token"].map(|name| payload[name].as_str().map(str::to_owned));
    keys.into_iter().flatten().filter(|key| !key.is_empty()).collect()
}

#[tokio::test]
async fn nothing_that_serve_says_holds_a_secret_or_the_lead() {
    for format in ["json", "pretty"] {
        let place = place(format).await;
        let mut program = place.start().await;
        let (told, mut keys) = talk_to(&place, &program.url).await;
        assert!(keys.len() >= 4, "{keys:?}");
        keys.push(instance_secret(&place).await);
        for (what, text) in &told {
            assert_clean(what, text);
            assert_hidden(what, text, &keys);
            assert_nobody(what, text);
        }
        program.signal(Signal::TERM);
        assert!(program.end_within(Duration::from_secs(20)).await.is_some(), "it ends");
        let log = place.log();
        for expected in ["a call was cancelled", "Slack's name", "Discord's name", "quarantined", "stopped"] {
            assert!(log.contains(expected), "{expected:?} was not provoked ({format}):\n{log}");
        }
        assert_clean(format, &log);
        assert_hidden(format, &log, &keys);
        assert_nobody(format, &log);
    }
}

async fn instance_secret(place: &Place) -> String {
    let database = Database::connect(&place.database).await.expect("the database");
    let question = Statement::from_string(database.get_database_backend(), "select secret from instance");
    database.query_one_raw(question).await.expect("an answer").expect("a row").try_get_by_index(0).expect("a text")
}

/// Everything that a running program is asked; what strangers are answered, and the keys that came with presses.
async fn talk_to(place: &Place, url: &str) -> (Vec<(String, String)>, Vec<String>) {
    let (slack, discord) = (place.sandbox.slack(), place.sandbox.discord());
    let body = cancelled(Utc::now());
    for token in [TOKEN, PREVIOUS] {
        assert_eq!(webhook(url, token, body.to_string()).await, 200);
    }
    let unsigned = client().post(format!("{url}/webhooks/iclosed/{TOKEN}")).body(body.to_string()).send().await.expect("an answer");
    assert_ne!(unsigned.status(), 200);
    let card = until("a card in both", async || {
        let [slack, discord] = [slack.messages(SLACK), discord.messages(DISCORD)];
        let about = |text: String| plain(&text).contains("@prospect.example");
        (about(slack.first()?.text()) && about(discord.first()?.text())).then(|| (slack[0].id.clone(), discord[0].id.clone()))
    })
    .await;
    for bad in [body.to_string()[..300].to_owned(), "hello Jane".to_owned(), json!({ "hookType": "Jane" }).to_string()] {
        webhook(url, TOKEN, bad).await;
    }
    for button in ["Details", "Claim"] {
        slack.press(KIM_SLACK, SLACK, &card.0, button).await;
        discord.press(KIM_DISCORD, DISCORD, &card.1, button).await;
    }
    slack.command(KIM_SLACK, "help").await;
    discord.command(KIM_DISCORD, "help").await;
    let mut told = Vec::new();
    for (name, request) in [
        ("Slack", slack.press_request(KIM_SLACK, SLACK, &card.0, "Details").expect("a press")),
        ("Discord", discord.press_request(KIM_DISCORD, DISCORD, &card.1, "Details").expect("a press")),
    ] {
        let mut forged = request;
        forged.body.push(' ');
        told.push((format!("the answer to a forged press on {name}"), slack.send(&forged).await.immediate.to_string()));
    }
    // Platforms that tell us our own tokens.
    let echo = |token: &str| json!({ "ok": false, "error": token, "code": 50_035, "message": token, "errors": { token: token } });
    for (status, on) in
        [(200, Operation::Create), (400, Operation::Create), (401, Operation::Create), (500, Operation::History), (403, Operation::Private)]
    {
        slack.fault(Fault::new(FaultKind::Answers { status, body: echo(SLACK_TOKEN) }).on(on).times(1));
        discord.fault(Fault::new(FaultKind::Answers { status, body: echo(DISCORD_TOKEN) }).on(on).times(1));
    }
    for kind in [FaultKind::HtmlAfter, FaultKind::CutBody, FaultKind::DropAfter, FaultKind::HangAfter] {
        slack.fault(Fault::new(kind.clone()).on(Operation::Create).times(1));
        discord.fault(Fault::new(kind).on(Operation::Create).times(1));
    }
    for _ in 0..6 {
        webhook(url, TOKEN, cancelled(Utc::now()).to_string()).await;
    }
    // The addresses of private answers hold their keys, and errors like to quote addresses.
    let mut keys = Vec::new();
    for kind in [FaultKind::DropBefore, FaultKind::ErrorBefore(404), FaultKind::HtmlAfter, FaultKind::HangAfter] {
        slack.fault(Fault::new(kind.clone()).on(Operation::Private).times(1));
        discord.fault(Fault::new(kind).on(Operation::Private).times(1));
        let press = slack.press_request(KIM_SLACK, SLACK, &card.0, "Details").expect("a press");
        keys.extend(keys_of(&press));
        slack.send(&press).await;
        let press = discord.press_request(KIM_DISCORD, DISCORD, &card.1, "Details").expect("a press");
        keys.extend(keys_of(&press));
        discord.send(&press).await;
    }
    until("a private answer that failed", async || place.log().contains("a private answer did not arrive").then_some(())).await;
    slack.press(KIM_SLACK, SLACK, &card.0, "Details").await;
    until("trouble in the log", async || place.log().contains("unclear").then_some(())).await;
    for path in
        ["/metrics", "/readyz", "/livez", &format!("/webhooks/iclosed/{TOKEN}"), &format!("/webhooks/iclosed/x?{TOKEN}"), "/nowhere"]
    {
        let answer = client().get(format!("{url}{path}")).send().await.expect("an answer");
        told.push((
            path.split('/').nth(1).unwrap_or_default().to_owned(),
            format!("{:?} {}", answer.headers().clone(), answer.text().await.expect("a text")),
        ));
    }
    (told, keys)
}

#[tokio::test]
async fn no_command_shows_a_secret() {
    let place = place("json").await;
    let folder = place.folder.path();
    std::fs::write(folder.join("call.json"), cancelled(Utc::now()).to_string()).expect("a file");
    let program = place.start().await;
    let broken = cancelled(Utc::now()).to_string();
    for body in [cancelled(Utc::now()).to_string(), broken[..broken.len() - 9].to_owned()] {
        webhook(&program.url, TOKEN, body).await;
    }
    until("a quarantined event", async || program.get("/metrics").await?.1.contains("{result=\"quarantined\"} 1").then_some(())).await;
    for arguments in [
        vec!["check"],
        vec!["check", "--online"],
        vec!["preview", "call.json"],
        vec!["preview", "call.json", "--format", "slack"],
        vec!["preview", "call.json", "--format", "json"],
        vec!["replay", "--list"],
        vec!["replay", "--all"],
        vec!["export"],
        vec!["manifest", "slack"],
        vec!["register"],
        vec!["serve"],
        vec!["serve", "--config", "nowhere.toml"],
    ] {
        assert_clean(&arguments.join(" "), &run(folder, &arguments, &[]).await);
    }
    let echo = |token: &str| FaultKind::Answers { status: 403, body: json!({ "ok": false, "error": token, "message": token }) };
    place.sandbox.slack().fault(Fault::new(echo(SLACK_TOKEN)));
    place.sandbox.discord().fault(Fault::new(echo(DISCORD_TOKEN)));
    for arguments in [vec!["check", "--online"], vec!["register"]] {
        assert_clean(&arguments.join(" "), &run(folder, &arguments, &[]).await);
    }
}

/// Each secret with each mistake, in the file, in the environment and in a file of its own.
#[tokio::test]
async fn no_mistake_shows_a_secret() {
    let place = place("json").await;
    let folder = place.folder.path();
    let good = std::fs::read_to_string(place.file()).expect("a configuration");
    assert!(run(folder, &["check"], &[]).await.contains("nothing wrong"));
    let keys = [
        ("iclosed", "webhook_token", TOKEN),
        ("iclosed", "webhook_token_previous", PREVIOUS),
        ("iclosed", "api_key", API_KEY),
        ("slack", "bot_token", SLACK_TOKEN),
        ("slack", "signing_secret", SLACK_SECRET),
        ("discord", "bot_token", DISCORD_TOKEN),
    ];
    for (table, key, secret) in keys {
        let line = format!("{key} = \"{secret}\"");
        for wrong in [
            format!("{key} = {secret}"),
            format!("{key} = \"{secret}"),
            format!("{key} = [\"{secret}\"]"),
            format!("{key} = \"{secret}\\n\""),
            format!("{key} = \" {secret}\""),
            format!("{key} = \"\\q{secret}\""),
            format!("{key}_file = \"{secret}\""),
            format!("{key}x = \"{secret}\""),
            format!("{line}\n{line}"),
        ] {
            std::fs::write(place.file(), good.replace(&line, &wrong)).expect("a configuration");
            assert_clean(&wrong, &run(folder, &["check"], &[]).await);
        }
        std::fs::write(place.file(), &good).expect("a configuration");
        let variable = format!("REBOUND_{}__{}", table.to_uppercase(), key.to_uppercase());
        let file = folder.join("secret");
        std::fs::write(&file, format!("{secret}\u{7}\n")).expect("a file");
        let path = file.to_str().expect("text").to_owned();
        for (name, value) in [
            (variable.clone(), format!("{secret} x")),
            (format!("{variable}_FILE"), path),
            (format!("{variable}_FILE"), secret.to_owned()),
            (format!("{variable}X"), secret.to_owned()),
        ] {
            let said = run(folder, &["check"], &[(&name, &value)]).await;
            assert!(!said.contains("nothing wrong"), "{name} is a mistake: {said}");
            assert_clean(&name, &said);
        }
    }
    std::fs::write(place.file(), good.replace(&format!("\"{SIGNATURE}\""), SIGNATURE)).expect("a configuration");
    assert_clean("signature", &run(folder, &["check"], &[]).await);
}

#[tokio::test]
async fn neither_a_lost_database_nor_a_bad_template_shows_a_secret() {
    let place = place("json").await;
    let folder = place.folder.path();
    std::fs::create_dir_all(folder.join("templates/card")).expect("a folder");
    std::fs::write(folder.join("templates/card/invitee.md"), "# {{ webhook_token }} {{ nonsense }}").expect("a template");
    let url = format!("postgres://rebound:{PASSWORD}@127.0.0.1:1/rebound");
    for (name, value) in [
        ("REBOUND_TEMPLATES_DIR", "templates"),
        ("REBOUND_DATABASE_URL", url.as_str()),
        ("REBOUND_DATABASE_URL", &url.replace("127.0.0.1:1", "nowhere.invalid")),
        ("REBOUND_DATABASE_URL", &url.replace(":1/", ":notaport/")),
        ("REBOUND_DATABASE_URL", &url.replace("postgres", "mysql")),
        ("REBOUND_DATABASE_URL", &format!("sqlite://{}/no/such/folder/x.db", folder.display())),
    ] {
        for command in ["serve", "export", "check"] {
            let said = run(folder, &[command], &[(name, value)]).await;
            assert!(command == "check" || !said.trim().is_empty(), "{name}={value}: {command} says why");
            assert_clean(&format!("{command} with {name}"), &said);
        }
    }
}

#[test]
fn not_even_a_panic_shows_a_secret() {
    let text = crate::world::configuration("http://127.0.0.1:1", &format!("postgres://rebound:{PASSWORD}@localhost/rebound"), "").replace(
        "[slack]\n",
        &format!("webhook_token_previous = \"{PREVIOUS}\"\napi_key = \"{API_KEY}\"\nsignature = {{ header = \"x\", secret = \"{SIGNATURE}\" }}\n[slack]\n"),
    );
    let config = config::parse(&text, "rebound.toml", &Environment::default()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let caught = std::panic::catch_unwind(|| {
        let opened = std::fs::File::open("/no/such/file").map_err(|_| config.clone());
        opened.expect("this panics, and shows what it has")
    });
    let panicked = caught.expect_err("a panic");
    let message = panicked.downcast_ref::<String>().expect("a message");
    assert!(message.contains("rebound.example.com"), "the configuration is in it: {message}");
    let slack = rebound::app::slack(&config).expect("a client");
    let discord = rebound::app::discord(&config).expect("a client");
    for shown in [message.clone(), format!("{config:#?}"), format!("{slack:?} {slack:#?} {discord:?} {discord:#?}")] {
        assert_clean("Debug", &shown);
    }
}

/// The test sees.
#[test]
fn disguises_are_seen_through() {
    let bearer = format!("Basic {}", base64(format!("user:{SLACK_SECRET}:x").as_bytes()));
    let escaped = url::form_urlencoded::byte_serialize(format!("a b/{API_KEY}").as_bytes()).collect::<String>();
    for shown in [bearer, escaped, hex::encode(PASSWORD), format!("x{TOKEN}y")] {
        assert!(SECRETS.iter().any(|secret| forms(secret).iter().any(|form| shown.contains(form))), "{shown}");
    }
}
