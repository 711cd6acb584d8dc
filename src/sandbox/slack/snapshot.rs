//! The Slack workspace as one JSON document, for the page to draw.

use serde_json::{Map, Value, json};

use super::super::common::lock;
use super::super::message::{Form, Message};
use super::Slack;

/// The page shows this many of the newest messages of a channel.
const SHOWN: usize = 60;

impl Slack {
    pub(in super::super) fn snapshot(&self) -> Value {
        let state = lock(&self.state);
        let rooms: Vec<_> =
            state.channels.iter().map(|r| json!({"id": r.id, "name": r.name, "with": r.with, "archived": r.archived})).collect();
        let messages: Map<_, _> = state.messages.iter().map(|(channel, all)| (channel.clone(), newest(all))).collect();
        let private: Vec<_> =
            state.private.iter().map(|p| json!({"person": p.person, "channel": p.channel, "id": p.id, "json": p.message})).collect();
        let views: Vec<_> = state.views.iter().filter(|view| view.open).map(form).collect();
        let homes: Map<_, _> = state.homes.iter().map(|(person, home)| (person.clone(), form(home))).collect();
        json!({"rooms": rooms, "messages": messages, "private": private, "forms": views, "homes": homes})
    }

    /// Takes an ephemeral message off the screen, which the app never hears of.
    pub(in super::super) fn dismiss(&self, id: &str) {
        lock(&self.state).private.retain(|private| private.id != id);
        self.common.changed();
    }
}

fn newest(all: &[Message]) -> Value {
    let from = all.len().saturating_sub(SHOWN);
    json!(all[from..].iter().map(|m| json!({"id": m.id, "json": m.json, "edits": m.edits})).collect::<Vec<_>>())
}

fn form(form: &Form) -> Value {
    json!({"id": form.id, "person": form.person, "json": form.json})
}
