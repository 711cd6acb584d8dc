//! What webhooks bring goes to disk: the events of many deliveries in one statement, which is one commit.
//!
//! It is a shorter way than the [writer](super::writer)'s ordinary one, and the same task goes it: every webhook passes here and its
//! sender waits, so there is no savepoint and no second statement, but for [those](Riders) that come while other works are written. Where
//! the database refuses some deliveries together, each is tried alone, so that none fails by another.

use std::iter;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseTransaction, DbErr, TransactionTrait};
use tokio::sync::{mpsc, oneshot};

use super::events::{NewEvent, Verdict, keep};
use super::writer::{Writer, WriterParts, is_lost};
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
        self.writer.keep(events, now).await
    }
}

impl Writer {
    /// As [`Store::keep_events`].
    pub(super) async fn keep(&self, events: Vec<NewEvent>, received_at: DateTime<Utc>) -> Result<Vec<Verdict>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.take(Delivery { events, received_at, answer }).await?;
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

/// Webhooks that came while other works were written, and go to disk with their commit.
#[derive(Default)]
pub(super) struct Riders {
    deliveries: Vec<Delivery>,
    verdicts: Vec<Verdict>,
}

impl Riders {
    /// Takes in all that wait, in a savepoint of their own: what the database refuses takes no work with it, and is left to the
    /// [ordinary way](take).
    pub(super) async fn board(
        &mut self,
        parts: &WriterParts,
        waiting: &mut mpsc::Receiver<Delivery>,
        most: usize,
        transaction: &DatabaseTransaction,
    ) -> Result<(), DbErr> {
        self.deliveries.extend(iter::from_fn(|| waiting.try_recv().ok()).take(most));
        if self.deliveries.is_empty() {
            return Ok(());
        }
        let Ok(numbered) = number(parts, &self.deliveries) else {
            return Ok(());
        };
        let savepoint = transaction.begin().await?;
        match keep_within(&savepoint, &numbered).await {
            Ok(verdicts) => {
                savepoint.commit().await?;
                self.verdicts = verdicts;
                Ok(())
            }
            Err(_) => savepoint.rollback().await,
        }
    }

    /// Answers them after the commit; those that were not kept by it are `left` to be kept.
    pub(super) fn answer(self, committed: bool, left: &mut Vec<Delivery>) {
        if committed && !self.verdicts.is_empty() {
            answer(self.deliveries.into_iter(), self.verdicts);
        } else {
            left.extend(self.deliveries);
        }
    }
}

/// Would the others fail alone as well, or must they not be tried?
fn is_hopeless(parts: &WriterParts, error: &DbErr, began: Instant) -> bool {
    began.elapsed() >= SLOW || is_lost(&parts.pen, error)
}

/// The verdicts on all events of these deliveries, in their order.
async fn keep_all(parts: &WriterParts, group: &[Delivery]) -> Result<Vec<Verdict>, DbErr> {
    let numbered = number(parts, group)?;
    let mut verdicts = Vec::new();
    let writing = async {
        let database = parts.pen.database();
        if numbered.len() <= STATEMENT {
            verdicts = keep(&database, numbered).await?;
            return Ok(());
        }
        let transaction = database.begin().await?;
        verdicts = keep_within(&transaction, &numbered).await?;
        transaction.commit().await
    };
    // Boxed, since what a statement of many rows is made of is large.
    Box::pin(parts.pen.in_time(writing)).await?;
    Ok(verdicts)
}

async fn keep_within(transaction: &DatabaseTransaction, numbered: &[Numbered<'_>]) -> Result<Vec<Verdict>, DbErr> {
    let mut verdicts = Vec::with_capacity(numbered.len());
    for part in numbered.chunks(STATEMENT) {
        verdicts.extend(keep(transaction, part.to_vec()).await?);
    }
    Ok(verdicts)
}

/// An event, the key that it gets in the database, and when it was received.
type Numbered<'e> = (i64, &'e NewEvent, DateTime<Utc>);

fn number<'e>(parts: &WriterParts, group: &'e [Delivery]) -> Result<Vec<Numbered<'e>>, DbErr> {
    let events = group.iter().flat_map(|delivery| delivery.events.iter().map(move |event| (event, delivery.received_at)));
    let numbered = events.map(|(event, at)| parts.ids.next(at).map(|id| (id, event, at)));
    numbered.collect::<Result<_, _>>().map_err(|error| DbErr::Custom(error.to_string()))
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
