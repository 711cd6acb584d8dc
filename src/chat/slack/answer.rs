//! What Slack's answers mean. Pure: a status, a body and what was asked become an [`Outcome`].
//!
//! The tables name what is *not* unclear; everything else is. The codes are those of
//! <https://docs.slack.dev/reference/methods/chat.postMessage>, `chat.update`, `chat.delete` and `conversations.history`.

use serde::Deserialize;
use serde_json::Value;

use crate::chat::http::Answer;
use crate::domain::post::{Extent, MessageRef, Outcome};

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    /// To post into that channel.
    Create(&'a str),
    /// To change that message.
    Edit(&'a MessageRef),
    /// To delete a message.
    Delete,
    /// To read: nothing changes by it.
    Look,
}

/// Surely not done; may be tried again.
const LATER: &[&str] = &["ratelimited", "rate_limited", "message_limit_exceeded", "team_added_to_org", "org_login_required"];

/// The token is not taken (any more): nothing will be, until a person mends it.
const NO_TOKEN: &[&str] = &[
    "invalid_auth",
    "not_authed",
    "token_revoked",
    "token_expired",
    "account_inactive",
    "missing_scope",
    "not_allowed_token_type",
    "ekm_access_denied",
    "team_access_not_granted",
    "enterprise_is_restricted",
];

/// The channel is closed to us until a person mends it. `restricted_action` has many endings.
const CLOSED: &[&str] = &[
    "access_denied",
    "no_permission",
    "not_in_channel",
    "channel_not_found",
    "is_archived",
    // A conversation that takes none of our messages, or a message that takes no answers.
    "messages_tab_disabled",
    "cannot_reply_to_message",
];

/// The beginnings of codes that say the message itself is not taken.
const REFUSED: &[&str] = &[
    "invalid_blocks",
    "msg_too_long",
    "msg_blocks_too_long",
    "no_text",
    "invalid_metadata_",
    "metadata_too_large",
    "metadata_must_be_sent_from_app",
    "markdown_text_conflict",
    "invalid_arguments",
    "invalid_arg_name",
    "too_many_attachments",
    "cant_update_message",
    "edit_window_closed",
    "block_mismatch",
    "cant_delete_message",
];

/// Where a look meets these, the channel may not be read: retrying brings nothing.
const UNREADABLE: &[&str] = &[
    "missing_scope",
    "not_in_channel",
    "channel_not_found",
    "no_permission",
    "access_denied",
    "not_allowed_token_type",
    "thread_not_found",
    // Of conversations with one person.
    "user_not_found",
    "users_not_found",
    "user_not_visible",
    "user_disabled",
    "cannot_dm_bot",
    "messages_tab_disabled",
];

#[derive(Deserialize)]
struct Reply {
    ok: bool,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    ts: Option<String>,
    #[serde(default)]
    channel: Option<Value>,
}

/// What came of it. A look that succeeded is `Ok`: its body is read by who asked.
pub(super) fn outcome(asked: Asked<'_>, answer: &Answer) -> Result<(), Outcome> {
    if answer.status == 429 {
        return Err(later(asked, "429".to_owned(), answer));
    }
    if answer.status != 200 {
        return Err(unclear(format!("status {}", answer.status)));
    }
    let Ok(reply) = serde_json::from_slice::<Reply>(&answer.body) else {
        return Err(unclear("200 without an answer of Slack's".to_owned()));
    };
    match (reply.ok, reply.error) {
        (true, _) => confirmed(asked, reply.ts, reply.channel.as_ref()),
        (false, Some(code)) => Err(refusal(asked, &code, answer)),
        (false, None) => Err(unclear("not ok".to_owned())),
    }
}

fn confirmed(asked: Asked<'_>, ts: Option<String>, channel: Option<&Value>) -> Result<(), Outcome> {
    match (asked, ts) {
        (Asked::Create(wanted), Some(ts)) if channel.and_then(Value::as_str) == Some(wanted) && is_reference(&ts) => {
            Err(Outcome::Posted(MessageRef(ts)))
        }
        (Asked::Create(_), _) => Err(unclear("ok, but not for this channel".to_owned())),
        (Asked::Edit(message), _) => Err(Outcome::Posted(message.clone())),
        (Asked::Delete, _) => Err(Outcome::Deleted),
        (Asked::Look, _) => Ok(()),
    }
}

fn refusal(asked: Asked<'_>, code: &str, answer: &Answer) -> Outcome {
    let why = shown(code);
    let is = |table: &[&str]| table.contains(&code);
    if is(LATER) {
        return later(asked, why, answer);
    }
    match asked {
        Asked::Edit(_) | Asked::Delete if code == "message_not_found" => Outcome::Deleted,
        Asked::Look if is(UNREADABLE) => Outcome::LookRefused { why },
        Asked::Create(_) | Asked::Edit(_) | Asked::Delete | Asked::Look => {
            if is(NO_TOKEN) {
                Outcome::Closed { extent: Extent::Platform, why }
            } else if is(CLOSED) || code.starts_with("restricted_action") {
                Outcome::Closed { extent: closed(asked), why }
            } else if REFUSED.iter().any(|start| code.starts_with(start)) {
                Outcome::Refused { why }
            } else {
                Outcome::Unclear { why }
            }
        }
    }
}

fn is_reference(ts: &str) -> bool {
    !ts.is_empty() && ts.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// A limit is one, whether or not it says for how long.
fn later(asked: Asked<'_>, why: String, answer: &Answer) -> Outcome {
    Outcome::NotDone { retry_after: Some(answer.retry_after.unwrap_or_default()), extent: extent(asked), why }
}

/// Where a message may not be changed, new ones may be taken all the same; they will be told themselves.
fn closed(asked: Asked<'_>) -> Extent {
    match asked {
        Asked::Edit(_) => Extent::Message,
        Asked::Create(_) | Asked::Delete | Asked::Look => Extent::Channel,
    }
}

/// New messages are limited by channel, all else by method: <https://docs.slack.dev/apis/web-api/rate-limits>.
fn extent(asked: Asked<'_>) -> Extent {
    match asked {
        Asked::Create(_) => Extent::Channel,
        Asked::Edit(_) | Asked::Delete | Asked::Look => Extent::Method,
    }
}

/// A code as it may stand in a log: Slack's are short words, hardly with a digit; anything else, a secret even, is not repeated.
fn shown(code: &str) -> String {
    let digits = code.bytes().filter(u8::is_ascii_digit).count();
    let is_code = code.len() <= 60 && digits <= 3 && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if is_code { code.to_owned() } else { "unknown code".to_owned() }
}

fn unclear(why: String) -> Outcome {
    Outcome::Unclear { why }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const REFERENCE: &str = "1795705200.000100";

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: Some(TimeDelta::seconds(7)), date: None, body: body.as_bytes().to_vec() }
    }

    fn refused(asked: Asked<'_>, code: &str) -> Outcome {
        outcome(asked, &answer(200, &format!(r#"{{"ok":false,"error":"{code}"}}"#))).expect_err("an outcome")
    }

    #[test]
    fn a_message_is_posted_only_when_slack_says_where() {
        let created = |body: &str| outcome(Asked::Create("C1"), &answer(200, body)).expect_err("an outcome");
        assert_eq!(
            created(&format!(r#"{{"ok":true,"channel":"C1","ts":"{REFERENCE}"}}"#)),
            Outcome::Posted(MessageRef(REFERENCE.to_owned()))
        );
        for odd in [
            r#"{"ok":true}"#,
            r#"{"ok":true,"channel":"C1"}"#,
            r#"{"ok":true,"channel":"C1","ts":1.5}"#,
            r#"{"ok":true,"channel":"C1","ts":""}"#,
            r#"{"ok":true,"channel":"C1","ts":"1.0\u0000"}"#,
            r#"{"ok":true,"channel":"C2","ts":"1.0"}"#,
            r#"{"ok":true,"channel":{"id":"C1"},"ts":"1.0"}"#,
            r#"{"ok":"true","channel":"C1","ts":"1.0"}"#,
            r#"{"channel":"C1","ts":"1.0"}"#,
            r#"{"ok":false}"#,
            r#"{"ok":true,"channel":"C1","ts":"1.0""#,
            "[]",
            "ok",
            "",
            "<html>Sign in</html>",
        ] {
            assert!(matches!(created(odd), Outcome::Unclear { .. }), "{odd}");
        }
    }

    #[test]
    fn every_code_says_what_surely_happened() {
        for code in ["ratelimited", "rate_limited", "message_limit_exceeded", "team_added_to_org", "org_login_required"] {
            let expected = |extent| Outcome::NotDone { retry_after: Some(TimeDelta::seconds(7)), extent, why: code.to_owned() };
            assert_eq!(refused(Asked::Create("C1"), code), expected(Extent::Channel));
            assert_eq!(refused(Asked::Look, code), expected(Extent::Method));
        }
        for code in ["invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope"] {
            assert_eq!(refused(Asked::Create("C1"), code), Outcome::Closed { extent: Extent::Platform, why: code.to_owned() });
        }
        for code in [
            "no_permission",
            "not_in_channel",
            "channel_not_found",
            "is_archived",
            "restricted_action",
            "restricted_action_read_only_channel",
            "restricted_action_thread_locked",
            "messages_tab_disabled",
            "cannot_reply_to_message",
        ] {
            assert_eq!(refused(Asked::Create("C1"), code), Outcome::Closed { extent: Extent::Channel, why: code.to_owned() });
        }
        for code in [
            "invalid_blocks",
            "invalid_blocks_format",
            "msg_too_long",
            "msg_blocks_too_long",
            "no_text",
            "invalid_metadata_format",
            "invalid_metadata_schema",
            "metadata_too_large",
            "metadata_must_be_sent_from_app",
            "markdown_text_conflict",
        ] {
            assert!(matches!(refused(Asked::Create("C1"), code), Outcome::Refused { why } if why == code), "{code}");
        }
        for code in [
            "internal_error",
            "fatal_error",
            "service_unavailable",
            "request_timeout",
            "duplicate_message_not_found",
            "message_not_found",
            "new_code",
        ] {
            assert!(matches!(refused(Asked::Create("C1"), code), Outcome::Unclear { why } if why == code), "{code}");
        }
    }

    #[test]
    fn what_is_gone_is_deleted_and_what_may_not_be_read_is_said_so() {
        let message = MessageRef(REFERENCE.to_owned());
        assert_eq!(refused(Asked::Edit(&message), "message_not_found"), Outcome::Deleted);
        assert_eq!(refused(Asked::Delete, "message_not_found"), Outcome::Deleted);
        let archived = Outcome::Closed { extent: Extent::Message, why: "is_archived".to_owned() };
        assert_eq!(refused(Asked::Edit(&message), "is_archived"), archived, "new messages find out for themselves");
        for code in ["cant_update_message", "edit_window_closed"] {
            assert!(matches!(refused(Asked::Edit(&message), code), Outcome::Refused { .. }), "{code}");
        }
        for code in ["missing_scope", "not_in_channel", "channel_not_found", "no_permission"] {
            assert!(matches!(refused(Asked::Look, code), Outcome::LookRefused { .. }), "{code}");
        }
        assert!(matches!(refused(Asked::Look, "token_revoked"), Outcome::Closed { .. }));
        assert_eq!(outcome(Asked::Edit(&message), &answer(200, r#"{"ok":true}"#)), Err(Outcome::Posted(message.clone())));
        assert_eq!(outcome(Asked::Look, &answer(200, r#"{"ok":true}"#)), Ok(()));
    }

    #[test]
    fn every_status_but_200_and_429_is_unclear() {
        for status in (100..=599).filter(|status| *status != 200) {
            let came = outcome(Asked::Create("C1"), &answer(status, r#"{"ok":true,"channel":"C1","ts":"1.0"}"#)).expect_err("an outcome");
            let expected = match status {
                429 => Outcome::NotDone { retry_after: Some(TimeDelta::seconds(7)), extent: Extent::Channel, why: "429".to_owned() },
                _ => Outcome::Unclear { why: format!("status {status}") },
            };
            assert_eq!(came, expected);
        }
    }

    #[test]
    fn only_codes_are_repeated() {
        for odd in ["Jane Doe <jane@x>", "xoxb-1234", "9f86d081884c7d659a2feaa0c55ad015", &"a".repeat(200)] {
            assert_eq!(refused(Asked::Create("C1"), odd), Outcome::Unclear { why: "unknown code".to_owned() });
        }
    }
}
