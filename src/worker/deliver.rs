//! The loop that delivers: it claims what is due and sends it, so that a platform that hangs keeps nobody else waiting.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{AFTER_FAILURE, POLL};
use crate::domain::platform::Platform;
use crate::flow::{Flow, Job};

/// Requests in flight to one platform; each goes to another channel.
const AT_ONCE: u64 = 32;
/// The shortest pause, so that a row which is due but was claimed by another instance does not keep a processor busy.
const BREATH: Duration = Duration::from_millis(20);

/// Runs until told to stop, then until nothing is in flight.
pub(super) async fn run(flow: Arc<Flow>, mut stopping: watch::Receiver<bool>) {
    let mut in_flight = InFlight::default();
    while !*stopping.borrow() {
        let pause = match start_what_is_due(&flow, &mut in_flight).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!(%error, "posts cannot be claimed for now");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = in_flight.one_ended(), if !in_flight.tasks.is_empty() => {}
            () = flow.bells.posts.notified() => {}
            () = tokio::time::sleep(pause) => {}
            _ = stopping.changed() => {}
        }
    }
    while !in_flight.tasks.is_empty() {
        in_flight.one_ended().await;
    }
}

/// Starts what is due, and says how long there will be nothing to do.
async fn start_what_is_due(flow: &Arc<Flow>, in_flight: &mut InFlight) -> Result<Duration, crate::store::StoreError> {
    let room: Vec<(Platform, u64)> = flow.platforms().into_iter().map(|platform| (platform, in_flight.room(platform))).collect();
    let with_room: Vec<Platform> = room.iter().filter(|(_, room)| *room > 0).map(|(platform, _)| *platform).collect();
    let now = flow.clock.now();
    let pause = match flow.store.next_due(&with_room).await? {
        None => return Ok(POLL),
        Some(due) if due > now => return Ok((due - now).to_std().unwrap_or(BREATH).clamp(BREATH, POLL)),
        Some(_) => BREATH,
    };
    for job in flow.claim(&room).await? {
        in_flight.start(Arc::clone(flow), job);
    }
    Ok(pause)
}

/// What is being sent, counted by platform.
#[derive(Default)]
struct InFlight {
    tasks: JoinSet<()>,
    platforms: HashMap<tokio::task::Id, Platform>,
}

impl InFlight {
    /// Requests that may be started besides those in flight.
    fn room(&self, platform: Platform) -> u64 {
        self.platforms.values().filter(|busy| **busy == platform).fold(AT_ONCE, |room, _| room.saturating_sub(1))
    }

    fn start(&mut self, flow: Arc<Flow>, job: Job) {
        let platform = job.platform();
        let task = self.tasks.spawn(async move {
            if let Err(error) = flow.deliver(job).await {
                tracing::error!(%error, "the outcome of a post could not be written; its claim will run out");
            }
        });
        self.platforms.insert(task.id(), platform);
    }

    async fn one_ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => {
                self.platforms.remove(&id);
            }
            Some(Err(error)) => {
                tracing::error!(%error, "a delivery panicked; its claim will run out");
                self.platforms.remove(&error.id());
            }
            None => {}
        }
    }
}
