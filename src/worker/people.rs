//! Asks Slack for teammates who are known by their address only; ends when all are known.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::flow::Flow;

/// Whoever is not found, or could not be asked for, is asked for again.
const EVERY: Duration = Duration::from_mins(10);

/// Asks, and waits, until told to stop.
pub(super) async fn run(flow: Arc<Flow>, mut stopping: watch::Receiver<bool>) {
    while flow.is_anybody_unknown() {
        tokio::select! {
            () = flow.learn_people() => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
        if !flow.is_anybody_unknown() || tokio::time::timeout(EVERY, stopping.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
    }
}
