//! `rebound check`: configuration and templates, all mistakes at once, each with its place.

use std::path::Path;

use super::{Failure, load, misconfigured, say};
use crate::app;

/// Name everything that is wrong with the configuration and the templates.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  rebound check --config rebound.toml")]
pub(super) struct Arguments {}

pub(super) fn run(file: &Path) -> Result<(), Failure> {
    let config = load(file)?;
    app::load_templates(&config).map_err(misconfigured)?;
    for warning in &config.warnings {
        say(format_args!("warning: {warning}"))?;
    }
    say(format_args!("{}: nothing wrong", file.display()))
}
