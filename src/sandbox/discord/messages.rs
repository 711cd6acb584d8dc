//! Messages of channels and threads: creation with enforced nonces, histories, edits, deletions, threads, and the rate limit of a channel.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::common::Common;
use super::super::judge::{list as items, string};
use super::super::message::Message;
use super::api::{Answer, Done, Refused};
use super::guild;
use super::rules;
use super::state::{Nonce, Room, RoomKind, State, stamp};

/// What Discord allows in practice, if no test says otherwise; only told in headers, never enforced.
const USUAL_LIMIT: (usize, Duration) = (5, Duration::from_secs(5));

pub(super) fn create(state: &mut State, common: &Common, channel: &str, body: &Value) -> Answer {
    place(state, channel)?;
    Refused::unless_good(&rules::message_objections(body))?;
    refuse_empty(body)?;
    refuse_closed_dm(state, common, channel)?;
    let nonce = body.get("nonce").filter(|nonce| !nonce.is_null());
    let key = nonce.map(|nonce| nonce.as_str().map_or_else(|| nonce.to_string(), str::to_owned)).filter(|_| body["enforce_nonce"] == true);
    if let Some(known) = key.as_ref().and_then(|key| state.nonces.get(key)).filter(|known| known.born.elapsed() < state.nonce_memory) {
        let message = state.message(&known.channel, &known.message).ok_or_else(unknown_message)?;
        return Ok(Done::message(with_nonce(message.json.clone(), nonce)));
    }
    let message = state.post(channel, body, json!({}));
    if let Some(key) = key {
        let born = std::time::Instant::now();
        state.nonces.insert(key, Nonce { born, channel: channel.to_owned(), message: string(&message, "id").to_owned() });
    }
    Ok(Done::message(with_nonce(message, nonce)))
}

/// A nonce is in the answer to a creation only: nothing says that histories keep it.
fn with_nonce(mut message: Value, nonce: Option<&Value>) -> Value {
    if let Some(nonce) = nonce {
        message["nonce"] = nonce.clone();
    }
    message
}

pub(super) fn list(state: &State, channel: &str, query: &[(String, String)]) -> Answer {
    place(state, channel)?;
    let given = |key: &str| query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    let id = |key: &str| given(key).and_then(|text| text.parse::<u64>().ok());
    let (after, before, around) = (id("after"), id("before"), id("around"));
    let limit = match given("limit").map(str::parse::<usize>) {
        None => 50,
        Some(Ok(limit)) if (1..=100).contains(&limit) => limit,
        Some(_) => {
            let objection =
                json!({"limit": {"_errors": [{"code": "NUMBER_TYPE_MAX", "message": "int value should be between 1 and 100."}]}});
            return Err(Refused {
                status: 400,
                body: json!({"message": "Invalid Form Body", "code": 50035, "errors": objection}),
                objections: vec!["limit: must be 1 to 100".to_owned()],
            });
        }
    };
    let seen_until = state.clock.now() - state.lag;
    let all = state.messages.get(channel).map_or(&[][..], Vec::as_slice);
    let number = |message: &Message| message.id.parse::<u64>().unwrap_or(0);
    let inside = |message: &&Message| {
        after.is_none_or(|a| number(message) > a) && before.is_none_or(|b| number(message) < b) && message.created <= seen_until
    };
    let fitting: Vec<_> = all.iter().filter(inside).collect();
    let range = match (after, around) {
        // `after` gives the messages right after it, all others the newest ones; always newest first.
        (Some(_), _) => &fitting[..limit.min(fitting.len())],
        (None, Some(middle)) => {
            let at = fitting.iter().position(|message| number(message) >= middle).unwrap_or(fitting.len());
            let start = at.saturating_sub(limit / 2);
            &fitting[start..(start + limit).min(fitting.len())]
        }
        (None, None) => &fitting[fitting.len().saturating_sub(limit)..],
    };
    let shown: Vec<_> = range.iter().rev().map(|message| message.json.clone()).collect();
    Ok(Done::with(json!(shown)))
}

pub(super) fn get(state: &State, channel: &str, id: &str) -> Answer {
    place(state, channel)?;
    state.message(channel, id).map(|message| Done::message(message.json.clone())).ok_or_else(unknown_message)
}

pub(super) fn edit(state: &mut State, channel: &str, id: &str, body: &Value) -> Answer {
    place(state, channel)?;
    if state.message(channel, id).is_none() {
        return Err(unknown_message());
    }
    Refused::unless_good(&rules::message_objections(body))?;
    state.edit(channel, id, body).map(Done::message).ok_or_else(unknown_message)
}

