//! Slack's Web API over HTTP: reads a call's arguments, checks the token, and hands it to the method. The methods live in the files beside it.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response, Uri, header};
use axum::routing::{any, post};
use serde_json::{Map, Value, json};

use super::super::Sandbox;
use super::super::common::lock;
use super::super::desk::{Asked, Outcome};
use super::super::fault::Operation;
use super::super::judge::{Objection, string};
use super::rules::sentence;
use super::{Slack, chat, people, response, rooms, views};

const SCOPES: &str = "chat:write,chat:write.public,commands,channels:read,channels:history,groups:read,groups:history,im:write,\
                      im:history,users:read,users:read.email,files:write,team:read";
/// Arguments that are JSON; in a form they come as text.
const STRUCTURED: [&str; 6] = ["blocks", "attachments", "metadata", "view", "unfurl_links", "unfurl_media"];

/// Slack says `ok: false`.
pub(super) struct Refused {
    pub(super) code: String,
    pub(super) objections: Vec<String>,
    /// Seconds to wait, where that is the reason.
    pub(super) wait: Option<f64>,
}

/// What a method gives: the fields beside `ok`, and the message that it is about.
pub(super) struct Done {
    pub(super) body: Value,
    pub(super) message: Option<String>,
}

pub(super) type Answer = Result<Done, Refused>;

impl Refused {
    pub(super) fn code(code: &str) -> Self {
        Self { code: code.to_owned(), objections: Vec::new(), wait: None }
    }

    /// The first objection gives the code; nothing to object to is `Ok`.
    pub(super) fn unless_good(objections: &[Objection]) -> Result<(), Self> {
        match objections.first() {
            None => Ok(()),
            Some(first) => Err(Self { objections: objections.iter().map(sentence).collect(), ..Self::code(first.code) }),
        }
    }
}

impl Done {
    pub(super) fn with(body: Value) -> Self {
        Self { body, message: None }
    }

    pub(super) fn about(body: Value, message: &str) -> Self {
        Self { body, message: Some(message.to_owned()) }
    }
}

pub(in super::super) fn router() -> Router<Sandbox> {
    Router::new().route("/api/{method}", any(method)).route("/response/{id}", post(response_url))
}

async fn method(State(sandbox): State<Sandbox>, Path(name): Path<String>, headers: HeaderMap, uri: Uri, body: Bytes) -> Response<Body> {
    let slack = sandbox.slack();
    let mut arguments = arguments(&headers, &uri, &body);
    let given = arguments.remove("token").and_then(|token| token.as_str().map(str::to_owned));
    let token = bearer(&headers).or(given);
    let asked = Asked {
        operation: operation(&name),
        channel: arguments.get("channel").and_then(Value::as_str).map(str::to_owned),
        name: name.clone(),
        body: Value::Object(arguments),
    };
    let act = |arguments: &Value| {
        let answer = match slack.refuse_token(token.as_deref()) {
            Some(refused) => Err(refused),
            None => call(slack, &name, arguments),
        };
        let mut outcome = match answer {
            Err(Refused { wait: Some(wait), .. }) => slack.desk.too_many(wait),
            answer => outcome(answer),
        };
        if name == "auth.test" {
            outcome.headers.push(("x-oauth-scopes", SCOPES.to_owned()));
        }
        outcome
    };
    slack.desk.serve(asked, act).await
}

async fn response_url(State(sandbox): State<Sandbox>, Path(id): Path<String>, headers: HeaderMap, uri: Uri, body: Bytes) -> Response<Body> {
    let slack = sandbox.slack();
    let body = Value::Object(arguments(&headers, &uri, &body));
    let asked = Asked { operation: Operation::Private, name: "response_url".to_owned(), channel: None, body };
    slack.desk.serve(asked, |body| outcome(response::respond(slack, &id, body))).await
}

