//! The page that shows both workspaces: its files, the state that it draws, and what is clicked on it.
//!
//! The files are plain HTML, CSS and JavaScript modules, compiled in; they ask nothing of any other server.

mod act;

use std::convert::Infallible;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::{Stream, stream};
use serde_json::{Value, json};

use super::Sandbox;

const PAGE: &str = include_str!("page.html");
const POLICY: &str =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: https: http:; connect-src 'self'; base-uri 'self'";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// Name, media type and content of every file beside the page itself.
const FILES: &[(&str, &str, &str)] = &[
    ("page.css", STYLE, include_str!("page.css")),
    ("slack.css", STYLE, include_str!("slack.css")),
    ("discord.css", STYLE, include_str!("discord.css")),
    ("page.js", SCRIPT, include_str!("page.js")),
    ("dom.js", SCRIPT, include_str!("dom.js")),
    ("bot.js", SCRIPT, include_str!("bot.js")),
    ("pane.js", SCRIPT, include_str!("pane.js")),
    ("slack.js", SCRIPT, include_str!("slack.js")),
    ("slack-blocks.js", SCRIPT, include_str!("slack-blocks.js")),
    ("slack-markup.js", SCRIPT, include_str!("slack-markup.js")),
    ("discord.js", SCRIPT, include_str!("discord.js")),
    ("discord-parts.js", SCRIPT, include_str!("discord-parts.js")),
    ("discord-markup.js", SCRIPT, include_str!("discord-markup.js")),
];

pub(super) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/", get(page))
        .route("/page/{file}", get(file))
        .route("/state", get(state))
        .route("/events", get(events))
        .route("/act", post(act::act))
        .route("/sample", post(act::sample))
}

/// The page, told where it is mounted: it may have been opened without a slash at the end.
async fn page(State(sandbox): State<Sandbox>) -> Response {
    let own = sandbox.common().own("/");
    let path = url::Url::parse(&own).map_or_else(|_| "/".to_owned(), |url| url.path().to_owned());
    let mut response = Html(PAGE.replace("{{base}}", &path)).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, _, _)| *known == name) {
        Some((_, kind, content)) => ([(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, "no-cache")], *content).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn state(State(sandbox): State<Sandbox>) -> Json<Value> {
    let settings = &sandbox.common().settings;
    let people: Vec<_> = settings.people.iter().map(|person| {
        json!({"name": person.name, "slack": person.slack, "discord": person.discord, "teammate": person.teammate, "manager": person.manager})
    }).collect();
    let samples: Vec<_> = settings.samples.iter().map(|sample| json!({"name": sample.name, "about": sample.about})).collect();
    Json(json!({
        "people": people, "samples": samples, "slack": sandbox.slack().snapshot(), "discord": sandbox.discord().snapshot(),
    }))
}

/// One event for each change; what changed is asked for with `state`.
async fn events(State(sandbox): State<Sandbox>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let feed = sandbox.common().feed();
    let changes = stream::unfold((feed, sandbox), |(mut feed, sandbox)| async move {
        feed.changed().await.ok()?;
        let version = *feed.borrow_and_update();
        let more = !sandbox.common().stopped();
        more.then(|| (Ok(Event::default().data(version.to_string())), (feed, sandbox)))
    });
    Sse::new(changes).keep_alive(KeepAlive::default())
}
