//! Connections to the database: their settings, how long an answer is waited for, and which may be used again after a failure.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use sea_orm::sqlx;
use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::pool::PoolConnectionMetadata;
use sea_orm::sqlx::postgres::PgConnection;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use secrecy::ExposeSecret;

use super::StoreError;
use super::files::Files;
use super::location::Location;

/// How long SQLite waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);
/// How long to wait for a connection before a request is refused.
pub(super) const ACQUIRE: Duration = Duration::from_secs(5);
/// How long PostgreSQL may take over one query for reading, or one group of writes. A network that swallows what is sent would
/// otherwise be waited for without end.
const ANSWER: Duration = Duration::from_secs(10);
/// What PostgreSQL is told of each connection: how long it waits for a lock that another instance holds, how long an instance that was
/// frozen in the middle of a transaction may hold its own, and that a commit is on disk, whatever the server's own setting is. The first is
/// less than a person is let wait, who mostly hears then for sure that nothing was done.
const POSTGRES: [(&str, &str); 3] =
    [("lock_timeout", "1500ms"), ("idle_in_transaction_session_timeout", "10s"), ("synchronous_commit", "on")];
/// Connections for reading.
const READERS: u32 = 4;
/// Of SQLite, where each has a thread and a cache of its own.
const SQLITE_READERS: u32 = 2;
/// Pages of the write-ahead log at which SQLite itself copies it into the file, while webhooks wait. [`Store::checkpoint`] comes long
/// before that.
///
/// [`Store::checkpoint`]: super::Store::checkpoint
const LOG_PAGES: &str = "16000";
/// What a connection to SQLite keeps of the file, in KiB with a minus (<https://www.sqlite.org/pragma.html#pragma_cache_size>). The system
/// has the rest in memory anyway.
const CACHE: &str = "-1024";
/// The same where it writes: a transaction that changes more than this writes pages before its end, and some of them twice.
const PEN_CACHE: &str = "-4096";

/// What the connections of one store are called at PostgreSQL, which tells them from those of every other.
#[derive(Debug, Clone)]
pub(super) struct Name(String);

/// How the name of every store begins, whichever process it belongs to. Operators see it in `pg_stat_activity`.
pub(super) const NAMES: &str = "rebound ";

/// The one connection of a task that writes.
pub(super) struct Pen {
    pool: Pool,
    files: Option<Files>,
}

/// Connections for reading, which give up in time.
#[derive(Clone)]
pub(super) struct Readers(Arc<Pool>);

/// What connections are for.
#[derive(Debug, Clone, Copy)]
enum Access {
    Writing,
    Reading,
}

struct Pool {
    location: Location,
    name: Name,
    access: Access,
    doubt: Doubt,
    now: RwLock<DatabaseConnection>,
}

/// When it became unknown in what state a connection is. All that are older are closed and not used again: a driver that counts a
/// transaction too many would take the end of a savepoint for a commit, and one that waits for a lost answer waits for ever.
#[derive(Clone, Default)]
struct Doubt(Arc<Mutex<Option<Instant>>>);

impl Doubt {
    fn raise(&self) {
        *self.since() = Some(Instant::now());
    }

