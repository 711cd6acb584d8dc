//! What cannot be seen from outside: a connection that comes back from a failure, and the settings on which durability rests.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, EntityTrait, PaginatorTrait, Statement, TransactionTrait, sqlx};
use secrecy::SecretString;

use super::connect::Pen;
use super::location::Location;
use super::migrate::migrate;
use super::posts::KeyMaker;
use super::tables::{event, registration};
use super::writer::{Writer, WriterParts};
use super::{NewEvent, Store, StoreError, Verdict};

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

/// A database of its own on the server that the environment names, the one connection of a writer, and the way to write.
async fn postgres() -> Option<(Location, DatabaseConnection, Writer)> {
    #[expect(clippy::disallowed_methods, reason = "tests are told by the environment where PostgreSQL is")]
    let Ok(server) = std::env::var("REBOUND_TEST_DATABASE_URL") else {
        skipped();
        return None;
    };
    let name = format!("rebound_{:016x}", getrandom::u64().expect("randomness"));
    let admin = sea_orm::Database::connect(&server).await.expect("the server");
    // What the server would choose by itself is not good enough.
    for order in [format!("create database {name}"), format!("alter database {name} set synchronous_commit = off")] {
        admin.execute_unprepared(&order).await.expect("a database of our own");
    }
    let (before, _) = server.rsplit_once('/').expect("a URL with a database");
    let location = Location::Postgres(SecretString::from(format!("{before}/{name}")));
    let (database, writer) = writer(&location).await;
    Some((location, database, writer))
}

#[expect(clippy::print_stderr, reason = "a test that tests nothing says so")]
fn skipped() {
    eprintln!("\n*** REBOUND_TEST_DATABASE_URL is not set: this test is SKIPPED ***\n");
}

async fn writer(location: &Location) -> (DatabaseConnection, Writer) {
    location.make().expect("a place");
    migrate(location).await.expect("a schema");
    let pen = Pen::new(location).await.expect("a connection");
    let database = pen.database();
    let (writer, task) = Writer::new(WriterParts { pen, ids: Arc::default(), keys: Arc::new(KeyMaker::new(String::new())) });
    tokio::spawn(task);
    (database, writer)
}

fn delivered(key: &str) -> NewEvent {
    NewEvent {
        source: "iclosed",
        key: key.to_owned(),
        kind: "call_booked",
        call_id: None,
        body: Vec::new(),
        found_by: "webhook",
        quarantined: None,
    }
}

async fn keep(writer: &Writer, key: &str) -> Result<Verdict, StoreError> {
    let event = delivered(key);
    writer.run(move |tx| Box::pin(async move { tx.keep_event(event, NOW).await })).await
}

async fn kept(location: &Location) -> u64 {
    let pen = Pen::new(location).await.expect("another connection");
    event::Entity::find().count(&pen.database()).await.expect("a number")
}

async fn setting(database: &DatabaseConnection, name: &str) -> String {
    let question = Statement::from_string(database.get_database_backend(), format!("show {name}"));
    let row = database.query_one_raw(question).await.expect("an answer").expect("a row");
    row.try_get_by_index(0).expect("a word")
}

/// A write without a transaction of its own, over the writer's connection.
async fn write_bare(database: &DatabaseConnection, name: u64) {
    let order = format!("insert into registration (name, digest, at) values ('{name}', '', 0)");
    database.execute_unprepared(&order).await.expect("written");
}

async fn written(location: &Location) -> u64 {
    let pen = Pen::new(location).await.expect("another connection");
    registration::Entity::find().count(&pen.database()).await.expect("a number")
}

#[tokio::test]
async fn a_connection_in_a_forgotten_transaction_swallows_no_write() {
    let Some((location, database, writer)) = postgres().await else { return };
    let pool = database.get_postgres_connection_pool();
    for round in 1..=3 {
        for then in ["begin", "begin; select 1 / 0"] {
            let mut connection = pool.acquire().await.expect("the connection");
            let _ = sqlx::raw_sql(then).execute(&mut *connection).await;
            drop(connection);
            match then {
                "begin" => write_bare(&database, round).await,
                _ => assert!(matches!(keep(&writer, &round.to_string()).await, Ok(Verdict::New(_)))),
            }
        }
        assert_eq!((written(&location).await, kept(&location).await), (round, round), "what another connection sees");
    }
}

#[tokio::test]
async fn a_begin_that_is_dropped_swallows_no_write() {
    let Some((location, database, _writer)) = postgres().await else { return };
    for round in 1..=100 {
        // Long enough to be sent, often too short for the answer.
        let patience = Duration::from_micros(round * 10);
        let _ = tokio::time::timeout(patience, database.begin()).await;
        write_bare(&database, round).await;
        assert_eq!(written(&location).await, round, "what another connection sees");
    }
}

