//! Asks Discord whether the token, the application, the server and the channels are right. Reads only.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::answer::{self, Asked};
use super::permissions::{Me, Overwrite, Role, missing};
use super::{Discord, PAGE_MOST, http};
use crate::chat::examine::complaint;
use crate::chat::{Account, Complaint};
use crate::domain::post::Outcome;

/// Kinds of channels that take plain messages: text, announcements, and threads of either
/// (<https://docs.discord.com/developers/resources/channel#channel-object-channel-types>).
const WITH_MESSAGES: [u8; 5] = [0, 5, 10, 11, 12];

/// The server that is home, as far as it matters for what the bot may do.
#[derive(Debug, Clone)]
pub struct Server {
    user_id: String,
    member_roles: Vec<String>,
    roles: Vec<Role>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    #[serde(default)]
    username: String,
}

#[derive(Deserialize)]
struct Application {
    id: String,
}

#[derive(Deserialize)]
struct Member {
    #[serde(default)]
    roles: Vec<String>,
}

#[derive(Deserialize)]
struct Room {
    #[serde(rename = "type")]
    kind: u8,
    #[serde(default)]
    guild_id: Option<String>,
    #[serde(default)]
    permission_overwrites: Vec<Overwrite>,
}

impl Discord {
    /// Whose token it is, and whether it is that of the configured application.
    ///
    /// # Errors
    /// Why that cannot be said.
    pub async fn examine_account(&self) -> Result<Account, Complaint> {
        let refused = |outcome| complaint(outcome, |why| Complaint::Token { why });
        let (user, headers) = self.ask::<User>("/users/@me").await.map_err(refused)?;
        let (application, _) = self.ask::<Application>("/applications/@me").await.map_err(refused)?;
        let other = application.id != self.settings.application_id;
        let complaints = other.then_some(Complaint::Application { is: application.id }).into_iter().collect();
        Ok(Account { name: user.username, date: http::date(&headers), complaints })
    }

    /// Who the bot is on the configured server.
    ///
    /// # Errors
    /// Why that cannot be said.
    pub async fn examine_server(&self) -> Result<Server, Complaint> {
        let refused = |outcome| complaint(outcome, |why| Complaint::Server { why });
        let guild = &self.settings.guild_id;
        let (user, _) = self.ask::<User>("/users/@me").await.map_err(refused)?;
        let (roles, _) = self.ask::<Vec<Role>>(&format!("/guilds/{guild}/roles")).await.map_err(refused)?;
        let (member, _) = self.ask::<Member>(&format!("/guilds/{guild}/members/{}", user.id)).await.map_err(refused)?;
        Ok(Server { user_id: user.id, member_roles: member.roles, roles })
    }

    /// May the app have slash commands on the configured server? Not where it was added without the scope `applications.commands`, as
    /// may be where that was long ago: today `bot` brings it along
    /// (<https://docs.discord.com/developers/interactions/application-commands#authorizing-your-application>). That Discord then refuses
    /// to list them was seen by others, and is documented nowhere.
    ///
    /// # Errors
    /// Why not, or why that cannot be said.
    pub async fn examine_commands(&self) -> Result<(), Complaint> {
        let (application, guild) = (&self.settings.application_id, &self.settings.guild_id);
        let listed = self.ask::<Vec<IgnoredAny>>(&format!("/applications/{application}/guilds/{guild}/commands")).await;
        listed.map(|_| ()).map_err(|outcome| complaint(outcome, |why| Complaint::Commands { why }))
    }

    /// What is wrong with the channel.
    pub async fn examine_channel(&self, server: &Server, channel: &str) -> Vec<Complaint> {
        let room = match self.ask::<Room>(&format!("/channels/{channel}")).await {
            Ok((room, _)) => room,
            Err(outcome) => return vec![complaint(outcome, |why| Complaint::Hidden { why })],
        };
        if room.guild_id.as_deref() != Some(&self.settings.guild_id) {
            return vec![Complaint::Elsewhere];
        }
        if !WITH_MESSAGES.contains(&room.kind) {
            return vec![Complaint::NoMessages];
        }
        let me = Me { guild_id: &self.settings.guild_id, user_id: &server.user_id, roles: &server.member_roles };
        let lacking = missing(&me, &server.roles, &room.permission_overwrites);
        if !lacking.is_empty() {
            return vec![Complaint::Permissions(lacking)];
        }
        let read = self.ask::<Vec<IgnoredAny>>(&format!("/channels/{channel}/messages?limit=1")).await;
        read.err().map(|outcome| complaint(outcome, |why| Complaint::History { why })).into_iter().collect()
    }

    async fn ask<T: DeserializeOwned>(&self, path: &str) -> Result<(T, HeaderMap), Outcome> {
        let request = self.client.request(Method::GET, http::below(&self.base, path)).header(AUTHORIZATION, self.authorization.clone());
        let (answer, headers) = http::send_and_see(request, PAGE_MOST).await?;
        answer::outcome(Asked::Look, &answer)?;
        let read = serde_json::from_slice(&answer.body).map_err(|_| Outcome::Unclear { why: "answer of another form".to_owned() })?;
        Ok((read, headers))
    }
}
