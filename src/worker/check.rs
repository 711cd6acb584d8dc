//! Asks iClosed from time to time for cancellations whose webhooks never came; ends where there is no key, or where it is refused.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::flow::{Checked, Flow};

/// Checks, and waits, until told to stop.
pub(super) async fn run(flow: Arc<Flow>, mut stopping: watch::Receiver<bool>) {
    let every = flow.rules.check_every.to_std().unwrap_or(Duration::MAX);
    loop {
        let pause = match flow.check_missed().await {
            Ok(Checked::Off | Checked::KeyRefused) => return,
            Ok(Checked::Done { .. } | Checked::Failed { retry_after: None }) => every,
            Ok(Checked::Failed { retry_after: Some(asked) }) => every.max(asked.to_std().unwrap_or(every)),
            Err(error) => {
                tracing::error!(%error, "what the check for missed webhooks found cannot be kept for now");
                every
            }
        };
        if tokio::time::timeout(pause, stopping.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
    }
}
