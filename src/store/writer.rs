//! The one task that writes: it takes the work of many callers into one transaction and answers them after its commit.
//!
//! While one commit waits for the disk, the next works gather; so many webhooks at once share one sync (group commit). Where several
//! works share it, each runs in a savepoint of its own: what fails, or panics, takes nobody else with it. What webhooks bring goes
//! [first](super::intake); what comes while works are written shares their commit, and works make way for it. The task is never cancelled in
//! the middle, whatever becomes of the caller: a dropped `begin` or `commit` would leave a connection in an open transaction.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sea_orm::{DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::connect::Pen;
use super::ids::Ids;
use super::intake::{self, Delivery, Riders};
use super::location::{driver, sqlite_code};
use super::posts::KeyMaker;
use super::{Store, StoreError, Tx};

/// Works that may wait for their turn; more callers than that wait to get in.
const QUEUE: usize = 1_024;
/// Works that share a commit at most, so that the first does not wait for too many others.
const GROUP: usize = 64;
/// Webhooks that come closer together than this come in a rush.
const QUIET: Duration = Duration::from_millis(2);
/// Between two commits of other works, where several come at once: more of them share the next one.
const GATHER: Duration = Duration::from_millis(10);
/// So long other works let webhooks go before them, so that none of them starves.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);
/// SQLite's codes for a sync of a file, and of its folder, that failed.
const SQLITE_IOERR_FSYNC: u32 = 1_034;
const SQLITE_IOERR_DIR_FSYNC: u32 = 1_290;

/// The way to the writing task.
#[derive(Clone)]
pub(super) struct Writer {
    deliveries: mpsc::Sender<Delivery>,
    queue: mpsc::Sender<Box<dyn Work>>,
}

/// What the writing task needs.
pub(super) struct WriterParts {
    pub(super) pen: Pen,
    pub(super) ids: Arc<Ids>,
    pub(super) keys: Arc<KeyMaker>,
    /// [`PATIENCE`]
    pub(super) patience: Duration,
}

impl Store {
    /// Like [`write`](Self::write), for work that nobody waits for: it may have to wait for other instances.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn write_behind<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
    {
        self.behind.run(job).await
    }

    /// Runs `job` in a transaction and returns its result once that is on disk. Dropping the returned future does not stop the work.
    ///
    /// # Errors
    /// Whatever `job` returns; [`StoreError::NotKept`] when the transaction failed. In both cases nothing of the work is kept.
    pub async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
    {
        self.writer.run(job).await
    }
}

impl Writer {
    /// A way to write, and the task behind it, to be started. It ends when the last handle is gone and all work that was taken is done.
    pub(super) fn new(parts: WriterParts) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let ((deliveries, delivered), (queue, works)) = (mpsc::channel(QUEUE), mpsc::channel(QUEUE));
        (Self { deliveries, queue }, write_in_turns(parts, delivered, works))
    }

    /// Puts a delivery to be kept into its queue, which goes first.
    pub(super) async fn take(&self, delivery: Delivery) -> Result<(), StoreError> {
        self.deliveries.send(delivery).await.map_err(|_| StoreError::Closed)
    }

    pub(super) async fn run<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work = Box::new(Job { job: Some(job), result: None, answer: Some(answer) });
        self.queue.send(work).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

/// What waits to be written.
struct Queues {
    deliveries: mpsc::Receiver<Delivery>,
    /// Webhooks that were taken and are not kept yet.
    delivered: Vec<Delivery>,
    works: mpsc::Receiver<Box<dyn Work>>,
    /// Works that were taken and are not done yet.
    group: Vec<Box<dyn Work>>,
}

/// Webhooks go first, since their senders wait; other works come when there is no rush of them, or have waited for long enough.
async fn write_in_turns(parts: WriterParts, deliveries: mpsc::Receiver<Delivery>, works: mpsc::Receiver<Box<dyn Work>>) {
    let (delivered, group) = (Vec::with_capacity(GROUP), Vec::with_capacity(GROUP));
    let mut queues = Queues { deliveries, delivered, works, group };
    let (mut webhooks_come, mut works_come) = (true, true);
    // When webhooks had their last turn, and when other works had theirs, down to the last of a group.
    let (mut answered, mut worked) = (Instant::now() - QUIET, Instant::now());
    // Whoever works alone, one thing after the other, gains nothing by waiting for others.
    let mut several = false;
    while webhooks_come || works_come {
        let overdue = !(queues.works.is_empty() && queues.group.is_empty()) && worked.elapsed() >= parts.patience;
        // What is left of a group waits for nobody.
        let gathered = if several && queues.group.is_empty() { worked + GATHER } else { worked };
        let turn = if overdue { answered } else { gathered.max(answered + QUIET) };
        let done = tokio::select! {
            biased;
            taken = more(&mut queues.deliveries, &mut queues.delivered), if webhooks_come && !overdue => {
                webhooks_come = taken > 0;
                let kept = intake::take(&parts, &mut queues.delivered).await;
                answered = Instant::now();
                kept
            }
            taken = from(turn, more(&mut queues.works, &mut queues.group)), if works_come => {
                (works_come, several) = (taken > 0, taken > 1);
                let committed = commit(&parts, &mut queues, overdue).await;
                if queues.group.is_empty() {
                    worked = Instant::now();
                }
                committed
            }
        };
        if let Err(error) = done
            && is_lost(&parts.pen, &error)
        {
            tracing::error!(%error, "the disk did not keep what was written, or the file was removed or replaced; Rebound ends, to start again from what is on disk");
            return;
        }
    }
}

