//! `rebound serve`: the real thing, until it is told to stop.

use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::Failure;
use crate::app::{App, BuildError};
use crate::config::{Config, LogFormat};
use crate::flow::Clock;
use crate::telemetry;

/// Receive webhooks and keep the cards up to date.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  rebound serve --config /etc/rebound.toml")]
pub(super) struct Arguments {}

pub(super) async fn run(config: &Config) -> Result<(), Failure> {
    telemetry::start_logs(log_format(config), config.log.level.name());
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    allow_many_files();
    let app = App::build(config, Clock::system()).await.map_err(|error| match error {
        BuildError::Templates(mistakes) => Failure::Misconfigured(mistakes.to_string()),
        BuildError::Store(error) => Failure::Failed(error.to_string()),
        BuildError::Chat(error) => Failure::Failed(error.to_string()),
        BuildError::Iclosed(error) => Failure::Failed(error.to_string()),
    })?;
    let listener = listen(config.listen).await?;
    // Where the port is 0, the system has chosen one.
    let address = listener.local_addr().unwrap_or(config.listen);
    tracing::info!(%address, "listening");
    let router = app.router();
    app.serve(listener, router, told_to_stop()).await.map_err(|broken| Failure::Failed(broken.to_string()))
}

/// Each connection is an open file, and many systems allow few until they are asked for more.
fn allow_many_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // The door makes do with fewer.
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

pub(super) async fn listen(address: std::net::SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| Failure::Failed(format!("{address} cannot be listened on: {error}")))
}

/// Ready at the first SIGTERM or SIGINT. A second one ends the process at once: leases and looks cover what was in flight.
pub(super) async fn told_to_stop() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        tracing::error!("signals cannot be heard; only a kill will end this process");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        std::process::exit(1);
    });
}

fn log_format(config: &Config) -> telemetry::LogFormat {
    match config.log.format {
        LogFormat::Json => telemetry::LogFormat::Json,
        LogFormat::Pretty => telemetry::LogFormat::Pretty,
    }
}
