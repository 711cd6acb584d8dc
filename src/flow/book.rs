//! A new time is booked in iClosed: free times for a form, and what is done about the chosen one.
//!
//! What is unclear is never repeated blindly: every booking begins with a look whether it is there already.

use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::Flow;
use super::forms::trial;
use crate::chat::Visitor;
use crate::domain::act::apply;
use crate::domain::event::Call;
use crate::domain::follow_up::FollowUp;
use crate::domain::message::{Form, FormKind};
use crate::render::Sentence;
use crate::source::iclosed::{Api, ApiError, NewCall};

/// How long iClosed may take to tell its free times: the form has to open within 3 s of the press, and there is an answer without them.
const TIMES_WITHIN: Duration = Duration::from_millis(1_200);
/// How long all that a booking asks may take: the platform wants its answer within 3 s.
const BOOK_WITHIN: Duration = Duration::from_millis(1_500);
/// What iClosed is told.
const REASON: &str = "Rebooked after a cancellation";

/// Why a time was not booked, or perhaps not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unbooked {
    /// The call has another time already.
    Moved,
    /// What iClosed says.
    Api(ApiError),
}

impl Unbooked {
    /// What whoever chose is told.
    pub(super) fn sentence(&self) -> Sentence<'_> {
        match self {
            Self::Moved => Sentence::StaleButton,
            Self::Api(ApiError::Refused(why)) => Sentence::NotBooked { why },
            Self::Api(ApiError::KeyRefused) => Sentence::BookingClosed,
            Self::Api(ApiError::Limited { .. } | ApiError::NotSent) => Sentence::BookingLater,
            Self::Api(ApiError::Unclear) => Sentence::BookingUnclear,
        }
    }
}

impl Flow {
    /// A form with free times; `None` where there are none to be had in time, or nothing could be done with them.
    pub(super) async fn booking_form(&self, follow_up: &FollowUp, who: &Visitor) -> Option<Form> {
        let api = self.iclosed.as_ref()?;
        let prefix = link_prefix(&follow_up.case.cancellation.call)?;
        let now = self.clock.now();
        apply(follow_up, &trial(FormKind::Book, now), &self.actor(who), now).ok()?;
        let zone = self.zone_of(who);
        match tokio::time::timeout(TIMES_WITHIN, api.free_times(&prefix, zone, now)).await {
            Ok(Ok(times)) if times.is_empty() => None,
            Ok(Ok(times)) => Some(self.renderer.booking_form(&times, zone, follow_up, now)),
            Ok(Err(error)) => {
                tracing::warn!(why = error.name(), "iClosed did not tell its free times");
                None
            }
            Err(_) => {
                tracing::warn!("iClosed did not tell its free times in time");
                None
            }
        }
    }

    /// Gives the invitee that time, once however often it is asked.
    pub(super) async fn book(&self, follow_up: &FollowUp, start: DateTime<Utc>, who: &Visitor) -> Result<(), Unbooked> {
        let Some(api) = &self.iclosed else {
            return Err(Unbooked::Api(ApiError::NotSent));
        };
        let call = &follow_up.case.cancellation.call;
        let booked = tokio::time::timeout(BOOK_WITHIN, book(api, call, start, self.zone_of(who))).await;
        let booked = booked.unwrap_or(Err(Unbooked::Api(ApiError::Unclear)));
        if let Err(Unbooked::Api(error)) = &booked {
            tracing::warn!(follow_up = follow_up.id, why = error.name(), "iClosed did not book a new time");
        }
        booked
    }

    fn zone_of(&self, who: &Visitor) -> Tz {
        self.rules.team.on(who.platform, &who.id).and_then(|mate| mate.timezone).unwrap_or(self.rules.timezone)
    }
}

async fn book(api: &Api, call: &Call, start: DateTime<Utc>, zone: Tz) -> Result<(), Unbooked> {
    // Nothing was asked to change so far, so a look that fails leaves nothing unclear.
    let looked = |error: ApiError| Unbooked::Api(if error == ApiError::Unclear { ApiError::NotSent } else { error });
    match api.start_of(&call.id).await.map_err(looked)? {
        Some(stands) if stands == start => return Ok(()),
        Some(_) => return Err(Unbooked::Moved),
        None => {}
    }
    if let Some(email) = &call.invitee.email
        && api.is_booked(email, start).await.map_err(looked)?
    {
        return Ok(());
    }
    let refused = match call.id.parse() {
        Ok(id) => match api.reschedule(id, start, zone, REASON).await {
            Err(ApiError::Refused(why)) => ApiError::Refused(why),
            done => return done.map_err(Unbooked::Api),
        },
        Err(_) => ApiError::Refused(String::new()),
    };
    match (&call.invitee.email, link_prefix(call)) {
        (Some(email), Some(prefix)) => {
            let new = NewCall { link_prefix: &prefix, start, zone, email, name: call.invitee.name.as_deref() };
            api.book(&new).await.map_err(Unbooked::Api)
        }
        (Some(_) | None, _) => Err(Unbooked::Api(refused)),
    }
}

/// `account/event`, as booking pages have it in their addresses.
fn link_prefix(call: &Call) -> Option<String> {
    let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    [&call.links.booking_page, &call.links.location].into_iter().flatten().find_map(|address| {
        let (_, path) = address.split_once("/e/")?;
        let path = path.split(['?', '#']).next()?.trim_matches('/');
        let (account, event) = path.split_once('/')?;
        (is_plain(account) && is_plain(event)).then(|| path.to_owned())
    })
}
