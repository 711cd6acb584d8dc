//! A platform of a few lines: answers what a test tells it to, and remembers what it was asked.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use ed25519_dalek::SigningKey;
use secrecy::SecretString;
use tokio::net::TcpListener;

use crate::chat::discord::{self, Discord};
use crate::chat::slack::{self, Slack};

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// One answer.
#[derive(Clone)]
pub(super) struct Say {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// Instead of the end of the body, the connection breaks.
    pub(super) cut: bool,
    /// Never answers.
    pub(super) hang: bool,
}

pub(super) fn say(status: u16, body: impl Into<String>) -> Say {
    Say { status, headers: Vec::new(), body: body.into().into_bytes(), cut: false, hang: false }
}

/// What was asked: method, path with query, the headers and the body.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    pub(super) what: String,
    pub(super) headers: axum::http::HeaderMap,
    pub(super) body: String,
}

#[derive(Clone)]
struct Script {
    /// The rest of the answers; the last one repeats.
    answers: Arc<Mutex<Vec<Say>>>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

pub(super) struct Server {
    pub(super) url: String,
    script: Script,
}

impl Server {
    pub(super) async fn start(answers: Vec<Say>) -> Self {
        // A test that ran before has installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let script = Script { answers: Arc::new(Mutex::new(answers)), heard: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, script }
    }

    pub(super) fn heard(&self) -> Vec<Heard> {
        self.script.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn answer(State(script): State<Script>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let what = format!("{} {}", parts.method, parts.uri);
    let heard = Heard { what, headers: parts.headers, body: String::from_utf8_lossy(&body).into_owned() };
    script.heard.lock().unwrap_or_else(PoisonError::into_inner).push(heard);
    let said = {
        let mut answers = script.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() }
    };
    if said.hang {
        std::future::pending::<()>().await;
    }
    let mut response = Response::builder().status(said.status);
    for (name, value) in said.headers {
        response = response.header(name, value);
    }
    let body = if said.cut {
        let parts = vec![Ok(Bytes::from(said.body)), Err(std::io::Error::other("cut"))];
        Body::from_stream(futures_util::stream::iter(parts))
    } else {
        Body::from(said.body)
    };
    response.body(body).expect("a response")
}

pub(super) fn slack_at(url: &str) -> Slack {
    slack_within(url, PATIENCE)
}

pub(super) fn slack_within(url: &str, request_timeout: Duration) -> Slack {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Slack::new(slack::Settings {
        bot_token: SecretString::from("xoxb-canary"),
        signing_secret: SecretString::from("signing-canary"),
        api_url: format!("{url}/api"),
        request_timeout,
    })
    .expect("a client")
}

pub(super) fn discord_at(url: &str) -> Discord {
    discord_within(url, PATIENCE)
}

pub(super) fn discord_within(url: &str, request_timeout: Duration) -> Discord {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Discord::new(discord::Settings {
        bot_token: SecretString::from("discord-canary"),
        application_id: "800000000000000001".to_owned(),
        public_key: SigningKey::from_bytes(&[7; 32]).verifying_key(),
        guild_id: "900000000000000001".to_owned(),
        api_url: url.to_owned(),
        public_url: "https://rebound.example.com".to_owned(),
        request_timeout,
    })
    .expect("a client")
}
