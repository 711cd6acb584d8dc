//! Databases of one kind, made fresh for each program and thrown away after it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection, query_scalar, raw_sql};
use tempfile::TempDir;

use crate::arguments::{Arguments, Kind};

/// Where databases of one kind are made.
pub(crate) struct Place {
    kind: Kind,
    folder: PathBuf,
    server: String,
}

/// A fresh database with a folder beside it; both vanish when this is dropped.
pub(crate) struct Database {
    pub(crate) url: String,
    folder: TempDir,
    server: Option<(String, String)>,
}

impl Place {
    /// All kinds that can be had here and are wanted.
    pub(crate) fn all(arguments: &Arguments) -> Vec<Self> {
        let server = std::env::var("REBOUND_TEST_DATABASE_URL").ok();
        if server.is_none() {
            eprintln!("PostgreSQL is not measured: REBOUND_TEST_DATABASE_URL names no server");
        }
        let place = |kind, server| Self { kind, folder: arguments.folder.clone(), server };
        let mut places = vec![place(Kind::Sqlite, String::new())];
        places.extend(server.map(|server| place(Kind::Postgres, server)));
        places.retain(|place| arguments.on.is_none_or(|wanted| wanted == place.kind));
        places
    }

    pub(crate) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "SQLite",
            Kind::Postgres => "PostgreSQL",
        }
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.kind == Kind::Sqlite
    }

    pub(crate) fn database(&self) -> Database {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let folder = tempfile::Builder::new().prefix("load-").tempdir_in(&self.folder).expect("a folder");
        match self.kind {
            Kind::Sqlite => Database { url: format!("sqlite://{}", folder.path().join("rebound.db").display()), folder, server: None },
            Kind::Postgres => {
                let name = format!("load_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
                wait(run_on_server(&self.server, format!("create database {name}")));
                let (before, _) = self.server.rsplit_once('/').expect("a URL with a database");
                Database { url: format!("{before}/{name}"), folder, server: Some((self.server.clone(), name)) }
            }
        }
    }
}

impl Database {
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Bytes on disk: the files of SQLite; the database on PostgreSQL, without the server's log of changes.
    pub(crate) fn size(&self) -> u64 {
        if self.server.is_none() {
            let files = std::fs::read_dir(self.folder.path()).expect("the folder");
            let sizes = files.flatten().filter(|file| file.file_name().to_string_lossy().starts_with("rebound.db"));
            return sizes.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum();
        }
        u64::try_from(self.number("select pg_database_size(current_database())")).unwrap_or_default()
    }

    /// What that query counts.
    pub(crate) fn number(&self, sql: &'static str) -> i64 {
        wait(async {
            if self.server.is_none() {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("the database");
                query_scalar(sql).fetch_one(&mut connection).await.expect("a number")
            } else {
                let mut connection = PgConnection::connect(&self.url).await.expect("the database");
                query_scalar(sql).fetch_one(&mut connection).await.expect("a number")
            }
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((server, name)) = self.server.take() {
            wait(run_on_server(&server, format!("drop database if exists {name} with (force)")));
        }
    }
}

async fn run_on_server(server: &str, sql: String) {
    let mut connection = PgConnection::connect(server).await.expect("the server of REBOUND_TEST_DATABASE_URL");
    raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("the server does as it is told");
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}
