//! The loops that call `understand`, `deliver`, `tick`, `register` and the errands of private answers. They decide nothing but when to call.

mod behind;
mod check;
mod deliver;
mod people;
mod register;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::flow::{Flow, Understood};

pub use behind::Behind;

/// How often a loop looks without being woken: other instances write to the same PostgreSQL, and bells are not heard across processes.
const POLL: Duration = Duration::from_secs(2);
/// From one turn of a loop to the next, where little waits: what comes meanwhile shares a transaction, and webhooks find the writer free.
const TURN: Duration = Duration::from_millis(200);
/// How often the write-ahead log is emptied.
const CHECKPOINT: Duration = Duration::from_secs(5);
const CHECKPOINTS_A_MINUTE: u32 = 12;
/// The pause after the database failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How often the database is told that somebody works on it.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
/// Private answers that are sent at the same time.
const ERRANDS: usize = 32;

/// The running loops.
pub struct Workers {
    loops: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Workers {
    /// Starts all loops on that thread, which must outlive whoever shares their connections.
    #[must_use]
    pub fn start(flow: &Arc<Flow>, behind: &Behind) -> Self {
        let there = behind.handle();
        let (stop, stopping) = watch::channel(false);
        let mut loops = JoinSet::new();
        loops.spawn_on(understand(Arc::clone(flow), stopping.clone()), there);
        loops.spawn_on(deliver::run(Arc::clone(flow), stopping.clone()), there);
        loops.spawn_on(register::run(Arc::clone(flow), stopping.clone()), there);
        loops.spawn_on(tick(Arc::clone(flow), stopping.clone()), there);
        loops.spawn_on(alive(Arc::clone(flow), stopping.clone()), there);
        loops.spawn_on(check::run(Arc::clone(flow), stopping.clone()), there);
        loops.spawn_on(people::run(Arc::clone(flow), stopping.clone()), there);
        loops.spawn_on(checkpoint(Arc::clone(flow), stopping.clone()), there);
        loops.spawn_on(errands(Arc::clone(flow), stopping), there);
        Self { loops, stop }
    }

    /// Ready when a loop ended by a panic: Rebound would take webhooks without ever making a card. What has done all its work may end.
    pub async fn one_broke(&mut self) {
        while let Some(ended) = self.loops.join_next().await {
            if let Err(error) = ended {
                tracing::error!(task = %error.id(), "a loop ended by a panic");
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Stops claiming and waits until what is in flight has its outcome on disk.
    pub async fn drain(mut self) {
        let _ = self.stop.send(true);
        while let Some(ended) = self.loops.join_next().await {
            if let Err(error) = ended {
                tracing::error!(task = %error.id(), "a loop ended by a panic");
            }
        }
    }
}

async fn understand(flow: Arc<Flow>, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        let next_turn = Instant::now() + TURN;
        let pause = match flow.understand().await {
            Ok(Understood::Nothing | Understood::All) => POLL,
            Ok(Understood::Part) => continue,
            Err(error) => {
                tracing::error!(%error, "events cannot be understood for now");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = flow.bells.events.notified() => sleep_until(next_turn).await,
            () = tokio::time::sleep(pause) => {}
            _ = stopping.changed() => {}
        }
    }
}

/// Empties the write-ahead log, so that no webhook waits while its writer does.
async fn checkpoint(flow: Arc<Flow>, mut stopping: watch::Receiver<bool>) {
    let mut failed = 0_u32;
    while tokio::time::timeout(CHECKPOINT, stopping.wait_for(|stop| *stop)).await.is_err() {
        match flow.store.checkpoint().await {
            Ok(()) => failed = 0,
            Err(error) => {
                failed += 1;
                // One that fails may have met a write; a log that is never emptied fills the disk.
                if failed.is_multiple_of(CHECKPOINTS_A_MINUTE) {
                    tracing::warn!(%error, failed, "the write-ahead log of the database could not be emptied for a while, and grows");
                }
            }
        }
    }
}

/// Ends snoozes and reminds people as the time comes, first of what came due while nobody ran.
async fn tick(flow: Arc<Flow>, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        if let Err(error) = flow.tick().await {
            tracing::error!(%error, "what time brings cannot be done for now");
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            _ = stopping.changed() => {}
        }
    }
}

/// Signs of life, the last one at the end.
async fn alive(flow: Arc<Flow>, mut stopping: watch::Receiver<bool>) {
    loop {
        let stop = tokio::time::timeout(SIGN_OF_LIFE, stopping.wait_for(|stop| *stop)).await.is_ok();
        if let Err(error) = flow.alive().await {
            tracing::warn!(%error, "a sign of life could not be written");
        }
        if stop {
            return;
        }
    }
}

/// Told to stop, it takes no more errands, and does those that wait: among them may be a booking that somebody was promised.
async fn errands(flow: Arc<Flow>, mut stopping: watch::Receiver<bool>) {
    let mut running = JoinSet::new();
    let mut open = true;
    loop {
        tokio::select! {
            errand = flow.next_errand(), if running.len() < ERRANDS => {
                let Some(errand) = errand else { break };
                let flow = Arc::clone(&flow);
                running.spawn(async move { flow.run_errand(errand).await });
            }
            Some(ended) = running.join_next(), if !running.is_empty() => tell(ended),
            _ = stopping.changed(), if open => open = false,
        }
        if !open {
            flow.close_errands().await;
        }
    }
    while let Some(ended) = running.join_next().await {
        tell(ended);
    }
}

fn tell(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(task = %error.id(), "a private answer ended by a panic");
    }
}
