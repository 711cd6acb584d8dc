//! Slack: the only user of slack-morphism.
//!
//! Block Kit is written with slack-morphism's types. The requests are our own thin POSTs, because the delivery protocol needs to see
//! what its client hides: whether a connection was made, the status, `Retry-After` as sent, and how long the answer is.

mod answer;
mod blocks;
pub(in crate::chat) mod body;
mod examine;
mod history;
mod incoming;
mod modal;
mod people;
mod signature;
mod text;

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use url::Url;

pub use self::examine::SCOPES;

use self::answer::Asked;
use self::history::{Myself, Next, Page};
use self::modal::Opened;
use super::conversations::Conversations;
use super::http::{self, ANSWER_MOST, Answer, LastDate, PAGE_MOST, Pages};
use super::{BuildError, Denied, Found, Interaction, Look, Outgoing, Profile, ReplyTo, Unreadable};
use crate::domain::message::{Form, Message};
use crate::domain::post::{DeliveryKey, Extent, MessageRef, Outcome};

/// Slack's host for `response_url`s.
const HOOKS: &str = "hooks.slack.com";
/// Messages of a page of history; Slack takes up to 999.
const PAGE: usize = 100;
/// Pages that are read in one look. What is not complete by then is tried again later.
const PAGES_MOST: usize = 50;
/// A look goes back so much further, because Slack's clock need not be ours.
const LOOK_BACK: TimeDelta = TimeDelta::seconds(120);

/// What the connection to Slack needs.
#[derive(Clone)]
pub struct Settings {
    /// The bot's token.
    pub bot_token: SecretString,
    /// Signs what Slack sends.
    pub signing_secret: SecretString,
    /// `https://slack.com/api` but for tests and the sandbox.
    pub api_url: String,
    /// The longest wait for a whole answer.
    pub request_timeout: Duration,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("api_url", &self.api_url).field("request_timeout", &self.request_timeout).finish_non_exhaustive()
    }
}

/// The connection to one Slack workspace.
pub struct Slack {
    settings: Settings,
    base: Url,
    authorization: HeaderValue,
    client: Client,
    last_date: LastDate,
    opened: Conversations,
    /// Who we are; asked for by the first look or the first visitor.
    myself: OnceCell<Myself>,
}

