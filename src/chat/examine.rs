//! What can be wrong with a token, its rights and its channels, as a platform tells when it is asked. The words are for others to find.

use chrono::{DateTime, Utc};

use crate::domain::post::Outcome;

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name of the bot or its application, and the place where it is at home, as far as told.
    pub name: String,
    /// What time the platform says it is.
    pub date: Option<DateTime<Utc>>,
    /// What is wrong with its rights.
    pub complaints: Vec<Complaint>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Complaint {
    /// No answer, or none that could be understood.
    NoAnswer {
        /// What was seen instead.
        why: String,
    },
    /// The token is not taken.
    Token {
        /// What the platform said.
        why: String,
    },
    /// The app was installed without these scopes (Slack).
    Scopes(Vec<&'static str>),
    /// The token is that of another application than the configured one (Discord).
    Application {
        /// The application that it is.
        is: String,
    },
    /// The bot is not on the configured server (Discord).
    Server {
        /// What the platform said.
        why: String,
    },
    /// The app may not have slash commands on the server (Discord).
    Commands {
        /// What the platform said.
        why: String,
    },
    /// There is no such channel, or it is hidden from us.
    Hidden {
        /// What the platform said.
        why: String,
    },
    /// The channel is archived (Slack).
    Archived,
    /// The app is not in the channel (Slack).
    NotInvited,
    /// The channel is on another server, or in a conversation (Discord).
    Elsewhere,
    /// The channel takes no plain messages: a forum, a category, a voice channel (Discord).
    NoMessages,
    /// The bot lacks these permissions in the channel (Discord).
    Permissions(Vec<&'static str>),
    /// The messages of the channel may not be read.
    History {
        /// What the platform said.
        why: String,
    },
}

/// An outcome of a look as a complaint; `refused` says what it means when the platform refused for good.
pub(super) fn complaint(outcome: Outcome, refused: impl FnOnce(String) -> Complaint) -> Complaint {
    match outcome {
        Outcome::LookRefused { why } | Outcome::Closed { why, .. } | Outcome::Refused { why } => refused(why),
        Outcome::NotDone { why, .. } | Outcome::Unclear { why } => Complaint::NoAnswer { why },
        Outcome::Posted(_) | Outcome::Found(_) | Outcome::FoundTwice(_) | Outcome::NotFound | Outcome::Deleted => {
            Complaint::NoAnswer { why: "no answer to what was asked".to_owned() }
        }
    }
}
