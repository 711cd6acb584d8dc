//! Discord: the only user of serenity.
//!
//! Messages are written with serenity's builders. The requests are our own, because serenity's HTTP client hides what the delivery
//! protocol needs to see, loses `Retry-After`, and sleeps and retries by itself.

mod answer;
pub(in crate::chat) mod body;
mod commands;
mod controls;
mod embed;
mod examine;
mod history;
mod incoming;
mod modal;
mod permissions;
mod plan;
mod signature;
mod text;

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::VerifyingKey;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serenity::all::CreateMessage;
use url::Url;

pub use self::commands::Commands;
pub use self::examine::Server;

use self::answer::{Asked, UNKNOWN_CHANNEL, UNKNOWN_MESSAGE};
use super::conversations::Conversations;
use super::http::{self, ANSWER_MOST, Answer, LastDate, PAGE_MOST, Pages};
use super::{BuildError, Denied, Found, Interaction, Look, Outgoing, ReplyTo, Unreadable};
use crate::domain::message::{Form, Message};
use crate::domain::post::{DeliveryKey, Extent, MessageRef, Outcome};

/// The body of a request that has none.
const NOTHING: Option<&()> = None;
/// Messages of a page of history: <https://docs.discord.com/developers/resources/message#get-channel-messages>.
const PAGE: usize = 100;
/// Pages that are read in one look. What is not complete by then is tried again later.
const PAGES_MOST: usize = 50;
/// A look goes back so much further, because Discord's clock need not be ours.
const LOOK_BACK: TimeDelta = TimeDelta::seconds(120);

/// What the connection to Discord needs.
#[derive(Clone)]
pub struct Settings {
    /// The bot's token.
    pub bot_token: SecretString,
    /// The application's id, which is its bot's user id.
    pub application_id: String,
    /// The key with which Discord signs.
    pub public_key: VerifyingKey,
    /// The server that is home.
    pub guild_id: String,
    /// `https://discord.com` but for tests and the sandbox.
    pub api_url: String,
    /// Our own address: Discord wants to know it, and it marks messages without buttons.
    pub public_url: String,
    /// The longest wait for a whole answer.
    pub request_timeout: Duration,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("application_id", &self.application_id)
            .field("guild_id", &self.guild_id)
            .field("api_url", &self.api_url)
            .field("public_url", &self.public_url)
            .field("request_timeout", &self.request_timeout)
            .finish_non_exhaustive()
    }
}

/// The connection to one Discord server.
pub struct Discord {
    settings: Settings,
    base: Url,
    public_url: Url,
    authorization: HeaderValue,
    client: Client,
    last_date: LastDate,
    opened: Conversations,
}

