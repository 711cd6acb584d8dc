//! Puts received events on disk: what many webhooks bring at once is one statement and one commit.
//!
//! It exists beside the [writer](super::writer) because every webhook passes here and waits: no savepoint, no second statement, no
//! other work in between. Events cannot fail by each other: where the database refuses some together, each delivery is tried alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr};
use tokio::sync::{mpsc, oneshot};

use super::events::{NewEvent, Verdict, keep};
use super::{Store, StoreError};

/// Deliveries that may wait for their turn; more callers than that wait to get in.
const QUEUE: usize = 1_024;
/// Deliveries that share a commit at most, so that the first does not wait for too many others.
const GROUP: usize = 64;
/// A database that takes longer than this to refuse a delivery is not asked about the next one of the group.
const SLOW: Duration = Duration::from_secs(1);

/// How long other work lets webhooks go before it, at most, so that none of it starves.
const FIRST: Duration = Duration::from_millis(50);

/// Webhooks that come closer together than this come in a rush.
const QUIET: Duration = Duration::from_millis(2);

/// The way to the task that takes events in.
#[derive(Clone)]
pub(super) struct Intake {
    queue: mpsc::Sender<Delivery>,
    rush: Arc<Rush>,
}

/// Whether webhooks come. SQLite writes one thing at a time, and for this one a sender waits.
pub(super) struct Rush {
    waiting: AtomicUsize,
    began: Instant,
    /// When the last ones were answered, in microseconds since it began.
    answered: AtomicU64,
}

impl Rush {
    /// Lets webhooks go first.
    pub(super) async fn let_pass(&self) {
        let until = Instant::now() + FIRST;
        while self.goes_on() && Instant::now() < until {
            tokio::time::sleep(QUIET).await;
        }
    }

    /// Those who were just answered may have the next one ready.
    fn goes_on(&self) -> bool {
        let answered = Duration::from_micros(self.answered.load(Ordering::Acquire));
        self.waiting.load(Ordering::Acquire) > 0 || self.began.elapsed().saturating_sub(answered) < QUIET
    }

    fn enter(&self) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
    }

    fn leave(&self, deliveries: usize) {
        let now = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.answered.store(now, Ordering::Release);
        self.waiting.fetch_sub(deliveries, Ordering::AcqRel);
    }
}

impl Default for Rush {
    fn default() -> Self {
        Self { waiting: AtomicUsize::new(0), began: Instant::now(), answered: AtomicU64::new(0) }
    }
}

/// The events of one webhook.
struct Delivery {
    events: Vec<(i64, NewEvent)>,
    received_at: DateTime<Utc>,
    answer: oneshot::Sender<Result<Vec<Verdict>, StoreError>>,
}

impl Store {
    /// Keeps the events of one delivery, each unless one of the same key is here; they are on disk when this returns. Dropping the
    /// returned future does not stop the work.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing of the delivery is kept then. [`StoreError::Closed`]
    pub async fn keep_events(&self, events: Vec<NewEvent>, now: DateTime<Utc>) -> Result<Vec<Verdict>, StoreError> {
        let (answer, answered) = oneshot::channel();
        let numbered = events.into_iter().map(|event| Ok((self.ids.next(now)?, event))).collect::<Result<_, StoreError>>()?;
        let delivery = Delivery { events: numbered, received_at: now, answer };
        let place = self.intake.queue.reserve().await.map_err(|_| StoreError::Closed)?;
        self.intake.rush.enter();
        place.send(delivery);
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

impl Intake {
    /// A way in, and the task behind it, to be started. It ends when the last handle is gone and all that was taken is done.
    pub(super) fn new(database: DatabaseConnection) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (queue, deliveries) = mpsc::channel(QUEUE);
        let rush = Arc::<Rush>::default();
        (Self { queue, rush: Arc::clone(&rush) }, take_in_groups(database, deliveries, rush))
    }

    /// To be asked by work that can wait.
    pub(super) fn rush(&self) -> Arc<Rush> {
        Arc::clone(&self.rush)
    }
}

async fn take_in_groups(database: DatabaseConnection, mut deliveries: mpsc::Receiver<Delivery>, rush: Arc<Rush>) {
    let mut group = Vec::with_capacity(GROUP);
    loop {
        let taken = deliveries.recv_many(&mut group, GROUP).await;
        if taken == 0 {
            return;
        }
        match take(&database, &group).await {
            Ok(verdicts) => answer(&mut group, verdicts),
            Err(error) if group.len() == 1 => refuse(group.drain(..), error),
            Err(_) => take_each_alone(&database, &mut group).await,
        }
        rush.leave(taken);
    }
}

/// The verdicts on all events of these deliveries, in their order.
async fn take(database: &DatabaseConnection, group: &[Delivery]) -> Result<Vec<Verdict>, DbErr> {
    let events = group.iter().flat_map(|delivery| delivery.events.iter().map(|(id, event)| (*id, event, delivery.received_at)));
    keep(database, events.collect()).await
}

async fn take_each_alone(database: &DatabaseConnection, group: &mut Vec<Delivery>) {
    while !group.is_empty() {
        let began = Instant::now();
        match take(database, &group[..1]).await {
            Ok(verdicts) => answer_first(group, verdicts),
            Err(error) if began.elapsed() < SLOW => refuse(group.drain(..1), error),
            Err(error) => refuse(group.drain(..), error),
        }
    }
}

fn answer(group: &mut Vec<Delivery>, verdicts: Vec<Verdict>) {
    let mut verdicts = verdicts.into_iter();
    for delivery in group.drain(..) {
        let own = verdicts.by_ref().take(delivery.events.len()).collect();
        // The caller may have gone; the events are kept all the same.
        let _ = delivery.answer.send(Ok(own));
    }
}

fn answer_first(group: &mut Vec<Delivery>, verdicts: Vec<Verdict>) {
    let _ = group.remove(0).answer.send(Ok(verdicts));
}

fn refuse(deliveries: impl Iterator<Item = Delivery>, error: DbErr) {
    let error = Arc::new(error);
    for delivery in deliveries {
        // One error for all who shared the failure; it cannot be cloned itself.
        let _ = delivery.answer.send(Err(StoreError::Database(DbErr::Custom(error.to_string()))));
    }
}
