//! The routes of iClosed's API: the key is checked, what is asked is read, and the account answers.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Response, header};
use axum::routing::{get, post, put};
use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::super::Sandbox;
use super::super::desk::{Asked, Outcome};
use super::super::fault::Operation;
use super::{Iclosed, instant, spelt};

/// `/v1/…`
pub(in super::super) fn router() -> Router<Sandbox> {
    Router::new()
        .route("/v1/eventCalls", get(list).post(book))
        .route("/v1/eventCalls/reschedule", put(reschedule))
        .route("/v1/events/eventDates", post(free))
}

async fn list(State(sandbox): State<Sandbox>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response<Body> {
    let pairs = form_urlencoded(query.as_deref().unwrap_or_default());
    let asked = Asked { operation: Operation::History, name: "eventCalls".to_owned(), channel: None, body: Value::Object(pairs) };
    let account = sandbox.iclosed();
    // 201, as the real one.
    account.desk.serve(asked, |wanted| account.with_key(&headers, || Ok(Outcome::new(201, account.list(wanted))))).await
}

async fn book(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let account = sandbox.iclosed();
    let act = |wanted: &Value| {
        account.with_key(&headers, || {
            let start = instant(&wanted["dateTime"]).ok_or_else(|| bad("dateTime", "Invalid datetime"))?;
            if !wanted["email"].is_null() && !wanted["email"].as_str().is_some_and(|email| email.contains('@')) {
                return Err(bad("email", "Invalid email format"));
            }
            wanted["timeZone"].as_str().ok_or_else(|| bad("timeZone", "Required"))?;
            account.book(wanted, start).map(|told| Outcome::new(200, told)).map_err(said)
        })
    };
    account.desk.serve(asked(Operation::Create, "book", &body), act).await
}

async fn reschedule(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let account = sandbox.iclosed();
    let act = |wanted: &Value| {
        account.with_key(&headers, || {
            let id = wanted["id"].as_i64().ok_or_else(|| bad("id", "Expected number"))?;
            let start = instant(&wanted["dateTime"]).ok_or_else(|| bad("dateTime", "Invalid datetime"))?;
            account.reschedule(id, start).map(|told| Outcome::new(200, told)).map_err(said)
        })
    };
    account.desk.serve(asked(Operation::Edit, "reschedule", &body), act).await
}

async fn free(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let account = sandbox.iclosed();
    let act = |wanted: &Value| {
        account.with_key(&headers, || {
            wanted["linkPrefix"].as_str().filter(|link| link.contains('/')).ok_or_else(|| said((404, "Event not found")))?;
            let day = wanted["currentDate"].as_str().and_then(|day| day.parse::<NaiveDate>().ok());
            let day = day.ok_or_else(|| bad("currentDate", "Invalid date"))?.and_time(chrono::NaiveTime::MIN).and_utc();
            let mut days: Map<String, Value> = Map::new();
            for time in account.free(day) {
                let slots = days.entry(time.date_naive().to_string()).or_insert_with(|| json!([]));
                slots.as_array_mut().into_iter().for_each(|slots| slots.push(json!(spelt(time))));
            }
            Ok(Outcome::new(200, json!({ "data": { "availabilities": days, "appliedHostIds": [] } })))
        })
    };
    account.desk.serve(asked(Operation::Other, "eventDates", &body), act).await
}

impl Iclosed {
    /// Refuses as iClosed does, in its two ways, what comes without the key.
    fn with_key(&self, headers: &HeaderMap, act: impl FnOnce() -> Result<Outcome, Outcome>) -> Outcome {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        match given.filter(|key| key.starts_with("iclosed_")) {
            None => said((401, "API key is required")),
            Some(key) if key != self.common.settings.iclosed_api_key => said((401, "Invalid API key")),
            Some(_) => act().unwrap_or_else(|refused| refused),
        }
    }
}

fn asked(operation: Operation, name: &str, body: &[u8]) -> Asked {
    let body = serde_json::from_slice(body).unwrap_or(Value::Null);
    Asked { operation, name: name.to_owned(), channel: None, body }
}

fn said((status, message): (u16, &str)) -> Outcome {
    Outcome::new(status, json!({ "message": message }))
}

/// 400 has an object in `message`.
fn bad(field: &str, why: &str) -> Outcome {
    let details = json!({ "formErrors": [], "fieldErrors": { field: [why] } });
    Outcome::new(400, json!({ "message": { "status": 400, "details": details, "endpoint": "/v1", "method": "POST" } }))
}

fn form_urlencoded(query: &str) -> Map<String, Value> {
    url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| (name.into_owned(), json!(value))).collect()
}
