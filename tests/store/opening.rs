//! A database that cannot be used: `serve` says why in a sentence, ends with status 1, and prints no secret.

use std::path::Path;

use sea_orm::{ConnectionTrait, TransactionTrait};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::place::Place;
use super::world::{database, until};

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named_with_its_reason() {
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("folder.db")).expect("a folder");
    std::fs::write(path("letter.db"), "Dear database, ".repeat(1_000)).expect("a file");
    grown(&path("cut.db")).await;
    let whole = std::fs::metadata(path("cut.db")).expect("a file").len();
    std::fs::OpenOptions::new().write(true).open(path("cut.db")).and_then(|file| file.set_len(whole / 2)).expect("cut");
    for (file, expected) in [
        (path("folder.db"), "cannot be opened for writing: Is a directory"),
        (path("nowhere/rebound.db"), "cannot be opened for writing: No such file or directory"),
        ("/proc/rebound.db".into(), "cannot be opened for writing"),
        (path("letter.db"), "is not a SQLite database"),
        (path("cut.db"), "is damaged; put a backup in its place"),
    ] {
        let said = refused(&format!("sqlite://{}", file.display())).await;
        assert!(said.contains(expected) && said.contains(&file.display().to_string()), "{file:?}: {said}");
    }
}

#[tokio::test]
async fn a_file_that_another_process_holds_is_said_to_be_locked() {
    let place = Place::on_sqlite().await;
    grown(&place.file("rebound.db")).await;
    let other = place.connect().await;
    other.execute_unprepared("pragma locking_mode = exclusive; begin exclusive").await.expect("the lock");
    let said = refused(&place.database).await;
    assert!(said.contains("is locked by another process"), "{said}");
}

#[tokio::test]
async fn a_file_that_another_serve_uses_is_refused_by_whatever_name() {
    let place = Place::on_sqlite().await;
    let program = place.started(&[]).await;
    std::fs::create_dir(place.file("beside")).expect("a folder");
    for (link, to) in [("link.db", "rebound.db"), ("beside/link.db", "../rebound.db"), ("folder", ".")] {
        std::os::unix::fs::symlink(to, place.file(link)).expect("a link");
    }
    for name in ["rebound.db", "link.db", "beside/link.db", "folder/rebound.db"] {
        let said = refused(&format!("sqlite://{}", place.file(name).display())).await;
        assert!(said.contains("another `rebound serve` already uses"), "{name}: {said}");
    }
    assert_eq!(program.get("/readyz").await, Some(200));
}

/// Another instance brings the schema up to date, and it takes long.
#[tokio::test]
async fn who_waits_for_the_schema_says_so() {
    let place = Place::new().await;
    place.started(&[]).await.kill();
    if place.is_sqlite() {
        return eprintln!("\n*** SKIPPED: a file has one process at a time, and REBOUND_TEST_DATABASE_URL is not set ***\n");
    }
    let other = place.connect().await.begin().await.expect("begun");
    other.execute_unprepared("lock table _sqlx_migrations in access exclusive mode").await.expect("the lock");
    let program = place.start(&[]);
    until("a word", async || program.log().contains("is being brought up to date").then_some(())).await;
    other.rollback().await.expect("the lock is free");
    program.ready().await;
}

#[tokio::test]
async fn a_schema_of_another_version_is_not_touched() {
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (99, 'x', true, 'x', 0)";
    for (order, expected) in [
        (newer, "belongs to a newer version of Rebound: it has schema 99"),
        ("update _sqlx_migrations set checksum = 'x' where version = 1", "belongs to another build of Rebound: its schema 1 is not"),
    ] {
        let place = Place::new().await;
        place.started(&[]).await.kill();
        place.connect().await.execute_unprepared(order).await.expect("changed");
        let said = refused(&place.database).await;
        assert!(said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_let_us_in_is_named_with_its_reason() {
    let (deaf, hostile) = (listener().await, listener().await);
    let address = |listener: &TcpListener| listener.local_addr().expect("an address").to_string();
    let mut cases = vec![
        (url("127.0.0.1:1"), "PostgreSQL at 127.0.0.1:1 cannot be reached"),
        (url("no-such-host.invalid:5432"), "PostgreSQL at no-such-host.invalid:5432 cannot be reached"),
        (url(&address(&deaf)), "no answer within 5 s"),
        (url(&address(&hostile)), "does not let rebound in: "),
    ];
    tokio::spawn(async move {
        while let Ok((stream, _)) = hostile.accept().await {
            tokio::spawn(refuse_password(stream));
        }
    });
    let there = database(&TempDir::new().expect("a folder")).await;
    if there.starts_with("postgres://") {
        cases.push((format!("{there}_not"), "has no such database; make it with `createdb`"));
    } else {
        eprintln!("\n*** REBOUND_TEST_DATABASE_URL is not set: a missing database on a real server is NOT tested ***\n");
    }
    for (url, expected) in cases {
        let said = refused(&url).await;
        assert!(said.contains(expected), "{said}");
    }
}

fn url(server: &str) -> String {
    format!("postgres://rebound:canary-password@{server}/rebound?sslmode=disable")
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a port")
}

/// Plays a PostgreSQL that asks for a password and takes none.
async fn refuse_password(mut stream: TcpStream) {
    let mut bytes = [0; 1_024];
    // What the client says first, and its password, matter to nobody here.
    let _ = stream.read(&mut bytes).await;
    let _ = stream.write_all(b"R\0\0\0\x08\0\0\0\x03").await;
    let _ = stream.read(&mut bytes).await;
    let fields = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user \"rebound\"\0\0";
    let length = u32::try_from(fields.len() + 4).expect("short").to_be_bytes();
    let _ = stream.write_all(&[b"E".as_slice(), &length, fields].concat()).await;
}

/// Makes a database of Rebound, with all of it in the one file.
async fn grown(file: &Path) {
    let place =
        Place::told(TempDir::new().expect("a folder"), format!("sqlite://{}", file.display()), &format!("sqlite://{}", file.display()))
            .await;
    place.started(&[]).await.kill();
    place.ask_number("pragma wal_checkpoint(truncate)").await;
}

/// What `serve` says of that database before it ends with status 1.
async fn refused(database: &str) -> String {
    let place = Place::told(TempDir::new().expect("a folder"), database.to_owned(), database).await;
    let mut program = place.start(&[]);
    let ended = program.ended().await;
    let said = program.log();
    assert_eq!(ended.code(), Some(1), "{said}");
    assert!(!said.contains("canary") && !said.contains("panicked"), "{said}");
    // One sentence; warnings of the configuration may stand before it.
    let last = said.lines().last().unwrap_or_default();
    assert!(!last.starts_with('{'), "{said}");
    last.to_owned()
}