impl fmt::Debug for Discord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discord").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Discord {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// When an address is not http(s) or has a query, the token cannot be one, or the HTTP client cannot be made.
    pub fn new(settings: Settings) -> Result<Self, BuildError> {
        let base = http::below(&http::base(&settings.api_url)?, "/api/v10");
        let public_url = http::base(&settings.public_url)?;
        // https://docs.discord.com/developers/reference#user-agent
        let user_agent = format!("DiscordBot ({public_url}, {}) {}", env!("CARGO_PKG_VERSION"), env!("CARGO_PKG_NAME"));
        let client = http::client(&user_agent, settings.request_timeout)?;
        let authorization = http::secret_header("Bot", &settings.bot_token)?;
        Ok(Self { settings, base, public_url, authorization, client, last_date: LastDate::default(), opened: Conversations::default() })
    }

    /// What time Discord said it was in its last answer; `None` when that was asked for already.
    pub fn take_date(&self) -> Option<DateTime<Utc>> {
        self.last_date.take()
    }

    /// Posts a message. May give back an older message of the same key instead of posting a second one.
    pub async fn create(&self, out: &Outgoing<'_>) -> Outcome {
        let body = body::create(out, &self.public_url);
        let Some(card) = out.thread else { return self.post(out.channel, &body).await.0 };
        // A thread has the id of the message that it was started from, and its own history.
        let (outcome, code) = self.post(&card.0, &body).await;
        if code != Some(UNKNOWN_CHANNEL) {
            return outcome;
        }
        match self.start_thread(out, card).await {
            Ok(()) => self.post(&card.0, &body).await.0,
            Err(outcome) => outcome,
        }
    }

    /// Makes a message show what `out` shows. Pings nobody. May be repeated.
    pub async fn edit(&self, out: &Outgoing<'_>, message: &MessageRef) -> Outcome {
        let path = format!("/channels/{}/messages/{}", place(out.channel, out.thread), message.0);
        self.change(Method::PATCH, &path, Some(&body::edit(out, &self.public_url)), Asked::Edit(message)).await.0
    }

    /// Deletes a message of ours: [`Outcome::Deleted`] once it is gone, whoever deleted it. `channel` is the thread for what stands in one.
    pub async fn delete(&self, channel: &str, message: &MessageRef) -> Outcome {
        self.change(Method::DELETE, &format!("/channels/{channel}/messages/{}", message.0), NOTHING, Asked::Delete).await.0
    }

    /// Looks which of these messages stand in the channel, or in the thread of that message, since then. Oldest first.
    pub async fn find(&self, channel: &str, thread: Option<&MessageRef>, since: DateTime<Utc>, keys: &[DeliveryKey]) -> Look {
        let (mut found, mut pages) = (Vec::new(), Pages::default());
        let read = self.read_history(place(channel, thread), since, keys, &mut pages, &mut found).await;
        // A thread that was not started yet holds nothing.
        let gap = read.err().filter(|outcome| thread.is_none() || !answer::is_unknown_channel(outcome));
        found.sort_by_key(|found: &Found| found.message.0.parse::<u64>().unwrap_or(u64::MAX));
        Look { found, gap, requests: pages.requests }
    }

    /// Sends one more message that only the asker sees, after the first answer was given.
    ///
    /// # Errors
    /// What came of it instead; nothing is ever retried.
    pub async fn whisper(&self, reply: &ReplyTo, message: &Message, key: Option<&DeliveryKey>) -> Result<(), Outcome> {
        self.reply(Method::POST, reply, "", &body::private(message, key)).await
    }

    /// Puts a message in the place of the first answer, [`deferred_private`] for one.
    ///
    /// # Errors
    /// What came of it instead; nothing is ever retried.
    pub async fn replace_answer(&self, reply: &ReplyTo, message: &Message, key: Option<&DeliveryKey>) -> Result<(), Outcome> {
        self.reply(Method::PATCH, reply, "/messages/@original", &body::private(message, key)).await
    }

    /// Puts a form that says something in the place of the first answer, or of the message whose menu was used.
    ///
    /// # Errors
    /// What came of it instead; nothing is ever retried.
    pub async fn change_form(&self, reply: &ReplyTo, form: &Form, key: &DeliveryKey) -> Result<(), Outcome> {
        let Some(sheet) = &form.sheet else {
            return Err(Outcome::Refused { why: "a form that cannot be changed".to_owned() });
        };
        self.reply(Method::PATCH, reply, "/messages/@original", &body::form(form, sheet, key)).await
    }

    /// The way to a message (<https://docs.discord.com/developers/reference#message-formatting>).
    #[must_use]
    pub fn link(&self, channel: &str, message: &MessageRef) -> Option<Url> {
        Url::parse(&format!("https://discord.com/channels/{}/{channel}/{}", self.settings.guild_id, message.0)).ok()
    }

    /// The conversation with that user (<https://docs.discord.com/developers/resources/user#create-dm>), asked for once. May be repeated.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn open_direct(&self, user: &str) -> Result<String, Outcome> {
        if let Some(known) = self.opened.with(user) {
            return Ok(known);
        }
        let body = json!({ "recipient_id": user });
        let answer = self.send(Method::POST, "/users/@me/channels", Some(&body), ANSWER_MOST).await?;
        answer::outcome(Asked::Reply, &answer)?;
        let opened: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let id = opened.get("id").and_then(Value::as_str).filter(|id| text::is_snowflake(id));
        let id = id.ok_or_else(|| Outcome::Unclear { why: "no conversation".to_owned() })?;
        self.opened.remember(user, id);
        Ok(id.to_owned())
    }

    /// Lets in what Discord signed, within five minutes. To be called with the bytes as they came, before reading them.
    ///
    /// # Errors
    /// Why it is not let in; the answer is 401 whatever the reason.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<(), Denied> {
        signature::verify(&self.settings.public_key, headers, body, now)
    }

    /// Reads what came to the address for interactions.
    ///
    /// # Errors
    /// When it is not what Discord documents.
    pub fn read_interaction(&self, body: &[u8]) -> Result<Interaction, Unreadable> {
        incoming::interaction(body, &self.settings.guild_id, &self.settings.application_id)
    }

    async fn read_history(
        &self,
        channel: &str,
        since: DateTime<Utc>,
        keys: &[DeliveryKey],
        pages: &mut Pages,
        found: &mut Vec<Found>,
    ) -> Result<(), Outcome> {
        let mut after = history::snowflake(since.checked_sub_signed(LOOK_BACK).unwrap_or(since));
        for _ in 0..PAGES_MOST {
            let path = format!("/channels/{channel}/messages?limit={PAGE}&after={after}");
            let page: Vec<Value> = pages.read(|| self.read(&path)).await?;
            found.extend(history::ours(&page, &self.settings.application_id, &self.public_url, keys));
            if page.len() < PAGE {
                return Ok(());
            }
            match page.iter().filter_map(history::id).max() {
                Some(newest) if newest > after => after = newest,
                Some(_) | None => return Err(Outcome::Unclear { why: "history without an end".to_owned() }),
            }
        }
        Err(Outcome::Unclear { why: "history too long".to_owned() })
    }

    async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, Outcome> {
        let answer = self.send(Method::GET, path, NOTHING, PAGE_MOST).await?;
        answer::outcome(Asked::Look, &answer)?;
        serde_json::from_slice(&answer.body).map_err(|_| Outcome::Unclear { why: "answer of another form".to_owned() })
    }

    async fn reply(&self, method: Method, reply: &ReplyTo, which: &str, body: &Value) -> Result<(), Outcome> {
        let ReplyTo::Discord { token, .. } = reply else {
            return Err(Outcome::Refused { why: "nowhere to answer".to_owned() });
        };
        let path = format!("/webhooks/{}/{}{which}", self.settings.application_id, token.expose_secret());
        // Whoever has the token may answer, so ours is not sent along.
        let answer = http::send(self.client.request(method, http::below(&self.base, &path)).json(body), ANSWER_MOST).await?;
        answer::outcome(Asked::Reply, &answer)
    }

    async fn post(&self, channel: &str, body: &CreateMessage) -> (Outcome, Option<u32>) {
        self.change(Method::POST, &format!("/channels/{channel}/messages"), Some(body), Asked::Create(channel)).await
    }

    /// Starts the thread of a card, unless it is there already.
    async fn start_thread(&self, out: &Outgoing<'_>, card: &MessageRef) -> Result<(), Outcome> {
        const THREAD_EXISTS: u32 = 160_004;
        let path = format!("/channels/{}/messages/{}/threads", out.channel, card.0);
        let answer = self.send(Method::POST, &path, Some(&body::thread(out.thread_name)), ANSWER_MOST).await.map_err(not_posted)?;
        match (answer::outcome(Asked::Reply, &answer), answer::code(&answer)) {
            (Ok(()), _) | (Err(_), Some(THREAD_EXISTS)) => Ok(()),
            // The card was deleted, so what belongs below it is not wanted any more.
            (Err(_), Some(UNKNOWN_MESSAGE)) => Err(Outcome::Deleted),
            (Err(outcome), _) => Err(not_posted(outcome)),
        }
    }

    async fn change<B: Serialize + Sync>(&self, method: Method, path: &str, body: Option<&B>, asked: Asked<'_>) -> (Outcome, Option<u32>) {
        match self.send(method, path, body, ANSWER_MOST).await {
            Err(outcome) => (outcome, None),
            Ok(answer) => match answer::outcome(asked, &answer) {
                Ok(()) => (Outcome::Unclear { why: "no answer to what was asked".to_owned() }, None),
                Err(outcome) => (outcome, answer::code(&answer)),
            },
        }
    }

    async fn send<B: Serialize + Sync>(&self, method: Method, path: &str, body: Option<&B>, most: usize) -> Result<Answer, Outcome> {
        let request = self.client.request(method, http::below(&self.base, path)).header(AUTHORIZATION, self.authorization.clone());
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = http::send(request, most).await?;
        self.last_date.note(&answer);
        Ok(answer)
    }
}

