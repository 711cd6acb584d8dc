//! A new time is booked in iClosed: free times for a form, and what is done about the chosen one.
//!
//! What is unclear is never repeated blindly: every booking begins with a look whether it is there already, and ends with one where
//! nobody knows.

use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::Flow;
use crate::chat::Visitor;
use crate::domain::event::{Call, Invitee, Staff};
use crate::domain::follow_up::FollowUp;
use crate::domain::identity::{normal_email, normal_phone};
use crate::render::{Elsewhere, Slots, Told};
use crate::source::iclosed::{About, Api, ApiError, NewCall, Planned, Standing, Who};

/// How long iClosed may take to tell its free times, all requests together.
const TIMES_WITHIN: Duration = Duration::from_secs(20);
/// How long all that a booking asks may take.
pub(super) const BOOK_WITHIN: Duration = Duration::from_secs(45);
/// How long it may take to tell whose call it is that was booked.
const HOST_WITHIN: Duration = Duration::from_secs(5);
/// What iClosed is told.
const REASON: &str = "Rebooked after a cancellation";

/// Why a time was not booked, or perhaps not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unbooked {
    /// There is a call at that other time already.
    Stands(DateTime<Utc>),
    /// What iClosed says.
    Api(ApiError),
}

impl Unbooked {
    /// What whoever chose is told.
    pub(super) fn told(&self) -> Told<'_> {
        match self {
            Self::Stands(at) => Told::Stands(*at),
            Self::Api(ApiError::Refused(why)) => Told::Refused(why),
            Self::Api(ApiError::KeyRefused) => Told::Closed,
            Self::Api(ApiError::Limited { retry_after }) => Told::Wait(*retry_after),
            Self::Api(ApiError::NotSent) => Told::Later,
            Self::Api(ApiError::Unclear) => Told::Unclear,
        }
    }
}

/// Why there are no free times.
pub(super) fn without_times(error: &ApiError) -> Told<'_> {
    match error {
        ApiError::Refused(why) => Told::TimesRefused(why),
        ApiError::KeyRefused => Told::TimesClosed,
        ApiError::Limited { retry_after } => Told::TimesWait(*retry_after),
        ApiError::NotSent | ApiError::Unclear => Told::TimesLater,
    }
}

impl Flow {
    /// When the call can take place, on the clocks of whoever asks and of the invitee.
    pub(super) async fn free_times(&self, follow_up: &FollowUp, who: &Visitor) -> Result<Slots, ApiError> {
        let api = self.iclosed.as_ref().ok_or(ApiError::NotSent)?;
        let (call, own, now) = (&follow_up.case.cancellation.call, self.zone_of(who), self.clock.now());
        let looked = tokio::time::timeout(TIMES_WITHIN, async {
            let Some(prefix) = link_prefix(call) else {
                let about = api.about(&call.id).await?.unwrap_or_default();
                let prefix = about.link_prefix.clone().unwrap_or_default();
                let times = if prefix.is_empty() { Vec::new() } else { api.free_times(&prefix, own, now).await? };
                return Ok((times, about));
            };
            let (times, about) = tokio::join!(api.free_times(&prefix, own, now), api.about(&call.id));
            // Only the invitee's clock is missing without it.
            Ok((times?, about.ok().flatten().unwrap_or_default()))
        });
        let (times, about) = looked.await.unwrap_or(Err(ApiError::Unclear))?;
        Ok(Slots { times, own, theirs: clock_of(call, &about) })
    }

    /// Gives the invitee that time, once however often it is asked. Gives whose call it is now, where iClosed says so.
    pub(super) async fn book(&self, follow_up: &FollowUp, start: DateTime<Utc>, who: &Visitor) -> Result<Option<Staff>, Unbooked> {
        let Some(api) = &self.iclosed else {
            return Err(Unbooked::Api(ApiError::NotSent));
        };
        let wanted = Wanted { call: &follow_up.case.cancellation.call, start, own: self.zone_of(who), now: self.clock.now() };
        let booked = tokio::time::timeout(BOOK_WITHIN, wanted.book(api)).await.unwrap_or(Err(Unbooked::Api(ApiError::Unclear)));
        if let Err(Unbooked::Api(error)) = &booked {
            tracing::warn!(follow_up = follow_up.id, why = error.name(), "iClosed did not book a new time");
        }
        let host = booked?;
        if host.is_some() {
            return Ok(host);
        }
        // It is booked; only a line of the card is missing without.
        let looked = tokio::time::timeout(HOST_WITHIN, wanted.look(api)).await;
        let stands = looked.ok().and_then(Result::ok).and_then(|seen| seen.planned);
        Ok(stands.filter(|stands| stands.start == start).and_then(|stands| stands.host))
    }

    pub(super) fn zone_of(&self, who: &Visitor) -> Tz {
        self.rules.team.on(who.platform, &who.id).and_then(|mate| mate.timezone).unwrap_or(self.rules.timezone)
    }
}