fn call(slack: &Slack, name: &str, arguments: &Value) -> Answer {
    let state = &mut *lock(&slack.state);
    match name {
        "auth.test" => Ok(people::auth_test(&slack.common)),
        "chat.postMessage" => chat::post(state, &slack.common, arguments),
        "chat.update" => chat::update(state, arguments),
        "chat.delete" => chat::delete(state, arguments),
        "chat.postEphemeral" => chat::whisper(state, &slack.common, arguments),
        "chat.getPermalink" => chat::permalink(state, &slack.common, arguments),
        "conversations.history" => rooms::history(state, arguments),
        "conversations.replies" => rooms::replies(state, arguments),
        "conversations.open" => rooms::open(state, &slack.common, arguments),
        "conversations.join" => rooms::join(state, arguments),
        "conversations.info" => rooms::info(state, arguments),
        "conversations.list" => Ok(rooms::list_all(state)),
        "conversations.members" => rooms::members(state, &slack.common, arguments),
        "users.info" => people::info(&slack.common, arguments),
        "users.list" => Ok(people::list_all(&slack.common)),
        "users.lookupByEmail" => people::by_email(&slack.common, arguments),
        "views.open" | "views.push" => views::open(state, arguments),
        "views.update" => views::update(state, arguments),
        "views.publish" => views::publish(state, &slack.common, arguments),
        "api.test" => Ok(Done::with(json!({"args": arguments}))),
        _ => Err(Refused::code("unknown_method")),
    }
}

fn operation(name: &str) -> Operation {
    match name {
        "chat.postMessage" => Operation::Create,
        "chat.update" => Operation::Edit,
        "chat.delete" => Operation::Delete,
        "chat.postEphemeral" => Operation::Private,
        "conversations.history" | "conversations.replies" => Operation::History,
        name if name.starts_with("views.") => Operation::View,
        _ => Operation::Other,
    }
}

pub(super) fn outcome(answer: Answer) -> Outcome {
    match answer {
        Ok(done) => {
            let mut body = json!({"ok": true});
            merge(&mut body, done.body);
            Outcome { message: done.message, ..Outcome::new(200, body) }
        }
        Err(refused) => {
            let mut body = json!({"ok": false, "error": refused.code});
            if !refused.objections.is_empty() {
                body["errors"] = json!(refused.objections);
                body["response_metadata"] =
                    json!({"messages": refused.objections.iter().map(|o| format!("[ERROR] {o}")).collect::<Vec<_>>()});
            }
            Outcome { done: false, objections: refused.objections, ..Outcome::new(200, body) }
        }
    }
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bearer ").map(str::to_owned)
}

/// Query, form or JSON, whichever there is, as one object.
fn arguments(headers: &HeaderMap, uri: &Uri, body: &[u8]) -> Map<String, Value> {
    let mut all = pairs(uri.query().unwrap_or_default().as_bytes());
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") {
        if let Ok(Value::Object(map)) = serde_json::from_slice(body) {
            all.extend(map);
        }
    } else {
        all.extend(pairs(body));
    }
    for key in STRUCTURED {
        let parsed = all.get(key).and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
        if let Some(value) = parsed {
            all.insert(key.to_owned(), value);
        }
    }
    all
}

fn pairs(text: &[u8]) -> Map<String, Value> {
    url::form_urlencoded::parse(text).map(|(key, value)| (key.into_owned(), Value::String(value.into_owned()))).collect()
}

/// An argument that may be a string, a number or a boolean, as text.
pub(super) fn plain(arguments: &Value, key: &str) -> String {
    match arguments.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

pub(super) fn yes(arguments: &Value, key: &str) -> bool {
    matches!(plain(arguments, key).as_str(), "true" | "1")
}

impl Slack {
    fn refuse_token(&self, token: Option<&str>) -> Option<Refused> {
        match token {
            None | Some("") => Some(Refused::code("not_authed")),
            Some(token) if token != self.common.settings.slack_bot_token => Some(Refused::code("invalid_auth")),
            Some(_) => None,
        }
    }
}

/// The room that the argument `channel` names.
pub(super) fn room(state: &super::state::State, arguments: &Value) -> Result<String, Refused> {
    let id = string(arguments, "channel");
    state.room(id).map(|room| room.id.clone()).ok_or_else(|| Refused::code("channel_not_found"))
}
