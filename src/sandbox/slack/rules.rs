//! What Slack refuses in messages and views, with its own error codes, and what in a message is live. Pure functions only.

use serde_json::Value;

use super::super::judge::{Judge, Objection, list, objects, string};
use super::blocks;

/// `block_id`, `action_id`, `callback_id` and `external_id`.
pub(super) const MAX_ID: usize = 255;
const MAX_BLOCKS: usize = 50;
const MAX_VIEW_BLOCKS: usize = 100;
const MAX_ATTACHMENTS: usize = 100;
/// Slack advises 4,000 and refuses more in `chat.update`; `chat.postMessage` would split, which the bot could not follow.
const MAX_TEXT: usize = 4_000;
/// Not documented; seen as `msg_blocks_too_long` from about 13,200 characters on.
const MAX_BLOCK_TEXT: usize = 13_000;
const MAX_PRIVATE_METADATA: usize = 3_000;
const MAX_VIEW_TITLE: usize = 24;

/// Everything that Slack refuses in the arguments of `chat.postMessage`, `chat.update`, `chat.postEphemeral` or a `response_url`.
#[must_use]
pub fn objections(message: &Value) -> Vec<String> {
    message_objections(message).iter().map(sentence).collect()
}

/// Everything that Slack refuses in a modal or a home view.
#[must_use]
pub fn view_objections(view: &Value) -> Vec<String> {
    judge_view(view).iter().map(sentence).collect()
}

/// Mentions and broadcasts that a reader would find live, as written, and what Slack would make live by itself.
#[must_use]
pub fn live_mentions(message: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (text, verbatim) in mrkdwn(message) {
        let sequences = control_sequences(text);
        found.extend(sequences.iter().filter(|s| s.starts_with(['@', '#', '!']) && !s.starts_with("!date")).map(|s| format!("<{s}>")));
        if !verbatim {
            found.extend(text.split_whitespace().filter(|word| auto_mention(word)).map(str::to_owned));
        }
    }
    found
}

/// Addresses that a reader could click, those of buttons included.
#[must_use]
pub fn live_links(message: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (text, verbatim) in mrkdwn(message) {
        let sequences = control_sequences(text);
        let address = |s: &&String| s.contains(':') && !s.starts_with(['@', '#', '!']);
        found.extend(sequences.iter().filter(address).map(|s| s.split('|').next().unwrap_or_default().to_owned()));
        if !verbatim {
            let outside = without_sequences(text);
            found.extend(outside.split_whitespace().filter(|word| word.contains("://") || word.starts_with("www.")).map(str::to_owned));
        }
    }
    let urls = objects(message).into_iter().filter_map(|node| node.get("url").and_then(Value::as_str));
    found.extend(urls.map(str::to_owned));
    found
}

/// Whom a new message makes ring: everybody whom it mentions.
pub(super) fn pinged(message: &Value) -> Vec<String> {
    live_mentions(message).into_iter().filter(|mention| !mention.starts_with("<#")).collect()
}

/// How Slack words an objection in `response_metadata.messages`.
pub(super) fn sentence(objection: &Objection) -> String {
    if objection.path.is_empty() {
        return format!("{}: {}", objection.code, objection.message);
    }
    format!("{}: {} [json-pointer:/{}]", objection.code, objection.message, objection.path.join("/"))
}

pub(super) fn message_objections(message: &Value) -> Vec<Objection> {
    let mut judge = Judge::default();
    let (blocks, attachments) = (list(message, "blocks"), list(message, "attachments"));
    for key in ["blocks", "attachments"] {
        if message.get(key).is_some_and(|value| !value.is_array() && !value.is_null()) {
            judge.object(if key == "blocks" { "invalid_blocks_format" } else { "invalid_attachments" }, format!("{key} is not an array"));
        }
    }
    if string(message, "text").trim().is_empty() && blocks.is_empty() && attachments.is_empty() {
        judge.object("no_text", "neither text nor blocks nor attachments");
    }
    if string(message, "text").chars().count() > MAX_TEXT {
        judge.object("msg_too_long", format!("text is longer than {MAX_TEXT} characters"));
    }
    judge_blocks(&mut judge, message, MAX_BLOCKS);
    if attachments.len() > MAX_ATTACHMENTS {
        judge.object("too_many_attachments", format!("more than {MAX_ATTACHMENTS} attachments"));
    }
    judge.each(message, "attachments", |j, attachment| {
        if !attachment.is_object() {
            j.object("invalid_attachments", "an attachment is not an object");
        }
        judge_blocks(j, attachment, MAX_BLOCKS);
    });
    let total: usize = objects(message).into_iter().filter(|node| is_text(node)).map(|node| string(node, "text").chars().count()).sum();
    if total > MAX_BLOCK_TEXT {
        judge.object("msg_blocks_too_long", format!("{total} characters of text in blocks"));
    }
    judge_metadata(&mut judge, message.get("metadata").unwrap_or(&Value::Null));
    judge.found
}

