//! Asks Slack whether the token, its scopes and the channels are right. Reads only; nothing that others can see changes by it.

use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde::Deserialize;

use super::answer::{self, Asked};
use super::history::Page;
use super::{Slack, http};
use crate::chat::examine::complaint;
use crate::chat::{Account, Complaint};
use crate::domain::post::Outcome;

/// What the app must be allowed; the manifest and the README ask for the same.
pub const SCOPES: [&str; 11] = [
    "chat:write",
    "chat:write.public",
    "commands",
    "channels:read",
    "channels:history",
    "groups:read",
    "groups:history",
    "im:write",
    "im:history",
    "users:read",
    "users:read.email",
];

/// The header of every answer that names the token's scopes: <https://docs.slack.dev/authentication/installing-with-oauth>.
const GRANTED: &str = "x-oauth-scopes";

#[derive(Deserialize)]
struct Test {
    #[serde(default)]
    user: String,
    #[serde(default)]
    team: String,
}

#[derive(Deserialize)]
struct Info {
    channel: Room,
}

/// <https://docs.slack.dev/reference/objects/conversation-object>
#[derive(Deserialize)]
struct Room {
    #[serde(default)]
    is_archived: bool,
    #[serde(default)]
    is_member: bool,
    #[serde(default)]
    is_im: bool,
}

impl Slack {
    /// Whose token it is, and which scopes it lacks.
    ///
    /// # Errors
    /// Why that cannot be said.
    pub async fn examine_account(&self) -> Result<Account, Complaint> {
        let (test, headers) = self.test().await.map_err(|outcome| complaint(outcome, |why| Complaint::Token { why }))?;
        let complaints = missing_scopes(&headers).map(Complaint::Scopes).into_iter().collect();
        Ok(Account { name: format!("{} in {}", test.user, test.team), date: http::date(&headers), complaints })
    }

    /// What is wrong with the channel.
    pub async fn examine_channel(&self, channel: &str) -> Vec<Complaint> {
        match self.read::<Info>("conversations.info", &[("channel", channel)]).await {
            Err(outcome) => vec![complaint(outcome, refused)],
            Ok(Info { channel: room }) if room.is_archived => vec![Complaint::Archived],
            Ok(Info { channel: room }) if !room.is_member && !room.is_im => vec![Complaint::NotInvited],
            Ok(Info { .. }) => {
                let read = self.read::<Page>("conversations.history", &[("channel", channel), ("limit", "1")]).await;
                read.err().map(|outcome| complaint(outcome, |why| Complaint::History { why })).into_iter().collect()
            }
        }
    }

    async fn test(&self) -> Result<(Test, HeaderMap), Outcome> {
        let request = self.client.get(self.address("auth.test")).header(AUTHORIZATION, self.authorization.clone());
        let (answer, headers) = http::send_and_see(request, super::ANSWER_MOST).await?;
        answer::outcome(Asked::Look, &answer)?;
        let test = serde_json::from_slice(&answer.body).map_err(|_| Outcome::Unclear { why: "answer of another form".to_owned() })?;
        Ok((test, headers))
    }
}

fn refused(why: String) -> Complaint {
    match why.as_str() {
        "is_archived" => Complaint::Archived,
        "not_in_channel" => Complaint::NotInvited,
        // Of the request for the channel's name and state, for public and for private ones.
        "missing_scope" => Complaint::Scopes(vec!["channels:read", "groups:read"]),
        _ => Complaint::Hidden { why },
    }
}

/// The scopes that are missing; `None` where none is, or Slack does not tell.
fn missing_scopes(headers: &HeaderMap) -> Option<Vec<&'static str>> {
    let granted: Vec<&str> = headers.get(GRANTED)?.to_str().ok()?.split(',').map(str::trim).collect();
    let missing: Vec<&str> = SCOPES.into_iter().filter(|scope| !granted.contains(scope)).collect();
    (!missing.is_empty()).then_some(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_compared_as_whole_words() {
        let granted = |scopes: &str| HeaderMap::from_iter([(GRANTED.parse().expect("a name"), scopes.parse().expect("a value"))]);
        assert_eq!(missing_scopes(&granted(&SCOPES.join(", "))), None);
        let without = SCOPES.join(",").replace("chat:write,", "").replace("users:read,", "");
        assert_eq!(missing_scopes(&granted(&without)), Some(vec!["chat:write", "users:read"]));
        assert_eq!(missing_scopes(&HeaderMap::new()), None);
    }
}
