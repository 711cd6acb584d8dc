//! The front desk of a stand-in: applies faults to a request, writes the journal, and makes the HTTP answer. It holds no messages.

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use futures_util::stream;
use serde_json::{Value, json};

use super::common::Common;
use super::fault::{FaultKind, Faults, Operation};
use super::journal::{Call, Journal};

/// Whose errors are told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum House {
    Slack,
    Discord,
    Iclosed,
}

pub(super) struct Desk {
    house: House,
    common: Arc<Common>,
    pub(super) journal: Journal,
    pub(super) faults: Faults,
}

/// A request as it was understood.
pub(super) struct Asked {
    pub(super) operation: Operation,
    pub(super) name: String,
    pub(super) channel: Option<String>,
    pub(super) body: Value,
}

/// What the platform says to a request.
pub(super) struct Outcome {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    /// Null means no body.
    pub(super) body: Value,
    pub(super) objections: Vec<String>,
    pub(super) message: Option<String>,
    pub(super) done: bool,
}

impl Outcome {
    pub(super) fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body, objections: Vec::new(), message: None, done: status < 300 }
    }
}

impl Desk {
    pub(super) fn new(house: House, common: Arc<Common>) -> Self {
        Self { house, common, journal: Journal::default(), faults: Faults::new() }
    }

    /// Answers a request: `act` is what the platform would do about it.
    pub(super) async fn serve(&self, asked: Asked, act: impl FnOnce(&Value) -> Outcome) -> Response<Body> {
        let fault = self.faults.take(asked.operation, &asked.name, asked.channel.as_deref(), &asked.body);
        // Subscribed before acting, so that no `heal` falls between.
        let healed = self.faults.healed();
        let act = || act(&asked.body);
        let (outcome, fate) = match &fault {
            None => (act(), Fate::Told),
            Some(FaultKind::Slow(time)) => {
                tokio::time::sleep(*time).await;
                (act(), Fate::Told)
            }
            Some(FaultKind::RateLimited { retry_after }) => (self.too_many(retry_after.as_secs_f64()), Fate::Told),
            Some(FaultKind::OddlyLimited { retry_after, body }) => (oddly_limited(*retry_after, body), Fate::Told),
            Some(FaultKind::ErrorBefore(status)) => (self.broken(*status, undone()), Fate::Told),
            Some(FaultKind::ErrorAfter(status)) => (self.broken(*status, act()), Fate::Told),
            Some(FaultKind::Answers { status, body }) => (Outcome { done: false, ..Outcome::new(*status, body.clone()) }, Fate::Told),
            Some(FaultKind::DropBefore) => (undone(), Fate::Dropped),
            Some(FaultKind::DropAfter) => (act(), Fate::Dropped),
            Some(FaultKind::HangBefore) => (undone(), Fate::Hung),
            Some(FaultKind::HangAfter) => (act(), Fate::Hung),
            Some(FaultKind::HtmlAfter) => (act(), Fate::Html),
            Some(FaultKind::CutBody) => (act(), Fate::Cut),
        };
        self.note(asked, &outcome, fault, &fate);
        match fate {
            Fate::Told => told(outcome),
            Fate::Html => html(),
            Fate::Cut => cut(&outcome),
            Fate::Dropped => dropped(),
            Fate::Hung => {
                healed.await;
                dropped()
            }
        }
    }

    /// Writes down what did not come as a request, such as the bot's answer to an interaction.
    pub(super) fn heard(&self, name: &str, body: &Value, objections: Vec<String>) {
        let asked = Asked { operation: Operation::Answer, name: name.to_owned(), channel: None, body: body.clone() };
        let done = objections.is_empty();
        self.note(asked, &Outcome { objections, done, ..Outcome::new(200, Value::Null) }, None, &Fate::Told);
    }

    pub(super) fn too_many(&self, seconds: f64) -> Outcome {
        let body = match self.house {
            House::Slack => json!({"ok": false, "error": "ratelimited"}),
            House::Discord => json!({"message": "You are being rate limited.", "retry_after": seconds, "global": false}),
            House::Iclosed => json!({
                "code": "RATE_LIMIT_EXCEEDED", "message": "Too many requests, please try again later.", "retryAfter": seconds,
                "limit": {"points": 20, "windowSec": 10}
            }),
        };
        let mut headers = vec![("retry-after", format!("{}", seconds.ceil().max(1.0)))];
        if self.house == House::Discord {
            headers.push(("x-ratelimit-scope", "user".to_owned()));
            headers.push(("via", "1.1 google".to_owned()));
        }
        Outcome { headers, ..Outcome::new(429, body) }
    }

    fn broken(&self, status: u16, real: Outcome) -> Outcome {
        let body = match self.house {
            House::Slack => json!({"ok": false, "error": "internal_error"}),
            House::Discord => json!({"message": "500: Internal Server Error", "code": 0}),
            House::Iclosed => json!({"message": "Internal server error"}),
        };
        Outcome { status, body, headers: Vec::new(), ..real }
    }

    fn note(&self, asked: Asked, outcome: &Outcome, fault: Option<FaultKind>, fate: &Fate) {
        self.journal.push(Call {
            at: self.common.clock.now(),
            operation: asked.operation,
            name: asked.name,
            channel: asked.channel,
            body: asked.body,
            status: if matches!(fate, Fate::Dropped | Fate::Hung) { 0 } else { outcome.status },
            answer: outcome.body.clone(),
            fault,
            objections: outcome.objections.clone(),
            done: outcome.done,
            message: outcome.message.clone(),
        });
        self.common.changed();
    }
}

/// How the answer reaches the bot, if it does.
enum Fate {
    Told,
    Html,
    Cut,
    Dropped,
    Hung,
}

fn oddly_limited(retry_after: Option<&str>, body: &Value) -> Outcome {
    let headers = retry_after.map(|asked| ("retry-after", asked.to_owned())).into_iter().collect();
    Outcome { headers, ..Outcome::new(429, body.clone()) }
}

fn undone() -> Outcome {
    Outcome { done: false, ..Outcome::new(0, Value::Null) }
}

fn told(outcome: Outcome) -> Response<Body> {
    let empty = outcome.body.is_null();
    let mut response = Response::new(if empty { Body::empty() } else { Body::from(outcome.body.to_string()) });
    *response.status_mut() = StatusCode::from_u16(outcome.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if !empty {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    }
    for (name, value) in outcome.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn html() -> Response<Body> {
    let mut response = Response::new(Body::from("<!doctype html><title>Oops</title><p>Something went wrong.</p>"));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

/// The first half of the answer, then the connection breaks.
fn cut(outcome: &Outcome) -> Response<Body> {
    let text = outcome.body.to_string().into_bytes();
    let half = Bytes::copy_from_slice(&text[..text.len() / 2]);
    let pieces = stream::unfold(0, move |step| {
        let half = half.clone();
        async move {
            match step {
                0 => Some((Ok(half), 1)),
                1 => {
                    // Without this turn hyper would see the error before it has flushed the first half.
                    tokio::task::yield_now().await;
                    Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), 2))
                }
                _ => None,
            }
        }
    });
    let mut response = Response::new(Body::from_stream(pieces));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
    response
}

/// A body whose first piece is an error: hyper closes the connection before it has written anything.
fn dropped() -> Response<Body> {
    let broken = stream::iter([Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset))]);
    Response::new(Body::from_stream(broken))
}
