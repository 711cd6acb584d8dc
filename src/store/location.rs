//! Where the database is, the lock that keeps a second `serve` away from it, and why it cannot be opened, in words for the operator.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use sea_orm::sqlx;
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::SqliteError;
use sea_orm::{DbErr, RuntimeErr};
use secrecy::{ExposeSecret, SecretString};

use super::StoreError;

/// Where the database is.
#[derive(Debug, Clone)]
pub enum Location {
    /// A file of our own.
    Sqlite(PathBuf),
    /// A `postgres://` URL, which may hold a password.
    Postgres(SecretString),
}

impl Location {
    /// Keeps a second `serve` away from a SQLite file for as long as the returned file lives; nothing for PostgreSQL, which several
    /// instances may share.
    ///
    /// # Errors
    /// [`StoreError::Open`] when another process holds the lock, or the folder cannot be written to.
    pub fn lock(&self) -> Result<Option<File>, StoreError> {
        let Self::Sqlite(path) = self else {
            return Ok(None);
        };
        self.make()?;
        // Whatever links lead to it: two names of one file must not be two locks.
        let file = std::fs::canonicalize(path).map_err(|error| cannot_write(path, &error))?;
        let mut name = file.into_os_string();
        name.push(".lock");
        let name = PathBuf::from(name);
        let file = private(&name).map_err(|error| cannot_write(&name, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::Open(format!(
                "another `rebound serve` already uses {}; stop it first, or give this one a database of its own",
                path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(cannot_write(&name, &error)),
        }
    }

    /// Refuses a file that is not there: whoever reads from a wrong folder would be told that all is well. PostgreSQL says so by itself.
    ///
    /// # Errors
    /// [`StoreError::Open`]
    pub fn must_exist(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(path) if !path.exists() => Err(StoreError::Open(format!(
                "there is no database at {}, which `rebound serve` makes; a relative `database_url` counts from where the command is run",
                std::path::absolute(path).as_deref().unwrap_or(path).display()
            ))),
            Self::Sqlite(_) | Self::Postgres(_) => Ok(()),
        }
    }

    /// Makes the file where there is none, and refuses one on another machine; nothing for PostgreSQL.
    pub(super) fn make(&self) -> Result<(), StoreError> {
        let Self::Sqlite(path) = self else {
            return Ok(());
        };
        private(path).map_err(|error| cannot_write(path, &error))?;
        match kind_of_file_system(path).and_then(network) {
            None => Ok(()),
            Some(network) => Err(StoreError::Open(format!(
                "{} is on a network file system ({network}), which does not keep what SQLite needs; name a local disk, or use PostgreSQL",
                path.display()
            ))),
        }
    }

    /// How PostgreSQL is reached. The error tells nothing of the URL, which holds a password.
    pub(super) fn postgres(url: &SecretString) -> Result<PgConnectOptions, StoreError> {
        url.expose_secret().parse().map_err(|_| StoreError::Open("`database_url` is not a URL of PostgreSQL".to_owned()))
    }

    /// What to tell the operator of an error on the way to the database.
    pub(super) fn cannot_open(&self, error: &sqlx::Error) -> StoreError {
        StoreError::Open(match self {
            Self::Sqlite(path) => sqlite_refuses(path, error),
            Self::Postgres(url) => match Self::postgres(url) {
                Ok(options) => postgres_refuses(&options, error),
                Err(error) => return error,
            },
        })
    }

    /// The same for an error that came through the ORM.
    pub(super) fn cannot_connect(&self, error: &DbErr) -> StoreError {
        match driver(error) {
            Some(error) => self.cannot_open(error),
            None => StoreError::Open(format!("the database cannot be opened: {error}")),
        }
    }
}

/// The driver's error below the ORM's.
pub(super) fn driver(error: &DbErr) -> Option<&sqlx::Error> {
    let (DbErr::Conn(below) | DbErr::Exec(below) | DbErr::Query(below)) = error else {
        return None;
    };
    if let RuntimeErr::SqlxError(error) = below { Some(error) } else { None }
}

/// SQLite's result code, with what extends it in the higher bits.
pub(super) fn sqlite_code(error: &sqlx::Error) -> Option<u32> {
    error.as_database_error()?.try_downcast_ref::<SqliteError>()?.code()?.parse().ok()
}

/// Did the database understand what was asked, and refuse it for what it says: a constraint, a value, an unknown name?
pub(super) fn is_of_the_statement(error: &sqlx::Error) -> bool {
    match (sqlite_code(error), error.as_database_error().and_then(DatabaseError::code).as_deref()) {
        // Of SQLite: error, too large, constraint, type mismatch, out of range. The rest is about the file and who uses it.
        (Some(code), _) => [1, 18, 19, 20, 25].contains(&(code & 0xff)),
        // Of PostgreSQL: too many rows, a value, a constraint, a name, a limit such as the length of an indexed value.
        (_, Some(code)) => ["21", "22", "23", "42", "54"].iter().any(|class| code.starts_with(class)),
        // What the driver could not write or read back.
        (_, None) => matches!(error, sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. }),
    }
}

fn sqlite_refuses(path: &Path, error: &sqlx::Error) -> String {
    let path = path.display();
    match sqlite_code(error).map(|code| code & 0xff) {
        Some(5 | 6) => format!("{path} is locked by another process"),
        Some(8 | 14) => format!("{path} cannot be opened for writing; its folder must be writable, too, for files beside it: {error}"),
        Some(11) => format!("{path} is damaged; put a backup in its place, or move it away to begin afresh: {error}"),
        Some(26) => format!("{path} is not a SQLite database; name another file in `database_url`"),
        _ => format!("{path} cannot be opened: {error}"),
    }
}

fn postgres_refuses(options: &PgConnectOptions, error: &sqlx::Error) -> String {
    let server = format!("PostgreSQL at {}:{}", options.get_host(), options.get_port());
    let user = options.get_username();
    match (error, error.as_database_error().and_then(DatabaseError::code).as_deref()) {
        (sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut, _) => format!("{server} cannot be reached: {error}"),
        (sqlx::Error::Tls(_), _) => format!("{server} and Rebound find no encryption in common: {error}"),
        (_, Some(code)) if code.starts_with("28") => format!("{server} does not let {user} in: {error}"),
        (_, Some("3D000")) => format!("{server} has no such database; make it with `createdb`: {error}"),
        (_, Some("42501")) => format!("{server} does not let {user} make tables: {error}"),
        _ => format!("{server} refused: {error}"),
    }
}

/// Opens a file, made readable for us alone where it does not exist: it holds personal data.
fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The number that Linux has for the kind of file system below a path (`f_type` of
/// <https://man7.org/linux/man-pages/man2/statfs.2.html>); `None` where it says none.
#[cfg(target_os = "linux")]
fn kind_of_file_system(path: &Path) -> Option<u32> {
    u32::try_from(rustix::fs::statfs(path).ok()?.f_type).ok()
}

#[cfg(not(target_os = "linux"))]
fn kind_of_file_system(_: &Path) -> Option<u32> {
    None
}

/// The name of a file system that other machines keep: a write-ahead log shares memory, and locks are not sure there
/// (<https://www.sqlite.org/wal.html>).
fn network(kind: u32) -> Option<&'static str> {
    match kind {
        0x6969 => Some("NFS"),
        0x517B | 0xFE53_4D42 => Some("SMB"),
        0xFF53_4D42 => Some("CIFS"),
        0x5346_414F => Some("AFS"),
        _ => None,
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Open(format!("{} cannot be opened for writing: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_other_machines_are_known() {
        for (kind, name) in [(0x6969, "NFS"), (0x517B, "SMB"), (0xFE53_4D42, "SMB"), (0xFF53_4D42, "CIFS"), (0x5346_414F, "AFS")] {
            assert_eq!(network(kind), Some(name));
        }
        // ext4, XFS, Btrfs, ZFS, tmpfs, overlayfs
        for kind in [0xEF53, 0x5846_5342, 0x9123_683E, 0x2FC1_2FC1, 0x0102_1994, 0x794C_7630] {
            assert_eq!(network(kind), None, "{kind:x}");
        }
        let folder = tempfile::TempDir::new().expect("a folder");
        assert_eq!(kind_of_file_system(folder.path()).is_some(), cfg!(target_os = "linux"));
    }
}
