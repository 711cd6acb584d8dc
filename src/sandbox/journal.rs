//! The journal: every request that a stand-in got, in order. Tests trust it more than the bot's own tables.

use std::collections::VecDeque;
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::common::lock;
use super::fault::{FaultKind, Operation};

/// Enough for any storm, little enough for a demo that is left running.
const KEPT: usize = 100_000;

/// One request of the bot, or one answer of the bot to an interaction.
#[derive(Clone, Debug)]
pub struct Call {
    /// When it arrived.
    pub at: DateTime<Utc>,
    /// What it is about.
    pub operation: Operation,
    /// Slack's method or a name for Discord's route, such as `chat.postMessage` or `create message`.
    pub name: String,
    /// The channel that it is about, if it names one.
    pub channel: Option<String>,
    /// The arguments, without any token.
    pub body: Value,
    /// The HTTP status that was sent; 0 if the connection was cut or left hanging.
    pub status: u16,
    /// The body that was sent, or would have been without a fault; null for histories.
    pub answer: Value,
    /// The fault that was used on it.
    pub fault: Option<FaultKind>,
    /// What the platform objects to in the arguments.
    pub objections: Vec<String>,
    /// Whether the platform did what was asked (with a fault, the bot may not have heard so).
    pub done: bool,
    /// The message that it created, edited or deleted.
    pub message: Option<String>,
}

#[derive(Default)]
pub(super) struct Journal(Mutex<VecDeque<Call>>);

impl Journal {
    pub(super) fn push(&self, mut call: Call) {
        if call.operation == Operation::History {
            // A hundred messages each; they stand elsewhere.
            call.answer = Value::Null;
        }
        let mut calls = lock(&self.0);
        if calls.len() == KEPT {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        lock(&self.0).iter().cloned().collect()
    }

    pub(super) fn clear(&self) {
        lock(&self.0).clear();
    }
}
