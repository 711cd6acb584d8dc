//! A person wants what was put aside to be tried again. Only the store is changed: a running `serve` does the rest, on the one path that
//! everything takes, so nothing is posted twice.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Utc};

use crate::domain::post::{DeliveryKey, Ruling};
use crate::source::iclosed::{self, Defaults, Label, Unreadable};
use crate::store::{Quarantined, Readable, Release, Store, StoreError};

/// What became of something that was to be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    /// The event can be read by now, and waits to be understood.
    Released,
    /// The event can be read by now, and says what another event says; nothing more is done with it.
    Duplicate,
    /// The event still cannot be read.
    Unreadable {
        /// The name of the reason.
        why: &'static str,
        /// No version of Rebound will be able to.
        forever: bool,
    },
    /// The post is due again.
    Revived,
    /// The post is said to have arrived, and nothing more is done with it.
    Settled,
    /// There is nothing of that id, or nothing to be done about it (any more).
    Unknown,
}

/// Reads the quarantined event of that id again.
///
/// # Errors
/// [`StoreError`]
pub async fn replay_event(store: &Store, id: i64, defaults: Defaults, now: DateTime<Utc>) -> Result<Replayed, StoreError> {
    let Some(event) = store.quarantined(id).await? else {
        return Ok(Replayed::Unknown);
    };
    let says = match read_again(&event, defaults) {
        Ok(says) => says,
        Err(replayed) => return Ok(replayed),
    };
    let release = store.write(move |tx| Box::pin(async move { tx.release_event(id, says, now).await })).await?;
    Ok(match release {
        Release::Released => Replayed::Released,
        Release::Duplicate => Replayed::Duplicate,
        Release::Gone => Replayed::Unknown,
    })
}

/// Does with the post of that key what a person says of it, if it was given up or held.
///
/// # Errors
/// [`StoreError`]
pub async fn replay_post(store: &Store, key: DeliveryKey, ruling: Ruling, now: DateTime<Utc>) -> Result<Replayed, StoreError> {
    let revived = store.write(move |tx| Box::pin(async move { tx.revive_post(&key, ruling, now).await })).await?;
    Ok(match (revived, ruling) {
        (false, _) => Replayed::Unknown,
        (true, Ruling::Arrived) => Replayed::Settled,
        (true, Ruling::Retry | Ruling::Missing) => Replayed::Revived,
    })
}

fn read_again(event: &Quarantined, defaults: Defaults) -> Result<Readable, Replayed> {
    let never = |why| Replayed::Unreadable { why, forever: true };
    let raw = std::str::from_utf8(&event.body).map_err(|_| never("not_json"))?;
    // What made an earlier version panic must not end this command before the rest was tried.
    match catch_unwind(AssertUnwindSafe(|| iclosed::read(raw, defaults).and_then(|_| iclosed::label(raw)))) {
        Ok(Ok(Label { kind, call_id, key })) => Ok(Readable { key, kind: kind.name(), call_id }),
        Ok(Err(Unreadable::NotJson)) => Err(never(Unreadable::NotJson.name())),
        Ok(Err(why)) => Err(Replayed::Unreadable { why: why.name(), forever: false }),
        Err(_) => Err(Replayed::Unreadable { why: "panicked", forever: false }),
    }
}
