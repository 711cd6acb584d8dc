//! The loop that delivers: it claims what is due and sends it, so that a platform that hangs keeps nobody else waiting.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::{AFTER_FAILURE, POLL, TURN};
use crate::domain::platform::Platform;
use crate::flow::{Done, Flow, Job};
use crate::store::StoreError;

/// Requests in flight to one platform; each goes to another channel.
const AT_ONCE: u64 = 32;
/// The shortest pause, so that a row which is due but was claimed by another instance does not keep a processor busy.
const BREATH: Duration = Duration::from_millis(20);

/// How long a timer is trusted after something was claimed: then the database is asked again what is due.
const ASK_AGAIN: Duration = Duration::from_millis(250);

/// Runs until told to stop, then until nothing is in flight and all outcomes are on disk.
pub(super) async fn run(flow: Arc<Flow>, mut stopping: watch::Receiver<bool>) {
    let mut desk = Desk { flow, in_flight: InFlight::default(), done: Vec::new(), wake_at: Vec::new() };
    let mut woken = true;
    while !*stopping.borrow() {
        let next_turn = Instant::now() + TURN;
        let pause = match desk.turn(woken).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!(%error, "posts cannot be claimed for now");
                AFTER_FAILURE
            }
        };
        woken = tokio::select! {
            () = desk.in_flight.one_ended(&mut desk.done), if !desk.in_flight.tasks.is_empty() => true,
            () = desk.flow.bells.posts.notified() => true,
            () = tokio::time::sleep(pause) => false,
            _ = stopping.changed() => true,
        };
        if woken && !*stopping.borrow() {
            sleep_until(next_turn).await;
        }
        desk.in_flight.all_that_ended(&mut desk.done);
    }
    while !desk.in_flight.tasks.is_empty() {
        desk.in_flight.one_ended(&mut desk.done).await;
        desk.in_flight.all_that_ended(&mut desk.done);
        desk.settle().await;
    }
    desk.settle().await;
}

struct Desk {
    flow: Arc<Flow>,
    in_flight: InFlight,
    /// What came of requests and is not written yet.
    done: Vec<Done>,
    /// When channels that were sent to may be sent to again.
    wake_at: Vec<DateTime<Utc>>,
}

impl Desk {
    /// Writes what is done and starts what is due; says how long there will be nothing to do. What was not woken asks first, since
    /// reading is cheaper than claiming in vain.
    async fn turn(&mut self, woken: bool) -> Result<Duration, StoreError> {
        let platforms = self.flow.platforms();
        let room: Vec<(Platform, u64)> = platforms.iter().map(|platform| (*platform, self.in_flight.room(*platform))).collect();
        let now = self.flow.clock.now();
        if !woken && self.done.is_empty() {
            let with_room: Vec<Platform> = room.iter().filter(|(_, room)| *room > 0).map(|(platform, _)| *platform).collect();
            match self.flow.store.next_due(&with_room).await? {
                None => return Ok(POLL),
                Some(due) if due > now => return Ok((due - now).to_std().unwrap_or(BREATH).clamp(BREATH, POLL)),
                Some(_) => {}
            }
        }
        let done = Arc::new(std::mem::take(&mut self.done));
        let claimed = self.flow.settle_and_claim(Arc::clone(&done), &room).await;
        match &claimed {
            Ok(_) => {}
            // One outcome that cannot be written must not keep the others from it.
            Err(error) if error.is_of_the_work() => self.settle_one_by_one(&done).await,
            // Written with the next turn; should their claims run out before, nothing is lost.
            Err(_) => self.done.extend(done.iter().cloned()),
        }
        self.wake_at.extend(done.iter().filter_map(Done::wakes_at));
        for job in claimed? {
            self.in_flight.start(Arc::clone(&self.flow), job);
        }
        self.wake_at.retain(|at| *at > now);
        let next = self.wake_at.iter().min().and_then(|at| (*at - now).to_std().ok()).unwrap_or(ASK_AGAIN);
        Ok(next.clamp(BREATH, ASK_AGAIN))
    }

    async fn settle_one_by_one(&self, done: &[Done]) {
        for done in done {
            if let Err(error) = self.flow.settle_and_claim(Arc::new(vec![done.clone()]), &[]).await {
                tracing::error!(%error, "the outcome of a post could not be written; its claim will run out");
            }
        }
    }

    /// At the end: writes all outcomes, as long as it may take; whoever stops Rebound waits only so long.
    async fn settle(&mut self) {
        let done = Arc::new(std::mem::take(&mut self.done));
        while let Err(error) = self.flow.settle_and_claim(Arc::clone(&done), &[]).await {
            if error.is_of_the_work() {
                return self.settle_one_by_one(&done).await;
            }
            tracing::error!(%error, "the outcome of posts cannot be written for now");
            tokio::time::sleep(AFTER_FAILURE).await;
        }
    }
}

/// What is being sent, counted by platform.
#[derive(Default)]
struct InFlight {
    tasks: JoinSet<Done>,
    platforms: HashMap<tokio::task::Id, Platform>,
}

impl InFlight {
    /// Requests that may be started besides those in flight.
    fn room(&self, platform: Platform) -> u64 {
        self.platforms.values().filter(|busy| **busy == platform).fold(AT_ONCE, |room, _| room.saturating_sub(1))
    }

    fn start(&mut self, flow: Arc<Flow>, job: Job) {
        let platform = job.platform();
        let task = self.tasks.spawn(async move { flow.attend(job).await });
        self.platforms.insert(task.id(), platform);
    }

    async fn one_ended(&mut self, done: &mut Vec<Done>) {
        if let Some(ended) = self.tasks.join_next_with_id().await {
            done.extend(self.take(ended));
        }
    }

    fn all_that_ended(&mut self, done: &mut Vec<Done>) {
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            done.extend(self.take(ended));
        }
    }

    fn take(&mut self, ended: Result<(tokio::task::Id, Done), JoinError>) -> Option<Done> {
        let (id, done) = match ended {
            Ok((id, done)) => (id, Some(done)),
            Err(error) => {
                tracing::error!(task = %error.id(), "a delivery panicked; its claim will run out");
                (error.id(), None)
            }
        };
        self.platforms.remove(&id);
        done
    }
}
