//! What an item is, by the letters of its `hookType`: iClosed has four vocabularies for the same things.

use crate::domain::event::EventKind;

use super::Unreadable;
use super::tolerant::Fields;

/// The kind of an item.
///
/// A label without any letter counts as no label. Without one, only a cancelled call of iClosed is recognised.
pub(super) fn of(fields: &Fields<'_>) -> Result<EventKind, Unreadable> {
    let label = fields.text("hookType").map(|label| letters(&label)).filter(|label| !label.is_empty());
    match label {
        Some(label) => named(&label).ok_or(Unreadable::UnknownKind(label)),
        None if is_cancelled_call(fields) => Ok(EventKind::CallCancelled),
        None => Err(Unreadable::NoKind),
    }
}

/// Longer labels are no trigger names; the cut keeps logs readable.
const LONGEST: usize = 40;

fn letters(label: &str) -> String {
    label.chars().filter(char::is_ascii_alphabetic).take(LONGEST).map(|c| c.to_ascii_lowercase()).collect()
}

/// Ids of the webhook index, "Event Type" of the own pages, `hookType` in bodies, the marketing page, and the list of triggers.
fn named(label: &str) -> Option<EventKind> {
    Some(match label {
        "callcancelled" | "callcanceled" => EventKind::CallCancelled,
        "callbooked" | "newcallscheduled" | "callscheduled" | "newcallbooked" => EventKind::CallBooked,
        "callrescheduled" => EventKind::CallRescheduled,
        "calloutcome" | "outcomeadded" | "calloutcomeadded" | "outcomerecorded" | "callcompleted" => EventKind::CallOutcome,
        "contactcreated" | "newcontactcreated" | "contactupdated" | "contactdetailchanged" | "contactbystatus" | "contactstatuschanged" => {
            EventKind::Contact
        }
        // Triggers that the settings offer and that say something of a contact rather than of one call.
        "contactcustomfieldupdated"
        | "appointmentsettingoutcome"
        | "setterownerassigned"
        | "noteadded"
        | "dataintelligence"
        | "transactionsynced" => EventKind::Contact,
        _ => return None,
    })
}

/// Calendly's old payloads look the same but for their ids, which are letters where iClosed has a number or `call_…`.
fn is_cancelled_call(fields: &Fields<'_>) -> bool {
    let (event, invitee) = (fields.section("event"), fields.section("invitee"));
    let cancelled = [&event, &invitee].iter().any(|section| section.flag("canceled") || section.flag("cancelled"));
    let numbered = event.id("uuid").is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    let previewed = [&event, &invitee].iter().any(|section| section.text("callPreviewId").is_some_and(|id| id.starts_with("call_")));
    cancelled && (numbered || previewed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::iclosed::tolerant::{Node, Shape};

    fn kind(json: &str) -> Result<EventKind, &'static str> {
        match Node::parse(json).map(Node::shape) {
            Some(Shape::Map(fields)) => of(&fields).map_err(|why| why.name()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_vocabulary_is_understood() {
        for (labels, expected) in [
            (
                &["Call canceled", "Call cancelled", "call canceled", "CALL_CANCELLED", "callCancelled", "call.cancelled"][..],
                EventKind::CallCancelled,
            ),
            (&["newCallScheduled", "callBooked", "Call booked", "call.booked", "CALL_BOOKED"], EventKind::CallBooked),
            (&["callRescheduled", "Call rescheduled", "call.rescheduled"], EventKind::CallRescheduled),
            (
                &["callOutcome", "outcomeAdded", "Outcome added", "call.outcome_added", "outcome.recorded", "call.completed"],
                EventKind::CallOutcome,
            ),
            (
                &[
                    "newContactCreated",
                    "Contact created",
                    "contact.created",
                    "contactDetailChanged",
                    "contactUpdated",
                    "Contact updated",
                    "contact.status_changed",
                    "contactByStatus",
                    "Contact by Status",
                    "Contact Custom Field Updated",
                    "Appointment Setting Outcome",
                    "Setter Owner Assigned",
                    "Note Added",
                    "Data Intelligence",
                    "Transaction Synced",
                ],
                EventKind::Contact,
            ),
        ] {
            for label in labels {
                assert_eq!(kind(&format!(r#"{{"hookType":"{label}"}}"#)), Ok(expected), "{label}");
            }
        }
    }

    #[test]
    fn other_labels_are_not_guessed() {
        for label in ["Call deleted", "cancelled", "uncallcancelled", "invitee.canceled", "BOOKING_CANCELLED", "Call canceled (test)"] {
            let json = format!(r#"{{"hookType":"{label}","event":{{"uuid":1,"canceled":true}}}}"#);
            assert_eq!(kind(&json), Err("unknown_kind"), "{label}");
        }
    }

    #[test]
    fn without_a_label_only_a_cancelled_call_of_iclosed_is_known() {
        for (json, expected) in [
            (r#"{"event":{"uuid":1,"canceled":true}}"#, Ok(EventKind::CallCancelled)),
            (r#"{"hookType":null,"event":{"uuid":"1","canceled":"true"}}"#, Ok(EventKind::CallCancelled)),
            (r#"{"hookType":"","event":{"uuid":1},"invitee":{"canceled":true}}"#, Ok(EventKind::CallCancelled)),
            (r#"{"hookType":7,"event":{"callPreviewId":"call_x","cancelled":1}}"#, Ok(EventKind::CallCancelled)),
            (r#"{"hookType":{},"event":{"uuid":1,"canceled":true}}"#, Ok(EventKind::CallCancelled)),
            (r#"{"invitee":{"callPreviewId":"call_x","canceled":true}}"#, Ok(EventKind::CallCancelled)),
            (r#"{"event":{"uuid":1,"canceled":false}}"#, Err("no_kind")),
            (r#"{"event":{"canceled":true}}"#, Err("no_kind")),
            (r#"{"event":{"uuid":"BBBBBBBBBBBBBBBB","canceled":true},"invitee":{"canceled":true}}"#, Err("no_kind")),
            (r#"{"event":"invitee.canceled","payload":{"event":{"uuid":"B","canceled":true}}}"#, Err("no_kind")),
            ("{}", Err("no_kind")),
        ] {
            assert_eq!(kind(json), expected, "{json}");
        }
    }
}
