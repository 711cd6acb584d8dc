//! Reads who somebody is in the workspace.

use serde::Deserialize;

use super::history::{Membership, Myself};
use crate::chat::{Profile, Standing};

/// Slack's own bot, which is not marked as one.
const SLACKBOT: &str = "USLACKBOT";

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
    team_id: Option<String>,
    #[serde(default)]
    enterprise_user: Option<Membership>,
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
    /// Who that is to us; where we do not know yet who we are, Slack's own word counts.
    pub(super) fn profile(self, myself: Option<&Myself>) -> Profile {
        let user = self.user;
        let elsewhere = myself.is_some_and(|myself| !myself.is_home_of(user.team_id.as_deref(), user.enterprise_user.as_ref()));
        let (real_name, email) = user.profile.map_or((None, None), |card| (card.real_name, card.email));
        let is = |mark: Option<bool>| mark == Some(true);
        let standing = if is(user.deleted) {
            Standing::Gone
        } else if is(user.is_bot) || user.id == SLACKBOT {
            Standing::Bot
        } else if elsewhere || is(user.is_stranger) {
            Standing::Elsewhere
        } else if is(user.is_restricted) || is(user.is_ultra_restricted) {
            Standing::Guest
        } else {
            Standing::Member
        };
        let name = [user.real_name, real_name, user.name].into_iter().flatten().find(|name| !name.trim().is_empty());
        Profile { id: user.id, name: name.unwrap_or_default(), email, standing }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn standing(user: &Value, myself: Option<&Value>) -> Standing {
        let told: Told = serde_json::from_value(json!({ "user": user })).expect("a user");
        let myself: Option<Myself> = myself.map(|myself| serde_json::from_value(myself.clone()).expect("who we are"));
        told.profile(myself.as_ref()).standing
    }

    #[test]
    fn who_is_of_another_workspace_does_not_belong_here() {
        let one = json!({ "user_id": "U0", "team_id": "T1" });
        let grid = json!({ "user_id": "U0", "team_id": "T1", "enterprise_id": "E1" });
        let everywhere = json!({ "user_id": "U0", "team_id": "T1", "enterprise_id": "E1", "is_enterprise_install": true });
        let member = |enterprise: &str, teams: Value| json!({ "enterprise_id": enterprise, "teams": teams });
        for (user, myself, expected) in [
            (json!({ "id": "U1", "team_id": "T1" }), Some(&one), Standing::Member),
            (json!({ "id": "U1", "team_id": "T2" }), Some(&one), Standing::Elsewhere),
            (json!({ "id": "U1", "team_id": "T2" }), None, Standing::Member),
            (json!({ "id": "U1", "team_id": "T2", "is_stranger": true }), None, Standing::Elsewhere),
            (json!({ "id": "U1" }), Some(&one), Standing::Member),
            (json!({ "id": "U1", "team_id": "E1", "enterprise_user": member("E1", json!(["T2", "T1"])) }), Some(&grid), Standing::Member),
            (json!({ "id": "U1", "team_id": "T2", "enterprise_user": member("E1", json!(["T2"])) }), Some(&grid), Standing::Elsewhere),
            (json!({ "id": "U1", "team_id": "T2", "enterprise_user": member("E1", json!(["T2"])) }), Some(&everywhere), Standing::Member),
            (json!({ "id": "U1", "team_id": "T1", "enterprise_user": member("E2", json!(["T1"])) }), Some(&grid), Standing::Elsewhere),
            (json!({ "id": "U1", "team_id": "T1", "is_restricted": true }), Some(&one), Standing::Guest),
            (json!({ "id": "USLACKBOT", "team_id": "T1", "is_bot": false }), Some(&one), Standing::Bot),
            (json!({ "id": "U1", "team_id": "T2", "deleted": true }), Some(&one), Standing::Gone),
        ] {
            assert_eq!(standing(&user, myself), expected, "{user}");
        }
    }
}
