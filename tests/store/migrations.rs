//! Schemas only ever go forward, and each way there is walked over data: of a database as each version leaves it behind.
//!
//! A new migration needs a file of the same name in `tests/data/migrations/`, with rows as that version writes them, and its digest in
//! [`RELEASED`]. After that its text never changes.

use std::path::Path;

use chrono::Utc;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use sha2::{Digest, Sha256};
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::calls::cancelled;
use super::place::{Place, call};
use super::world::until;

/// Every released migration, and the SHA-256 of its text.
const RELEASED: [(&str, &str); 11] = [
    ("0001_foundation", "444f023d243a6e8efacd7ce5b58c9376a9f4724631d23c360db1a5e5a0ce10bc"),
    ("0002_registration", "5f5ffb4d4ab1d562427d14473e57fb897398711104be2feb3d465e32f750c4dd"),
    ("0003_looks", "8e4acb69e26fc219596fed9aa8228b089de83f8322e97c7335f5ad9f08e1563a"),
    ("0004_plain_indexes", "2469d64fe439d147071f9fb9751340a6361ec76175db758f939faccba41a2a11"),
    ("0005_acts", "ead72165afc0e4da90e14483a1507dc4fa734e7de09bc25a06d5ce2893a455d9"),
    ("0006_aliases", "9742da6904c9631c1061ca7331aa42cdc6f5f21d1848427f62016ee7e0dac0de"),
    ("0007_reminders", "86c037756df7e4d89e66c46361394a2258812d769341772317acc9f57c981bd9"),
    ("0008_closed", "86df9cb9de0654b643432ddf8c6be785014ba632821e526df2090fba1cd0fd27"),
    ("0009_bookings", "78a4879ba2abeeac6b5aa31f0df1660711cb7c427e45e7f9c9be28e6a21a8edd"),
    ("0010_withdrawn", "b95eda080a530b3ee0b2641b6b325deaa8c687b7c050a50f95f11e29206c51da"),
    ("0011_leases", "8e70141f493dbceaf4ed9b34994cdd44e68d2555c1e80789d200761472195cf9"),
];

struct File {
    version: i64,
    name: String,
    text: String,
}

/// All migrations, in order.
fn files() -> Vec<File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<File> = std::fs::read_dir(folder)
        .expect("the migrations")
        .map(|entry| {
            let path = entry.expect("a file").path();
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
            let (number, _) = name.split_once('_').expect("a number and a name");
            File { version: number.parse().expect("a number"), text: std::fs::read_to_string(&path).expect("a text"), name }
        })
        .collect();
    files.sort_by_key(|file| file.version);
    files
}

fn sample(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/migrations").join(format!("{name}.sql"));
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}; each migration ships sample data", file.display()))
}

#[test]
fn a_released_migration_never_changes() {
    let found: Vec<(String, String)> =
        files().into_iter().map(|file| (file.name, hex::encode(Sha256::digest(file.text.as_bytes())))).collect();
    let released: Vec<(String, String)> = RELEASED.iter().map(|(name, digest)| ((*name).to_owned(), (*digest).to_owned())).collect();
    assert_eq!(found, released, "found, and released: write a new migration, or add the new one here");
}

#[test]
fn migrations_are_numbered_without_gaps() {
    let versions: Vec<i64> = files().iter().map(|file| file.version).collect();
    let expected: Vec<i64> = (1..).take(versions.len()).collect();
    assert_eq!(versions, expected);
}

