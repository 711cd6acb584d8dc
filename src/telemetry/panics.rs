//! Panics as log lines and a figure. Where, and nothing of what was said: the message of a panic may quote anything.

use std::sync::atomic::{AtomicU64, Ordering};

/// Of the whole process, since a panic belongs to no part of it.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// From now on a panic anywhere in the process is one line of the log, and counted.
pub(super) fn watch() {
    std::panic::set_hook(Box::new(|panic| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a panic; what was being done there was left unfinished");
    }));
}

/// How many there were.
pub(super) fn count() -> u64 {
    PANICS.load(Ordering::Relaxed)
}
