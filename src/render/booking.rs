//! The form that books a new time: whom it is for, the free times on two clocks, and what is to be said about it at each step.
//!
//! It must not ask anybody for times, and must not decide what is booked.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use chrono_tz::Tz;

use super::marks::Subjects;
use super::sentence::private;
use super::times::Clock;
use super::words::Said;
use super::{Renderer, clean};
use crate::domain::follow_up::FollowUp;
use crate::domain::message::{Block, FieldKind, Form, FormField, FormKind, Inline, Message, Sheet};
use crate::domain::platform::Platform;
use crate::domain::team::Person;

/// Whom a new time is for.
const LEAD: &str = "answer/lead.md";
/// iClosed's words are repeated up to this length.
const WHY: usize = 160;

/// What is said about a booking, or about free times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told<'a> {
    /// Free times are being looked up.
    Looking,
    /// There are none in the next days.
    NoTimes,
    /// iClosed does not tell them.
    TimesLater,
    /// iClosed tells nothing for so long.
    TimesWait(TimeDelta),
    /// iClosed refuses to tell them: its own words, which may be empty.
    TimesRefused(&'a str),
    /// iClosed refuses the key.
    TimesClosed,
    /// That time is being booked.
    Working(DateTime<Utc>),
    /// It is booked.
    Done(DateTime<Utc>),
    /// It is booked, and the cards do not say so.
    Unsaid(DateTime<Utc>),
    /// Somebody else is booking one just now.
    Busy {
        /// Who.
        by: &'a Person,
        /// Which.
        at: DateTime<Utc>,
    },
    /// The follow-up has a new time already.
    Already {
        /// Who booked it; `None` where that is not known.
        by: Option<&'a Person>,
        /// Which.
        at: DateTime<Utc>,
    },
    /// iClosed has a call at that time already.
    Stands(DateTime<Utc>),
    /// iClosed refused the time: its own words, which may be empty.
    Refused(&'a str),
    /// Nobody knows whether iClosed booked it.
    Unclear,
    /// iClosed cannot be reached.
    Later,
    /// iClosed takes nothing for so long.
    Wait(TimeDelta),
    /// iClosed refuses the key.
    Closed,
    /// It was noted that a new time was offered.
    Offered,
}

/// Free times, and on whose clocks they are told.
#[derive(Debug, Clone)]
pub struct Slots {
    /// The times, soonest first.
    pub times: Vec<DateTime<Utc>>,
    /// The clock of whoever chooses.
    pub own: Tz,
    /// The invitee's.
    pub theirs: Option<Elsewhere>,
}

/// A clock of the invitee's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    /// Of a place, summer time and all.
    Zone(Tz),
    /// So far from UTC, which may be another in half a year.
    Offset(FixedOffset),
}

/// What a form for a new time shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offer<'a> {
    /// What there is to say.
    pub told: Option<Told<'a>>,
    /// What may be chosen.
    pub slots: Option<&'a Slots>,
    /// The link and the message to copy.
    pub link: bool,
    /// On whose clock times are told; the team's where it is not said.
    pub zone: Option<Tz>,
}

impl Renderer {
    /// The form that books a new time, as it is shown just then.
    #[must_use]
    pub fn booking_form(&self, offer: &Offer<'_>, follow_up: &FollowUp, platform: Platform, now: DateTime<Utc>) -> Form {
        let lead = self.answer(LEAD, "summary.reschedule", follow_up, platform, now);
        let said = offer.told.map(|told| self.told(told, offer.zone, now));
        let mut above = lead.body;
        above.extend(said.iter().flat_map(|said| said.body.clone()));
        above.extend(offer.slots.map(|slots| Block::Small(self.clocks(slots))));
        let (below, controls) = if offer.link {
            let link = self.reschedule(follow_up, platform, now);
            (std::iter::once(Block::Divider).chain(link.body).collect(), link.controls)
        } else {
            (Vec::new(), Vec::new())
        };
        let summary = said.map_or(lead.summary, |said| said.summary);
        let form = self.form(FormKind::Book, None);
        let fields = match offer.slots {
            Some(slots) => {
                let options: Vec<_> = slots.times.iter().map(|at| (self.slot(*at, slots, now), at.to_rfc3339())).collect();
                form.fields.into_iter().map(|field| FormField { kind: FieldKind::Choice(options.clone()), ..field }).collect()
            }
            None => Vec::new(),
        };
        let cancel = if offer.slots.is_some() { form.cancel } else { self.set.words.say("form.done", &[]) };
        Form { fields, cancel, sheet: Some(Sheet { summary, above, below, controls }), ..form }
    }