    fn spares(&self, connection: &PoolConnectionMetadata) -> bool {
        self.since().is_none_or(|since| since.elapsed() > connection.age)
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Name {
    /// A name that no other store has.
    pub(super) fn new() -> Result<Self, StoreError> {
        Ok(Self(format!("{NAMES}{:016x}", getrandom::u64()?)))
    }
}

impl Pen {
    /// Connects for one task that writes.
    pub(super) async fn new(location: &Location, name: &Name) -> Result<Self, StoreError> {
        Ok(Self { pool: Pool::new(location, name, Access::Writing).await?, files: None })
    }

    /// From now on nothing counts as written when the files are not where they are now. To be called when connections for reading are
    /// open, too.
    pub(super) fn hold_on_to(&mut self, location: &Location) -> Result<(), StoreError> {
        let noted = Files::of(location).map_err(|error| StoreError::Open(format!("the database cannot be found again: {error}")))?;
        self.files = Some(noted);
        Ok(())
    }

    pub(super) fn database(&self) -> DatabaseConnection {
        self.pool.database()
    }

    /// Was the file removed or replaced into which this writes?
    pub(super) fn has_lost_its_file(&self) -> bool {
        self.files.as_ref().is_some_and(|files| !files.are_there())
    }

    /// The result of `writing`, if the database answers in time; else nobody knows whether it was kept. After a failure, the next
    /// writing gets a new connection.
    pub(super) async fn in_time(&self, writing: impl Future<Output = Result<(), DbErr>>) -> Result<(), DbErr> {
        let mut done = self.pool.in_time(writing).await;
        if done.is_ok() && self.has_lost_its_file() {
            done = Err(DbErr::Custom("the file of the database was removed or replaced while it was in use".to_owned()));
        }
        if done.is_err() {
            self.pool.doubt.raise();
        }
        done
    }
}

impl Readers {
    pub(super) async fn new(location: &Location, name: &Name) -> Result<Self, StoreError> {
        Ok(Self(Arc::new(Pool::new(location, name, Access::Reading).await?)))
    }
}

impl Access {
    /// So many at once.
    fn connections(self, location: &Location) -> u32 {
        match (self, location) {
            (Self::Writing, _) => 1,
            (Self::Reading, Location::Sqlite(_)) => SQLITE_READERS,
            (Self::Reading, Location::Postgres(_)) => READERS,
        }
    }

    fn cache(self) -> &'static str {
        match self {
            Self::Writing => PEN_CACHE,
            Self::Reading => CACHE,
        }
    }
}

impl Pool {
    async fn new(location: &Location, name: &Name, access: Access) -> Result<Self, StoreError> {
        let doubt = Doubt::default();
        let options = options(location, name, access, &doubt);
        let now = Database::connect(options).await.map_err(|error| location.cannot_connect(&error))?;
        Ok(Self { location: location.clone(), name: name.clone(), access, doubt, now: RwLock::new(now) })
    }

