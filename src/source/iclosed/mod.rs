//! iClosed's webhooks: a body becomes items, an item becomes an event.
//!
//! What is known of the payloads comes from a documentation that is wrong in places and from few real deliveries,
//! so everything but the kind and the call's id may be missing, misspelt or of another type without harm.
//! Nothing is guessed here: what cannot be read is left out or kept as the words that were written.
//!
//! This module decides what a payload *says*, never what follows from it.

mod api;
mod call;
mod form;
mod key;
mod kind;
mod number;
mod people;
mod signature;
mod split;
mod times;
mod tolerant;

#[cfg(test)]
mod tests;

use crate::domain::event::{Booking, Cancellation, Event, EventKind};

pub use api::{About, Api, ApiError, BuildError, Missed, NewCall, Planned, Standing, Who};
pub use signature::Signature;
pub use split::{Item, NotJson, split};

use call::Payload;
use tolerant::{Fields, Node};

/// What the configuration adds where a payload is silent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Defaults {
    /// `[iclosed] hosts_time_zone_fallback`: the zone of local times for which the payload names no zone.
    pub zone_fallback: Option<chrono_tz::Tz>,
}

/// What tells an item from others: all that is needed to keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What happened.
    pub kind: EventKind,
    /// The call it happened to; always there for cancelled, booked and moved calls.
    pub call_id: Option<String>,
    /// Equal for two webhooks that say the same of the same call, whatever their form; holds nothing personal.
    pub key: String,
}

/// Why an item is quarantined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Only when a stored text was damaged: [`split()`] gives JSON only.
    #[error("it is not JSON")]
    NotJson,
    /// A number, a text, a list or null.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// No `hookType`, and nothing else says that a call of iClosed was cancelled.
    #[error("it has no hookType")]
    NoKind,
    /// A `hookType` that we do not know, as the letters of its label.
    #[error("its hookType {0:?} is not known")]
    UnknownKind(String),
    /// A call without `event.uuid` and `callPreviewId`.
    #[error("it has no call id")]
    NoCallId,
}

impl Unreadable {
    /// The name in the database, in metrics and in logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::NotAnObject => "not_an_object",
            Self::NoKind => "no_kind",
            Self::UnknownKind(_) => "unknown_kind",
            Self::NoCallId => "no_call_id",
        }
    }
}

/// Reads one item so far that it can be kept, which is much less than [`read`] does: somebody waits.
///
/// # Errors
/// As [`read`], for the same items.
pub fn label(raw: &str) -> Result<Label, Unreadable> {
    let fields = object(raw)?;
    let kind = kind::of(&fields)?;
    let (call_id, key) = match kind {
        EventKind::CallCancelled | EventKind::CallBooked | EventKind::CallRescheduled => {
            let payload = Payload::new(&fields);
            let id = payload.call_id().ok_or(Unreadable::NoCallId)?;
            let key = key_of_call(kind, &id, &payload);
            (Some(id), key)
        }
        EventKind::CallOutcome | EventKind::Contact => {
            let root = Node::parse(raw).ok_or(Unreadable::NotJson)?;
            (outcome_call_id(kind, &fields), key::of_content(kind, root))
        }
    };
    Ok(Label { kind, call_id, key })
}

/// Reads one item. Pure: what is kept is read again whenever that is needed.
///
/// # Errors
/// When the item is nothing that iClosed is known to send, or a call without an id.
pub fn read(raw: &str, defaults: Defaults) -> Result<Event, Unreadable> {
    let fields = object(raw)?;
    let kind = kind::of(&fields)?;
    match kind {
        EventKind::CallCancelled => {
            let payload = Payload::new(&fields);
            let call = payload.call(defaults).ok_or(Unreadable::NoCallId)?;
            let (canceller, reason, cancelled_at) = (payload.canceller(), payload.reason(), payload.cancelled_at());
            let listed_side = payload.listed_side();
            Ok(Event::Cancelled(Box::new(Cancellation { call, canceller, reason, cancelled_at, listed_side })))
        }
        EventKind::CallBooked | EventKind::CallRescheduled => {
            let payload = Payload::new(&fields);
            let call = payload.call(defaults).ok_or(Unreadable::NoCallId)?;
            Ok(Event::Booked(Box::new(Booking { kind, call, old_start: payload.old_start(defaults) })))
        }
        EventKind::CallOutcome | EventKind::Contact => Ok(Event::Other(kind)),
    }
}

fn object(raw: &str) -> Result<Fields<'_>, Unreadable> {
    // `Fields` lets control characters in names pass, which JSON forbids. Where the text has none at all, one reading is enough.
    let has_control_characters = raw.bytes().any(|byte| byte < b' ');
    if has_control_characters && Node::parse(raw).is_none() {
        return Err(Unreadable::NotJson);
    }
    Fields::parse(raw).ok_or_else(|| if Node::parse(raw).is_some() { Unreadable::NotAnObject } else { Unreadable::NotJson })
}

/// It must not change with the configuration, hence times without their fallback.
fn key_of_call(kind: EventKind, id: &str, payload: &Payload<'_>) -> String {
    let start = || payload.start(Defaults::default());
    if kind == EventKind::CallCancelled {
        return key::of_cancellation(id, &payload.cancelled_at(), start);
    }
    key::of_booking(kind, id, &start(), &payload.old_start(Defaults::default()), payload.booked_at())
}

/// An outcome is a flat object whose `uuid` stands where a call webhook has `event.uuid`; a contact belongs to no call.
fn outcome_call_id(kind: EventKind, fields: &Fields<'_>) -> Option<String> {
    let wanted = kind == EventKind::CallOutcome;
    wanted.then(|| fields.section("event").id("uuid").or_else(|| fields.id("uuid"))).flatten()
}
