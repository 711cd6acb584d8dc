//! Events become state: a cancellation opens a follow-up and writes a post for every channel that should know.
//!
//! Reading an event is pure and happens before the transaction; a poison event is put aside there and harms no other.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, TimeDelta, Utc};

use super::open::{Cancelled, open, tell};
use super::rebook::{bookings, rebook};
use super::tell::Telling;
use super::{Flow, Rules};
use crate::domain::event::{Booking, Call, Cancellation, Event, EventKind};
use crate::domain::follow_up::{Case, FollowUp};
use crate::domain::identity::{Identity, ShortId};
use crate::domain::platform::Channel;
use crate::domain::reason::classify;
use crate::domain::rebook::{Told, is_left_by, revives};
use crate::domain::remind;
use crate::domain::route::{Routable, Routed, route};
use crate::domain::side::who_cancelled;
use crate::domain::when::Notice;
use crate::source::iclosed;
use crate::store::{About, Blind, Known, StoreError, StoredEvent, Tx};

/// iClosed sometimes tells one cancellation twice within seconds, with different times.
const TOLD_TWICE: TimeDelta = TimeDelta::seconds(10);
/// How far iClosed's clock may be ahead of ours.
const CLOCKS_APART: TimeDelta = TimeDelta::minutes(10);
/// Events that are understood in one transaction.
const BATCH: usize = 64;

/// What a cancellation means, before anything is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// What is known about it; `repeat` is 1, since that takes the database to know.
    pub case: Case,
    /// Which channels should know.
    pub routed: Routed,
    /// When it was cancelled, else when we heard of it.
    pub cancelled_at: DateTime<Utc>,
}

/// Reads a cancellation by the rules: its side, its reason, its notice, its channels. Pure.
#[must_use]
pub fn read_cancellation(cancellation: Cancellation, rules: &Rules, received_at: DateTime<Utc>) -> Reading {
    let (side, side_evidence) = who_cancelled(&cancellation, &rules.team);
    let reason_class = classify(cancellation.reason.as_deref());
    let cancelled_at = cancellation.cancelled_at.instant();
    let notice = Notice::between(cancelled_at.or(Some(received_at)), cancellation.call.start.instant());
    let case = Case {
        cancellation,
        side,
        side_evidence,
        reason_class,
        notice,
        repeat: 1,
        earlier: None,
        offered: false,
        found_by_check: false,
        closing: None,
    };
    let routed = routed(&case, rules);
    Reading { case, routed, cancelled_at: cancelled_at.unwrap_or(received_at) }
}

/// The channels that should know.
pub(super) fn routed(case: &Case, rules: &Rules) -> Routed {
    let call = &case.cancellation.call;
    let host_email = call.host.as_ref().and_then(|host| host.email.as_deref()).unwrap_or_default();
    let event_slug = call.event_slug.as_deref().unwrap_or_default();
    route(
        &rules.routes,
        &rules.channels.iter().map(|channel| channel.name.as_str()).collect::<Vec<_>>(),
        Routable { side: case.side, event_slug, host_email, reason: case.reason_class },
    )
}

/// What a call of [`Flow::understand`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Understood {
    /// No event that waited.
    Nothing,
    /// Some, and took them all.
    All,
    /// More than are taken together.
    Part,
}

impl Flow {
    /// Understands the events that wait, oldest first.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the batch is kept then, and all of it waits for the next call.
    pub async fn understand(&self) -> Result<Understood, StoreError> {
        let events = self.store.events_to_understand(BATCH as u64).await?;
        if events.is_empty() {
            return Ok(Understood::Nothing);
        }
        let read = |event: StoredEvent| {
            let meaning = meaning(&event, &self.rules);
            (event, meaning)
        };
        let mut meanings: Vec<(StoredEvent, Meaning)> = events.into_iter().map(read).collect();
        let waiting = meanings.len();
        meanings.truncate(strangers(&meanings));
        let all = meanings.len() == waiting && waiting < BATCH;
        self.know_aliases(meanings.iter_mut().filter_map(|(_, meaning)| meaning.reading()).collect()).await?;
        let taken = match self.take_all(meanings.clone()).await {
            Ok(taken) => taken,
            // One event that the database does not take, whatever the reason, must not keep the others waiting.
            Err(error) => {
                tracing::warn!(%error, "events could not be understood together; each is tried alone");
                self.take_one_by_one(meanings).await?
            }
        };
        for (follow_up, routed) in &taken.opened {
            tell(follow_up, routed);
            if routed.unrouted {
                self.metrics.unrouted();
            }
        }
        if !taken.opened.is_empty() || !taken.ended.is_empty() {
            self.bells.posts.notify_one();
        }
        for follow_up in taken.ended {
            self.homes_later(None, self.at_home(follow_up).await);
        }
        Ok(if all { Understood::All } else { Understood::Part })
    }

