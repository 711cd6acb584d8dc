//! What webhooks bring goes to disk: the events of many deliveries in one statement, which is one commit.
//!
//! It is a shorter way than the [writer](super::writer)'s ordinary one, and the same task goes it: every webhook passes here and its
//! sender waits, so there is no savepoint and no second statement. Where the database refuses some deliveries together, each is tried
//! alone, so that none fails by another.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, TransactionTrait};
use tokio::sync::oneshot;

use super::events::{NewEvent, Verdict, keep};
use super::writer::{WriterParts, is_lost};
use super::{Store, StoreError};

/// A database that takes longer than this to fail is gone, or has no room: it would fail alone as well, and everybody would wait.
const SLOW: Duration = Duration::from_secs(1);
/// Events of one statement: SQLite takes 32,766 values (<https://www.sqlite.org/limits.html>), an event has nine. More of them, as a body
/// full of tiny items brings, take several statements in one transaction.
const STATEMENT: usize = 1_000;

/// The events of one webhook, and who waits for them.
pub(super) struct Delivery {
    events: Vec<NewEvent>,
    received_at: DateTime<Utc>,
    answer: oneshot::Sender<Result<Vec<Verdict>, StoreError>>,
}

impl Store {
    /// Keeps the events of one delivery, each unless one of the same key is here; they are on disk when this returns. Dropping the
    /// returned future does not stop the work.
    ///
    /// # Errors
    /// [`StoreError::NotKept`]; nothing of the delivery is kept then. [`StoreError::Closed`]
    pub async fn keep_events(&self, events: Vec<NewEvent>, now: DateTime<Utc>) -> Result<Vec<Verdict>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.writer.take(Delivery { events, received_at: now, answer }).await?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

/// Keeps these deliveries and answers them. The error is that of the database where it kept nothing of some of them.
pub(super) async fn take(parts: &WriterParts, group: &mut Vec<Delivery>) -> Result<(), DbErr> {
    let began = Instant::now();
    match keep_all(parts, group).await {
        Ok(verdicts) => {
            answer(group.drain(..), verdicts);
            Ok(())
        }
        Err(error) if group.len() == 1 || is_hopeless(parts, &error, began) => Err(refuse(group.drain(..), error)),
        Err(_) => take_each_alone(parts, group).await,
    }
}

async fn take_each_alone(parts: &WriterParts, group: &mut Vec<Delivery>) -> Result<(), DbErr> {
    let mut failed = Ok(());
    while !group.is_empty() {
        let began = Instant::now();
        match keep_all(parts, &group[..1]).await {
            Ok(verdicts) => answer(group.drain(..1), verdicts),
            Err(error) if !is_hopeless(parts, &error, began) => failed = Err(refuse(group.drain(..1), error)),
            Err(error) => failed = Err(refuse(group.drain(..), error)),
        }
    }
    failed
}

/// Would the others fail alone as well, or must they not be tried?
fn is_hopeless(parts: &WriterParts, error: &DbErr, began: Instant) -> bool {
    began.elapsed() >= SLOW || is_lost(&parts.pen, error)
}

/// The verdicts on all events of these deliveries, in their order.
async fn keep_all(parts: &WriterParts, group: &[Delivery]) -> Result<Vec<Verdict>, DbErr> {
    let mut numbered = Vec::with_capacity(group.len());
    for delivery in group {
        for event in &delivery.events {
            let id = parts.ids.next(delivery.received_at).map_err(|error| DbErr::Custom(error.to_string()))?;
            numbered.push((id, event, delivery.received_at));
        }
    }
    let mut verdicts = Vec::new();
    let writing = async {
        if numbered.len() <= STATEMENT {
            verdicts = keep(&parts.pen.database(), numbered).await?;
            return Ok(());
        }
        let transaction = parts.pen.database().begin().await?;
        for part in numbered.chunks(STATEMENT) {
            verdicts.extend(keep(&transaction, part.to_vec()).await?);
        }
        transaction.commit().await
    };
    // Boxed, since what a statement of many rows is made of is large.
    Box::pin(parts.pen.in_time(writing)).await?;
    Ok(verdicts)
}

fn answer(deliveries: impl Iterator<Item = Delivery>, verdicts: Vec<Verdict>) {
    let mut verdicts = verdicts.into_iter();
    for delivery in deliveries {
        let own = verdicts.by_ref().take(delivery.events.len()).collect();
        // The caller may have gone; the events are kept all the same.
        let _ = delivery.answer.send(Ok(own));
    }
}

/// Tells all of them of one error, and gives it back.
fn refuse(deliveries: impl Iterator<Item = Delivery>, error: DbErr) -> DbErr {
    let mut refused = 0_usize;
    for delivery in deliveries {
        refused += 1;
        let _ = delivery.answer.send(Err(StoreError::NotKept(error.to_string())));
    }
    // Whoever waited may have given up by now, and tell nobody.
    tracing::warn!(%error, deliveries = refused, "webhooks could not be kept");
    error
}
