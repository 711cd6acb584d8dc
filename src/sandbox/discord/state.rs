//! What the Discord guild holds: channels, threads, messages, private messages, interactions, nonces and commands. No HTTP and no rules here.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::super::common::{Clock, Common};
use super::super::judge::list;
use super::super::message::{Form, Message, Private};
use super::super::settings::{Person, Platform};
use super::rules;

/// What the bot and people may do, all of it.
pub(super) const PERMISSIONS: &str = "2248473465835073";
pub(super) const EPHEMERAL: u64 = 1 << 6;
/// Documented as "the past few minutes".
const NONCE_MEMORY: Duration = Duration::from_mins(5);
/// Milliseconds from 1970 to the first second of 2015.
const EPOCH: i64 = 1_420_070_400_000;

pub(super) struct State {
    pub(super) channels: Vec<Room>,
    pub(super) messages: HashMap<String, Vec<Message>>,
    pub(super) private: Vec<Private>,
    pub(super) modals: Vec<Form>,
    pub(super) interactions: HashMap<String, Interaction>,
    pub(super) nonces: HashMap<String, Nonce>,
    pub(super) commands: Vec<Value>,
    pub(super) limit: Option<(usize, Duration)>,
    pub(super) lag: Duration,
    pub(super) nonce_memory: Duration,
    pub(super) clock: Clock,
    bot: Value,
    last_id: i64,
}

/// A text channel, a thread or a direct conversation.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kind: RoomKind,
    /// Whether the bot can see it.
    pub(super) open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RoomKind {
    Text,
    Thread { parent: String },
    Direct { with: String },
}

/// A message that was created with an enforced nonce.
pub(super) struct Nonce {
    pub(super) born: Instant,
    pub(super) channel: String,
    pub(super) message: String,
}

/// Something that a person did, and what the bot answered.
#[derive(Clone)]
pub(super) struct Interaction {
    pub(super) id: String,
    /// 2 command, 3 component, 4 autocomplete, 5 modal.
    pub(super) kind: u64,
    pub(super) person: String,
    pub(super) channel: String,
    pub(super) message: Option<String>,
    pub(super) born: Instant,
    pub(super) answered: bool,
    /// The message that stands for the answer, if there is one.
    pub(super) original: Option<String>,
    /// Flags of a deferred answer that is still to come.
    pub(super) deferred: Option<u64>,
}

impl State {
    pub(super) fn new(common: &Common) -> Self {
        let channels = common.settings.channels.iter().filter(|channel| channel.platform == Platform::Discord);
        let room = |id: &str, name: &str| Room { id: id.to_owned(), name: name.to_owned(), kind: RoomKind::Text, open: true };
        Self {
            channels: channels.map(|channel| room(&channel.id, &channel.name)).collect(),
            messages: HashMap::new(),
            private: Vec::new(),
            modals: Vec::new(),
            interactions: HashMap::new(),
            nonces: HashMap::new(),
            commands: Vec::new(),
            limit: None,
            lag: Duration::ZERO,
            nonce_memory: NONCE_MEMORY,
            clock: common.clock.clone(),
            bot: bot(&common.settings.discord_application_id),
            last_id: 0,
        }
    }

    pub(super) fn next_id(&mut self) -> String {
        let now = (self.clock.now().timestamp_millis() - EPOCH) << 22;
        self.last_id = now.max(self.last_id + 1);
        self.last_id.to_string()
    }

    pub(super) fn room(&self, id: &str) -> Option<&Room> {
        self.channels.iter().find(|room| room.id == id)
    }

    pub(super) fn message(&self, channel: &str, id: &str) -> Option<&Message> {
        self.messages.get(channel)?.iter().find(|message| message.id == id)
    }

    pub(super) fn message_mut(&mut self, channel: &str, id: &str) -> Option<&mut Message> {
        self.messages.get_mut(channel)?.iter_mut().find(|message| message.id == id)
    }

    /// Writes a message that everyone in the channel sees.
    pub(super) fn post(&mut self, channel: &str, body: &Value, more: Value) -> Value {
        let (id, created) = (self.next_id(), self.clock.now());
        let json = self.composed(&id, channel, body, more, created);
        let pinged = rules::pinged(body);
        let kept = Message { platform: Platform::Discord, channel: channel.to_owned(), id, json: json.clone(), created, edits: 0, pinged };
        self.messages.entry(channel.to_owned()).or_default().push(kept);
        if let Some(Room { kind: RoomKind::Thread { parent }, .. }) = self.room(channel).cloned()
            && let Some(message) = self.message_mut(&parent, channel)
        {
            let count = message.json["thread"]["message_count"].as_u64().unwrap_or(0) + 1;
            message.json["thread"]["message_count"] = count.into();
        }
        json
    }

