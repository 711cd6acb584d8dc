//! The call that a webhook is about, put together from its sections.

use chrono::{DateTime, Utc};

use crate::domain::event::{Call, Links};
use crate::domain::side::Side;
use crate::domain::when::{LocalTime, Moment};

use super::times::{self, Told, Zones};
use super::tolerant::Fields;
use super::{Defaults, form, people};

const START: Told = Told { local: "start_time", utc: "utc_start_time", pretty: "start_time_pretty" };
const END: Told = Told { local: "end_time", utc: "utc_end_time", pretty: "end_time_pretty" };
const OLD_START: Told = Told { local: "old_start_time", utc: "old_utc_start_time", pretty: "old_start_time_pretty" };

/// The sections of a call webhook; each is empty when absent or of a wrong type.
pub(super) struct Payload<'a> {
    root: &'a Fields<'a>,
    event: Fields<'a>,
    invitee: Fields<'a>,
}

impl<'a> Payload<'a> {
    pub(super) fn new(root: &'a Fields<'a>) -> Self {
        Self { root, event: root.section("event"), invitee: root.section("invitee") }
    }

    pub(super) fn call_id(&self) -> Option<String> {
        self.event.id("uuid").or_else(|| self.preview_id())
    }

    /// `None` without an id.
    pub(super) fn call(&self, defaults: Defaults) -> Option<Call> {
        let id = self.call_id()?;
        let event_type = self.root.section("event_type");
        let start = self.start(defaults);
        let staff = people::staff(&self.event);
        Some(Call {
            id,
            preview_id: self.preview_id(),
            event_name: event_type.text("name"),
            event_slug: event_type.text("slug"),
            duration_minutes: duration_minutes(&event_type),
            invitee: people::invitee(&self.invitee, &self.root.section("contact")),
            host: staff.host,
            co_hosts: staff.co_hosts,
            setter: people::setter(&self.event),
            start_for_invitee: self.start_for_invitee(&start),
            start,
            end: times::moment(&self.event, &END, &self.zones(defaults)),
            booked_at: self.booked_at(),
            links: Links {
                contact: self.invitee.text("previewUrl"),
                reschedule: self.event.text("rescheduleLink"),
                booking_page: self.event.text("eventLink"),
                location: self.event.text("location"),
            },
            answers: form::answers(self.root),
            tracking: form::tracking(&self.root.section("tracking")),
        })
    }

    pub(super) fn start(&self, defaults: Defaults) -> Moment {
        times::moment(&self.event, &START, &self.zones(defaults))
    }

    pub(super) fn old_start(&self, defaults: Defaults) -> Moment {
        times::moment(&self.event, &OLD_START, &self.zones(defaults))
    }

    pub(super) fn booked_at(&self) -> Option<DateTime<Utc>> {
        times::utc_moment(self.event.text("created_at")).instant()
    }

    pub(super) fn cancelled_at(&self) -> Moment {
        let spellings = ["canceled_at", "cancelled_at"];
        let said = [&self.event, &self.invitee].into_iter().flat_map(|section| spellings.into_iter().filter_map(|key| section.text(key)));
        times::utc_moment(said)
    }

    pub(super) fn canceller(&self) -> Option<String> {
        self.mirrored(&["canceler_name", "canceller_name"])
    }

    pub(super) fn reason(&self) -> Option<String> {
        self.mirrored(&["cancel_reason"])
    }

    /// What the check for missed webhooks writes down of iClosed's list.
    pub(super) fn listed_side(&self) -> Option<Side> {
        Side::from_name(&self.event.text("listed_side")?)
    }

    /// A cancellation is told in `event` and once more in `invitee`.
    fn mirrored(&self, keys: &[&str]) -> Option<String> {
        [&self.event, &self.invitee].iter().find_map(|section| keys.iter().find_map(|key| section.text(key)))
    }

    fn preview_id(&self) -> Option<String> {
        self.event.id("callPreviewId").or_else(|| self.invitee.id("callPreviewId"))
    }

    fn zones(&self, defaults: Defaults) -> Zones {
        Zones { host: self.event.text("closerTimezone").as_deref().and_then(times::zone), fallback: defaults.zone_fallback }
    }

    /// The invitee's clock is believed only where it tells the same instant as the start.
    fn start_for_invitee(&self, start: &Moment) -> Option<LocalTime> {
        let theirs = times::local_time(&self.event.text("invitee_start_time")?)?;
        (start.instant()? == theirs).then_some(theirs)
    }
}

/// Production leaves the unit out where it is minutes.
fn duration_minutes(event_type: &Fields<'_>) -> Option<u32> {
    let unit = event_type.text("durationUnit").map_or_else(|| "minutes".to_owned(), |unit| unit.to_lowercase());
    let factor = match unit.trim_end_matches('s') {
        "minute" | "min" => 1.0,
        "hour" | "h" => 60.0,
        _ => return None,
    };
    let minutes = event_type.text("duration")?.parse::<f64>().ok()? * factor;
    let minutes = (1.0..=A_WEEK).contains(&minutes).then(|| minutes.round())?;
    format!("{minutes}").parse().ok()
}

const A_WEEK: f64 = 7.0 * 24.0 * 60.0;