pub(super) fn delete(state: &mut State, channel: &str, id: &str) -> Answer {
    place(state, channel)?;
    if state.message(channel, id).is_none() {
        return Err(unknown_message());
    }
    state.remove(channel, id);
    Ok(Done { message: Some(id.to_owned()), ..Done::nothing() })
}

pub(super) fn start_thread(state: &mut State, common: &Common, channel: &str, id: &str, body: &Value) -> Answer {
    place(state, channel)?;
    if state.message(channel, id).is_none() {
        return Err(unknown_message());
    }
    let mut judge = super::super::judge::Judge::default();
    rules::length(&mut judge, body, "name", 1..=100, true);
    if body
        .get("auto_archive_duration")
        .is_some_and(|minutes| !minutes.is_null() && !matches!(minutes.as_u64(), Some(60 | 1_440 | 4_320 | 10_080)))
    {
        judge.at("auto_archive_duration", |j| j.object("BASE_TYPE_CHOICES", "Value must be one of (60, 1440, 4320, 10080)."));
    }
    Refused::unless_good(&judge.found)?;
    // A thread has the id of the message that it hangs on, so there can be one only.
    if state.room(id).is_some() {
        return Err(Refused::new(400, 160_004, "A thread has already been created for this message"));
    }
    let (id, name) = (id.to_owned(), string(body, "name").to_owned());
    let room = Room { id: id.clone(), name, kind: RoomKind::Thread { parent: channel.to_owned() }, open: true };
    let shown = guild::shown(common, &room);
    state.channels.push(room);
    if let Some(message) = state.message_mut(channel, &id) {
        message.json["thread"] = shown.clone();
        message.json["flags"] = (message.json["flags"].as_u64().unwrap_or(0) | 1 << 5).into();
    }
    Ok(Done { status: 201, ..Done::with(shown) })
}

pub(super) fn limit_headers(state: &State, channel: &str) -> Vec<(&'static str, String)> {
    let (most, span) = state.limit.unwrap_or(USUAL_LIMIT);
    let used = recent(state, channel, span).len();
    let reset = state.clock.now().timestamp_millis().unsigned_abs() + u64::try_from(span.as_millis()).unwrap_or(0);
    vec![
        ("x-ratelimit-limit", most.to_string()),
        ("x-ratelimit-remaining", if state.limit.is_some() { most.saturating_sub(used) } else { most.saturating_sub(1) }.to_string()),
        ("x-ratelimit-reset", format!("{}.{:03}", reset / 1_000, reset % 1_000)),
        ("x-ratelimit-reset-after", format!("{:.3}", span.as_secs_f64())),
        ("x-ratelimit-bucket", "80c17d2f203122d936070c88c8d10f33".to_owned()),
    ]
}

pub(super) fn refuse_empty(body: &Value) -> Result<(), Refused> {
    let holds = |key: &str| !items(body, key).is_empty();
    let something = !string(body, "content").is_empty() || ["embeds", "components", "sticker_ids", "attachments"].into_iter().any(holds);
    if something || body.get("poll").is_some() {
        return Ok(());
    }
    let objections = vec!["the message is empty".to_owned()];
    Err(Refused { objections, ..Refused::new(400, 50_006, "Cannot send an empty message") })
}

pub(super) fn unknown_message() -> Refused {
    Refused::new(404, 10_008, "Unknown Message")
}

/// Whether the bot knows the channel and can see it.
pub(super) fn place<'s>(state: &'s State, channel: &str) -> Result<&'s Room, Refused> {
    match state.room(channel) {
        None => Err(Refused::new(404, 10_003, "Unknown Channel")),
        Some(room) if !room.open => Err(Refused::new(403, 50_001, "Missing Access")),
        Some(room) => Ok(room),
    }
}

fn refuse_closed_dm(state: &State, common: &Common, channel: &str) -> Result<(), Refused> {
    let Some(Room { kind: RoomKind::Direct { with }, .. }) = state.room(channel) else { return Ok(()) };
    let closed = common.settings.people.iter().any(|person| person.discord == *with && person.dms_closed);
    if closed { Err(Refused::new(403, 50_007, "Cannot send messages to this user")) } else { Ok(()) }
}

fn recent<'s>(state: &'s State, channel: &str, span: Duration) -> Vec<&'s Message> {
    let since = state.clock.now() - span;
    state.messages.get(channel).into_iter().flatten().filter(|message| message.created > since).collect()
}

/// When a thread was made, for its metadata.
pub(super) fn thread_times(now: DateTime<Utc>) -> Value {
    let now = stamp(now);
    json!({"archived": false, "archive_timestamp": now, "auto_archive_duration": 1_440, "locked": false, "create_timestamp": now})
}
