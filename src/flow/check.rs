//! The check for missed webhooks: what iClosed lists as cancelled and never told is brought in as if it had been, once; and who cancelled,
//! where only the list says so.
//!
//! iClosed's list says when a call was changed last, not when it was cancelled: whoever writes a note about an old call makes it new. So
//! what was cancelled before the first check is remembered and left alone.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Flow;
use super::act::Origin;
use super::receive::ReceiveError;
use crate::domain::act::Action;
use crate::domain::event::{Event, EventKind};
use crate::domain::side::Side;
use crate::source::iclosed::{self, ApiError, Missed};
use crate::store::StoreError;

/// How an event of the check is marked.
pub(super) const FOUND_BY: &str = "check";
/// A webhook may still be on its way for so long.
const GRACE: TimeDelta = TimeDelta::minutes(2);
/// iClosed repeats a webhook for a day; what is older was decided by people long ago. So was what became of a call that was to start
/// before that.
const REACH: TimeDelta = TimeDelta::hours(24);
/// The name under which the store remembers what was cancelled before the first check.
const BEFORE: &str = "cancelled_before_checks";

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// There is no key.
    Off,
    /// The list was read.
    Done {
        /// Cancellations that were new to us.
        found: u64,
    },
    /// The list could not be read, and may be asked for again.
    Failed {
        /// Not before that, where iClosed says so.
        retry_after: Option<TimeDelta>,
    },
    /// The key is of no use; asking again is of none either.
    KeyRefused,
}

/// What was cancelled before the first check.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Before {
    /// When the first check began.
    since: DateTime<Utc>,
    /// The call and its start, of each that the first list told; `None` while none was told yet.
    cancelled: Option<BTreeSet<(String, Option<DateTime<Utc>>)>>,
}

impl Before {
    fn has(&self, missed: &Missed) -> bool {
        self.cancelled.as_ref().is_some_and(|cancelled| cancelled.contains(&(missed.call_id.clone(), missed.start)))
    }
}

impl Flow {
    /// Asks iClosed for cancelled calls, and receives those of which no webhook came.
    ///
    /// # Errors
    /// [`StoreError`]; what was not kept is found again by the next check.
    pub async fn check_missed(&self) -> Result<Checked, StoreError> {
        let Some(api) = &self.iclosed else {
            return Ok(Checked::Off);
        };
        let before = self.before_checks().await?;
        let listed = match api.cancelled().await {
            Ok(listed) => listed,
            Err(ApiError::KeyRefused) => {
                self.metrics.check("key_refused");
                self.key_refused.store(true, Ordering::Relaxed);
                tracing::error!("iClosed refuses the API key: missed webhooks are not looked for until Rebound is started with a good one");
                return Ok(Checked::KeyRefused);
            }
            Err(error) => {
                self.metrics.check("failed");
                tracing::warn!(why = error.name(), "iClosed did not list the cancelled calls");
                let retry_after = error.retry_after();
                return Ok(Checked::Failed { retry_after });
            }
        };
        let before = if before.cancelled.is_none() { self.first_list(before.since, &listed).await? } else { before };
        let mut found = 0;
        for missed in &listed {
            if self.is_due(missed) && !before.has(missed) && !self.was_told(missed).await? {
                match self.receive_found_by(missed.payload.as_bytes(), FOUND_BY).await {
                    Ok(receipt) => found += receipt.new,
                    Err(ReceiveError::CannotStore(error)) => return Err(error),
                    // We wrote it ourselves; it is kept with what cannot be read.
                    Err(ReceiveError::NotJson) => {}
                }
            }
        }
        self.learn_sides(&listed).await?;
        self.metrics.check("done");
        if found > 0 {
            tracing::warn!(found, "cancellations whose webhooks never came were found by the check");
        }
        Ok(Checked::Done { found })
    }

    /// Of open follow-ups nobody knows whose cancellation it was; the list may say so.
    async fn learn_sides(&self, listed: &[Missed]) -> Result<(), StoreError> {
        let says: Vec<&Missed> = listed.iter().filter(|missed| missed.side != Side::Unknown).collect();
        let calls: Vec<&str> = says.iter().map(|missed| missed.call_id.as_str()).collect();
        for follow_up in self.store.of_unknown_side(&calls).await? {
            let call = &follow_up.case.cancellation.call;
            let of_it = |missed: &&&Missed| missed.call_id == call.id && (missed.start.is_none() || missed.start == call.start.instant());
            if let Some(missed) = says.iter().find(of_it) {
                match self.act_as(follow_up.id, Action::SideListed { side: missed.side }, Origin::source(&self.rules)).await {
                    Err(error) if error.is_of_the_work() => {
                        tracing::error!(follow_up = %follow_up.short_id, %error, "who cancelled cannot be written down");
                    }
                    told => _ = told?,
                }
            }
        }
        Ok(())
    }

    /// What was cancelled before the first check, as far as it is known; whoever asks first begins.
    async fn before_checks(&self) -> Result<Before, StoreError> {
        let known = self.store.registration(BEFORE).await?.and_then(|known| serde_json::from_str(&known).ok());
        match known {
            Some(before) => Ok(before),
            None => self.remember(Before { since: self.clock.now(), cancelled: None }).await,
        }
    }

    /// What this list told that was cancelled before the first check began, or so shortly before that its webhook may have been on its way.
    async fn first_list(&self, since: DateTime<Utc>, listed: &[Missed]) -> Result<Before, StoreError> {
        let earlier = listed.iter().filter(|missed| missed.changed_at.is_none_or(|changed| changed < since - GRACE));
        let cancelled = earlier.map(|missed| (missed.call_id.clone(), missed.start)).collect();
        self.remember(Before { since, cancelled: Some(cancelled) }).await
    }

    async fn remember(&self, before: Before) -> Result<Before, StoreError> {
        let (now, known) = (self.clock.now(), serde_json::json!(before).to_string());
        self.store.write_behind(move |tx| Box::pin(async move { tx.registered(BEFORE, &known, now).await })).await?;
        Ok(before)
    }

    /// Neither so fresh that its webhook may still come, nor long over.
    fn is_due(&self, missed: &Missed) -> bool {
        let now = self.clock.now();
        if missed.start.is_some_and(|start| start < now - REACH) {
            return false;
        }
        match missed.changed_at {
            Some(changed) => changed <= now - GRACE && changed >= now - REACH,
            None => missed.start.is_some_and(|start| start > now),
        }
    }

    /// Did a cancellation of this call at this time arrive already? One whose time nobody can read counts: better none than two cards.
    async fn was_told(&self, missed: &Missed) -> Result<bool, StoreError> {
        let told = self.store.told_of(&missed.call_id, EventKind::CallCancelled.name()).await?;
        Ok(told.iter().any(|body| {
            let read = std::str::from_utf8(body).ok().and_then(|raw| iclosed::read(raw, self.rules.defaults).ok());
            let start = match read {
                Some(Event::Cancelled(cancellation)) => cancellation.call.start.instant(),
                Some(Event::Booked(_) | Event::Other(_)) | None => None,
            };
            start.is_none() || missed.start.is_none() || start == missed.start
        }))
    }
}