#[tokio::test]
async fn on_sqlite_a_connection_in_a_forgotten_transaction_is_replaced() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let location = Location::Sqlite(folder.path().join("odd ?%20#name.db"));
    let (database, writer) = writer(&location).await;
    let mut connection = database.get_sqlite_connection_pool().acquire().await.expect("the connection");
    sqlx::raw_sql("begin immediate").execute(&mut *connection).await.expect("begun");
    drop(connection);
    keep(&writer, "first").await.expect_err("there is a transaction already");
    keep(&writer, "second").await.expect("kept, over a new connection");
    assert_eq!(kept(&location).await, 1, "events that another connection sees");
}

#[tokio::test]
async fn a_commit_is_on_disk_whatever_the_server_would_choose() {
    let Some((_, database, _writer)) = postgres().await else { return };
    assert_eq!(setting(&database, "synchronous_commit").await, "on");
    assert_eq!(setting(&database, "lock_timeout").await, "2s");
    assert_eq!(setting(&database, "idle_in_transaction_session_timeout").await, "10s");
}

/// What a work that does this is told; whether the work is to blame for it.
async fn blamed(writer: &Writer, order: &'static str) -> (String, bool) {
    let done = writer.run(move |tx| {
        Box::pin(async move {
            assert_ne!(order, "panic", "as the test wants it");
            tx.inner.execute_unprepared(order).await?;
            Ok(())
        })
    });
    let error = done.await.expect_err(order);
    (error.to_string(), error.is_of_the_work())
}

#[tokio::test]
async fn a_work_is_blamed_for_what_it_says_and_for_nothing_else() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let (_, sqlite) = writer(&Location::Sqlite(folder.path().join("rebound.db"))).await;
    // The transaction is gone, whoever ended it. PostgreSQL would take a commit after a bare `rollback` for good, with a warning.
    let mut writers = vec![(sqlite, "rollback")];
    writers.extend(postgres().await.map(|(_, _, postgres)| (postgres, "select pg_terminate_backend(pg_backend_pid())")));
    for (writer, ends) in &writers {
        for (order, blame) in [
            ("insert into event (id) values (1)", true),
            ("insert into pace (platform, channel, not_before) values ('a', 'b', 1), ('a', 'b', 1)", true),
            ("select nonsense", true),
            ("panic", true),
            (ends, false),
        ] {
            let (told, blamed) = blamed(writer, order).await;
            assert_eq!(blamed, blame, "{order}: {told}");
        }
        assert!(matches!(keep(writer, "after all that").await, Ok(Verdict::New(_))));
    }
}

/// Many webhooks share a statement; one that the database refuses takes none of the others with it.
#[tokio::test]
async fn webhooks_that_are_refused_together_are_tried_alone() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let location = Location::Sqlite(folder.path().join("rebound.db"));
    let (store, _tasks) = Store::open(&location).await.expect("a store");
    let pen = Pen::new(&location).await.expect("a connection");
    let refuse = "create trigger refuse before insert on event when new.key = '7' begin select raise(abort, 'refused'); end";
    pen.database().execute_unprepared(refuse).await.expect("a trigger");
    // Asked for in one go, so that the task that writes finds all of them waiting.
    let asked = (0..20).map(|key| store.keep_events(vec![delivered(&key.to_string())], NOW));
    let answers = futures_util::future::join_all(asked).await;
    for (key, answer) in answers.iter().enumerate() {
        match answer {
            Ok(verdicts) => assert!(key != 7 && matches!(verdicts[..], [Verdict::New(_)]), "{key}: {verdicts:?}"),
            Err(error) => assert!(key == 7 && error.to_string().contains("refused"), "{key}: {error}"),
        }
    }
    assert_eq!(kept(&location).await, 19);
}

#[tokio::test]
async fn a_work_is_not_blamed_for_a_lock_that_another_holds() {
    let Some((location, _, writer)) = postgres().await else { return };
    let (other, theirs) = (Pen::new(&location).await.expect("another instance"), "select 1 from instance for update");
    let secret = "insert into instance (id, secret) values (1, '')";
    other.database().execute_unprepared(secret).await.expect("an installation");
    let frozen = other.database().begin().await.expect("begun");
    frozen.execute_unprepared(theirs).await.expect("the lock");
    let (told, blamed) = blamed(&writer, theirs).await;
    assert!(told.contains("lock timeout") && !blamed, "{told}");
    // Nor is anybody kept waiting by the question whether the database is writable.
    let asked = writer.run(|tx| Box::pin(tx.write_nothing_new()));
    tokio::time::timeout(Duration::from_secs(1), asked).await.expect("in time").expect("writable");
}
