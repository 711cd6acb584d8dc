//! iClosed's webhooks: a body becomes items, an item becomes an event.
//!
//! What is known of the payloads comes from a documentation that is wrong in places and from few real deliveries,
//! so everything but the kind and the call's id may be missing, misspelt or of another type without harm.
//! Nothing is guessed here: what cannot be read is left out or kept as the words that were written.
//!
//! This module decides what a payload *says*, never what follows from it.

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

pub use signature::Signature;
pub use split::{Item, NotJson, split};

use call::Payload;
use tolerant::{Fields, Node, Shape};

/// What the configuration adds where a payload is silent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Defaults {
    /// `[iclosed] hosts_time_zone_fallback`: the zone of local times for which the payload names no zone.
    pub zone_fallback: Option<chrono_tz::Tz>,
}

/// One item, understood as far as parsing goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// What happened.
    pub kind: EventKind,
    /// The call it happened to; always there for cancelled, booked and moved calls.
    pub call_id: Option<String>,
    /// Equal for two webhooks that say the same of the same call, whatever their form; holds nothing personal.
    pub key: String,
    /// The event itself.
    pub event: Event,
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

/// Reads one item.
///
/// Pure and deterministic, because it is called on receipt and again when the stored event is understood.
///
/// # Errors
/// When the item is nothing that iClosed is known to send, or a call without an id.
pub fn read(raw: &str, defaults: Defaults) -> Result<Received, Unreadable> {
    let root = Node::parse(raw).ok_or(Unreadable::NotJson)?;
    let Shape::Map(fields) = root.shape() else {
        return Err(Unreadable::NotAnObject);
    };
    let kind = kind::of(&fields)?;
    match kind {
        EventKind::CallCancelled | EventKind::CallBooked | EventKind::CallRescheduled => read_call(kind, &Payload::new(&fields), defaults),
        EventKind::CallOutcome | EventKind::Contact => {
            Ok(Received { kind, call_id: outcome_call_id(kind, &fields), key: key::of_content(kind, root), event: Event::Other(kind) })
        }
    }
}

fn read_call(kind: EventKind, payload: &Payload<'_>, defaults: Defaults) -> Result<Received, Unreadable> {
    let call = payload.call(defaults).ok_or(Unreadable::NoCallId)?;
    let call_id = Some(call.id.clone());
    let (key, event) = if kind == EventKind::CallCancelled {
        let cancelled_at = payload.cancelled_at();
        let key = key::of_cancellation(&call.id, &cancelled_at, &payload.start(Defaults::default()));
        let cancellation = Cancellation { call, canceller: payload.canceller(), reason: payload.reason(), cancelled_at };
        (key, Event::Cancelled(Box::new(cancellation)))
    } else {
        // The key must not change with the configuration, hence the start without its fallback.
        let (start, old_start) = (payload.start(Defaults::default()), payload.old_start(Defaults::default()));
        let key = key::of_booking(kind, &call.id, &start, &old_start, call.booked_at);
        (key, Event::Booked(Box::new(Booking { kind, call, old_start: payload.old_start(defaults) })))
    };
    Ok(Received { kind, call_id, key, event })
}

/// An outcome is a flat object whose `uuid` stands where a call webhook has `event.uuid`; a contact belongs to no call.
fn outcome_call_id(kind: EventKind, fields: &Fields<'_>) -> Option<String> {
    let wanted = kind == EventKind::CallOutcome;
    wanted.then(|| fields.section("event").id("uuid").or_else(|| fields.id("uuid"))).flatten()
}