impl fmt::Debug for Slack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slack").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Slack {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// When the address is not http(s) or has a query, the token cannot be one, or the HTTP client cannot be made.
    pub fn new(settings: Settings) -> Result<Self, BuildError> {
        let base = http::base(&settings.api_url)?;
        let client = http::client(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")), settings.request_timeout)?;
        let authorization = http::secret_header("Bearer", &settings.bot_token)?;
        Ok(Self {
            settings,
            base,
            authorization,
            client,
            last_date: LastDate::default(),
            opened: Conversations::default(),
            myself: OnceCell::new(),
        })
    }

    /// What time Slack said it was in its last answer; `None` when that was asked for already.
    pub fn take_date(&self) -> Option<DateTime<Utc>> {
        self.last_date.take()
    }

    /// Posts a message. People are named, not mentioned, but for the one whom it may ping.
    pub async fn create(&self, out: &Outgoing<'_>) -> Outcome {
        self.change("chat.postMessage", &body::create(out), Asked::Create(out.channel)).await
    }

    /// Makes a message show what `out` shows. Pings nobody. May be repeated.
    pub async fn edit(&self, out: &Outgoing<'_>, message: &MessageRef) -> Outcome {
        self.change("chat.update", &body::edit(out, message), Asked::Edit(message)).await
    }

    /// Deletes a message of ours: [`Outcome::Deleted`] once it is gone, whoever deleted it.
    pub async fn delete(&self, channel: &str, message: &MessageRef) -> Outcome {
        self.change("chat.delete", &json!({ "channel": channel, "ts": message.0 }), Asked::Delete).await
    }

    /// Looks which of these messages stand in the channel, or in one thread of it, since then. Oldest first.
    pub async fn find(&self, channel: &str, thread: Option<&MessageRef>, since: DateTime<Utc>, keys: &[DeliveryKey]) -> Look {
        let (mut found, mut pages) = (Vec::new(), Pages::default());
        let gap = self.read_history(channel, thread, since, keys, &mut pages, &mut found).await.err();
        found.sort_by(|a: &Found, b| a.message.0.cmp(&b.message.0));
        Look { found, gap, requests: pages.requests }
    }

    /// Sends a message that only the asker sees. Only to Slack's own host or that of the configured API.
    ///
    /// # Errors
    /// What came of it instead; nothing is ever retried.
    pub async fn whisper(&self, reply: &ReplyTo, message: &Message, key: Option<&DeliveryKey>) -> Result<(), Outcome> {
        self.respond(reply, &private_body(message, key)).await
    }

    /// Puts a message in the place of the private one whose control was used.
    ///
    /// # Errors
    /// What came of it instead; nothing is ever retried.
    pub async fn replace(&self, reply: &ReplyTo, message: &Message) -> Result<(), Outcome> {
        let mut body = private_body(message, None);
        body["replace_original"] = json!(true);
        self.respond(reply, &body).await
    }

    /// Opens a form about a message, and gives the id of its view. To be called within three seconds of the press.
    ///
    /// # Errors
    /// What came of it instead; nothing is ever retried.
    pub async fn open_form(&self, reply: &ReplyTo, form: &Form, key: &DeliveryKey) -> Result<Option<String>, Outcome> {
        self.open(on_top_of(reply), reply, &modal::view(form, key, Opened::by(reply))).await
    }

    /// Changes the form of that view, which this interaction opened or came from, while it is open
    /// (<https://docs.slack.dev/reference/methods/views.update>). May be repeated.
    ///
    /// # Errors
    /// What came of it instead: `not_found` where the person has closed it.
    pub async fn change_form(&self, view: &str, reply: &ReplyTo, form: &Form, key: &DeliveryKey) -> Result<(), Outcome> {
        let body = json!({ "view_id": view, "view": modal::view(form, key, Opened::by(reply)) });
        self.call(self.json("views.update", &body), Asked::Look, ANSWER_MOST).await.map(drop)
    }

    /// Shows an answer on top of where no message can go. To be called within three seconds of the press.
    ///
    /// # Errors
    /// What came of it instead; nothing is ever retried.
    pub async fn open_answer(&self, reply: &ReplyTo, title: &str, message: &Message, key: Option<&DeliveryKey>) -> Result<(), Outcome> {
        self.open(on_top_of(reply), reply, &modal::answer(title, message, key)).await.map(drop)
    }

    /// Sends a message that only that user sees in that channel (<https://docs.slack.dev/reference/methods/chat.postEphemeral>).
    ///
    /// # Errors
    /// What came of it instead; nothing is ever retried.
    pub async fn whisper_in(&self, channel: &str, user: &str, message: &Message) -> Result<(), Outcome> {
        let mut body = private_body(message, None);
        (body["channel"], body["user"]) = (json!(channel), json!(user));
        self.call(self.json("chat.postEphemeral", &body), Asked::Look, ANSWER_MOST).await.map(drop)
    }

    /// Shows a message as the home of that user (<https://docs.slack.dev/reference/methods/views.publish>). May be repeated.
    ///
    /// # Errors
    /// What came of it instead.
    pub async fn publish_home(&self, user: &str, message: &Message) -> Result<(), Outcome> {
        let body = json!({ "user_id": user, "view": modal::home(message) });
        self.call(self.json("views.publish", &body), Asked::Look, ANSWER_MOST).await.map(drop)
    }

    /// The conversation with that user (<https://docs.slack.dev/reference/methods/conversations.open>), asked for once. May be repeated.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn open_direct(&self, user: &str) -> Result<String, Outcome> {
        if let Some(known) = self.opened.with(user) {
            return Ok(known);
        }
        let body = json!({ "users": user });
        let answer = self.call(self.json("conversations.open", &body), Asked::Look, ANSWER_MOST).await?;
        let opened = people::conversation(&answer.body).ok_or_else(|| Outcome::Unclear { why: "no conversation".to_owned() })?;
        self.opened.remember(user, &opened);
        Ok(opened)
    }

    /// The way to a message (<https://docs.slack.dev/reference/methods/chat.getPermalink>).
    ///
    /// # Errors
    /// Why Slack did not tell.
    pub async fn link(&self, channel: &str, message: &MessageRef) -> Result<Url, Outcome> {
        let told: people::Permalink = self.read("chat.getPermalink", &[("channel", channel), ("message_ts", &message.0)]).await?;
        Url::parse(&told.permalink).map_err(|_| Outcome::Refused { why: "address".to_owned() })
    }

    /// Who that user id is (<https://docs.slack.dev/reference/methods/users.info>).
    ///
    /// # Errors
    /// Why Slack did not tell.
    pub async fn profile(&self, id: &str) -> Result<Profile, Outcome> {
        let told: people::Told = self.read("users.info", &[("user", id)]).await?;
        Ok(told.profile(self.myself.get()))
    }

    /// Who has that address (<https://docs.slack.dev/reference/methods/users.lookupByEmail>); `None` where nobody of the workspace has.
    ///
    /// # Errors
    /// Why Slack did not tell.
    pub async fn profile_of_email(&self, email: &str) -> Result<Option<Profile>, Outcome> {
        match self.read::<people::Told>("users.lookupByEmail", &[("email", email)]).await {
            Ok(told) => Ok(Some(told.profile(self.myself.get()))),
            Err(Outcome::LookRefused { why }) if why == "users_not_found" => Ok(None),
            Err(outcome) => Err(outcome),
        }
    }

    /// Lets in what Slack signed with our secret, at most five minutes ago. To be called with the bytes as they came, before reading them.
    ///
    /// # Errors
    /// Why it is not let in; the answer is 401 whatever the reason.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<(), Denied> {
        signature::verify(&self.settings.signing_secret, headers, body, now)
    }

    /// Makes sure that we know which workspace is home; asks Slack until it has told once.
    ///
    /// # Errors
    /// Why it did not tell.
    pub async fn know_home(&self) -> Result<(), Outcome> {
        self.myself.get_or_try_init(|| self.ask_myself()).await.map(drop)
    }

    /// Reads what came to the address for interactions.
    ///
    /// # Errors
    /// When it is not what Slack documents.
    pub fn read_interaction(&self, body: &[u8]) -> Result<Interaction, Unreadable> {
        incoming::interaction(body, self.myself.get())
    }

    /// Reads what came to the address for slash commands.
    ///
    /// # Errors
    /// When it is not what Slack documents.
    pub fn read_command(&self, body: &[u8]) -> Result<Interaction, Unreadable> {
        incoming::command(body, self.myself.get())
    }

    /// Reads what came to the address for events.
    ///
    /// # Errors
    /// When it is not what Slack documents.
    pub fn read_event(&self, body: &[u8]) -> Result<Interaction, Unreadable> {
        incoming::event(body, self.myself.get())
    }

    async fn respond(&self, reply: &ReplyTo, body: &Value) -> Result<(), Outcome> {
        let ReplyTo::Slack { response_url: Some(url), .. } = reply else {
            return Err(Outcome::Refused { why: "nowhere to answer".to_owned() });
        };
        let Some(url) = self.allowed(url.expose_secret()) else {
            return Err(Outcome::Refused { why: "response_url of another host".to_owned() });
        };
        let answer = http::send(self.client.post(url).json(body), ANSWER_MOST).await?;
        match answer.status {
            200..=299 => Ok(()),
            429 => Err(Outcome::NotDone {
                retry_after: Some(answer.retry_after.unwrap_or_default()),
                extent: Extent::Channel,
                why: "429".to_owned(),
            }),
            status => Err(Outcome::Unclear { why: format!("status {status}") }),
        }
    }

    async fn open(&self, method: &str, reply: &ReplyTo, view: &Value) -> Result<Option<String>, Outcome> {
        let ReplyTo::Slack { trigger: Some(trigger), .. } = reply else {
            return Err(Outcome::Refused { why: "nothing to open a view with".to_owned() });
        };
        let body = json!({ "trigger_id": trigger.expose_secret(), "view": view });
        let answer = self.call(self.json(method, &body), Asked::Look, ANSWER_MOST).await?;
        let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        Ok(told.pointer("/view/id").and_then(Value::as_str).map(str::to_owned))
    }

    fn json(&self, method: &str, body: &impl Serialize) -> RequestBuilder {
        // Without the charset Slack warns in every answer.
        self.client.post(self.address(method)).header(CONTENT_TYPE, "application/json; charset=utf-8").json(body)
    }

    /// The address, if answers may go there: userinfo, another port or a look-alike host is somebody else's.
    fn allowed(&self, address: &str) -> Option<Url> {
        let url = Url::parse(address).ok().filter(|url| url.username().is_empty() && url.password().is_none())?;
        let slacks = url.scheme() == "https" && url.host_str() == Some(HOOKS) && url.port().is_none();
        let ours = self.base.origin() == url.origin() && url.origin().is_tuple();
        (slacks || ours).then_some(url)
    }

    async fn change(&self, method: &str, body: &(impl Serialize + Sync), asked: Asked<'_>) -> Outcome {
        match self.call(self.json(method, body), asked, ANSWER_MOST).await {
            Ok(_) => Outcome::Unclear { why: "no answer to what was asked".to_owned() },
            Err(outcome) => outcome,
        }
    }

    async fn read_history(
        &self,
        channel: &str,
        thread: Option<&MessageRef>,
        since: DateTime<Utc>,
        keys: &[DeliveryKey],
        pages: &mut Pages,
        found: &mut Vec<Found>,
    ) -> Result<(), Outcome> {
        let myself = self.myself.get_or_try_init(|| self.ask_myself()).await?;
        let method = if thread.is_some() { "conversations.replies" } else { "conversations.history" };
        let oldest = format!("{}.000000", since.checked_sub_signed(LOOK_BACK).unwrap_or(since).timestamp());
        let mut cursor = String::new();
        for _ in 0..PAGES_MOST {
            let mut query = vec![
                ("channel", channel),
                ("oldest", &oldest),
                ("inclusive", "true"),
                ("include_all_metadata", "true"),
                ("cursor", &cursor),
            ];
            let limit = PAGE.to_string();
            query.push(("limit", &limit));
            query.extend(thread.map(|thread| ("ts", thread.0.as_str())));
            let page: Page = pages.read(|| self.read(method, &query)).await?;
            found.extend(page.ours(myself, keys));
            match page.next() {
                Next::Nothing => return Ok(()),
                Next::Page(next) if next != cursor => cursor = next,
                Next::Page(_) | Next::Lost => return Err(Outcome::Unclear { why: "history without an end".to_owned() }),
            }
        }
        Err(Outcome::Unclear { why: "history too long".to_owned() })
    }

    async fn ask_myself(&self) -> Result<Myself, Outcome> {
        self.read("auth.test", &[]).await
    }

    async fn read<T: DeserializeOwned>(&self, method: &str, query: &[(&str, &str)]) -> Result<T, Outcome> {
        let query: Vec<_> = query.iter().filter(|(_, value)| !value.is_empty()).collect();
        let mut address = self.address(method);
        address.query_pairs_mut().extend_pairs(query);
        let answer = self.call(self.client.get(address), Asked::Look, PAGE_MOST).await?;
        serde_json::from_slice(&answer.body).map_err(|_| Outcome::Unclear { why: "answer of another form".to_owned() })
    }

    async fn call(&self, request: RequestBuilder, asked: Asked<'_>, most: usize) -> Result<Answer, Outcome> {
        let answer = http::send(request.header(AUTHORIZATION, self.authorization.clone()), most).await?;
        self.last_date.note(&answer);
        answer::outcome(asked, &answer)?;
        Ok(answer)
    }

    fn address(&self, method: &str) -> Url {
        http::below(&self.base, &format!("/{method}"))
    }
}

/// What is open stays below.
fn on_top_of(reply: &ReplyTo) -> &'static str {
    if reply.view().is_some() { "views.push" } else { "views.open" }
}

/// What would be sent to make this message, without any secret.
#[must_use]
pub fn request_body(out: &Outgoing<'_>) -> Value {
    // Nothing in it that JSON cannot say.
    serde_json::to_value(body::create(out)).unwrap_or_default()
}

/// The answer to a form that keeps it open and says below a field why nothing was done.
#[must_use]
pub fn form_error(field: &str, why: &str) -> Value {
    modal::error(field, why)
}

/// The answer to a form that puts another one in its place.
#[must_use]
pub fn form_instead(form: &Form, key: &DeliveryKey, reply: Option<&ReplyTo>) -> Value {
    modal::instead(form, key, reply.map(Opened::by).unwrap_or_default())
}

/// A message that only the asker sees, as the direct answer to a slash command or to a press. Controls need the key of what they act on.
#[must_use]
pub fn private_body(message: &Message, key: Option<&DeliveryKey>) -> Value {
    body::private(message, key)
}
