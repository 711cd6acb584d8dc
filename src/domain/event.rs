//! Events: facts that a source sent, after parsing and before anyone decided what they mean.
//!
//! Everything but the call's id may be missing. Texts are as written; nothing here is escaped or cut.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::identity::{Identity, normal_email, normal_phone};
use super::side::Side;
use super::when::{LocalTime, Moment};

/// What an event says happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A booked call was cancelled; the only kind that makes a card.
    CallCancelled,
    /// A call was booked.
    CallBooked,
    /// A call got a new time under its old id.
    CallRescheduled,
    /// A call's outcome was recorded.
    CallOutcome,
    /// A contact was created, changed, or reached a status.
    Contact,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::CallCancelled, Self::CallBooked, Self::CallRescheduled, Self::CallOutcome, Self::Contact];

    /// The name in logs and the database, such as `call_cancelled`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CallCancelled => "call_cancelled",
            Self::CallBooked => "call_booked",
            Self::CallRescheduled => "call_rescheduled",
            Self::CallOutcome => "call_outcome",
            Self::Contact => "contact",
        }
    }

    /// The kind of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One readable event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A booked call was cancelled.
    Cancelled(Box<Cancellation>),
    /// A call was booked, or got a new time; what a later issue needs of it is read from the stored event.
    Booked(Box<Booking>),
    /// Stored and counted, nothing more.
    Other(EventKind),
}

/// A call that was booked or moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// [`EventKind::CallBooked`] or [`EventKind::CallRescheduled`].
    pub kind: EventKind,
    /// The call as it now stands.
    pub call: Call,
    /// Where a moved call was before.
    pub old_start: Moment,
}

/// A cancelled call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancellation {
    /// The call as it was booked.
    pub call: Call,
    /// iClosed's `canceler_name`: free text.
    pub canceller: Option<String>,
    /// The reason as written; `None` when it is empty.
    pub reason: Option<String>,
    /// When it was cancelled.
    pub cancelled_at: Moment,
    /// The side that the source's list says it was; webhooks do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed_side: Option<Side>,
}

/// A booked call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// How iClosed names the call: `event.uuid` (a number, as text), else `event.callPreviewId`.
    pub id: String,
    /// `event.callPreviewId`, where given.
    pub preview_id: Option<String>,
    /// The calendar: `event_type.name`.
    pub event_name: Option<String>,
    /// The calendar's stable key: `event_type.slug`.
    pub event_slug: Option<String>,
    /// Minutes, where duration and unit could be read.
    pub duration_minutes: Option<u32>,
    /// The prospect.
    pub invitee: Invitee,
    /// Whose call it was.
    pub host: Option<Staff>,
    /// Everyone else to whom the call was assigned.
    pub co_hosts: Vec<Staff>,
    /// Who booked it for the host.
    pub setter: Option<Staff>,
    /// When it was to start.
    pub start: Moment,
    /// When it was to end.
    pub end: Moment,
    /// The invitee's own clock at the start, where the payload gives it.
    pub start_for_invitee: Option<LocalTime>,
    /// When it was booked.
    pub booked_at: Option<DateTime<Utc>>,
    /// Addresses that came with the call, unchecked.
    pub links: Links,
    /// The booking form, in its order.
    pub answers: Vec<FormAnswer>,
    /// Where the lead came from, in the order of the payload: `utm_source` and the like.
    pub tracking: Vec<(String, String)>,
}

/// The prospect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitee {
    /// The full name, put together from its parts where needed.
    pub name: Option<String>,
    /// Every other form in which the payload gives the name (`First`, `First Last`, the contact's).
    pub other_names: Vec<String>,
    /// As written.
    pub email: Option<String>,
    /// As written: may be masked (`+33*********`) or malformed.
    pub phone: Option<String>,
    /// iClosed's contact id.
    pub contact_id: Option<String>,
}

impl Invitee {
    /// By what this invitee is known again.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity {
            email: self.email.as_deref().and_then(normal_email),
            contact: self.contact_id.clone(),
            phone: self.phone.as_deref().and_then(normal_phone),
        }
    }
}

/// A host or a setter as the payload names them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    /// The name.
    pub name: Option<String>,
    /// The e-mail address in iClosed.
    pub email: Option<String>,
    /// IANA name of the time zone, as written.
    pub timezone: Option<String>,
}

/// Addresses that came with a call. None is trusted before `[card] link_hosts` allowed it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The contact in iClosed (`invitee.previewUrl`).
    pub contact: Option<String>,
    /// `event.rescheduleLink`.
    pub reschedule: Option<String>,
    /// The booking page (`event.eventLink`).
    pub booking_page: Option<String>,
    /// Where the call was to take place: an address or any other text.
    pub location: Option<String>,
}

/// One answer of the booking form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormAnswer {
    /// The question as the invitee read it.
    pub question: String,
    /// What they wrote.
    pub answer: String,
}
