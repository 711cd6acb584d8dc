//! `rebound demo`: the real bot against the sandbox, in one process, on a database in a temporary folder.

mod samples;

use std::net::SocketAddr;
use std::path::PathBuf;

use super::serve::{listen, told_to_stop};
use super::{Failure, misconfigured, say};
use crate::app::App;
use crate::config::{self, Environment};
use crate::domain::platform::Platform;
use crate::flow::Clock;
use crate::sandbox::{self, Sandbox};
use crate::telemetry::{self, LogFormat};

/// Try Rebound against a local Slack and Discord, without any account.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  rebound demo --listen 127.0.0.1:8080")]
pub(super) struct Arguments {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

pub(super) async fn run(arguments: &Arguments) -> Result<(), Failure> {
    telemetry::start_logs(LogFormat::Pretty, "info");
    let listener = listen(arguments.listen).await?;
    let address = listener.local_addr().map_err(|error| Failure::Failed(error.to_string()))?;
    let folder = Folder::make()?;
    let sandbox = Sandbox::new(settings(address));
    let app = App::build(&configuration(address, &folder)?, Clock::system()).await.map_err(|error| Failure::Failed(error.to_string()))?;
    let router = app.router().nest_service("/sandbox", sandbox.router());
    say(format_args!("Rebound is running against a local Slack and Discord.\n\n    http://{address}/sandbox\n"))?;
    say("Open that page and send a sample cancellation. Ctrl-C ends the demo and forgets everything.")?;
    let stop = async {
        told_to_stop().await;
        // Pages that watch the sandbox would keep their connections open.
        sandbox.stop();
    };
    app.serve(listener, router, stop).await.map_err(|broken| Failure::Failed(broken.to_string()))
}

/// A folder of our own below the system's temporary one, removed with all it holds when the demo ends.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, Failure> {
        let number = getrandom::u64().map_err(|error| Failure::Failed(error.to_string()))?;
        let path = std::env::temp_dir().join(format!("rebound-demo-{number:016x}"));
        std::fs::create_dir(&path).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "the demo's folder could not be removed");
        }
    }
}

// What the bot and the sandbox agree on. None of it guards anything but the sandbox.
const WEBHOOK_TOKEN: &str = "demo-0000000000000000000000000000";
const ICLOSED_KEY: &str = "iclosed_demo";
const SLACK_TOKEN: &str = "xoxb-demo";
const SLACK_SECRET: &str = "demo-signing-secret";
const DISCORD_TOKEN: &str = "demo-discord-token";
const DISCORD_APPLICATION: &str = "300000000000000001";
const DISCORD_GUILD: &str = "300000000000000002";
const DISCORD_SEED: [u8; 32] = *b"the demo's own key, of no worth!";

/// (platform, id, name)
const CHANNELS: [(Platform, &str, &str); 4] = [
    (Platform::Slack, "C0DEMO00001", "sales-cancellations"),
    (Platform::Slack, "C0DEMO00002", "host-cancellations"),
    (Platform::Discord, "300000000000000011", "sales-alerts"),
    (Platform::Discord, "300000000000000012", "host-alerts"),
];

/// (name, e-mail, Slack id, Discord id, teammate, manager)
const PEOPLE: [(&str, &str, &str, &str, bool, bool); 4] = [
    ("Alex Closer", "alex@acme.example", "U0DEMOALEX", "300000000000000021", true, true),
    ("Sam Setter", "sam@acme.example", "U0DEMOSAM", "300000000000000022", true, false),
    ("Kim Closer", "kim@acme.example", "U0DEMOKIM", "300000000000000023", true, false),
    ("Olga Outsider", "olga@elsewhere.example", "U0DEMOOLGA", "300000000000000024", false, false),
];

fn settings(address: SocketAddr) -> sandbox::Settings {
    sandbox::Settings {
        bot_url: format!("http://{address}"),
        own_url: format!("http://{address}/sandbox"),
        webhook_path: format!("/webhooks/iclosed/{WEBHOOK_TOKEN}"),
        iclosed_api_key: ICLOSED_KEY.to_owned(),
        slack_bot_token: SLACK_TOKEN.to_owned(),
        slack_signing_secret: SLACK_SECRET.to_owned(),
        discord_bot_token: DISCORD_TOKEN.to_owned(),
        discord_application_id: DISCORD_APPLICATION.to_owned(),
        discord_guild_id: DISCORD_GUILD.to_owned(),
        discord_signing_key: DISCORD_SEED,
        people: PEOPLE
            .into_iter()
            .map(|(name, email, slack, discord, teammate, manager)| sandbox::Person {
                name: name.to_owned(),
                email: email.to_owned(),
                slack: slack.to_owned(),
                discord: discord.to_owned(),
                teammate,
                manager,
                ..sandbox::Person::default()
            })
            .collect(),
        channels: CHANNELS
            .into_iter()
            .map(|(platform, id, name)| sandbox::Channel {
                platform: match platform {
                    Platform::Slack => sandbox::Platform::Slack,
                    Platform::Discord => sandbox::Platform::Discord,
                },
                id: id.to_owned(),
                name: name.to_owned(),
            })
            .collect(),
        samples: samples::all(),
    }
}

/// The demo's configuration, written as an operator would write it and read by the same code.
fn configuration(address: SocketAddr, folder: &Folder) -> Result<config::Config, Failure> {
    let database = folder.0.join("rebound.db");
    let public_key = settings(address).discord_public_key_hex();
    let mut text = format!(
        r#"
listen = "{address}"
public_url = "http://{address}"
database_url = "sqlite://{database}"
timezone = "America/New_York"
iclosed = {{ webhook_token = "{WEBHOOK_TOKEN}", api_key = "{ICLOSED_KEY}", api_url = "http://{address}/sandbox/iclosed" }}
slack = {{ bot_token = "{SLACK_TOKEN}", signing_secret = "{SLACK_SECRET}", api_url = "http://{address}/sandbox/slack/api" }}
card = {{ highlight = ["What is your monthly revenue?"] }}
delivery = {{ slack_interval = "200ms", discord_interval = "200ms" }}
[discord]
bot_token = "{DISCORD_TOKEN}"
application_id = "{DISCORD_APPLICATION}"
public_key = "{public_key}"
guild_id = "{DISCORD_GUILD}"
api_url = "http://{address}/sandbox/discord"
[[route]]
when = {{ cancelled_by = ["host"] }}
to = ["host-cancellations", "host-alerts"]
continue = true
[[route]]
to = ["sales-cancellations", "sales-alerts"]
"#,
        database = database.display(),
    );
    for (platform, id, name) in CHANNELS {
        text += &format!("[[channel]]\nname = \"{name}\"\n{platform} = \"{id}\"\n");
    }
    for (name, email, slack, discord, _, manager) in PEOPLE.into_iter().filter(|person| person.4) {
        text += &format!(
            "[[teammate]]\nname = \"{name}\"\nemail = \"{email}\"\nslack = \"{slack}\"\ndiscord = \"{discord}\"\nmanager = {manager}\n"
        );
    }
    config::parse(&text, "demo", &Environment::default()).map_err(misconfigured)
}
