//! The door: routes, what is let in, and thin handlers that hand typed values to `flow`.
//!
//! A handler verifies, parses, calls one verb and answers. It decides nothing about follow-ups.

mod body;
mod discord;
mod iclosed;
mod line;
mod operate;
mod room;
mod serve;
mod slack;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::middleware::map_response_with_state;
use axum::response::Response;
use axum::routing::{get, post};

use crate::chat::Interaction;
use crate::flow::{Answer, Flow};
use crate::source::iclosed::Signature;

pub use serve::serve;

/// What handlers share.
pub struct Door {
    flow: Arc<Flow>,
    is_webhook_token: Box<dyn Fn(&str) -> bool + Send + Sync>,
    webhook_signature: Option<Signature>,
    draining: AtomicBool,
    allowance: body::Allowance,
    looks: operate::Looks,
}

/// Slack and Discord give a person up after 3 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

impl Door {
    /// What to tell whoever acted. Where the database cannot be asked they are asked to try again, where it takes too long to look whether
    /// it was done; the log has the cause.
    async fn respond(&self, interaction: &Interaction) -> Answer {
        match tokio::time::timeout(ANSWER_WITHIN, self.flow.respond(interaction)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => {
                tracing::error!(%error, "an interaction could not be answered");
                self.flow.try_again(interaction)
            }
            Err(_) => {
                tracing::error!("an interaction could not be answered in time");
                self.flow.unsure(interaction)
            }
        }
    }

    /// `is_webhook_token` compares in constant time. With a signature, webhooks that do not carry it are refused as well.
    #[must_use]
    pub fn new(
        flow: Arc<Flow>,
        is_webhook_token: impl Fn(&str) -> bool + Send + Sync + 'static,
        webhook_signature: Option<Signature>,
    ) -> Self {
        Self {
            flow,
            is_webhook_token: Box::new(is_webhook_token),
            webhook_signature,
            draining: AtomicBool::default(),
            allowance: body::Allowance::default(),
            looks: operate::Looks::default(),
        }
    }

    /// From now on `/readyz` says that no new work should come here.
    pub fn start_draining(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// All routes of the outside contract. What is not configured does not exist.
    pub fn router(self: &Arc<Self>) -> Router {
        let mut router = Router::new()
            .route("/webhooks/iclosed/{token}", post(iclosed::webhook))
            .route("/livez", get(operate::livez))
            .route("/readyz", get(operate::readyz))
            .route("/metrics", get(operate::metrics));
        if self.flow.slack.is_some() {
            router = router
                .route("/slack/interactions", post(slack::interactions))
                .route("/slack/commands", post(slack::commands))
                .route("/slack/events", post(slack::events));
        }
        if self.flow.discord.is_some() {
            router = router.route("/discord/interactions", post(discord::interactions));
        }
        router.layer(map_response_with_state(Arc::clone(self), until_the_end)).with_state(Arc::clone(self))
    }
}

/// Who keeps a connection open is told to come back on another one when we are about to stop, perhaps elsewhere.
async fn until_the_end(State(door): State<Arc<Door>>, mut answer: Response) -> Response {
    if door.draining.load(Ordering::Acquire) {
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}