    fn database(&self) -> DatabaseConnection {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// SQLite is always waited for: only the disk can be slow there, and what was begun cannot be left.
    async fn in_time<T>(&self, answer: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        if let Location::Sqlite(_) = self.location {
            return answer.await;
        }
        // Dropped when this ends, after the doubt was raised: whatever gives its connection back sees the doubt.
        let answer = std::pin::pin!(answer);
        let done = tokio::time::timeout(ANSWER, answer).await.unwrap_or_else(|_| {
            self.doubt.raise();
            Err(DbErr::Custom(format!("PostgreSQL did not answer within {} s", ANSWER.as_secs())))
        });
        if let Err(DbErr::ConnectionAcquire(_)) = done {
            self.begin_anew().await;
        }
        done
    }

    /// Leaves all connections. One that is given back is asked by sqlx whether it lives, without a limit of time; if the network goes
    /// silent at that moment, its place is taken for ever.
    async fn begin_anew(&self) {
        let mut options = options(&self.location, &self.name, self.access, &self.doubt);
        options.connect_lazy(true);
        match Database::connect(options).await {
            Ok(fresh) => *self.now.write().unwrap_or_else(PoisonError::into_inner) = fresh,
            Err(error) => tracing::error!(%error, "there can be no new connections to the database"),
        }
    }
}

fn options(location: &Location, name: &Name, access: Access, doubt: &Doubt) -> ConnectOptions {
    let mut options = ConnectOptions::new(match location {
        // The path itself is set below, where none of its characters has a meaning.
        Location::Sqlite(_) => "sqlite://rebound.db".to_owned(),
        Location::Postgres(url) => url.expose_secret().to_owned(),
    });
    options.max_connections(access.connections(location)).acquire_timeout(ACQUIRE).sqlx_logging(false);
    match location {
        Location::Sqlite(path) => set_sqlite(&mut options, path.clone(), access, doubt.clone()),
        Location::Postgres(_) => set_postgres(&mut options, name.clone(), doubt),
    }
    options
}

/// Settings of every connection to SQLite.
pub(super) fn sqlite(options: SqliteConnectOptions, path: &Path) -> SqliteConnectOptions {
    // FULL: an acknowledged webhook survives a power cut. NORMAL would not sync most commits.
    let durable = options.filename(path).journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
    durable.busy_timeout(BUSY).foreign_keys(true).pragma("wal_autocheckpoint", LOG_PAGES).disable_statement_logging()
}

fn set_sqlite(options: &mut ConnectOptions, path: PathBuf, access: Access, doubt: Doubt) {
    // What a statement may have to take back would otherwise be written to a temporary file. Not so for migrations, which may have to sort
    // a whole table.
    options.map_sqlx_sqlite_opts(move |options| sqlite(options, &path).pragma("cache_size", access.cache()).pragma("temp_store", "memory"));
    // A file does not hang up. Nor may all connections ever be closed for their age: SQLite would remove its log, and make another.
    options.test_before_acquire(false).idle_timeout(None).max_lifetime(None);
    options.map_sqlx_sqlite_before_acquire(move |_, about| {
        let good = doubt.spares(&about);
        Box::pin(async move { Ok(good) })
    });
}

fn set_postgres(options: &mut ConnectOptions, name: Name, doubt: &Doubt) {
    let (before, after) = (doubt.clone(), doubt.clone());
    options.map_sqlx_postgres_opts(move |options| options.options(POSTGRES).application_name(&name.0));
    // Whoever lives writes twice a minute and stays connected, by which others see it.
    options.max_lifetime(None);
    // What is done before each use shows as well whether the connection still lives.
    options.test_before_acquire(false);
    options.map_sqlx_postgres_before_acquire(move |connection, about| {
        let good = before.spares(&about);
        Box::pin(async move {
            if good {
                end_forgotten_transaction(connection).await?;
            }
            Ok(good)
        })
    });
    // A connection that is given back is asked whether it lives, and one that does not answer is waited for: not where it is in doubt.
    options.map_sqlx_postgres_pool_opts(move |pool| {
        let after = after.clone();
        pool.after_release(move |_, about| {
            let good = after.spares(&about);
            Box::pin(async move { Ok(good) })
        })
    });
}

/// Ends a transaction that the driver knows nothing of: sqlx 0.9 leaves one open when a `begin` is dropped while it waits, and the next
/// writes would vanish in it. A bare `rollback` would do, but where there is none, as almost always, the server would log a warning.
async fn end_forgotten_transaction(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("begin; rollback").execute(connection).await?;
    Ok(())
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, DbErr>> + Send + 'a>>;

/// Written out as `async_trait` would, which is not worth a dependency.
impl ConnectionTrait for Readers {
    fn get_database_backend(&self) -> DbBackend {
        self.0.database().get_database_backend()
    }

    fn execute_raw<'s, 'a>(&'s self, statement: Statement) -> Answer<'a, ExecResult>
    where
        's: 'a,
        Self: 'a,
    {
        let database = self.0.database();
        Box::pin(self.0.in_time(async move { database.execute_raw(statement).await }))
    }

    fn execute_unprepared<'s, 'q, 'a>(&'s self, sql: &'q str) -> Answer<'a, ExecResult>
    where
        's: 'a,
        'q: 'a,
        Self: 'a,
    {
        let database = self.0.database();
        Box::pin(self.0.in_time(async move { database.execute_unprepared(sql).await }))
    }

    fn query_one_raw<'s, 'a>(&'s self, statement: Statement) -> Answer<'a, Option<QueryResult>>
    where
        's: 'a,
        Self: 'a,
    {
        let database = self.0.database();
        Box::pin(self.0.in_time(async move { database.query_one_raw(statement).await }))
    }

    fn query_all_raw<'s, 'a>(&'s self, statement: Statement) -> Answer<'a, Vec<QueryResult>>
    where
        's: 'a,
        Self: 'a,
    {
        let database = self.0.database();
        Box::pin(self.0.in_time(async move { database.query_all_raw(statement).await }))
    }
}
