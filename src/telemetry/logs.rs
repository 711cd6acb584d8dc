//! Log lines: JSON for machines or pretty for people, to standard error.
//!
//! The libraries below us are held to warnings: at lower levels some of them print request bodies and tokens.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For reading on a terminal.
    Pretty,
}

/// Starts logging for the whole process, panics included; a second call changes nothing.
///
/// `level` is `error`, `warn`, `info`, `debug` or `trace`, and holds for Rebound's own lines.
pub fn start_logs(format: LogFormat, level: &str) {
    let ours: LevelFilter = level.parse().unwrap_or(LevelFilter::INFO);
    let filter = Targets::new().with_default(LevelFilter::WARN).with_target("rebound", ours);
    let lines = tracing_subscriber::registry().with(filter);
    // An error means that a test or an embedding program logs already; its choice stands.
    let _ = match format {
        LogFormat::Json => lines.with(fmt::layer().json().flatten_event(true).with_writer(std::io::stderr)).try_init(),
        LogFormat::Pretty => lines.with(fmt::layer().compact().with_target(false).with_writer(std::io::stderr)).try_init(),
    };
    super::panics::watch();
}
