//! Discord's REST API over HTTP: finds the route, checks the token, and hands over. The routes live in the files beside it.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Response, Uri, header};
use axum::routing::any;
use serde_json::{Value, json};

use super::super::Sandbox;
use super::super::common::lock;
use super::super::desk::{Asked, Outcome};
use super::super::fault::Operation;
use super::super::judge::Objection;
use super::super::message::wait_for_room;
use super::route::Route;
use super::{Discord, guild, messages, rules, webhooks};

/// Discord answers with an error.
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) objections: Vec<String>,
}

/// What a route gives.
pub(super) struct Done {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) message: Option<String>,
}

pub(super) type Answer = Result<Done, Refused>;

impl Refused {
    pub(super) fn new(status: u16, code: u64, message: &str) -> Self {
        Self { status, body: json!({"message": message, "code": code}), objections: Vec::new() }
    }

    /// The refusal as one line for a person.
    pub(super) fn sentence(&self) -> String {
        let (message, code) = (self.body["message"].as_str().unwrap_or_default(), &self.body["code"]);
        [format!("{message} ({code})")].into_iter().chain(self.objections.iter().cloned()).collect::<Vec<_>>().join(" · ")
    }

    pub(super) fn unless_good(objections: &[Objection]) -> Result<(), Self> {
        if objections.is_empty() {
            return Ok(());
        }
        let sentences = objections.iter().map(rules::sentence).collect();
        Err(Self { status: 400, body: rules::refusal(objections), objections: sentences })
    }
}

impl Done {
    pub(super) fn with(body: Value) -> Self {
        Self { status: 200, body, message: None }
    }

    pub(super) fn nothing() -> Self {
        Self { status: 204, body: Value::Null, message: None }
    }

    /// A message is what is given.
    pub(super) fn message(body: Value) -> Self {
        let id = body["id"].as_str().map(str::to_owned);
        Self { status: 200, body, message: id }
    }
}

pub(in super::super) fn router() -> Router<Sandbox> {
    Router::new().route("/api/v10/{*path}", any(call))
}

async fn call(State(sandbox): State<Sandbox>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let discord = sandbox.discord();
    let path = uri.path().split_once("/api/v10").map_or("", |(_, path)| path).to_owned();
    let query: Vec<(String, String)> = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let route = Route::find(&method, &path);
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap_or(Value::Null) };
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bot "));
    let known = token == Some(discord.common.settings.discord_bot_token.as_str());
    // Discord asks for a name of this form and may block others.
    let named = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).is_some_and(|name| name.starts_with("DiscordBot"));
    let unnamed = (!named).then(|| "User-Agent must begin with DiscordBot".to_owned());
    let asked = Asked {
        operation: route.as_ref().map_or(Operation::Other, Route::operation),
        name: route.as_ref().map_or_else(|| format!("{method} {path}"), |route| route.name().to_owned()),
        channel: route.as_ref().and_then(|route| route.channel().map(str::to_owned)),
        body: if body.is_null() && !query.is_empty() { pairs(&query) } else { body.clone() },
    };
    let act = |_: &Value| {
        let outcome = match &route {
            None => outcome(Err(Refused::new(404, 0, "404: Not Found"))),
            Some(route) if route.needs_token() && !known => outcome(Err(Refused::new(401, 0, "401: Unauthorized"))),
            Some(route) => act(discord, route, &query, &body),
        };
        Outcome { objections: outcome.objections.into_iter().chain(unnamed.clone()).collect(), ..outcome }
    };
    discord.desk.serve(asked, act).await
}

fn act(discord: &Discord, route: &Route, query: &[(String, String)], body: &Value) -> Outcome {
    let state = &mut *lock(&discord.state);
    let common = &discord.common;
    let mut limits = Vec::new();
    let answer = match route {
        Route::CreateMessage { channel } => {
            let there = state.messages.get(channel).map_or(&[][..], Vec::as_slice);
            if let Some(wait) = wait_for_room(there, state.limit, state.clock.now()) {
                let mut refused = discord.desk.too_many(wait);
                refused.headers.extend(messages::limit_headers(state, channel));
                return refused;
            }
            let answer = messages::create(state, common, channel, body);
            limits = messages::limit_headers(state, channel);
            answer
        }
        Route::ListMessages { channel } => messages::list(state, channel, query),
        Route::GetMessage { channel, message } => messages::get(state, channel, message),
        Route::EditMessage { channel, message } => messages::edit(state, channel, message, body),
        Route::DeleteMessage { channel, message } => messages::delete(state, channel, message),
        Route::StartThread { channel, message } => messages::start_thread(state, common, channel, message, body),
        Route::GetChannel { channel } | Route::EditChannel { channel } => guild::channel(state, common, channel),
        Route::OpenDirect => guild::open_direct(state, common, body),
        Route::Me => Ok(guild::me(state)),
        Route::User { user } => guild::user(common, user),
        Route::Application => Ok(guild::application(common)),
        Route::Guild { guild: id } => guild::guild(common, id),
        Route::Roles { guild: id } => guild::roles(common, id),
        Route::Channels { guild: id } => guild::channels(state, common, id),
        Route::Members { guild: id } => guild::members(state, common, id),
        Route::Member { guild: id, user } => guild::member(state, common, id, user),
        Route::PutCommands => guild::put_commands(state, common, body),
        Route::GetCommands => Ok(Done::with(json!(state.commands))),
        Route::Callback { id, token } => webhooks::callback(state, id, token, body, query),
        Route::FollowUp { token } => webhooks::follow_up(state, token, body),
        Route::GetOriginal { token, message } => webhooks::get(state, token, message),
        Route::EditOriginal { token, message } => webhooks::edit(state, token, message, body),
        Route::DeleteOriginal { token, message } => webhooks::delete(state, token, message),
    };
    let mut outcome = outcome(answer);
    outcome.headers.extend(limits);
    outcome
}

/// A query as the journal shows it.
fn pairs(query: &[(String, String)]) -> Value {
    query.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect()
}

fn outcome(answer: Answer) -> Outcome {
    match answer {
        Ok(done) => Outcome { message: done.message, ..Outcome::new(done.status, done.body) },
        Err(refused) => Outcome { done: false, objections: refused.objections, ..Outcome::new(refused.status, refused.body) },
    }
}
