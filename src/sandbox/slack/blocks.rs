//! The rules of Block Kit: which block may hold what, and how long it may be. Pure functions; codes other than `invalid_blocks` are not made here.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::super::judge::{Judge, list, string, within};
use super::elements;
use super::rules::MAX_ID;

pub(super) const CODE: &str = "invalid_blocks";

/// Which text objects are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Any,
}

pub(super) fn block(judge: &mut Judge, block: &Value) {
    words(judge, block, "block_id", 1..=MAX_ID, false);
    match string(block, "type") {
        "section" => section(judge, block),
        "header" => {
            keys(judge, block, &["text", "level"]);
            text(judge, block, "text", 1..=150, Kind::Plain, true);
        }
        "divider" => keys(judge, block, &[]),
        "context" => context(judge, block),
        "actions" => {
            keys(judge, block, &["elements"]);
            count(judge, block, "elements", 1..=25);
            judge.each(block, "elements", |j, element| elements::element(j, element, elements::Place::Actions));
        }
        "input" => input(judge, block),
        "image" => {
            keys(judge, block, &["image_url", "slack_file", "alt_text", "title"]);
            image(judge, block);
            text(judge, block, "title", 1..=2_000, Kind::Plain, false);
        }
        "markdown" => words(judge, block, "text", 1..=12_000, true),
        // Known, but the bot does not send them: only their place in the list is judged.
        "rich_text" | "video" | "file" | "table" | "call" | "context_actions" | "data_visualization" | "data_table" | "alert" | "card" => {}
        other => judge.object(CODE, format!("unsupported type: {other}")),
    }
    unique_actions(judge, block);
}

/// The text object at `key`.
pub(super) fn text(judge: &mut Judge, parent: &Value, key: &str, length: RangeInclusive<usize>, kind: Kind, required: bool) {
    let Some(object) = parent.get(key).filter(|value| !value.is_null()) else {
        if required {
            judge.object(CODE, format!("missing required field: {key}"));
        }
        return;
    };
    judge.at(key, |j| text_object(j, object, length, kind));
}

/// The string at `key`.
pub(super) fn words(judge: &mut Judge, parent: &Value, key: &str, length: RangeInclusive<usize>, required: bool) {
    match parent.get(key) {
        None | Some(Value::Null) if required => judge.object(CODE, format!("missing required field: {key}")),
        None | Some(Value::Null) => {}
        Some(value) => judge.at(key, |j| sized(j, value, &length)),
    }
}

/// The number of items of the list at `key`, which must be there.
pub(super) fn count(judge: &mut Judge, parent: &Value, key: &str, range: RangeInclusive<usize>) {
    match parent.get(key) {
        Some(value) if within(value, &range) => {}
        None => judge.object(CODE, format!("missing required field: {key}")),
        Some(_) => judge.at(key, |j| j.object(CODE, format!("must have {} to {} items", range.start(), range.end()))),
    }
}

/// Refuses all keys but these and those that every block and element may have.
pub(super) fn keys(judge: &mut Judge, object: &Value, known: &[&str]) {
    let all = object.as_object().into_iter().flat_map(|map| map.keys());
    for key in all.filter(|key| !matches!(key.as_str(), "type" | "block_id" | "action_id") && !known.contains(&key.as_str())) {
        judge.object(CODE, format!("invalid additional property: {key}"));
    }
}

pub(super) fn text_object(judge: &mut Judge, object: &Value, length: RangeInclusive<usize>, kind: Kind) {
    match string(object, "type") {
        "plain_text" => keys(judge, object, &["text", "emoji"]),
        "mrkdwn" if kind == Kind::Any => keys(judge, object, &["text", "verbatim"]),
        "mrkdwn" => judge.object(CODE, "must be plain_text"),
        other => judge.object(CODE, format!("must be a text object, not {other:?}")),
    }
    words(judge, object, "text", length, true);
    if string(object, "text").trim().is_empty() && !string(object, "text").is_empty() {
        judge.object(CODE, "must not be blank");
    }
}

pub(super) fn image(judge: &mut Judge, node: &Value) {
    words(judge, node, "image_url", 1..=3_000, node.get("slack_file").is_none());
    words(judge, node, "alt_text", 1..=2_000, true);
}

fn section(judge: &mut Judge, block: &Value) {
    keys(judge, block, &["text", "fields", "accessory", "expand"]);
    let fields = block.get("fields").is_some();
    text(judge, block, "text", 1..=3_000, Kind::Any, !fields);
    if fields {
        count(judge, block, "fields", 1..=10);
        judge.each(block, "fields", |j, field| text_object(j, field, 1..=2_000, Kind::Any));
    }
    if let Some(element) = block.get("accessory") {
        judge.at("accessory", |j| elements::element(j, element, elements::Place::Section));
    }
}

fn context(judge: &mut Judge, block: &Value) {
    keys(judge, block, &["elements"]);
    count(judge, block, "elements", 1..=10);
    judge.each(block, "elements", |j, element| match string(element, "type") {
        "image" => {
            keys(j, element, &["image_url", "slack_file", "alt_text"]);
            image(j, element);
        }
        "mrkdwn" | "plain_text" => text_object(j, element, 1..=3_000, Kind::Any),
        other => j.object(CODE, format!("unsupported type: {other}")),
    });
}

fn input(judge: &mut Judge, block: &Value) {
    keys(judge, block, &["label", "element", "hint", "optional", "dispatch_action"]);
    text(judge, block, "label", 1..=2_000, Kind::Plain, true);
    text(judge, block, "hint", 1..=2_000, Kind::Plain, false);
    match block.get("element") {
        None => judge.object(CODE, "missing required field: element"),
        Some(element) => judge.at("element", |j| elements::element(j, element, elements::Place::Input)),
    }
}

fn unique_actions(judge: &mut Judge, block: &Value) {
    let single = ["element", "accessory"].into_iter().filter_map(|key| block.get(key));
    let mut ids: Vec<_> =
        list(block, "elements").iter().chain(single).map(|e| string(e, "action_id")).filter(|id| !id.is_empty()).collect();
    ids.sort_unstable();
    if let Some((twice, _)) = ids.iter().zip(ids.iter().skip(1)).find(|(left, right)| left == right) {
        judge.object(CODE, format!("`action_id` {twice:?} already exists in this block"));
    }
}

fn sized(judge: &mut Judge, value: &Value, length: &RangeInclusive<usize>) {
    let say = |judge: &mut Judge, message: &dyn Display| judge.object(CODE, message.to_string());
    match value.as_str().map(|text| text.chars().count()) {
        None => say(judge, &"must be a string"),
        Some(count) if count < *length.start() => say(judge, &format!("must be more than {} characters", length.start() - 1)),
        Some(count) if count > *length.end() => say(judge, &format!("must be less than {} characters", length.end() + 1)),
        Some(_) => {}
    }
}
