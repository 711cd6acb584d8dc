//! What a person's action led to. It only carries values.

use std::time::Duration;

use serde_json::Value;

use super::common::Reply;
use super::sign::SignedRequest;

/// The bot's immediate answer to a press, a choice, a form or a command.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The HTTP status of the bot; 0 if it was not asked or not heard.
    pub status: u16,
    /// How long the bot took.
    pub latency: Duration,
    /// The body, as JSON if it was JSON, else as a string; null if empty.
    pub immediate: Value,
    /// Why the person sees a failure: nothing to press, no answer in time, or an answer that the platform refuses.
    pub error: Option<String>,
    /// What later answers refer to: Slack's trigger id, Discord's interaction token.
    pub key: String,
    /// What was sent, to send it again or to tamper with it.
    pub request: SignedRequest,
}

impl Answered {
    /// Nothing was sent: there is nothing like that to act on.
    pub(super) fn impossible(error: String) -> Self {
        let request = SignedRequest { url: String::new(), headers: Vec::new(), body: String::new() };
        Self { status: 0, latency: Duration::ZERO, immediate: Value::Null, error: Some(error), key: String::new(), request }
    }

    pub(super) fn new(reply: Reply, key: String, request: SignedRequest) -> Self {
        let error = reply.error.or_else(|| (reply.status >= 300).then(|| format!("the app answered with {}", reply.status)));
        Self { status: reply.status, latency: reply.latency, immediate: reply.body, error, key, request }
    }

    /// Whether the bot answered 2xx and the platform took it.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.error.is_none()
    }
}
