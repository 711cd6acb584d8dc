//! The Discord guild as one JSON document, for the page to draw.

use serde_json::{Map, Value, json};

use super::super::common::lock;
use super::super::message::Message;
use super::Discord;
use super::state::RoomKind;

/// The page shows this many of the newest messages of a channel.
const SHOWN: usize = 60;

impl Discord {
    pub(in super::super) fn snapshot(&self) -> Value {
        let state = lock(&self.state);
        let rooms = state.channels.iter().map(|room| {
            let (with, parent) = match &room.kind {
                RoomKind::Text => (None, None),
                RoomKind::Thread { parent } => (None, Some(parent)),
                RoomKind::Direct { with } => (Some(with), None),
            };
            json!({"id": room.id, "name": room.name, "with": with, "parent": parent})
        });
        let rooms: Vec<_> = rooms.collect();
        let messages: Map<_, _> = state.messages.iter().map(|(channel, all)| (channel.clone(), newest(all))).collect();
        let private: Vec<_> =
            state.private.iter().map(|p| json!({"person": p.person, "channel": p.channel, "id": p.id, "json": p.message})).collect();
        let modals = state.modals.iter().filter(|modal| modal.open);
        let modals: Vec<_> = modals.map(|modal| json!({"id": modal.id, "person": modal.person, "json": modal.json})).collect();
        let thinking = state.interactions.values().filter(|i| i.deferred.is_some() && i.original.is_none());
        let thinking: Vec<_> =
            thinking.map(|i| json!({"id": i.id, "person": i.person, "channel": i.channel, "private": i.deferred != Some(0)})).collect();
        json!({"rooms": rooms, "messages": messages, "private": private, "forms": modals, "thinking": thinking, "commands": state.commands})
    }

    /// Takes an ephemeral message off the screen, which the app never hears of.
    pub fn dismiss(&self, id: &str) {
        lock(&self.state).private.retain(|private| private.id != id);
        self.common.changed();
    }
}

fn newest(all: &[Message]) -> Value {
    let from = all.len().saturating_sub(SHOWN);
    json!(all[from..].iter().map(|m| json!({"id": m.id, "json": m.json, "edits": m.edits})).collect::<Vec<_>>())
}