    async fn take_all(&self, meanings: Vec<(StoredEvent, Meaning)>) -> Result<Taken, StoreError> {
        let channels = self.rules.channels.clone();
        let (settle, move_wait, defaults) = (self.rules.timings.settle, self.rules.move_wait, self.rules.defaults);
        let reminders = self.rules.reminders.clone();
        let now = self.clock.now();
        let telling = Telling::new(&self.rules, self.platforms());
        let short_ids = self.store.free_short_ids(meanings.len()).await?;
        self.store
            .write_behind(move |tx| {
                Box::pin(async move {
                    let known = tx.take_events(&about(&meanings), now).await?;
                    let blind = known.blind;
                    let around = Around { channels, telling, blind, settle, move_wait, reminders, defaults, short_ids, now };
                    take(tx, meanings, known, &around).await
                })
            })
            .await
    }

    /// Takes each event in a transaction of its own, and puts aside what fails alone although the database works.
    async fn take_one_by_one(&self, meanings: Vec<(StoredEvent, Meaning)>) -> Result<Taken, StoreError> {
        let mut all = Taken::default();
        for (event, meaning) in meanings {
            match self.take_all(vec![(event.clone(), meaning)]).await {
                Ok(taken) => {
                    all.opened.extend(taken.opened);
                    all.ended.extend(taken.ended);
                }
                Err(error) if error.is_of_the_work() && self.store.is_writable().await => {
                    tracing::error!(%error, "an event that cannot be written down was quarantined");
                    self.take_all(vec![(event, Meaning::Unreadable("cannot_be_written"))]).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }
}

/// What events came to.
#[derive(Default)]
struct Taken {
    /// What cancellations opened, and the channels that are told.
    opened: Vec<(FollowUp, Routed)>,
    /// The ids of what bookings ended.
    ended: Vec<i64>,
}

/// What is to be done about an event.
#[derive(Clone)]
enum Meaning {
    Cancelled(Box<Reading>),
    Booked(Box<Booking>),
    Nothing,
    Unreadable(&'static str),
}

impl Meaning {
    fn reading(&mut self) -> Option<&mut Reading> {
        match self {
            Self::Cancelled(reading) => Some(reading),
            Self::Booked(_) | Self::Nothing | Self::Unreadable(_) => None,
        }
    }
}

fn meaning(event: &StoredEvent, rules: &Rules) -> Meaning {
    let read = || -> Result<Meaning, &'static str> {
        let raw = std::str::from_utf8(&event.body).map_err(|_| "not_utf8")?;
        Ok(match iclosed::read(raw, rules.defaults).map_err(|why| why.name())? {
            Event::Cancelled(cancellation) => Meaning::Cancelled(Box::new(read_cancellation(*cancellation, rules, event.received_at))),
            Event::Booked(booking) => Meaning::Booked(booking),
            Event::Other(_) => Meaning::Nothing,
        })
    };
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(meaning)) => meaning,
        Ok(Err(why)) => Meaning::Unreadable(why),
        Err(_) => Meaning::Unreadable("panicked"),
    }
}

/// What is the same for all events of a transaction.
pub(super) struct Around {
    pub(super) channels: Vec<Channel>,
    pub(super) telling: Telling,
    /// Of which time the database knows nothing.
    pub(super) blind: Option<Blind>,
    /// How long after a send the platform may still show it.
    pub(super) settle: TimeDelta,
    /// How long a cancellation that asks for another time waits for its move.
    pub(super) move_wait: TimeDelta,
    /// When people are reminded.
    pub(super) reminders: remind::Rules,
    /// How times without a zone are read.
    pub(super) defaults: iclosed::Defaults,
    /// What people may call the follow-ups: one for each event.
    pub(super) short_ids: Vec<ShortId>,
    pub(super) now: DateTime<Utc>,
}

/// How many of these, from the first, may be understood together: each about another call of another invitee, so that none of them
/// changes what the others mean.
fn strangers(meanings: &[(StoredEvent, Meaning)]) -> usize {
    let mut seen = HashSet::new();
    let mut is_known = |meaning: &Meaning| match call_of(meaning) {
        Some(call) => {
            let Identity { email, contact, phone } = call.invitee.identity();
            let known_by = [("call", Some(call.id.clone())), ("email", email), ("contact", contact), ("phone", phone)];
            // Not lazily: all of them are to be remembered.
            let new = known_by.into_iter().filter_map(|(what, key)| Some(seen.insert((what, key?))));
            new.filter(|new| !new).count() > 0
        }
        None => false,
    };
    meanings.iter().map(|(_, meaning)| meaning).position(&mut is_known).unwrap_or(meanings.len())
}

fn call_of(meaning: &Meaning) -> Option<&Call> {
    match meaning {
        Meaning::Cancelled(reading) => Some(&reading.case.cancellation.call),
        Meaning::Booked(booking) => Some(&booking.call),
        Meaning::Nothing | Meaning::Unreadable(_) => None,
    }
}

fn about(meanings: &[(StoredEvent, Meaning)]) -> About<'_> {
    let mut about = About { events: Vec::with_capacity(meanings.len()), since: DateTime::<Utc>::MAX_UTC, ..About::default() };
    for (event, meaning) in meanings {
        about.events.push(event.id);
        if let Meaning::Cancelled(reading) = meaning {
            let call = &reading.case.cancellation.call;
            about.calls.push(&call.id);
            about.invitees.push((event.id, call.invitee.identity()));
            // What was booked since then was told since then.
            about.since = about.since.min(reading.cancelled_at - CLOCKS_APART);
        }
    }
    about
}

