//! `GET /livez`, `/readyz`, `/metrics`: for whoever operates Rebound. None of them asks Slack or Discord.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Door;

/// How long the database may take to say that it is writable.
const PATIENCE: Duration = Duration::from_secs(1);

/// The process turns its loop.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// The database is writable, and we are not stopping.
pub(super) async fn readyz(State(door): State<Door>) -> Response {
    if door.draining.load(Ordering::Acquire) {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response();
    }
    let writable = tokio::time::timeout(PATIENCE, door.flow.store.is_writable()).await.unwrap_or(false);
    if writable { "ok\n".into_response() } else { (StatusCode::SERVICE_UNAVAILABLE, "the database is not writable\n").into_response() }
}

/// Figures as Prometheus text.
pub(super) async fn metrics(State(door): State<Door>) -> Response {
    let figures = match door.flow.figures().await {
        Ok(figures) => figures,
        Err(error) => {
            // Zeros would say that all is well.
            tracing::error!(%error, "the figures that are counted in the database cannot be given");
            return (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be asked\n").into_response();
        }
    };
    match door.flow.metrics.text(&figures) {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
