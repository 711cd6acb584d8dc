//! Opens the database: connections, migrations, the secret of this installation, and the lock that keeps a second `serve` away.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::OnConflict;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectOptions, Database, DatabaseConnection, DbErr, EntityTrait, QueryFilter};
use secrecy::{ExposeSecret, SecretString};
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use tokio::task::JoinSet;

use super::posts::KeyMaker;
use super::tables::instance;
use super::writer::{Writer, WriterParts};
use super::{Store, StoreError, Tx};

/// How long SQLite waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);
/// How long to wait for a connection before a request is refused.
const ACQUIRE: Duration = Duration::from_secs(5);
/// How long PostgreSQL waits for a lock that another instance holds.
const LOCK_TIMEOUT: &str = "2s";
/// How long an instance that was frozen in the middle of a transaction may hold its locks on PostgreSQL.
const IDLE_TIMEOUT: &str = "10s";
/// Connections for reading.
const READERS: u32 = 4;

/// Where the database is.
#[derive(Debug, Clone)]
pub enum Location {
    /// A file of our own.
    Sqlite(PathBuf),
    /// A `postgres://` URL, which may hold a password.
    Postgres(SecretString),
}

/// The tasks that write.
#[derive(Debug)]
pub struct WriterTasks(JoinSet<()>);

impl WriterTasks {
    /// Ready when a task ended: every handle on the store is gone, or it panicked.
    pub async fn one_ended(&mut self) {
        if let Some(Err(error)) = self.0.join_next().await {
            tracing::error!(%error, "a task that writes ended by a panic");
        }
    }

    /// Ready when all work that was taken is done, once every handle on the store is gone.
    pub async fn all_ended(&mut self) {
        while !self.0.is_empty() {
            self.one_ended().await;
        }
    }
}

impl Store {
    /// Connects, brings the schema up to date, and starts the tasks that write.
    ///
    /// # Errors
    /// [`StoreError::Open`] with a sentence for the operator.
    pub async fn open(location: &Location) -> Result<(Self, WriterTasks), StoreError> {
        let write = connect(location, 1).await?;
        migrate(&write).await?;
        let keys = Arc::new(KeyMaker::new(instance_secret(&write).await?));
        let ids = Arc::default();
        let mut tasks = WriterTasks(JoinSet::new());
        let mut start = |database| {
            let (writer, task) = Writer::new(WriterParts { database, ids: Arc::clone(&ids), keys: Arc::clone(&keys) });
            tasks.0.spawn(task);
            writer
        };
        let writer = start(write);
        let behind = match location {
            // A file has one writer, whoever asks.
            Location::Sqlite(_) => writer.clone(),
            Location::Postgres(_) => start(connect(location, 1).await?),
        };
        let read = connect(location, READERS).await?;
        Ok((Self { read, writer, behind }, tasks))
    }

    /// Is the database writable? Writes to it, through the way that webhooks take.
    pub async fn is_writable(&self) -> bool {
        self.write(|tx| Box::pin(tx.write_nothing_new())).await.is_ok()
    }
}

impl Tx {
    /// A write that changes nothing, and fails where no write would succeed.
    async fn write_nothing_new(&self) -> Result<(), StoreError> {
        instance::Entity::update_many()
            .col_expr(instance::Column::Id, 1.into())
            .filter(instance::Column::Id.eq(1))
            .exec(&self.inner)
            .await?;
        Ok(())
    }
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
        let mut name = path.clone().into_os_string();
        name.push(".lock");
        let name = PathBuf::from(name);
        let file = private(&name).map_err(|error| cannot_open(&name, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::Open(format!(
                "another `rebound serve` already uses {}; stop it first, or give this one a database of its own",
                path.display()
            ))),
            Err(TryLockError::Error(error)) => Err(cannot_open(&name, &error)),
        }
    }
}

async fn connect(location: &Location, connections: u32) -> Result<DatabaseConnection, StoreError> {
    let url = match location {
        Location::Sqlite(path) => {
            private(path).map_err(|error| cannot_open(path, &error))?;
            format!("sqlite://{}", path.display())
        }
        Location::Postgres(url) => url.expose_secret().to_owned(),
    };
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).acquire_timeout(ACQUIRE).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        // FULL: an acknowledged webhook survives a power cut. NORMAL would not sync most commits.
        sqlite.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full).busy_timeout(BUSY).foreign_keys(true)
    });
    options.map_sqlx_postgres_opts(|postgres| {
        postgres.options([("lock_timeout", LOCK_TIMEOUT), ("idle_in_transaction_session_timeout", IDLE_TIMEOUT)])
    });
    match Database::connect(options).await {
        Ok(database) => Ok(database),
        Err(error) => Err(StoreError::Open(format!("the database cannot be opened: {error}"))),
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

fn cannot_open(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Open(format!("{} cannot be opened for writing: {error}", path.display()))
}

async fn migrate(database: &DatabaseConnection) -> Result<(), StoreError> {
    let migration = |version, name: &'static str, sql: &'static str| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let migrator = Migrator::with_migrations(vec![
        migration(1, "foundation", include_str!("../../migrations/0001_foundation.sql")),
        migration(2, "registration", include_str!("../../migrations/0002_registration.sql")),
        migration(3, "looks", include_str!("../../migrations/0003_looks.sql")),
    ]);
    let done = match database.get_database_backend() {
        sea_orm::DbBackend::Postgres => migrator.run(database.get_postgres_connection_pool()).await,
        sea_orm::DbBackend::Sqlite | sea_orm::DbBackend::MySql => migrator.run(database.get_sqlite_connection_pool()).await,
        _ => return Err(StoreError::Open("only SQLite and PostgreSQL are known".into())),
    };
    done.map_err(|error| StoreError::Open(format!("the database cannot be brought up to date: {error}")))
}

/// The secret from which delivery keys are derived; made once.
async fn instance_secret(database: &DatabaseConnection) -> Result<String, StoreError> {
    let mut random = [0_u8; 32];
    getrandom::fill(&mut random)?;
    let fresh = hex::encode(random);
    let row = instance::ActiveModel { id: Set(1), secret: Set(fresh), ..Default::default() };
    let once = OnConflict::column(instance::Column::Id).do_nothing().to_owned();
    instance::Entity::insert(row).on_conflict(once).exec_without_returning(database).await?;
    let kept = instance::Entity::find_by_id(1).one(database).await?;
    kept.map(|row| row.secret).ok_or(StoreError::Database(DbErr::RecordNotFound("instance".into())))
}
