//! What cannot be seen from outside: a connection that comes back from a failure, and the settings on which durability rests.

use std::iter;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt;
use futures_util::future::join_all;
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryResult, QueryTrait, Statement,
    TransactionTrait, sqlx,
};
use secrecy::SecretString;
use tokio::sync::oneshot;

use super::connect::{Name, Pen};
use super::location::Location;
use super::migrate::migrate;
use super::posts::KeyMaker;
use super::tables::{event, post, registration};
use super::writer::{PATIENCE, Writer, WriterParts};
use super::{NewEvent, Store, StoreError, Verdict, at};
use crate::domain::post::{DeliveryKey, Phase, doubt};

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
    let (database, writer) = writer(&location, PATIENCE).await;
    Some((location, database, writer))
}

/// A place for a database of each kind that there is.
async fn one_of_each(folder: &tempfile::TempDir) -> Vec<Location> {
    let sqlite = Location::Sqlite(folder.path().join("rebound.db"));
    iter::once(sqlite).chain(postgres().await.map(|(location, _, _)| location)).collect()
}

fn name() -> Name {
    Name::new().expect("a name")
}

#[expect(clippy::print_stderr, reason = "a test that tests nothing says so")]
fn skipped() {
    eprintln!("\n*** REBOUND_TEST_DATABASE_URL is not set: this test is SKIPPED ***\n");
}

async fn writer(location: &Location, patience: Duration) -> (DatabaseConnection, Writer) {
    location.make().expect("a place");
    migrate(location).await.expect("a schema");
    let pen = Pen::new(location, &name()).await.expect("a connection");
    let database = pen.database();
    let (writer, task) = Writer::new(WriterParts { pen, ids: Arc::default(), keys: Arc::new(KeyMaker::new(String::new())), patience });
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
    let pen = Pen::new(location, &name()).await.expect("another connection");
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
    let pen = Pen::new(location, &name()).await.expect("another connection");
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
    let (database, writer) = writer(&location, PATIENCE).await;
    let mut connection = database.get_sqlite_connection_pool().acquire().await.expect("the connection");
    sqlx::raw_sql("begin immediate").execute(&mut *connection).await.expect("begun");
    drop(connection);
    keep(&writer, "first").await.expect_err("there is a transaction already");
    keep(&writer, "second").await.expect("kept, over a new connection");
    assert_eq!(kept(&location).await, 1, "events that another connection sees");
}

/// Otherwise each value of a `limit` makes it prepare the query anew.
#[tokio::test]
async fn sqlite_is_built_as_asked_for() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let (database, _writer) = writer(&Location::Sqlite(folder.path().join("rebound.db")), PATIENCE).await;
    let question = "select sqlite_compileoption_used('ENABLE_QPSG') and not sqlite_compileoption_used('ENABLE_MEMORY_MANAGEMENT') as asked";
    let row = database.query_one_raw(Statement::from_string(database.get_database_backend(), question)).await.expect("an answer");
    let asked: bool = row.expect("a row").try_get("", "asked").expect("yes or no");
    assert!(asked, "run cargo in the project's folder, without LIBSQLITE3_FLAGS, so that .cargo/config.toml counts");
}

#[tokio::test]
async fn a_commit_is_on_disk_whatever_the_server_would_choose() {
    let Some((_, database, _writer)) = postgres().await else { return };
    assert_eq!(setting(&database, "synchronous_commit").await, "on");
    assert_eq!(setting(&database, "lock_timeout").await, "1500ms");
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
    let (_, sqlite) = writer(&Location::Sqlite(folder.path().join("rebound.db")), PATIENCE).await;
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
    let pen = Pen::new(&location, &name()).await.expect("a connection");
    let refuse = "create trigger refuse before insert on event when new.key = '7' begin select raise(abort, 'refused'); end";
    pen.database().execute_unprepared(refuse).await.expect("a trigger");
    // Asked for in one go, so that the task that writes finds all of them waiting.
    let asked = (0..20).map(|key| store.keep_events(vec![delivered(&key.to_string())], NOW));
    let answers = join_all(asked).await;
    for (key, answer) in answers.iter().enumerate() {
        match answer {
            Ok(verdicts) => assert!(key != 7 && matches!(verdicts[..], [Verdict::New(_)]), "{key}: {verdicts:?}"),
            Err(error) => assert!(key == 7 && error.to_string().contains("refused"), "{key}: {error}"),
        }
    }
    assert_eq!(kept(&location).await, 19);
}

