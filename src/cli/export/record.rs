//! One follow-up as an export tells it. The names are part of the outside contract.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::csv;
use crate::domain::event::Staff;
use crate::domain::follow_up::{FollowUp, State};

#[derive(Serialize)]
pub(super) struct Record<'f> {
    short_id: &'f str,
    call_id: &'f str,
    state: &'static str,
    owner: Option<&'f str>,
    side: &'static str,
    reason_class: &'static str,
    reason: Option<&'f str>,
    invitee_name: Option<&'f str>,
    invitee_email: Option<&'f str>,
    invitee_phone: Option<&'f str>,
    event_name: Option<&'f str>,
    host: Option<&'f str>,
    start: Option<String>,
    cancelled_at: String,
    opened_at: String,
    /// Negative: cancelled after the start.
    notice_minutes: Option<i64>,
    repeat: u32,
}

impl<'f> Record<'f> {
    pub(super) const NAMES: [&'static str; 17] = [
        "short_id",
        "call_id",
        "state",
        "owner",
        "side",
        "reason_class",
        "reason",
        "invitee_name",
        "invitee_email",
        "invitee_phone",
        "event_name",
        "host",
        "start",
        "cancelled_at",
        "opened_at",
        "notice_minutes",
        "repeat",
    ];

    pub(super) fn of(follow_up: &'f FollowUp, cancelled_at: DateTime<Utc>) -> Self {
        let case = &follow_up.case;
        let call = &case.cancellation.call;
        Self {
            short_id: follow_up.short_id.as_str(),
            call_id: &call.id,
            state: follow_up.state.name(),
            owner: owner(&follow_up.state),
            side: case.side.name(),
            reason_class: case.reason_class.name(),
            reason: case.cancellation.reason.as_deref(),
            invitee_name: call.invitee.name.as_deref(),
            invitee_email: call.invitee.email.as_deref(),
            invitee_phone: call.invitee.phone.as_deref(),
            event_name: call.event_name.as_deref(),
            host: call.host.as_ref().and_then(name),
            start: call.start.instant().map(shown),
            cancelled_at: shown(cancelled_at),
            opened_at: shown(follow_up.opened_at),
            notice_minutes: case.notice.minutes(),
            repeat: case.repeat,
        }
    }

    /// In the order of [`NAMES`](Self::NAMES). Only what others wrote can be a formula; our own numbers stay numbers.
    pub(super) fn cells(&self) -> [String; 17] {
        let text = |text: Option<&str>| csv::harmless(text.unwrap_or_default());
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        [
            self.short_id.to_owned(),
            text(Some(self.call_id)),
            self.state.to_owned(),
            text(self.owner),
            self.side.to_owned(),
            self.reason_class.to_owned(),
            text(self.reason),
            text(self.invitee_name),
            text(self.invitee_email),
            text(self.invitee_phone),
            text(self.event_name),
            text(self.host),
            self.start.clone().unwrap_or_default(),
            self.cancelled_at.clone(),
            self.opened_at.clone(),
            number(self.notice_minutes),
            self.repeat.to_string(),
        ]
    }
}

fn owner(state: &State) -> Option<&str> {
    match state {
        State::Assigned { owner } => Some(&owner.name),
        State::Open | State::Rebooked { .. } | State::Lost | State::Dismissed => None,
    }
}

fn name(staff: &Staff) -> Option<&str> {
    staff.name.as_deref().or(staff.email.as_deref())
}

fn shown(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
