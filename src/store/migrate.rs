//! Brings the schema up to date. Forward only: a released migration is never changed, the next one is a new file.
//!
//! `tests/store/migrations.rs` holds the rules, and runs each migration over sample data of the versions before it.

use std::time::{Duration, Instant};

use sea_orm::sqlx;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{ConnectOptions, Connection, SqlSafeStr};

use super::StoreError;
use super::connect::{self, ACQUIRE};
use super::location::Location;

/// How often it is said that it takes long.
const SAY_EVERY: Duration = Duration::from_secs(3);

/// All migrations, in order.
const MIGRATIONS: [(i64, &str, &str); 11] = [
    (1, "foundation", include_str!("../../migrations/0001_foundation.sql")),
    (2, "registration", include_str!("../../migrations/0002_registration.sql")),
    (3, "looks", include_str!("../../migrations/0003_looks.sql")),
    (4, "plain_indexes", include_str!("../../migrations/0004_plain_indexes.sql")),
    (5, "acts", include_str!("../../migrations/0005_acts.sql")),
    (6, "aliases", include_str!("../../migrations/0006_aliases.sql")),
    (7, "reminders", include_str!("../../migrations/0007_reminders.sql")),
    (8, "closed", include_str!("../../migrations/0008_closed.sql")),
    (9, "bookings", include_str!("../../migrations/0009_bookings.sql")),
    (10, "withdrawn", include_str!("../../migrations/0010_withdrawn.sql")),
    (11, "leases", include_str!("../../migrations/0011_leases.sql")),
];

/// Connects, and applies the migrations that the database has not seen yet. Of several instances that start at once on PostgreSQL, one
/// does it and the others wait, for as long as it takes.
pub(super) async fn migrate(location: &Location) -> Result<(), StoreError> {
    match location {
        Location::Sqlite(path) => {
            let options = connect::sqlite(SqliteConnectOptions::new(), path);
            let connected = SqliteConnection::connect_with(&options).await;
            let mut connection = connected.map_err(|error| location.cannot_open(&error))?;
            run(location, &mut connection).await?;
            keep_what_is_there(&mut connection).await.map_err(|error| location.cannot_open(&error))?;
            // It has done its work, and may end as it likes.
            let _ = connection.close().await;
        }
        Location::Postgres(url) => {
            let mut connection = reach(location, Location::postgres(url)?.disable_statement_logging()).await?;
            run(location, &mut connection).await?;
            let _ = connection.close().await;
        }
    }
    Ok(())
}

/// A connection without the others' impatience: it waits for the lock of another instance's migration.
async fn reach(location: &Location, options: PgConnectOptions) -> Result<PgConnection, StoreError> {
    let late = || sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, format!("no answer within {} s", ACQUIRE.as_secs())));
    let connected = tokio::time::timeout(ACQUIRE, PgConnection::connect_with(&options)).await.unwrap_or_else(|_| Err(late()));
    connected.map_err(|error| location.cannot_open(&error))
}

async fn run<C: Migrate>(location: &Location, connection: &mut C) -> Result<(), StoreError> {
    let migrations =
        MIGRATIONS.map(|(version, name, sql)| Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false));
    let migrator = Migrator::with_migrations(migrations.to_vec());
    let brought_up = std::pin::pin!(migrator.run_direct(None, connection, false));
    telling(brought_up).await.map_err(|error| explain(location, error))
}

/// Says from time to time that it still goes on: a large database may take minutes, and so may another instance that does it.
async fn telling<T>(mut work: impl Future<Output = T> + Unpin) -> T {
    let began = Instant::now();
    loop {
        if let Ok(done) = tokio::time::timeout(SAY_EVERY, &mut work).await {
            return done;
        }
        tracing::info!(seconds = began.elapsed().as_secs(), "the schema of the database is being brought up to date");
    }
}

fn explain(location: &Location, error: MigrateError) -> StoreError {
    if let MigrateError::Execute(error) = error {
        return location.cannot_open(&error);
    }
    StoreError::Open(if let MigrateError::VersionMissing(theirs) = error {
        format!(
            "the database belongs to a newer version of Rebound: it has schema {theirs}, and this version knows none after {}; start the \
             newer version, or give this one a backup from before",
            MIGRATIONS.len()
        )
    } else if let MigrateError::VersionMismatch(theirs) = error {
        format!(
            "the database belongs to another build of Rebound: its schema {theirs} is not the one of this version; start the version that \
             made it, or give this one a database of its own"
        )
    } else {
        format!("the schema of the database cannot be brought up to date: {error}")
    })
}

/// Puts on disk what the last process had written and perhaps not synced when it ended. SQLite reads it back from the system's memory
/// and takes it for kept, so that a webhook that comes again would be acknowledged as a duplicate of what a power cut can still take.
async fn keep_what_is_there(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("pragma wal_checkpoint(passive)").execute(connection).await?;
    Ok(())
}
