//! Events become state: a cancellation opens a follow-up and writes a post for every channel that should know.
//!
//! Reading an event is pure and happens before the transaction; a poison event is put aside there and harms no other.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, TimeDelta, Utc};

use super::rebook::rebook;
use super::tell::Telling;
use super::{Flow, Rules};
use crate::domain::event::{Booking, Call, Cancellation, Event, EventKind};
use crate::domain::follow_up::{Case, Earlier, FollowUp};
use crate::domain::identity::Identity;
use crate::domain::platform::Channel;
use crate::domain::reason::{ReasonClass, classify};
use crate::domain::rebook::is_left_by;
use crate::domain::remind;
use crate::domain::route::{Routable, Routed, route};
use crate::domain::side::who_cancelled;
use crate::domain::when::Notice;
use crate::source::iclosed;
use crate::store::{Blind, NewFollowUp, NewPost, StoreError, StoredEvent, Tx};

/// iClosed sometimes tells one cancellation twice within seconds, with different times.
const TOLD_TWICE: TimeDelta = TimeDelta::seconds(10);
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
        let booked = meanings.iter().any(|(_, meaning)| matches!(meaning, Meaning::Booked(_)));
        let opened = match self.take_all(meanings.clone()).await {
            Ok(opened) => opened,
            // One event that the database does not take, whatever the reason, must not keep the others waiting.
            Err(error) => {
                tracing::warn!(%error, "events could not be understood together; each is tried alone");
                self.take_one_by_one(meanings).await?
            }
        };
        for (follow_up, routed) in &opened {
            tell(follow_up, routed);
            if routed.unrouted {
                self.metrics.unrouted();
            }
        }
        if !opened.is_empty() || booked {
            self.bells.posts.notify_one();
        }
        Ok(if all { Understood::All } else { Understood::Part })
    }

    async fn take_all(&self, meanings: Vec<(StoredEvent, Meaning)>) -> Result<Vec<(FollowUp, Routed)>, StoreError> {
        let channels = self.rules.channels.clone();
        let (settle, move_wait, defaults) = (self.rules.timings.settle, self.rules.move_wait, self.rules.defaults);
        let reminders = self.rules.reminders.clone();
        let now = self.clock.now();
        let telling = Telling::new(&self.rules, self.platforms());
        self.store
            .write_behind(move |tx| {
                Box::pin(async move {
                    let around = Around { blind: tx.alone().await?, settle, move_wait, reminders, defaults, channels, telling, now };
                    take(tx, meanings, &around).await
                })
            })
            .await
    }

    /// Takes each event in a transaction of its own, and puts aside what fails alone although the database works.
    async fn take_one_by_one(&self, meanings: Vec<(StoredEvent, Meaning)>) -> Result<Vec<(FollowUp, Routed)>, StoreError> {
        let mut opened = Vec::new();
        for (event, meaning) in meanings {
            match self.take_all(vec![(event.clone(), meaning)]).await {
                Ok(taken) => opened.extend(taken),
                Err(error) if error.is_of_the_work() && self.store.is_writable().await => {
                    tracing::error!(%error, "an event that cannot be written down was quarantined");
                    self.take_all(vec![(event, Meaning::Unreadable("cannot_be_written"))]).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(opened)
    }
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
struct Around {
    channels: Vec<Channel>,
    telling: Telling,
    /// Of which time the database knows nothing.
    blind: Option<Blind>,
    /// How long after a send the platform may still show it.
    settle: TimeDelta,
    /// How long a cancellation that asks for another time waits for its move.
    move_wait: TimeDelta,
    /// When people are reminded.
    reminders: remind::Rules,
    /// How times without a zone are read.
    defaults: iclosed::Defaults,
    now: DateTime<Utc>,
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

/// Takes events that mean nothing to each other.
async fn take(tx: &Tx, meanings: Vec<(StoredEvent, Meaning)>, around: &Around) -> Result<Vec<(FollowUp, Routed)>, StoreError> {
    let now = around.now;
    let ids: Vec<i64> = meanings.iter().map(|(event, _)| event.id).collect();
    let ours = tx.take_events(&ids, now).await?;
    let mut cancelled = Vec::new();
    for (event, meaning) in meanings.into_iter().filter(|(event, _)| ours.contains(&event.id)) {
        match meaning {
            Meaning::Nothing => {}
            Meaning::Unreadable(why) => {
                tracing::error!(why, "an event that was readable when it was received cannot be understood and was quarantined");
                tx.quarantine_event(event.id, why).await?;
            }
            Meaning::Booked(booking) => {
                rebook(tx, &event, &booking, now).await?;
            }
            Meaning::Cancelled(reading) => cancelled.push((event, *reading)),
        }
    }
    let calls: Vec<&str> = cancelled.iter().map(|(_, reading)| reading.case.cancellation.call.id.as_str()).collect();
    let known = tx.calls_known(&calls).await?;
    let moves = tx.newest_of(EventKind::CallRescheduled.name(), &calls).await?;
    let mut new = Vec::with_capacity(cancelled.len());
    for (event, reading) in cancelled {
        let call_id = &reading.case.cancellation.call.id;
        if moves.get(call_id).is_some_and(|last| left_by(last, &reading.case.cancellation, around.defaults)) {
            let event = EventKind::CallCancelled.name();
            tracing::info!(event, call_uuid = call_id, "a cancellation belongs to a move of its call, so that nobody is alarmed");
            continue;
        }
        let twin = if known.contains(call_id) { told_before(tx, &event, &reading).await? } else { None };
        match twin {
            None => new.push((event, reading)),
            Some(twin) => {
                tx.add_history(&[twin.id], "told_again", now).await?;
                tracing::info!(event = EventKind::CallCancelled.name(), call_uuid = call_id, follow_up = %twin.short_id, "a cancellation was told again");
            }
        }
    }
    open(tx, new, around).await
}

fn left_by(last_move: &StoredEvent, cancellation: &Cancellation, defaults: iclosed::Defaults) -> bool {
    let read = std::str::from_utf8(&last_move.body).ok().and_then(|raw| iclosed::read(raw, defaults).ok());
    matches!(read, Some(Event::Booked(last_move)) if is_left_by(cancellation, &last_move))
}

/// The follow-up that this cancellation opened when it was told the first time, seconds ago.
async fn told_before(tx: &Tx, event: &StoredEvent, reading: &Reading) -> Result<Option<FollowUp>, StoreError> {
    let call_id = &reading.case.cancellation.call.id;
    let Some((twin, first_told)) = tx.twin(call_id, reading.cancelled_at, TOLD_TWICE).await? else {
        return Ok(None);
    };
    let booked_again = [EventKind::CallBooked.name(), EventKind::CallRescheduled.name()];
    let between = tx.event_between(call_id, &booked_again, first_told, event.id).await?;
    Ok((!between).then_some(twin))
}

async fn open(tx: &Tx, cancelled: Vec<(StoredEvent, Reading)>, around: &Around) -> Result<Vec<(FollowUp, Routed)>, StoreError> {
    let Around { channels, telling, blind, settle, move_wait, reminders, now, .. } = around;
    let invitees: Vec<_> = cancelled.iter().map(|(_, reading)| reading.case.cancellation.call.invitee.identity()).collect();
    let earlier = tx.earlier_follow_ups(&invitees).await?;
    let (mut new, mut rest) = (Vec::with_capacity(cancelled.len()), Vec::with_capacity(cancelled.len()));
    for (((event, reading), earlier), invitee) in cancelled.into_iter().zip(earlier).zip(&invitees) {
        let last = if earlier > 0 { tx.last_follow_up_of(invitee).await? } else { None };
        let last = last.map(|last| Earlier { short_id: last.short_id, state: last.state });
        let found_by_check = event.found_by == super::check::FOUND_BY;
        let case = Case { repeat: earlier.saturating_add(1), earlier: last, found_by_check, ..reading.case };
        let look_at = reminders.first(case.notice, *now).map(|next| next.at);
        new.push(NewFollowUp { event_id: event.id, cancelled_at: reading.cancelled_at, case, look_at });
        rest.push((event.key, reading.routed));
    }
    let opened = tx.open_follow_ups(new, *now).await?;
    tx.add_history(&opened.iter().map(|follow_up| follow_up.id).collect::<Vec<_>>(), "opened", *now).await?;
    let mut posts = Vec::new();
    for (follow_up, (event_key, routed)) in opened.iter().zip(&rest) {
        let cancelled_at = follow_up.case.cancellation.cancelled_at.instant();
        let due_at = shown_from(follow_up, *now, *move_wait);
        // Whoever may have sent it was gone before the start, for as long as a platform takes or nearly so.
        let maybe_sent = blind.and_then(|blind| Some((blind.covers(cancelled_at, *now)?, blind.until - *settle)));
        for channel in channels.iter().filter(|channel| routed.channels.contains(&channel.name)) {
            let (follow_up_id, event_key, wanted) = (follow_up.id, event_key.clone(), follow_up.version);
            posts.push(NewPost { follow_up_id, event_key, channel: channel.clone(), wanted, maybe_sent, due_at });
        }
    }
    tx.add_posts(posts, *now).await?;
    for follow_up in &opened {
        telling.tell(tx, follow_up, shown_from(follow_up, *now, *move_wait)).await?;
    }
    Ok(opened.into_iter().zip(rest).map(|(follow_up, (_, routed))| (follow_up, routed)).collect())
}

/// What may be half of a move waits for the other half.
fn shown_from(follow_up: &FollowUp, now: DateTime<Utc>, move_wait: TimeDelta) -> DateTime<Utc> {
    let may_be_a_move = follow_up.case.reason_class == ReasonClass::ReschedulingRequest;
    if may_be_a_move { now + move_wait } else { now }
}

/// The one line for each cancellation. Nothing personal: names, addresses and reasons stay in the database.
fn tell(follow_up: &FollowUp, routed: &Routed) {
    let case = &follow_up.case;
    tracing::info!(
        event = EventKind::CallCancelled.name(),
        call_uuid = case.cancellation.call.id,
        side = case.side.name(),
        side_evidence = case.side_evidence.name(),
        reason_class = case.reason_class.name(),
        notice_minutes = case.notice.minutes(),
        repeat = case.repeat,
        follow_up = %follow_up.short_id,
        channels = routed.channels.join(","),
        unrouted = routed.unrouted,
        "a call was cancelled"
    );
}
