//! The Slack workspace: a stateful stand-in for its Web API, and people who press its buttons.
//!
//! Each method of the API takes the state under one lock, so that a call is one step as seen from outside.

mod act;
mod api;
mod blocks;
mod chat;
mod elements;
mod payload;
mod people;
mod response;
mod rooms;
pub mod rules;
mod snapshot;
mod state;
mod views;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::common::{Common, lock};
use super::desk::{Desk, House};
use super::fault::Fault;
use super::journal::Call;
use super::message::{Form, Message, Private};

pub(super) use self::api::router;
use self::people::handle;
pub use self::state::{APP, BOT, BOT_USER, TEAM};
use self::state::{State, top_level};

/// The Slack workspace, to look at, to break, and to act in. People act by the functions in `act.rs`.
pub struct Slack {
    common: Arc<Common>,
    desk: Desk,
    state: Mutex<State>,
}

impl Slack {
    pub(super) fn new(common: Arc<Common>) -> Self {
        let state = Mutex::new(State::new(&common));
        Self { desk: Desk::new(House::Slack, Arc::clone(&common)), common, state }
    }

    /// Live messages of a channel, oldest first, without replies in threads.
    #[must_use]
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        self.select(channel, |message| top_level(&message.json))
    }

    /// Live replies in the thread of a message, oldest first.
    #[must_use]
    pub fn thread(&self, channel: &str, ts: &str) -> Vec<Message> {
        self.select(channel, |message| !top_level(&message.json) && message.json["thread_ts"] == ts)
    }

    /// One live message.
    #[must_use]
    pub fn message(&self, channel: &str, ts: &str) -> Option<Message> {
        lock(&self.state).message(channel, ts).cloned()
    }

    /// What single people see: ephemeral messages, answers to commands, direct messages; oldest first.
    #[must_use]
    pub fn private(&self) -> Vec<Private> {
        let state = lock(&self.state);
        let rooms = state.channels.iter().filter_map(|room| Some((room.with.as_ref()?, state.messages.get(&room.id)?)));
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
    pub fn views(&self) -> Vec<Form> {
        lock(&self.state).views.clone()
    }

    /// The App Home of a person, if the bot published one.
    #[must_use]
    pub fn home(&self, person: &str) -> Option<Form> {
        let id = &self.common.person(person)?.slack;
        lock(&self.state).homes.get(id).cloned()
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
    pub fn remove(&self, channel: &str, ts: &str) -> bool {
        let removed = lock(&self.state).remove(channel, ts);
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

    /// Archives a channel, or brings it back.
    pub fn archive(&self, channel: &str, archived: bool) {
        if let Some(room) = lock(&self.state).channels.iter_mut().find(|room| room.id == channel) {
            room.archived = archived;
        }
        self.common.changed();
    }

    /// Throws the bot out of a channel, or lets it in.
    pub fn set_member(&self, channel: &str, joined: bool) {
        if let Some(room) = lock(&self.state).channels.iter_mut().find(|room| room.id == channel) {
            room.joined = joined;
        }
    }

    fn select(&self, channel: &str, wanted: impl Fn(&Message) -> bool) -> Vec<Message> {
        let state = lock(&self.state);
        state.messages.get(channel).into_iter().flatten().filter(|message| wanted(message)).cloned().collect()
    }
}
