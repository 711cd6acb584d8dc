//! The command line of the measurement.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::limits::Limit;

/// Measures the running program against its limits.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
#[command(name = "load", after_help = "Example:\n  cargo bench --bench load -- --only throughput --rounds 5")]
pub(crate) struct Arguments {
    /// A rough run of some seconds a figure
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only these figures
    #[arg(long, value_delimiter = ',', value_name = "FIGURE,…")]
    pub(crate) only: Vec<Figure>,
    /// How often limits and program take turns where they are compared
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// How long both platforms hang
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// Channels of each platform; each cancellation goes to one of Slack's and one of Discord's
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=99))]
    pub(crate) channels: u64,
    /// Connections of those who send as fast as they can
    #[arg(long, default_value_t = 64, value_name = "N")]
    pub(crate) connections: usize,
    /// Only on this kind of database
    #[arg(long, value_name = "KIND")]
    pub(crate) on: Option<Kind>,
    /// Where databases are made; by default a folder beside the build, since temporary folders often are in memory
    #[arg(long, value_name = "FOLDER", default_value = env!("CARGO_TARGET_TMPDIR"))]
    pub(crate) folder: PathBuf,
    /// The program to measure, instead of the one that was built along
    #[arg(long, value_name = "FILE", default_value = env!("CARGO_BIN_EXE_rebound"))]
    pub(crate) program: PathBuf,
    /// One JSON object a line instead of the table
    #[arg(long)]
    pub(crate) json: bool,
    /// Fail when a goal is missed
    #[arg(long)]
    pub(crate) strict: bool,

    /// Be one of the limits, for a measurement that started this process
    #[arg(long, hide = true)]
    pub(crate) limit: Option<Limit>,
    #[arg(long, hide = true, default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    #[arg(long, hide = true, default_value = "")]
    pub(crate) database: String,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Figure {
    /// Acknowledgements a second, as many as can be had
    Throughput,
    /// How long the acknowledgement takes at 50 a second
    Latency,
    /// How long it takes at 200 a second while both platforms hang
    Hanging,
    /// Processor time and disk for a webhook with both deliveries
    Cost,
    /// From the webhook to the message's arrival at the platform
    Delay,
    /// Memory at rest and under full load
    Memory,
    /// From start to ready with many open follow-ups
    Start,
}

/// The two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Figure {
    pub(crate) const ALL: [Self; 7] = [Self::Throughput, Self::Latency, Self::Hanging, Self::Cost, Self::Delay, Self::Memory, Self::Start];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Throughput => "throughput",
            Self::Latency => "latency",
            Self::Hanging => "hanging",
            Self::Cost => "cost",
            Self::Delay => "delay",
            Self::Memory => "memory",
            Self::Start => "start",
        }
    }
}

impl Arguments {
    pub(crate) fn wants(&self, figure: Figure) -> bool {
        self.only.is_empty() || self.only.contains(&figure)
    }

    pub(crate) fn rounds(&self) -> usize {
        self.rounds.unwrap_or(self.of(1, 3))
    }

    pub(crate) fn hanging_seconds(&self) -> u64 {
        self.seconds.unwrap_or(self.of(4, 30))
    }

    /// One of two, by how exact this run is to be.
    pub(crate) fn of<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }
}
