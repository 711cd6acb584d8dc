//! The two chat platforms: a message tree becomes a request, and what comes in becomes an [`Interaction`].
//!
//! [`slack`] is the only user of slack-morphism, [`discord`] the only user of serenity. Both hold the same promises: nothing leaves that
//! the platform would refuse for its shape, data never becomes markup, a mention or a link, and every answer is sorted into what surely
//! happened, what surely did not, and what nobody knows ([`Outcome`]).
//!
//! This module must not know follow-ups, people's rights or the store, must not retry, and must not write a sentence: words come in
//! messages.

mod conversations;
pub mod discord;
mod draft;
mod examine;
mod http;
mod inline;
mod layout;
mod plain;
pub mod slack;
#[cfg(test)]
mod tests;
mod text;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::domain::list::Listing;
use crate::domain::message::{Message, Press};
use crate::domain::platform::Platform;
use crate::domain::post::{DeliveryKey, MessageRef, Outcome};

pub use examine::{Account, Complaint};
pub use http::BuildError;

/// A message on its way into a channel.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// The platform's id of the channel or conversation.
    pub channel: &'a str,
    /// The message's derived key; the platform gives it back with the message and with every press.
    pub key: &'a DeliveryKey,
    /// The version of what it shows.
    pub version: i64,
    /// What it shows.
    pub message: &'a Message,
    /// The card in whose thread it goes; in Discord that thread is started where it does not exist yet.
    pub thread: Option<&'a MessageRef>,
    /// What that thread is called, in Discord.
    pub thread_name: &'a str,
    /// What goes in a thread is shown in the channel, too, in Slack; Discord has no such thing.
    pub broadcast: bool,
    /// The platform id of the one person whom a new message may ping, for notes that stand in for a direct message.
    pub ping: Option<&'a str>,
    /// The platform refused the full message, and this one says the same in plain words: its texts are sent without titles, fields, marks,
    /// mentions and all else that could be refused. Its controls stay.
    pub plain: bool,
}

/// What a look for messages brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Those of the sought messages that were seen, which is proof of them. A key may stand in it twice, oldest first.
    pub found: Vec<Found>,
    /// Why not everything since then could be read, so that nothing is known of what was not seen; `None` once it was. Never
    /// [`Outcome::Found`] or [`Outcome::NotFound`].
    pub gap: Option<Outcome>,
    /// What it cost of the platform's limit on histories.
    pub requests: u32,
}

impl Look {
    /// One that saw nothing, for that reason.
    #[must_use]
    pub fn failed(why: Outcome) -> Self {
        Self { found: Vec::new(), gap: Some(why), requests: 0 }
    }
}

/// A message of ours that a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its key.
    pub key: DeliveryKey,
    /// The message.
    pub message: MessageRef,
    /// People have answered it or reacted to it.
    pub touched: bool,
}

/// What came in, verified and read.
#[derive(Debug, Clone)]
pub enum Interaction {
    /// Discord asks whether we are there.
    Ping,
    /// Slack asks whether the address is ours; the challenge is to be given back.
    UrlVerification {
        /// What to give back.
        challenge: String,
    },
    /// Somebody used a control of a message of ours.
    Press {
        /// Who.
        who: Visitor,
        /// What they ask.
        press: Press,
        /// Of which message. It has the form of a key; whether there is such a message is not said.
        key: DeliveryKey,
        /// What they chose: the user id of a people picker, the value of another menu.
        picked: Option<String>,
        /// Who that is, where the platform tells at once (Discord).
        profile: Option<Profile>,
        /// Where the answer goes.
        reply: ReplyTo,
    },
    /// Somebody typed a slash command.
    Command {
        /// Who.
        who: Visitor,
        /// The verb and what follows, separated by blanks; Discord's options are written as if typed, people as `<@id>`.
        text: String,
        /// Who was chosen, where the platform tells at once (Discord).
        profile: Option<Profile>,
        /// Where the answer goes.
        reply: ReplyTo,
    },
    /// Somebody is typing an option of a slash command (Discord) and expects suggestions at once.
    Completion {
        /// Who.
        who: Visitor,
        /// The subcommand.
        verb: String,
        /// The option.
        option: String,
        /// What stands in it so far.
        typed: String,
    },
    /// Somebody sent off a form.
    Form {
        /// Who.
        who: Visitor,
        /// The id that the form was opened with.
        form: String,
        /// The fields by their ids, in order; what is empty is left out.
        values: Vec<(String, String)>,
        /// Where the answer goes.
        reply: ReplyTo,
    },
    /// Somebody opened the bot's home (Slack).
    HomeOpened {
        /// Who.
        who: Visitor,
    },
    /// Signed by the platform, but with an id that we never gave out: changes nothing and gets a private sentence.
    Forged {
        /// Who.
        who: Visitor,
        /// Where the answer goes.
        reply: ReplyTo,
    },
    /// A kind that asks nothing of us.
    Ignored,
}

impl Interaction {
    /// Where the answer goes, if there can be one.
    #[must_use]
    pub fn reply(&self) -> Option<&ReplyTo> {
        match self {
            Self::Press { reply, .. } | Self::Command { reply, .. } | Self::Form { reply, .. } | Self::Forged { reply, .. } => Some(reply),
            Self::Ping | Self::UrlVerification { .. } | Self::Completion { .. } | Self::HomeOpened { .. } | Self::Ignored => None,
        }
    }
}

