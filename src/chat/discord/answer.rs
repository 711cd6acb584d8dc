//! What Discord's answers mean. Pure: a status, a body and what was asked become an [`Outcome`].
//!
//! Codes: <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>. What is not named here is unclear.

use serde::Deserialize;

use crate::chat::http::{Answer, seconds};
use crate::domain::post::{MessageRef, Outcome};

/// There is no such message (any more).
pub(super) const UNKNOWN_MESSAGE: u32 = 10_008;
/// There is no such channel: a thread that was not started yet looks the same.
pub(super) const UNKNOWN_CHANNEL: u32 = 10_003;
/// The thread is archived, and only its members can wake it.
const THREAD_ARCHIVED: u32 = 50_083;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    /// To post into that channel, with an enforced nonce.
    Create(&'a str),
    /// To change that message.
    Edit(&'a MessageRef),
    /// To delete a message.
    Delete,
    /// To read: nothing changes by it.
    Look,
    /// To answer an interaction.
    Reply,
}

#[derive(Deserialize)]
struct Posted {
    id: String,
    #[serde(default)]
    channel_id: Option<String>,
}

#[derive(Deserialize, Default)]
struct Problem {
    #[serde(default)]
    code: Option<u32>,
    #[serde(default)]
    retry_after: Option<f64>,
}

/// What came of it. A look or a reply that succeeded is `Ok`: its body is read by who asked.
pub(super) fn outcome(asked: Asked<'_>, answer: &Answer) -> Result<(), Outcome> {
    if (200..=299).contains(&answer.status) {
        return confirmed(asked, answer);
    }
    let problem: Problem = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = problem.code.filter(|code| *code > 0);
    let why = code.map_or_else(|| answer.status.to_string(), |code| format!("{} {code}", answer.status));
    Err(match (answer.status, code, asked) {
        // The body says it to the millisecond, the header rounded up; the longer one is kept.
        (429, _, _) => Outcome::NotDone { retry_after: problem.retry_after.and_then(seconds).max(answer.retry_after), why },
        (404, Some(UNKNOWN_MESSAGE), Asked::Create(_) | Asked::Edit(_) | Asked::Delete) => Outcome::Deleted,
        (403 | 404, _, Asked::Look) => Outcome::LookRefused { why },
        (401 | 403 | 404, _, _) | (400, Some(THREAD_ARCHIVED), _) => Outcome::Closed { why },
        (400, _, _) => Outcome::Refused { why },
        _ => Outcome::Unclear { why: format!("status {why}") },
    })
}

/// The code of a refusal.
pub(super) fn code(answer: &Answer) -> Option<u32> {
    serde_json::from_slice::<Problem>(&answer.body).ok()?.code
}

fn confirmed(asked: Asked<'_>, answer: &Answer) -> Result<(), Outcome> {
    match asked {
        Asked::Look | Asked::Reply => Ok(()),
        Asked::Delete => Err(Outcome::Deleted),
        Asked::Edit(message) => match serde_json::from_slice::<Posted>(&answer.body) {
            Ok(posted) if answer.status == 200 && posted.id == message.0 => Err(Outcome::Posted(message.clone())),
            _ => Err(unclear("200 without the message")),
        },
        Asked::Create(channel) => match serde_json::from_slice::<Posted>(&answer.body) {
            Ok(posted) if matches!(answer.status, 200 | 201) && is_in(&posted, channel) => Err(Outcome::Posted(MessageRef(posted.id))),
            _ => Err(unclear("200 without a message in this channel")),
        },
    }
}

fn is_in(posted: &Posted, channel: &str) -> bool {
    !posted.id.is_empty() && posted.channel_id.as_deref().is_none_or(|id| id == channel)
}

fn unclear(why: &str) -> Outcome {
    Outcome::Unclear { why: why.to_owned() }
}
