//! What Discord's answers mean. Pure: a status, a body and what was asked become an [`Outcome`].
//!
//! Codes: <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>. What is not named here is unclear.

use serde::Deserialize;

use crate::chat::http::{Answer, seconds};
use crate::domain::post::{Extent, MessageRef, Outcome};

/// There is no such message (any more).
pub(super) const UNKNOWN_MESSAGE: u32 = 10_008;
/// There is no such channel: a thread that was not started yet looks the same.
pub(super) const UNKNOWN_CHANNEL: u32 = 10_003;
/// The message is somebody else's: of another bot that was configured before, say.
const NOT_OURS: u32 = 50_005;
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
    #[serde(default)]
    global: bool,
}

/// What came of it. A look or a reply that succeeded is `Ok`: its body is read by who asked.
pub(super) fn outcome(asked: Asked<'_>, answer: &Answer) -> Result<(), Outcome> {
    if (200..=299).contains(&answer.status) {
        return confirmed(asked, answer);
    }
    let said = serde_json::from_slice::<Problem>(&answer.body);
    // A 429 that is not Discord's own comes from what stands before it, and is about our address.
    let limited = if said.as_ref().is_ok_and(|problem| !problem.global) { Extent::Channel } else { Extent::Platform };
    let problem = said.unwrap_or_default();
    // Discord's refusals have a code, if only 0; a page of whatever stands before it says nothing about the message.
    let is_discords = problem.code.is_some();
    let code = problem.code.filter(|code| *code > 0);
    let why = code.map_or_else(|| answer.status.to_string(), |code| format!("{} {code}", answer.status));
    Err(match (answer.status, code, asked) {
        // The body says it to the millisecond, the header rounded up; the longer one is kept.
        (429, _, _) => {
            let asked = problem.retry_after.and_then(seconds).max(answer.retry_after).unwrap_or_default();
            Outcome::NotDone { retry_after: Some(asked), extent: limited, why }
        }
        (401, _, _) => Outcome::Closed { extent: Extent::Platform, why },
        (400 | 403 | 404, _, _) if !is_discords => Outcome::Unclear { why: format!("status {why}") },
        (404, Some(UNKNOWN_MESSAGE), Asked::Create(_) | Asked::Edit(_) | Asked::Delete) => Outcome::Deleted,
        (403 | 404, _, Asked::Look) => Outcome::LookRefused { why },
        (403, Some(NOT_OURS), Asked::Edit(_)) => Outcome::Refused { why },
        // Where a message may not be changed, new ones may be taken all the same; they will be told themselves.
        (403 | 404, _, Asked::Edit(_)) | (400, Some(THREAD_ARCHIVED), Asked::Edit(_)) => Outcome::Closed { extent: Extent::Message, why },
        (403 | 404, _, _) | (400, Some(THREAD_ARCHIVED), _) => Outcome::Closed { extent: Extent::Channel, why },
        (400, _, _) => Outcome::Refused { why },
        _ => Outcome::Unclear { why: format!("status {why}") },
    })
}

/// Was there no such channel to look into?
pub(super) fn is_unknown_channel(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::LookRefused { why } if *why == format!("404 {UNKNOWN_CHANNEL}"))
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
    !posted.id.is_empty() && posted.id.bytes().all(|b| b.is_ascii_digit()) && posted.channel_id.as_deref().is_none_or(|id| id == channel)
}