/// Somebody of the workspace, as the platform describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Their user id.
    pub id: String,
    /// Their name there; may be empty.
    pub name: String,
    /// Their address, where the platform tells it.
    pub email: Option<String>,
    /// What they are.
    pub standing: Standing,
}

/// What somebody is in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// An ordinary member.
    Member,
    /// Invited to a few channels.
    Guest,
    /// Of another workspace (Slack), or not on the server (Discord).
    Elsewhere,
    /// A program.
    Bot,
    /// An account that is deactivated.
    Gone,
}

/// Who interacts, as far as the payload tells. Rights are looked up elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// Their platform.
    pub platform: Platform,
    /// Their user id.
    pub id: String,
    /// Their name there; may be empty.
    pub name: String,
    /// Their Slack workspace, or the Discord server in which they act.
    pub team: Option<String>,
    /// They belong to the workspace in which the app is installed (Slack) or act in the configured server (Discord), and are no bot or
    /// guest as far as the payload tells.
    pub home: bool,
    /// They act in their direct-message conversation with the bot (Discord tells no server then, so `home` is false).
    pub direct: bool,
}

/// Where the answer to an interaction goes. Holds what lets anyone answer in our name for some minutes, so it never shows itself.
#[derive(Debug, Clone)]
pub enum ReplyTo {
    /// Slack.
    Slack {
        /// Takes up to five messages within 30 minutes; forms have none.
        response_url: Option<SecretString>,
        /// Opens one form within three seconds.
        trigger: Option<SecretString>,
        /// The channel in which it happened.
        channel: Option<String>,
        /// The message whose control was used, unless it was a private one.
        message: Option<MessageRef>,
        /// The open modal in which it happened.
        view: Option<String>,
        /// The list whose line it is about.
        list: Option<Listing>,
        /// The same for whatever is sent off from one opened form with the same values, as a digest.
        form: Option<String>,
    },
    /// Discord.
    Discord {
        /// The interaction's id.
        id: String,
        /// Takes messages for 15 minutes.
        token: SecretString,
        /// The channel in which it happened.
        channel: Option<String>,
        /// The message whose control was used.
        message: Option<MessageRef>,
        /// The list whose line it is about.
        list: Option<Listing>,
        /// The same for whatever is sent off from one opened form with the same values, as a digest.
        form: Option<String>,
    },
}

impl ReplyTo {
    /// What is the same when a platform, or whoever recorded it, sends one interaction again, or a person a form that is still open; as a
    /// digest, for it also lets one answer.
    #[must_use]
    pub fn once(&self) -> Option<String> {
        let digest = |of: &str| hex::encode(Sha256::digest(of.as_bytes()));
        match self {
            Self::Slack { form: Some(form), .. } | Self::Discord { form: Some(form), .. } => Some(form.clone()),
            Self::Slack { trigger, .. } => trigger.as_ref().map(|trigger| digest(&format!("slack {}", trigger.expose_secret()))),
            Self::Discord { id, .. } => Some(digest(&format!("discord {id}"))),
        }
    }

    /// Can a message be sent there? Slack's homes and forms take none.
    #[must_use]
    pub fn takes_messages(&self) -> bool {
        match self {
            Self::Slack { response_url, .. } => response_url.is_some(),
            Self::Discord { .. } => true,
        }
    }

    /// The open modal in which it happened (Slack).
    #[must_use]
    pub fn view(&self) -> Option<&str> {
        match self {
            Self::Slack { view, .. } => view.as_deref(),
            Self::Discord { .. } => None,
        }
    }

    /// The message whose control was used; Slack does not name private ones.
    #[must_use]
    pub fn message(&self) -> Option<&MessageRef> {
        match self {
            Self::Slack { message, .. } | Self::Discord { message, .. } => message.as_ref(),
        }
    }

    /// The list whose line it is about, which can be shown anew where it stands.
    #[must_use]
    pub fn list(&self) -> Option<Listing> {
        match self {
            Self::Slack { list, .. } | Self::Discord { list, .. } => list.filter(|_| self.takes_messages()),
        }
    }

    /// The channel in which it happened.
    #[must_use]
    pub fn channel(&self) -> Option<&str> {
        match self {
            Self::Slack { channel, .. } | Self::Discord { channel, .. } => channel.as_deref(),
        }
    }
}

/// The digest of what is sent off from one opened form: whoever does not know whether it arrived sends the same again, and whoever changes
/// a word means something else.
fn sent_off(opened: &str, form: &str, values: &[(String, String)]) -> String {
    let mut digest = Sha256::new();
    for part in [opened, form].into_iter().chain(values.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()])) {
        digest.update(part.len().to_be_bytes());
        digest.update(part.as_bytes());
    }
    hex::encode(digest.finalize())
}

/// Why a request was not let in. The words are for metrics and logs; who asked is told nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Denied {
    /// The signature or its time is not there.
    #[error("missing")]
    Missing,
    /// One of them is there more than once, or does not have its form.
    #[error("malformed")]
    Malformed,
    /// Its time is more than five minutes from ours.
    #[error("stale")]
    Stale,
    /// The signature is not of this body.
    #[error("wrong")]
    Wrong,
}

/// Signed, but not what the platform documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unreadable {
    /// The form has no field `payload`, or more than one.
    #[error("not one payload")]
    Payload,
    /// Not JSON, or not an object.
    #[error("not a JSON object")]
    Json,
    /// It does not say who acts, or lacks what it needs to be answered.
    #[error("incomplete")]
    Incomplete,
}