    /// Shows a message to one person only.
    pub(super) fn whisper(&mut self, person: &str, channel: &str, body: &Value, more: Value) -> Value {
        let (id, created) = (self.next_id(), self.clock.now());
        let mut message = self.composed(&id, channel, body, more, created);
        message["flags"] = EPHEMERAL.into();
        let (person, channel) = (person.to_owned(), channel.to_owned());
        self.private.push(Private { person, channel, id, created, direct: false, message: message.clone() });
        message
    }

    /// Puts new content into a message, wherever it is; gives the message.
    pub(super) fn edit(&mut self, channel: &str, id: &str, body: &Value) -> Option<Value> {
        let now = stamp(self.clock.now());
        if let Some(private) = self.private.iter_mut().find(|private| private.id == id) {
            fill(&mut private.message, body);
            private.message["edited_timestamp"] = now.into();
            return Some(private.message.clone());
        }
        let message = self.message_mut(channel, id)?;
        fill(&mut message.json, body);
        message.json["edited_timestamp"] = now.into();
        message.edits += 1;
        Some(message.json.clone())
    }

    /// Takes a message away, whoever sees it; says whether it was there.
    pub(super) fn remove(&mut self, channel: &str, id: &str) -> bool {
        let messages = self.messages.entry(channel.to_owned()).or_default();
        let before = messages.len() + self.private.len();
        messages.retain(|message| message.id != id);
        self.private.retain(|message| message.id != id);
        before != messages.len() + self.private.len()
    }

    fn composed(&self, id: &str, channel: &str, body: &Value, more: Value, created: DateTime<Utc>) -> Value {
        let mut message = json!({
            "id": id, "channel_id": channel, "author": self.bot, "timestamp": stamp(created), "edited_timestamp": null,
            "content": "", "tts": false, "mention_everyone": false, "mentions": [], "mention_roles": [], "attachments": [],
            "embeds": [], "components": [], "pinned": false, "type": 0, "flags": body.get("flags").and_then(Value::as_u64).unwrap_or(0),
        });
        if let (Some(message), Value::Object(more)) = (message.as_object_mut(), more) {
            message.extend(more);
        }
        fill(&mut message, body);
        message
    }

    pub(super) fn bot(&self) -> &Value {
        &self.bot
    }
}

/// A user as Discord writes one.
pub(super) fn user(person: &Person) -> Value {
    account(&person.discord, &person.name.split_whitespace().collect::<Vec<_>>().join(".").to_lowercase(), &person.name, false)
}

/// A member of the guild as Discord writes one.
pub(super) fn member(user: &Value) -> Value {
    json!({
        "user": user, "roles": [], "nick": null, "avatar": null, "banner": null, "deaf": false, "mute": false, "flags": 0, "pending": false,
        "joined_at": "2025-05-16T22:51:16.692000+00:00", "premium_since": null, "communication_disabled_until": null, "permissions": PERMISSIONS,
    })
}

/// Discord's time format; clients refuse `Z`.
pub(super) fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, false)
}

fn bot(application: &str) -> Value {
    account(application, "rebound", "Rebound", true)
}

fn account(id: &str, name: &str, shown: &str, bot: bool) -> Value {
    json!({
        "id": id, "username": name, "global_name": shown, "discriminator": "0", "avatar": null, "bot": bot, "public_flags": 0, "flags": 0,
        "primary_guild": null,
    })
}

fn fill(message: &mut Value, body: &Value) {
    for (key, empty) in [("content", json!("")), ("embeds", json!([])), ("components", json!([]))] {
        match body.get(key) {
            None => {}
            Some(Value::Null) => message[key] = empty,
            Some(given) => message[key] = given.clone(),
        }
    }
    for embed in message["embeds"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        embed.entry("type").or_insert_with(|| "rich".into());
        for field in embed.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
            field.entry("inline").or_insert(false.into());
        }
    }
    number(&mut message["components"], &mut 0);
}

/// Discord numbers components and completes selects.
fn number(components: &mut Value, last: &mut u64) {
    for component in components.as_array_mut().into_iter().flatten() {
        *last += 1;
        let id = *last;
        if let Some(map) = component.as_object_mut() {
            map.entry("id").or_insert_with(|| id.into());
            complete_select(map);
        }
        if !list(component, "components").is_empty() {
            number(&mut component["components"], last);
        }
    }
}

fn complete_select(component: &mut Map<String, Value>) {
    let select = component.get("type").and_then(Value::as_u64).is_some_and(|kind| matches!(kind, 3 | 5..=8));
    for key in ["min_values", "max_values"].into_iter().filter(|_| select) {
        component.entry(key).or_insert_with(|| 1.into());
    }
}
