//! What the Slack workspace holds: channels, messages, private messages, views, triggers and response urls. No HTTP and no rules here.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::super::common::{Clock, Common, word};
use super::super::judge::string;
use super::super::message::{Form, Message, Private};
use super::super::settings::Platform;

/// The workspace.
pub const TEAM: &str = "T0SANDBOX01";
/// The app.
pub const APP: &str = "A0REBOUND01";
/// The bot.
pub const BOT: &str = "B0REBOUND01";
/// The bot's user.
pub const BOT_USER: &str = "U0REBOUND01";

pub(super) struct State {
    pub(super) channels: Vec<Room>,
    pub(super) messages: HashMap<String, Vec<Message>>,
    pub(super) private: Vec<Private>,
    pub(super) views: Vec<Form>,
    pub(super) homes: HashMap<String, Form>,
    pub(super) triggers: HashMap<String, Trigger>,
    pub(super) grants: HashMap<String, Grant>,
    pub(super) limit: Option<(usize, Duration)>,
    pub(super) lag: Duration,
    pub(super) clock: Clock,
    last_ts: i64,
}

/// A channel or a direct conversation.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub(super) id: String,
    pub(super) name: String,
    /// Whom the bot talks to, in a direct conversation.
    pub(super) with: Option<String>,
    pub(super) archived: bool,
    pub(super) joined: bool,
}

/// The right to open one view.
pub(super) struct Trigger {
    pub(super) person: String,
    pub(super) born: Instant,
    pub(super) used: bool,
}

/// The right to post to a `response_url`.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) person: String,
    pub(super) channel: String,
    pub(super) message: Option<String>,
    pub(super) thread: Option<String>,
    pub(super) left: u8,
    pub(super) born: Instant,
}

impl State {
    pub(super) fn new(common: &Common) -> Self {
        let channels = common.settings.channels.iter().filter(|channel| channel.platform == Platform::Slack);
        let room = |id: &str, name: &str| Room { id: id.to_owned(), name: name.to_owned(), with: None, archived: false, joined: true };
        Self {
            channels: channels.map(|channel| room(&channel.id, &channel.name)).collect(),
            messages: HashMap::new(),
            private: Vec::new(),
            views: Vec::new(),
            homes: HashMap::new(),
            triggers: HashMap::new(),
            grants: HashMap::new(),
            limit: None,
            lag: Duration::ZERO,
            clock: common.clock.clone(),
            last_ts: 0,
        }
    }

    /// A time that no other message has.
    pub(super) fn next_ts(&mut self) -> (String, DateTime<Utc>) {
        let now = self.clock.now();
        self.last_ts = now.timestamp_micros().max(self.last_ts + 1);
        (format!("{}.{:06}", self.last_ts / 1_000_000, self.last_ts % 1_000_000), now)
    }

    pub(super) fn room(&self, id: &str) -> Option<&Room> {
        self.channels.iter().find(|room| room.id == id)
    }

    pub(super) fn message(&self, channel: &str, ts: &str) -> Option<&Message> {
        self.messages.get(channel)?.iter().find(|message| message.id == ts)
    }

    pub(super) fn message_mut(&mut self, channel: &str, ts: &str) -> Option<&mut Message> {
        self.messages.get_mut(channel)?.iter_mut().find(|message| message.id == ts)
    }

    /// Writes a message into a channel or a thread; gives its `ts` and the message.
    pub(super) fn post(
        &mut self,
        channel: &str,
        content: Map<String, Value>,
        thread: Option<&str>,
        pinged: Vec<String>,
    ) -> (String, Value) {
        let (ts, created) = self.next_ts();
        let mut message = envelope(&ts);
        message.extend(content);
        if let Some(parent) = thread {
            message.insert("thread_ts".to_owned(), parent.into());
            self.count_reply(channel, parent, &ts);
        }
        let json = Value::Object(message);
        let kept = Message {
            platform: Platform::Slack,
            channel: channel.to_owned(),
            id: ts.clone(),
            json: json.clone(),
            created,
            edits: 0,
            pinged,
        };
        self.messages.entry(channel.to_owned()).or_default().push(kept);
        (ts, json)
    }

    /// Shows a message to one person only.
    pub(super) fn whisper(&mut self, person: &str, channel: &str, content: Map<String, Value>, thread: Option<&str>) -> String {
        let (ts, created) = self.next_ts();
        let mut message = envelope(&ts);
        message.extend(content);
        message.remove("metadata");
        message.insert("is_ephemeral".to_owned(), true.into());
        if let Some(parent) = thread {
            message.insert("thread_ts".to_owned(), parent.into());
        }
        let (person, channel) = (person.to_owned(), channel.to_owned());
        self.private.push(Private { person, channel, id: ts.clone(), created, direct: false, message: Value::Object(message) });
        ts
    }

    /// Takes a message away; a parent with replies stays as a tombstone at the real Slack, which this one leaves out.
    pub(super) fn remove(&mut self, channel: &str, ts: &str) -> bool {
        let messages = self.messages.entry(channel.to_owned()).or_default();
        let before = messages.len() + self.private.len();
        messages.retain(|message| message.id != ts);
        self.private.retain(|message| message.id != ts);
        before != messages.len() + self.private.len()
    }

    pub(super) fn trigger(&mut self, person: &str) -> String {
        let id = format!("{}.{}.{}", self.clock.now().timestamp_micros(), self.triggers.len(), word(16));
        self.triggers.insert(id.clone(), Trigger { person: person.to_owned(), born: Instant::now(), used: false });
        id
    }

    pub(super) fn grant(&mut self, person: &str, channel: &str, message: Option<&str>, thread: Option<&str>) -> String {
        let id = word(16);
        let (person, channel) = (person.to_owned(), channel.to_owned());
        let (message, thread) = (message.map(str::to_owned), thread.map(str::to_owned));
        self.grants.insert(id.clone(), Grant { person, channel, message, thread, left: 5, born: Instant::now() });
        id
    }

    /// The direct conversation with a person, opened if there is none.
    pub(super) fn direct(&mut self, person: &str) -> String {
        if let Some(room) = self.channels.iter().find(|room| room.with.as_deref() == Some(person)) {
            return room.id.clone();
        }
        let id = format!("D{}", person.trim_start_matches('U'));
        let name = "directmessage".to_owned();
        self.channels.push(Room { id: id.clone(), name, with: Some(person.to_owned()), archived: false, joined: true });
        id
    }

    fn count_reply(&mut self, channel: &str, parent: &str, ts: &str) {
        let Some(message) = self.message_mut(channel, parent) else { return };
        let count = message.json.get("reply_count").and_then(Value::as_u64).unwrap_or(0) + 1;
        message.json["reply_count"] = count.into();
        message.json["latest_reply"] = ts.into();
        message.json["thread_ts"] = parent.into();
        message.json["reply_users"] = json!([BOT_USER]);
    }
}

/// Whether it stands in the channel itself, not in a thread.
pub(super) fn top_level(message: &Value) -> bool {
    let thread = string(message, "thread_ts");
    thread.is_empty() || thread == string(message, "ts")
}

fn envelope(ts: &str) -> Map<String, Value> {
    let Value::Object(envelope) = json!({
        "type": "message", "user": BOT_USER, "bot_id": BOT, "app_id": APP, "team": TEAM, "ts": ts, "text": "",
        "bot_profile": {"id": BOT, "app_id": APP, "name": "Rebound", "deleted": false, "team_id": TEAM},
    }) else {
        return Map::new();
    };
    envelope
}
