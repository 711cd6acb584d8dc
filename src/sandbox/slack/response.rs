//! `response_url`s, and the messages that come as the body of an answer: five uses in thirty minutes, private unless said otherwise.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::common::lock;
use super::super::judge::{Objection, list, string};
use super::Slack;
use super::api::{Answer, Done, Refused, yes};
use super::chat::{content, replace};
use super::rules;
use super::state::{Grant, State};

const LIFE: Duration = Duration::from_mins(30);

pub(super) fn respond(slack: &Slack, id: &str, body: &Value) -> Answer {
    let state = &mut *lock(&slack.state);
    let Some(grant) = state.grants.get_mut(id) else { return Err(Refused::code("expired_url")) };
    if grant.left == 0 {
        return Err(Refused::code("used_url"));
    }
    if grant.born.elapsed() > LIFE {
        return Err(Refused::code("expired_url"));
    }
    grant.left -= 1;
    let grant = grant.clone();
    apply(state, &grant, body)
}

/// Does what the body of an answer asks for.
pub(super) fn apply(state: &mut State, grant: &Grant, body: &Value) -> Answer {
    let original = grant.message.as_deref();
    if yes(body, "delete_original") {
        let Some(ts) = original else { return Err(Refused::code("message_not_found")) };
        state.remove(&grant.channel, ts);
        return Ok(Done::about(json!({}), ts));
    }
    Refused::unless_good(&objections(body))?;
    match original {
        Some(ts) if yes(body, "replace_original") => put(state, &grant.channel, ts, body),
        _ if string(body, "response_type") == "in_channel" => {
            let pinged = rules::pinged(body);
            let (ts, _) = state.post(&grant.channel, content(body), grant.thread.as_deref(), pinged);
            Ok(Done::about(json!({}), &ts))
        }
        _ => {
            let ts = state.whisper(&grant.person, &grant.channel, content(body), grant.thread.as_deref());
            Ok(Done::about(json!({}), &ts))
        }
    }
}

/// As for any message; besides, blocks inside attachments are refused in private answers.
pub(super) fn objections(body: &Value) -> Vec<Objection> {
    let mut found = rules::message_objections(body);
    let private = string(body, "response_type") != "in_channel" && !yes(body, "replace_original");
    if private && list(body, "attachments").iter().any(|attachment| attachment.get("blocks").is_some()) {
        let message = "blocks in attachments of an ephemeral message".to_owned();
        found.push(Objection { path: vec!["attachments".to_owned()], code: "invalid_attachments", message });
    }
    found
}

fn put(state: &mut State, channel: &str, ts: &str, body: &Value) -> Answer {
    let (edited_at, _) = state.next_ts();
    let mut fresh = content(body);
    fresh.remove("metadata");
    if let Some(private) = state.private.iter_mut().find(|private| private.id == ts && !private.direct) {
        replace(&mut private.message, fresh, &edited_at);
    } else if let Some(message) = state.message_mut(channel, ts) {
        replace(&mut message.json, fresh, &edited_at);
        message.edits += 1;
    } else {
        return Err(Refused::code("message_not_found"));
    }
    Ok(Done::about(json!({}), ts))
}