    /// A private answer about a booking, in words.
    pub(super) fn told(&self, told: Told<'_>, zone: Option<Tz>, now: DateTime<Utc>) -> Message {
        let mut subjects = Subjects::default();
        let clock = Clock { words: &self.set.words, zone: zone.unwrap_or(self.settings.timezone), now };
        let time = |at: DateTime<Utc>| ("at", Said::from(clock.known(at).words));
        let why = |why: &str| ("why", Said::from(clean::line(why, WHY).unwrap_or_default()));
        let wait = |wait: TimeDelta| ("n", Said::from(wait.num_seconds().max(1)));
        let mut person = |by: &Person| ("by", Said::from(subjects.person(by.clone())));
        let (key, values) = match told {
            Told::Looking => ("booking.looking", vec![]),
            Told::NoTimes => ("booking.no_times", vec![]),
            Told::TimesLater => ("booking.times_later", vec![]),
            Told::TimesWait(span) => ("booking.times_wait", vec![wait(span)]),
            Told::TimesRefused(words) => ("booking.times_refused", vec![why(words)]),
            Told::TimesClosed => ("booking.times_closed", vec![]),
            Told::Working(at) => ("booking.working", vec![time(at)]),
            Told::Done(at) => ("booking.done", vec![time(at)]),
            Told::Unsaid(at) => ("booking.unsaid", vec![time(at)]),
            Told::Busy { by, at } => ("booking.busy", vec![person(by), time(at)]),
            Told::Already { by: Some(by), at } => ("booking.already_by", vec![person(by), time(at)]),
            Told::Already { by: None, at } => ("booking.already", vec![time(at)]),
            Told::Stands(at) => ("booking.stands", vec![time(at)]),
            Told::Refused(words) => ("booking.refused", vec![why(words)]),
            Told::Unclear => ("booking.unclear", vec![]),
            Told::Later => ("booking.later", vec![]),
            Told::Wait(span) => ("booking.wait", vec![wait(span)]),
            Told::Closed => ("booking.closed", vec![]),
            Told::Offered => ("booking.offered", vec![]),
        };
        let values: std::collections::BTreeMap<&str, Said> = values.into_iter().collect();
        let said = self.set.words.sentence(key, &values, &subjects);
        let said = said.or_else(|_| self.built_in.words.sentence(key, &values, &subjects));
        private(said.unwrap_or_else(|_| vec![Inline::Text(key.to_owned())]), Vec::new())
    }

    /// What a form said above its fields, as a message of its own.
    #[must_use]
    pub fn apart(&self, sheet: &Sheet) -> Message {
        let body = sheet.above.clone();
        Message { body, ..private(vec![Inline::Text(sheet.summary.clone())], Vec::new()) }
    }

    /// Somebody whose name is not known.
    #[must_use]
    pub fn somebody(&self) -> String {
        self.set.words.say("story.somebody", &[])
    }

    /// A free time on both clocks.
    fn slot(&self, at: DateTime<Utc>, slots: &Slots, now: DateTime<Utc>) -> String {
        let clock = Clock { words: &self.set.words, zone: slots.own, now };
        let own = clock.known(at).words;
        match slots.theirs.and_then(|theirs| clock.elsewhere(at, theirs)) {
            None => own,
            Some(theirs) => self.set.words.say("form.book_both", &[("time", own.into()), ("theirs", theirs.into())]),
        }
    }

    /// Whose clocks these are.
    fn clocks(&self, slots: &Slots) -> Vec<Inline> {
        let own = ("own", Said::from(slots.own.name()));
        match slots.theirs {
            Some(Elsewhere::Zone(theirs)) if theirs == slots.own => self.say_it("booking.clock", &[own]),
            None => self.say_it("booking.clock", &[own]),
            Some(theirs) => self.say_it("booking.clocks", &[own, ("theirs", theirs.name().into())]),
        }
    }
}

impl Elsewhere {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Zone(zone) => zone.name().to_owned(),
            Self::Offset(offset) => format!("UTC{offset}"),
        }
    }
}