/// Commits that stand in SQLite's write-ahead log (<https://www.sqlite.org/fileformat2.html#the_write_ahead_log>): a frame that ends one
/// says how large the database is then.
fn commits(database: &Path) -> usize {
    let log = std::fs::read(database.with_extension("db-wal")).expect("a log");
    let page = u32::from_be_bytes(log[8..12].try_into().expect("four bytes")) as usize;
    log[32..].chunks_exact(24 + page).filter(|frame| frame[4..8] != [0; 4]).count()
}

/// What was told to whom, and how many commits that took.
type Told = (Vec<Result<Verdict, StoreError>>, Vec<Result<Vec<Verdict>, StoreError>>, usize);

/// These works wait together, and webhooks with the keys beside each come while it runs. A work keeps an event, or fails. Where one with
/// the key `doomed` is kept, the commit fails; one with the key `bad` is refused.
async fn come_together(works: &[(&'static str, bool, &[&str])], patience: Duration) -> Told {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("rebound.db");
    let location = Location::Sqlite(path.clone());
    let (_, writer) = writer(&location, patience).await;
    // Stays open throughout: the last connection that is closed takes the log with it.
    let other = Pen::new(&location, &name()).await.expect("another connection");
    let fail = "create table owner (id integer primary key);
        create table owned (id integer references owner deferrable initially deferred);
        create trigger doom after insert on event when new.key = 'doomed' begin insert into owned values (1); end;
        create trigger refuse before insert on event when new.key = 'bad' begin select raise(abort, 'refused'); end";
    other.database().execute_unprepared(fail).await.expect("triggers");
    let before = commits(&path);
    let mut gates = Vec::new();
    let work = |(key, good, _): &(&'static str, bool, &[&str])| {
        let (event, good) = (delivered(key), *good);
        let ((begun, begins), (say, said)) = (oneshot::channel(), oneshot::channel());
        gates.push((begins, say));
        writer.run(move |tx| {
            Box::pin(async move {
                let kept = tx.keep_event(event, NOW).await?;
                begun.send(()).expect("the test waits");
                said.await.expect("the test says so");
                if good { Ok(kept) } else { Err(StoreError::NotDone) }
            })
        })
    };
    let mut working = Box::pin(join_all(works.iter().map(work).collect::<Vec<_>>()));
    assert!((&mut working).now_or_never().is_none(), "all of them wait for the task that writes");
    let mut came = Vec::new();
    for ((begins, say), (_, _, webhooks)) in gates.into_iter().zip(works) {
        begins.await.expect("it begins");
        let mut coming = Box::pin(join_all(webhooks.iter().map(|key| writer.keep(vec![delivered(key)], NOW))));
        assert!(webhooks.is_empty() || (&mut coming).now_or_never().is_none(), "the writer is taken");
        say.send(()).expect("it waits");
        came.push(coming);
    }
    let (worked, came) = tokio::join!(working, join_all(came));
    let came = came.into_iter().flatten().collect::<Vec<_>>();
    let told_new = worked.iter().flatten().chain(came.iter().flatten().flatten()).filter(|verdict| matches!(verdict, Verdict::New(_)));
    assert_eq!(kept(&location).await, told_new.count() as u64, "{worked:?} {came:?}");
    (worked, came, commits(&path) - before)
}

#[tokio::test]
async fn webhooks_that_come_while_a_work_runs_are_kept_by_its_commit() {
    let (worked, came, commits) = come_together(&[("work", true, &["1", "2", "1"])], PATIENCE).await;
    assert!(matches!(worked[..], [Ok(Verdict::New(_))]), "{worked:?}");
    let verdicts: Vec<_> = came.iter().flatten().flatten().collect();
    assert!(matches!(verdicts[..], [Verdict::New(_), Verdict::New(_), Verdict::Duplicate]), "{came:?}");
    assert_eq!(commits, 1);
}

#[tokio::test]
async fn a_webhook_and_a_work_that_share_a_commit_do_not_fail_by_each_other() {
    // The webhook that is refused takes the others to a second commit, and the work to none.
    let (worked, came, commits) = come_together(&[("work", true, &["1", "bad", "2"])], PATIENCE).await;
    assert!(worked[0].is_ok() && came[0].is_ok() && came[1].is_err() && came[2].is_ok(), "{worked:?} {came:?}");
    assert_eq!(commits, 3, "the work, and each good webhook alone");
    let (worked, came, commits) = come_together(&[("work", false, &["1"])], PATIENCE).await;
    assert!(worked[0].is_err() && came[0].is_ok(), "{worked:?} {came:?}");
    assert_eq!(commits, 1, "that of the webhook");
}

#[tokio::test]
async fn webhooks_are_kept_where_the_commit_that_they_would_have_shared_fails() {
    let (worked, came, commits) = come_together(&[("doomed", true, &["1", "2"])], PATIENCE).await;
    assert!(matches!(worked[..], [Err(StoreError::NotKept(_))]), "{worked:?}");
    let verdicts: Vec<_> = came.iter().flatten().flatten().collect();
    assert!(matches!(verdicts[..], [Verdict::New(_), Verdict::New(_)]), "{came:?}");
    assert_eq!(commits, 1, "that of both webhooks");
}

#[tokio::test]
async fn works_make_way_for_a_webhook_and_are_done_after_it() {
    let works = |webhooks| [("first", true, webhooks), ("second", true, &[][..]), ("third", false, &[])];
    let (worked, came, commits) = come_together(&works(&[]), PATIENCE).await;
    assert_eq!((worked.iter().filter(|work| work.is_ok()).count(), came.len(), commits), (2, 0, 1), "nobody waits");
    let (worked, came, commits) = come_together(&works(&["1"]), PATIENCE).await;
    assert!(worked[0].is_ok() && worked[1].is_ok() && worked[2].is_err() && came[0].is_ok(), "{worked:?} {came:?}");
    assert_eq!(commits, 2, "the first with the webhook, then the rest");
}

#[tokio::test]
async fn works_that_have_waited_for_long_make_way_no_more() {
    let works = [("first", true, &["1"][..]), ("second", true, &["2"]), ("third", true, &[])];
    for (patience, expected) in [(Duration::MAX, 3), (Duration::ZERO, 2)] {
        let (worked, came, commits) = come_together(&works, patience).await;
        assert!(worked.iter().all(Result::is_ok) && came.iter().all(Result::is_ok), "{worked:?} {came:?}");
        assert_eq!(commits, expected, "a patience of {patience:?}");
    }
}

#[tokio::test]
async fn statements_that_go_together_have_their_own_values_and_rows() {
    let folder = tempfile::TempDir::new().expect("a folder");
    for location in one_of_each(&folder).await {
        let (database, writer) = writer(&location, PATIENCE).await;
        let backend = database.get_database_backend();
        let named = |name: &str| registration::Entity::find_by_id(name).build(backend);
        let add = |name: &str, at: i64| {
            let row = registration::ActiveModel { name: Set(name.to_owned()), digest: Set(String::new()), at: Set(at) };
            registration::Entity::insert(row).build(backend)
        };
        // The second time the last statement fails, and the third time all of them are known already.
        for (round, new) in [("1", "b"), ("2", "a"), ("3", "c")] {
            let groups = [vec![], vec![add(round, 7), named(round)], vec![], vec![named("a"), named(round)], vec![add(new, 9)], vec![]];
            let asked = writer.run(move |tx| Box::pin(async move { Ok(tx.query_each(groups).await?) }));
            let at = |rows: &Vec<QueryResult>| rows.iter().map(|row| row.try_get("", "at").expect("a time")).collect::<Vec<i64>>();
            let told = asked.await.map(|groups| groups.iter().map(at).collect::<Vec<_>>());
            match round {
                "1" => assert_eq!(told.expect("told"), [vec![], vec![7], vec![], vec![7], vec![], vec![]]),
                "2" => assert!(told.expect_err("there is one already").is_of_the_work()),
                _ => assert_eq!(told.expect("told"), [vec![], vec![7], vec![], vec![5, 7], vec![], vec![]]),
            }
            if round == "1" {
                let row = registration::ActiveModel { name: Set("a".to_owned()), digest: Set(String::new()), at: Set(5) };
                registration::Entity::insert(row).exec_without_returning(&database).await.expect("one more");
            }
        }
        let nothing = writer.run(|tx| Box::pin(async { Ok(tx.query_each([vec![], vec![]]).await?) })).await.expect("nothing");
        assert!(nothing.iter().all(Vec::is_empty));
        assert_eq!(written(&location).await, 5, "1, a, b, 3, c");
    }
}

/// What the statement says of all posts is what the domain says of each.
#[tokio::test]
async fn posts_are_doubted_as_the_domain_says() {
    let folder = tempfile::TempDir::new().expect("a folder");
    for location in one_of_each(&folder).await {
        let (database, writer) = writer(&location, PATIENCE).await;
        let event = "insert into event (id, source, key, kind, body, received_at, found_by) values (1, 's', 'k', 'x', '', 0, 'w')";
        let follow_up = "insert into follow_up (id, short_id, event_id, call_id, version, state, state_detail, side, reason_class, \
                         cancelled_at, opened_at, changed_at, facts) values (1, 'K7Q2', 1, '1', 1, 'open', '{}', 'host', 'none', 0, 0, 0, '{}')";
        for order in [event, follow_up] {
            database.execute_unprepared(order).await.expect("a follow-up");
        }
        let (until, now) = (at(5_000), at(9_000));
        let mut before = Vec::new();
        for (phase, message, wanted, first, last) in all_of_these() {
            let key = DeliveryKey::from_bits(before.len() as u128 + 1).to_string();
            // One at a time is in flight in a channel.
            let channel = before.len().to_string();
            let row = post::ActiveModel {
                key: Set(key.clone()),
                follow_up_id: Set(1),
                kind: Set("card".to_owned()),
                body: Set(None),
                platform: Set("slack".to_owned()),
                channel: Set(channel.clone()),
                channel_name: Set(channel),
                parent: Set(None),
                wanted: Set(wanted),
                shown: Set(1),
                maybe_sent: Set(first),
                message: Set(message.map(str::to_owned)),
                phase: Set(phase.name().to_owned()),
                due_at: Set(100),
                lease_until: Set((phase == Phase::Creating).then_some(7_000)),
                fence: Set(3),
                attempt: Set(1),
                looks: Set(1),
                plain: Set(0),
                first_sent_at: Set(first),
                last_sent_at: Set(last),
                created_at: Set(2_000),
                failing_since: Set(None),
                last_error: Set(None),
                sweep_at: Set(None),
                suspect_until: Set(None),
            };
            post::Entity::insert(row).exec_without_returning(&database).await.expect("a post");
            before.push(key);
        }
        let read = async |key: &String| {
            let row = post::Entity::find_by_id(key).one(&database).await.expect("an answer").expect("a row");
            super::posts::read(&row).expect("readable").post
        };
        let mut expected = Vec::new();
        for key in &before {
            let post = read(key).await;
            // What shows what it should is behind nothing.
            let waits = post.phase != Phase::Idle || post.wanted > post.shown;
            expected.push(doubt(post.clone(), post.created_at, until, now).filter(|_| waits).unwrap_or(post));
        }
        let doubted = writer.run(move |tx| Box::pin(async move { tx.doubt_all(until, now).await })).await.expect("doubted");
        assert!(doubted > 10, "{doubted}");
        for (key, expected) in before.iter().zip(expected) {
            assert_eq!(read(key).await, expected);
        }
    }
}

/// Phase, message, wanted version, first and last time of sending.
type Waiting = (Phase, Option<&'static str>, i64, Option<i64>, Option<i64>);

fn all_of_these() -> Vec<Waiting> {
    let mut all = Vec::new();
    for phase in Phase::ALL {
        for message in [None, Some("7")] {
            for wanted in [1, 2] {
                for (first, last) in [(None, None), (Some(1_000), Some(1_500)), (Some(3_000), Some(6_000))] {
                    all.push((phase, message, wanted, first, last));
                }
            }
        }
    }
    all
}

#[tokio::test]
async fn a_work_is_not_blamed_for_a_lock_that_another_holds() {
    let Some((location, _, writer)) = postgres().await else { return };
    let (other, theirs) = (Pen::new(&location, &name()).await.expect("another instance"), "select 1 from instance for update");
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
