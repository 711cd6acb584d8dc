//! An event arrives: it is read far enough to know whether it was here before, and put on disk as it came.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sha2::{Digest, Sha256};

use super::Flow;
use crate::source::iclosed::{self, Label};
use crate::store::{NewEvent, StoreError, Verdict};

/// What became of one delivery; each item of it is counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Receipt {
    /// Facts that were not known before.
    pub new: u64,
    /// Facts that were.
    pub duplicates: u64,
    /// Items that nobody can read; kept for a person to look at.
    pub quarantined: u64,
}

impl Receipt {
    /// All items of the delivery.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.new + self.duplicates + self.quarantined
    }
}

/// Why a delivery is not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The body is not JSON. It is kept, once, unless it is empty.
    #[error("the body is not JSON")]
    NotJson,
    /// The event is not on disk; the sender must try again.
    #[error(transparent)]
    CannotStore(#[from] StoreError),
}

const SOURCE: &str = "iclosed";
const BY_WEBHOOK: &str = "webhook";
const UNREADABLE: &str = "unreadable";

impl Flow {
    /// Puts everything of an authentic iClosed delivery on disk, in one transaction; when this returns `Ok`, it is there.
    ///
    /// # Errors
    /// See [`ReceiveError`].
    pub async fn receive(&self, body: &[u8]) -> Result<Receipt, ReceiveError> {
        self.receive_found_by(body, BY_WEBHOOK).await
    }

    /// The same for what came another way.
    pub(super) async fn receive_found_by(&self, body: &[u8], found_by: &'static str) -> Result<Receipt, ReceiveError> {
        let Ok(items) = iclosed::split(body) else {
            if !body.is_empty() {
                self.keep(vec![unreadable(body, "not_json", found_by)]).await?;
                self.metrics.events("quarantined", 1);
                tracing::warn!(bytes = body.len(), "a webhook that is not JSON was quarantined");
            }
            return Err(ReceiveError::NotJson);
        };
        let events: Vec<NewEvent> = items.into_iter().map(|item| event_of(item.raw, found_by)).collect();
        let receipt = self.keep(events).await?;
        self.metrics.events("new", receipt.new);
        self.metrics.events("duplicate", receipt.duplicates);
        self.metrics.events("quarantined", receipt.quarantined);
        if receipt.new > 0 {
            self.bells.events.notify_one();
        }
        Ok(receipt)
    }

    async fn keep(&self, events: Vec<NewEvent>) -> Result<Receipt, StoreError> {
        let known: Vec<_> = events.iter().map(|event| (event.kind, event.call_id.clone(), event.quarantined.is_none())).collect();
        let verdicts = self.store.keep_events(events, self.clock.now()).await?;
        let mut receipt = Receipt::default();
        for ((kind, call_id, readable), verdict) in known.into_iter().zip(verdicts) {
            match verdict {
                _ if !readable => receipt.quarantined += 1,
                Verdict::New(_) => receipt.new += 1,
                Verdict::Duplicate => {
                    receipt.duplicates += 1;
                    tracing::info!(event = kind, call_uuid = call_id, "a webhook was here before");
                }
            }
        }
        Ok(receipt)
    }
}

fn event_of(raw: String, found_by: &'static str) -> NewEvent {
    match catch_unwind(AssertUnwindSafe(|| iclosed::label(&raw))) {
        Ok(Ok(Label { kind, call_id, key })) => {
            NewEvent { source: SOURCE, key, kind: kind.name(), call_id, body: raw.into_bytes(), found_by, quarantined: None }
        }
        Ok(Err(why)) => {
            tracing::warn!(why = why.name(), "an item of a webhook cannot be read and was quarantined");
            unreadable(raw.as_bytes(), why.name(), found_by)
        }
        Err(_) => {
            tracing::error!("an item of a webhook made its reader panic and was quarantined");
            unreadable(raw.as_bytes(), "panicked", found_by)
        }
    }
}

fn unreadable(body: &[u8], why: &str, found_by: &'static str) -> NewEvent {
    let digest = hex::encode(Sha256::digest(body));
    NewEvent {
        source: SOURCE,
        key: format!("{UNREADABLE}:{digest}"),
        kind: UNREADABLE,
        call_id: None,
        body: body.to_vec(),
        found_by,
        quarantined: Some(why.to_owned()),
    }
}
