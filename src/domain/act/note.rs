//! What is said once about a follow-up: below its cards, or to one person directly. Its words are the templates'.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::remind::Reminder;
use crate::domain::story::More;
use crate::domain::team::Person;

/// A one-time message about a follow-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "note")]
pub enum Note {
    /// Below its cards: something to be known.
    Said {
        /// Who wrote it.
        author: Person,
        /// The words, as typed.
        text: String,
    },
    /// To whom it was given, directly.
    Given {
        /// Who gave it.
        by: Person,
    },
    /// Below its cards: the invitee booked again, thanks to whoever had it.
    Thanks {
        /// Who had it.
        owner: Person,
    },
    /// Below its cards: what was done about it.
    Step {
        /// Who did it; `None` for Rebound itself.
        by: Option<Person>,
        /// What, by the name of the act.
        act: String,
        /// What else is to be told.
        more: More,
    },
    /// To whoever's call it was, directly.
    Yours {
        /// What it was to them.
        role: Role,
    },
    /// That nobody did anything about it; withdrawn where somebody does before it is said.
    Reminder {
        /// What it says.
        about: Reminder,
        /// Since when nobody did.
        since: DateTime<Utc>,
    },
    /// Below a card, to one person who is mentioned, because nothing can be said to them directly.
    Mention {
        /// Whom.
        person: Person,
        /// What would have been said.
        of: Box<Note>,
    },
}

/// What a call is to somebody of the team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// They were to hold it.
    Host,
    /// They booked it.
    Setter,
}

impl Note {
    /// The one person whom it may ping.
    #[must_use]
    pub fn pings(&self) -> Option<&Person> {
        match self {
            Self::Mention { person, .. } => Some(person),
            Self::Said { .. }
            | Self::Given { .. }
            | Self::Thanks { .. }
            | Self::Step { .. }
            | Self::Yours { .. }
            | Self::Reminder { .. } => None,
        }
    }

    /// Is it meant for everybody in the channel, who would not see it below a card?
    #[must_use]
    pub fn calls_out(&self) -> bool {
        match self {
            Self::Reminder { about, .. } => about.is_to_everybody(),
            Self::Said { .. }
            | Self::Given { .. }
            | Self::Thanks { .. }
            | Self::Step { .. }
            | Self::Yours { .. }
            | Self::Mention { .. } => false,
        }
    }

    /// Where it reminds: of what, and since when nobody did anything.
    #[must_use]
    pub fn reminds(&self) -> Option<(Reminder, DateTime<Utc>)> {
        match self {
            Self::Reminder { about, since } => Some((*about, *since)),
            Self::Mention { of, .. } => of.reminds(),
            Self::Said { .. } | Self::Given { .. } | Self::Thanks { .. } | Self::Step { .. } | Self::Yours { .. } => None,
        }
    }
}
