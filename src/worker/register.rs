//! Puts the slash command to Discord in the background; whatever goes wrong keeps nothing else waiting and is tried again.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::flow::Flow;

/// The pauses between two tries: doubled from the first to the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(5), Duration::from_hours(1));

/// Runs until the command is registered, or until told to stop.
pub(super) async fn run(flow: Arc<Flow>, mut stopping: watch::Receiver<bool>) {
    tokio::select! {
        () = until_registered(&flow) => {}
        // Ready at once when it was told before; an unfinished request may be repeated.
        _ = stopping.wait_for(|stop| *stop) => {}
    }
}

async fn until_registered(flow: &Flow) {
    let mut pause = PAUSES.0;
    loop {
        match flow.register().await {
            Ok(true) => return tracing::info!("the slash command was put to Discord"),
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, again_in_seconds = pause.as_secs(), "the slash command is not registered yet"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}