/// Takes events that mean nothing to each other.
async fn take(tx: &Tx, meanings: Vec<(StoredEvent, Meaning)>, known: Known, around: &Around) -> Result<Taken, StoreError> {
    let now = around.now;
    let Known { ours, followed_up, mut moves, earlier, booked, .. } = known;
    let (mut cancelled, mut ended) = (Vec::new(), Vec::new());
    for (event, meaning) in meanings.into_iter().filter(|(event, _)| ours.contains(&event.id)) {
        match meaning {
            Meaning::Nothing => {}
            Meaning::Unreadable(why) => {
                tracing::error!(why, "an event that was readable when it was received cannot be understood and was quarantined");
                tx.quarantine_event(event.id, why).await?;
            }
            Meaning::Booked(booking) => ended.extend(rebook(tx, &event, &booking, around).await?),
            Meaning::Cancelled(reading) => cancelled.push((event, *reading)),
        }
    }
    let mut new = Vec::with_capacity(cancelled.len());
    for (event, reading) in cancelled {
        let call_id = &reading.case.cancellation.call.id;
        let moves = bookings(moves.remove(call_id).unwrap_or_default(), around.defaults);
        let moves: Vec<Told> = moves.into_iter().map(|(_, told)| told).collect();
        // What the check lists as cancelled stands nowhere.
        let found = event.found_by == super::check::FOUND_BY;
        if !found && is_left_by(&reading.case.cancellation, reading.cancelled_at, &moves) {
            let event = EventKind::CallCancelled.name();
            tracing::info!(event, call_uuid = call_id, "a cancellation belongs to a move of its call, so that nobody is alarmed");
            continue;
        }
        let twin = if followed_up.contains(call_id) { told_before(tx, &event, &reading, around.defaults).await? } else { None };
        match twin {
            None => new.push(Cancelled { earlier: earlier.get(&event.id).copied().unwrap_or_default(), event, reading }),
            Some(twin) => {
                tx.add_history(&[twin.id], "told_again", now).await?;
                tracing::info!(event = EventKind::CallCancelled.name(), call_uuid = call_id, follow_up = %twin.short_id, "a cancellation was told again");
            }
        }
    }
    Ok(Taken { opened: open(tx, new, booked, around).await?, ended })
}

/// The follow-up that this cancellation opened when it was told the first time: seconds ago, or by the check, which does not know when a
/// call was cancelled.
async fn told_before(tx: &Tx, event: &StoredEvent, reading: &Reading, defaults: iclosed::Defaults) -> Result<Option<FollowUp>, StoreError> {
    let call = &reading.case.cancellation.call;
    let found = |last: &FollowUp| event.found_by == super::check::FOUND_BY || last.case.found_by_check;
    let start = call.start.instant();
    let first = match tx.twin(&call.id, start, Some((reading.cancelled_at, TOLD_TWICE))).await? {
        Some(twin) => Some(twin),
        None => tx.twin(&call.id, start, None).await?.filter(|(last, _)| found(last)),
    };
    let Some((twin, first_told)) = first else {
        return Ok(None);
    };
    let cancelled_at = twin.case.cancellation.cancelled_at.instant().unwrap_or(twin.opened_at);
    let booked_again = [EventKind::CallBooked.name(), EventKind::CallRescheduled.name()];
    let between = bookings(tx.events_between(&call.id, &booked_again, first_told, event.id).await?, defaults);
    let revived = between.iter().any(|(_, told)| revives(&told.booking, call, cancelled_at));
    Ok((!revived).then_some(twin))
}