/// Nothing was posted, whatever became of the thread.
fn not_posted(outcome: Outcome) -> Outcome {
    if let Outcome::Unclear { why } = outcome { Outcome::NotDone { retry_after: None, extent: Extent::Channel, why } } else { outcome }
}

/// What would be sent to make this message, without any secret.
#[must_use]
pub fn request_body(out: &Outgoing<'_>, public_url: &Url) -> Value {
    // Nothing in it that JSON cannot say.
    serde_json::to_value(body::create(out, public_url)).unwrap_or_default()
}

/// The answer to a ping.
#[must_use]
pub fn pong() -> Value {
    body::pong()
}

/// The answer that shows a private message at once. Controls need the key of what they act on.
#[must_use]
pub fn private_answer(message: &Message, key: Option<&DeliveryKey>) -> Value {
    body::private_answer(message, key)
}

/// The answer that opens a form about a message.
#[must_use]
pub fn form_answer(form: &Form, key: &DeliveryKey, reply: Option<&ReplyTo>) -> Value {
    let opened = match reply {
        Some(ReplyTo::Discord { id, .. }) => Some(id.as_str()),
        Some(ReplyTo::Slack { .. }) | None => None,
    };
    modal::answer(form, key, opened, reply.and_then(ReplyTo::list))
}

/// The answer that puts a message in the place of the private one whose control was used (type 7).
#[must_use]
pub fn replacement(message: &Message) -> Value {
    body::in_place(body::private(message, None))
}

/// The answer to a form that puts another one in its place, which must be one that says something (type 7).
#[must_use]
pub fn form_instead(form: &Form, key: &DeliveryKey) -> Value {
    match &form.sheet {
        Some(sheet) => body::in_place(body::form(form, sheet, key)),
        None => body::deferred_update(),
    }
}

/// The answer to a press that says nothing: whatever there is to say follows by [`Discord::whisper`], what changed by an edit.
#[must_use]
pub fn deferred_update() -> Value {
    body::deferred_update()
}

/// The answer to a slash command that takes longer: "being worked on", until [`Discord::replace_answer`].
#[must_use]
pub fn deferred_private() -> Value {
    body::deferred_private()
}

/// The answer to a completion: what is shown, and what it stands for.
#[must_use]
pub fn choices(choices: &[(String, String)]) -> Value {
    body::choices(choices)
}

/// A thread is a channel of its own, with the id of the message that it was started from.
fn place<'a>(channel: &'a str, thread: Option<&'a MessageRef>) -> &'a str {
    thread.map_or(channel, |card| &card.0)
}
