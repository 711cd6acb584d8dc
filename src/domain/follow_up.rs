//! A follow-up: what the team has to do about one cancelled call, from the cancellation until it is rebooked or consciously closed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::act::ClosingReason;
use super::event::{Cancellation, Staff};
use super::identity::ShortId;
use super::message::{ControlKind, Press, Tone};
use super::reason::ReasonClass;
use super::remind::Watch;
use super::side::{Side, SideEvidence};
use super::team::Person;
use super::when::Notice;

/// What the team has to do about one cancelled call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// Its key in the database.
    pub id: i64,
    /// Its id for people.
    pub short_id: ShortId,
    /// Counts up with every change that a card shows; 1 when it is opened.
    pub version: i64,
    /// Where it stands.
    pub state: State,
    /// It sleeps until then; only while it is not closed.
    pub snoozed_until: Option<DateTime<Utc>>,
    /// Who had it when it was closed; only while it is closed.
    pub last_owner: Option<Person>,
    /// When the cancellation was understood.
    pub opened_at: DateTime<Utc>,
    /// Since when nobody did anything about it.
    pub watch: Watch,
    /// What is known about the cancellation; changes only where somebody tells who cancelled.
    pub case: Case,
}

/// What is known about one cancellation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The cancellation as it was received.
    pub cancellation: Cancellation,
    /// Who cancelled.
    pub side: Side,
    /// Why we believe that.
    pub side_evidence: SideEvidence,
    /// The class of the reason.
    pub reason_class: ReasonClass,
    /// How long before the start.
    pub notice: Notice,
    /// Which cancellation of this invitee it is: 1 for the first that we know of.
    pub repeat: u32,
    /// The one before, as it stood when this one was opened.
    #[serde(default)]
    pub earlier: Option<Earlier>,
    /// Somebody said that they offered a new time.
    #[serde(default)]
    pub offered: bool,
    /// Its webhook never came; the check found it.
    #[serde(default)]
    pub found_by_check: bool,
    /// Why somebody closed it; only while it is closed.
    #[serde(default)]
    pub closing: Option<Closing>,
}

/// An earlier follow-up of the same invitee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// Its id for people.
    pub short_id: ShortId,
    /// Where it stood.
    pub state: State,
}

/// Why somebody closed a follow-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// The reason that they chose.
    pub reason: ClosingReason,
    /// What else they said, as typed.
    pub note: Option<String>,
}

/// Where a follow-up stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// Nobody has it.
    Open,
    /// Somebody has it.
    Assigned {
        /// Who.
        owner: Person,
    },
    /// The invitee has a new call.
    Rebooked {
        /// When the new call starts, where known.
        start: Option<DateTime<Utc>>,
        /// Whose call it is, where known.
        #[serde(default)]
        host: Option<Staff>,
    },
    /// It will not be won back.
    Lost,
    /// There was nothing to do.
    Dismissed,
}

impl State {
    /// The name in the database, exports and `words.toml`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Assigned { .. } => "assigned",
            Self::Rebooked { .. } => "rebooked",
            Self::Lost => "lost",
            Self::Dismissed => "dismissed",
        }
    }

    /// Is there nothing left to do?
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match self {
            Self::Open | Self::Assigned { .. } => false,
            Self::Rebooked { .. } | Self::Lost | Self::Dismissed => true,
        }
    }
}

impl FollowUp {
    /// The colour that its card has.
    #[must_use]
    pub fn tone(&self) -> Tone {
        match self.state {
            State::Open | State::Assigned { .. } if self.snoozed_until.is_some() => Tone::Snoozed,
            State::Open => Tone::Open,
            State::Assigned { .. } => Tone::Assigned,
            State::Rebooked { .. } => Tone::Rebooked,
            State::Lost | State::Dismissed => Tone::Closed,
        }
    }

    /// What the private answer of `Details` offers to press, in order.
    #[must_use]
    pub fn private_controls(&self) -> &'static [(Press, ControlKind)] {
        const UNKNOWN: [(Press, ControlKind); 3] =
            [(Press::AddNote, ControlKind::Button), (Press::WasInvitee, ControlKind::Button), (Press::WasHost, ControlKind::Button)];
        const NOT_INVITEE: [(Press, ControlKind); 2] = [UNKNOWN[0], UNKNOWN[2]];
        match (self.case.side, self.case.side_evidence.may_be_corrected()) {
            (Side::Unknown, _) => &UNKNOWN,
            // What somebody said, somebody may correct.
            (Side::Invitee, true) => &NOT_INVITEE,
            (Side::Host, true) => &UNKNOWN[..2],
            (Side::Invitee | Side::Host, false) => &UNKNOWN[..1],
        }
    }

    /// What the private answer of `Reschedule` offers to press.
    #[must_use]
    pub fn offer_controls(&self) -> &'static [(Press, ControlKind)] {
        if self.state.is_closed() { &[] } else { &[(Press::MarkOffered, ControlKind::Button)] }
    }

    /// What its card offers to press, in order.
    #[must_use]
    pub fn controls(&self) -> &'static [(Press, ControlKind)] {
        const REST: [(Press, ControlKind); 5] = [
            (Press::Reschedule, ControlKind::Button),
            (Press::Snooze, ControlKind::Button),
            (Press::Close, ControlKind::Button),
            (Press::Details, ControlKind::Button),
            (Press::Assign, ControlKind::PeoplePicker),
        ];
        const OPEN: [(Press, ControlKind); 6] = [(Press::Claim, ControlKind::PrimaryButton), REST[0], REST[1], REST[2], REST[3], REST[4]];
        const OWNED: [(Press, ControlKind); 6] = [(Press::TakeOver, ControlKind::Button), REST[0], REST[1], REST[2], REST[3], REST[4]];
        const CLOSED: [(Press, ControlKind); 2] = [(Press::Reopen, ControlKind::Button), (Press::Details, ControlKind::Button)];
        match self.state {
            State::Open => &OPEN,
            State::Assigned { .. } => &OWNED,
            State::Rebooked { .. } | State::Lost | State::Dismissed => &CLOSED,
        }
    }
}
