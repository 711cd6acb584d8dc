//! Is what SQLite writes to still what a next start will read? A file that was removed, or replaced by a copy, while it was open takes
//! writes without an error, and loses them.
//!
//! Files are only looked at by name here, never opened: to close the database's file would end the locks that SQLite holds on it for this
//! process (<https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>).

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::location::Location;

/// What tells one file from every other on this machine: the device and the number there.
type Identity = (u64, u64);

/// The database's file and its write-ahead log, as they were when they were opened.
pub(super) struct Files(Vec<(PathBuf, Identity)>);

impl Files {
    /// Notes which files these are; none for PostgreSQL. To be called when connections are open that stay so: the log is a new one after
    /// all were closed.
    pub(super) fn of(location: &Location) -> std::io::Result<Self> {
        let Location::Sqlite(path) = location else {
            return Ok(Self(Vec::new()));
        };
        // SQLite puts the log beside the file itself, wherever a link to it stands.
        let mut log = OsString::from(std::fs::canonicalize(path)?);
        log.push("-wal");
        let noted = [path.clone(), PathBuf::from(log)].map(|path| identity(&path).map(|identity| (path, identity)));
        Ok(Self(noted.into_iter().collect::<Result<_, _>>()?))
    }

    /// Are they still in their places? Costs two calls to the system, a few microseconds.
    pub(super) fn are_there(&self) -> bool {
        self.0.iter().all(|(path, noted)| identity(path).is_ok_and(|found| found == *noted))
    }
}

fn identity(path: &Path) -> std::io::Result<Identity> {
    std::fs::metadata(path).map(|about| (about.dev(), about.ino()))
}
