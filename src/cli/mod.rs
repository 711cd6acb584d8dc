//! The command line: one file a subcommand. Exit status 0 good, 1 the thing asked for failed, 2 wrong usage or configuration.

mod check;
mod demo;
mod export;
mod manifest;
mod preview;
mod register;
mod replay;
mod serve;

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{self, Config};
use crate::flow::Clock;

/// Rebound: one card for each cancelled call, in every Slack and Discord channel that should know.
#[derive(Parser)]
#[command(
    name = "rebound",
    version,
    after_help = "Example:\n  rebound demo                      # see it work, without any account\n  rebound serve --config rebound.toml"
)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// The configuration file
    #[arg(long, value_name = "FILE", env = "REBOUND_CONFIG", default_value = DEFAULT_CONFIG, global = true)]
    config: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// Receive webhooks and keep the cards up to date (the default)
    Serve(serve::Arguments),
    /// Try Rebound against a local Slack and Discord, without any account
    Demo(demo::Arguments),
    /// Name everything that is wrong with the configuration and the templates
    Check(check::Arguments),
    /// Show what would become of webhooks in files, without sending anything
    Preview(preview::Arguments),
    /// Try again what was put aside: events that could not be read, posts that were given up
    Replay(replay::Arguments),
    /// Print follow-ups as CSV or JSON lines
    Export(export::Arguments),
    /// Print the manifest from which the platform makes the app
    Manifest(manifest::Arguments),
    /// Put the slash command to Discord
    Register(register::Arguments),
}

const DEFAULT_CONFIG: &str = "rebound.toml";

/// Why a command did not do what it was asked.
enum Failure {
    /// The thing asked for failed.
    Failed(String),
    /// Wrong usage or configuration; every mistake on a line of its own.
    Misconfigured(String),
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    // One provider for all of TLS; an error only means that it is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&Failure::Failed(format!("the system gives no threads: {error}"))),
    };
    let file = &arguments.config;
    let done = runtime.block_on(async {
        match arguments.command.unwrap_or(Command::Serve(serve::Arguments {})) {
            Command::Serve(_) => serve::run(&load(file)?).await,
            Command::Demo(demo) => demo::run(&demo).await,
            Command::Check(check) => check::run(&check, file).await,
            Command::Preview(preview) => preview::run(&preview, file),
            Command::Replay(replay) => replay::run(&replay, &load(file)?, &Clock::system()).await,
            Command::Export(export) => export::run(&export, &load(file)?).await,
            Command::Register(_) => register::run(&load(file)?, &Clock::system()).await,
            Command::Manifest(manifest) => manifest::run(&manifest, file),
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure),
    }
}

/// The configuration in that file and the environment.
fn load(file: &Path) -> Result<Config, Failure> {
    config::load(file, &config::environment_of_process()).map_err(misconfigured)
}

fn misconfigured(mistakes: impl fmt::Display) -> Failure {
    Failure::Misconfigured(mistakes.to_string())
}

fn report(failure: &Failure) -> ExitCode {
    let (text, status) = match failure {
        Failure::Failed(text) => (text, 1),
        Failure::Misconfigured(text) => (text, 2),
    };
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(status)
}

/// Prints a line for the person who ran the command.
fn say(line: impl fmt::Display) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{line}").map_err(|error| Failure::Failed(format!("standard output cannot be written to: {error}")))
}
