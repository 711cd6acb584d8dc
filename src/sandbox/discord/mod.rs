//! The Discord guild: a stateful stand-in for its REST API, and people who press its buttons.
//!
//! Each route takes the state under one lock, so that a call is one step as seen from outside.

mod act;
mod api;
mod components;
mod guild;
mod messages;
mod payload;
mod route;
pub mod rules;
mod snapshot;
mod state;
mod webhooks;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::common::{Common, lock};
use super::desk::{Desk, House};
use super::fault::Fault;
use super::journal::Call;
use super::message::{Form, Message, Private};

pub(super) use self::api::router;
use self::state::{RoomKind, State};

/// The Discord guild, to look at, to break, and to act in. People act by the functions in `act.rs`.
pub struct Discord {
    common: Arc<Common>,
    desk: Desk,
    state: Mutex<State>,
}

impl Discord {
    pub(super) fn new(common: Arc<Common>) -> Self {
        let state = Mutex::new(State::new(&common));
        Self { desk: Desk::new(House::Discord, Arc::clone(&common)), common, state }
    }

    /// Live messages of a channel, oldest first, without those in its threads.
    #[must_use]
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        lock(&self.state).messages.get(channel).cloned().unwrap_or_default()
    }

    /// Live messages in the thread of a message, oldest first.
    #[must_use]
    pub fn thread(&self, _channel: &str, message: &str) -> Vec<Message> {
        // A thread that hangs on a message has the id of that message.
        self.messages(message)
    }

    /// The name of the thread of a message, if it has one.
    #[must_use]
    pub fn thread_name(&self, message: &str) -> Option<String> {
        let state = lock(&self.state);
        let room = state.room(message).filter(|room| matches!(room.kind, RoomKind::Thread { .. }));
        room.map(|room| room.name.clone())
    }

    /// One live message.
    #[must_use]
    pub fn message(&self, channel: &str, id: &str) -> Option<Message> {
        lock(&self.state).message(channel, id).cloned()
    }

    /// What single people see: ephemeral messages, answers to commands, direct messages; oldest first.
    #[must_use]
    pub fn private(&self) -> Vec<Private> {
        let state = lock(&self.state);
        let rooms = state.channels.iter().filter_map(|room| match &room.kind {
            RoomKind::Direct { with } => Some((with, state.messages.get(&room.id)?)),
            RoomKind::Text | RoomKind::Thread { .. } => None,
        });
        let direct = rooms.flat_map(|(person, messages)| {
            messages.iter().map(|message| Private {
                person: person.clone(),
                channel: message.channel.clone(),
                id: message.id.clone(),
                created: message.created,
                direct: true,
                message: message.json.clone(),
            })
        });
        let mut all: Vec<_> = state.private.iter().cloned().chain(direct).collect();
        all.sort_by_key(|private| private.created);
        all
    }

    /// Modals that were opened, oldest first.
    #[must_use]
    pub fn modals(&self) -> Vec<Form> {
        lock(&self.state).modals.clone()
    }

    /// Commands as they were last registered.
    #[must_use]
    pub fn commands(&self) -> Vec<Value> {
        lock(&self.state).commands.clone()
    }

    /// Every request so far, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Call> {
        self.desk.journal.calls()
    }

    /// Forgets the journal; messages stay.
    pub fn clear_journal(&self) {
        self.desk.journal.clear();
    }

    /// What the validator objected to, ever.
    #[must_use]
    pub fn objections(&self) -> Vec<String> {
        self.journal().into_iter().flat_map(|call| call.objections).collect()
    }

    /// Switches a fault on.
    pub fn fault(&self, fault: Fault) {
        self.desk.faults.add(fault);
    }

    /// Makes the chance of faults the same for the same seed and the same requests.
    pub fn seed_faults(&self, seed: u64) {
        self.desk.faults.seed(seed);
    }

    /// Switches all faults off; requests that hang are let go.
    pub fn heal(&self) {
        self.desk.faults.heal();
    }

    /// A person deletes a message; says whether it was there.
    pub fn remove(&self, channel: &str, id: &str) -> bool {
        let removed = lock(&self.state).remove(channel, id);
        self.common.changed();
        removed
    }

    /// Refuses more than so many new messages a channel and time with 429.
    pub fn set_channel_limit(&self, limit: Option<(usize, Duration)>) {
        lock(&self.state).limit = limit;
    }

    /// Makes new messages visible in histories only after this time.
    pub fn set_history_lag(&self, lag: Duration) {
        lock(&self.state).lag = lag;
    }

    /// Forgets enforced nonces after this time, which Discord documents as "the past few minutes".
    pub fn set_nonce_memory(&self, memory: Duration) {
        lock(&self.state).nonce_memory = memory;
    }

    /// Deletes a channel: 10003 from now on.
    pub fn delete_channel(&self, channel: &str) {
        lock(&self.state).channels.retain(|room| room.id != channel);
        self.common.changed();
    }

    /// Takes the bot's access to a channel away (50001), or gives it back.
    pub fn set_access(&self, channel: &str, open: bool) {
        if let Some(room) = lock(&self.state).channels.iter_mut().find(|room| room.id == channel) {
            room.open = open;
        }
    }
}
