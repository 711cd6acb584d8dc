//! `GET /livez`, `/readyz`, `/metrics`: for whoever operates Rebound. None of them asks Slack or Discord.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::Mutex;

use super::Door;

/// How long the database may take to say that it is writable.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long the database may take over its figures: whoever collects them gives up after ten seconds, and would miss the others, too.
const FIGURES_WITHIN: Duration = Duration::from_secs(5);

/// What costs a look into the database is looked up once for all who wait for it: strangers may ask as often as they like.
#[derive(Default)]
pub(super) struct Looks {
    ready: Shared<Option<String>>,
    metrics: Shared<Option<String>>,
}

/// The last answer to a question, and since when it was being found.
struct Shared<T>(Mutex<Option<(Instant, T)>>);

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Shared<T> {
    /// An answer that began to be found after this question came; so it is never an old one.
    async fn get(&self, find: impl Future<Output = T>) -> T {
        let came = Instant::now();
        let mut last = self.0.lock().await;
        match &*last {
            Some((began, answer)) if *began >= came => answer.clone(),
            _ => {
                let began = Instant::now();
                let answer = find.await;
                *last = Some((began, answer.clone()));
                answer
            }
        }
    }
}

/// The process turns its loop.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// The database is writable, and we are not stopping. What is closed to us stands below: sending us no more would not mend it.
pub(super) async fn readyz(State(door): State<Arc<Door>>) -> Response {
    if door.draining.load(Ordering::Acquire) {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response();
    }
    let find = async { tokio::time::timeout(PATIENCE, details(&door)).await.ok().flatten() };
    match door.looks.ready.get(find).await {
        Some(details) => format!("ok\n{details}").into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "the database is not writable\n").into_response(),
    }
}

/// What an operator should know although we are ready, one line each; `None` where we are not.
async fn details(door: &Door) -> Option<String> {
    if !door.flow.store.is_writable().await {
        return None;
    }
    let closed = door.flow.closed().await.ok()?;
    Some(closed.iter().fold(String::new(), |lines, closed| lines + &format!("{closed}\n")))
}

/// Figures as Prometheus text.
pub(super) async fn metrics(State(door): State<Arc<Door>>) -> Response {
    match door.looks.metrics.get(text(&door)).await {
        Some(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "the figures cannot be given\n").into_response(),
    }
}

async fn text(door: &Door) -> Option<String> {
    let figures = match tokio::time::timeout(FIGURES_WITHIN, door.flow.figures()).await {
        Ok(Ok(figures)) => Some(figures),
        Ok(Err(error)) => {
            tracing::error!(%error, "the figures that are counted in the database cannot be given");
            None
        }
        Err(_) => {
            tracing::error!("the figures that are counted in the database cannot be given in time");
            None
        }
    };
    door.flow.metrics.text(figures.as_ref()).ok()
}
