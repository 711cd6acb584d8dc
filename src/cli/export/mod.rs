//! `rebound export`: follow-ups for spreadsheets and programs, read page by page, beside a running `serve`.

mod csv;
mod record;

use std::io::{BufWriter, Stdout, Write};
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use clap::ValueEnum;

use self::record::Record;
use super::Failure;
use crate::app;
use crate::config::Config;
use crate::store::Store;

/// Print follow-ups as CSV or JSON lines.
///
/// Times are UTC. In CSV, a text that a spreadsheet would take for a formula gets an apostrophe before it.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  rebound export > follow-ups.csv\n  rebound export --format jsonl --since 2026-11-01")]
pub(super) struct Arguments {
    /// What to print
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Only what was cancelled on that day or later, in the configured time zone: YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    since: Option<NaiveDate>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// With a header, for spreadsheets
    Csv,
    /// One JSON object a line, texts as they were written
    Jsonl,
}

/// How often it is said how far it has come.
const SAY_EVERY: Duration = Duration::from_secs(3);
/// Rows that are held in memory at once.
const PAGE: u64 = 500;

pub(super) async fn run(arguments: &Arguments, config: &Config) -> Result<(), Failure> {
    let failed = |error: crate::store::StoreError| Failure::Failed(error.to_string());
    let since = arguments.since.map(|day| beginning(day, config.timezone));
    let (store, mut writers) = app::open_existing_store(config).await.map_err(failed)?;
    let done = print(&store, arguments.format, since).await;
    drop(store);
    // Nothing was written; this only closes the connection in order.
    writers.all_ended().await;
    done
}

async fn print(store: &Store, format: Format, since: Option<DateTime<Utc>>) -> Result<(), Failure> {
    let mut out = Out { format, to: BufWriter::new(std::io::stdout()) };
    out.header()?;
    let (mut after, mut printed) = (0, 0_usize);
    let mut told = Instant::now();
    loop {
        let page = store.follow_ups_after(after, since, PAGE).await.map_err(|error| Failure::Failed(error.to_string()))?;
        let Some((last, _)) = page.last() else { break };
        after = last.id;
        for (follow_up, cancelled_at) in &page {
            out.record(&Record::of(follow_up, *cancelled_at))?;
        }
        printed += page.len();
        if told.elapsed() >= SAY_EVERY {
            told = Instant::now();
            // Nobody may be there to read it.
            let _ = writeln!(std::io::stderr(), "{printed} follow-ups so far");
        }
    }
    out.to.flush().map_err(|error| unwritable(&error))
}

/// When that day begins there. A clock that skips midnight makes it begin an hour or so later.
fn beginning(day: NaiveDate, zone: chrono_tz::Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let later = (0..=24).find_map(|hours| zone.from_local_datetime(&(midnight + TimeDelta::hours(hours))).earliest());
    later.map_or_else(|| midnight.and_utc(), |begins| begins.to_utc())
}

struct Out {
    format: Format,
    to: BufWriter<Stdout>,
}

impl Out {
    fn header(&mut self) -> Result<(), Failure> {
        match self.format {
            Format::Csv => self.write(&csv::line(Record::NAMES.map(str::to_owned))),
            Format::Jsonl => Ok(()),
        }
    }

    fn record(&mut self, record: &Record<'_>) -> Result<(), Failure> {
        let line = match self.format {
            Format::Csv => csv::line(record.cells()),
            Format::Jsonl => serde_json::to_string(record).map_err(|error| Failure::Failed(error.to_string()))? + "\n",
        };
        self.write(&line)
    }

    fn write(&mut self, line: &str) -> Result<(), Failure> {
        self.to.write_all(line.as_bytes()).map_err(|error| unwritable(&error))
    }
}

fn unwritable(error: &std::io::Error) -> Failure {
    Failure::Failed(format!("standard output cannot be written to: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_where_the_team_is() {
        let begins = |day: &str, zone: &str| beginning(day.parse().expect("a day"), zone.parse().expect("a zone")).to_rfc3339();
        assert_eq!(begins("2026-11-01", "UTC"), "2026-11-01T00:00:00+00:00");
        assert_eq!(begins("2026-11-01", "America/New_York"), "2026-11-01T04:00:00+00:00");
        assert_eq!(begins("2026-09-06", "America/Santiago"), "2026-09-06T04:00:00+00:00", "midnight is skipped there that day");
    }
}