/// A new time for a call.
struct Wanted<'a> {
    call: &'a Call,
    start: DateTime<Utc>,
    /// The clock of whoever books.
    own: Tz,
    now: DateTime<Utc>,
}

impl Wanted<'_> {
    async fn book(&self, api: &Api) -> Result<Option<Staff>, Unbooked> {
        // Nothing was asked to change so far, so a look that fails leaves nothing unclear.
        let looked = |error: ApiError| Unbooked::Api(if error == ApiError::Unclear { ApiError::NotSent } else { error });
        let Standing { planned, about } = self.look(api).await.map_err(looked)?;
        if let Some(stands) = planned {
            return self.held_against(stands);
        }
        match self.ask(api, about).await {
            // It may have been done all the same.
            Err(ApiError::Unclear) => match self.look(api).await {
                Ok(Standing { planned: Some(stands), .. }) => self.held_against(stands),
                Ok(Standing { planned: None, .. }) | Err(_) => Err(Unbooked::Api(ApiError::Unclear)),
            },
            asked => asked.map_err(Unbooked::Api),
        }
    }

    /// A call that stands is the one that was wanted, or keeps it from being booked.
    fn held_against(&self, stands: Planned) -> Result<Option<Staff>, Unbooked> {
        let is_wanted = stands.start == self.start && !self.is_of_another_kind(&stands);
        if is_wanted { Ok(stands.host) } else { Err(Unbooked::Stands(stands.start)) }
    }

    /// Is it of another calendar, as far as both are known?
    fn is_of_another_kind(&self, stands: &Planned) -> bool {
        let differ = |one: Option<&str>, other: Option<&str>| one.zip(other).map(|(one, other)| one != other);
        let by_link = differ(stands.link_prefix.as_deref(), link_prefix(self.call).as_deref());
        let by_name = || differ(stands.event_name.as_deref(), self.call.event_name.as_deref());
        stands.call_id != self.call.id && by_link.or_else(by_name).unwrap_or(false)
    }

    /// Has the invitee a call of this kind, or one at just that time? And what else iClosed knows.
    async fn look(&self, api: &Api) -> Result<Standing, ApiError> {
        let standing = if self.call.id.parse::<i64>().is_ok() { api.standing(&self.call.id).await? } else { Standing::default() };
        let Some(who) = who(&self.call.invitee).filter(|_| standing.planned.is_none()) else {
            return Ok(standing);
        };
        let prefix = link_prefix(self.call).or_else(|| standing.about.link_prefix.clone());
        let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        let planned = api.planned(who, self.now).await?;
        let others = planned.into_iter().filter(|planned| planned.call_id != self.call.id);
        let mut alike = others.filter(|planned| {
            planned.start == self.start || same(&planned.link_prefix, &prefix) || same(&planned.event_name, &self.call.event_name)
        });
        let first = alike.next();
        let exact = first.iter().cloned().chain(alike).find(|planned| planned.start == self.start);
        Ok(Standing { planned: exact.or(first), ..standing })
    }

    /// Moves the call, or books another one where iClosed refuses that.
    async fn ask(&self, api: &Api, about: About) -> Result<Option<Staff>, ApiError> {
        // Where they live is known to iClosed only; it writes to them about the new time.
        let zone = about.invitee_zone.unwrap_or(self.own);
        let refused = match self.call.id.parse() {
            Ok(id) => match api.reschedule(id, self.start, zone, REASON).await {
                Err(ApiError::Refused(why)) => ApiError::Refused(why),
                done => return done,
            },
            Err(_) => ApiError::Refused(String::new()),
        };
        match (who(&self.call.invitee), link_prefix(self.call).or(about.link_prefix)) {
            (Some(who), Some(prefix)) => {
                let name = self.call.invitee.name.as_deref();
                api.book(&NewCall { link_prefix: &prefix, start: self.start, zone, who, name }).await
            }
            (Some(_) | None, _) => Err(refused),
        }
    }
}

/// By what iClosed knows the invitee; a masked number is nobody's, and some forms leave the number where the address should be.
fn who(invitee: &Invitee) -> Option<Who<'_>> {
    let email = invitee.email.as_deref().filter(|email| normal_email(email).is_some()).map(Who::Email);
    let contact = || invitee.contact_id.as_deref().and_then(|id| id.parse().ok()).map(Who::Contact);
    let phone = || invitee.phone.as_deref().filter(|phone| normal_phone(phone).is_some()).map(Who::Phone);
    email.or_else(contact).or_else(phone)
}

/// The invitee's clock: of their place where iClosed knows it, else as far from UTC as it was at the cancelled call.
fn clock_of(call: &Call, about: &About) -> Option<Elsewhere> {
    let offset = || call.start_for_invitee.as_ref().map(|local| Elsewhere::Offset(*local.offset()));
    about.invitee_zone.map(Elsewhere::Zone).or_else(offset)
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