/// A version before must be able to read what a version after wrote, as when an instance is replaced while another still runs.
#[test]
fn migrations_take_nothing_away() {
    assert_eq!(taken_away("alter table post drop column kind;").len(), 1, "the rules see");
    assert_eq!(taken_away("alter table post\n  add column tone text not null").len(), 1, "the rules see");
    let wrong: Vec<String> = files().iter().flat_map(|file| taken_away(&file.text)).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

fn taken_away(text: &str) -> Vec<String> {
    let bare: Vec<&str> = text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let statements = bare.join(" ").to_lowercase();
    let statements = statements.split(';').map(|statement| statement.split_whitespace().collect::<Vec<_>>().join(" "));
    let takes_away = |statement: &String| {
        let alters = statement.starts_with("alter table");
        let must_be_given = statement.contains(" add ") && statement.contains("not null") && !statement.contains(" default ");
        statement.starts_with("drop table") || alters && (statement.contains(" drop ") || statement.contains(" rename ") || must_be_given)
    };
    statements.filter(takes_away).collect()
}

#[tokio::test]
async fn each_migration_runs_over_the_data_of_the_versions_before() {
    let place = Place::new().await;
    for file in files() {
        migrate_to(&place, file.version).await;
        load(&place.connect().await, &file.name).await;
    }
    let program = place.started(&[]).await;
    let body = cancelled(Utc::now());
    program.door().insist(&body).await;
    until("every event understood", async || {
        let waiting = place.ask_number("select count(*) from event where understood_at is null and quarantined is null").await;
        (waiting == 0).then_some(())
    })
    .await;
    let shown = format!("select count(*) from post join follow_up on id = follow_up_id where call_id = '{}' and shown = 1", call(&body));
    until("the card of a new call", async || (place.ask_number(&shown).await > 0).then_some(())).await;
    // The sample's last state: the tests know of every version what it wrote.
    let exported = place.run(&["export", "--format", "jsonl"]);
    for short_id in ["K7Q2", "M3XB"] {
        assert!(exported.contains(short_id), "{short_id} is not in {exported}");
    }
    assert_eq!(place.ask_number("select count(*) from follow_up").await, 4, "two of the sample, the event that waited, a new one");
    let listed = place.run(&["replay", "--list"]);
    assert!(listed.contains("1800000000000000004") && listed.contains("1YEtfSwy66w1oHkLXJI7j6"), "{listed}");
    program.kill();
}

#[tokio::test]
async fn the_program_has_every_migration() {
    let place = Place::new().await;
    place.started(&[]).await.kill();
    assert_eq!(place.ask_number("select count(*) from _sqlx_migrations").await, i64::try_from(RELEASED.len()).expect("few"));
}

/// Killed at any write on the way from the first version to the last, it starts as if nothing had been.
#[tokio::test]
async fn a_migration_that_was_killed_is_begun_again() {
    if !super::has_strace() {
        return;
    }
    let mut killed = 0;
    for write in (1..60).step_by(4) {
        let place = Place::on_sqlite().await;
        migrate_to(&place, 1).await;
        load(&place.connect().await, "0001_foundation").await;
        let inject = format!("inject=pwrite64:signal=SIGKILL:when={write}");
        let mut program = place.start(&["strace", "-D", "-f", "-q", "-o", "trace", "-e", "trace=pwrite64", "-e", &inject]);
        until("ready, or killed", async || (program.has_ended() || program.get("/readyz").await == Some(200)).then_some(())).await;
        killed += usize::from(program.has_ended());
        drop(program);
        place.started(&[]).await.kill();
        assert_eq!(place.ask("pragma integrity_check").await, "ok");
        assert_eq!(place.ask_number("select count(*) from _sqlx_migrations").await, i64::try_from(RELEASED.len()).expect("few"));
        assert_eq!(place.ask_number("select count(*) from follow_up where short_id in ('K7Q2', 'M3XB')").await, 2);
    }
    assert!(killed > 5, "only {killed} were killed before they were ready");
}

async fn load(database: &DatabaseConnection, name: &str) {
    let loaded = database.execute_unprepared(&sample(name)).await;
    loaded.unwrap_or_else(|error| panic!("the sample of {name}: {error}"));
}

/// Brings the database as far as the program of that version did.
async fn migrate_to(place: &Place, version: i64) {
    if place.is_sqlite() {
        std::fs::OpenOptions::new().append(true).create(true).open(place.file("rebound.db")).expect("a file");
    }
    let migration = |file: File| {
        Migration::new(file.version, file.name.into(), MigrationType::Simple, sqlx::AssertSqlSafe(file.text).into_sql_str(), false)
    };
    let migrator = Migrator::with_migrations(files().into_iter().map(migration).collect());
    let database = place.connect().await;
    let done = if place.is_sqlite() {
        migrator.run_to(version, database.get_sqlite_connection_pool()).await
    } else {
        migrator.run_to(version, database.get_postgres_connection_pool()).await
    };
    done.unwrap_or_else(|error| panic!("migration {version}: {error}"));
}
