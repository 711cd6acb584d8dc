//! Several instances on one PostgreSQL.

use chrono::Utc;
use tempfile::TempDir;

use super::calls::cancelled;
use super::place::Place;
use super::world::{database, until};

/// Two places on one empty database; `None`, loudly, where there is no PostgreSQL.
async fn two_places() -> Option<[Place; 2]> {
    let folders = [TempDir::new().expect("a folder"), TempDir::new().expect("a folder")];
    let shared = database(&folders[0]).await;
    if !shared.starts_with("postgres://") {
        eprintln!("\n*** REBOUND_TEST_DATABASE_URL is not set: a test of several instances is SKIPPED ***\n");
        return None;
    }
    let [one, other] = folders;
    Some([Place::told(one, shared.clone(), &shared).await, Place::told(other, shared.clone(), &shared).await])
}

#[tokio::test]
async fn instances_that_start_at_once_on_an_empty_database_all_come_up() {
    for _ in 0..3 {
        let Some([one, other]) = two_places().await else { return };
        let programs = [one.start(&[]), other.start(&[])];
        for program in &programs {
            program.ready().await;
            program.door().insist(&cancelled(Utc::now())).await;
        }
        assert_eq!(one.ask_number("select count(*) from event").await, 2);
    }
}

/// The lock that other statements give up on after 1.5 s is waited for when it is another's migration.
#[tokio::test]
async fn an_instance_waits_for_the_migration_of_another() {
    let Some([one, other]) = two_places().await else { return };
    one.started(&[]).await.kill();
    // The way in which sqlx keeps others away: take its lock as its migrator does, for longer than others' patience.
    let database = one.connect().await;
    let mut connection = database.get_postgres_connection_pool().acquire().await.expect("a connection");
    sqlx::migrate::Migrate::lock(&mut *connection).await.expect("the lock");
    let mut program = other.start(&[]);
    let waits = "select count(*) from pg_locks where locktype = 'advisory' and not granted \
                 and exists (select 1 from pg_stat_activity where pid = pg_locks.pid and now() - query_start > interval '3 s' \
                 and datname = current_database())";
    until("a wait of three seconds", async || {
        assert!(!program.has_ended(), "{}", program.log());
        (one.ask_number(waits).await == 1).then_some(())
    })
    .await;
    sqlx::migrate::Migrate::unlock(&mut *connection).await.expect("unlocked");
    program.ready().await;
}