/// Those that are left of the last turn, or else those that come; how many there are.
async fn more<T>(queue: &mut mpsc::Receiver<T>, taken: &mut Vec<T>) -> usize {
    if taken.is_empty() { queue.recv_many(taken, GROUP).await } else { taken.len() }
}

/// `what`, begun at that time at the earliest.
async fn from<T>(turn: Instant, what: impl Future<Output = T>) -> T {
    tokio::time::sleep_until(turn).await;
    what.await
}

/// Does the works of the group in one transaction, takes in the webhooks that came meanwhile, and answers all of them.
async fn commit(parts: &WriterParts, queues: &mut Queues, overdue: bool) -> Result<(), DbErr> {
    if queues.group.is_empty() {
        return Ok(());
    }
    let (mut done, mut riders) = (0, Riders::default());
    let committed = parts.pen.in_time(write_group(parts, queues, overdue, &mut done, &mut riders)).await;
    riders.answer(committed.is_ok(), &mut queues.delivered);
    if let Err(error) = &committed {
        // Those that had not begun would fail as well, one after the other, and everybody would wait.
        done = queues.group.len();
        // Whoever waited may have given up by now, and tell nobody.
        tracing::warn!(%error, works = done, "a commit failed; nothing of it is kept");
    }
    for mut work in queues.group.drain(..done) {
        work.answer(committed.as_ref().copied().map_err(|error| StoreError::NotKept(error.to_string())));
    }
    committed
}

/// Did the disk fail to put on itself what the system had taken, or is the file no longer in its place? After that this process and a
/// next one may see different things without anybody being told again, so nothing must be built on what this one has read and written.
/// Only a new start, which syncs anew and reads what is there, is sure.
pub(super) fn is_lost(pen: &Pen, error: &DbErr) -> bool {
    let code = driver(error).and_then(sqlite_code);
    pen.has_lost_its_file() || code.is_some_and(|code| [SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC].contains(&code))
}

/// Counts in `done` the works that became part of the commit, or would have. What is not overdue makes way, after the first, for a webhook
/// that waits.
async fn write_group(parts: &WriterParts, queues: &mut Queues, overdue: bool, done: &mut usize, riders: &mut Riders) -> Result<(), DbErr> {
    // Immediate: SQLite would refuse at once, not wait, to turn a read into a write while another process writes.
    let options = TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..TransactionOptions::default() };
    let mut transaction = parts.pen.database().begin_with_options(options).await?;
    if let [work] = &mut queues.group[..] {
        // One alone needs no savepoint: its failure takes nobody else with it.
        *done = 1;
        let (good, all) = run(parts, work, transaction).await;
        if !good {
            return all.rollback().await;
        }
        transaction = all;
    } else {
        for work in &mut queues.group {
            if *done > 0 && !overdue && !queues.deliveries.is_empty() {
                break;
            }
            *done += 1;
            let (good, savepoint) = run(parts, work, transaction.begin().await?).await;
            if good { savepoint.commit().await? } else { savepoint.rollback().await? }
        }
    }
    riders.board(parts, &mut queues.deliveries, GROUP, &transaction).await?;
    transaction.commit().await
}

/// Runs the work in that transaction, or savepoint; is it to be kept?
async fn run(parts: &WriterParts, work: &mut Box<dyn Work>, within: DatabaseTransaction) -> (bool, DatabaseTransaction) {
    let tx = Tx { inner: within, ids: Arc::clone(&parts.ids), keys: Arc::clone(&parts.keys) };
    let good = AssertUnwindSafe(work.run(&tx)).catch_unwind().await.unwrap_or(false);
    (good, tx.inner)
}

/// Work of any result.
trait Work: Send {
    /// Runs it; is it to be kept?
    fn run<'t>(&'t mut self, tx: &'t Tx) -> BoxFuture<'t, bool>;
    /// Tells the caller how it ended.
    fn answer(&mut self, committed: Result<(), StoreError>);
}

struct Job<T, F> {
    job: Option<F>,
    result: Option<Result<T, StoreError>>,
    answer: Option<oneshot::Sender<Result<T, StoreError>>>,
}

impl<T, F> Work for Job<T, F>
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
{
    fn run<'t>(&'t mut self, tx: &'t Tx) -> BoxFuture<'t, bool> {
        async move {
            let Some(job) = self.job.take() else {
                return false;
            };
            let result = job(tx).await;
            let good = result.is_ok();
            self.result = Some(result);
            good
        }
        .boxed()
    }

    fn answer(&mut self, committed: Result<(), StoreError>) {
        // Where the transaction failed, what the work says is a consequence. No result: it panicked.
        let told = committed.and_then(|()| self.result.take().unwrap_or(Err(StoreError::NotDone)));
        if let Some(answer) = self.answer.take() {
            // The caller may have gone; the work is done all the same.
            let _ = answer.send(told);
        }
    }
}