pub(super) fn judge_view(view: &Value) -> Vec<Objection> {
    let mut judge = Judge::default();
    let kind = string(view, "type");
    match kind {
        "modal" => {
            blocks::text(&mut judge, view, "title", 1..=MAX_VIEW_TITLE, blocks::Kind::Plain, true);
            blocks::text(&mut judge, view, "submit", 1..=MAX_VIEW_TITLE, blocks::Kind::Plain, false);
            blocks::text(&mut judge, view, "close", 1..=MAX_VIEW_TITLE, blocks::Kind::Plain, false);
            let asks = list(view, "blocks").iter().any(|block| string(block, "type") == "input");
            if asks && view.get("submit").is_none_or(Value::is_null) {
                judge.object("invalid_arguments", "a modal with an input block needs submit");
            }
        }
        "home" => {}
        _ => judge.object("invalid_arguments", format!("type must be modal or home, not {kind:?}")),
    }
    for key in ["callback_id", "external_id"] {
        blocks::words(&mut judge, view, key, 0..=MAX_ID, false);
    }
    blocks::words(&mut judge, view, "private_metadata", 0..=MAX_PRIVATE_METADATA, false);
    if !view.get("blocks").is_some_and(Value::is_array) {
        judge.object("invalid_arguments", "missing required field: blocks");
    }
    judge_blocks(&mut judge, view, MAX_VIEW_BLOCKS);
    judge.found
}

fn judge_blocks(judge: &mut Judge, parent: &Value, most: usize) {
    let count = list(parent, "blocks").len();
    if count > most {
        judge.at("blocks", |j| j.object("invalid_blocks", format!("no more than {most} items allowed")));
    }
    let mut seen = Vec::new();
    judge.each(parent, "blocks", |j, block| {
        blocks::block(j, block);
        let id = string(block, "block_id");
        if !id.is_empty() && seen.contains(&id) {
            j.object("invalid_blocks", format!("`block_id` {id:?} already exists"));
        }
        seen.push(id);
    });
}

fn judge_metadata(judge: &mut Judge, metadata: &Value) {
    let Some(map) = metadata.as_object().filter(|map| !map.is_empty()) else {
        if !metadata.is_null() && !metadata.is_object() {
            judge.object("invalid_metadata_format", "metadata is not an object");
        }
        return;
    };
    judge.at("metadata", |j| {
        if string(metadata, "event_type").is_empty() {
            j.object("invalid_metadata_format", "event_type is missing");
        }
        if let Some(key) = map.keys().find(|key| !matches!(key.as_str(), "event_type" | "event_payload")) {
            j.object("invalid_metadata_format", format!("{key} is not known"));
        }
        let payload = metadata.get("event_payload").and_then(Value::as_object);
        if payload.is_none() {
            j.object("invalid_metadata_format", "event_payload is not an object");
        }
        // Slack takes numbers, but typed clients fail to read them back: see `objections` as what must never be sent.
        for (key, _) in payload.into_iter().flatten().filter(|(_, value)| !value.is_string()) {
            j.object("invalid_metadata_format", format!("event_payload.{key} is not a string"));
        }
    });
}

/// Every text that Slack reads as mrkdwn, and whether it leaves words in it alone.
fn mrkdwn(message: &Value) -> Vec<(&str, bool)> {
    // The top-level text does not link names by default, but it does link addresses; with blocks it is only a fallback.
    let top = message.get("text").and_then(Value::as_str).map(|text| (text, !list(message, "blocks").is_empty()));
    let legacy = list(message, "attachments").iter().flat_map(|a| ["text", "pretext"].into_iter().filter_map(|key| a.get(key)));
    let legacy = legacy.filter_map(Value::as_str).map(|text| (text, false));
    let nodes = objects(message).into_iter().filter_map(|node| match string(node, "type") {
        "mrkdwn" => Some((string(node, "text"), node.get("verbatim") == Some(&Value::Bool(true)))),
        "markdown" => Some((string(node, "text"), false)),
        _ => None,
    });
    top.into_iter().chain(legacy).chain(nodes).collect()
}

/// What stands between `<` and `>`.
fn control_sequences(text: &str) -> Vec<String> {
    let after = text.split('<').skip(1);
    after.filter_map(|rest| rest.split_once('>')).map(|(inside, _)| inside.to_owned()).filter(|inside| !inside.is_empty()).collect()
}

fn without_sequences(text: &str) -> String {
    let mut parts = text.split('<');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut all, part| {
        all.push(' ');
        all.push_str(part.split_once('>').map_or(part, |(_, after)| after));
        all
    })
}

fn auto_mention(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '@' && c != '#');
    ["@everyone", "@channel", "@here"].iter().any(|broadcast| word.starts_with(broadcast))
}

fn is_text(node: &Value) -> bool {
    matches!(string(node, "type"), "mrkdwn" | "plain_text" | "markdown")
}
