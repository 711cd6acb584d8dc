//! A sandbox on its own port, a client for it, and a bot that answers every interaction with what it was told to.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Uri};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::super::{Channel, Person, Platform, Sample, Sandbox, Settings};

pub(super) const SALES: &str = "C0SALES";
pub(super) const ALERTS: &str = "900000000000000001";

pub(super) struct World {
    pub(super) sandbox: Sandbox,
    pub(super) url: String,
    pub(super) client: reqwest::Client,
    pub(super) bot: Arc<Mutex<Bot>>,
}

/// What the bot heard, and what it shall say.
#[derive(Default)]
pub(super) struct Bot {
    pub(super) heard: Vec<(String, HeaderMap, String)>,
    pub(super) says: Value,
}

impl World {
    pub(super) async fn start() -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let bot = Arc::new(Mutex::new(Bot::default()));
        let bot_url = serve(bot_router(&bot)).await;
        let sandbox = Sandbox::new(settings(bot_url));
        let url = serve(sandbox.router()).await;
        sandbox.set_own_url(url.clone());
        Self { sandbox, url, client: reqwest::Client::builder().no_proxy().build().unwrap(), bot }
    }

    pub(super) fn bot_says(&self, answer: Value) {
        self.bot.lock().unwrap().says = answer;
    }

    pub(super) fn last_heard(&self) -> (String, HeaderMap, String) {
        self.bot.lock().unwrap().heard.last().cloned().unwrap()
    }

    pub(super) async fn slack(&self, method: &str, arguments: Value) -> Value {
        self.slack_response(method, arguments).await.unwrap().json().await.unwrap()
    }

    pub(super) async fn slack_response(&self, method: &str, arguments: Value) -> reqwest::Result<reqwest::Response> {
        self.client.post(format!("{}/slack/api/{method}", self.url)).bearer_auth("xoxb-test").json(&arguments).send().await
    }

    pub(super) async fn discord(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let response = self.discord_response(method, path, body).await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or(Value::Null))
    }

    pub(super) async fn discord_response(&self, method: &str, path: &str, body: Value) -> reqwest::Result<reqwest::Response> {
        let request = self.client.request(method.parse().unwrap(), format!("{}/discord/api/v10{path}", self.url));
        request
            .header("authorization", "Bot discord-test")
            .header("user-agent", "DiscordBot (https://rebound.example, 1)")
            .json(&body)
            .send()
            .await
    }

    pub(super) async fn slack_card(&self) -> String {
        let posted = self.slack("chat.postMessage", json!({"channel": SALES, "text": "Jane cancelled", "blocks": slack_blocks()})).await;
        posted["ts"].as_str().unwrap().to_owned()
    }

    pub(super) async fn discord_card(&self) -> String {
        let body = json!({"embeds": [{"title": "Jane cancelled"}], "components": discord_rows(), "allowed_mentions": {"parse": []}});
        let (_, posted) = self.discord("POST", &format!("/channels/{ALERTS}/messages"), body).await;
        posted["id"].as_str().unwrap().to_owned()
    }
}

pub(super) fn slack_blocks() -> Value {
    json!([
        {"type": "header", "text": {"type": "plain_text", "text": "Jane Doe cancelled"}},
        {"type": "actions", "block_id": "b1", "elements": [
            {"type": "button", "action_id": "claim", "value": "K7Q2", "text": {"type": "plain_text", "text": "Claim"}, "style": "primary"},
            {"type": "users_select", "action_id": "assign", "placeholder": {"type": "plain_text", "text": "Assign follow-up"}},
            {"type": "static_select", "action_id": "snooze", "placeholder": {"type": "plain_text", "text": "Snooze"}, "options": [
                {"text": {"type": "plain_text", "text": "2 hours"}, "value": "2h"},
            ]},
        ]},
    ])
}

pub(super) fn discord_rows() -> Value {
    json!([
        {"type": 1, "components": [{"type": 2, "style": 1, "label": "Claim", "custom_id": "claim"}]},
        {"type": 1, "components": [{"type": 5, "custom_id": "assign", "placeholder": "Assign follow-up"}]},
    ])
}

fn settings(bot_url: String) -> Settings {
    let person = |name: &str, slack: &str, discord: &str| Person {
        name: name.to_owned(),
        email: format!("{}@acme.example", name.split(' ').next().unwrap().to_lowercase()),
        slack: slack.to_owned(),
        discord: discord.to_owned(),
        teammate: true,
        ..Person::default()
    };
    let channel = |platform, id: &str, name: &str| Channel { platform, id: id.to_owned(), name: name.to_owned() };
    Settings {
        bot_url,
        own_url: String::new(),
        iclosed_api_key: String::new(),
        webhook_path: "/webhooks/iclosed/token".to_owned(),
        slack_bot_token: "xoxb-test".to_owned(),
        slack_signing_secret: "slack-secret".to_owned(),
        discord_bot_token: "discord-test".to_owned(),
        discord_application_id: "700000000000000001".to_owned(),
        discord_guild_id: "600000000000000001".to_owned(),
        discord_signing_key: [7; 32],
        people: vec![
            person("Alex Closer", "U0ALEX", "800000000000000001"),
            Person { dms_closed: true, ..person("Sam Setter", "U0SAM", "800000000000000002") },
        ],
        channels: vec![channel(Platform::Slack, SALES, "sales-cancellations"), channel(Platform::Discord, ALERTS, "alerts")],
        samples: vec![Sample {
            name: "Two".to_owned(),
            about: String::new(),
            make: Arc::new(|serial, at| vec![json!({"serial": serial, "at": at.to_rfc3339()}); 2]),
        }],
    }
}

fn bot_router(bot: &Arc<Mutex<Bot>>) -> Router {
    let bot = Arc::clone(bot);
    let answer = move |uri: Uri, headers: HeaderMap, body: Bytes| async move {
        let mut bot = bot.lock().unwrap();
        bot.heard.push((uri.path().to_owned(), headers, String::from_utf8(body.to_vec()).unwrap()));
        if bot.says.is_null() { String::new() } else { bot.says.to_string() }
    };
    Router::new().route("/{*path}", post(answer))
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}
