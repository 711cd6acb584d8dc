//! `POST /webhooks/iclosed/{token}`: the event is on disk before the answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, http};
use serde::Serialize;

use super::{Door, body};
use crate::flow::{Receipt, ReceiveError};

/// The largest body that is taken, in bytes.
const LIMIT: usize = 256 * 1024;
/// iClosed waits 5 s for an answer; a database that takes longer is told of before.
const PATIENCE: Duration = Duration::from_secs(4);
/// When to try again after we could not store, in seconds.
const RETRY_AFTER: &str = "10";

/// What iClosed is told.
#[derive(Debug, Serialize)]
struct Told {
    received: u64,
    new: u64,
    duplicates: u64,
    quarantined: u64,
}

impl From<Receipt> for Told {
    fn from(receipt: Receipt) -> Self {
        let Receipt { new, duplicates, quarantined } = receipt;
        Self { received: receipt.received(), new, duplicates, quarantined }
    }
}

pub(super) async fn webhook(
    State(door): State<Arc<Door>>,
    token: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    // A token that is not even text is a wrong one like any other.
    if !token.is_ok_and(|Path(token)| (door.is_webhook_token)(&token)) {
        door.flow.metrics.auth_failure("iclosed");
        return http::StatusCode::NOT_FOUND.into_response();
    }
    let body = match body::read(&headers, body, LIMIT, &door.allowance).await {
        Ok(body) => body,
        Err(bad) => return bad.into_response(),
    };
    if let Some(signature) = &door.webhook_signature {
        let given = headers.get(&signature.header).and_then(|value| value.to_str().ok());
        if !signature.is_of(given, &body) {
            door.flow.metrics.auth_failure("iclosed");
            tracing::warn!(header = signature.header, "a webhook without the configured signature was refused");
            return StatusCode::UNAUTHORIZED.into_response();
        }
    }
    let since = Instant::now();
    let received = tokio::time::timeout(PATIENCE, door.flow.receive(&body)).await;
    door.flow.metrics.acknowledged(since.elapsed().as_secs_f64());
    match received {
        Ok(Ok(receipt)) => Json(Told::from(receipt)).into_response(),
        Ok(Err(ReceiveError::NotJson)) => (StatusCode::BAD_REQUEST, "the body is not JSON\n").into_response(),
        Ok(Err(error @ ReceiveError::CannotStore(_))) => {
            tracing::error!(%error, "a webhook could not be stored; its sender was asked to try again");
            try_again()
        }
        Err(_) => {
            tracing::error!("a webhook could not be stored in time; its sender was asked to try again");
            try_again()
        }
    }
}

fn try_again() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, RETRY_AFTER)], "the event could not be stored\n").into_response()
}
