//! What Linux tells about a process and the machine, from `/proc`.

use std::fs;
use std::time::Duration;

/// Linux shows processor time in these steps to every program, whatever the kernel counts in.
const TICKS_A_SECOND: u64 = 100;

/// What a process has used so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    /// In user and system mode together.
    pub(crate) processor: Duration,
    /// Bytes that had to go to a disk.
    pub(crate) written: u64,
    /// Calls of `write` and its kin, those on sockets among them.
    pub(crate) writes: u64,
}

impl Used {
    pub(crate) fn by(process: u32) -> Self {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // The name in parentheses may hold anything; user and system time are the 12th and 13th field after it.
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        let io = fs::read_to_string(format!("/proc/{process}/io")).unwrap_or_default();
        Self {
            processor: Duration::from_millis(ticks * 1_000 / TICKS_A_SECOND),
            written: number(&io, "write_bytes:"),
            writes: number(&io, "syscw:"),
        }
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            processor: self.processor.saturating_sub(before.processor),
            written: self.written - before.written,
            writes: self.writes - before.writes,
        }
    }
}

/// Memory now, in MiB.
pub(crate) fn memory(process: u32) -> f64 {
    status(process, "VmRSS:")
}

/// The most memory there ever was, in MiB.
pub(crate) fn most_memory(process: u32) -> f64 {
    status(process, "VmHWM:")
}

/// How busy the machine was in the last minute.
pub(crate) fn load_average() -> String {
    fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').next().unwrap_or_default().to_owned()
}

fn status(process: u32, name: &str) -> f64 {
    number(&fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default(), name) as f64 / 1024.0
}

/// The number on the line that begins so.
fn number(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
