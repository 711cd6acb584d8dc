//! `rebound register`: puts the slash command to Discord. `serve` does so by itself when it has changed.

use super::{Failure, misconfigured, say};
use crate::app;
use crate::config::Config;
use crate::flow::{Clock, register};

/// Put the slash command to Discord.
///
/// `rebound serve` does so by itself when the command has changed; this does it now, and says how it went. Slack's command is part of
/// what `rebound manifest slack` prints.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  rebound register --config rebound.toml")]
pub(super) struct Arguments {}

pub(super) async fn run(config: &Config, clock: &Clock) -> Result<(), Failure> {
    let Some(discord) = app::discord(config).map_err(|error| Failure::Failed(error.to_string()))? else {
        return say("there is nothing to register: [discord] is not configured, and Slack's command is part of the app's manifest");
    };
    let renderer = app::load_templates(config).map_err(misconfigured)?;
    let (store, mut writers) = app::open_store(config).await.map_err(|error| Failure::Failed(error.to_string()))?;
    let done = register(&discord, &renderer, &store, clock.now()).await;
    drop(store);
    // What was written is on disk already; this only closes the connection in order.
    writers.all_ended().await;
    done.map_err(|error| Failure::Failed(error.to_string()))?;
    say("/cancellations is registered on the Discord server")
}