fn unclear(why: &str) -> Outcome {
    Outcome::Unclear { why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, date: None, body: body.as_bytes().to_vec() }
    }

    fn came(asked: Asked<'_>, status: u16, body: &str) -> Outcome {
        outcome(asked, &answer(status, body)).expect_err("an outcome")
    }

    #[test]
    fn a_message_is_posted_only_when_discord_shows_it() {
        let created = |body: &str| came(Asked::Create("5"), 200, body);
        assert_eq!(created(r#"{"id":"7","channel_id":"5"}"#), Outcome::Posted(MessageRef("7".to_owned())));
        assert_eq!(created(r#"{"id":"7"}"#), Outcome::Posted(MessageRef("7".to_owned())));
        for odd in [
            r#"{"id":"7","channel_id":"6"}"#,
            r#"{"id":7}"#,
            r#"{"id":"7\u0000"}"#,
            r#"{"id":""}"#,
            "{}",
            "[]",
            "",
            "<html>",
            r#"{"id":"7""#,
        ] {
            assert!(matches!(created(odd), Outcome::Unclear { .. }), "{odd}");
        }
        assert!(matches!(came(Asked::Create("5"), 204, ""), Outcome::Unclear { .. }));
    }

    #[test]
    fn every_status_says_what_surely_happened() {
        for status in (300..=599).filter(|status| !matches!(status, 400 | 401 | 403 | 404 | 429)) {
            let expected = Outcome::Unclear { why: format!("status {status}") };
            assert_eq!(came(Asked::Create("5"), status, r#"{"code":0,"message":"secret"}"#), expected);
        }
        for (status, code) in [(401, 0), (403, 50_001), (403, 50_013), (403, 50_007), (404, 10_003), (400, 50_083)] {
            let why = if code == 0 { status.to_string() } else { format!("{status} {code}") };
            let extent = if status == 401 { Extent::Platform } else { Extent::Channel };
            assert_eq!(came(Asked::Create("5"), status, &format!(r#"{{"code":{code}}}"#)), Outcome::Closed { extent, why });
        }
        assert_eq!(came(Asked::Create("5"), 400, r#"{"code":50035,"errors":{}}"#), Outcome::Refused { why: "400 50035".to_owned() });
        for (body, expected) in [("<html>", Extent::Platform), (r#"{"global":true}"#, Extent::Platform), ("{}", Extent::Channel)] {
            let limited = came(Asked::Create("5"), 429, body);
            assert!(matches!(limited, Outcome::NotDone { retry_after: Some(_), extent, .. } if extent == expected), "{body}");
        }
        for status in [400, 403, 404] {
            for page in ["<html>", "", "{}", "[]", r#"{"error":"no"}"#] {
                for asked in [Asked::Create("5"), Asked::Edit(&MessageRef("7".to_owned())), Asked::Look, Asked::Delete] {
                    let expected = Outcome::Unclear { why: format!("status {status}") };
                    assert_eq!(came(asked, status, page), expected, "{page} is not Discord's");
                }
            }
        }
    }

    #[test]
    fn a_message_that_was_deleted_is_never_made_again() {
        let (message, unknown) = (MessageRef("7".to_owned()), r#"{"code":10008}"#);
        for asked in [Asked::Create("5"), Asked::Edit(&message), Asked::Delete] {
            assert_eq!(came(asked, 404, unknown), Outcome::Deleted);
        }
        assert_eq!(came(Asked::Edit(&message), 200, r#"{"id":"7"}"#), Outcome::Posted(message.clone()));
        assert!(matches!(came(Asked::Edit(&message), 200, r#"{"id":"8"}"#), Outcome::Unclear { .. }));
        for (status, code) in [(403, 50_001), (403, 50_013), (404, 10_003), (400, 50_083)] {
            let closed = came(Asked::Edit(&message), status, &format!(r#"{{"code":{code}}}"#));
            assert!(matches!(closed, Outcome::Closed { extent: Extent::Message, .. }), "{code}: {closed:?}");
        }
        assert!(matches!(came(Asked::Edit(&message), 403, r#"{"code":50005}"#), Outcome::Refused { .. }));
    }

    #[test]
    fn a_channel_that_may_not_be_read_is_said_so() {
        for (status, code) in [(403, 50_001), (403, 50_013), (404, 10_003)] {
            assert!(matches!(came(Asked::Look, status, &format!(r#"{{"code":{code}}}"#)), Outcome::LookRefused { .. }));
        }
        assert!(matches!(came(Asked::Look, 401, ""), Outcome::Closed { .. }));
        assert_eq!(outcome(Asked::Look, &answer(200, "[]")), Ok(()));
        assert_eq!(outcome(Asked::Reply, &answer(204, "")), Ok(()));
    }
}
