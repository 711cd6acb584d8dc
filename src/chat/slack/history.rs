//! Reads pages of a channel's history and finds our messages in them. Foreign messages may hold anything, so nothing is read strictly
//! but what is ours.

use serde::Deserialize;
use serde_json::Value;

use super::body::EVENT_TYPE;
use crate::chat::Found;
use crate::domain::post::{DeliveryKey, MessageRef};

/// Where somebody belongs in an organisation (<https://docs.slack.dev/reference/objects/user-object>).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Membership {
    #[serde(default)]
    enterprise_id: Option<String>,
    #[serde(default)]
    teams: Vec<String>,
}

/// Who we are in the workspace.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Myself {
    pub(super) user_id: String,
    #[serde(default)]
    pub(super) bot_id: Option<String>,
    #[serde(default)]
    team_id: Option<String>,
    #[serde(default)]
    enterprise_id: Option<String>,
    /// The app is in all workspaces of an organisation, each of which is home.
    #[serde(default)]
    is_enterprise_install: Option<bool>,
}

impl Myself {
    /// Does somebody belong here: to our workspace, or in an organisation to one of its workspaces that is ours? What is not told cannot
    /// be compared.
    pub(super) fn is_home_of(&self, team: Option<&str>, organisation: Option<&Membership>) -> bool {
        match (organisation, &self.enterprise_id) {
            (Some(theirs), Some(ours)) => {
                let is_in = |team: &String| theirs.teams.is_empty() || theirs.teams.contains(team);
                theirs.enterprise_id.as_ref().is_none_or(|theirs| theirs == ours)
                    && (self.is_enterprise_install == Some(true) || self.team_id.as_ref().is_none_or(is_in))
            }
            (Some(_) | None, _) => self.is_enterprise_install == Some(true) || self.is_home(team, None),
        }
    }

    /// Is that workspace ours, or of our organisation? What is not told on either side cannot be compared.
    pub(super) fn is_home(&self, team: Option<&str>, enterprise: Option<&str>) -> bool {
        let same = |ours: Option<&str>, theirs: Option<&str>| ours.zip(theirs).is_none_or(|(ours, theirs)| ours == theirs);
        if self.is_enterprise_install == Some(true) {
            return same(self.enterprise_id.as_deref(), enterprise);
        }
        same(self.team_id.as_deref(), team)
    }
}

/// A page of `conversations.history` or `conversations.replies`
/// (<https://docs.slack.dev/reference/methods/conversations.history>).
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    messages: Vec<Value>,
    #[serde(default)]
    has_more: bool,
    #[serde(default)]
    response_metadata: Option<Cursor>,
}

#[derive(Debug, Deserialize)]
struct Cursor {
    #[serde(default)]
    next_cursor: Option<String>,
}

/// What follows a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Page(String),
    Nothing,
    /// There is more, but not how to get it.
    Lost,
}

impl Page {
    /// Which of the sought messages stand in it. Only ours count: anyone may post a message with a copied marker.
    pub(super) fn ours(&self, myself: &Myself, sought: &[DeliveryKey]) -> Vec<Found> {
        let mine = self.messages.iter().filter(|message| is_mine(message, myself));
        mine.filter_map(|message| {
            let key = marker(message).filter(|key| sought.contains(key))?;
            let touched =
                message.get("reply_count").and_then(Value::as_u64).is_some_and(|replies| replies > 0) || has_any(message, "reactions");
            Some(Found { key, message: MessageRef(message.get("ts")?.as_str()?.to_owned()), touched })
        })
        .collect()
    }

    pub(super) fn next(self) -> Next {
        let cursor = self.response_metadata.and_then(|metadata| metadata.next_cursor).filter(|cursor| !cursor.is_empty());
        match (self.has_more, cursor) {
            (_, Some(cursor)) => Next::Page(cursor),
            (true, None) => Next::Lost,
            (false, None) => Next::Nothing,
        }
    }
}

fn is_mine(message: &Value, myself: &Myself) -> bool {
    let says = |field: &str| message.get(field).and_then(Value::as_str);
    says("user") == Some(myself.user_id.as_str()) || (says("bot_id").is_some() && says("bot_id") == myself.bot_id.as_deref())
}

/// The delivery key that a message carries in its metadata or in the id of its first block.
fn marker(message: &Value) -> Option<DeliveryKey> {
    let metadata = message.get("metadata").filter(|metadata| metadata.get("event_type").and_then(Value::as_str) == Some(EVENT_TYPE));
    let in_metadata = metadata.and_then(|metadata| metadata.pointer("/event_payload/d")).and_then(Value::as_str);
    let in_block = || message.pointer("/blocks/0/block_id")?.as_str()?.strip_prefix("d:")?.split(':').next();
    DeliveryKey::parse(in_metadata.or_else(in_block)?)
}

fn has_any(message: &Value, list: &str) -> bool {
    message.get(list).and_then(Value::as_array).is_some_and(|list| !list.is_empty())
}
