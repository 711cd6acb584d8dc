//! What no program of this kind can beat: a handler that stores nothing, and one that appends each body to one table.
//!
//! Each runs in a process of its own: the measurement starts itself once more.

use std::net::SocketAddr;
use std::str::FromStr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use clap::ValueEnum;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{ConnectOptions, Connection, PgConnection, Postgres, QueryBuilder, Sqlite, SqliteConnection, raw_sql};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

/// As in the program: bodies that share a commit at most, and bodies that wait.
const GROUP: usize = 64;
const QUEUE: usize = 1_024;
const TABLE: &str = "create table entry (id integer generated always as identity, body bytea not null)";
const SQLITE_TABLE: &str = "create table entry (id integer primary key, body blob not null)";
const INSERT: &str = "insert into entry (body) ";

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Limit {
    /// Reads the body and answers 200.
    Handler,
    /// Answers 200 when the body is on disk; all bodies that wait share one statement and one commit.
    Append,
}

impl Limit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Handler => "handler",
            Self::Append => "append",
        }
    }
}

type Entry = (Bytes, oneshot::Sender<()>);

/// Serves until killed.
pub(crate) fn serve(limit: Limit, listen: SocketAddr, database: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let router = match limit {
            Limit::Handler => Router::new().fallback(post(async |body: Bytes| drop(body))),
            Limit::Append => {
                let (queue, entries) = mpsc::channel(QUEUE);
                append_to(database, entries).await;
                Router::new().fallback(post(append)).with_state(queue)
            }
        };
        let router = router.route("/readyz", axum::routing::get(async || ()));
        let listener = TcpListener::bind(listen).await.expect("the port");
        axum::serve(listener, router).await.expect("served");
    });
}

async fn append(State(queue): State<mpsc::Sender<Entry>>, body: Bytes) {
    let (done, wait) = oneshot::channel();
    queue.send((body, done)).await.expect("the writer");
    wait.await.expect("written");
}

/// Makes the table, and starts the task that writes.
async fn append_to(database: &str, entries: mpsc::Receiver<Entry>) {
    if database.starts_with("sqlite:") {
        let options = SqliteConnectOptions::from_str(database).expect("a URL").create_if_missing(true);
        let options = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full);
        let mut connection = options.connect().await.expect("the database");
        raw_sql(SQLITE_TABLE).execute(&mut connection).await.expect("a table");
        tokio::spawn(write_sqlite(connection, entries));
    } else {
        let mut connection = PgConnection::connect(database).await.expect("the database");
        raw_sql(TABLE).execute(&mut connection).await.expect("a table");
        tokio::spawn(write_postgres(connection, entries));
    }
}

// A statement by itself is a transaction, so one statement is one commit on both.

async fn write_sqlite(mut connection: SqliteConnection, mut entries: mpsc::Receiver<Entry>) {
    let mut group = Vec::with_capacity(GROUP);
    while entries.recv_many(&mut group, GROUP).await > 0 {
        let mut insert = QueryBuilder::<Sqlite>::new(INSERT);
        insert.push_values(&group, |mut row, (body, _)| {
            row.push_bind(body.to_vec());
        });
        insert.build().execute(&mut connection).await.expect("written");
        answer(&mut group);
    }
}

async fn write_postgres(mut connection: PgConnection, mut entries: mpsc::Receiver<Entry>) {
    let mut group = Vec::with_capacity(GROUP);
    while entries.recv_many(&mut group, GROUP).await > 0 {
        let mut insert = QueryBuilder::<Postgres>::new(INSERT);
        insert.push_values(&group, |mut row, (body, _)| {
            row.push_bind(body.to_vec());
        });
        insert.build().execute(&mut connection).await.expect("written");
        answer(&mut group);
    }
}

fn answer(group: &mut Vec<Entry>) {
    for (_, done) in group.drain(..) {
        let _ = done.send(());
    }
}
