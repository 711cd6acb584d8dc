//! Events become state: a cancellation opens a follow-up and writes a post for every channel that should know.
//!
//! Reading an event is pure and happens before the transaction; a poison event is put aside there and harms no other.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Flow, Rules};
use crate::domain::event::{Cancellation, Event, EventKind};
use crate::domain::follow_up::{Case, FollowUp};
use crate::domain::platform::Channel;
use crate::domain::reason::classify;
use crate::domain::route::{Routable, Routed, route};
use crate::domain::side::who_cancelled;
use crate::domain::when::Notice;
use crate::source::iclosed;
use crate::store::{Blind, NewFollowUp, NewPost, StoreError, StoredEvent, Tx};

/// iClosed sometimes tells one cancellation twice within seconds, with different times.
const TOLD_TWICE: TimeDelta = TimeDelta::seconds(10);
/// Events that are understood in one transaction.
const BATCH: u64 = 32;

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
    let host_email = cancellation.call.host.as_ref().and_then(|host| host.email.as_deref()).unwrap_or_default();
    let routed = route(
        &rules.routes,
        &rules.channels.iter().map(|channel| channel.name.as_str()).collect::<Vec<_>>(),
        Routable { side, event_slug: cancellation.call.event_slug.as_deref().unwrap_or_default(), host_email, reason: reason_class },
    );
    let case = Case { cancellation, side, side_evidence, reason_class, notice, repeat: 1 };
    Reading { case, routed, cancelled_at: cancelled_at.unwrap_or(received_at) }
}

impl Flow {
    /// Understands the events that wait, oldest first, and returns how many it took.
    ///
    /// # Errors
    /// [`StoreError`]; nothing of the batch is kept then, and all of it waits for the next call.
    pub async fn understand(&self) -> Result<usize, StoreError> {
        let events = self.store.events_to_understand(BATCH).await?;
        let taken = events.len();
        if taken == 0 {
            return Ok(0);
        }
        let read = |event: StoredEvent| {
            let meaning = meaning(&event, &self.rules);
            (event, meaning)
        };
        let meanings: Vec<(StoredEvent, Meaning)> = events.into_iter().map(read).collect();
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
        if !opened.is_empty() {
            self.bells.posts.notify_one();
        }
        Ok(taken)
    }

    async fn take_all(&self, meanings: Vec<(StoredEvent, Meaning)>) -> Result<Vec<(FollowUp, Routed)>, StoreError> {
        let channels = self.rules.channels.clone();
        let now = self.clock.now();
        self.store
            .write_behind(move |tx| {
                Box::pin(async move {
                    let around = Around { blind: tx.alone().await?, channels, now };
                    let mut opened = Vec::new();
                    for (event, meaning) in meanings {
                        opened.extend(take(tx, &event, meaning, &around).await?);
                    }
                    Ok(opened)
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
    Nothing,
    Unreadable(&'static str),
}

fn meaning(event: &StoredEvent, rules: &Rules) -> Meaning {
    let read = || -> Result<Meaning, &'static str> {
        let raw = std::str::from_utf8(&event.body).map_err(|_| "not_utf8")?;
        let received = iclosed::read(raw, rules.defaults).map_err(|why| why.name())?;
        Ok(match received.event {
            Event::Cancelled(cancellation) => Meaning::Cancelled(Box::new(read_cancellation(*cancellation, rules, event.received_at))),
            Event::Booked(_) | Event::Other(_) => Meaning::Nothing,
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
    /// Of which time the database knows nothing.
    blind: Option<Blind>,
    now: DateTime<Utc>,
}

async fn take(tx: &Tx, event: &StoredEvent, meaning: Meaning, around: &Around) -> Result<Option<(FollowUp, Routed)>, StoreError> {
    let now = around.now;
    let reading = match meaning {
        Meaning::Unreadable(why) => {
            tracing::error!(why, "an event that was readable when it was received cannot be understood and was quarantined");
            tx.quarantine_event(event.id, why).await?;
            return Ok(None);
        }
        Meaning::Nothing => {
            tx.take_event(event.id, now).await?;
            return Ok(None);
        }
        Meaning::Cancelled(reading) => reading,
    };
    if !tx.take_event(event.id, now).await? {
        return Ok(None);
    }
    if let Some(twin) = told_before(tx, event, &reading).await? {
        tx.add_history(twin.id, "told_again", None, now).await?;
        tracing::info!(event = EventKind::CallCancelled.name(), call_uuid = reading.case.cancellation.call.id, follow_up = %twin.short_id, "a cancellation was told again");
        return Ok(None);
    }
    open(tx, event, *reading, around).await.map(Some)
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

async fn open(tx: &Tx, event: &StoredEvent, reading: Reading, around: &Around) -> Result<(FollowUp, Routed), StoreError> {
    let Around { channels, blind, now } = around;
    let now = *now;
    let earlier = tx.earlier_follow_ups(&reading.case.cancellation.call.invitee.identity()).await?;
    let case = Case { repeat: earlier.saturating_add(1), ..reading.case };
    let follow_up = tx.open_follow_up(NewFollowUp { event_id: event.id, case }, reading.cancelled_at, now).await?;
    tx.add_history(follow_up.id, "opened", None, now).await?;
    let cancelled_at = follow_up.case.cancellation.cancelled_at.instant();
    let maybe_sent = blind.and_then(|blind| Some((blind.covers(cancelled_at, now)?, blind.until)));
    for channel in channels.iter().filter(|channel| reading.routed.channels.contains(&channel.name)) {
        let (follow_up_id, event_key, wanted) = (follow_up.id, event.key.clone(), follow_up.version);
        let post = NewPost { follow_up_id, event_key, channel: channel.clone(), wanted, maybe_sent };
        tx.add_post(post, now).await?;
    }
    Ok((follow_up, reading.routed))
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
