//! `conversations.*`: reading channels and threads, and opening direct conversations.

use serde_json::{Value, json};

use super::super::common::Common;
use super::super::message::Message;
use super::api::{Answer, Done, Refused, plain, room, yes};
use super::state::{BOT_USER, Room, State, top_level};

const MOST: usize = 999;

pub(super) fn history(state: &State, arguments: &Value) -> Answer {
    let channel = readable(state, arguments)?;
    let messages = state.messages.get(&channel).map_or(&[][..], Vec::as_slice);
    let newest_first = messages.iter().rev().filter(|message| top_level(&message.json) || message.json["subtype"] == "thread_broadcast");
    Ok(page(state, newest_first, arguments))
}

pub(super) fn replies(state: &State, arguments: &Value) -> Answer {
    let channel = readable(state, arguments)?;
    let parent = plain(arguments, "ts");
    if state.message(&channel, &parent).is_none() {
        return Err(Refused::code("thread_not_found"));
    }
    let messages = state.messages.get(&channel).map_or(&[][..], Vec::as_slice);
    let thread = messages.iter().filter(|m| m.id == parent || m.json.get("thread_ts").and_then(Value::as_str) == Some(&parent));
    Ok(page(state, thread, arguments))
}

pub(super) fn open(state: &mut State, common: &Common, arguments: &Value) -> Answer {
    let wanted = match arguments.get("users") {
        Some(Value::Array(users)) => users.first().and_then(Value::as_str).unwrap_or_default().to_owned(),
        _ => plain(arguments, "users"),
    };
    if !common.settings.people.iter().any(|person| person.slack == wanted) {
        return Err(Refused::code("user_not_found"));
    }
    let already = state.channels.iter().any(|room| room.with.as_deref() == Some(&wanted));
    let id = state.direct(&wanted);
    Ok(Done::with(json!({"no_op": already, "already_open": already, "channel": {"id": id}})))
}

pub(super) fn join(state: &mut State, arguments: &Value) -> Answer {
    let id = room(state, arguments)?;
    let found = state.channels.iter_mut().find(|room| room.id == id);
    found.map_or_else(
        || Err(Refused::code("channel_not_found")),
        |room| {
            room.joined = true;
            Ok(Done::with(json!({"channel": shown(room)})))
        },
    )
}

pub(super) fn info(state: &State, arguments: &Value) -> Answer {
    let id = room(state, arguments)?;
    state.room(&id).map(|room| Done::with(json!({"channel": shown(room)}))).ok_or_else(|| Refused::code("channel_not_found"))
}

pub(super) fn list_all(state: &State) -> Done {
    let channels: Vec<_> = state.channels.iter().filter(|room| room.with.is_none()).map(shown).collect();
    Done::with(json!({"channels": channels, "response_metadata": {"next_cursor": ""}}))
}

pub(super) fn members(state: &State, common: &Common, arguments: &Value) -> Answer {
    room(state, arguments)?;
    let people = common.settings.people.iter().map(|person| person.slack.as_str());
    let members: Vec<_> = people.chain([BOT_USER]).collect();
    Ok(Done::with(json!({"members": members, "response_metadata": {"next_cursor": ""}})))
}

pub(super) fn shown(room: &Room) -> Value {
    match &room.with {
        Some(person) => json!({"id": room.id, "is_im": true, "user": person, "is_channel": false, "is_archived": false}),
        None => json!({
            "id": room.id, "name": room.name, "is_channel": true, "is_group": false, "is_im": false, "is_private": false,
            "is_archived": room.archived, "is_member": room.joined, "is_general": false, "name_normalized": room.name,
        }),
    }
}

fn readable(state: &State, arguments: &Value) -> Result<String, Refused> {
    let id = room(state, arguments)?;
    match state.room(&id) {
        Some(room) if !room.joined => Err(Refused::code("not_in_channel")),
        _ => Ok(id),
    }
}

fn page<'m>(state: &State, messages: impl Iterator<Item = &'m Message>, arguments: &Value) -> Done {
    let (oldest, latest) = (micros(&plain(arguments, "oldest")).unwrap_or(0), micros(&plain(arguments, "latest")).unwrap_or(i64::MAX));
    let (inclusive, metadata) = (yes(arguments, "inclusive"), yes(arguments, "include_all_metadata"));
    let seen_until = state.clock.now() - state.lag;
    let within = |message: &&Message| {
        let at = micros(&message.id).unwrap_or(0);
        let inside = oldest < at && at < latest || inclusive && (at == oldest || at == latest);
        inside && message.created <= seen_until
    };
    let all: Vec<_> = messages.filter(within).collect();
    let start = plain(arguments, "cursor").parse().unwrap_or(0).min(all.len());
    let limit = plain(arguments, "limit").parse().unwrap_or(100).clamp(1, MOST);
    let stop = (start + limit).min(all.len());
    let shown: Vec<_> = all[start..stop].iter().map(|message| without_metadata(&message.json, metadata)).collect();
    let more = stop < all.len();
    let cursor = if more { stop.to_string() } else { String::new() };
    Done::with(json!({"messages": shown, "has_more": more, "pin_count": 0, "response_metadata": {"next_cursor": cursor}}))
}

fn without_metadata(message: &Value, keep: bool) -> Value {
    let mut message = message.clone();
    if !keep && let Some(map) = message.as_object_mut() {
        map.remove("metadata");
    }
    message
}

/// A `ts` as microseconds, so that equal times are equal.
fn micros(ts: &str) -> Option<i64> {
    let (seconds, rest) = ts.split_once('.').unwrap_or((ts, ""));
    let rest = format!("{rest:0<6}");
    Some(seconds.parse::<i64>().ok()? * 1_000_000 + rest.get(..6)?.parse::<i64>().ok()?)
}
