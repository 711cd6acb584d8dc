//! Reads who somebody is in the workspace.

use serde::Deserialize;

use crate::chat::{Profile, Standing};

/// The answer of `users.info` (<https://docs.slack.dev/reference/objects/user-object>). What is missing is taken for false.
#[derive(Deserialize)]
pub(super) struct Told {
    user: User,
}

#[derive(Deserialize)]
struct User {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    deleted: Option<bool>,
    #[serde(default)]
    is_bot: Option<bool>,
    #[serde(default)]
    is_restricted: Option<bool>,
    #[serde(default)]
    is_ultra_restricted: Option<bool>,
    #[serde(default)]
    is_stranger: Option<bool>,
    #[serde(default)]
    real_name: Option<String>,
    #[serde(default)]
    profile: Option<Card>,
}

#[derive(Deserialize)]
struct Card {
    #[serde(default)]
    real_name: Option<String>,
    #[serde(default)]
    email: Option<String>,
}

/// The answer of `chat.getPermalink`.
#[derive(Deserialize)]
pub(super) struct Permalink {
    pub(super) permalink: String,
}

/// The conversation in the answer of `conversations.open`.
pub(super) fn conversation(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Opened {
        channel: Channel,
    }
    #[derive(Deserialize)]
    struct Channel {
        id: String,
    }
    Some(serde_json::from_slice::<Opened>(body).ok()?.channel.id)
}

impl Told {
    pub(super) fn profile(self) -> Profile {
        let user = self.user;
        let (real_name, email) = user.profile.map_or((None, None), |card| (card.real_name, card.email));
        let is = |mark: Option<bool>| mark == Some(true);
        let standing = if is(user.deleted) {
            Standing::Gone
        } else if is(user.is_bot) {
            Standing::Bot
        } else if is(user.is_restricted) || is(user.is_ultra_restricted) || is(user.is_stranger) {
            Standing::Guest
        } else {
            Standing::Member
        };
        let name = [user.real_name, real_name, user.name].into_iter().flatten().find(|name| !name.trim().is_empty());
        Profile { id: user.id, name: name.unwrap_or_default(), email, standing }
    }
}
