//! `chat.*`: posting, editing, deleting and whispering. Each takes the whole state, so that a call is one step.

use serde_json::{Map, Value, json};

use super::super::common::{Common, word};
use super::super::judge::{list, string};
use super::super::message::wait_for_room;
use super::api::{Answer, Done, Refused, plain, room, yes};
use super::rules;
use super::state::{BOT_USER, State};

pub(super) fn post(state: &mut State, common: &Common, arguments: &Value) -> Answer {
    // A person's id stands for the direct conversation with that person, which is opened if there is none.
    let wanted = string(arguments, "channel");
    let channel =
        if common.settings.people.iter().any(|person| person.slack == wanted) { state.direct(wanted) } else { writable(state, arguments)? };
    Refused::unless_good(&rules::message_objections(arguments))?;
    if let Some(wait) = wait_for_room(state.messages.get(&channel).map_or(&[], Vec::as_slice), state.limit, state.clock.now()) {
        return Err(Refused { wait: Some(wait), ..Refused::code("ratelimited") });
    }
    let thread = Some(plain(arguments, "thread_ts")).filter(|ts| !ts.is_empty());
    if thread.as_ref().is_some_and(|ts| state.message(&channel, ts).is_none()) {
        return Err(Refused::code("thread_not_found"));
    }
    let pinged = rules::pinged(arguments);
    let mut content = content(arguments);
    if thread.is_some() && yes(arguments, "reply_broadcast") {
        content.insert("subtype".to_owned(), "thread_broadcast".into());
    }
    let (ts, message) = state.post(&channel, content, thread.as_deref(), pinged);
    Ok(Done::about(json!({"channel": channel, "ts": ts, "message": message}), &ts))
}

pub(super) fn update(state: &mut State, arguments: &Value) -> Answer {
    let channel = room(state, arguments)?;
    let ts = plain(arguments, "ts");
    let Some(message) = state.message(&channel, &ts) else { return Err(Refused::code("message_not_found")) };
    if string(&message.json, "user") != BOT_USER {
        return Err(Refused::code("cant_update_message"));
    }
    Refused::unless_good(&rules::message_objections(arguments))?;
    let fresh = content(arguments);
    let (edited_at, _) = state.next_ts();
    let Some(message) = state.message_mut(&channel, &ts) else { return Err(Refused::code("message_not_found")) };
    replace(&mut message.json, fresh, &edited_at);
    message.edits += 1;
    let json = message.json.clone();
    Ok(Done::about(json!({"channel": channel, "ts": ts, "text": json["text"], "message": json}), &ts))
}

/// Puts new content into a message: text without blocks takes the blocks away, metadata stays unless it is sent.
pub(super) fn replace(message: &mut Value, fresh: Map<String, Value>, edited_at: &str) {
    let Some(kept) = message.as_object_mut() else { return };
    let blocks = fresh.contains_key("blocks");
    if fresh.contains_key("text") && !blocks {
        kept.remove("blocks");
    }
    if !blocks {
        kept.insert("edited".to_owned(), json!({"user": BOT_USER, "ts": edited_at}));
    }
    kept.extend(fresh);
    if kept.get("metadata") == Some(&json!({})) {
        kept.remove("metadata");
    }
}

pub(super) fn delete(state: &mut State, arguments: &Value) -> Answer {
    let channel = room(state, arguments)?;
    let ts = plain(arguments, "ts");
    let Some(message) = state.message(&channel, &ts) else { return Err(Refused::code("message_not_found")) };
    if string(&message.json, "user") != BOT_USER {
        return Err(Refused::code("cant_delete_message"));
    }
    state.remove(&channel, &ts);
    Ok(Done::about(json!({"channel": channel, "ts": ts}), &ts))
}

pub(super) fn whisper(state: &mut State, common: &Common, arguments: &Value) -> Answer {
    let channel = writable(state, arguments)?;
    Refused::unless_good(&rules::message_objections(arguments))?;
    let person = string(arguments, "user");
    if !common.settings.people.iter().any(|p| p.slack == person) {
        return Err(Refused::code("user_not_in_channel"));
    }
    let thread = Some(plain(arguments, "thread_ts")).filter(|ts| !ts.is_empty());
    let ts = state.whisper(person, &channel, content(arguments), thread.as_deref());
    Ok(Done::about(json!({"message_ts": ts}), &ts))
}

pub(super) fn permalink(state: &State, common: &Common, arguments: &Value) -> Answer {
    let channel = room(state, arguments)?;
    let ts = plain(arguments, "message_ts");
    if state.message(&channel, &ts).is_none() {
        return Err(Refused::code("message_not_found"));
    }
    let link = common.own(&format!("/#slack/{channel}/p{}", ts.replace('.', "")));
    Ok(Done::with(json!({"channel": channel, "permalink": link})))
}

/// The parts of a message that its author gives, with a `block_id` for every block.
pub(super) fn content(arguments: &Value) -> Map<String, Value> {
    let given = ["text", "blocks", "attachments", "metadata"].into_iter();
    let mut content: Map<_, _> = given.filter_map(|key| Some((key.to_owned(), arguments.get(key)?.clone()))).collect();
    if let Some(Value::Array(blocks)) = content.get_mut("blocks") {
        name_blocks(blocks);
    }
    if let Some(Value::Array(attachments)) = content.get_mut("attachments") {
        for (at, attachment) in attachments.iter_mut().enumerate() {
            attachment["id"] = (at + 1).into();
            if let Some(Value::Array(blocks)) = attachment.get_mut("blocks") {
                name_blocks(blocks);
            }
        }
    }
    content
}

pub(super) fn name_blocks(blocks: &mut [Value]) {
    for block in blocks.iter_mut().filter(|block| block.is_object() && string(block, "block_id").is_empty()) {
        block["block_id"] = word(3).into();
    }
    // Slack names actions, too, so that each press can say which one it was.
    for block in blocks.iter_mut().filter(|block| !list(block, "elements").is_empty() && string(block, "type") == "actions") {
        for element in block["elements"].as_array_mut().into_iter().flatten() {
            if string(element, "action_id").is_empty() {
                element["action_id"] = word(3).into();
            }
        }
    }
}

fn writable(state: &State, arguments: &Value) -> Result<String, Refused> {
    match state.room(string(arguments, "channel")) {
        None => Err(Refused::code("channel_not_found")),
        Some(room) if room.archived => Err(Refused::code("is_archived")),
        Some(room) if !room.joined => Err(Refused::code("not_in_channel")),
        Some(room) => Ok(room.id.clone()),
    }
}
