//! `rebound check`: configuration and templates, all mistakes at once, each with its place; with `--online` what the platforms say, too.

mod online;
mod words;

use std::path::Path;

use super::{Failure, load, misconfigured, say};
use crate::app;
use crate::flow::Clock;

/// Name everything that is wrong with the configuration and the templates.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rebound check --config rebound.toml\n  rebound check --online")]
pub(super) struct Arguments {
    /// Also ask Slack and Discord whether tokens, rights and channels are right; posts nothing
    #[arg(long)]
    online: bool,
}

pub(super) async fn run(arguments: &Arguments, file: &Path) -> Result<(), Failure> {
    let config = load(file)?;
    app::load_templates(&config).map_err(misconfigured)?;
    for warning in &config.warnings {
        say(format_args!("warning: {warning}"))?;
    }
    say(format_args!("{}: nothing wrong", file.display()))?;
    if arguments.online { online::run(&config, &Clock::system()).await } else { Ok(()) }
}
